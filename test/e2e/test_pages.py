# SPDX-License-Identifier: Apache-2.0
"""Some pages of a PDF: what belongs to them stays, what belongs to the others is nowhere."""

import io
import json
import re
import time

from PIL import Image

from . import documents
from .filtered import Refused
from .filtered_job import FilteredJob

PAGES = 4
SECRET = "hidden-%d"  # of page n, in whatever there is of it


def text(number, what):
    return f"({SECRET % number} {what})"


class Builder:
    """A PDF of objects that are written as text; streams are uncompressed."""

    def __init__(self):
        self.objects = []

    def add(self, body):
        self.objects.append(body)
        return f"{len(self.objects)} 0 R"

    def stream(self, dictionary, data):
        return self.add(f"<< {dictionary} /Length {len(data)} >>\nstream\n{data}\nendstream")

    def reserve(self):
        return self.add("null")

    def set(self, reference, body):
        self.objects[int(reference.split()[0]) - 1] = body

    def write(self, root, trailer=""):
        out, offsets = "%PDF-1.6\n", []
        for number, body in enumerate(self.objects, 1):
            offsets.append(len(out))
            out += f"{number} 0 obj\n{body}\nendobj\n"
        start = len(out)
        out += f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n"
        out += "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
        out += (f"trailer\n<< /Size {len(offsets) + 1} /Root {root} {trailer} >>\n"
                f"startxref\n{start}\n%%EOF\n")
        return out.encode("latin-1")


def full_document():
    """Four pages with one of everything that a page, or the document on its behalf, can have."""
    pdf = Builder()
    pages = [pdf.reserve() for _ in range(PAGES)]
    tree, root, outlines, form = (pdf.reserve() for _ in range(4))
    numbers = range(1, PAGES + 1)
    images = [pdf.stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", SECRET % n + " image")
              for n in numbers]
    names = " ".join(f"/I{n} {images[n - 1]}" for n in numbers)
    font = pdf.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    resources = pdf.add(f"<< /XObject << {names} >> /Font << /F1 {font} >> >>")
    parent = pdf.reserve()
    bead = pdf.reserve()
    fields, kids, notes = [], [], [pdf.reserve() for _ in numbers]
    for n in numbers:
        following, page = pages[n % PAGES], pages[n - 1]
        appearance = pdf.stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]",
                                SECRET % n + " appearance")
        fields.append(pdf.add(
            f"<< /Type /Annot /Subtype /Widget /FT /Tx /T {text(n, 'field')} /V {text(n, 'value')} "
            f"/Rect [0 0 9 9] /P {page} /AP << /N {appearance} >> >>"))
        kids.append(pdf.add(f"<< /Type /Annot /Subtype /Widget /Parent {parent} /Rect [9 9 19 19] "
                            f"/T {text(n, 'kid')} /P {page} >>"))
        note = notes[n - 1]
        pdf.set(note, f"<< /Type /Annot /Subtype /Text /Contents {text(n, 'note')} "
                f"/Rect [0 0 9 9] /P {page} >>")
        links = [pdf.add(f"<< /Type /Annot /Subtype /Link /Rect [{n} 0 30 9] {target} >>")
                 for target in (f"/Dest [{following} /Fit]",
                                f"/Dest ({SECRET % (n % PAGES + 1)} name)",
                                f"/A << /S /GoTo /D [{following} /Fit] >>",
                                "/A << /S /URI /URI (https://example.test/) >>")]
        button = pdf.add(f"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /ResetForm "
                         f"/Fields [{' '.join(fields)}] /Next << /S /Hide /T [{' '.join(notes)}] >> "
                         ">> >>")
        content = pdf.stream("", f"BT /F1 12 Tf 9 99 Td {text(n, 'content')} Tj ET /I{n} Do")
        pdf.set(page, f"<< /Type /Page /Parent {tree} /MediaBox [0 0 {100 + n} 100] "
                f"/Resources {resources} /Contents {content} /B [{bead}] /StructParents {n} "
                f"/PieceInfo << /X << /Private ({SECRET % 4} private) >> >> "
                f"/Annots [{' '.join([fields[-1], kids[-1], note, button, *links])}] >>")
    pdf.set(parent, f"<< /FT /Tx /T (group) /Kids [{' '.join(kids)}] >>")
    pdf.set(bead, f"<< /Type /Bead /N {bead} /V {bead} /P {pages[3]} >>")
    pdf.set(form, f"<< /Fields [{' '.join(fields)} {parent}] /DR << /Font << /F1 {font} >> >> "
            f"/DA (/F1 0 Tf) /XFA ({SECRET % 4} xfa) /CO [{' '.join(fields)}] >>")
    items = [pdf.reserve() for _ in numbers]
    inner = pdf.add(f"<< /Title (inner of 2) /Parent {items[0]} /Dest [{pages[1]} /Fit] >>")
    for n in numbers:
        links = (f"/Prev {items[n - 2]} " if n > 1 else "") + (
            f"/Next {items[n]} " if n < PAGES else "")
        below = f"/First {inner} /Last {inner} /Count 1 " if n == 1 else ""
        pdf.set(items[n - 1], f"<< /Title {text(n, 'bookmark')} /Parent {outlines} {links}{below}"
                f"/Dest ({SECRET % n} name) >>")
    pdf.set(outlines, f"<< /Type /Outlines /First {items[0]} /Last {items[-1]} /Count 5 >>")
    pdf.set(tree, f"<< /Type /Pages /Count {PAGES} /Kids [{' '.join(pages)}] >>")
    destinations = " ".join(f"({SECRET % n} name) [{pages[n - 1]} /Fit]" for n in numbers)
    attached = pdf.stream("/Type /EmbeddedFile", f"{SECRET % 1} file")
    structure = pdf.add(f"<< /Type /StructTreeRoot /K [<< /S /P /Alt {text(4, 'alt')} "
                        f"/Pg {pages[3]} >>] >>")
    metadata = pdf.stream("/Type /Metadata /Subtype /XML", f"<x>{SECRET % 4} thumbnail</x>")
    pdf.set(root, f"<< /Type /Catalog /Pages {tree} /Outlines {outlines} /AcroForm {form} "
            f"/Names << /Dests << /Names [{destinations}] >> /EmbeddedFiles << /Names [(a) "
            f"<< /Type /Filespec /F (a) /EF << /F {attached} >> >>] >> >> "
            f"/PageLabels << /Nums [0 << /S /r >> 1 << /P (A-) /S /D /St 5 >>] >> "
            f"/StructTreeRoot {structure} /Metadata {metadata} "
            f"/OpenAction [{pages[3]} /Fit] >>")
    hidden = pdf.stream("", f"{SECRET % 4} whole document")
    info = pdf.add(f"<< /Title (the title) /Secret {text(4, 'key')} >>")
    return pdf.write(root, f"/Info {info} /AdditionalStreams [{hidden}]")


