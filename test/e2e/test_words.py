# SPDX-License-Identifier: Apache-2.0
"""What is said in a mail: the names of its attachments and its text."""

from . import documents, mail
from .case import EndToEnd


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
        for title, name in (("aux", "_aux.pdf"), ("-rf ~", "rf ~.pdf"), ("a\u202egnp.exe", "a_gnp.exe.pdf"),
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
