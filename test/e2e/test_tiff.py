# SPDX-License-Identifier: Apache-2.0
"""TIFF by the filter alone: every page is there, as large as it says, and shows the pixels that
the reference decoder gives; damage is refused."""

import io
import random
import re
import struct

from PIL import Image, ImageChops, ImageDraw, ImageOps

from . import images, tiffs
from .filtered import Filtered, Refused

FAX = {"g4": ("-c", "g4"), "g3": ("-c", "g3:1d"), "g3 2d": ("-c", "g3:2d"),
       "g3 fill": ("-c", "g3:1d:fill"), "g3 2d fill": ("-c", "g3:2d:fill")}
WHOLE = ("-r", "10000")


def swap(data):
    return b"".join(data[i + 1:i + 2] + data[i:i + 1] for i in range(0, len(data), 2))


class Tiff(Filtered):
    def streams(self, pdf):
        """The dictionary and the decoded bytes of each image, in order."""
        path = self.file("out.pdf", pdf)
        for number, dictionary in re.findall(
                rb"(\d+) 0 obj\n(<< /Type /XObject /Subtype /Image .*?) >>\nstream", pdf, re.DOTALL):
            yield dictionary, self.tool("qpdf", f"--show-object={number.decode()}",
                                        "--filtered-stream-data", path)

    def raw_streams(self, pdf):
        for match in re.finditer(rb"/Subtype /Image [^\n]*/Length (\d+) >>\nstream\n", pdf):
            yield pdf[match.end():match.end() + int(match[1])]

    def shows(self, data, expected, tolerance=0):
        """Of a TIFF without resolution."""
        pdf = self.run_filter(data)
        self.check_pdf(pdf)
        self.assert_same(self.rendered(pdf, 72), expected, tolerance)
        return pdf


class PassedThrough(Tiff):
    def test_fax(self):
        picture = tiffs.bilevel()
        for photometric in (tiffs.WHITE, tiffs.BLACK):
            source = tiffs.write(tiffs.bits(picture, photometric))
            for name, options in FAX.items():
                for order in ("msb2lsb", "lsb2msb"):
                    with self.subTest(name, photometric=photometric, order=order):
                        data = tiffs.tiffcp(source, *options, *WHOLE, "-f", order)
                        pdf = self.shows(data, picture)
                        strip = tiffs.strip(data)
                        if order == "lsb2msb":
                            strip = strip.translate(tiffs.REVERSED)
                        self.assertEqual(list(self.raw_streams(pdf)), [strip])
                        self.assertLess(len(pdf), 1.01 * len(strip) + 1200)

    def test_fax_in_other_viewers(self):
        """Ghostscript reads the same of it."""
        picture = tiffs.bilevel()
        for name, options in (*FAX.items(), ("rle", None)):
            with self.subTest(name):
                source = tiffs.write(tiffs.bits(picture, tiffs.WHITE))
                data = (tiffs.tiffcp(source, *options, *WHOLE) if options else
                        tiffs.pil(picture, compression="tiff_ccitt"))
                pdf = self.file("out.pdf", self.run_filter(data))
                page = self.tool("gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=pgmraw",
                                 "-r72", "-sOutputFile=-", pdf)
                self.assert_same(Image.open(io.BytesIO(page)), picture, 0)

    def test_modified_huffman(self):
        picture = tiffs.bilevel()
        data = tiffs.pil(picture, compression="tiff_ccitt")
        pdf = self.shows(data, picture)
        self.assertIn(b"/EncodedByteAlign true", pdf)

    def test_deflate(self):
        for mode in ("L", "RGB", "CMYK", "P", "1"):
            for predictor in ("", ":2") if mode not in ("1", "P") else ("",):
                with self.subTest(mode, predictor=predictor):
                    data = tiffs.tiffcp(tiffs.pil(tiffs.picture(mode)), "-c", "zip" + predictor,
                                        *WHOLE)
                    pdf = self.run_filter(data)
                    self.assertEqual(list(self.raw_streams(pdf)), [tiffs.strip(data)])
                    if mode != "CMYK":
                        self.shows(data, tiffs.picture(mode))

    def test_jpeg(self):
        for mode, options in (("L", "jpeg"), ("RGB", "jpeg"), ("RGB", "jpeg:r"), ("CMYK", "jpeg")):
            for strips in (WHOLE, ("-r", "16")):
                with self.subTest(mode, options=options, strips=strips):
                    source = tiffs.pil(tiffs.picture(mode, 203, 117))
                    data = tiffs.tiffcp(source, "-c", options, *strips)
                    pdf = self.run_filter(data)
                    self.check_pdf(pdf)
                    self.assertIn(b"/DCTDecode", pdf)
                    self.assertLess(len(pdf), 1.01 * len(data) + 1200)
                    # but for how chroma is spread
                    expected = Image.open(io.BytesIO(data))
                    if mode == "CMYK":
                        expected = self.rendered(self.run_filter(tiffs.tiffcp(data, "-c", "none")),
                                                 72)
                    shown = self.rendered(pdf, 72)
                    self.assertEqual(shown.size, expected.size)
                    self.assertLessEqual(self.difference(shown, expected), 1.5)

    def difference(self, one, other):
        """Mean over all samples."""
        histogram = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).histogram()
        total = sum(count * (index % 256) for index, count in enumerate(histogram))
        return total / sum(histogram)


