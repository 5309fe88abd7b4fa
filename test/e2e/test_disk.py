# SPDX-License-Identifier: Apache-2.0
"""Disks that are full, over quota or broken while jobs are worked on: no mail is lost or doubled, the
job says what is wrong, and goes on by itself when there is room again."""

import collections
import contextlib
import errno
import os
import shutil
import subprocess
import time
import unittest

from . import build, documents
from .bulk import FINAL, SMALL, Office
from .cups import ROOT
from .installation import TOP, Installation
from .process import wait_for
from .smtp import Pause

ERRORS = ("ENOSPC", "EIO", "EDQUOT")
FULL = os.strerror(errno.ENOSPC)

# The fault is for a job's first run only.
WRAPPER = """\
case "$3" in
"disk count") export LD_PRELOAD={library} DISK_ROOT={state} DISK_LOG={state}/disk.log ;;
"disk "*) if /bin/mkdir {marks}/$1 2>/dev/null; then
    export LD_PRELOAD={library} DISK_ROOT={state} DISK_FAULT="${{3#disk }}"; fi ;;
esac
exec "$0.real" "$@"
"""


class Disk(unittest.TestCase):
    queues = 1

    @classmethod
    def setUpClass(cls):
        # cupsd's own retry would come before the test has looked.
        cls.office = Office(cls.queues, retry_interval=300, installation=Installation())
        cls.addClassCleanup(cls.leave)
        cls.cups = cls.office.cups

    @classmethod
    def leave(cls):
        left = cls.office.close()
        if left:
            raise AssertionError("\n".join(left))

    def rest(self, jobs):
        """Waits until all were tried; returns their states."""
        def rested():
            states = self.office.states()
            return states if all(states[job] in ("held", *FINAL) for job in jobs) else None

        return wait_for(rested, "all jobs to have been tried", 60 + len(jobs), 0.2)

    def assert_tried(self, job, state, words):
        """It is done, or held with the words."""
        self.assertIn(state, ("held", "completed"), self.cups.job_log(job))
        if state == "held":
            self.assertRegex(self.office.ipp.job(job)["job-printer-state-message"], words)

    def assert_recovers(self, jobs):
        """Every job makes one mail by what timers do alone."""
        states = self.office.recover(60 + len(jobs))
        for job in jobs:
            with self.subTest(self.office.titles[job]):
                self.assertEqual(states[job], "completed", self.cups.job_log(job))
                self.assertEqual(len(self.office.mails(job)), 1, self.cups.job_log(job))
        self.assertEqual(self.office.server.unsound, [])

    def waiting(self):
        return self.office.world.setup("queue", check=False).stdout


@unittest.skipIf("ASAN_OPTIONS" in os.environ, "AddressSanitizer wants to be the first library")
class EveryCall(Disk):
    """Each call by which the worker changes a file of the state directory."""

    queues = 8

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        library = os.path.join(cls.cups.base, "disk.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library,
                        os.path.join(TOP, "test", "faults", "disk.c"), "-ldl"], check=True)
        marks = os.path.join(cls.cups.base, "marks")
        os.mkdir(marks)
        os.chmod(marks, 0o777)
        cls.cups.replace_program("daemon/mailto-worker", WRAPPER.format(
            library=library, state=cls.cups.state, marks=marks))

    def print(self, title):
        return self.office.print(title, SMALL)

    def print_without_a_token(self, title):
        """A job that has to renew its account's token, which lives for a second."""
        expired = time.monotonic() + 1
        wait_for(lambda: time.monotonic() > expired, "the access token to expire")
        job = self.office.print(title, SMALL, number=0)
        self.rest([job])
        return job

    def calls(self, print_job, folder=""):
        """Those of a job without trouble, in that folder: kind and number."""
        log = os.path.join(self.cups.state, "disk.log")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(log)
        job = print_job("disk count")
        self.assertEqual(self.cups.wait_state(job), "completed")
        seen = collections.Counter()
        with open(log) as file:
            for kind, path in map(str.split, file):
                seen[kind] += 1
                if path.startswith(os.path.join(self.cups.state, folder)):
                    yield kind, seen[kind]

    def try_all(self, print_job, titles):
        """A job with each fault; returns what waits in the end."""
        jobs = [print_job(title) for title in titles]
        states = self.rest(jobs)
        for job in jobs:
            with self.subTest(self.office.titles[job]):
                self.assert_tried(job, states[job],
                                  os.strerror(int(self.office.titles[job].split()[3])))
        held = sum(states[job] == "held" for job in jobs)
        print(f"        {len(jobs)} faults, {held} jobs held by them", flush=True)
        self.assert_recovers(jobs)
        self.office.titles.clear()
        self.office.server.delivered.clear()
        return self.waiting()

    def test_every_call(self):
        """The short version lets a disk that is full stay full, from each call on, and has a broken
        one fail once."""
        waiting = self.try_all(self.print, [
            f"disk {kind} {number} {getattr(errno, error)} {mode}"
            for kind, number in self.calls(self.print) for error in ERRORS for mode in ("on", "once")
            if build.long() or (error, mode) in (("ENOSPC", "on"), ("EIO", "once"))])
        # Where not even the reserve could be written nobody knows later that the mail went out.
        self.assertNotIn(" once", waiting)
        self.assertEqual(waiting.count(": may have been sent"), waiting.count("  title"))

    def test_every_call_by_which_a_token_is_renewed(self):
        """The server has changed the refresh token by then: the old one is of no use any more."""
        provider = self.office.world.provider
        provider.set_access_ttl(1)
        self.addCleanup(provider.set_access_ttl, 3600)
        self.office.world.setup("refresh", "--all")
        calls = list(self.calls(self.print_without_a_token, "tokens"))
        self.assertIn("rename", dict(calls))
        self.try_all(self.print_without_a_token, [
            f"disk {kind} {number} {getattr(errno, error)} once"
            for kind, number in calls for error in (ERRORS if build.long() else ("EIO",))])


