# SPDX-License-Identifier: Apache-2.0
"""What end-to-end tests share: the world, a queue, and the questions asked of every mail."""

import os
import shutil
import tempfile
import threading
import time
import unittest

from . import documents, mail
from .cups import ROOT
from .ipp import NOT_POSSIBLE, IppError
from .process import LIBC, wait_for
from .smtp import SmtpServer
from .world import ACCOUNT, TO, shared_world

PROGRAMS = ("mailto", "mailto-worker", "scantoemail")
LEFT = ("mailto", "scantoemail")  # where the worker has to finish something
IDLE = 3

LANDLOCK_CREATE_RULESET, VERSION = 444, 1
needs_landlock = unittest.skipUnless(LIBC.syscall(LANDLOCK_CREATE_RULESET, None, 0, VERSION) > 0,
                                     "this kernel has no Landlock")
needs_root = unittest.skipUnless(ROOT, "needs root: cupsd must start our backend as root")


class EndToEnd(unittest.TestCase):
    queue = "scan-email"
    uri = "mailto:" + TO.replace("@", "%40")

    @classmethod
    def setUpClass(cls):
        cls.world = shared_world()
        cls.cups = cls.world.cups
        cls.ipp = cls.cups.ipp
        cls.sink = cls.world.sink
        cls.files = tempfile.mkdtemp(prefix="files-", dir=cls.world.directory)
        cls.addClassCleanup(shutil.rmtree, cls.files)
        cls.world.configure()
        cls.cups.add_queue(cls.queue, cls.uri)

    def setUp(self):
        self.sink.reset()
        self.addCleanup(self.leave_quiet)

    def leave_quiet(self):
        """No test leaves a job behind that could mail into the next one."""
        for job in self.ipp.unfinished_jobs():
            try:
                self.ipp.cancel(job)
            except IppError as error:  # it has just ended
                self.assertEqual(error.status, NOT_POSSIBLE)
            self.cups.wait_state(job)
        self.cups.run("cupsenable", self.queue)

    def file(self, name, data):
        path = os.path.join(self.files, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def configure(self, **options):
        """As World.configure, until the test's end."""
        self.world.configure(**options)
        self.addCleanup(self.world.configure)

    def submission_server(self, **options):
        """A scripted submission server with our certificate, configured until the test's end."""
        queue = options.pop("queue", None)
        server = SmtpServer(options.pop("certificate", self.world.certificate),
                            accepts=options.pop("accepts", None), **options)
        self.addCleanup(server.close)
        self.configure(smtp_server=server.url, queue=queue)
        return server

    def cancel(self, job, queue=None, programs=PROGRAMS):
        """Whatever the job waits for, its cancel is over within a second: the printer is idle, and
        the programs have ended."""
        started = time.monotonic()
        programs = programs if ROOT else ()  # an ordinary user's cupsd signals no process group

        def is_over():
            return (self.ipp.printer(queue or self.queue)["printer-state"] == IDLE
                    and not any(map(self.cups.processes, programs)))

        self.ipp.cancel(job)
        self.assertEqual(self.cups.wait_state(job), "canceled")
        wait_for(is_over, "cupsd and our programs to be done with the job", 1, 0.02)
        self.assertLess(time.monotonic() - started, 1.3)

    def wait_workers(self, number=0, seconds=5):
        """Waits until so many workers are there; returns their ids."""
        def workers():
            found = self.cups.processes("mailto-worker")
            return [found] if len(found) == number else None

        return wait_for(workers, f"{number} workers", seconds)[0]

    # Questions.

    def assert_sound(self, message):
        self.assertEqual(mail.faults(message.data), [])

    def the_mail(self, job, server=None):
        """The one mail that the completed job made, checked on the wire; the Message as it came."""
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        messages = (server or self.sink).wait_messages(1)
        self.assertEqual(len(messages), 1)
        self.assert_sound(messages[0])
        return messages[0]

    def parsed_mail(self, job, server=None):
        return mail.parse(self.the_mail(job, server).data)

    def assert_no_mail(self, job, state, *words, server=None):
        """The job ends (or rests) in state, its message holds the words, and nothing was mailed."""
        self.assertEqual(self.cups.wait_state(job, "held", "canceled", "aborted", "completed",
                                              "stopped"), state, self.cups.job_log(job))
        self.assertEqual((server or self.sink).messages, [])
        for word in words:
            self.assertIn(word, self.message(job))

    def hold_refresh(self, start):
        """What start() returns, whose request waits at the provider until hold(False), and the
        number of requests before."""
        before = self.world.provider.count("POST /token")
        self.world.provider.hold()
        self.addCleanup(self.world.provider.hold, False)
        started = start()
        wait_for(lambda: self.world.provider.count("POST /token") > before, "the request")
        return started, before

    def message(self, job):
        """What lpstat shows of the job."""
        return self.ipp.job(job).get("job-printer-state-message") or ""

    def reasons(self, job):
        value = self.ipp.job(job).get("job-printer-state-reasons")
        return value if isinstance(value, list) else [value]


class Printing(threading.Thread):
    """Prints one job after the other, until the test's end at the latest, while something changes
    that they should not notice."""

    def __init__(self, test):
        super().__init__(daemon=True)
        self.jobs = []
        self._test = test
        self._path = test.file("meanwhile.pdf", documents.pdf())
        self._stopped = threading.Event()
        test.addCleanup(self.stop)
        self.start()

    def run(self):
        while not self._stopped.wait(0.3):
            self.jobs.append(self._test.cups.lp(self._test.queue, self._path))

    def stop(self):
        self._stopped.set()
        self.join()

    def wait_for_another(self):
        done = len(self.jobs)
        wait_for(lambda: len(self.jobs) > done, "another job")

    def assert_undisturbed(self):
        """Every job was done at the first go, and arrived once."""
        self.stop()
        for job in self.jobs:
            self._test.assertEqual(self._test.cups.wait_state(job), "completed")
            self._test.assertNotIn("returned status", self._test.cups.job_log(job))
        self._test.assertEqual(len(self._test.sink.messages), len(self.jobs))


__all__ = ["ACCOUNT", "LEFT", "TO", "EndToEnd", "Printing", "needs_landlock", "needs_root"]
