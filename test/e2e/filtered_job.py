# SPDX-License-Identifier: Apache-2.0
"""All documents of a job by the filter alone, run as cupsd runs it, and the bundle taken apart."""

import hashlib
import os
import subprocess
import urllib.parse
from dataclasses import dataclass

from .filtered import SERVERBIN, Filtered, Refused


@dataclass
class Entry:
    document: int  # number in the job, from 1
    mail: int
    pages: int
    type: str
    data: bytes


def take_apart(bundle):
    """The entries of a bundle; Refused with its sentence."""
    head, _, rest = bundle.partition(b"\n")
    assert head == b"scan-email-bundle 2", head
    entries, mail = [], 1
    while True:
        line, _, rest = rest.partition(b"\n")
        word, *words = line.decode().split(" ")
        if word == "document":
            number, length, pages, kind, _ = words
            data, rest = rest[:int(length)], rest[int(length) + 1:]
            checked, _, rest = rest.partition(b"\n")
            assert checked.split(b" ")[1].decode() == hashlib.sha256(data).hexdigest()
            entries.append(Entry(int(number), mail, int(pages), kind, data))
        elif word == "mail":
            mail += 1
        elif word == "fail":
            assert words[0] in ("document", "too-large"), line
            raise Refused(urllib.parse.unquote(words[2]))
        else:
            assert word == "commit" and not rest, line
            return entries


class FilteredJob(Filtered):
    """log: what the last run said."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("tmp"))

    def filter(self, *documents, options="", terms=None, timeout=120):
        """The entries of the job's bundle. terms: (octets, what to do with more), as the backend
        tells them."""
        spooled = [self.file(f"d00001-{number:03}", data)
                   for number, data in enumerate(documents, 1)]
        for path in spooled:
            os.utime(path, (1_700_000_000, 1_700_000_000))
        backend, bundle = os.pipe()
        filter_end, backend_end = os.pipe()
        if terms:
            os.write(backend_end, b"scan-email-terms 1 %d %s -\n" % (terms[0], terms[1].encode()))
        os.close(backend_end)
        try:
            return self._run_all(spooled, options, filter_end, backend, bundle, timeout)
        finally:
            os.close(filter_end)
            for path in spooled:
                os.unlink(path)

    def _run_all(self, spooled, options, filter_end, backend, bundle, timeout):
        with open(self.path("bundle"), "wb") as output:
            reader = subprocess.Popen(["cat"], stdin=backend, stdout=output)
        os.close(backend)
        self.log = ""
        for path in spooled:
            done = subprocess.run(
                ["sh", "-c", 'exec 3<&%d "$@"' % filter_end, "sh", self.program, "1", "user",
                 "title", "1", options, path],
                stdout=bundle, stderr=subprocess.PIPE, timeout=timeout, pass_fds=[filter_end],
                env={"PATH": os.environ["PATH"], "TMPDIR": self.path("tmp"),
                     "CUPS_REQUESTROOT": self.directory, "CUPS_SERVERBIN": SERVERBIN,
                     **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS")
                        if name in os.environ}})
            self.log += done.stderr.decode(errors="replace")
            self.assertEqual(done.returncode, 0, self.log)
        os.close(bundle)
        reader.wait()
        with open(self.path("bundle"), "rb") as file:
            return take_apart(file.read())
