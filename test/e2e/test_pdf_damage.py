# SPDX-License-Identifier: Apache-2.0
"""Damaged PDFs with options that change them: what is sent has the pages that it claims, all that
the document has, and nothing crashes or hangs.

A part of it by default; all with SCAN_EMAIL_CORPUS=all."""

import io
import os
import random
import zlib

from PIL import Image

from . import documents
from .filtered import Refused
from .filtered_job import FilteredJob
from .test_pages import Builder, full_document

ALL = os.environ.get("SCAN_EMAIL_CORPUS") == "all"
OPTIONS = {"page-ranges=1-3": 3, "email-compact=yes": 4, "email-format=pdfa": 4,
           "email-split=3": 4}  # and the pages of four that they leave
CUTS, FLIPS = (20, 1000) if ALL else (5, 40)


class Damage(FilteredJob):
    def packed(self, data, *options):
        self.tool("qpdf", *options, self.file("plain.pdf", data), self.path("packed.pdf"))
        with open(self.path("packed.pdf"), "rb") as file:
            return file.read()

    def documents(self):
        whole = full_document()
        return [whole, self.packed(whole, "--object-streams=generate"),
                self.packed(documents.pdf(4), "--linearize")]

    def check(self, data, options):
        """Returns whether it was sent."""
        try:
            entries = self.filter(data, options=options, timeout=60)
        except Refused:
            return False
        for entry in entries:
            path = self.file("sent.pdf", entry.data)
            self.assertEqual(int(self.tool("qpdf", "--no-warn", "--warning-exit-0",
                                           "--show-npages", path)), entry.pages)
        self.assertEqual(sum(entry.pages for entry in entries), OPTIONS[options])
        return True

    def test_cut(self):
        for number, whole in enumerate(self.documents()):
            for options in OPTIONS:
                self.assertTrue(self.check(whole, options))
                for part in range(CUTS):
                    with self.subTest(document=number, options=options, part=part):
                        end = len(whole) * part // CUTS
                        self.assertFalse(self.check(whole[:end], options))

    def with_image(self, data, filters):
        pdf = Builder()
        image = pdf.stream("/Type /XObject /Subtype /Image /Width 64 /Height 64 /BitsPerComponent 8"
                           f" /ColorSpace /DeviceGray /Filter {filters}", data.decode("latin-1"))
        content = pdf.stream("", "200 0 0 200 0 0 cm /Im Do")
        tree = pdf.reserve()
        page = pdf.add(f"<< /Type /Page /Parent {tree} /MediaBox [0 0 200 200]"
                       f" /Contents {content} /Resources << /XObject << /Im {image} >> >> >>")
        pdf.set(tree, f"<< /Type /Pages /Kids [{page}] /Count 1 >>")
        return pdf.write(pdf.add(f"<< /Type /Catalog /Pages {tree} >>"))

    def test_a_damaged_image_in_a_sound_document(self):
        """Ghostscript leaves it out, or draws a part of it, and ends well."""
        noise = Image.effect_noise((64, 64), 90)
        jpeg = io.BytesIO()
        noise.save(jpeg, "JPEG")
        jpeg = jpeg.getvalue()
        packed = zlib.compress(noise.tobytes())
        for options in ("email-format=tiff", "email-format=png", "email-format=pdfa",
                        "email-compact=yes"):
            for data, filters in ((jpeg, "/DCTDecode"), (jpeg[:-2], "[/DCTDecode]"),
                                  (packed, "/FlateDecode")):
                with self.subTest(options=options, filters=filters):
                    self.assertEqual(len(self.filter(self.with_image(data, filters),
                                                     options=options)), 1)
                    with self.assertRaisesRegex(Refused, "an image that is damaged"):
                        self.filter(self.with_image(data[:len(data) // 2], filters),
                                    options=options)

    def with_content(self, content, dictionary=""):
        pdf = Builder()
        content = pdf.stream(dictionary, content)
        tree = pdf.reserve()
        page = pdf.add(f"<< /Type /Page /Parent {tree} /MediaBox [0 0 200 200]"
                       f" /Contents {content} /Resources << >> >>")
        pdf.set(tree, f"<< /Type /Pages /Kids [{page}] /Count 1 >>")
        return pdf.write(pdf.add(f"<< /Type /Catalog /Pages {tree} >>"))

    def test_what_ghostscript_passes_over_is_said(self):
        for options in ("email-format=tiff", "email-format=pdfa", "email-compact=yes"):
            for content, said in (("/Gone Do 0 0 9 9 re f", 1), ("0 0 9 9 re f", 0),
                                  ("q 0 0 9 9 re f", 0)):
                with self.subTest(options=options, content=content):
                    self.assertEqual(len(self.filter(self.with_content(content),
                                                     options=options)), 1)
                    self.assertEqual(self.log.count("WARNING: something may be missing"), said,
                                     self.log)

    def test_a_page_that_is_not_drawn_to_its_end_is_said(self):
        packed = zlib.compress(str(list(range(9000))).encode())[:900].decode("latin-1")
        data = self.with_content(packed, "/Filter /FlateDecode")
        for options in ("email-format=tiff", "email-compact=yes"):
            with self.subTest(options=options):
                self.filter(data, options=options)
                self.assertIn("WARNING: something may be missing", self.log)

    def test_an_empty_page_is_no_damage(self):
        for options in ("email-format=tiff", "email-format=pdfa", "email-compact=yes"):
            for data in (self.with_content(""), self.packed(self.with_content(""))):
                with self.subTest(options=options):
                    self.assertEqual(len(self.filter(data, options=options)), 1)

    def test_flipped_bytes(self):
        chance = random.Random(4)
        sent = 0
        wholes = self.documents()
        for turn in range(FLIPS):
            data = bytearray(wholes[turn % len(wholes)])
            place = chance.randrange(len(data))
            data[place] ^= 1 << chance.randrange(8)
            options = list(OPTIONS)[turn // len(wholes) % len(OPTIONS)]
            with self.subTest(turn=turn, options=options, place=place):
                sent += self.check(bytes(data), options)
        self.assertGreater(sent, 0)
        self.assertLess(sent, FLIPS)

    def test_a_damaged_page_among_others_is_named(self):
        """Pages are drawn many at a time; what fails says which one it is."""
        packed = zlib.compress(Image.effect_noise((64, 64), 90).tobytes())
        parts = [self.file("front.pdf", documents.pdf(3)),
                 self.file("middle.pdf", self.with_image(packed[:1000], "/FlateDecode")),
                 self.file("back.pdf", documents.pdf(5))]
        self.tool("qpdf", "--empty", "--pages", *parts, "--", self.path("all.pdf"))
        with open(self.path("all.pdf"), "rb") as file:
            whole = file.read()
        with self.assertRaisesRegex(Refused, "page 4"):
            self.filter(whole, options="email-format=tiff", timeout=60)
