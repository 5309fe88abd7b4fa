# SPDX-License-Identifier: Apache-2.0
"""Documents that are too large for one mail, by the filter alone: pieces that fit, with all pages."""

import base64
import itertools
import os
import random

from PIL import Image

from . import documents, images
from .filtered import Refused
from .filtered_job import FilteredJob


def size_in_mail(data):
    """Octets of an attachment without its header: base64 in lines of 76."""
    return len(base64.encodebytes(data).replace(b"\n", b"\r\n"))


def photograph(side, seed=1):
    """An image of noise."""
    noise = random.Random(seed).randbytes(3 * side * side)
    return images.jpeg(Image.frombytes("RGB", (side, side), noise))


class Split(FilteredJob):
    def document(self, *sides):
        """A PDF with a page of noise for each side."""
        pages = [self.filter(photograph(side, seed))[0].data for seed, side in enumerate(sides, 1)]
        paths = [self.file(f"page-{number}.pdf", data) for number, data in enumerate(pages)]
        self.tool("qpdf", "--empty", "--pages", *paths, "--", self.path("joined.pdf"))
        with open(self.path("joined.pdf"), "rb") as file:
            return file.read()

    def pictures(self, pdf):
        """What each page shows."""
        self.tool("pdftoppm", "-r", "30", self.file("shown.pdf", pdf), self.path("shown"))
        found = []
        for name in sorted(os.listdir(self.directory)):
            if name.startswith("shown-"):
                with open(self.path(name), "rb") as file:
                    found.append(file.read())
                os.unlink(self.path(name))
        return found

    def check(self, entries, originals, room):
        """Every piece is a complete PDF, the pieces show the documents, and each mail fits."""
        for number, original in enumerate(originals, 1):
            pieces = [entry for entry in entries if entry.document == number]
            shown = []
            for piece in pieces:
                self.tool("qpdf", "--check", self.file("piece.pdf", piece.data))
                pictures = self.pictures(piece.data)
                self.assertEqual(len(pictures), piece.pages)
                shown += pictures
            self.assertTrue(shown == self.pictures(original))
        mails = [list(group) for _, group in itertools.groupby(entries, lambda entry: entry.mail)]
        for mail in mails:
            self.assertLess(sum(size_in_mail(entry.data) for entry in mail), room)
        return [[(entry.document, entry.pages) for entry in mail] for mail in mails]

    def test_a_document_with_a_huge_page_in_the_middle(self):
        whole = self.document(60, 60, 60, 60, 200, 60, 60, 60)
        room = size_in_mail(self.filter(photograph(200, 5))[0].data) + 4000
        self.assertLess(room, size_in_mail(whole))
        mails = self.check(self.filter(whole, terms=(room, "split")), [whole], room)
        self.assertEqual(mails, [[(1, 4)], [(1, 1)], [(1, 3)]])
        self.assertEqual(self.filter(whole, terms=(room, "reject"))[0].data, whole)
        self.assertEqual(self.filter(whole, terms=(0, "split"))[0].data, whole)
        self.assertEqual(self.filter(whole)[0].data, whole)

    def test_three_documents(self):
        first, second, third = self.document(100), self.document(*[100] * 5), self.document(90, 90)
        room = 3 * size_in_mail(first) + 3 * 2048
        entries = self.filter(first, second, third, terms=(room, "split"))
        mails = self.check(entries, [first, second, third], room)
        self.assertEqual(mails, [[(1, 1), (2, 2)], [(2, 3)], [(3, 2)]])
        self.assertEqual(entries[0].data, first)
        self.assertEqual(entries[-1].data, third)

    def test_a_page_that_is_too_large_says_so(self):
        whole = self.document(60, 60, 200, 60)
        with self.assertRaises(Refused) as caught:
            self.filter(whole, terms=(30_000, "split"))
        self.assertRegex(str(caught.exception), r"its page 3 alone takes \d+\.\d kB \(\d+ bytes\) "
                         r"in a mail, which has room for 30\.0 kB \(30000 bytes\)")

    def test_a_document_with_a_password_says_so(self):
        plain = self.file("plain.pdf", self.document(100, 100))
        self.tool("qpdf", "--encrypt", "user", "owner", "256", "--", plain,
                  self.path("locked.pdf"))
        with open(self.path("locked.pdf"), "rb") as file:
            locked = file.read()
        self.assertEqual(self.filter(locked, terms=(100_000, "split"))[0].data, locked)
        with self.assertRaises(Refused) as caught:
            self.filter(locked, terms=(15_000, "split"))
        self.assertIn("password", str(caught.exception))

    def test_pieces_that_were_asked_for(self):
        whole = documents.pdf(7)
        entries = self.filter(whole, options="email-split=3")
        self.assertEqual(self.check(entries, [whole], 1_000_000), [[(1, 3), (1, 3), (1, 1)]])
