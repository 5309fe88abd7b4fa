# SPDX-License-Identifier: Apache-2.0
"""email-format: what is attached in another format than PDF."""

import gzip

from . import documents, images, mail
from .case import EndToEnd
from .filtered import Filtered

ORIGINAL = "email-format=original"


class Original(Filtered):
    def original(self, data, hint="application/octet-stream"):
        (entry,) = self.entries(data, ORIGINAL, hint)
        self.assertTrue(entry.data == data)
        return entry

    def test_every_type_stays_byte_for_byte(self):
        for name, (data, mime) in documents.every_type().items():
            with self.subTest(name):
                self.assertEqual(self.original(data, mime).type, mime)

    def test_pages_are_known_where_they_can_be(self):
        for data, pages in ((documents.pdf(3), 3), (documents.tiff(2), 2), (documents.jpeg(), 1),
                            (documents.pwg_raster(2), 2), (documents.postscript(2), -1)):
            self.assertEqual(self.original(data).pages, pages)

    def test_unknown_bytes(self):
        noise = documents.noise()
        for hint, mime in (("application/msword", "application/msword"),
                           ("application/octet-stream", "application/octet-stream"),
                           ("application/vnd.cups-raw", "application/octet-stream"),
                           ("application/pdf", "application/octet-stream")):
            with self.subTest(hint):
                self.assertEqual(self.original(noise, hint).type, mime)
        self.refused(noise, "email-format=original")

    def test_compressed_data_arrive_inflated(self):
        (entry,) = self.entries(gzip.compress(documents.pdf()), ORIGINAL)
        self.assertEqual((entry.type, entry.data), ("application/pdf", documents.pdf()))

    def test_damage_is_refused(self):
        for name, (data, _) in documents.every_type().items():
            if name in ("text", "html", "shell", "perl", "c-source", "postscript"):
                continue  # they may end anywhere
            with self.subTest(name):
                self.refused(data[:len(data) // 2], "incomplete", options=ORIGINAL)

    def test_layout_is_refused(self):
        for option in ("page-ranges=1", "number-up=2", "fit-to-page", "mirror"):
            for data in (documents.pdf(), documents.jpeg(), documents.text(), documents.noise()):
                with self.subTest(option):
                    self.refused(data, option.split("=")[0], ORIGINAL,
                                 options=f"{ORIGINAL} {option}")

    def test_options_without_a_meaning_are_refused(self):
        for option in ("email-resolution=150", "email-compact", "email-split=2"):
            with self.subTest(option):
                self.refused(documents.pdf(), option.split("=")[0], ORIGINAL,
                             options=f"{ORIGINAL} {option}")
        self.refused(documents.pdf(), "email-resolution", options="email-resolution=150")


class Kept(Filtered):
    """A file that already is what is asked for."""

    files = (("jpeg", images.every_jpeg()["progressive"], 1), ("png", documents.png(), 1),
             ("tiff", documents.tiff(3), 3))

    def test_it_goes_as_it_came(self):
        for name, data, pages in self.files:
            for options in ("", "number-up=1 print-color-mode=color media=A4"):
                with self.subTest(name, options=options):
                    entries = self.entries(data, f"email-format={name} {options}")
                    self.assertEqual(entries, [(f"image/{name}", pages, data)])

    def test_damage_is_refused(self):
        for name, data, _ in self.files:
            with self.subTest(name):
                self.refused(data[:len(data) // 2], "incomplete", options=f"email-format={name}")


class Mailed(EndToEnd):
    def test_the_original_arrives(self):
        for name, data in (("unknown.bin", documents.noise()), ("page.jpg", documents.jpeg())):
            with self.subTest(name):
                self.sink.reset()
                job = self.cups.lp(self.queue, "-o", ORIGINAL, self.file(name, data))
                (attachment,) = mail.attachments(self.parsed_mail(job))
                self.assertTrue(attachment.data == data)
