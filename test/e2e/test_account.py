# SPDX-License-Identifier: Apache-2.0
"""The account's life: signing in, tokens that end, outages, jobs that rest and go on."""

import json

from . import documents
from .case import ACCOUNT, TO, EndToEnd
from .process import wait_for
from .provider import CLIENT_ID
from .world import section

REASON_AUTHORIZATION = "oauth-authorization-required-error"
REASON_DEFERRED = "cups-mailto-deferred-report"


class SigningIn(EndToEnd):
    def test_the_whole_login_with_its_test_mail(self):
        status, result = self.world.login(ACCOUNT)
        self.assertEqual(status, 0, result)
        (arrived,) = self.sink.wait_messages(1)
        self.assert_sound(arrived)
        self.assertEqual(arrived.recipients, [ACCOUNT])

    def test_the_first_line_says_where_to_go(self):
        process, first = self.world.start_login(ACCOUNT, "--no-test-mail")
        process.terminate()
        process.communicate(timeout=20)
        self.assertTrue(first["verification_uri"].startswith(self.world.provider.issuer))
        self.assertIn(first["user_code"], first["verification_uri_complete"])
        self.assertGreater(first["expires_in"], 500)

    def test_the_person_declines(self):
        status, result = self.world.login(ACCOUNT, "--no-test-mail", deny=True)
        self.assertIn(status, (1, 3))
        self.assertIn("decline", json.dumps(result))
        self.the_mail(self.cups.lp(self.queue, self.file("x.pdf", documents.pdf())))

    def test_another_person_signs_in(self):
        status, result = self.world.login(ACCOUNT, "--no-test-mail", person="other@example.test")
        self.assertNotEqual(status, 0)
        self.assertIn("other@example.test", json.dumps(result))
        self.the_mail(self.cups.lp(self.queue, self.file("x.pdf", documents.pdf())))

    def test_somebody_signs_in_whom_the_server_does_not_name(self):
        """The mail server decides, before anything is stored."""
        account = "nameless@example.test"
        self.configure(more=f"[account {account}]\nprovider = intranet\nclient-id = scan-email\n"
                       "scope = offline_access smtp\n", queue={"account": ACCOUNT})
        status, result = self.world.login(account, "--no-test-mail", person="other@example.test")
        self.assertEqual(status, 3)
        self.assertFalse(result["identity_checked"])
        self.assertIsNone(result["token_store"])
        self.assertIn("nothing was stored", result["error"])
        status, result = self.world.login(account, "--no-test-mail", person=account)
        self.assertEqual((status, result["smtp_login"]), (0, "ok"), result)

    def test_a_new_account_is_added_to_the_configuration(self):
        account = "second@example.test"
        with open(f"{self.cups.base}/scan-email.conf") as file:
            before = file.read()
        self.addCleanup(self.world.configure)
        status, result = self.world.login(account, "--provider", "intranet", "--client-id",
                                          "scan-email", "--no-test-mail")
        self.assertEqual(status, 0, result)
        with open(f"{self.cups.base}/scan-email.conf") as file:
            after = file.read()
        self.assertTrue(after.startswith(before))
        self.assertIn(f"[account {account}]", after)
        self.cups.add_queue("second", "mailto:to%40example.test?from=second%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "second")
        arrived = self.the_mail(self.cups.lp("second", self.file("2.pdf", documents.pdf())))
        self.assertEqual(arrived.sender, account)
        # Two accounts and a queue that names none: nobody guesses.
        job = self.cups.lp(self.queue, self.file("3.pdf", documents.pdf()))
        self.cups.wait_state(job, "held")
        self.assertIn("account", self.message(job))

    def test_login_makes_the_queue(self):
        self.addCleanup(self.cups.run, "lpadmin", "-x", "fresh", check=False)
        status, result = self.world.login(ACCOUNT, "--no-test-mail", "--queue", "fresh", "--to",
                                          "fresh@example.test")
        self.assertEqual(status, 0, result)
        job = self.cups.lp("fresh", self.file("f.pdf", documents.pdf()))
        self.assertEqual(self.the_mail(job).recipients, ["fresh@example.test"])


class Verbs(EndToEnd):
    def test_status(self):
        answer = self.world.setup("status")
        self.assertIn(ACCOUNT, answer.stdout)
        self.assertIn("Active", answer.stdout)
        accounts = [json.loads(line) for line in self.world.setup("status", "--json").stdout
                    .splitlines()]
        self.assertIn(ACCOUNT, json.dumps(accounts))

    def test_list(self):
        self.assertIn(ACCOUNT, self.world.setup("list").stdout)

    def test_test_sends_a_mail(self):
        self.world.setup("test", ACCOUNT, "--to", TO)
        (arrived,) = self.sink.wait_messages(1)
        self.assert_sound(arrived)
        self.assertEqual(arrived.recipients, [TO])

    def test_refresh_rotates(self):
        before = self.world.provider.count("issued RefreshToken")
        self.world.setup("refresh", "--all")
        self.assertEqual(self.world.provider.count("issued RefreshToken"), before + 1)
        self.the_mail(self.cups.lp(self.queue, self.file("r.pdf", documents.pdf())))

    def test_wrong_words(self):
        for words in (["frobnicate"], ["login", "--nonsense"], ["status", "a@b", "c@d"]):
            with self.subTest(words):
                self.assertEqual(self.world.setup(*words, check=False).returncode, 2)


class Tokens(EndToEnd):
    def test_an_expired_access_token_is_refreshed(self):
        self.world.expire_access_token()
        before = self.world.provider.count("issued AccessToken")
        self.the_mail(self.cups.lp(self.queue, self.file("e.pdf", documents.pdf())))
        self.assertEqual(self.world.provider.count("issued AccessToken"), before + 1)

    def test_a_token_that_the_server_refuses_is_refreshed_once(self):
        known = []
        server = self.submission_server(accepts=lambda user, token: token in known or
                                        known.append(token))
        # The first token is refused and the next one too: only then is it the account's fault.
        job = self.cups.lp(self.queue, self.file("t.pdf", documents.pdf()))
        self.assert_no_mail(job, "held", "oauth-setup", server=server)
        self.assertEqual(len(known), 2)
        self.world.setup("release", "--account", ACCOUNT)

    def test_many_jobs_at_once_share_one_refresh(self):
        self.world.expire_access_token()
        before = self.world.provider.count("issued AccessToken")
        for number in range(4):
            self.cups.add_queue(f"parallel{number}", self.uri)
            self.addCleanup(self.cups.run, "lpadmin", "-x", f"parallel{number}")
        jobs = [self.cups.lp(f"parallel{number}", self.file("p.pdf", documents.pdf()))
                for number in range(4)]
        self.assertEqual([self.cups.wait_state(job) for job in jobs], ["completed"] * 4)
        self.sink.wait_messages(4)
        self.assertEqual(self.world.provider.count("issued AccessToken"), before + 1)


class Revoked(EndToEnd):
    def revoke(self):
        self.assertGreater(self.world.provider.revoke(ACCOUNT), 0)
        self.addCleanup(self.world.sign_in)

    def test_held_then_released_by_a_login_once(self):
        self.world.provider.revoke(ACCOUNT)
        job = self.cups.lp(self.queue, self.file("r.pdf", documents.pdf()))
        self.assert_no_mail(job, "held", "oauth-setup", ACCOUNT)
        self.assertIn(REASON_AUTHORIZATION, self.reasons(job))
        self.assertIn("oauth-setup", self.cups.run("lpstat", "-l", "-o").stdout)
        status = self.world.setup("status", check=False)
        self.assertIn("Revoked", status.stdout)
        held_by_a_person = self.cups.lp(self.queue, "-H", "hold", self.file("h.pdf",
                                                                           documents.pdf()))
        self.world.sign_in()
        self.the_mail(job)
        self.assertEqual(self.ipp.job_state(held_by_a_person), "held")
        self.assertNotIn(REASON_AUTHORIZATION,
                         self.ipp.printer(self.queue)["printer-state-reasons"])
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.assertEqual(len(self.sink.messages), 1)

    def test_a_job_of_a_class_goes_on_as_well(self):
        """With the account of one of its printers, and no other's."""
        other = "bob@example.test"
        self.configure(queue={"account": other}, more=section(
            f"account {other}", {"provider": "intranet", "client-id": CLIENT_ID}) + section(
            f"queue {self.queue}", {"account": ACCOUNT}))
        self.cups.add_queue("others", self.uri)
        self.addCleanup(self.cups.run, "lpadmin", "-x", "others")
        jobs = {}
        self.revoke()
        for name, printer in (("ours", self.queue), ("theirs", "others")):
            self.cups.run("lpadmin", "-p", printer, "-c", name)
            self.addCleanup(self.cups.run, "lpadmin", "-x", name)
            self.cups.run("cupsaccept", name)
            self.cups.run("cupsenable", name)
            jobs[name] = self.cups.lp(name, self.file("c.pdf", documents.pdf()))
            self.cups.wait_state(jobs[name], "held")
        self.world.sign_in()
        self.the_mail(jobs["ours"])
        self.assertEqual(self.ipp.job_state(jobs["theirs"]), "held")
        self.ipp.cancel(jobs["theirs"])
        self.world.setup("release", "--due")  # before its class is removed, so that nothing is left

    def test_a_job_of_a_queue_that_is_given_another_account(self):
        """Whoever lets jobs of that one go on lets it go on."""
        other = "bob@example.test"
        more = section(f"account {other}", {"provider": "intranet", "client-id": CLIENT_ID})
        self.configure(queue={"account": ACCOUNT}, more=more)
        self.assertEqual(self.world.login(other, "--no-test-mail")[0], 0)
        self.revoke()
        job = self.cups.lp(self.queue, self.file("o.pdf", documents.pdf()))
        self.cups.wait_state(job, "held")
        self.configure(queue={"account": other}, more=more)
        self.world.setup("release", "--account", other)
        self.assertEqual(self.the_mail(job).sender, other)

    def test_an_account_that_there_is_not(self):
        done = self.world.setup("release", "--account", "scaner@example.test", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(ACCOUNT, done.stderr)
        self.assertIn("no job", self.world.setup("release", "--account", ACCOUNT).stdout)
        self.assertEqual(self.world.setup("release", "--due").stdout, "")

    def test_a_job_that_we_held_and_a_person_then_holds_stays(self):
        self.revoke()
        job = self.cups.lp(self.queue, self.file("p.pdf", documents.pdf()))
        self.cups.wait_state(job, "held")
        # Hold-Job; `lp -i JOB -H hold` of a job that is held already leaves no trace in cupsd 2.4.2.
        self.ipp.hold(job)
        self.world.sign_in()
        self.assertEqual(self.ipp.job_state(job), "held")
        self.assertEqual(self.sink.messages, [])


class Outages(EndToEnd):
    """Hours become seconds by configuration; oauth-setup release --due is what the timer runs."""

    def test_a_short_outage_is_waited_out(self):
        server = self.submission_server()
        server.go_down()
        job = self.cups.lp(self.queue, self.file("o.pdf", documents.pdf()))
        self.cups.wait_job_log(job, "connect")
        server.come_up()
        self.the_mail(job, server)

    def test_a_long_outage_needs_no_hands(self):
        server = self.submission_server(queue={"retry-for": "1s", "retry-interval": "2s"})
        server.go_down()
        job = self.cups.lp(self.queue, self.file("long.pdf", documents.pdf()))
        self.cups.wait_state(job, "held")
        wait_for(lambda: REASON_DEFERRED in self.reasons(job) or self.ipp.job_state(job) != "held",
                 "the job to rest with our reason")
        # The job's one RETRY is cupsd's own hold; then it rests until it is due.
        wait_for(lambda: REASON_DEFERRED in self.reasons(job), "our reason", 30)
        self.world.setup("release", "--due")
        server.come_up()

        def arrived():
            self.world.setup("release", "--due")
            return server.messages

        wait_for(arrived, "the mail after the outage", 30, 0.5)
        self.the_mail(job, server)

    def test_the_token_endpoint_fails(self):
        self.configure(queue={"retry-for": "1s", "retry-interval": "1s"})
        for status in (503, 429):
            self.world.expire_access_token()
            self.world.provider.refuse(status, "<html>busy</html>")
            self.addCleanup(self.world.provider.refuse)
            job = self.cups.lp(self.queue, self.file("busy.pdf", documents.pdf()))
            wait_for(lambda: REASON_DEFERRED in self.reasons(job), "the job to rest", 40)
            self.assertEqual(self.sink.messages, [])
            self.world.provider.refuse()

            def arrived():
                self.world.setup("release", "--due")
                return self.sink.messages

            wait_for(arrived, "the mail", 30, 0.5)
            self.the_mail(job)
            self.sink.reset()

    def test_given_up_in_the_end(self):
        server = self.submission_server(queue={"retry-for": "1s", "retry-interval": "1s",
                                               "give-up-after": "3s"})
        server.go_down()
        job = self.cups.lp(self.queue, self.file("never.pdf", documents.pdf()))

        def ended():
            self.world.setup("release", "--due")
            return self.ipp.job_state(job) == "canceled"

        wait_for(ended, "the job to be given up", 60, 0.5)
        self.assertEqual(server.messages, [])


class SameBytes(EndToEnd):
    def test_every_try_sends_the_same_bytes(self):
        server = self.submission_server()
        server.at("dot", "451 4.3.0 later")
        # Ghostscript makes another PDF of the same PostScript at every run.
        job = self.cups.lp(self.queue, stdin=documents.postscript())
        self.the_mail(job, server)
        first, second = server.attempts
        self.assertEqual(first.data, second.data)
