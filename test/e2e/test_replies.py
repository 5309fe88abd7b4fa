# SPDX-License-Identifier: Apache-2.0
"""What a submission server may answer, and what becomes of the job."""

from . import documents
from .case import EndToEnd
from .process import wait_for
from .smtp import DROP

PERSON = "oauth-authorization-required-error"


class Replies(EndToEnd):
    def print(self, *words, filler=0):
        return self.cups.lp(self.queue, *words,
                            self.file("reply.pdf", documents.pdf(filler=filler)))

    def test_every_recipient_refused(self):
        server = self.submission_server()
        server.at("rcpt", "550 5.1.1 no such mailbox", times=2)
        job = self.print("-o", "email-to=gone@example.test,left@example.test")
        self.assert_no_mail(job, "canceled", "gone@example.test", "no such mailbox",
                            "left@example.test", server=server)
        session = server.wait_session()
        self.assertIn("RSET", session.commands)
        self.assertNotIn("DATA", session.commands)

    def test_recipient_refused(self):
        server = self.submission_server()
        server.at("rcpt", "550 5.1.1 no such mailbox")
        job = self.print("-o", "email-to=gone@example.test,there@example.test")
        self.assertEqual(self.the_mail(job, server).recipients, ["there@example.test"])
        self.assertIn("gone@example.test: 550 5.1.1 no such mailbox", self.message(job))

    def test_recipient_greylisted(self):
        server = self.submission_server()
        server.at("rcpt", "451 4.7.1 greylisted")
        self.the_mail(self.print(), server)
        self.assertEqual(len(server.sessions), 2)

    def test_one_of_two_greylisted(self):
        server = self.submission_server()
        server.at("rcpt", "451 4.7.1 greylisted")
        job = self.print("-o", "email-to=grey@example.test,there@example.test")
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        first, second = server.wait_messages(2)
        self.assertEqual([first.recipients, second.recipients],
                         [["there@example.test"], ["grey@example.test"]])
        self.assertEqual(first.data, second.data)

    def test_a_mail_that_is_put_off_makes_room(self):
        """Other jobs pass it, and it goes on by itself."""
        server = self.submission_server(queue={"retry-interval": "1s"})
        server.at("rcpt", "451 4.7.1 greylisted", times=2)
        job = self.print("-o", "email-to=grey@example.test")
        self.cups.wait_job_log(job, "4.7.1 greylisted")
        self.cups.wait_state(job, "held")
        other = self.print("-o", "email-to=there@example.test")
        self.assertEqual(self.cups.wait_state(other), "completed", self.cups.job_log(other))
        self.assertEqual(server.wait_messages(1)[0].recipients, ["there@example.test"])
        self.cups.wait_state(job)
        self.assertEqual(server.wait_messages(2)[1].recipients, ["grey@example.test"])

    def test_temporary_at_every_step(self):
        for step in ("greeting", "auth-data", "mail", "data", "dot"):
            with self.subTest(step):
                server = self.submission_server()
                server.at(step, "421 4.3.2 later" if step == "greeting" else "451 4.3.2 later")
                self.the_mail(self.print(), server)
                self.assertGreaterEqual(len(server.sessions), 2)

    def test_connection_lost_at_every_step(self):
        for step in ("greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body"):
            with self.subTest(step):
                server = self.submission_server()
                server.at(step, DROP)
                # More than the sockets' buffers hold, or the dot may be sent before the loss shows.
                self.the_mail(self.print(filler=12_000_000 if step == "body" else 0), server)
                self.assertGreaterEqual(len(server.sessions), 2)

    def test_lost_after_the_dot_is_in_doubt_and_sent_again_the_same(self):
        server = self.submission_server(queue={"retry-for": "0s", "in-doubt-interval": "1s"})
        server.at("dot", DROP)
        job = self.print()

        def arrived():
            self.world.setup("release", "--due")
            return server.messages

        wait_for(arrived, "the mail in doubt", 40, 0.5)
        self.the_mail(job, server)
        self.assertIn("may have been delivered", self.cups.job_log(job))
        self.assertEqual(len(server.attempts), 2)
        self.assertEqual(server.attempts[0].data, server.attempts[1].data)

    def test_message_refused(self):
        for step in ("data", "dot"):
            with self.subTest(step):
                server = self.submission_server()
                server.at(step, "554 5.6.0 not this message")
                self.assert_no_mail(self.print(), "canceled", "not this message", server=server)

    def test_refused_in_the_middle_of_the_message(self):
        server = self.submission_server()
        server.at("body", "552 5.3.4 too much")
        job = self.cups.lp(self.queue, self.file("big.pdf", documents.pdf(filler=8_000_000)))
        self.assert_no_mail(job, "canceled", "too much", server=server)

    def test_the_accounts_fault_holds(self):
        for step, reply in (
                ("auth-data", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication "
                              "is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled"),
                ("mail", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
                ("mail", "553 5.5.9 a reply that nobody knows"),
                ("dot", "554 5.2.252 SendAsDenied; scanner@example.test not allowed to send as")):
            with self.subTest(reply):
                server = self.submission_server()
                server.at(step, reply, times=3)
                job = self.print()
                self.assert_no_mail(job, "held", reply[4:20], server=server)
                self.assertIn(PERSON, self.reasons(job))
                self.ipp.cancel(job)

    def test_a_quota_holds_with_a_time(self):
        for step, reply in (("mail", "550 5.4.5 Daily user sending limit exceeded."),
                            ("dot", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuota"
                                    "ExceededException; Failed to process message")):
            with self.subTest(reply):
                server = self.submission_server()
                server.at(step, reply)
                job = self.print()
                self.assert_no_mail(job, "held", server=server)
                self.assertRegex(self.message(job), r"\d\d:\d\d")
                self.assertIn("cups-mailto-deferred-report", self.reasons(job))
                self.world.setup("release", "--due")
                self.assertEqual(self.ipp.job_state(job), "held")
                self.ipp.cancel(job)

    def test_implicit_tls(self):
        server = self.submission_server(implicit_tls=True)
        self.the_mail(self.print(), server)
        self.sink.reset()
        self.configure(smtp_server=self.world.dovecot.tls_url)
        self.the_mail(self.print())

    def test_a_token_never_leaves_before_tls(self):
        server = self.submission_server()
        self.the_mail(self.print(), server)
        session = server.wait_session()
        self.assertTrue(session.tls)
        self.assertNotIn(b"AUTH", session.plain)
        self.assertEqual(session.commands.count("AUTH XOAUTH2"), 1)
        self.assertIn("QUIT", session.commands)
