# SPDX-License-Identifier: Apache-2.0
"""Images that are decoded: the PDF holds every sample of theirs, bit for bit."""

import io
import itertools
import random

from PIL import Image

from . import images, pixels
from .filtered import Filtered, Refused

PALETTE = bytes(random.Random(2).randrange(256) for _ in range(3 * 256))
SPACES = {0: "/DeviceGray", 2: "/DeviceRGB", 4: "/DeviceGray", 6: "/DeviceRGB"}
KINDS = ([(0, bits) for bits in (1, 2, 4, 8, 16)] + [(3, bits) for bits in (1, 2, 4, 8)]
         + [(kind, bits) for kind in (2, 4, 6) for bits in (8, 16)])


class Pixels(Filtered):
    def held(self, data):
        """The one image in the PDF of it."""
        (image,) = pixels.held(self.file("out.pdf", self.run_filter(data)))
        return image

    def assert_samples(self, image, kind, bits, rows):
        colors = slice(-1 if kind in (4, 6) else None)
        self.assert_same_bytes(image.samples, pixels.lines(rows, bits, colors))
        self.assertEqual(image.entries["/BitsPerComponent"], bits)
        if kind != 3:
            self.assertEqual(image.space(), SPACES[kind])

    def assert_shown(self, data, rows, see):
        """see: gives the colour and opacity, each of 255, of a pixel's samples."""
        shown = self.rendered(self.run_filter(data), 72).convert("RGB")
        self.assertEqual(shown.size, (len(rows[0]), len(rows)))
        expected = []
        for pixel in (pixel for row in rows for pixel in row):
            color, opacity = see(pixel)
            expected.append(tuple(255 - (255 - value) * opacity / 255 for value in color))
        worst = max(abs(a - b) for one, other in zip(shown.getdata(), expected)
                    for a, b in zip(one, other))
        self.assertLessEqual(worst, 1.5)  # rounded twice


def seen(kind, bits):
    """For assert_shown: what a pixel of this kind looks like."""
    def see(pixel):
        values = [value * 255 / ((1 << bits) - 1) for value in pixel]
        if kind == 3:
            return PALETTE[3 * pixel[0]:3 * pixel[0] + 3], 255
        opacity = values.pop() if kind in (4, 6) else 255
        return values * (3 if kind in (0, 4) else 1), opacity
    return see


