# SPDX-License-Identifier: Apache-2.0
"""Jobs from somebody who means harm: refused or neutralised, nothing injected anywhere."""

import re

from . import documents, ipp, mail
from .case import TO, EndToEnd

EVIL = "evil@x.org"


class Hostile(EndToEnd):
    def pdf(self):
        return self.file("scan.pdf", documents.pdf())

    def assert_log_lines_are_whole(self):
        """Every line of the error_log is one that cupsd wrote as a line of its own."""
        for line in self.cups.log().split("\n")[:-1]:
            self.assertRegex(line, r"^[a-zA-Z] \[")

    def test_recipient_outside_the_policy(self):
        for option in ("email-to", "email-cc", "email-bcc"):
            with self.subTest(option):
                job = self.cups.lp(self.queue, "-o", f"{option}={EVIL}", self.pdf())
                self.assert_no_mail(job, "canceled", EVIL, "allowed-recipients")

    def test_without_allowed_recipients_only_the_queues_own(self):
        self.configure(queue={"allowed-recipients": None})
        job = self.cups.lp(self.queue, "-o", "email-to=other@example.test", self.pdf())
        self.assert_no_mail(job, "canceled", "other@example.test")
        self.the_mail(self.cups.lp(self.queue, self.pdf()))

    def test_too_many_recipients(self):
        many = ",".join(f"r{number}@example.test" for number in range(11))
        job = self.cups.lp(self.queue, "-o", f"email-to={many}", self.pdf())
        self.assert_no_mail(job, "canceled", "10")

    def test_commands_in_a_recipient(self):
        job = self.cups.lp(self.queue, "-o", "email-to='a@b\r\nRCPT TO:<x@y>'", self.pdf())
        self.assert_no_mail(job, "canceled", "a@b")
        self.assertNotRegex(self.message(job), r"[\r\n]")
        self.assert_log_lines_are_whole()

    def test_commands_in_every_option(self):
        for option in ("email-subject", "email-body", "email-filename", "email-reply-to"):
            with self.subTest(option):
                self.sink.reset()
                raw = "x@example.test\r\nBcc: evil@x.org\r\n.\r\nMAIL FROM:<x@y>"
                job = self.ipp.print_job(self.queue, documents.pdf(),
                                         job=ipp.attribute(ipp.TEXT, option, raw))
                if self.cups.wait_state(job) == "completed":
                    (arrived,) = self.sink.wait_messages(1)
                    self.assert_sound(arrived)
                    self.assertEqual(arrived.recipients, [TO])
                    self.assertIsNone(mail.parse(arrived.data)["Bcc"])
        self.assert_log_lines_are_whole()

    def test_title_with_lines(self):
        # cupsd 2.4 makes "Untitled" of a bad job-name; what it lets through must not hurt either.
        for title in ("one\r\nBcc: evil@x.org\r\n\r\nbody\nSTATE: paused\nERROR: owned",
                      "one\u2028Bcc: evil@x.org\u0085ERROR: owned\u202e"):
            self.sink.reset()
            job = self.ipp.print_job(self.queue, documents.pdf(), title=title)
            arrived = self.the_mail(job)
            self.assertEqual(arrived.recipients, [TO])
            self.assertIsNone(mail.parse(arrived.data)["Bcc"])
        self.assertNotIn("paused", str(self.ipp.printer(self.queue)["printer-state-reasons"]))
        self.assert_log_lines_are_whole()

    def test_user_names_as_recipients(self):
        self.cups.add_queue("to-user", "mailto:%25%7Buser%7D%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "to-user")
        job = self.ipp.print_job("to-user", documents.pdf(), user="bob,ceo@evil.com")
        self.assert_no_mail(job, "canceled", "bob,ceo")
        for user in ("bob ceo", "a>b", "x\"y", "@evil.com", "..", "é"):
            with self.subTest(user):
                self.sink.reset()
                job = self.ipp.print_job("to-user", documents.pdf(), user=user)
                self.assert_no_mail(job, "canceled")
        job = self.ipp.print_job("to-user", documents.pdf(), user="bob\r\nRCPT TO:<x@y>")
        self.cups.wait_state(job)  # cupsd makes "anonymous" of it
        for arrived in self.sink.messages:
            self.assertEqual(arrived.recipients, ["anonymous@example.test"])
        self.sink.reset()
        job = self.ipp.print_job("to-user", documents.pdf(), user="CONTOSO\\bob")
        self.assertEqual(self.the_mail(job).recipients, ["bob@example.test"])
        self.sink.reset()
        job = self.ipp.print_job("to-user", documents.pdf(), user="bob@CONTOSO.COM")
        self.assertEqual(self.the_mail(job).recipients, ["bob@example.test"])

    def test_job_ticket_in_a_document(self):
        data = documents.pdf_with_ticket(f"email-to={EVIL}", f"email-bcc={EVIL}",
                                         "email-subject=forged", f"EmailTo=Custom.{EVIL}")
        for send in (lambda: self.ipp.print_job(self.queue, data, mime="application/pdf"),
                     lambda: self.cups.lp(self.queue, self.file("ticket.pdf", data))):
            self.sink.reset()
            state = self.cups.wait_state(send())
            self.assertIn(state, ("completed", "canceled"))
            for arrived in self.sink.messages:
                self.assertEqual(arrived.recipients, [TO])
                self.assertNotIn("forged", mail.parse(arrived.data)["Subject"])

    def test_options_in_an_attributes_name(self):
        forged = ipp.attribute(ipp.KEYWORD, f"x email-to={EVIL} job-uuid=urn:uuid:0 y", "z")
        for place in ({"job": forged}, {"more": forged}):
            self.sink.reset()
            job = self.ipp.print_job(self.queue, documents.pdf(), **place)
            self.cups.wait_state(job)
            for arrived in self.sink.messages:
                self.assertEqual(arrived.recipients, [TO])

    def test_a_forged_user_or_host_changes_no_policy(self):
        self.cups.add_queue("to-user", "mailto:%25%7Buser%7D%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "to-user")
        forged = ipp.attribute(ipp.KEYWORD, "x job-originating-user-name=ceo y", "z")
        job = self.ipp.print_job("to-user", documents.pdf(), user="bob", job=forged)
        if self.cups.wait_state(job) == "completed":
            self.assertEqual(self.sink.wait_messages(1)[0].recipients, ["bob@example.test"])

    def test_a_server_that_answers_with_log_lines(self):
        server = self.submission_server()
        server.at("rcpt", "550-5.1.1 no\r\n550-STATE: paused\r\n550 5.1.1 ERROR: \x1b[31mowned")
        job = self.cups.lp(self.queue, self.pdf())
        self.assert_no_mail(job, "canceled", "5.1.1", server=server)
        self.assertNotIn("\x1b", self.message(job))
        self.assertIn("none", str(self.ipp.printer(self.queue)["printer-state-reasons"]))
        self.assert_log_lines_are_whole()

    def test_a_long_title_is_one_log_line(self):
        job = self.ipp.print_job(self.queue, documents.pdf(), title="é" * 120,
                                 job=ipp.attribute(ipp.TEXT, "email-subject", "ß" * 500))
        message = mail.parse(self.the_mail(job).data)
        self.assertEqual(message["Subject"], "ß" * 500)
        self.assertFalse(re.search(r"^ß", self.cups.log(), re.M))
