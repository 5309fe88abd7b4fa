# SPDX-License-Identifier: Apache-2.0
"""The filter alone: a document in, what is attached out."""

import io
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse
from typing import NamedTuple

from PIL import Image, ImageChops

from .installation import Installation

SERVERBIN = subprocess.run(["cups-config", "--serverbin"], check=True, capture_output=True,
                           text=True).stdout.strip()


class Refused(Exception):
    """What the bundle says of a document that cannot be sent."""


class Entry(NamedTuple):
    type: str
    pages: int
    data: bytes


class Filtered(unittest.TestCase):
    def setUp(self):
        installation = Installation()
        installation.check()
        self.program = installation.filter()
        self.directory = tempfile.mkdtemp(prefix="se-filtered-")
        self.addCleanup(shutil.rmtree, self.directory)

    def path(self, name):
        return os.path.join(self.directory, name)

    def file(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def entries(self, data, options="", hint="application/octet-stream"):
        """All that is attached; the log in self.log. hint: the type that cupsd gives it."""
        source = self.file("source", data)
        done = subprocess.run([self.program, "1", "user", "title", "1", options, source],
                              capture_output=True, timeout=60,
                              env={"PATH": os.environ["PATH"], "TMPDIR": self.directory,
                                   "CUPS_SERVERBIN": SERVERBIN, "CONTENT_TYPE": hint})
        self.assertEqual(done.returncode, 0)
        self.log = done.stderr.decode(errors="replace")
        return list(self.parsed(done.stdout))

    def parsed(self, bundle):
        lines = io.BytesIO(bundle)
        self.assertEqual(lines.readline(), b"scan-email-bundle 2\n")
        while (words := lines.readline().decode().split())[0] != "commit":
            if words[0] == "fail":
                self.assertEqual(words[1], "document", words)
                raise Refused(urllib.parse.unquote(words[3]))
            if words[0] == "document":
                yield Entry(words[4], int(words[3]), lines.read(int(words[2])))
                lines.readline()

    def run_filter(self, data, options=""):
        """The one PDF; its log in self.log."""
        (entry,) = self.entries(data, options)
        self.assertEqual(entry.type, "application/pdf")
        return entry.data

    def refused(self, data, *words, options=""):
        with self.assertRaises(Refused) as caught:
            self.entries(data, options)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def listing(self):
        return os.listdir(self.directory)

    def remove(self, names):
        for name in names:
            os.unlink(self.path(name))

    def tool(self, *argv):
        return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout

    def extracted(self, pdf):
        """The image as it stands in the PDF."""
        self.tool("pdfimages", "-all", self.file("out.pdf", pdf), self.path("extracted"))
        (name,) = [name for name in os.listdir(self.directory) if name.startswith("extracted")]
        with open(self.path(name), "rb") as file:
            data = file.read()
        os.unlink(self.path(name))
        return data

    def size(self, pdf):
        """Width and height of the page in points."""
        info = self.tool("pdfinfo", self.file("out.pdf", pdf)).decode()
        self.assertRegex(info, r"Pages: +1\n")
        return [float(number) for number in re.search(r"Page size: +(\S+) x (\S+) pts",
                                                      info).groups()]

    def rendered(self, pdf, resolution):
        data = self.tool("pdftoppm", "-r", str(resolution), self.file("out.pdf", pdf))
        return Image.open(io.BytesIO(data))

    def decoded(self, data):
        return Image.open(io.BytesIO(self.tool("djpeg", "-pnm", self.file("in.jpg", data))))

    def assert_same(self, shown, expected, tolerance):
        self.assertEqual(shown.size, expected.size)
        difference = ImageChops.difference(shown.convert("RGB"), expected.convert("RGB"))
        worst = max(high for _, high in difference.getextrema())
        self.assertLessEqual(worst, tolerance)

    # These print no bytes where they fail.

    def assert_same_bytes(self, data, expected):
        if data != expected:
            common = os.path.commonprefix([data, expected])
            self.fail(f"{len(data)} bytes, not {len(expected)} that differ from byte {len(common)}")

    def assert_holds(self, data, part):
        self.assertTrue(part in data, f"{part[:40]} is not in {len(data)} bytes")

    def assert_lacks(self, data, part):
        self.assertFalse(part in data, f"{part[:40]} is in {len(data)} bytes")

    def check_pdf(self, pdf):
        self.tool("qpdf", "--check", self.file("out.pdf", pdf))