class Png(Pixels):
    def rows(self, kind, bits, width=37, height=19):
        return pixels.noise(width, height, pixels.SAMPLES[kind], bits)

    def palette(self, kind, bits):
        return PALETTE[:3 << bits] if kind == 3 else b""

    def test_every_kind_plain_and_interlaced(self):
        for (kind, bits), interlace in itertools.product(KINDS, (False, True)):
            with self.subTest(kind=kind, bits=bits, interlace=interlace):
                rows = self.rows(kind, bits)
                data = pixels.png(kind, bits, rows, interlace, palette=self.palette(kind, bits))
                image = self.held(data)
                self.assert_samples(image, kind, bits, rows)
                self.assertEqual(image.mask is not None, kind in (4, 6))
                if image.mask:
                    self.assertEqual(image.mask["/BitsPerComponent"], bits)
                    self.assert_same_bytes(image.opacity,
                                           pixels.lines(rows, bits, slice(-1, None)))
                self.assert_shown(data, rows, seen(kind, bits))

    def test_small_interlaced_images(self):
        """Where passes have no pixels."""
        for width, height in itertools.product((1, 2, 3, 4, 5, 9), (1, 2, 3, 5, 8)):
            with self.subTest(width=width, height=height):
                rows = self.rows(0, 4, width, height)
                self.assert_samples(self.held(pixels.png(0, 4, rows, True)), 0, 4, rows)

    def test_a_palette_with_opacity(self):
        opacity = bytes(range(0, 255, 51))
        chunk = images.png_chunk(b"tRNS", opacity)

        def see(pixel):
            color, full = seen(3, 8)(pixel)
            return color, (opacity[pixel[0]] if pixel[0] < len(opacity) else full)

        for bits, interlace in itertools.product((4, 8), (False, True)):
            with self.subTest(bits=bits, interlace=interlace):
                rows = pixels.noise(37, 19, 1, bits, top=15)
                data = pixels.png(3, bits, rows, interlace, chunk, self.palette(3, bits))
                image = self.held(data)
                self.assert_samples(image, 3, bits, rows)
                self.assert_same_bytes(image.opacity, bytes(int(see(pixel)[1])
                                                            for row in rows for pixel in row))
                self.assert_shown(data, rows, see)

    def test_a_color_that_is_not_painted(self):
        for (kind, bits), interlace in itertools.product(KINDS, (False, True)):
            if kind not in (0, 2):
                continue
            with self.subTest(kind=kind, bits=bits, interlace=interlace):
                rows = self.rows(kind, bits)
                key = rows[3][4]
                data = pixels.png(kind, bits, rows, interlace,
                                  images.png_chunk(b"tRNS", pixels.pack(key, 16)))
                image = self.held(data)
                self.assert_samples(image, kind, bits, rows)
                if bits == 16:
                    self.assert_same_bytes(image.opacity, bytes(
                        0 if pixel == key else 255 for row in rows for pixel in row))
                else:
                    self.assertEqual(image.entries["/Mask"],
                                     [value for value in key for _ in range(2)])
                self.assert_shown(data, rows, lambda pixel: (
                    seen(kind, bits)(pixel)[0], 0 if pixel == key else 255))

    def test_opaque_alpha_leaves_no_mask(self):
        rows = [[(*pixel[:3], 255) for pixel in row] for row in self.rows(6, 8)]
        data = pixels.png(6, 8, rows)
        image = self.held(data)
        self.assertIsNone(image.mask)
        self.assert_samples(image, 6, 8, rows)
        self.assert_shown(data, rows, seen(6, 8))

    def test_profile_and_resolution_are_kept(self):
        profile = images.profile()
        extra = (images.png_chunk(b"iCCP", b"a name\0\0" + images.zlib.compress(profile))
                 + images.phys(11811, 11811))
        for kind, interlace in ((6, False), (2, True)):
            with self.subTest(kind=kind):
                pdf = self.run_filter(pixels.png(kind, 8, self.rows(kind, 8), interlace, extra))
                self.assert_holds(pdf, b"/ICCBased")
                self.assertAlmostEqual(self.size(pdf)[0], 37 * 72 / 300, delta=0.01)
                self.assertNotIn("WARNING", self.log)

    def test_scaling_is_left_to_the_stock_converter(self):
        data = pixels.png(6, 8, self.rows(6, 8), True)
        self.size(self.run_filter(data, "scaling=50"))
        self.refused(data[:-30], "damaged or incomplete", options="scaling=50")

    def test_size(self):
        """What is packed anew is not much larger than a good PNG."""
        picture = images.picture(640, 480)
        shade = Image.radial_gradient("L").resize(picture.size)
        for mode in ("RGBA", "LA"):
            with self.subTest(mode):
                image = picture.convert(mode)
                image.putalpha(shade)
                data = images.encoded(image, "PNG", optimize=True)
                self.assertLess(len(self.run_filter(data)) / len(data), 1.2)

    def test_a_large_interlaced_image_is_refused_in_words(self):
        side = 16500
        header = (side.to_bytes(4, "big") * 2 + bytes([16, 0, 0, 0, 1]))
        packer, parts = images.zlib.compressobj(1), []
        for left, top, right, down in pixels.ADAM7:
            line = bytes(1 + 2 * -(-(side - left) // right))
            parts += [packer.compress(line) for _ in range(-(-(side - top) // down))]
        parts.append(packer.flush())
        data = (pixels.SIGNATURE + images.png_chunk(b"IHDR", header)
                + images.png_chunk(b"IDAT", b"".join(parts)) + images.png_chunk(b"IEND", b""))
        self.refused(data, "512 MiB")


class Damage(Pixels):
    """Cut or changed files are refused, or show all that they did."""

    def every(self):
        chunk = images.png_chunk(b"tRNS", bytes(range(9)))
        return {
            "alpha": pixels.png(6, 8, pixels.noise(37, 19, 4, 8)),
            "interlaced": pixels.png(2, 16, pixels.noise(37, 19, 3, 16), True),
            "palette": pixels.png(3, 4, pixels.noise(37, 19, 1, 4), False, chunk, PALETTE[:48]),
        }

    def test_cut_anywhere(self):
        for name, data in self.every().items():
            for part in range(20):
                with self.subTest(name, part=part):
                    self.refused(data[:max(12, len(data) * part // 20)], "damaged or incomplete")

    def test_changed_bytes(self):
        generator = random.Random(12)
        for name, data in self.every().items():
            for number in range(50):
                changed = bytearray(data)
                for _ in range(generator.choice((1, 1, 3))):
                    changed[generator.randrange(12, len(data))] = generator.randrange(256)
                if changed == data:
                    continue
                with self.subTest(name, number=number):
                    try:
                        pdf = self.run_filter(bytes(changed))
                    except Refused as refused:
                        self.assertNotIn("the check of the image", str(refused))  # no crash
                        continue
                    self.check_pdf(pdf)


class Gif(Pixels):
    """PIL's reading of the file is what has to be seen."""

    def pictures(self):
        picture = images.picture(97, 61)
        for colors in (2, 3, 4, 13, 200, 256):
            for interlace in (0, 1):
                yield f"{colors} {interlace}", images.encoded(
                    picture.quantize(colors), "GIF", interlace=interlace)
        for height in range(4, 11):
            yield f"high {height}", images.encoded(picture.resize((9, height)).quantize(8), "GIF",
                                                   interlace=1)
        yield "transparent", images.encoded(picture.quantize(20), "GIF", transparency=3)
        yield "noise", images.encoded(Image.effect_noise((150, 90), 90), "GIF")
        yield "flat", images.encoded(Image.new("P", (500, 300)), "GIF")

    def test_it_shows_the_pixels(self):
        for name, data in self.pictures():
            with self.subTest(name):
                frame = Image.open(io.BytesIO(data)).convert("RGBA")
                expected = Image.alpha_composite(Image.new("RGBA", frame.size, "white"), frame)
                self.assert_same(self.rendered(self.run_filter(data), 72), expected, 0)
                self.assertNotIn("WARNING", self.log)

    def test_a_code_size_of_one(self):
        """Appendix F wants 2 for two colours. giflib reads it so, PIL does not read it."""
        data = (b"GIF89a\6\0\1\0\x80\0\0\0\0\0\xff\xff\xff"
                b",\0\0\0\0\6\0\1\0\0\1\2\x12\x76\0;")
        shown = self.rendered(self.run_filter(data), 72).convert("L")
        row = shown.crop((0, 1, 6, 2))  # a page is 3 points high at least, which Poppler rounds up
        self.assertEqual((shown.size, list(row.getdata())), ((6, 4), [0, 255, 0, 255, 255, 0]))

    def test_a_frame_within_its_screen(self):
        data = bytearray(images.encoded(Image.new("P", (20, 10)), "GIF"))
        at = data.index(b",\0\0\0\0")
        data[6], data[8], data[at + 1], data[at + 3] = 40, 30, 5, 8
        shown = self.rendered(self.run_filter(bytes(data)), 72)
        self.assertEqual(shown.size, (40, 30))
        color = shown.getpixel((5, 8))
        self.assertNotEqual(color, (255, 255, 255))
        self.assertEqual({shown.getpixel((x, y)) for x in range(40) for y in range(30)
                          if not (5 <= x < 25 and 8 <= y < 18)}, {(255, 255, 255)})

    def test_the_first_of_several_frames(self):
        frames = [images.picture(90, 60).rotate(angle).quantize(50) for angle in (0, 20, 40)]
        data = images.encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        self.assert_same(self.rendered(self.run_filter(data), 72), frames[0], 0)
        self.assertIn("WARNING", self.log)
        self.refused(data[:-30], "damaged or incomplete")


class Bmp(Pixels):
    def test_it_shows_the_pixels(self):
        picture = images.picture(97, 61)
        for name, image in (("1", picture.convert("1")), ("grey", picture.convert("L")),
                            ("palette", picture.quantize(200)), ("color", picture)):
            with self.subTest(name):
                data = images.encoded(image, "BMP", dpi=(72, 72))
                self.assert_same(self.rendered(self.run_filter(data), 72), image, 0)
                self.refused(data[:-5], "damaged or incomplete")

    def bitmap(self, rows, bits, masks):
        """With a header of version 4."""
        data = b"".join(value.to_bytes(bits // 8, "little") for row in rows for value in row)
        head = (len(rows[0]), len(rows), 1 | bits << 16, 3, 0, 0, 0, 0, 0, *masks)
        return (b"BM" + bytes(8) + (122).to_bytes(4, "little") + (108).to_bytes(4, "little")
                + b"".join(value.to_bytes(4, "little") for value in head) + bytes(52) + data)

    def test_every_bit_of_color_and_opacity(self):
        """Components of up to 16 bits, stretched to 8 or 16."""
        for masks, depth in (((0xff0000, 0xff00, 0xff, 0xff000000), 8),
                             ((0xf000000, 0x3f000, 0xf0, 0x7), 8),
                             ((0x3ff00000, 0xffc00, 0x3ff, 0xc0000000), 16)):
            with self.subTest(masks=masks):
                generator = random.Random(3)
                rows = [[generator.randrange(1 << 32) for _ in range(8)] for _ in range(5)]
                image = self.held(self.bitmap(rows[::-1], 32, masks))
                top = (1 << depth) - 1
                expected = [[(2 * ((pixel & mask) // (mask & -mask)) * top + mask // (mask & -mask))
                             // (2 * (mask // (mask & -mask))) for mask in masks]
                            for row in rows for pixel in row]
                self.assert_same_bytes(image.samples, pixels.lines([expected], depth, slice(3)))
                self.assert_same_bytes(image.opacity, pixels.lines([expected], depth,
                                                                   slice(3, None)))

    def test_opacity_that_is_0_throughout_is_not_meant(self):
        rows = [[0x123456 + number for number in range(8)]] * 4
        image = self.held(self.bitmap(rows, 32, (0xff0000, 0xff00, 0xff, 0xff000000)))
        self.assertIsNone(image.mask)

    def test_kinds_that_are_not_read_are_named(self):
        data = bytearray(images.encoded(images.picture(), "BMP"))
        data[30] = 4
        self.refused(bytes(data), "BMP image of a kind that cannot be read")


class Pnm(Pixels):
    def test_every_format(self):
        for number, count, maximum in itertools.product((2, 3, 5, 6), (1, 3),
                                                        (1, 15, 200, 255, 1023, 65535)):
            if count != (3 if number in (3, 6) else 1):
                continue
            with self.subTest(number=number, maximum=maximum):
                bits = 8 if maximum < 256 else 16
                rows = pixels.noise(13, 7, count, bits, top=maximum)
                values = [value for row in rows for pixel in row for value in pixel]
                body = (pixels.pack(values, bits) if number > 4
                        else " ".join(map(str, values)).encode() + b"\n")
                image = self.held(f"P{number}\n# x\n13 7 {maximum}\n".encode() + body)
                top = (1 << bits) - 1
                stretched = [(2 * value * top + maximum) // (2 * maximum) for value in values]
                self.assert_same_bytes(image.samples, pixels.pack(stretched, bits))
                self.assertEqual(image.space(), "/DeviceRGB" if count == 3 else "/DeviceGray")

    def test_bitmaps(self):
        rows = pixels.noise(13, 7, 1, 1)
        plain = "".join(str(pixel[0]) for row in rows for pixel in row)
        for data in (b"P4 13 7\n" + pixels.lines(rows, 1), f"P1 13 7\n{plain}".encode()):
            with self.subTest(data[:2]):
                image = self.held(data)
                self.assert_same_bytes(image.samples, pixels.lines(rows, 1))
                self.assertEqual(image.entries["/Decode"], [1, 0])
                self.assert_shown(data, rows, lambda pixel: ([255 - 255 * pixel[0]] * 3, 255))

    def test_a_page_for_each_image(self):
        one, other = (images.encoded(image, "PPM") for image in (
            images.picture(40, 30), images.picture(20, 50, "L")))
        pdf = self.run_filter(one + other)
        self.assertEqual([(image.entries["/Width"], image.entries["/Height"])
                          for image in pixels.held(self.file("out.pdf", pdf))],
                         [(40, 30), (20, 50)])
        self.refused(one + other[:-1], "damaged or incomplete")
        self.run_filter(one + b"\n\nmore")
        self.assertIn("WARNING", self.log)
