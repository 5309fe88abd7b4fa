# SPDX-License-Identifier: Apache-2.0
"""Mails whose fate is not known: when they are sent again, to whom, from whom, and when no more."""

import os
import signal

from . import documents
from .case import ACCOUNT, EndToEnd, needs_root
from .process import wait_for
from .provider import CLIENT_ID, SCOPE
from .smtp import DROP, Pause, SmtpServer
from .world import section

SECOND = "second@example.test"


class Doubt(EndToEnd):
    def print(self, queue=None):
        return self.cups.lp(queue or self.queue, self.file("doubt.pdf", documents.pdf()))

    def release(self, *words):
        self.world.setup("release", *words)

    def attempts(self, server, number):
        wait_for(lambda: len(server.attempts) == number, f"{number} attempts")
        self.assertEqual(len({message.data for message in server.attempts}), 1)

    def test_it_rests_where_cupsd_was_killed(self):
        server = self.submission_server(queue={"in-doubt-interval": "1h"})
        pause = server.at("dot", Pause())
        job = self.print()
        pause.wait()
        self.cups.stop(signal.SIGKILL)
        for pid in self.cups.processes("mailto-worker") + self.cups.processes("mailto"):
            os.kill(pid, signal.SIGKILL)
        pause.go(DROP)
        self.cups.start()
        self.cups.wait_state(job, "held")
        self.assertIn("the next try is at", self.message(job))
        self.release("--due")
        self.assertEqual(self.ipp.job_state(job), "held")
        self.assertEqual(len(server.attempts), 1)
        self.release()  # a person need not wait
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.attempts(server, 2)

    def test_no_doubt_where_cupsd_is_stopped(self):
        """It kills what it has started; the answer is journalled nevertheless."""
        for started in (False, True):
            with self.subTest(started=started):
                server = self.submission_server()
                pause = server.at("dot", Pause())
                job = self.print()
                pause.wait()
                self.cups.stop()
                if started:
                    self.cups.start()
                    self.wait_workers(2)
                pause.go()
                if not started:
                    self.wait_workers(0)
                    self.cups.start()
                self.the_mail(job, server)
                self.attempts(server, 1)
                self.wait_workers(0)

    @needs_root
    def test_it_stays_the_same_whatever_becomes_of_the_documents(self):
        server = self.submission_server(queue={"in-doubt-interval": "1s"})
        server.at("dot", DROP)
        job = self.print()
        self.cups.wait_state(job, "held")
        with open(f"{self.cups.base}/spool/d{job:05}-001", "wb") as file:
            file.write(documents.pdf(1, "another"))
        self.release()
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.attempts(server, 2)

    def test_after_three_times_a_person_decides(self):
        server = self.submission_server()
        server.at("dot", DROP, times=3)
        job = self.print()

        def rests_for_good():
            self.release("--due")
            return "sent 3 times without an answer" in self.message(job)

        wait_for(rests_for_good, "the third time", 40, 0.3)
        self.cups.wait_state(job, "held")
        self.release("--due")
        self.assertEqual(self.ipp.job_state(job), "held")
        self.attempts(server, 3)
        self.release()
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.attempts(server, 4)


class Accounts(EndToEnd):
    """Two accounts, each with its server."""

    def setUp(self):
        super().setUp()
        self.servers = [SmtpServer(self.world.certificate, accepts=None) for _ in range(2)]
        for server in self.servers:
            self.addCleanup(server.close)
        self.configure_accounts()
        self.world.login(SECOND, "--no-test-mail")

    def configure_accounts(self, queues=None, **usual):
        """queues: the account of each; usual: keys of all queues."""
        provider = {"issuer": self.world.provider.issuer, "scope": SCOPE,
                    "smtp-server": self.servers[1].url, "ca-file": self.world.authority.ca}
        queues = {"first": ACCOUNT, "second": SECOND, **(queues or {})}
        self.configure(smtp_server=self.servers[0].url, queue=usual,
                       more=section("provider other", provider)
                       + section(f"account {SECOND}", {"provider": "other", "client-id": CLIENT_ID})
                       + "".join(section(f"queue {queue}", {"account": account})
                                 for queue, account in queues.items()))

    def go_on(self, job, *states):
        def ended():
            self.world.setup("release", "--due")
            return self.ipp.job_state(job) in states

        wait_for(ended, f"job {job} to be {states}", 40, 0.3)

    def messages(self):
        return [message for server in self.servers for message in server.messages]


class AnotherAccount(Accounts):
    """The queue is given another account while a job waits."""

    def hold(self, step, action):
        self.configure_accounts({self.queue: ACCOUNT}, **{"retry-for": "0s"})
        self.servers[0].at(step, action, times=2)
        job = self.cups.lp(self.queue, self.file("moved.pdf", documents.pdf()))
        self.cups.wait_state(job, "held")
        self.configure_accounts({self.queue: SECOND}, **{"retry-for": "0s"})
        return job

    def test_what_is_not_begun_comes_from_the_new_one(self):
        job = self.hold("greeting", "421 4.3.0 not now")
        self.go_on(job, "completed")
        self.assertEqual([message.sender for message in self.messages()], [SECOND])
        self.assertEqual(self.the_mail(job, self.servers[1]).sender, SECOND)

    def test_what_is_in_doubt_stays_with_the_old_one(self):
        job = self.hold("dot", DROP)
        self.go_on(job, "completed")
        self.assertEqual(self.servers[1].attempts, [])
        self.assertEqual(len({message.data for message in self.servers[0].attempts}), 1)
        self.assertEqual(self.the_mail(job, self.servers[0]).sender, ACCOUNT)


class Classes(Accounts):
    """Two printers of a class, each with its account."""

    def setUp(self):
        super().setUp()
        for queue in ("first", "second"):
            self.cups.add_queue(queue, self.uri)
            self.cups.run("lpadmin", "-p", queue, "-c", "both")
            self.addCleanup(self.cups.run, "lpadmin", "-x", queue)
        self.cups.run("cupsenable", "both")
        self.cups.run("cupsaccept", "both")
        self.path = self.file("class.pdf", documents.pdf())

    def test_another_printer_takes_over(self):
        """At once, without ten minutes of waiting, and with its own account as the sender."""
        self.servers[0].at("greeting", "421 4.3.0 not now", times=9)
        for _ in range(2):  # cupsd takes the printers in turn
            job = self.cups.lp("both", self.path)
            self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
            self.assertNotIn("trying again in", self.cups.job_log(job))
        self.assertEqual([message.sender for message in self.servers[1].messages], [SECOND] * 2)
        self.assertTrue(self.servers[0].sessions)

    def test_a_mail_in_doubt_stays_the_accounts(self):
        for server in self.servers:
            server.at("dot", DROP)
        job = self.cups.lp("both", self.path)
        self.go_on(job, "completed")
        attempts = [server for server in self.servers if server.attempts]
        self.assertEqual(len(attempts), 1, "another account has sent the mail as well")
        self.assertEqual(len({message.data for message in attempts[0].attempts}), 1)
        self.assertEqual(len(self.messages()), 1)
