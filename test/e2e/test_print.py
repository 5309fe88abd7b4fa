# SPDX-License-Identifier: Apache-2.0
"""lp -d scan-email: documents, titles and options as a person gives them."""

import email.utils

from . import documents, mail
from .case import ACCOUNT, TO, EndToEnd


class Documents(EndToEnd):
    def test_a_pdf_arrives_byte_for_byte(self):
        data = documents.pdf(3)
        job = self.cups.lp(self.queue, self.file("report.pdf", data))
        arrived = self.the_mail(job)
        self.assertEqual(arrived.sender, ACCOUNT)
        self.assertEqual(arrived.recipients, [TO])
        message = mail.parse(arrived.data)
        (attachment,) = mail.attachments(message)
        self.assertEqual(attachment.data, data)
        self.assertEqual(attachment.type, "application/pdf")
        self.assertEqual(attachment.name, "report.pdf")
        self.assertEqual(message["To"], TO)
        self.assertEqual(email.utils.parseaddr(message["From"]), ("Front desk scanner", ACCOUNT))
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertIn("report", message["Subject"])

    def test_several_pdfs_are_one_mail_in_order(self):
        first, second = documents.pdf(1, "first"), documents.pdf(2, "second")
        job = self.cups.lp(self.queue, self.file("a.pdf", first), self.file("b.pdf", second))
        attachments = mail.attachments(self.parsed_mail(job))
        self.assertEqual([one.data for one in attachments], [first, second])
        self.assertEqual([one.name for one in attachments], ["a.pdf", "b.pdf"])

    def test_mixed_types_are_one_mail_in_order(self):
        pdf = documents.pdf()
        job = self.cups.lp(self.queue, self.file("a.pdf", pdf), self.file("b.txt", documents.text()),
                           self.file("c.ps", documents.postscript(2)))
        attachments = mail.attachments(self.parsed_mail(job))
        self.assertEqual(attachments[0].data, pdf)
        self.assertEqual([one.type for one in attachments], ["application/pdf"] * 3)
        self.assertEqual([self.pages(one.data) for one in attachments], [1, 1, 2])

    def pages(self, data):
        output = self.cups.run("pdfinfo", self.file("counted.pdf", data)).stdout
        return next(int(line.split()[1]) for line in output.splitlines()
                    if line.startswith("Pages:"))

    def test_every_type_goes_through_our_filter_alone(self):
        for name, (data, mime) in documents.every_type().items():
            with self.subTest(name):
                self.sink.reset()
                job = self.cups.lp(self.queue, "-t", name, stdin=data)
                (attachment,) = mail.attachments(self.parsed_mail(job))
                self.assertEqual(attachment.type, "application/pdf")
                self.assertEqual(self.pages(attachment.data), 1)
                if name == "pdf":
                    self.assertEqual(attachment.data, data)
                self.assert_only_our_filter(job)

    def assert_only_our_filter(self, job):
        started = [line.split("Started ")[1] for line in self.cups.job_log(job).split("\n")
                   if "Started " in line and "(PID" in line]
        programs = [line.split()[1].rsplit("/", 1)[1] for line in started]
        self.assertEqual(programs, ["scantoemail", "mailto"])

    def test_text_of_a_postscript_file_is_kept(self):
        job = self.cups.lp(self.queue, stdin=documents.postscript(text="kept words"))
        (attachment,) = mail.attachments(self.parsed_mail(job))
        text = self.cups.run("pdftotext", self.file("ps.pdf", attachment.data), "-").stdout
        self.assertIn("kept words", text)

    def test_thirty_megabytes(self):
        data = documents.pdf(filler=30_000_000)
        job = self.cups.lp(self.queue, self.file("big.pdf", data))
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertTrue(attachment.data == data)

    def test_too_large_for_the_server_is_told_before_anything_is_sent(self):
        server = self.submission_server(extensions=["SIZE 5000"], queue={"oversize": "reject"})
        job = self.cups.lp(self.queue, self.file("big.pdf", documents.pdf(filler=10_000)))
        self.assert_no_mail(job, "canceled", "5000", server=server)
        commands = server.wait_session().commands
        self.assertFalse([command for command in commands if command.startswith("MAIL")])

    def test_pages_can_be_chosen(self):
        job = self.cups.lp(self.queue, "-P", "2-3", self.file("six.pdf", documents.pdf(6)))
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertEqual(self.pages(attachment.data), 2)

    def test_two_pages_on_one(self):
        job = self.cups.lp(self.queue, "-o", "number-up=2", self.file("four.pdf", documents.pdf(4)))
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertEqual(self.pages(attachment.data), 2)

    def test_copies_are_one(self):
        data = documents.pdf()
        job = self.cups.lp(self.queue, "-n", "3", self.file("once.pdf", data))
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertEqual(attachment.data, data)

    def test_banner_pages_are_dropped(self):
        data = documents.pdf()
        job = self.cups.lp(self.queue, "-o", "job-sheets=standard,standard",
                           self.file("bannered.pdf", data))
        attachments = mail.attachments(self.parsed_mail(job))
        self.assertEqual([one.data for one in attachments], [data])


