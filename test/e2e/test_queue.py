# SPDX-License-Identifier: Apache-2.0
"""`oauth-setup queue`: what waits, why, and until when, as cupsd and the journal tell it together; and
what becomes of jobs that cupsd takes for done though they were not sent."""

import json
import os
import re
import shutil
import signal
import time

from . import documents
from .case import TO, EndToEnd
from .process import wait_for
from .smtp import Pause

DONE, USAGE, PERSON = 0, 2, 3
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


class Listed(EndToEnd):
    def setUp(self):
        for name in ("journal", "spool", "orphans"):  # at the very end
            self.addCleanup(shutil.rmtree, os.path.join(self.cups.state, name), True)
        super().setUp()
        self.world.setup("release", "--due")  # removes what is left of canceled jobs
        self.server = self.submission_server(queue={"retry-for": "0s", "retry-interval": "1h"})


class Waiting(Listed):
    def print(self, *words):
        return self.cups.lp(self.queue, *words, self.file("waits.pdf", documents.pdf()))

    def listed(self, *words, status=None):
        done = self.world.setup("queue", "--json", *words, check=False)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def the_one(self, job, status):
        (one,) = self.listed(status=status)
        self.assertEqual(one["job"], f"{self.queue}-{job}")
        self.assertEqual((one["queue"], one["id"]), (self.queue, job))
        return one

    def shown(self, *words):
        return self.world.setup("queue", *words, check=False).stdout

    def entry(self):
        """The path of the only entry that is not accepted."""
        (path,) = [one["entry"] for one in self.listed()]
        return path

    def test_nothing(self):
        self.assertEqual(self.listed(status=DONE), [])
        self.assertIn("No job waits", self.shown(self.queue))
        self.assertEqual(self.world.setup("queue", "nowhere", check=False).returncode, USAGE)

    def test_a_job_that_is_sent(self):
        pause = self.server.at("mail", Pause())
        job = self.print()
        pause.wait()
        one = self.the_one(job, DONE)
        self.assertEqual((one["state"], one["attempts"], one["mails"]), ("sending", 1, 1))
        pause.go()
        self.the_mail(job, self.server)  # which the look did not disturb
        self.assertNotIn("returned status", self.cups.job_log(job))
        self.assertEqual(self.listed(status=DONE), [])

    def test_a_job_that_waits_for_a_time(self):
        self.server.at("dot", "451 4.3.0 come again", times=9)
        job = self.print("-t", "Minutes of\x1b[2J May")
        self.cups.wait_job_log(job, "next try is at")  # after cupsd's own retry
        self.cups.wait_state(job, "held")
        one = self.the_one(job, DONE)
        self.assertEqual((one["state"], one["attempts"]), ("deferred", 2))
        self.assertIsNone(one["in_doubt_since"])
        self.assertIn("451 4.3.0 come again", one["reply"])
        self.assertIn("451 4.3.0 come again", one["message"])
        self.assertEqual([recipient["address"] for recipient in one["recipients"]], [TO])
        for time in ("created", "first_try", "next_try", "give_up"):
            self.assertRegex(one[time], TIME)
        self.assertEqual(one["size"], os.path.getsize(one["documents"]))
        text = self.shown()
        self.assertIn("2 times since", text)
        self.assertIn("Minutes of", text)
        self.assertNotIn("\x1b", text)

    def test_a_job_in_doubt(self):
        self.server.at("dot", "drop", times=9)
        job = self.print()
        self.cups.wait_state(job, "held")
        self.assertRegex(self.the_one(job, DONE)["in_doubt_since"], TIME)
        self.assertIn("in doubt", self.shown())

    def test_a_job_that_needs_a_person(self):
        self.server.at("mail", "550 5.7.60 SMTP; Client does not have permissions to send as this "
                               "sender")
        job = self.print()
        self.cups.wait_state(job, "held")
        one = self.the_one(job, PERSON)
        self.assertEqual((one["state"], one["give_up"]), ("person", None))
        self.assertIn("oauth-setup release", one["message"])

    def test_jobs_that_cupsd_keeps_back(self):
        self.cups.run("cupsdisable", "-r", "moved to the\x1b[2J hall", self.queue)
        self.addCleanup(self.cups.run, "cupsenable", self.queue)
        waits = self.print()
        held = self.print("-H", "hold")
        found = {one["id"]: one["state"] for one in self.listed(status=PERSON)}
        self.assertEqual(found, {waits: "stopped", held: "held"})
        shown = self.shown()
        self.assertIn("moved to the", shown)
        self.assertNotIn("\x1b", shown)
        self.assertEqual(self.server.attempts, [])
        (command,) = re.findall("start the queue: (cupsenable .*)", shown)
        self.cups.run(*command.split())
        self.assertEqual(self.cups.wait_state(waits), "completed")

    def test_a_canceled_job_and_one_that_cupsd_forgot(self):
        self.server.at("mail", "451 4.3.0 later", times=9)
        job = self.print()
        self.cups.wait_state(job, "held")
        entry = self.entry()
        self.cups.run("cancel", str(job))
        one = self.the_one(job, DONE)
        self.assertEqual((one["state"], one["give_up"]), ("canceled", None))
        self.cups.run("cancel", "-a", "-x", self.queue)
        self.assertEqual(self.the_one(job, PERSON)["state"], "forgotten")
        self.assertIn(f"then remove {entry}", self.shown())
        os.unlink(entry)

    def test_a_job_that_is_moved_to_another_queue(self):
        """It is that queue's mail, and no other."""
        self.cups.add_queue("second", "mailto:second%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "second")
        for refusal in ("451 4.3.0 later", "550 5.7.60 SMTP; Client does not have permissions to "
                                           "send as this sender"):
            with self.subTest(refusal):
                self.server.reset()
                self.server.at("mail", refusal, times=2)
                job = self.print()
                wait_for(lambda: any(words in self.message(job) for words in
                                     ("next try is at", "oauth-setup release")), "our hold", 40)
                self.cups.wait_state(job, "held")
                self.server.reset()
                self.cups.run("lpmove", f"{self.queue}-{job}", "second")
                found = {one["job"]: one["state"] for one in self.listed()}
                self.assertEqual(found.pop(f"{self.queue}-{job}"), "moved")
                self.assertIn(found.pop(f"second-{job}"), ("deferred", "person"))
                self.assertEqual(found, {})
                self.world.setup("release")
                self.assertEqual(self.the_mail(job, self.server).recipients, ["second@example.test"])
                self.world.setup("release")
                self.world.setup("release", "--due")
                self.assertEqual(self.listed(status=DONE), [])
                self.assertEqual(len(self.server.messages), 1)
                self.assertEqual(os.listdir(os.path.join(self.cups.state, "spool")), [])

    def test_a_damaged_entry(self):
        self.server.at("mail", "451 4.3.0 later", times=9)
        job = self.print()
        self.cups.wait_state(job, "held")
        entry = self.entry()
        with open(entry, "r+") as file:
            file.truncate(os.path.getsize(entry) // 2)
        one = self.the_one(job, DONE)  # the next try finds it, and holds the job for a person
        self.assertIn(entry, one["damage"])
        self.assertIn("damaged", self.shown())
        os.unlink(entry)


class Lost(Listed):
    """Jobs whose filter and supervisor were killed: cupsd takes them for done, whatever becomes of the
    worker."""

    def lose(self, step, *replies, worker=False):
        """A job that cupsd takes for done at a step; the worker is killed as well, or gets the
        replies."""
        pause = self.server.at(step, Pause())
        job = self.cups.lp(self.queue, self.file("lost.pdf", documents.pdf()))
        pause.wait()
        for program in ("scantoemail", "mailto") + (("mailto-worker",) if worker else ()):
            for pid in self.cups.processes(program):
                os.kill(pid, signal.SIGKILL)
        for reply in replies:
            self.server.at(*reply)
        pause.go()
        wait_for(lambda: not self.cups.processes("mailto-worker"), "the worker to end")
        self.assertEqual(self.cups.wait_state(job), "completed")
        return job

    def states(self):
        done = self.world.setup("queue", "--json", check=False)
        return [one["state"] for one in json.loads(done.stdout)]

    def orphans(self):
        path = os.path.join(self.cups.state, "orphans")
        return os.listdir(path) if os.path.exists(path) else []

    def restart(self, job):
        # cupsd tells the ends of two runs apart by the second.
        ended = self.ipp.job(job)["time-at-completed"]
        wait_for(lambda: time.time() >= ended + 1, "another second")
        self.cups.run("lp", "-i", str(job), "-H", "restart")
        self.assertEqual(self.cups.wait_state(job, "completed"), "completed")
        wait_for(lambda: not self.cups.processes("mailto"), "the backend to end")

    def test_release_sends_it(self):
        job = self.lose("mail", ("rcpt", "451 4.3.0 later"))
        self.assertEqual((self.states(), len(self.orphans())), (["lost"], 1))
        self.assertIn("oauth-setup release' sends it", self.world.setup("queue", check=False).stdout)
        self.assertIn(f"-{job}", self.world.setup("release").stdout)
        self.assertEqual((self.states(), self.orphans()), ([], []))
        self.the_mail(job, self.server)
        self.world.setup("release")
        self.restart(job)  # by a person who did not know
        self.assertEqual(len(self.server.messages), 1)
        self.restart(job)  # by one who wants another
        self.assertEqual(len(self.server.messages), 2)

    def test_a_person_restarts_it(self):
        job = self.lose("mail", ("rcpt", "451 4.3.0 later"))
        self.restart(job)
        self.the_mail(job, self.server)
        self.world.setup("release", "--due")
        self.assertEqual((self.states(), self.orphans()), ([], []))
        self.assertEqual(len(self.server.messages), 1)

    def test_the_worker_was_killed_as_well(self):
        job = self.lose("mail", worker=True)
        self.assertEqual((self.states(), self.orphans()), (["lost"], []))
        self.world.setup("release", "--due")
        self.the_mail(job, self.server)
        self.assertEqual(self.states(), [])

    def test_a_queue_whose_name_begins_with_a_dot(self):
        """cupsd takes it for a name like others."""
        self.queue = ".scan"
        self.addCleanup(delattr, self, "queue")
        self.cups.add_queue(self.queue, self.uri)
        self.addCleanup(self.cups.run, "lpadmin", "-x", self.queue)
        job = self.lose("mail", ("rcpt", "451 4.3.0 later"))
        self.assertEqual((self.states(), self.orphans()), (["lost"], [f"%2Escan-{job}"]))
        self.assertIn(f".scan-{job}", self.world.setup("release").stdout)
        self.assertEqual((self.states(), self.orphans()), ([], []))
        self.the_mail(job, self.server)

    def test_in_doubt_without_a_word(self):
        self.lose("dot", worker=True)
        told = self.world.setup("release").stderr
        self.assertIn("may have been mailed", told)
        self.assertLessEqual(len(self.server.messages), 1)
        (path,) = re.findall(r"remove (\S+)", told)
        self.assertEqual(self.states(), ["lost"])
        os.unlink(path)
        self.assertEqual(self.states(), [])

    def test_one_that_cannot_be_sent_is_told_and_tried_again_later(self):
        self.lose("mail", ("rcpt", "451 4.3.0 later"))
        self.server.at("mail", "451 4.3.0 not now")
        self.assertIn("451 4.3.0 not now", self.world.setup("release").stderr)
        self.assertEqual(self.world.setup("release", "--due").stderr, "")
        self.assertEqual(self.states(), ["lost"])
        self.world.setup("release")
        self.assertEqual((self.states(), len(self.server.messages)), ([], 1))
