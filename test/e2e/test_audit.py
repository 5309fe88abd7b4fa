# SPDX-License-Identifier: Apache-2.0
"""Jobs whose every program was killed before the journal knew of them, which cupsd takes for done:
`oauth-setup release` finds them, and cupsd prints them again; or they are told of, once."""

import json
import os
import shutil
import subprocess
import time
import unittest

from . import documents
from .bulk import SMALL, Office
from .cups import ROOT
from .process import wait_for

# Where a job is when it has no entry yet.
UNKNOWN = ("supervisor-start", "supervisor-fork", "worker-start")


@unittest.skipUnless(ROOT, "needs root: cupsd must start our backend as root")
class Unknown(unittest.TestCase):
    CUPSD = ""
    QUEUE = None

    @classmethod
    def setUpClass(cls):
        cls.office = Office(2, retry_interval=300, cupsd=cls.CUPSD, queue=cls.QUEUE)
        cls.addClassCleanup(cls.leave)
        cls.cups, cls.ipp = cls.office.cups, cls.office.ipp

    @classmethod
    def leave(cls):
        left = cls.office.close()
        if left:
            raise AssertionError("\n".join(left))

    def start(self, point, queue=0):
        """A job that waits at a point."""
        self.office.points.arm(point, "wait")
        job = self.office.print(f"{self.id()} {point} {len(self.office.titles)}", SMALL, queue)
        wait_for(self.office.points.hit, f"a process to come to {point}", 30, 0.005)
        return job

    def end(self, job, state="completed"):
        self.office.points.disarm()
        wait_for(lambda: not self.office.running(), "our programs to end")
        self.assertEqual(self.cups.wait_state(job), state, self.cups.job_log(job))

    def lose(self, point="worker-start", **options):
        """A job that is killed whole at a point."""
        job = self.start(point, **options)
        self.office.kill_programs()
        self.end(job)
        return job

    def release(self):
        return self.office.world.setup("release", "--due")

    def listed(self):
        done = self.office.world.setup("queue", "--json", check=False)
        return {one["id"]: one["state"] for one in json.loads(done.stdout)}

    def assert_silent(self):
        done = self.release()
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def assert_one_mail(self, job):
        wait_for(lambda: self.office.mails(job), "the mail", 30)
        self.end(job)
        self.assert_silent()
        self.assertEqual(len(self.office.mails(job)), 1)
        self.assertEqual(self.office.server.unsound, [])


class PartlySent(Unknown):
    """A job of three mails, the second of which the server refuses for good."""

    QUEUE = {"max-message-size": 100_000}

    def start(self, point, action="wait"):
        self.office.server.at("dot", "250 2.0.0 queued")
        self.office.server.at("dot", "554 5.6.0 no such contents here")
        self.office.points.arm(point, action)
        document = documents.pdf_of_noise(6, 30_000)
        job = self.office.print(f"{self.id()} {point}", document)
        wait_for(self.office.points.hit, f"a process to come to {point}", 30, 0.005)
        return job

    def subjects(self, job):
        """Which of the mails arrived, in order."""
        title = self.office.titles[job]
        return sorted(subject.removeprefix(title).strip()
                      for subject, mails in self.office.server.delivered.items()
                      if subject.startswith(title) for _ in mails)

    def test_cupsd_takes_it_for_done(self):
        for point in ("outcome-journalled", "worker-exit", "supervisor-reaped", "supervisor-exit"):
            with self.subTest(point):
                job = self.lose(point)
                self.assertRegex(self.release().stderr, f"job {self.office.names[job]} of tester "
                                 ".*only number 1 went out; mail 2: .*554 5.6.0")
                self.assert_silent()
                self.assertEqual(self.cups.wait_state(job), "completed")
                self.assertEqual(self.subjects(job), ["(1/3)"])
        self.cups.run("lp", "-i", str(job), "-H", "restart")  # a person wants it so
        wait_for(lambda: len(self.subjects(job)) == 4, "the mails", 30)
        self.assertEqual(self.subjects(job), ["(1/3)", "(1/3)", "(2/3)", "(3/3)"])

    def test_cupsd_prints_it_again(self):
        """The run that comes to nothing says what became of the job."""
        job = self.start("supervisor-reaped", "kill")
        self.office.points.disarm()
        self.cups.wait_state(job, "stopped")
        wait_for(lambda: self.release() and self.ipp.job(job)["job-state"] == 7, "the end", 30, 0.3)
        self.assertRegex(self.ipp.job(job)["job-printer-state-message"],
                         "Of this job's 3 mails only number 1 went out; mail 2: .*554 5.6.0")
        self.assertEqual(self.subjects(job), ["(1/3)"])