class RawAndUnknown(EndToEnd):
    def test_a_raw_pdf_is_attached(self):
        data = documents.pdf()
        job = self.cups.lp(self.queue, "-o", "raw", self.file("raw.pdf", data))
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertEqual(attachment.data, data)
        self.assertEqual(attachment.type, "application/pdf")

    def test_raw_noise_is_refused(self):
        job = self.cups.lp(self.queue, "-o", "raw", self.file("noise.bin", documents.noise()))
        self.assert_no_mail(job, "canceled", "noise.bin")

    def test_noise_among_documents_is_named_and_the_queue_lives(self):
        job = self.cups.lp(self.queue, self.file("a.pdf", documents.pdf()),
                           self.file("noise.bin", documents.noise()),
                           self.file("c.pdf", documents.pdf()))
        self.assert_no_mail(job, "canceled", "noise.bin")
        self.the_mail(self.cups.lp(self.queue, self.file("after.pdf", documents.pdf())))


class Titles(EndToEnd):
    def test_unicode_and_quotes(self):
        title = 'Ünïcode, "quoted" title'
        message = self.parsed_mail(self.cups.lp(self.queue, "-t", title, stdin=documents.pdf()))
        self.assertIn(title, message["Subject"])
        (attachment,) = mail.attachments(message)
        self.assertTrue(attachment.name.startswith("Ünïcode, "), attachment.name)
        self.assertTrue(attachment.name.endswith(".pdf"))

    def test_a_long_title_is_folded(self):
        title = "日本語のとても長い題名 with words " * 4
        message = self.parsed_mail(
            self.cups.lp(self.queue, "-t", title, self.file("x.pdf", documents.pdf())))
        self.assertIn("日本語のとても長い題名", message["Subject"])

    def test_standard_input_has_no_title(self):
        job = self.cups.lp(self.queue, stdin=documents.pdf())
        message = self.parsed_mail(job)
        self.assertEqual(message["Subject"], f"Scan from {self.queue}")
        (attachment,) = mail.attachments(message)
        self.assertRegex(attachment.name, r"^scan-\d{4}-\d\d-\d\d.*\.pdf$")


