# SPDX-License-Identifier: Apache-2.0
"""Documents that are cut or empty, converters and filters that die: never a mail with less than
the job."""

import gzip
import os

from . import documents, mail
from .case import EndToEnd

THREE = [documents.pdf(1, f"document {number}") for number in range(3)]


class DamagedDocuments(EndToEnd):
    def refused(self, name, data, *words):
        job = self.cups.lp(self.queue, self.file(name, data))
        self.assert_no_mail(job, "canceled", name, *words)

    def test_a_pdf_that_was_cut(self):
        whole = documents.pdf(20, filler=50_000)
        for percent in (50, 90, 99):
            with self.subTest(percent):
                self.refused("cut.pdf", whole[:len(whole) * percent // 100])

    def test_a_linearized_pdf_that_was_cut(self):
        self.cups.run("qpdf", "--linearize", self.file("plain.pdf", documents.pdf(20)),
                      os.path.join(self.files, "linear.pdf"))
        with open(os.path.join(self.files, "linear.pdf"), "rb") as file:
            whole = file.read()
        for percent in (50, 90, 99):
            with self.subTest(percent):
                self.refused("cut.pdf", whole[:len(whole) * percent // 100])

    def test_a_pdf_with_a_small_slip_passes(self):
        data = documents.pdf(2)
        slipped = data.replace(b"startxref\n", b"startxref\n1")
        job = self.cups.lp(self.queue, self.file("slip.pdf", slipped))
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertEqual(attachment.data, slipped)

    def test_an_encrypted_pdf_passes(self):
        path = os.path.join(self.files, "locked.pdf")
        self.cups.run("qpdf", "--encrypt", "user", "owner", "256", "--",
                      self.file("open.pdf", documents.pdf()), path)
        job = self.cups.lp(self.queue, path)
        (attachment,) = mail.attachments(self.parsed_mail(job))
        with open(path, "rb") as file:
            self.assertEqual(attachment.data, file.read())

    def test_an_empty_file(self):
        # cupsd refuses it by itself, unless it came compressed.
        done = self.cups.run("lp", "-d", self.queue, self.file("empty.pdf", b""), check=False)
        self.assertNotEqual(done.returncode, 0)
        for mime in ("application/pdf", "application/postscript", "text/plain",
                     "application/octet-stream"):
            with self.subTest(mime):
                job = self.ipp.print_job(self.queue, gzip.compress(b""), mime=mime, title="empty",
                                         compression="gzip")
                self.assert_no_mail(job, "canceled", "empty")

    def test_truncated_postscript(self):
        whole = documents.postscript(3)
        self.refused("cut.ps", whole[:whole.rindex(b"show showpage") + 3])

    def test_postscript_with_an_error(self):
        self.refused("error.ps", documents.postscript().replace(b"showpage", b"nosuchoperator"))

    def test_damaged_images(self):
        for name, data in (("cut.png", documents.png()[:150]), ("cut.jpg", documents.jpeg()[:600]),
                           ("cut.tif", documents.tiff()[:60])):
            with self.subTest(name):
                self.refused(name, data)

    def test_one_bad_document_of_three(self):
        files = [self.file(f"{number}.pdf", data) for number, data in enumerate(THREE)]
        files[1] = self.file("bad.pdf", THREE[1][:300])
        self.assert_no_mail(self.cups.lp(self.queue, *files), "canceled", "bad.pdf")


class DyingPrograms(EndToEnd):
    def test_a_converter_killed(self):
        restore = self.cups.replace_program("filter/texttopdf", "kill -KILL $$\n")
        try:
            job = self.cups.lp(self.queue, self.file("k.txt", documents.text()))
            # Temporary: it will be tried again, and nothing is mailed until then.
            self.cups.wait_state(job, "held")
            self.assertEqual(self.sink.messages, [])
        finally:
            restore()
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertEqual(attachment.type, "application/pdf")

    def filter_killed(self, number, when):
        """A job of three documents whose filter run number is killed."""
        counter = self.file(f"count-{number}-{when}", b"0")
        os.chmod(counter, 0o666)
        os.chmod(self.files, 0o777)
        real = '"$0.real" "$@"'
        die = {"before": "kill -KILL $$", "in": f"{real} | head -c 60; kill -KILL $$",
               "after": f"{real}; kill -KILL $$"}[when]
        restore = self.cups.replace_program(
            "filter/scantoemail",
            f"n=$(($(cat {counter}) + 1)); echo $n >{counter}\n"
            f"if [ $n = {number} ]; then {die}; fi\nexec {real}\n")
        try:
            job = self.cups.lp(self.queue, *[self.file(f"{index}.pdf", data)
                                             for index, data in enumerate(THREE)])
            state = self.cups.wait_state(job, "completed", "held", "stopped", "canceled", "aborted")
        finally:
            restore()
        return job, state

    def test_filters_killed(self):
        for number in (1, 2, 3):
            for when in ("before", "in", "after"):
                with self.subTest(filter=number, when=when):
                    self.sink.reset()
                    job, state = self.filter_killed(number, when)
                    self.assertNotIn(state, ("canceled", "aborted"))
                    if state != "completed":
                        self.assertEqual(self.sink.messages, [])
                        self.cups.run("cupsenable", self.queue)
                        if self.ipp.job_state(job) == "held":
                            self.ipp.release(job)
                    attachments = mail.attachments(self.parsed_mail(job))
                    self.assertEqual([one.data for one in attachments], THREE)