class SmallDisk:
    """A tmpfs of some pages in place of a directory, with what is in there; page by page full."""

    PAGE = 4096

    def __init__(self, path, pages):
        self._path = path
        self._filler = os.path.join(path, ".filler")
        status = os.stat(path)
        aside = path + ".aside"
        shutil.copytree(path, aside, symlinks=True)
        owners = {name: os.stat(name) for name in self._names(path)}
        options = f"size={pages * self.PAGE},uid={status.st_uid},gid={status.st_gid},mode=0{status.st_mode & 0o7777:o}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True,
                       capture_output=True)
        shutil.copytree(aside, path, symlinks=True, dirs_exist_ok=True)
        for name, owner in owners.items():
            os.chown(name, owner.st_uid, owner.st_gid)
        shutil.rmtree(aside)

    @staticmethod
    def _names(path):
        return [os.path.join(folder, name) for folder, folders, files in os.walk(path)
                for name in [*folders, *files]]

    def free(self):
        status = os.statvfs(self._path)
        return status.f_bfree * status.f_frsize // self.PAGE

    @contextlib.contextmanager
    def full(self, pages=0):
        """Leaves only some pages free."""
        with open(self._filler, "wb") as file:
            file.write(bytes(max(0, self.free() - pages) * self.PAGE))
        try:
            yield
        finally:
            os.unlink(self._filler)

    def unmount(self):
        subprocess.run(["umount", "--lazy", self._path], check=True)


def can_mount():
    """Whether this machine lets us mount a tmpfs."""
    return ROOT and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@unittest.skipUnless(can_mount(), "needs root that may mount a tmpfs")
class FullStateDirectory(Disk):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.disk = SmallDisk(cls.cups.state, 1024)

    @classmethod
    def leave(cls):
        cls.disk.unmount()
        super().leave()

    def test_with_some_pages_left(self):
        """Until there is room for all that a job needs: the disk is full at intake, when the mail is
        fixed, before the dot."""
        held = pages = 0
        while pages == held:
            with self.disk.full(pages):
                job = self.office.print(f"{pages} pages", SMALL)
                states = self.rest([job])
                self.assert_tried(job, states[job], FULL)
            held += states[job] == "held"
            pages += 1
        print(f"        full with fewer than {held} pages", flush=True)
        self.assertGreater(held, 3)
        self.assert_recovers(list(self.office.titles))
        self.assertIn("No job waits", self.waiting())

    def test_full_at_a_step(self):
        for step in ("mail", "data"):
            with self.subTest(step):
                pause = self.office.server.at(step, Pause())
                job = self.office.print(step, SMALL)
                pause.wait()
                with self.disk.full():
                    pause.go()
                    self.assert_tried(job, self.rest([job])[job], FULL)
                    self.assertEqual(self.office.states()[job], "held")
                self.assert_recovers([job])

    def test_full_when_the_server_replies(self):
        """What is needed to remember the reply was taken before the dot."""
        pause = self.office.server.at("dot", Pause())
        job = self.office.print("reply", SMALL)
        pause.wait()
        with self.disk.full():
            pause.go()
            self.assertEqual(self.cups.wait_state(job), "completed")
            self.assertIn("No job waits", self.waiting())
        self.assert_recovers([job])


@unittest.skipUnless(can_mount(), "needs root that may mount a tmpfs")
class FullTemporaryDirectory(Disk):
    """That of the filter and the converters that it runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.disk = SmallDisk(os.path.join(cls.cups.base, "spool", "temp"), 4096)

    @classmethod
    def leave(cls):
        cls.disk.unmount()
        super().leave()

    queues = 3
    KINDS = {
        "text": (documents.text, ()),
        "postscript": (lambda: documents.postscript(3), ()),
        "tiff": (lambda: documents.tiff(3), ()),
        "two pages a sheet": (lambda: documents.pdf(4), ("-o", "number-up=2")),
        "for archives": (lambda: documents.pdf(2), ("-o", "email-format=pdfa")),
        "images": (lambda: documents.pdf(2),
                   ("-o", "email-format=tiff", "-o", "email-resolution=50")),
    }

    def print_each_kind(self, pages):
        """A job of each, with that many pages left for all."""
        jobs = []
        for number, (kind, (document, words)) in enumerate(self.KINDS.items()):
            path = os.path.join(self.cups.base, "document")
            title = f"{kind}, {pages} pages"
            with open(path, "wb") as file:
                file.write(document())
            queue = self.office.queues[number % self.queues]
            jobs.append(self.cups.lp(queue, *words, "-t", title, path))
            self.office.titles[jobs[-1]] = title
        return jobs

    def test_with_some_pages_left(self):
        """No document is taken for faulty, or sent in part, for want of room."""
        jobs = []
        held = 0
        for pages in range(0, 100, 1 if build.long() else 24):
            with self.disk.full(pages):
                tried = self.print_each_kind(pages)
                states = self.rest(tried)
                for job in tried:
                    with self.subTest(self.office.titles[job]):
                        self.assert_tried(job, states[job], f"{FULL}|too little space left")
            held += sum(states[job] == "held" for job in tried)
            jobs += tried
        print(f"        {len(jobs)} jobs, {held} held", flush=True)
        self.assertGreater(held, len(self.KINDS))
        self.assert_recovers(jobs)