class Options(EndToEnd):
    def lp(self, *words):
        return self.cups.lp(self.queue, *words, self.file("options.pdf", documents.pdf()))

    def test_recipient(self):
        for words in (["-o", "email-to=boss@example.test"],
                      ["-o", "EmailTo=Custom.boss@example.test"],
                      ["-o", "EmailTo=boss@example.test"]):
            with self.subTest(words):
                self.sink.reset()
                arrived = self.the_mail(self.lp(*words))
                self.assertEqual(arrived.recipients, ["boss@example.test"])
                self.assertEqual(mail.parse(arrived.data)["To"], "boss@example.test")

    def test_cc_bcc_and_reply_to(self):
        arrived = self.the_mail(self.lp("-o", "email-cc=c@example.test",
                                        "-o", "email-bcc=auditor@example.org",
                                        "-o", "email-reply-to=front@example.test"))
        self.assertEqual(sorted(arrived.recipients),
                         sorted([TO, "c@example.test", "auditor@example.org"]))
        message = mail.parse(arrived.data)
        self.assertEqual(message["Cc"], "c@example.test")
        self.assertEqual(message["Reply-To"], "front@example.test")
        self.assertNotIn(b"auditor", arrived.data)

    def test_subject_body_and_file_name(self):
        message = self.parsed_mail(self.lp("-o", "email-subject='two words'",
                                           "-o", "email-body='Three words here'",
                                           "-o", "email-filename=renamed"))
        self.assertEqual(message["Subject"], "two words")
        self.assertIn("Three words here", mail.body(message))
        self.assertEqual(mail.attachments(message)[0].name, "renamed.pdf")

    def test_options_are_literal(self):
        message = self.parsed_mail(self.lp("-o", "email-subject='%{user} 100%%'"))
        self.assertEqual(message["Subject"], "%{user} 100%%")

    def test_a_stray_word_is_warned_about(self):
        job = self.lp("-o", "email-subject=two words")
        self.parsed_mail(job)
        log = self.cups.job_log(job)
        warnings = [line for line in log.splitlines()
                    if line.startswith("W ") and "quotes within quotes" in line]
        self.assertEqual(len(warnings), 1, log)
        self.assertIn("words", warnings[0])

    def test_the_queues_ppd_default(self):
        self.cups.add_queue("preset", self.uri, "-o", "EmailTo=Custom.preset@example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "preset")
        path = self.file("preset.pdf", documents.pdf())
        self.assertEqual(self.the_mail(self.cups.lp("preset", path)).recipients,
                         ["preset@example.test"])
        self.sink.reset()
        job = self.cups.lp("preset", "-o", "email-to=job@example.test", path)
        self.assertEqual(self.the_mail(job).recipients, ["job@example.test"])

    def test_an_unknown_option_fails_the_job(self):
        self.assert_no_mail(self.lp("-o", "email-subjekt=x"), "canceled", "email-subjekt",
                            "email-subject")

    def test_media_and_sides_mean_nothing_here(self):
        self.the_mail(self.lp("-o", "media=A3", "-o", "sides=two-sided-long-edge",
                              "-o", "print-color-mode=monochrome", "-o", "print-quality=5"))


class Queues(EndToEnd):
    def test_the_uri_names_cc_bcc_subject_and_more(self):
        self.cups.add_queue("full", "mailto:one%40example.test,two%40example.test?"
                            "cc=c%40example.test&bcc=b%40example.test&subject=From%20%25%7Bqueue%7D"
                            "&reply-to=r%40example.test&from=scanner%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "full")
        arrived = self.the_mail(self.cups.lp("full", self.file("u.pdf", documents.pdf())))
        self.assertEqual(sorted(arrived.recipients), [f"{name}@example.test" for name in
                                                      ("b", "c", "one", "two")])
        message = mail.parse(arrived.data)
        self.assertEqual(message["Subject"], "From full")
        self.assertEqual(message["Reply-To"], "r@example.test")

    def test_every_spelling_of_the_uri(self):
        for index, uri in enumerate(("mailto:a@example.test", "mailto:/a%40example.test",
                                     "mailto:///a@example.test")):
            with self.subTest(uri):
                self.sink.reset()
                queue = f"spelling{index}"
                self.cups.add_queue(queue, uri)
                self.addCleanup(self.cups.run, "lpadmin", "-x", queue)
                job = self.cups.lp(queue, self.file("s.pdf", documents.pdf()))
                self.assertEqual(self.the_mail(job).recipients, ["a@example.test"])

    def test_the_submitting_user_as_recipient(self):
        self.cups.add_queue("to-user", "mailto:%25%7Buser%7D%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "to-user")
        job = self.ipp.print_job("to-user", documents.pdf(), user="alice")
        self.assertEqual(self.the_mail(job).recipients, ["alice@example.test"])

    def test_a_queue_without_our_ppd_is_held_with_the_remedy(self):
        self.cups.run("lpadmin", "-p", "noppd", "-E", "-v", self.uri, "-m", "raw")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "noppd")
        job = self.cups.lp("noppd", self.file("n.pdf", documents.pdf()))
        self.assert_no_mail(job, "held", "lpadmin -p noppd -m")

    def test_the_backend_is_found(self):
        output = self.cups.run("lpinfo", "-v", check=False).stdout
        self.assertRegex(output, r"network mailto:/+")

    def test_policy_of_the_configuration(self):
        self.configure(queue={"subject": "%{queue}: %{title}", "max-message-size": "20K",
                              "oversize": "reject"})
        job = self.cups.lp(self.queue, self.file("policy.pdf", documents.pdf()))
        self.assertEqual(self.parsed_mail(job)["Subject"], f"{self.queue}: policy.pdf")
        self.sink.reset()
        job = self.cups.lp(self.queue, self.file("big.pdf", documents.pdf(filler=30000)))
        self.assert_no_mail(job, "canceled", "max-message-size")
