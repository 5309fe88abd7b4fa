# SPDX-License-Identifier: Apache-2.0
"""Images by the filter alone: what is wrapped is the image itself, and shows what a decoder makes
of it."""

import io
import os
import random
import subprocess

from PIL import Image, ImageOps

from . import images
from .filtered import Filtered, Refused


class Jpeg(Filtered):
    def test_the_image_is_kept_byte_for_byte(self):
        for name, data in images.every_jpeg().items():
            with self.subTest(name):
                pdf = self.run_filter(data)
                self.assert_same_bytes(self.extracted(pdf), data)
                self.assertLess(len(pdf), 1.01 * len(data) + 1200)
                self.check_pdf(pdf)
                self.assert_same_bytes(pdf, self.run_filter(data))

    def test_it_shows_what_the_decoder_gives(self):
        for name, data in images.every_jpeg().items():
            if "cmyk" in name or "ycck" in name or name in ("wide", "high", "one-pixel"):
                continue
            with self.subTest(name):
                self.assert_same(self.rendered(self.run_filter(data), 72), self.decoded(data), 2)

    def test_cmyk_shows_its_colors(self):
        plain = images.jpeg(Image.new("CMYK", (32, 32), (255, 0, 0, 0)), subsampling=0)
        white = images.jpeg(Image.new("CMYK", (32, 32), (0, 0, 0, 0)), subsampling=0)
        for name, data, expected in (
                ("Adobe's cyan", plain, lambda r, g, b: r < 60 and g > 120 and b > 180),
                ("Adobe's white", white, lambda r, g, b: min(r, g, b) > 250),
                # without the marker the same bytes count up: all but cyan; all there is
                ("not cyan", images.without(plain, 0xEE), lambda r, g, b: max(r, g, b) < 80),
                ("black", images.without(white, 0xEE), lambda r, g, b: max(r, g, b) < 40)):
            with self.subTest(name):
                shown = self.rendered(self.run_filter(data), 72)
                self.assertTrue(expected(*shown.getpixel((16, 16))), shown.getpixel((16, 16)))

    def test_ycck_shows_what_cmyk_does(self):
        data = images.every_jpeg()["ycck"]
        cmyk = Image.open(io.BytesIO(data))
        cmyk.load()
        same = images.jpeg(cmyk, subsampling=0, quality=100)
        self.assert_same(self.rendered(self.run_filter(data), 72),
                         self.rendered(self.run_filter(same), 72), 16)

    def test_exif_orientation(self):
        for orientation in range(1, 9):
            with self.subTest(orientation):
                order = "little" if orientation % 2 else "big"
                data = images.with_segment(
                    images.jpeg(), 0xE1, images.exif(orientation, (144, 144), order=order))
                expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
                self.assert_same(self.rendered(self.run_filter(data), 144), expected, 2)

    def test_page_size(self):
        jfif, exif = images.with_jfif_density, images.exif
        plain = images.jpeg()
        bare = images.without(plain, 0xE0)
        for name, data, x, y in (
                ("300 dpi", jfif(plain, 1, 300, 300), 300, 300),
                ("fax", jfif(plain, 1, 204, 98), 204, 98),
                ("118 dots a cm", jfif(plain, 2, 118, 118), 299.72, 299.72),
                ("ratio", jfif(plain, 0, 2, 1), 72, 36),
                ("none", bare, 72, 72),
                ("not meant", jfif(plain, 1, 1, 1), 72, 72),
                ("Exif", images.with_segment(bare, 0xE1, exif(None, (240, 120))), 240, 120),
                ("Exif in cm", images.with_segment(bare, 0xE1, exif(1, (100, 100), 3, "big")),
                 254, 254),
                ("Exif over JFIF", images.with_segment(jfif(plain, 1, 96, 96), 0xE1,
                                                       exif(1, (300, 300))), 300, 300),
                ("Exif does not know", images.with_segment(jfif(plain, 1, 150, 150), 0xE1,
                                                           exif(1, (72, 72))), 150, 150)):
            with self.subTest(name):
                width, height = self.size(self.run_filter(data))
                self.assertAlmostEqual(width, 97 * 72 / x, delta=0.01)
                self.assertAlmostEqual(height, 61 * 72 / y, delta=0.01)

    def test_an_unknown_resolution_does_not_exceed_the_paper(self):
        data = images.without(images.jpeg(images.picture(4000, 3000)), 0xE0)
        width, height = self.size(self.run_filter(data))
        self.assertAlmostEqual(width, 595 / 3 * 4, delta=0.1)
        self.assertAlmostEqual(height, 595, delta=0.1)

    def test_pages_stay_within_the_limits_of_pdf(self):
        pdf = self.run_filter(images.with_jfif_density(images.jpeg(images.picture(65500, 3, "L")),
                                                       1, 72, 72))
        width, height = self.size(pdf)
        self.assertAlmostEqual(width, 13100, delta=0.1)
        self.assertGreaterEqual(height, 3)
        self.assert_holds(pdf, b"/UserUnit 5")
        pdf = self.run_filter(images.jpeg(images.picture(1, 1), dpi=(300, 300)))
        self.assertEqual([round(side) for side in self.size(pdf)], [3, 3])

    def test_an_icc_profile_is_kept(self):
        profile, plain = images.profile(), images.jpeg()
        for pieces in (1, 4):
            with self.subTest(pieces):
                pdf = self.run_filter(images.with_profile(plain, profile, pieces))
                self.assert_holds(pdf, b"/ICCBased")
                self.assert_holds(pdf, b"stream\n" + profile + b"\nendstream")
                # it moves from the image to the PDF, so that it does not stand there twice
                self.assert_same_bytes(self.extracted(pdf), plain)
                self.assertNotIn("WARNING", self.log)

    def test_a_profile_that_does_not_fit_is_left_out_with_a_warning(self):
        profile = images.profile()
        data = images.with_profile(images.jpeg(), profile, 4)
        third = data.index(b"ICC_PROFILE\0\x03")
        for name, unfit in (("of RGB in grey", images.with_profile(
                                 images.jpeg(images.picture(mode="L")), profile)),
                            ("a piece is missing", images.without(data, 0xE2)),
                            ("a piece twice", data[:third + 12] + b"\x02" + data[third + 13:]),
                            ("no profile", images.with_profile(images.jpeg(), b"x" * 300))):
            with self.subTest(name):
                pdf = self.run_filter(unfit)
                self.assert_lacks(pdf, b"/ICCBased")
                self.assertIn("WARNING: ", self.log)
                self.assertIn("color profile", self.log)
                self.assert_same_bytes(self.extracted(pdf), unfit)

    def test_what_follows_the_image_is_told(self):
        first, second = images.jpeg(), images.jpeg(images.picture(20, 10))
        self.assert_same_bytes(self.extracted(self.run_filter(first + second)), first)
        self.assertIn("WARNING: ", self.log)
        self.assert_same_bytes(self.extracted(self.run_filter(first + bytes(100))), first)
        self.assertNotIn("WARNING: ", self.log)

    def test_arithmetic_coding_is_decoded(self):
        data = images.cjpeg("-arithmetic")
        pdf = self.run_filter(data)
        self.assert_lacks(pdf, b"/DCTDecode")
        self.refused(data[:len(data) // 2], "damaged or incomplete")

    def test_rare_kinds_are_refused_by_name(self):
        data = bytearray(images.jpeg())
        _, start, _ = next(one for one in images.segments(data) if one[0] == 0xC0)
        data[start + 4] = 12
        self.refused(bytes(data), "not of 8 bits")
        data[start + 4] = 8
        data[start + 1] = 0xC3
        self.refused(bytes(data), "lossless")


class Png(Filtered):
    def test_the_data_are_kept_byte_for_byte(self):
        for name, png in images.every_png().items():
            with self.subTest(name):
                pdf = self.run_filter(png.data)
                self.assert_holds(pdf, b"stream\n" + png.compressed + b"\nendstream")
                self.assertLess(len(pdf), 1.01 * len(png.data) + 1800)
                self.check_pdf(pdf)
                self.assert_same_bytes(pdf, self.run_filter(png.data))

    def test_it_shows_the_pixels(self):
        for name, png in images.every_png().items():
            if name in ("one-pixel", "wide"):
                continue
            with self.subTest(name):
                self.assert_same(self.rendered(self.run_filter(png.data), 72), png.shown, 0)

    def test_page_size(self):
        for name, extra, x, y in (("none", b"", 72, 72),
                                  ("300 dpi", images.phys(11811, 11811), 300, 300),
                                  ("204 by 98", images.phys(8031, 3858), 204, 98),
                                  ("ratio", images.phys(2, 1, 0), 72, 36),
                                  ("nothing", images.phys(0, 0, 0), 72, 72)):
            with self.subTest(name):
                width, height = self.size(self.run_filter(images.Png(0, 8, extra=extra).data))
                self.assertAlmostEqual(width, 37 * 72 / x, delta=0.01)
                self.assertAlmostEqual(height, 23 * 72 / y, delta=0.01)

    def test_an_icc_profile_is_kept(self):
        profile = images.zlib.compress(images.profile())
        chunk = images.png_chunk(b"iCCP", b"a name\0\0" + profile)
        for kind in (2, 3):
            with self.subTest(kind):
                pdf = self.run_filter(images.Png(kind, 8, extra=chunk).data)
                self.assert_holds(pdf, b"/ICCBased")
                self.assert_holds(pdf, b"stream\n" + profile + b"\nendstream")
                self.check_pdf(pdf)
                self.assertNotIn("WARNING", self.log)
        for name, unfit in (("of RGB in grey", images.Png(0, 8, extra=chunk)),
                            ("damaged", images.Png(2, 8, extra=chunk[:-9] + b"x" + chunk[-8:])),
                            ("cut", images.Png(2, 8, extra=images.png_chunk(
                                b"iCCP", b"a name\0\0" + profile[:-9])))):
            with self.subTest(name):
                self.assert_lacks(self.run_filter(unfit.data), b"/ICCBased")
                self.assertIn("color profile", self.log)

    def test_what_follows_the_image_is_told(self):
        self.run_filter(images.Png(0, 8).data + b"more")
        self.assertIn("WARNING: ", self.log)
        self.run_filter(images.Png(0, 8, extra=images.png_chunk(b"acTL", bytes(8))).data)
        self.assertIn("WARNING: ", self.log)

    def test_damage(self):
        png = images.Png(2, 8, pieces=2)
        for part in range(20):
            with self.subTest(part=part):
                self.refused(png.data[:max(9, len(png.data) * part // 20)],
                             "damaged or incomplete")
        generator = random.Random(4)
        for number in range(40):
            changed = bytearray(png.data)
            changed[generator.randrange(8, len(changed))] ^= 1 << generator.randrange(8)
            with self.subTest(number=number):
                self.refused(bytes(changed), "damaged or incomplete")

    def test_damage_under_true_checksums(self):
        """A chunk's checksum holds, the image's own does not; or there are too few lines."""
        png = images.Png(0, 8)
        for name, data in (("bit", png.compressed[:99] + bytes([png.compressed[99] ^ 4])
                            + png.compressed[100:]),
                           ("end", png.compressed[:-4]),
                           ("lines", images.zlib.compress(images.zlib.decompress(
                               png.compressed)[:-1])),
                           ("filter", images.zlib.compress(b"\7" + images.zlib.decompress(
                               png.compressed)[1:]))):
            with self.subTest(name):
                self.refused(png.data.replace(images.png_chunk(b"IDAT", png.compressed),
                                              images.png_chunk(b"IDAT", data)),
                             "damaged or incomplete")


class Options(Filtered):
    def test_layout_keeps_the_image(self):
        data = images.jpeg(dpi=(150, 150))
        for options, size in (("fit-to-page PageSize=A4", (595, 842)), ("mirror", (46.56, 29.28)),
                              ("number-up=2 PageSize=A4", (595, 842)), ("page-ranges=1", None)):
            with self.subTest(options):
                pdf = self.run_filter(data, options)
                self.assert_same_bytes(self.extracted(pdf), data)
                if size:
                    for side, expected in zip(sorted(self.size(pdf)), sorted(size)):
                        self.assertAlmostEqual(side, expected, delta=1)

    def test_mirror_shows_it_mirrored(self):
        data = images.jpeg(images.picture(96, 64))
        shown = self.rendered(self.run_filter(data, "mirror"), 72)
        red, green = shown.getpixel((90, 5)), shown.getpixel((5, 5))
        self.assertTrue(red[0] > 180 and red[1] < 80, red)
        self.assertTrue(green[0] < 80 and green[1] > 150, green)

    def test_scaling_is_left_to_the_stock_converter(self):
        for options in ("scaling=50", "natural-scaling=50", "ppi=100", "position=top",
                        "page-left=36"):
            with self.subTest(options):
                pdf = self.run_filter(images.jpeg(dpi=(150, 150)), options)
                self.assert_lacks(pdf, b"/DCTDecode")
                self.size(pdf)

    def test_a_page_that_is_not_there(self):
        with self.assertRaises(Refused):
            self.run_filter(images.jpeg(), "page-ranges=2")


class Damage(Filtered):
    def kinds(self):
        every = images.every_jpeg()
        return {name: every[name] for name in ("ycbcr", "progressive", "restarts", "cmyk-adobe")}

    def test_cut_anywhere(self):
        for name, data in self.kinds().items():
            for part in range(20):
                with self.subTest(name, part=part):
                    length = max(4, len(data) * part // 20)
                    self.refused(data[:length], "damaged or incomplete")
            with self.subTest(name, part="closed after the cut"):
                self.refused(data[:len(data) * 2 // 3] + b"\xff\xd9", "damaged or incomplete")

    def test_padding_is_no_damage(self):
        for name, data in self.kinds().items():
            for padding in (b"\0", b"\0" * 500, b"\xff" * 7):
                with self.subTest(name, padding=padding):
                    padded = data[:-2] + padding + data[-2:]
                    self.assert_same_bytes(self.extracted(self.run_filter(padded)), padded)
            with self.subTest(name, padding="noise"):
                self.refused(data[:-2] + b"noise" * 8 + data[-2:], "damaged or incomplete")

    def test_a_progressive_image_without_its_last_scans(self):
        data = images.every_jpeg()["progressive"]
        last = data.rindex(b"\xff\xda")
        self.refused(data[:last] + b"\xff\xd9", "damaged or incomplete")

    def test_changed_bytes(self):
        """What passes is what a decoder reads to its end without a complaint."""
        generator = random.Random(11)
        for name, data in self.kinds().items():
            for number in range(50):
                changed = bytearray(data)
                for _ in range(generator.choice((1, 1, 3))):
                    changed[generator.randrange(3, len(data))] = generator.randrange(256)
                with self.subTest(name, number=number):
                    try:
                        pdf = self.run_filter(bytes(changed))
                    except Refused:
                        continue
                    self.check_pdf(pdf)
                    if b"/DCTDecode" in pdf:
                        self.decoder_is_content(self.extracted(pdf))

    def decoder_is_content(self, data):
        done = subprocess.run(["djpeg", "-outfile", os.devnull, self.file("in.jpg", data)],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        for complaint in (b"premature", b"Huffman", b"resync"):
            self.assertNotIn(complaint, done.stderr)
