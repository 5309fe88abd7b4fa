# SPDX-License-Identifier: Apache-2.0
"""Real PDFs by the filter alone: unchanged, or with the pages that were asked for as they were.

Some of them by default; all of them with SCAN_EMAIL_CORPUS=all."""

import hashlib
import io
import os
import subprocess

from PIL import Image, ImageChops, ImageStat

from . import corpus
from .filtered import Refused
from .filtered_job import FilteredJob

ALL = os.environ.get("SCAN_EMAIL_CORPUS") == "all"


def chosen(one_in):
    """All documents, or about one in so many, always the same."""
    paths = corpus.paths()
    return paths if ALL else [
        path for path in paths
        if int(hashlib.sha256(os.path.basename(path).encode()).hexdigest(), 16) % one_in == 0]


class Corpus(FilteredJob):
    def page_count(self, path):
        """None: it is damaged, or has a password."""
        done = subprocess.run(["qpdf", "--no-warn", "--show-npages", path], capture_output=True,
                              timeout=60)
        return None if done.returncode == 2 else int(done.stdout)

    def is_valid(self, path):
        return subprocess.run(["qpdf", "--check", path], capture_output=True,
                              timeout=60).returncode == 0

    def has_password(self, path):
        done = subprocess.run(["qpdf", "--requires-password", path], capture_output=True,
                              timeout=60)
        return done.returncode == 0

    def pictures(self, path, pages):
        """What each of the pages shows, at a low resolution."""
        found = []
        for page in pages:
            found.append(self.tool("pdftoppm", "-r", "40", "-f", str(page), "-l", str(page), path))
        return found

    def each(self, one_in, check):
        """Checks the chosen documents; says how many there were."""
        done = 0
        for path in chosen(one_in):
            data = corpus.read(path)
            if data.startswith(b"%PDF"):
                with self.subTest(os.path.basename(path)):
                    check(data, self.file("original.pdf", data))
                done += 1
        print(f"        {done} documents", flush=True)

    def passes(self, data, path):
        try:
            (entry,) = self.filter(data)
        except Refused as refusal:
            self.assertIsNone(self.page_count(path), refusal)
            return
        self.assertTrue(entry.data == data)
        self.assertEqual(entry.pages, -1 if self.has_password(path) else self.page_count(path))

    def test_a_document_passes_as_it_is(self):
        self.each(5, self.passes)

    def shows_the_same(self, data, path):
        count = self.page_count(path)
        if self.has_password(path):
            with self.assertRaisesRegex(Refused, "password"):
                self.filter(data, options="page-ranges=1")
            return
        pages = [1, 2] if count == 2 else sorted({(count + 1) // 2, count})
        (entry,) = self.filter(data, options="page-ranges=" + ",".join(map(str, pages)))
        self.assertEqual(entry.pages, len(pages))
        result = self.file("result.pdf", entry.data)
        self.tool("qpdf", "--check", "--no-warn", "--warning-exit-0", result)
        if self.is_valid(path):  # else programs do not agree on what it shows
            self.assertTrue(self.pictures(path, pages)
                            == self.pictures(result, range(1, len(pages) + 1)))

    def test_selected_pages_show_what_they_showed(self):
        self.each(10, self.shows_the_same)

    def looks_alike(self, data, path):
        """As PDF/A and made smaller it shows the same, apart from what images lose."""
        if self.has_password(path) or len(data) > 1_000_000:
            return
        for options in ("email-format=pdfa", "email-compact=yes"):
            try:
                (entry,) = self.filter(data, options=options)
            except Refused as refusal:  # which Ghostscript would have called PDF/A
                self.assertIn("fonts or other parts", str(refusal))
                self.assertIn("reverting to normal PDF output", self.log)
                continue
            self.assertEqual(entry.pages, self.page_count(path))
            result = self.file("result.pdf", entry.data)
            self.assertEqual(self.page_count(result), entry.pages)
            for before, after in zip(self.pictures(path, [1]), self.pictures(result, [1])):
                difference = ImageChops.difference(Image.open(io.BytesIO(before)),
                                                   Image.open(io.BytesIO(after)))
                mean = max(ImageStat.Stat(difference).mean)
                self.assertLess(mean, 12, options)

    def test_pdfa_and_compact(self):
        self.each(30, self.looks_alike)
