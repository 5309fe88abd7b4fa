# SPDX-License-Identifier: Apache-2.0
"""Many jobs of several sizes on several queues, while programs are killed at random. Prints what
became of them, and the seed: SCAN_EMAIL_SEED=N kills the same programs in the same order."""

import collections
import os
import random
import time
import unittest

from . import build, documents
from .bulk import Office, Outbox, Timer, job_of, kill, words_of
from .cups import ROOT
from .process import Timeout, wait_for
from .test_kills import FILTER, WORKER

KILLS = 500 if build.long() else 50
JOBS = 4 * KILLS
QUEUES = 5
SIZES = (0, 0, 10_000, 200_000, 1_000_000)  # bytes beside the page

# How often of ten kills each is meant; "backend": supervisor and worker; "job": these and the
# filter.
VICTIMS = ["worker"] * 2 + ["supervisor", "backend", "job", "filter", "filter", "child", "cupsd",
                            "everything"]
POINTS = {"worker": WORKER, "backend": WORKER, "job": WORKER, "filter": FILTER,
          "child": ("filter-child",)}
PROGRAMS = {"worker": "mailto-worker", "supervisor": "mailto", "backend": "mailto-worker",
            "job": "mailto-worker", "filter": "scantoemail", "child": "scantoemail"}


class SlowOutbox(Outbox):
    """Takes its time for every reply."""

    def rule(self, step, usual=None):
        time.sleep(random.uniform(0, 0.25 if random.random() < 0.02 else 0.02))
        return super().rule(step, usual)


def parent_of(pid):
    words = words_of(pid, "stat")
    return int(words[3]) if len(words) > 3 else None


@unittest.skipUnless(ROOT, "needs root: cupsd must start our backend as root")
class RandomKills(unittest.TestCase):
    def setUp(self):
        self.seed = int(os.environ.get("SCAN_EMAIL_SEED") or random.randrange(10 ** 6))
        self.random = random.Random(self.seed)
        self.office = Office(QUEUES, server=SlowOutbox)
        self.cups = self.office.cups
        self.killed = collections.defaultdict(list)  # who was killed and where, by job
        self.kills = collections.Counter()

    # Who is killed.

    def candidates(self, victim):
        pids = sorted(self.cups.processes(PROGRAMS[victim]))
        return [pid for pid in pids if parent_of(pid) not in pids]

    def find(self, victim):
        """A process of that kind and its job, at any time of its life."""
        pid = self.random.choice(wait_for(lambda: self.candidates(victim), victim, 5, 0.002))
        job, parent = job_of(pid), parent_of(pid)
        time.sleep(self.random.uniform(0, 0.03))
        return pid, job, parent, "somewhere"

    def find_at_point(self, victim):
        """As find, the next one that comes to some point of its work; it waits there."""
        point = self.random.choice(POINTS[victim])
        self.office.points.arm(point, "wait")
        pid = wait_for(self.office.points.hit, "a process to come there", 5, 0.002)
        return pid, job_of(pid), parent_of(pid), point

    def kill_processes(self, victim):
        at_point = victim in POINTS and (victim == "child" or self.random.random() < 0.5)
        pid, job, parent, point = (self.find_at_point if at_point else self.find)(victim)
        if victim == "job" and job:
            self.office.kill_programs(job=job)
        elif victim == "backend" and job_of(parent) == job:
            kill(parent)
        kill(pid)
        if job:
            self.killed[job].append((victim, point))

    def restart_cupsd(self, victim):
        for pid in self.cups.processes("mailto"):
            self.killed[job_of(pid)].append((victim, "somewhere"))
        self.office.restart_cupsd(victim == "everything")

    def kill_one(self, victim):
        try:
            if victim in PROGRAMS:
                self.kill_processes(victim)
            else:
                self.restart_cupsd(victim)
            self.kills[victim] += 1
        except Timeout:
            self.kills["met nobody"] += 1
        finally:
            self.office.points.disarm()

    # The test.

    def print_all(self):
        papers = [documents.pdf(filler=size) for size in SIZES]
        for number in range(JOBS):
            self.office.print(f"random {number}", self.random.choice(papers))

    def table(self, states):
        """A line a kind of kill, and the sum: what became of the jobs that it met."""
        heads = ("times", "jobs", "mails", "doubles", "held", "told", "lost")
        lines = ["killed      " + "".join(f"{head:>8}" for head in heads)]
        told = self.office.told(states)
        lost = self.office.lost(states) - told
        rows = {cause: [job for job in states
                        if any(cause == victim for victim, _ in self.killed[job])]
                for cause in sorted(set(VICTIMS))}
        rows["nobody"] = [job for job in states if not self.killed[job]]
        rows["all"] = list(states)
        for cause, jobs in rows.items():
            mails = [len(self.office.mails(job)) for job in jobs]
            numbers = (self.kills[cause] if cause in VICTIMS else "", len(jobs), sum(mails),
                       sum(max(number - 1, 0) for number in mails),
                       sum(states[job] == "held" for job in jobs),
                       len(told & set(jobs)), len(lost & set(jobs)))
            lines.append(f"{cause:12}" + "".join(f"{number:>8}" for number in numbers))
        return "\n".join(lines + [f"{self.kills['met nobody']} kills met nobody"])

    def test_random_kills(self):
        victims = [VICTIMS[number % len(VICTIMS)] for number in range(KILLS)]
        self.random.shuffle(victims)
        started = time.monotonic()
        try:
            self.print_all()
            timer = Timer(self.office)
            for number, victim in enumerate(victims):
                self.wait_for_progress(number * JOBS // KILLS * 0.9)
                self.kill_one(victim)
            timer.stop()
            states = self.office.recover(120)
            table = self.table(states)
            print(f"seed {self.seed}: {JOBS} jobs, {KILLS} kills, "
                  f"{time.monotonic() - started:.0f} s\n{table}", flush=True)
            broken = self.office.broken_promises(states)
            self.assertEqual(broken, {}, self.story(broken))
        finally:
            left = self.office.close()
        self.assertEqual(left, [])

    def story(self, broken):
        """What was done to these jobs, and what cupsd saw of it."""
        return f"seed {self.seed}\n" + "\n".join(
            f"job {job}: {self.killed[job]}\n{self.cups.job_log(job)}" for job in broken)

    def wait_for_progress(self, mails):
        """The kills are to meet jobs from the first to the last."""
        try:
            wait_for(lambda: len(self.office.server.delivered) >= mails, "the next mails", 2, 0.01)
        except Timeout:
            pass  # those that are left rest