class Decoded(Tiff):
    def test_every_compression(self):
        for mode in ("1", "L", "P", "RGB"):
            picture = tiffs.picture(mode)
            source = tiffs.pil(picture)
            for options in ("none", "lzw", "packbits", "zip", *(("lzw:2", "zip:2") if mode in (
                    "L", "RGB") else ())):
                for layout in ((), ("-r", "7"), ("-t", "-w", "32", "-l", "16")):
                    with self.subTest(mode, compression=options, layout=layout):
                        data = tiffs.tiffcp(source, "-c", options, *layout)
                        self.shows(data, picture.convert("RGB"))

    def test_strips_of_fax_become_one(self):
        picture = tiffs.bilevel()
        for photometric in (tiffs.WHITE, tiffs.BLACK):
            for options in (*FAX.values(), ("-c", "packbits"), ("-c", "none")):
                with self.subTest(photometric=photometric, options=options):
                    source = tiffs.write(tiffs.bits(picture, photometric))
                    data = tiffs.tiffcp(source, *options, "-r", "20")
                    self.shows(data, picture)

    def test_shapes_become_fax_and_a_halftone_does_not(self):
        shapes = Image.new("1", (1240, 1754), 1)
        generator = random.Random(6)
        for _ in range(300):
            x, y = generator.randrange(1200), generator.randrange(1700)
            ImageDraw.Draw(shapes).ellipse((x, y, x + generator.randrange(2, 90),
                                            y + generator.randrange(2, 90)), fill=0)
        halftone = images.picture(800, 600, "L").convert("1")
        for picture, name in ((shapes, b"/CCITTFaxDecode"),
                              (halftone, b"/FlateDecode")):
            with self.subTest(name):
                pdf = self.shows(tiffs.tiffcp(tiffs.pil(picture, dpi=(72, 72)), "-c", "lzw"),
                                 picture)
                self.assertIn(name, pdf)

    def test_planes(self):
        picture = tiffs.picture("RGB")
        for options in (("-c", "none"), ("-c", "lzw", "-r", "5"), ("-c", "zip", *WHOLE),
                        ("-c", "packbits", "-t", "-w", "16", "-l", "32")):
            with self.subTest(options=options):
                self.shows(tiffs.tiffcp(tiffs.pil(picture), "-p", "separate", *options), picture)

    def test_samples_of_every_size(self):
        """Exactly the samples, whatever a viewer would make of them."""
        generator = random.Random(2)
        for order in "<>":
            for bits in (1, 2, 4, 8, 16):
                for photometric, samples in ((tiffs.BLACK, 1), (tiffs.WHITE, 1), (tiffs.RGB, 3),
                                             (tiffs.CMYK, 4), (tiffs.PALETTE, 1)):
                    if photometric == tiffs.PALETTE and bits == 16:
                        continue
                    with self.subTest(order=order, bits=bits, photometric=photometric):
                        self.samples(generator, order, bits, photometric, samples)

    def samples(self, generator, order, bits, photometric, samples):
        width, height = 13, 7
        size = (width * samples * bits + 7) // 8
        spare = size * 8 - width * samples * bits
        rows = []
        for _ in range(height):
            row = bytearray(generator.randbytes(size))
            row[-1] &= 0xff << spare & 0xff
            rows.append(bytes(row))
        data, more = b"".join(rows), {}
        if photometric == tiffs.PALETTE:
            more["colormap"] = [generator.randrange(65536) for _ in range(3 << bits)]
        swapped = data if order == ">" or bits < 16 else swap(data)
        page = tiffs.raw(width, height, bits, samples, photometric, swapped, **more)
        pdf = self.run_filter(tiffs.write(page, order=order))
        if b"/CCITTFaxDecode" in pdf:
            expected = Image.frombytes("1", (width, height), data)
            if photometric == tiffs.WHITE:
                expected = ImageOps.invert(expected.convert("L"))
            self.assert_same(self.rendered(pdf, 72), expected, 0)
            return
        ((dictionary, decoded),) = self.streams(pdf)
        inverted = b"/Decode [1 0" in dictionary
        self.assertEqual(decoded, data)
        self.assertEqual(inverted, photometric == tiffs.WHITE)
        self.assertIn(b"/BitsPerComponent %d " % bits, dictionary)
        if more:
            colors = "".join(f"{more['colormap'][k * (1 << bits) + i] >> 8:02x}"
                             for i in range(1 << bits) for k in range(3))
            self.assertIn(colors.encode(), dictionary)

    def test_alpha(self):
        for bits in (8, 16):
            for separate in (False, True):
                for associated in (False, True):
                    with self.subTest(bits=bits, separate=separate, associated=associated):
                        self.alpha(bits, separate, associated)

    def alpha(self, bits, separate, associated):
        full = (1 << bits) - 1
        colors = [(x * full // 15, full - x * full // 15, 77 * full // 255) for x in range(16)]
        alphas = [y * full // 15 for y in range(16)]
        pixels = [[*(c * a // full if associated else c for c in color), a]
                  for a in alphas for color in colors]
        pack = f"<%d{'H' if bits == 16 else 'B'}"
        if separate:
            data = [struct.pack(pack % 256, *(pixel[k] for pixel in pixels)) for k in range(4)]
        else:
            data = struct.pack(pack % 1024, *(value for pixel in pixels for value in pixel))
        pdf = self.run_filter(tiffs.write(tiffs.raw(
            16, 16, bits, 4, tiffs.RGB, data, extra=1 if associated else 2,
            planar=2 if separate else 1)))
        self.check_pdf(pdf)
        mask, color = sorted((decoded for _, decoded in self.streams(pdf)), key=len)
        unpack = f">%d{'H' if bits == 16 else 'B'}"
        self.assertEqual(list(struct.unpack(unpack % 256, mask)), [a for a in alphas for _ in colors])
        shown = struct.unpack(unpack % 768, color)
        for index, pixel in enumerate(pixels):
            expected = pixel[:3]
            if associated:
                expected = [min(full, round(c * full / pixel[3])) if pixel[3] else 0
                            for c in pixel[:3]]
            for one, other in zip(shown[3 * index:3 * index + 3], expected):
                self.assertAlmostEqual(one, other, delta=1)

    def test_extra_samples_that_are_no_alpha_are_left_out(self):
        data = bytes(range(240)) * 4
        pdf = self.run_filter(tiffs.write(tiffs.raw(15, 16, 8, 4, tiffs.RGB, data, extra=0)))
        ((_, decoded),) = self.streams(pdf)
        self.assertEqual(decoded, b"".join(data[i:i + 3] for i in range(0, 960, 4)))
        self.assertNotIn(b"/SMask", pdf)

    def test_what_libtiff_has_to_convert(self):
        lab = tiffs.write(tiffs.raw(16, 8, 8, 3, 8, bytes([128, 0, 0]) * 128))
        self.shows(lab, Image.open(io.BytesIO(tiffs.tool("tiff2rgba", lab))))
        ycbcr = tiffs.write(tiffs.raw(16, 8, 8, 3, 6, bytes([200, 128, 128]) * 128, subsampling=[1, 1]))
        self.assertEqual(self.rendered(self.run_filter(ycbcr), 72).getpixel((8, 4)),
                         (200, 200, 200))

    def test_kinds_that_cannot_be_read_are_refused_by_name(self):
        sound = tiffs.raw(8, 8, 8, 1, tiffs.BLACK, bytes(64))
        for name, page, word in (
                ("float", tiffs.raw(8, 8, 32, 1, tiffs.BLACK, bytes(256), format=3), "floating"),
                ("32 bits", tiffs.raw(8, 8, 32, 1, tiffs.BLACK, bytes(256)), "bits a sample"),
                ("fax of two samples",
                 tiffs.raw(8, 8, 1, 2, tiffs.BLACK, bytes(16), compression=4),
                 "fax of more than one bit"),
                ("five inks", tiffs.raw(8, 8, 8, 5, tiffs.CMYK, bytes(320), ink_set=2), "inks"),
                ("unknown", tiffs.raw(8, 8, 8, 1, tiffs.BLACK, bytes(64), compression=40001),
                 "compression 40001")):
            with self.subTest(name):
                self.refused(tiffs.write(sound, page), "its page 2 ", word)


class Pages(Tiff):
    def sizes(self, pdf):
        info = self.tool("pdfinfo", "-l", "99", self.file("out.pdf", pdf)).decode()
        return [(float(x), float(y)) for x, y in re.findall(r"Page +\d+ size: +(\S+) x (\S+)", info)]

    def grey(self, width=300, height=200, **more):
        return tiffs.raw(width, height, 8, 1, tiffs.BLACK, bytes(width * height), **more)

    def test_every_page_has_its_size(self):
        pages = [(self.grey(x=[(300, 1)], y=[(300, 1)]), 72, 48),
                 (self.grey(x=[(100, 1)], y=[(50, 1)], unit=2), 216, 288),
                 (self.grey(x=[(10000, 254)], y=[(10000, 254)], unit=3), 216, 144),
                 (self.grey(204, 98, x=[(204, 1)], y=[(98, 1)]), 72, 72),  # fax
                 (self.grey(x=[(2, 1)], y=[(1, 1)], unit=1), 300, 400),
                 (self.grey(), 300, 200),
                 (self.grey(x=[(0, 0)], y=[(1, 0)]), 300, 200),
                 (self.grey(600, 30, x=[(144, 1)], y=[(72, 1)], orientation=6), 300, 30)]
        for order in "<>":
            for big in (False, True):
                with self.subTest(order=order, big=big):
                    pdf = self.run_filter(tiffs.write(*(page for page, _, _ in pages), order=order,
                                                      big=big))
                    self.check_pdf(pdf)
                    for size, (_, wide, high) in zip(self.sizes(pdf), pages, strict=True):
                        self.assertAlmostEqual(size[0], wide, delta=0.01)
                        self.assertAlmostEqual(size[1], high, delta=0.01)

    def test_orientation(self):
        for mode in ("RGB", "1"):
            for orientation in range(1, 9):
                with self.subTest(mode, orientation=orientation):
                    picture = tiffs.picture(mode)
                    data = tiffs.pil(picture, tiffinfo={tiffs.ORIENTATION: orientation})
                    turned = picture.getexif()
                    turned[tiffs.ORIENTATION] = orientation
                    self.shows(data, ImageOps.exif_transpose(picture).convert("RGB"))

    def test_copies_of_reduced_size_and_masks_are_no_pages(self):
        for thumbnail in (self.grey(30, 20, subfile=1),
                          tiffs.raw(32, 20, 1, 1, 4, bytes(80), subfile=4),
                          tiffs.raw(32, 20, 1, 1, 4, bytes(80))):
            for pages in ([thumbnail, self.grey()], [self.grey(), thumbnail],
                          [self.grey(), thumbnail, self.grey()]):
                pdf = self.run_filter(tiffs.write(*pages))
                self.assertEqual(self.sizes(pdf), [(300, 200)] * (len(pages) - (
                    1 if thumbnail in pages else 0)))
            self.refused(tiffs.write(thumbnail), "no page")

    def test_an_icc_profile_is_kept(self):
        profile = images.profile()
        page = tiffs.raw(4, 4, 8, 3, tiffs.RGB, bytes(48), profile=profile)
        pdf = self.run_filter(tiffs.write(page, page))
        self.assertEqual(pdf.count(b"stream\n" + profile + b"\nendstream"), 2)
        for unfit in (self.grey(4, 4, profile=profile),
                      tiffs.raw(4, 4, 8, 3, tiffs.RGB, bytes(48), profile=b"x" * 300)):
            self.assertNotIn(b"/ICCBased", self.run_filter(tiffs.write(unfit)))
            self.assertIn("color profile", self.log)

    def test_circles_and_ends(self):
        pages = [self.grey(10, 10), self.grey(11, 10)]
        first = struct.unpack("<I", tiffs.write(*pages)[4:8])[0]
        self.refused(tiffs.write(*pages, links=first), "what follows its page 2")
        self.refused(tiffs.write(*pages, links=10 ** 6), "what follows its page 2")
        self.refused(tiffs.write(*pages)[:-1], "what follows its page 1")
        self.refused(tiffs.write(pages[0])[:-2], "damaged or incomplete")

    def test_hostile_numbers(self):
        for tags in ({tiffs.LENGTH: 2 ** 32 - 1, tiffs.ROWS: 2 ** 32 - 1},
                     {tiffs.LENGTH: 2 ** 32 - 1, tiffs.ROWS: 1}, {tiffs.WIDTH: 2 ** 31},
                     {tiffs.WIDTH: 2 ** 20, tiffs.LENGTH: 2 ** 20, tiffs.BITS: 1,
                      tiffs.COMPRESSION: 4},
                     {tiffs.SAMPLES: 60000, tiffs.BITS: [8] * 60000}):
            page = self.grey(10, 10)
            page.tags.update(tags)
            with self.subTest(tags=list(tags)):
                self.refused(tiffs.write(page))

    def test_tiles_too_large_for_memory(self):
        page = tiffs.Page({tiffs.WIDTH: 100, tiffs.LENGTH: 100, tiffs.BITS: 8, tiffs.COMPRESSION: 5,
                           tiffs.PHOTOMETRIC: 1, tiffs.SAMPLES: 1, tiffs.TILE_WIDTH: 65536,
                           tiffs.TILE_LENGTH: 65536}, [bytes(100)], tiled=True)
        self.refused(tiffs.write(page), "page 1", "too large")

    def test_options_of_the_converter(self):
        pages = [self.grey(), self.grey(30, 20, subfile=1), self.grey()]
        self.assertEqual(len(self.sizes(self.run_filter(tiffs.write(*pages), "ppi=300"))), 2)
        self.refused(tiffs.write(*pages, big=True), "BigTIFF", options="ppi=300")


class Damage(Tiff):
    """Bits are changed in documents of two pages: the job fails, or both are there."""

    def samples(self):
        bilevel, color = tiffs.pil(tiffs.bilevel()), tiffs.pil(tiffs.picture("RGB"))
        for options in ("g4", "g3:1d", "g3:2d", "packbits"):
            yield options, tiffs.twice(bilevel, "-c", options, *WHOLE)
        yield "strips of g4", tiffs.twice(bilevel, "-c", "g4", "-r", "20")
        for options in ("lzw:2", "zip", "packbits", "jpeg", "none"):
            yield options, tiffs.twice(color, "-c", options, "-r", "16")
        yield "one jpeg", tiffs.twice(color, "-c", "jpeg", *WHOLE)
        yield "planes", tiffs.twice(color, "-c", "lzw", "-p", "separate")
        yield "tiles", tiffs.twice(color, "-c", "zip", "-t", "-w", "32", "-l", "16")

    def judged(self, data):
        """Whether it passes."""
        try:
            (entry,) = self.entries(data, hint="image/tiff")
        except Refused as refusal:
            self.assertNotIn("crashed", str(refusal))
            return False
        if entry.type == "application/pdf":
            self.assertEqual(entry.pages, 2)
        return True

    def test_cut(self):
        for name, data in self.samples():
            self.assertTrue(self.judged(data))
            for part in range(1, 20):
                with self.subTest(name, part=part):
                    self.assertFalse(self.judged(data[:len(data) * part // 20]))

    def test_changed_bits(self):
        generator = random.Random(9)
        passed = 0
        for name, data in self.samples():
            for number in range(40):
                changed = bytearray(data)
                changed[generator.randrange(4, len(data))] ^= 1 << generator.randrange(8)
                with self.subTest(name, number=number):
                    passed += self.judged(bytes(changed))
        self.assertLess(passed, 300)