class PrintedAgain(Unknown):
    def test_at_every_step(self):
        for point in UNKNOWN:
            with self.subTest(point):
                job = self.lose(point)
                self.assertEqual(self.office.mails(job), [])
                done = self.release()
                self.assertEqual(done.stdout, f"Printing job {self.office.names[job]} again, which "
                                 "cupsd takes for done: nothing of it was sent.\n")
                self.assert_one_mail(job)

    def test_several(self):
        jobs = [self.lose(queue=number) for number in range(4)]
        self.assertEqual(len(self.release().stdout.splitlines()), 4)
        for job in jobs:
            self.assert_one_mail(job)

    def test_it_is_lost_again(self):
        job = self.lose()
        self.office.points.arm("worker-start", "wait")
        self.release()
        wait_for(self.office.points.hit, "the next run", 30)
        self.office.kill_programs()
        self.end(job)
        self.assertEqual(self.office.mails(job), [])
        self.release()
        self.assert_one_mail(job)

    def test_after_the_entry(self):
        """It is open, and no more."""
        for point in ("filter-start", "journal-opened", "spooled"):
            with self.subTest(point):
                job = self.lose(point)
                self.assertEqual(self.listed(), {job: "lost"})
                self.release()
                self.assert_one_mail(job)

    def test_the_worker_fails_alone(self):
        """Its orphan is settled by the run that cupsd makes."""
        job = self.start("worker-start")
        self.office.kill_programs(("mailto", "scantoemail"))
        self.end(job)
        self.assertEqual(len(os.listdir(os.path.join(self.cups.state, "orphans"))), 1)
        self.release()
        self.assert_one_mail(job)
        self.assertEqual(os.listdir(os.path.join(self.cups.state, "orphans")), [])

    def test_several_documents(self):
        """Killed while the first of them is in the filter; cupsd goes on with the next."""
        path = os.path.join(self.cups.base, "document.pdf")
        with open(path, "wb") as file:
            file.write(SMALL)
        for point in ("filter-start", "worker-start"):
            with self.subTest(point):
                self.office.points.arm(point, "wait")
                title = f"{self.id()} {point}"
                job = self.cups.lp(self.office.queues[0], "-t", title, path, path)
                self.office.titles[job], self.office.names[job] = title, f"office-0-{job}"
                wait_for(self.office.points.hit, "the filter", 30)
                self.office.kill_programs()
                self.office.points.disarm()
                self.cups.wait_state(job, "completed", "stopped")
                wait_for(lambda: self.release() and self.office.mails(job), "the mail", 30, 0.5)
                self.assert_one_mail(job)

    def test_a_queue_is_listed(self):
        job = self.lose()
        self.assertEqual(self.listed(), {job: "lost"})
        self.release()
        self.assert_one_mail(job)
        self.assertEqual(self.listed(), {})

    def test_a_person_restarts_it(self):
        job = self.lose()
        self.cups.run("lp", "-i", str(job), "-H", "restart")
        wait_for(lambda: self.office.mails(job), "the mail", 30)
        self.cups.wait_state(job, "completed")
        self.assert_one_mail(job)

    def test_a_restart_is_lost(self):
        """Whoever restarted a job that had been mailed is told, and nobody gets it unasked."""
        job = self.office.print(self.id(), SMALL)
        self.cups.wait_state(job, "completed")
        self.assert_silent()
        # cupsd tells the times of two runs by the second.
        ended = self.ipp.job(job)["time-at-completed"]
        wait_for(lambda: time.time() >= ended + 3, "the clock to show another time")
        self.office.points.arm("worker-start", "wait")
        self.cups.run("lp", "-i", str(job), "-H", "restart")
        wait_for(self.office.points.hit, "the next run", 30, 0.005)
        self.office.kill_programs()
        self.end(job)
        self.assertRegex(self.release().stderr,
                         f"job {self.office.names[job]} of tester .*mailed before")
        self.assert_one_mail(job)
        self.cups.run("lp", "-i", str(job), "-H", "restart")
        wait_for(lambda: len(self.office.mails(job)) == 2, "the second mail", 30)
        self.end(job)
        self.assert_silent()

    def test_two_releases_at_once(self):
        jobs = [self.lose() for _ in range(3)]
        releases = [subprocess.Popen(["oauth-setup", "release", "--due"], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, env=self.cups.environment())
                    for _ in range(4)]
        for release in releases:
            self.assertEqual(release.wait(60), 0)
        for job in jobs:
            self.assert_one_mail(job)

    def test_cupsd_and_the_machine_went_down(self):
        job = self.lose()
        self.cups.restart()
        self.release()
        self.assert_one_mail(job)

    def test_a_class(self):
        self.cups.run("lpadmin", "-p", self.office.queues[0], "-c", "both")
        self.cups.run("lpadmin", "-p", self.office.queues[1], "-c", "both")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "both")
        self.cups.run("cupsenable", "both")
        self.cups.run("cupsaccept", "both")
        self.release()  # which sees the class for the first time
        self.office.points.arm("worker-start", "wait")
        path = os.path.join(self.cups.base, "document.pdf")
        with open(path, "wb") as file:
            file.write(SMALL)
        job = self.cups.lp("both", "-t", self.id(), path)
        self.office.titles[job] = self.id()
        wait_for(self.office.points.hit, "the worker", 30)
        self.office.kill_programs()
        self.end(job)
        self.release()
        self.assert_one_mail(job)

    def test_what_is_no_loss(self):
        """Canceled, sent, and what somebody removed the entry of, after he was told of it."""
        sent = self.office.print(f"{self.id()} sent", SMALL)
        self.cups.wait_state(sent, "completed")
        canceled = self.start("worker-start")
        self.ipp.cancel(canceled)
        self.end(canceled, "canceled")
        told = self.lose("dot-sent")
        self.assertIn("may have been mailed", self.release().stderr)
        for name in os.listdir(os.path.join(self.cups.state, "journal")):
            if f"-{told}-" in name or f"-{sent}-" in name:
                os.unlink(os.path.join(self.cups.state, "journal", name))
        self.assert_silent()
        self.assertEqual([len(self.office.mails(job)) for job in (sent, canceled)], [1, 0])
        self.assertLessEqual(len(self.office.mails(told)), 1)

    def test_a_history_from_before(self):
        """Without a journal nobody knows what became of it."""
        job = self.lose()
        shutil.rmtree(os.path.join(self.cups.state, "journal"))
        self.assert_silent()
        self.assert_silent()
        self.assertEqual(self.office.mails(job), [])
        job = self.lose()
        self.release()
        self.assert_one_mail(job)

    def test_without_cupsd(self):
        job = self.lose()
        self.cups.stop()
        self.assertIn("cannot be reached",
                      self.office.world.setup("release", "--due", check=False).stderr)
        self.cups.start()
        self.release()
        self.assert_one_mail(job)


class WithoutDocuments(Unknown):
    CUPSD = "PreserveJobFiles No\n"

    def test_told_once(self):
        told = os.path.join(self.cups.base, "told")
        command = os.path.join(self.cups.base, "notify")
        with open(told, "w"):
            os.chmod(told, 0o666)
        with open(command, "w") as file:
            file.write(f'#!/bin/sh\nprintf "%s|" "$@" >>{told}\necho >>{told}\n')
        os.chmod(command, 0o755)
        self.office.configure(notify_command=command)
        job = self.lose()
        done = self.release()
        name, sentence = self.office.names[job], "cupsd no longer has its documents"
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count(sentence), 1)
        self.assertIn(f"job {name} of tester ({self.office.titles[job]}): The job was lost", done.stderr)
        self.assert_silent()
        self.assertEqual(self.listed(), {})
        with open(told) as file:
            (call,) = file.readlines()
        self.assertTrue(call.startswith(f"job-given-up|{name}|The job was lost"), call)
        self.assertIn(sentence, call)
        self.assertTrue(call.endswith(f"|tester|{self.office.titles[job]}|\n"), call)
        self.assertEqual(self.office.mails(job), [])
