# SPDX-License-Identifier: Apache-2.0
"""Refreshes that meet each other, a sudden death, a full disk: the account is never lost."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from . import documents
from .case import ACCOUNT, EndToEnd
from .cups import ROOT
from .process import wait_for

MANY = 32
KILLS = 100


class Races(EndToEnd):
    def tokens(self, state=None):
        """The directory with the account's record."""
        return os.path.join(state or self.cups.state, "tokens")

    def path(self, ending="json", state=None):
        return os.path.join(self.tokens(state), f"{urllib.parse.quote(ACCOUNT, safe='')}.{ending}")

    def record(self, state=None):
        with open(self.path(state=state)) as file:
            return json.load(file)

    def start_refresh(self):
        process = subprocess.Popen(
            ["oauth-setup", "refresh", ACCOUNT], env=self.cups.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True)
        self.addCleanup(end, process)
        return process

    def start_held_refresh(self):
        """A refresh whose request waits at the provider, until hold(False)."""
        return self.hold_refresh(self.start_refresh)[0]

    def assert_alive(self):
        """The grant is good: it refreshes, and the token opens the mailbox."""
        self.assertEqual(self.world.setup("refresh", ACCOUNT).returncode, 0)
        self.world.setup("test", ACCOUNT)

    def assert_no_leftovers(self, state=None):
        self.assertEqual([name for name in os.listdir(self.tokens(state)) if name.startswith(".")],
                         [])


def end(process):
    """Also what the process left behind in its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.communicate()


class AllAtOnce(Races):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.queues = [f"at-once-{number}" for number in range(MANY)]
        ppd = shutil.copy(f"{cls.cups.base}/ppd/{cls.queue}.ppd", cls.files)

        def add(name):
            cls.cups.run("lpadmin", "-p", name, "-E", "-v", cls.uri, "-P", ppd,
                         "-o", "printer-is-shared=false")

        with ThreadPoolExecutor(4) as several:
            list(several.map(add, cls.queues))

    def waiting(self):
        """How many workers have come to the account's lock."""
        lock = self.path("lock")
        return sum(lock in open_files(pid) for pid in self.cups.processes("mailto-worker"))

    def test_one_refresh_serves_all(self):
        provider = self.world.provider
        self.world.expire_access_token()
        names = ("POST /token", "issued AccessToken", "issued RefreshToken")
        before = [provider.count(name) for name in names]
        provider.hold()
        self.addCleanup(provider.hold, False)
        jobs = [self.ipp.print_job(queue, documents.pdf(), mime="application/pdf")
                for queue in self.queues]
        wait_for(lambda: self.waiting() == MANY, "every worker to need the token", 60, 0.2)
        provider.hold(False)
        self.assertEqual([self.cups.wait_state(job) for job in jobs], ["completed"] * MANY)
        self.assertEqual(len(self.sink.wait_messages(MANY)), MANY)
        self.assertEqual([provider.count(name) for name in names], [n + 1 for n in before])
        self.assert_alive()


