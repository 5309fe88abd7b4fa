# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every step of a job: in the end there is one mail, or, where only the server knows what
became of the final dot, a second one of the same bytes."""

import unittest

from . import documents
from .bulk import FINAL, SMALL, Office, kill
from .cups import ROOT
from .installation import Installation
from .process import wait_for

# Steps in their order; each is a SE_FAULT_POINT.
WORKER = ("worker-start", "journal-opened", "spooled", "bundle-renamed", "fixed", "token",
          "connected", "MAIL", "RCPT", "DATA", "body", "dot-unjournalled", "dot-journalled",
          "dot-sent", "dot-answered", "answer-journalled", "outcome-journalled", "worker-exit")
SUPERVISOR = ("supervisor-start", "supervisor-fork", "supervisor-forked", "supervisor-reaped",
              "supervisor-exit")
FILTER = ("filter-start", "filter-convert", "filter-converted", "filter-written", "filter-trailer",
          "filter-stands-by", "filter-exit")
CHILD = ("filter-child", "filter-program")

# Between these the server may have the mail, and the journal cannot know.
IN_DOUBT = ("dot-sent", "dot-answered")
DOT = ("dot-journalled",) + IN_DOUBT  # where the journal says that it may have
RESENDS = 2


@unittest.skipUnless(ROOT, "needs root: cupsd must start our backend as root")
class EveryStep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # cupsd's own retry would come to the next point that is armed.
        cls.office = Office(4, retry_interval=300)
        cls.addClassCleanup(cls.leave)

    @classmethod
    def leave(cls):
        left = cls.office.close()
        if left:
            raise AssertionError("\n".join(left))

    def start(self, point, action):
        """A job, with action where it comes to the point; returns its id."""
        self.office.points.arm(point, action)
        document = documents.text() if point == "filter-program" else SMALL
        job = self.office.print(f"{self.id()} {point}", document)
        wait_for(self.office.points.hit, f"a process to come to {point}", 30, 0.005)
        return job

    def rest(self, job):
        """Waits until nobody works on the job; it then says why it is not done."""
        self.office.points.disarm()
        state = self.office.cups.wait_state(job, "held", "stopped", *FINAL)
        if state != "completed":
            message = self.office.ipp.job(job)["job-printer-state-message"]
            self.assertRegex(message, "killed|signal 9|incomplete|doubt|Filter failed")

    def assert_delivered(self, jobs):
        """After the recovery; jobs: points by id."""
        states = self.office.recover(60)
        for job, point in jobs.items():
            with self.subTest(point):
                mails = self.office.mails(job)
                most = 1 + RESENDS if point in IN_DOUBT else 1
                self.assertEqual(states[job], "completed", self.office.cups.job_log(job))
                self.assertTrue(1 <= len(mails) <= most, self.office.cups.job_log(job))
                self.assertEqual(len({mail.digest for mail in mails}), 1)
        self.assertEqual(self.office.server.unsound, [])

    def kill_at(self, points, action="kill"):
        jobs = {}
        for point in points:
            job = self.start(point, action)
            jobs[job] = point
            self.rest(job)
        self.assert_delivered(jobs)

    def test_worker(self):
        self.kill_at(WORKER)

    def test_filter_does_not_wait_for_a_dead_worker(self):
        job = self.start("worker-start", "kill")
        self.office.cups.wait_state(job, "held", seconds=8)
        self.rest(job)
        self.assert_delivered({job: "worker-start"})

    def test_supervisor(self):
        self.kill_at(SUPERVISOR)

    def test_supervisor_of_a_worker(self):
        """cupsd takes the job for done: the worker must do it."""
        self.kill_at(WORKER, "kill-parent")

    def test_filter(self):
        self.kill_at(FILTER)

    def test_children_of_the_filter(self):
        self.kill_at(CHILD)

    def test_filter_of_a_child(self):
        self.kill_at(CHILD, "kill-parent")

    def test_backend(self):
        """Supervisor and worker: cupsd would take the job for done, and there is nobody to say
        otherwise."""
        jobs = {}
        for point in WORKER + ("supervisor-forked",):
            job = self.start(point, "wait")
            for program in ("mailto-worker", "mailto"):
                for pid in self.office.cups.processes(program):
                    kill(pid)
            jobs[job] = point
            self.rest(job)
        self.assert_delivered(jobs)

    def test_whole_job(self):
        """The filter, too: cupsd takes the job for done, wherever it was."""
        jobs = {}
        for point in SUPERVISOR + WORKER + FILTER:
            job = self.start(point, "wait")
            self.office.kill_programs()
            jobs[job] = point
            self.rest(job)
        unknown = {job: jobs.pop(job) for job in list(jobs) if jobs[job] in DOT}
        self.assert_delivered(jobs)
        states = self.office.states()
        self.assertLessEqual(self.office.lost(states), self.office.told(states) & set(unknown))

    def test_supervisor_that_was_to_cancel(self):
        """cupsd would take a job for done that is at fault."""
        self.office.server.at("rcpt", "550 5.1.1 nobody of that name", times=2)
        job = self.start("supervisor-reaped", "kill")
        self.office.points.disarm()
        self.office.cups.wait_state(job, "stopped")
        self.assertEqual(self.office.recover(60)[job], "canceled")
        self.assertIn("5.1.1", self.office.ipp.job(job)["job-printer-state-message"])
        self.assertEqual(self.office.mails(job), [])

    def restart_at(self, points, everything):
        jobs = {}
        for point in points:
            job = self.start(point, "wait")
            self.office.restart_cupsd(everything)
            jobs[job] = point
            self.rest(job)
        self.assert_delivered(jobs)

    def test_cupsd(self):
        """What it had started goes on beside the job's next run."""
        self.restart_at(WORKER + SUPERVISOR + FILTER + CHILD, False)

    def test_everything(self):
        self.restart_at(WORKER + SUPERVISOR + FILTER + CHILD, True)

    def test_cupsd_and_its_job_is_done_when_the_old_worker_begins(self):
        jobs = {}
        for point in ("supervisor-start", "worker-start"):
            job = self.start(point, "wait")
            self.office.restart_cupsd()
            self.office.cups.wait_state(job)
            jobs[job] = point
            self.rest(job)
            wait_for(lambda: not self.office.cups.processes("mailto-worker"), "the worker to end")
        self.assert_delivered(jobs)


class UsualBuild(unittest.TestCase):
    def test_it_has_no_fault_points(self):
        for program, _, mode in Installation().programs():
            if mode != 0o644:
                with open(program, "rb") as file:
                    self.assertNotIn(b"fault-points", file.read(), program)
