# SPDX-License-Identifier: Apache-2.0
"""email-format: what is attached in another format than PDF."""

import gzip
import io

from PIL import Image, ImageChops, ImageDraw, ImageSequence, ImageStat

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


def scanned_text(width=850, height=1100):
    """Black and white, as a scanner gives it."""
    page = Image.new("1", (width, height), 1)
    draw = ImageDraw.Draw(page)
    for line in range(20, height, 30):
        draw.text((30, line), "all that is written on this line " * 4, fill=0)
    draw.point([(x * 7 % width, x * 13 % height) for x in range(3000)], fill=0)
    return page


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


class Rendered(Filtered):
    def rendered_pages(self, data, form, options=""):
        """Every page as an image, whatever the number of files."""
        self.attached = self.entries(data, f"email-format={form} {options}")
        pages = []
        for entry in self.attached:
            self.assertEqual(entry.type, f"image/{form}")
            image = Image.open(io.BytesIO(entry.data))
            found = [frame.copy() for frame in ImageSequence.Iterator(image)]
            self.assertEqual(entry.pages, len(found))
            pages += found
        self.assertEqual(len(self.attached), 1 if form == "tiff" else len(pages))
        return pages

    def reference(self, pdf, resolution):
        """The pages as another program draws them."""
        self.tool("pdftoppm", "-cropbox", "-r", str(resolution), self.file("reference.pdf", pdf),
                  self.path("reference"))
        names = sorted(self.path(name) for name in self.listing() if name.endswith(".ppm"))
        pages = [Image.open(name).copy() for name in names]
        self.remove(names)
        return pages

    def assert_alike(self, shown, expected):
        """The same but for how two programs draw edges; the other one rounds sides up."""
        for side, other in zip(shown.size, expected.size):
            self.assertIn(other - side, (0, 1))
        shown, expected = shown.convert("L"), expected.convert("L").crop((0, 0, *shown.size))
        difference = ImageStat.Stat(ImageChops.difference(shown, expected)).mean[0]
        ink = 255 - ImageStat.Stat(expected).mean[0]
        self.assertGreater(ink, 0.1)
        self.assertLess(difference, ink / 3)

    def test_every_page_of_a_text(self):
        pdf = documents.pdf(3)
        expected = self.reference(pdf, 150)
        for form, mode in (("tiff", "1"), ("jpeg", "L"), ("png", "L")):
            pages = self.rendered_pages(pdf, form, "email-resolution=150")
            self.assertEqual(len(pages), 3)
            for number, (shown, page) in enumerate(zip(pages, expected)):
                with self.subTest(form, page=number):
                    self.assertEqual(shown.mode, mode)
                    self.assert_alike(shown, page)

    def test_the_resolution(self):
        for form in ("tiff", "jpeg", "png"):
            for options, dpi in (("", 300), ("email-resolution=100dpi", 100),
                                 ("email-resolution=72", 72), ("email-compact", 150)):
                with self.subTest(form, options=options):
                    (page,) = self.rendered_pages(documents.pdf(), form, options)
                    self.assertEqual(page.size, (round(595 * dpi / 72), round(842 * dpi / 72)))
                    for side in Image.open(io.BytesIO(self.attached[0].data)).info["dpi"]:
                        self.assertAlmostEqual(side, dpi, delta=0.02)

    def test_sizes_boxes_and_rotations(self):
        pdf = documents.pdf(6, boxes=(
            "/MediaBox [0 0 595 842]", "/MediaBox [50 650 350 850]",
            "/MediaBox [0 0 595 842] /Rotate 90", "/MediaBox [0 0 595 842] /Rotate 180",
            "/MediaBox [0 0 595 842] /CropBox [60 700 400 760]",
            "/MediaBox [0 0 595 842] /CropBox [60 700 400 760] /Rotate 270"))
        expected = self.reference(pdf, 144)
        for form in ("tiff", "png"):
            pages = self.rendered_pages(pdf, form, "email-resolution=144")
            self.assertEqual(len(pages), 6)
            for number, (shown, page) in enumerate(zip(pages, expected)):
                with self.subTest(form, page=number):
                    self.assert_alike(shown, page)

    def test_a_bilevel_scan_stays_as_it_is(self):
        scan = scanned_text()
        for name, data in (("png", saved(scan, "PNG", dpi=(300, 300))),
                           ("pdf", saved(scan, "PDF", resolution=300))):
            for form in {"tiff", "png"} - {name}:
                with self.subTest(name, form=form):
                    (page,) = self.rendered_pages(data, form)
                    self.assertEqual(page.mode, "1")
                    self.assertEqual(page.tobytes(), scan.tobytes())
                    image = Image.open(io.BytesIO(self.attached[0].data))
                    self.assertEqual(image.info.get("compression"),
                                     "group4" if form == "tiff" else None)
            with self.subTest(name, form="at half its resolution"):
                (page,) = self.rendered_pages(data, "tiff", "email-resolution=150")
                self.assertEqual((page.mode, page.size), ("1", (425, 550)))

    def test_a_jpeg_keeps_its_pixels(self):
        for mode, same in (("L", "L"), ("RGB", "RGB")):
            scan = images.jpeg(images.picture(600, 400, mode), dpi=(300, 300))
            for form, tolerance in (("tiff", 1), ("png", 1)):
                with self.subTest(mode, form=form):
                    (page,) = self.rendered_pages(scan, form)
                    self.assertEqual(page.mode, same)
                    self.assert_same(page, self.decoded(scan), tolerance)

    def test_a_jpeg_is_made_of_another_resolution_if_asked(self):
        ramp = Image.linear_gradient("L").resize((600, 400))
        for mode, picture in (("L", ramp), ("RGB", Image.merge("RGB", (
                ramp, ramp.transpose(Image.Transpose.FLIP_TOP_BOTTOM), ramp)))):
            scan = images.jpeg(picture, dpi=(300, 300))
            with self.subTest(mode):
                (page,) = self.rendered_pages(scan, "jpeg", "email-resolution=150")
                self.assertEqual((page.mode, page.size), (mode, (300, 200)))
                self.assert_same(page, self.decoded(scan).resize((300, 200)), 6)

    def test_compact_makes_it_small(self):
        scan = images.jpeg(images.scanned_page(1240, 1754), dpi=(150, 150))
        (exact,) = self.rendered_pages(scan, "tiff", "email-resolution=150")
        size = len(self.attached[0].data)
        (page,) = self.rendered_pages(scan, "tiff", "email-compact")
        self.assertLess(len(self.attached[0].data), size / 4)
        self.assert_alike(page, exact)

    def test_other_documents(self):
        for name, data, pages in (("postscript", documents.postscript(2), 2),
                                  ("text", documents.text(), 1),
                                  ("pwg", documents.pwg_raster(3), 3)):
            for form in ("tiff", "jpeg"):
                with self.subTest(name, form=form):
                    self.assertEqual(len(self.rendered_pages(data, form, "email-resolution=72")),
                                     pages)

    def test_many_pages_keep_their_order(self):
        """More than one run of Ghostscript draws; black and white pages and others take turns."""
        pages = []
        for number in range(60):
            page = Image.new("1" if number % 7 in (0, 1, 4) else "L", (60, 80), 255)
            page.paste(0, (0, 0, number + 1, 40))
            if page.mode == "L":
                page.paste(99, (0, 50, 60, 60))
            pages.append(page)
        data = saved(pages[0], "PDF", resolution=72, save_all=True, append_images=pages[1:])
        for form in ("tiff", "png"):
            shown = self.rendered_pages(data, form, "email-resolution=72")
            self.assertEqual([page.mode for page in shown], [page.mode for page in pages])
            for number, (one, page) in enumerate(zip(shown, pages)):
                with self.subTest(form, page=number):
                    self.assert_same(one, page, 60)  # JPEG in the PDF

    def test_a_page_too_large_to_draw(self):
        sheet = documents.pdf(3, boxes=("/MediaBox [0 0 595 842]", "/MediaBox [0 0 595 842]",
                                        "/MediaBox [0 0 2384 3370] /Rotate 90"))
        unit = documents.pdf(boxes=("/MediaBox [0 0 1192 1685] /UserUnit 4",))
        for form in ("tiff", "png"):
            options = f"email-format={form} email-resolution="
            self.refused(sheet, "page 3", "56167 x 39733", "email-resolution",
                         options=f"{options}1200")
            self.refused(unit, "page 1", "39733 x 56167", options=f"{options}600")

    def test_layout_comes_first(self):
        pdf = documents.pdf(4)
        expected = self.reference(pdf, 100)
        pages = self.rendered_pages(pdf, "tiff", "email-resolution=100 page-ranges=2,4")
        self.assertEqual(len(pages), 2)
        self.assert_alike(pages[0], expected[1])
        self.assert_alike(pages[1], expected[3])
        self.assertEqual(len(self.rendered_pages(pdf, "png", "number-up=2 email-resolution=72")), 2)

    def test_what_cannot_be_drawn_is_refused(self):
        pdf = documents.pdf(2)
        locked = self.path("locked.pdf")
        self.tool("qpdf", "--encrypt", "user", "owner", "256", "--", self.file("open.pdf", pdf),
                  locked)
        with open(locked, "rb") as file:
            locked = file.read()
        wide = documents.pdf(boxes=("/MediaBox [0 0 14400 20]",))
        for form in ("tiff", "jpeg", "png"):
            options = f"email-format={form}"
            with self.subTest(form):
                self.refused(pdf[:len(pdf) // 2], "incomplete", options=options)
                self.refused(documents.jpeg()[:-300] if form != "jpeg" else pdf[:-300],
                             "incomplete", options=options)
                self.refused(locked, "password", options=options)
        self.refused(wide, "page 1", "65500", options="email-format=jpeg email-resolution=600")
        self.refused(documents.pdf(501), "501 pages", options="email-format=png")


class Mailed(EndToEnd):
    def test_the_original_arrives(self):
        for name, data in (("unknown.bin", documents.noise()), ("page.jpg", documents.jpeg())):
            with self.subTest(name):
                self.sink.reset()
                job = self.cups.lp(self.queue, "-o", ORIGINAL, self.file(name, data))
                (attachment,) = mail.attachments(self.parsed_mail(job))
                self.assertTrue(attachment.data == data)

    def test_pages_arrive_as_images(self):
        job = self.cups.lp(self.queue, "-o", "email-format=tiff", "-o", "email-resolution=100",
                           self.file("three.pdf", documents.pdf(3)))
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertEqual(attachment.type, "image/tiff")
        self.assertEqual(Image.open(io.BytesIO(attachment.data)).n_frames, 3)
        self.sink.reset()
        job = self.cups.lp(self.queue, "-o", "email-format=png", "-o", "email-resolution=100",
                           self.file("two.pdf", documents.pdf(2)))
        attachments = mail.attachments(self.parsed_mail(job))
        self.assertEqual([one.type for one in attachments], ["image/png"] * 2)
        self.assertEqual(len({one.data for one in attachments}), 2)