def open_files(pid):
    try:
        return [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:  # it has just ended
        return []


class Killed(Races):
    def kill(self, process, whom):
        """whom: the parent, its worker or both."""
        if whom == "both":
            os.killpg(process.pid, signal.SIGKILL)
        elif whom == "parent":
            process.kill()
        else:
            with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
                for child in file.read().split():
                    os.kill(int(child), signal.SIGKILL)

    def time_of_a_refresh(self):
        started = time.monotonic()
        self.world.setup("refresh", ACCOUNT)
        return time.monotonic() - started

    def test_at_a_hundred_points(self):
        """The server is one that honours an old refresh token, as Microsoft does."""
        self.world.provider.honour_used()
        self.addCleanup(self.world.provider.honour_used, False)
        duration = min(self.time_of_a_refresh() for _ in range(5))
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        killed = unstored = 0
        for _ in range(KILLS):
            process = self.start_refresh()
            time.sleep(dice.uniform(0, duration))
            self.kill(process, dice.choice(("both", "both", "worker", "parent")))
            killed += process.wait() != 0
            issued = self.world.provider.secrets("RefreshToken")
            stored = self.record()["refresh_token"]
            self.assertIn(stored, issued, f"seed {seed}")
            unstored += stored != issued[-1]
        self.assertGreater(killed, KILLS / 4, f"seed {seed}")
        self.assertGreater(unstored, 0, "no kill came between the server's answer and the file")
        self.assert_alive()
        self.assertEqual(self.record()["refresh_token"],
                         self.world.provider.secrets("RefreshToken")[-1])
        self.assert_no_leftovers()

    def test_before_the_request_nothing_is_spent(self):
        """Whatever the server thinks of old tokens."""
        before = self.record()
        process = self.start_held_refresh()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.assertEqual(self.record(), before)
        # The server sees the request all the same: then only one that honours old tokens helps.
        self.world.provider.honour_used()
        self.addCleanup(self.world.provider.honour_used, False)
        self.world.provider.hold(False)
        self.assert_alive()
        self.assert_no_leftovers()


@unittest.skipUnless(ROOT, "needs root: a file system is mounted")
class NoRoom(Races):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.state = os.path.join(cls.cups.base, "small")
        os.mkdir(cls.state)
        cls.addClassCleanup(os.rmdir, cls.state)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "none", cls.state],
                       check=True)
        cls.addClassCleanup(subprocess.run, ["umount", "-l", cls.state], check=True)
        shutil.chown(cls.state, cls.cups.service_user)
        cls.addClassCleanup(cls.world.configure)
        cls.world.configure(**{"state-directory": cls.state})
        cls.world.sign_in()

    def fill(self):
        with open(os.path.join(self.state, "filler"), "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def make_room(self):
        os.unlink(os.path.join(self.state, "filler"))

    def assert_refused_unasked(self, words, status):
        """The refresh fails for what the words say, before the server hears of it."""
        before, requests = self.record(self.state), self.world.provider.count("POST /token")
        done = self.world.setup("refresh", ACCOUNT, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertIn(self.state, done.stderr)
        self.assertEqual(self.world.provider.count("POST /token"), requests)
        self.assertEqual(self.record(self.state)["refresh_token"], before["refresh_token"])

    def test_a_full_disk(self):
        self.fill()
        self.assert_refused_unasked("No space left on device", 1)
        self.make_room()
        self.assert_alive()
        self.assert_no_leftovers(self.state)

    def test_a_disk_that_fills_up_meanwhile(self):
        process = self.start_held_refresh()
        self.fill()
        self.world.provider.hold(False)
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(self.record(self.state)["refresh_token"],
                         self.world.provider.secrets("RefreshToken")[-1])
        self.make_room()
        self.assert_alive()
        self.assert_no_leftovers(self.state)

    def test_a_directory_that_cannot_be_written(self):
        os.chmod(self.tokens(self.state), 0o500)
        self.assert_refused_unasked("Permission denied", 3)
        os.chmod(self.tokens(self.state), 0o700)
        self.assert_alive()

    def test_a_disk_that_is_read_only(self):
        subprocess.run(["mount", "-o", "remount,ro", self.state], check=True)
        self.assert_refused_unasked("Read-only file system", 3)
        subprocess.run(["mount", "-o", "remount,rw", self.state], check=True)
        self.assert_alive()

    def test_a_directory_that_cannot_be_written_any_more(self):
        """The new tokens are lost with the answer; the old one is still there to be honoured."""
        self.world.provider.honour_used()
        self.addCleanup(self.world.provider.honour_used, False)
        before = self.record(self.state)
        process = self.start_held_refresh()
        os.chmod(self.tokens(self.state), 0o500)
        self.world.provider.hold(False)
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 3, errors)
        self.assertIn("cannot be stored", errors)
        self.assertIn("Permission denied", errors)
        self.assertEqual(self.record(self.state), before)
        os.chmod(self.tokens(self.state), 0o700)
        self.assert_alive()
        self.assert_no_leftovers(self.state)
