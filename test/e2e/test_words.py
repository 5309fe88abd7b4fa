# SPDX-License-Identifier: Apache-2.0
"""What is said in a mail: the names of its attachments and its text."""

import html.parser
import os

from . import documents, mail
from .case import EndToEnd

PAGE = """<!DOCTYPE html>
<html><body><h1 title="%{title}">%{title}</h1>
<p>%{body}</p><i>%{signature}</i> 100%</body></html>
"""


class Names(EndToEnd):
    def names(self, *words):
        self.sink.reset()
        return [one.name for one in mail.attachments(self.parsed_mail(
            self.cups.lp(self.queue, *words)))]

    def test_a_title_as_windows_programs_write_it(self):
        path = self.file("x.pdf", documents.pdf())
        self.assertEqual(self.names("-t", "Microsoft Word - Bericht Q3.docx", path),
                         ["Bericht Q3.pdf"])

    def test_what_no_file_may_be_called(self):
        path = self.file("x.pdf", documents.pdf())
        for title, name in (("aux", "_aux.pdf"), ("-rf ~", "rf ~.pdf"),
                            ("a\u202egnp.exe", "a_gnp.exe.pdf"),
                            ("Angebot 3/4: \u201eneu\u201c?", "Angebot 3_4_ \u201eneu\u201c_.pdf"),
                            ("\u6f22\u5b57" * 40, "\u6f22\u5b57" * 40 + ".pdf")):
            with self.subTest(title):
                (found,) = self.names("-t", title, path)
                self.assertEqual(found, name)

    def test_names_that_differ_in_case_only(self):
        data = documents.pdf()
        self.assertEqual(self.names(self.file("Plan.pdf", data), self.file("plan.pdf", data),
                                    self.file("PLAN.txt", documents.text())),
                         ["Plan.pdf", "plan-2.pdf", "PLAN-3.pdf"])

    def test_a_name_for_several_documents(self):
        paths = [self.file(f"n{index}.pdf", documents.pdf()) for index in range(10)]
        self.assertEqual(self.names("-o", "email-filename=set.pdf", *paths),
                         [f"set-{index:02d}.pdf" for index in range(1, 11)])

    def test_pieces_of_a_document(self):
        path = self.file("long.pdf", documents.pdf(5))
        self.assertEqual(self.names("-t", "Microsoft Word - Plan.docx", "-o", "email-split=2", path),
                         ["Plan-1.pdf", "Plan-2.pdf", "Plan-3.pdf"])

    def test_a_document_as_it_came_keeps_its_ending(self):
        data = documents.text()
        self.assertEqual(self.names("-o", "email-format=original", self.file("squid.conf", data)),
                         ["squid.conf"])
        self.assertEqual(self.names("-o", "email-format=original", "-o", "email-filename=renamed",
                                    self.file("fax.tif", documents.tiff())), ["renamed.tiff"])


class Tags(html.parser.HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, *attrs))

    def handle_data(self, data):
        self.text += data


class Texts(EndToEnd):
    title = "</h1>\"><script>x</script> Gr\u00fc\u00dfe & 'mehr'"

    def page(self, text):
        path = os.path.join(self.cups.base, "mail.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def text(self, job):
        return mail.body(self.parsed_mail(job)).replace("\r\n", "\n")

    def structure(self, part):
        if not part.is_multipart():
            return part.get_content_type()
        return part.get_content_subtype(), *map(self.structure, part.iter_parts())

    def test_what_a_mail_says_by_itself(self):
        text = self.text(self.cups.lp(
            self.queue, "-t", "Two", self.file("a.pdf", documents.pdf(3)),
            self.file("b.pdf", documents.pdf(1))))
        lines = text.splitlines()
        self.assertIn("Title: Two", lines)
        self.assertIn("Pages: 4", lines)
        self.assertTrue([line for line in lines if line.startswith("Printed by: ")])
        self.assertTrue([line for line in lines if line.startswith("a.pdf (3 pages, ")], text)

    def test_templates_know_what_was_made(self):
        self.configure(queue={"subject": "%{pages} of %{format} in %{queue}, %{date:%Y}",
                              "reply-to": "%{user}@example.test"})
        message = self.parsed_mail(self.cups.lp(self.queue, "-P", "2-3",
                                                self.file("six.pdf", documents.pdf(6))))
        self.assertRegex(message["Subject"], rf"^2 of pdf in {self.queue}, 20\d\d$")
        self.assertRegex(message["Reply-To"], r"^\S+@example.test$")

    def test_a_signature_below_whatever_text(self):
        self.configure(queue={"signature": r"Front desk\n%{queue}"})
        path = self.file("x.pdf", documents.pdf())
        for words, begin in (((), "The print queue"), (("-o", "email-body=Short"), "Short")):
            self.sink.reset()
            text = self.text(self.cups.lp(self.queue, *words, path))
            self.assertTrue(text.startswith(begin), text)
            self.assertTrue(text.endswith(f"\n\n-- \nFront desk\n{self.queue}\n"), text)

    def test_html_beside_the_text(self):
        self.configure(queue={"html-file": self.page(PAGE), "signature": "Front <desk>"})
        data = documents.pdf()
        message = self.parsed_mail(self.cups.lp(
            self.queue, "-t", self.title, "-o", "email-body='a < b & c'", self.file("x.pdf", data)))
        self.assertEqual(self.structure(message), (
            "mixed", ("alternative", "text/plain", "text/html"), "application/pdf"))
        self.assertEqual(mail.body(message), "a < b & c\r\n\r\n-- \r\nFront <desk>\r\n")
        page = Tags(message.get_body(("html",)).get_content())
        self.assertEqual(page.tags, [("html",), ("body",), ("h1", ("title", self.title)), ("p",),
                                     ("i",)])
        self.assertEqual(page.text.split(), f"{self.title} a < b & cFront <desk> 100%".split())
        self.assertEqual([one.data for one in mail.attachments(message)], [data])

    def test_each_of_several_mails_says_which_it_is(self):
        self.configure(queue={"max-message-size": 100_000, "html-file": self.page(PAGE)})
        job = self.cups.lp(self.queue, "-t", "Minutes", self.file(
            "minutes.pdf", documents.pdf_of_noise(6, 30_000)))
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        for number, arrived in enumerate(self.sink.wait_messages(3), 1):
            self.assert_sound(arrived)
            message = mail.parse(arrived.data)
            (attachment,) = mail.attachments(message)
            self.assertEqual(attachment.name, f"Minutes-{number}.pdf")
            text = mail.body(message)
            self.assertIn(f"\r\nThis is mail {number} of 3.\r\n", text)
            self.assertIn("\r\nPages: 6\r\n", text)
            self.assertRegex(text, rf"\r\nIn this mail:\r\nMinutes-{number}.pdf "
                                   r"\(2 pages, 6\d\.\d kB\)\r\n$")

    def test_a_page_that_cannot_be_used_holds_the_job(self):
        path = self.file("x.pdf", documents.pdf())
        missing = os.path.join(self.cups.base, "missing.html")
        for name, words in ((missing, ("html-file", missing, "No such file")),
                            (self.page("%{subjekt}"), ("html-file", "%{subjekt}"))):
            self.configure(queue={"html-file": name})
            self.assert_no_mail(self.cups.lp(self.queue, path), "held", *words)
