# SPDX-License-Identifier: Apache-2.0
"""A thousand jobs on four queues of two accounts, a fifth of which meets a fault: none is lost or
mailed twice without need, and nothing is left over when they are done. Prints the seed and the sum."""

import collections
import os
import random
import threading
import time
import unittest

from . import build, documents
from .bulk import Office, Outbox, Timer
from .cups import ROOT
from .process import processes_with, wait_for
from .smtp import DROP, RESET, Closed
from .test_kills import WORKER

JOBS = 10_000 if build.long() else 1_000
AT_ONCE = 400  # jobs that cupsd has waiting
KILLS = JOBS // 20
SECONDS = 400 * (JOBS // 1_000)

ACCEPT_AND_DROP = "accept and drop"
FAULTS = [("greeting", "451 4.3.0 not now"), ("greeting", DROP), ("starttls", RESET),
          ("auth-data", "454 4.3.0 not now"), ("mail", "451 4.3.0 not now"),
          ("rcpt", "450 4.2.1 not now"), ("rcpt", "550 5.1.1 no such user"),
          ("data", "452 4.3.1 not now"), ("data", DROP), ("body", DROP), ("body", RESET),
          ("dot", "451 4.3.0 not now"), ("dot", DROP), ("dot", RESET), ("dot", ACCEPT_AND_DROP)]


class FaultyOutbox(Outbox):
    """Has a fault in store for a share of the sessions."""

    share = 0

    def __init__(self, certificate, **options):
        self._fault = threading.local()  # each session has a thread of its own
        self.faults = collections.Counter()
        super().__init__(certificate, **options)

    def rule(self, step, usual=None):
        if step == "greeting":
            hit = random.random() < self.share
            self._fault.step, self._fault.action = random.choice(FAULTS) if hit else (None, None)
        if step != self._fault.step or self._fault.action == ACCEPT_AND_DROP:
            return super().rule(step, usual)
        self._fault.step = None
        self.faults[f"{step} {self._fault.action[:3]}"] += 1
        self.at(step, self._fault.action)
        return super().rule(step, usual)

    def deliver(self, message):
        super().deliver(message)
        if self._fault.action == ACCEPT_AND_DROP:
            self.faults["accepted, no reply"] += 1
            raise Closed(ACCEPT_AND_DROP)


class Left:
    """What a machine has of us: open files of servers, processes, files."""

    def __init__(self, office):
        base = office.cups.base
        servers = {"cupsd": office.cups.process.pid, "provider": office.world.provider.process.pid}
        self.open = {name: len(os.listdir(f"/proc/{pid}/fd")) for name, pid in servers.items()}
        self.processes = len(processes_with("CUPS_SERVERROOT", base))
        self.children = self._children(servers["cupsd"])
        self.files = collections.Counter()
        for place in ("state/spool", "state/orphans", "state/tokens", "state/throttle", "spool/temp"):
            self.files[place] = len(self._files(os.path.join(base, place)))
        journal = self._files(os.path.join(base, "state", "journal"))
        self.files["documents"] = sum(name[0] == "d" for name in self._files(f"{base}/spool"))
        self.files["odd in journal"] = sum("tmp" in name or "new" in name for name in journal)

    @staticmethod
    def _files(path):
        return os.listdir(path) if os.path.isdir(path) else []

    @staticmethod
    def _children(pid):
        """Zombies, too."""
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return len(file.read().split())


@unittest.skipUnless(ROOT, "needs root: cupsd must start our backend as root")
class Soak(unittest.TestCase):
    def setUp(self):
        self.seed = int(os.environ.get("SCAN_EMAIL_SEED") or random.randrange(10 ** 6))
        random.seed(self.seed)
        self.office = Office(4, cupsd="PreserveJobFiles No\nDirtyCleanInterval 30\n",
                             server=FaultyOutbox)
        self.killed = 0

    def print_and_kill(self):
        """Hands jobs in as fast as cupsd gets done with them, and kills workers in between."""
        papers = [documents.pdf(filler=size) for size in (0, 0, 0, 20_000, 300_000)]
        kills = set(random.sample(range(JOBS - 20), KILLS))
        for number in range(JOBS):
            if number % 50 == 0:
                done = number - AT_ONCE
                wait_for(lambda: len(self.office.server.delivered) >= done * 0.8, "jobs", SECONDS)
            self.office.print(f"soak {number}", random.choice(papers))
            if number in kills:
                self.office.points.arm(random.choice(WORKER), "kill")
                self.killed += 1

    def test_soak(self):
        started = time.monotonic()
        try:
            self.office.print("first", documents.pdf())
            self.assertEqual(set(self.office.recover(30).values()), {"completed"})
            before = Left(self.office)
            self.office.server.share = 0.15
            timer = Timer(self.office)
            self.print_and_kill()
            self.office.points.disarm()
            timer.stop()
            states = self.office.recover(SECONDS)
            self.report(states, time.monotonic() - started)
            broken = self.office.broken_promises(states)
            self.assertEqual(broken, {}, f"seed {self.seed}\n" + "\n".join(
                self.office.cups.job_log(job) for job in broken))
            self.decide(states)
            self.assert_nothing_left(before)
        finally:
            left = self.office.close()
        self.assertEqual(left, [])

    def report(self, states, seconds):
        mails = sum(len(self.office.mails(job)) for job in states)
        doubles = sum(max(len(self.office.mails(job)) - 1, 0) for job in states)
        faults = ", ".join(f"{name}: {number}" for name, number
                           in sorted(self.office.server.faults.items()))
        print(f"seed {self.seed}: {len(states)} jobs in {seconds:.0f} s: "
              f"{dict(collections.Counter(states.values()))}, {mails} mails, {doubles} doubles; "
              f"{self.killed} workers killed; {faults}", flush=True)

    def decide(self, states):
        """A mail that was in doubt three times waits for a person."""
        held = [job for job, state in states.items() if state == "held"]
        for job in held:
            self.office.cups.ipp.cancel(job)
        if held:
            self.office.world.setup("release", "--due")

    def assert_nothing_left(self, before):
        def quiet():
            after = Left(self.office)
            return after if not after.children else None

        after = wait_for(quiet, "cupsd's children to end", 30)
        self.assertEqual(after.processes, before.processes)
        self.assertEqual(after.files, before.files)
        for server, number in before.open.items():
            self.assertLessEqual(after.open[server], number + 5, server)