class Selection(FilteredJob):
    def select(self, data, ranges):
        (entry,) = self.filter(data, options=f"page-ranges={ranges}")
        self.tool("qpdf", "--check", self.file("result.pdf", entry.data))
        self.assertNotIn("operation for", self.log)  # libqpdf's own words of what is not there
        return self.path("result.pdf")

    def unpacked(self, path):
        """All that is in the file, decoded."""
        return self.tool("qpdf", "--qdf", "--object-streams=disable", "--stream-data=uncompress",
                         "--decrypt", path, "-").decode("latin-1")

    def parsed(self, path):
        return json.loads(self.tool("qpdf", "--json=2", path))

    def secrets(self, path):
        return {int(number) for number in re.findall(r"hidden-(\d)", self.unpacked(path))}

    def test_nothing_of_another_page_is_left(self):
        document = full_document()
        self.tool("qpdf", "--check", self.file("whole.pdf", document))
        self.assertEqual(self.secrets(self.path("whole.pdf")), {1, 2, 3, 4})
        for ranges, kept in (("2", {2}), ("2-3", {2, 3}), ("1,3", {1, 3}), ("1-3", {1, 2, 3})):
            with self.subTest(ranges):
                self.assertEqual(self.secrets(self.select(document, ranges)), kept)

    def test_what_belongs_to_a_page_stays(self):
        path = self.select(full_document(), "2-3")
        everything = self.unpacked(path)
        for what in ("content", "image", "field", "value", "appearance", "kid", "note", "bookmark",
                     "name"):
            for page in (2, 3):
                self.assertIn(f"{SECRET % page} {what}", everything)
        self.assertIn("the title", everything)
        self.assertIn("https://example.test/", everything)
        self.assertIn("/DR", everything)
        fields = self.parsed(path)["acroform"]["fields"]
        self.assertEqual({(field["fullname"], field["pageposfrom1"]) for field in fields},
                         {("hidden-2 field", 1), ("hidden-3 field", 2), ("group.hidden-2 kid", 1),
                          ("group.hidden-3 kid", 2)})

    def test_bookmarks_lead_to_their_pages(self):
        outlines = self.parsed(self.select(full_document(), "2-3"))["outlines"]
        self.assertEqual([(item["title"], item["destpageposfrom1"], item["kids"])
                          for item in outlines],
                         [("inner of 2", 1, []), ("hidden-2 bookmark", 1, []),
                          ("hidden-3 bookmark", 2, [])])
        (first, *_) = self.parsed(self.select(full_document(), "1-2"))["outlines"]
        self.assertEqual([(item["title"], item["destpageposfrom1"]) for item in first["kids"]],
                         [("inner of 2", 2)])

    def test_pages_are_called_as_they_were(self):
        for ranges, expected in (("1-2", ["i", "A-5"]), ("3", ["A-6"]), ("1,3-4", ["i", "A-6", "A-7"])):
            path = self.select(full_document(), ranges)
            labels = {entry["index"]: entry["label"] for entry in self.parsed(path)["pagelabels"]}
            shown = []
            for index in range(len(expected)):
                start = max(place for place in labels if place <= index)
                label, number = labels[start], labels[start]["/St"] + index - start
                shown.append(label.get("/P", "u:")[2:]
                             + ("i" * number if label["/S"] == "/r" else str(number)))
            self.assertEqual(shown, expected)

    def test_links_lead_to_pages_that_are_there(self):
        self.select(full_document(), "2-3")
        objects = self.parsed(self.path("result.pdf"))["qpdf"][1]
        links = [body["value"] for body in objects.values()
                 if isinstance(body.get("value"), dict)
                 and body["value"].get("/Subtype") == "/Link"]
        self.assertEqual(len(links), 10)  # five a page: they keep their looks
        self.assertEqual(sum("/Dest" in link for link in links), 2)
        self.assertEqual(sum(link.get("/A", {}).get("/S") == "/GoTo" for link in links), 1)
        self.assertEqual(sum(link.get("/A", {}).get("/S") == "/URI" for link in links), 2)

    def test_a_protection_against_changes_stays(self):
        plain = self.file("plain.pdf", documents.pdf(3))
        self.tool("qpdf", "--encrypt", "", "owner", "256", "--modify=none", "--", plain,
                  self.path("protected.pdf"))
        with open(self.path("protected.pdf"), "rb") as file:
            path = self.select(file.read(), "2")
        shown = self.tool("qpdf", "--show-encryption", path).decode()
        self.assertIn("R = 6", shown)
        self.assertIn("modify anything: not allowed", shown)
        self.assertIn("page 2", self.tool("pdftotext", path, "-").decode())

    def test_a_password_is_said(self):
        plain = self.file("plain.pdf", documents.pdf(3))
        self.tool("qpdf", "--encrypt", "user", "owner", "256", "--", plain, self.path("locked.pdf"))
        with open(self.path("locked.pdf"), "rb") as file:
            locked = file.read()
        self.assertEqual(self.filter(locked)[0].data, locked)
        for options in ("page-ranges=1", "number-up=2", "email-format=pdfa", "email-compact=yes",
                        "email-split=1"):
            with self.subTest(options), self.assertRaisesRegex(Refused, "password"):
                self.filter(locked, options=options)

    def test_a_lost_signature_is_said(self):
        signed = full_document().replace(b"/XFA (hidden-4 xfa)", b"/SigFlags 3" + 8 * b" ")
        self.tool("qpdf", "--check", self.file("signed.pdf", signed))
        for options in ("page-ranges=1", "email-split=3", "email-format=pdfa"):
            self.filter(signed, options=options)
            self.assertEqual(self.log.count("signature"), 1, self.log)
        self.filter(signed)
        self.assertNotIn("signature", self.log)
        self.filter(full_document(), options="page-ranges=1")
        self.assertNotIn("signature", self.log)

    def test_pages_on_a_sheet(self):
        for options, pages in (("number-up=2", 3), ("number-up=4", 2), ("number-up=6", 1),
                               ("mirror=true", 5), ("page-ranges=2-4 number-up=2", 2),
                               ("booklet=true", 4), ("OutputOrder=reverse", 5)):
            with self.subTest(options):
                (entry,) = self.filter(documents.pdf(5), options=options)
                path = self.file("sheets.pdf", entry.data)
                self.assertEqual(int(self.tool("qpdf", "--show-npages", path)), pages)
                self.assertEqual(entry.pages, pages)

    def annotated(self, annotation, form=False):
        """A page with nothing but a black square of an annotation, half as wide."""
        pdf = Builder()
        square = pdf.stream("/Type /XObject /Subtype /Form /BBox [0 0 100 100]", "0 0 100 100 re f")
        content, tree = pdf.stream("", "0 g"), pdf.reserve()
        shown = pdf.add(f"<< /Type /Annot /Rect [50 50 150 150] {annotation % {'square': square}} >>")
        page = pdf.add(f"<< /Type /Page /Parent {tree} /MediaBox [0 0 200 200] /Contents {content}"
                       f" /Resources << >> /Annots [{shown}] >>")
        pdf.set(tree, f"<< /Type /Pages /Kids [{page}] /Count 1 >>")
        fields = f"/AcroForm << /Fields [{shown}] >>" if form else ""
        return pdf.write(pdf.add(f"<< /Type /Catalog /Pages {tree} {fields} >>"))

    def darkness(self, entry):
        data = entry.data
        if entry.type == "application/pdf":
            data = self.tool("pdftoppm", "-r", "36", "-gray", self.file("dark.pdf", data))
        with Image.open(io.BytesIO(data)) as image:
            pixels = image.convert("L").tobytes()
        return sum(pixel < 128 for pixel in pixels) / len(pixels)

    def test_annotations_go_as_a_viewer_shows_them(self):
        look = "/AP << /N %(square)s >>"
        for options in ("number-up=2", "mirror=true", "email-format=tiff email-resolution=36",
                        "email-format=png email-resolution=36", "email-format=pdfa"):
            for flags, share in (("", 0.25), ("/F 0", 0.25), ("/F 4", 0.25), ("/F 2", 0),
                                 ("/F 36", 0)):
                if flags == "/F 36" and "resolution" in options:
                    continue  # for the printer alone: Ghostscript draws it all the same
                for kind, form in ((f"/Subtype /Stamp {look}", False),
                                   (f"/Subtype /Widget /FT /Tx /T (a) /V (b) {look}", True)):
                    with self.subTest(options=options, flags=flags, form=form):
                        (entry,) = self.filter(self.annotated(f"{kind} {flags}", form),
                                               options=options)
                        seen = self.darkness(entry)
                        if options == "number-up=2":  # one of two pages on the sheet
                            self.assertEqual(seen > 0.05, share > 0, seen)
                        else:
                            self.assertAlmostEqual(seen, share, delta=0.02)

    def test_annotations_that_only_viewers_draw_are_named(self):
        data = self.annotated("/Subtype /Square /F 4 /C [0 0 0] /IC [0 0 0]")
        self.filter(data, options="number-up=2")
        self.assertIn("WARNING: an annotation on page 1 has no appearance of its own", self.log)
        (entry,) = self.filter(data, options="email-format=tiff email-resolution=36")
        self.assertGreater(self.darkness(entry), 0.2)
        self.assertNotIn("WARNING", self.log)

    def words(self, data):
        """The words of the first page as they are seen: (word, left, top, width, height)."""
        page = self.tool("pdftotext", "-bbox", "-l", "1", self.file("sheet.pdf", data), "-").decode()
        return [(word, left, top, right - left, bottom - top) for left, top, right, bottom, word in
                ((*map(float, found[:4]), found[4]) for found in re.findall(
                    r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', page))]

    def test_sheets_are_upright(self):
        for options in ("number-up=2", "booklet=true"):
            with self.subTest(options):
                (entry,) = self.filter(documents.pdf(4), options=options)
                for word, _, _, width, height in self.words(entry.data):
                    self.assertTrue(width > height or len(word) == 1, word)
        (entry,) = self.filter(documents.pdf(2), options="number-up=2")
        first, second = [(left, top) for word, left, top, _, _ in self.words(entry.data)
                         if word == "page"]
        self.assertLess(first[0], second[0])
        self.assertAlmostEqual(first[1], second[1], delta=1)

    def test_an_orientation_turns_pages(self):
        # RFC 8011, 5.2.10: landscape is a quarter turn anti-clockwise, so that lines go upwards.
        for options, direction in (("orientation-requested=4", 1), ("landscape=true", 1),
                                   ("orientation-requested=5", -1)):
            with self.subTest(options):
                (entry,) = self.filter(documents.pdf(1), options=options)
                tops = {word: top for word, _, top, _, _ in self.words(entry.data)}
                self.assertGreater(direction * (tops["scan-email"] - tops["1"]), 50)
        (entry,) = self.filter(documents.pdf(1), options="orientation-requested=6")
        lefts = {word: left for word, left, _, _, _ in self.words(entry.data)}
        self.assertGreater(lefts["scan-email"], lefts["1"])

    def test_all_of_a_large_document(self):
        pages = 2000
        path = self.select(documents.pdf(pages), "2-")
        self.assertEqual(int(self.tool("qpdf", "--show-npages", path)), pages - 1)


class Rework(FilteredJob):
    """email-compact and email-format=pdfa."""

    def scan(self, resolution):
        """A PDF of a page with a grey image of that resolution and text beside it."""
        program = (f"%!\n<< /PageSize [144 144] >> setpagedevice gsave 144 144 scale "
                   f"{2 * resolution} {2 * resolution} 8 [{2 * resolution} 0 0 {2 * resolution} 0 0]"
                   f" {{ 1 string dup 0 rand 256 mod put }} image grestore "
                   f"/Helvetica findfont 12 scalefont setfont 20 20 moveto (readable) show showpage\n")
        self.tool("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite",
                  "-dDownsampleGrayImages=false", f"-sOutputFile={self.path('scan.pdf')}",
                  self.file("scan.ps", program.encode()))
        with open(self.path("scan.pdf"), "rb") as file:
            return file.read()

    def resolution(self, data):
        lines = self.tool("pdfimages", "-list", self.file("list.pdf", data)).decode().split("\n")
        return int(lines[2].split()[12])

    def test_compact(self):
        scan = self.scan(300)
        (entry,) = self.filter(scan, options="email-compact=yes")
        self.assertLess(len(entry.data), len(scan) / 2)
        self.assertEqual(self.resolution(scan), 300)
        self.assertAlmostEqual(self.resolution(entry.data), 150, delta=3)
        self.assertIn(b"readable", self.tool("pdftotext", self.file("out.pdf", entry.data), "-"))

    def test_what_would_not_be_smaller_stays(self):
        data = documents.pdf()
        self.assertEqual(self.filter(data, options="email-compact=yes")[0].data, data)

    def test_too_large_documents_become_compact(self):
        scan = self.scan(300)
        (entry,) = self.filter(scan, terms=(len(scan), "compact"))
        self.assertAlmostEqual(self.resolution(entry.data), 150, delta=3)
        (entry,) = self.filter(scan, terms=(2 * len(scan), "compact"))
        self.assertEqual(entry.data, scan)

    def test_what_cannot_become_compact_is_refused_with_its_size(self):
        scan = self.scan(300)
        self.tool("qpdf", "--encrypt", "user", "owner", "256", "--", self.file("scan.pdf", scan),
                  self.path("locked.pdf"))
        with open(self.path("locked.pdf"), "rb") as file:
            locked = file.read()
        for document, options in ((locked, ""), (scan, "email-format=original")):
            with self.subTest(options), self.assertRaisesRegex(Refused, "has room for"):
                self.filter(document, options=options, terms=(len(scan) // 2, "compact"))

    def check_pdfa(self, data):
        path = self.file("archive.pdf", data)
        self.tool("qpdf", "--check", path)
        everything = self.tool("qpdf", "--qdf", "--object-streams=disable", path, "-")
        for words in (b"pdfaid:part='2'", b"pdfaid:conformance='B'", b"/OutputIntents",
                      b"/GTS_PDFA1"):
            self.assertIn(words, everything)
        for words in (b"/JavaScript", b"/Encrypt", b"/EmbeddedFiles", b"/XFA"):
            self.assertNotIn(words, everything)
        for line in self.tool("pdffonts", path).decode().split("\n")[2:-1]:
            self.assertEqual(line[-27:].split()[0], "yes", line)  # embedded
        return path

    def test_pdfa(self):
        (entry,) = self.filter(documents.pdf(3), options="email-format=pdfa")
        path = self.check_pdfa(entry.data)
        self.assertIn("scan-email page 3", self.tool("pdftotext", path, "-").decode())
        self.assertEqual(entry.pages, 3)
        self.check_pdfa(self.filter(full_document(), options="email-format=pdfa")[0].data)
        for entry in self.filter(documents.pdf(3), options="email-format=pdfa email-split=2"):
            self.check_pdfa(entry.data)

    def test_the_result_is_the_same_every_time(self):
        for options in ("email-format=pdfa", "email-compact=yes", "page-ranges=1"):
            with self.subTest(options):
                scan = self.scan(200)
                first = self.filter(scan, options=options)[0].data
                second = int(time.time())
                while int(time.time()) == second:  # identifiers are made of the time in seconds
                    time.sleep(0.01)
                self.assertEqual(self.filter(scan, options=options)[0].data, first)
