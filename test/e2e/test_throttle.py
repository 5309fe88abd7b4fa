# SPDX-License-Identifier: Apache-2.0
"""What limits an account, whatever queue a job comes from: connections, mails a minute, recipients a
day, and servers that ask it to slow down."""

import glob
import json
import os
import signal
import time

from . import documents, mail
from .case import ACCOUNT, EndToEnd
from .process import wait_for
from .smtp import Last, Pause, SmtpServer
from .token_endpoint import TOKEN_PATH, Reply, TokenEndpoint, tokens
from .world import section

DEFERRED = "cups-mailto-deferred-report"
QUEUES = ("first", "second", "third")
OTHER = "other@example.test"


class Throttle(EndToEnd):
    """Three queues that send from one account."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for queue in QUEUES:
            cls.cups.add_queue(queue, f"{cls.uri}?from={ACCOUNT.replace('@', '%40')}")
            cls.addClassCleanup(cls.cups.run, "lpadmin", "-x", queue)

    def serve(self, **keys):
        """A server whose provider has these keys."""
        server = SmtpServer(self.world.certificate)
        self.addCleanup(server.close)
        self.configure(smtp_server=server.url, provider=keys, queue={"account": ACCOUNT})
        return server

    def print(self, queue, *words):
        return self.cups.lp(queue, *words, self.file(f"{queue}.pdf", documents.pdf()))

    def assert_all_done(self, jobs):
        for job in jobs:
            self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))

    def assert_held(self, job, *words):
        self.assertEqual(self.cups.wait_state(job, "held", "completed", "canceled"), "held",
                         self.cups.job_log(job))
        wait_for(lambda: DEFERRED in self.reasons(job), "the job's reason")
        for word in words:
            self.assertIn(word, self.message(job))
        self.assertRegex(self.message(job), r"[Tt]he next try is at \d\d\d\d-\d\d-\d\d \d\d:\d\d")

    def status(self, account=ACCOUNT):
        done = self.world.setup("status", account, "--json")
        (found,) = json.loads(done.stdout)
        return found

    def let_pass(self, name, seconds):
        """As if what the accounts have counted had happened earlier."""
        for path in glob.glob(os.path.join(self.cups.state, "throttle", "*", name)):
            with open(path) as file:
                spans = [line.split() for line in file]
            with open(path, "w") as file:
                file.writelines(f"{int(when) - seconds * 1_000_000} {amount}\n"
                                for when, amount in spans)

    def test_one_connection_for_three_queues(self):
        server = self.serve(**{"max-connections": 1})
        pause = server.at("mail", Pause())
        jobs = [self.print("first")]
        pause.wait()
        jobs += [self.print(queue) for queue in QUEUES[1:] for _ in range(2)]
        # The first in line asks for a connection; which queue's job that is, is cupsd's affair.
        wait_for(lambda: any("connections in use" in self.cups.job_log(job) for job in jobs[1:]),
                 "a job that waits for a connection")
        pause.go()
        self.assert_all_done(jobs)
        self.assertEqual(len(server.wait_messages(5)), 5)
        self.assertEqual(server.most_at_once, 1)

    def test_two_connections_by_default(self):
        server = self.serve(**{"max-connections": ""})
        pauses = [server.at("mail", Pause()) for _ in range(2)]
        jobs = [self.print(queue) for queue in QUEUES[:2]]
        for pause in pauses:
            pause.wait()
        jobs.append(self.print("third"))
        self.cups.wait_job_log(jobs[2], "connections in use")
        for pause in pauses:
            pause.go()
        self.assert_all_done(jobs)
        self.assertEqual(server.most_at_once, 2)

    def test_a_killed_worker_frees_its_connection(self):
        server = self.serve(**{"max-connections": 1})
        pause = server.at("mail", Pause())
        killed = self.print("first")
        pause.wait()
        (worker,) = self.cups.processes("mailto-worker")
        os.kill(worker, signal.SIGKILL)
        started = time.monotonic()
        self.assert_all_done([self.print("second")])
        self.assertLess(time.monotonic() - started, 15)
        pause.go()
        self.ipp.cancel(killed)

    def test_cancelled_while_it_waits(self):
        server = self.serve(**{"max-connections": 1})
        pause = server.at("mail", Pause())
        first = self.print("first")
        pause.wait()
        job = self.print("second")
        self.cups.wait_job_log(job, "connections in use")
        self.ipp.cancel(job)
        self.assertEqual(self.cups.wait_state(job), "canceled")
        wait_for(lambda: len(self.cups.processes("mailto-worker")) == 1, "the worker to end", 2)
        pause.go()
        self.assert_all_done([first])
        self.assertEqual(len(server.messages), 1)

    def test_no_queue_starves_another(self):
        server = self.serve(**{"max-connections": 1})
        pause = server.at("mail", Pause())
        jobs = [self.print("first", "-t", f"A{number}") for number in range(4)]
        pause.wait()
        jobs.append(self.print("second", "-t", "B"))
        self.cups.wait_job_log(jobs[-1], "connections in use")
        pause.go()
        self.assert_all_done(jobs)
        titles = [mail.parse(message.data)["Subject"] for message in server.wait_messages(5)]
        self.assertEqual(titles, ["A0", "B", "A1", "A2", "A3"])

    def test_mails_a_minute(self):
        server = self.serve(**{"max-rate": 3})
        jobs = [self.print("first"), self.print("second"), self.print("first")]
        self.assert_all_done(jobs)
        jobs = [self.print(queue) for queue in QUEUES]
        # Whoever was first in line; the others wait behind.
        wait_for(lambda: any("no more than 3 mails within a minute (max-rate)" in
                             self.cups.job_log(job) for job in jobs), "a job to wait")
        found = self.status()
        self.assertIn("max-rate", found["next_mail_reason"])
        self.assertIsNotNone(found["next_mail"])
        self.assertEqual(len(server.messages), 3)
        self.let_pass("mails", 60)
        self.assert_all_done(jobs)
        self.assertEqual(len(server.messages), 6)

    def test_recipients_a_day(self):
        server = self.serve(**{"max-recipients-per-day": 3})
        self.world.configure(
            smtp_server=server.url, provider={"max-recipients-per-day": 3},
            queue={"account": ACCOUNT},
            more=section(f"account {OTHER}", {"provider": "intranet", "client-id": "scan-email",
                                              "scope": "offline_access smtp"}))
        status, result = self.world.login(OTHER, "--no-test-mail")
        self.assertEqual(status, 0, result)
        self.cups.add_queue("other", f"{self.uri}?from={OTHER.replace('@', '%40')}")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "other")
        self.assert_all_done([self.print("first", "-o", "email-to=a@example.test,b@example.test")])
        job = self.print("second", "-o", "email-to=c@example.test,d@example.test")
        self.assert_held(job, "no more than 3 recipients within a day (max-recipients-per-day)")
        # One that fits goes, and another account's.
        self.assert_all_done([self.print("first"), self.print("other")])
        text = self.world.setup("status").stdout
        self.assertIn("next mail", text)
        self.assertIn("max-recipients-per-day", self.status()["next_mail_reason"])
        self.assertIsNone(self.status(OTHER)["next_mail"])
        self.world.setup("release", "--due")
        self.assertEqual(self.ipp.job_state(job), "held")
        self.let_pass("recipients", 24 * 60 * 60)
        self.world.setup("release")
        self.assert_all_done([job])
        self.assertEqual(len(server.messages), 4)

    def test_a_server_that_asks_to_slow_down(self):
        for step, reply in (("greeting", Last("421 4.3.2 Too many connections")),
                            ("auth-data", "432 4.3.2 Concurrent connections limit exceeded"),
                            ("mail", "450 4.7.1 too many mails")):
            with self.subTest(step):
                server = self.serve(**{"max-connections": 1})
                pause = server.at(step, Pause(reply))
                first = self.print("first")
                pause.wait()
                second = self.print("second")
                self.cups.wait_job_log(second, "connections in use")
                pause.go()
                status = wait_for(lambda: (now := self.status())["next_mail"] and now, "the pause")
                self.assertIn(reply[:9], status["next_mail_reason"])
                self.cups.wait_job_log(second, "pauses")
                self.assert_all_done([first, second])
                self.assertEqual(len(server.messages), 2)
                self.assertEqual(len(server.sessions), 3)
                self.assertGreater(server.sessions[1].begun - server.sessions[0].begun, 3)
                self.assertIsNone(self.status()["next_mail"])

    def test_a_limit_of_the_servers(self):
        server = self.serve()
        server.at("mail", "550 5.4.5 Daily user sending limit exceeded.")
        jobs = [self.print("first")]
        self.assert_held(jobs[0], "5.4.5")
        jobs.append(self.print("second"))
        self.assert_held(jobs[1], "5.4.5", "pauses")
        self.assertEqual(len(server.sessions), 1)
        self.world.setup("release", "--due")
        self.assertEqual([self.ipp.job_state(job) for job in jobs], ["held", "held"])
        # A person may try, and knows better.
        self.world.setup("test", ACCOUNT)
        self.assertIsNotNone(self.status()["next_mail"])
        self.world.setup("release", "--account", ACCOUNT)
        self.assert_all_done(jobs)
        self.assertEqual(len(server.messages), 2)

    def test_a_mail_of_a_persons_ends_a_pause(self):
        server = self.serve()
        server.at("mail", "550 5.4.5 Daily user sending limit exceeded.")
        self.assert_held(self.print("first"), "5.4.5")
        self.assertIn("5.4.5", self.status()["next_mail_reason"])
        self.world.setup("test", ACCOUNT, "--to", ACCOUNT)
        self.assertIsNone(self.status()["next_mail"])
        self.assert_all_done([self.print("second")])


class RetryAfter(EndToEnd):
    """A token endpoint that says when to come again."""

    def let_run_out(self, address):
        """As if the account's access token had ended."""
        path = os.path.join(self.cups.state, "tokens", address.replace("@", "%40") + ".json")
        with open(path) as file:
            record = json.load(file)
        with open(path, "w") as file:
            json.dump({**record, "expires": record["obtained"]}, file)

    def test_it_is_the_next_try_of_all_jobs(self):
        endpoint = TokenEndpoint(self.world.certificate)
        self.addCleanup(endpoint.close)
        server = SmtpServer(self.world.certificate)
        self.addCleanup(server.close)
        address = "busy@example.test"
        self.addCleanup(self.world.configure)
        self.world.configure(more=section(f"account {address}", {
            "provider": "busy", "client-id": "scan-email"}) + section("provider busy", {
                "issuer": endpoint.issuer, "scope": "smtp", "smtp-server": server.url,
                "ca-file": self.world.authority.ca}))
        endpoint.replies.append(tokens(1))
        self.world.keep_secret("scripted-access-token-1", "scripted-refresh-token-1")
        self.world.setup("login", address, "--no-test-mail", "--json")
        for queue in QUEUES[:2]:
            self.cups.add_queue(queue, f"{self.uri}?from={address.replace('@', '%40')}")
            self.addCleanup(self.cups.run, "lpadmin", "-x", queue)
        self.let_run_out(address)
        endpoint.requests.clear()
        endpoint.otherwise = Reply(429, b"", {"retry-after": "3600"})
        jobs = []
        for queue in QUEUES[:2]:
            jobs.append(self.cups.lp(queue, self.file("x.pdf", documents.pdf())))
            self.cups.wait_state(jobs[-1], "held")
            self.assertIn("3600 seconds", self.message(jobs[-1]))
        self.assertEqual(len(endpoint.requests_to(TOKEN_PATH)), 1)
        self.world.setup("release", "--due")
        self.assertEqual([self.ipp.job_state(job) for job in jobs], ["held", "held"])
        endpoint.replies.append(tokens(2))
        self.world.keep_secret("scripted-access-token-2", "scripted-refresh-token-2")
        self.world.setup("release")
        for job in jobs:
            self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        self.assertEqual(len(server.messages), 2)
