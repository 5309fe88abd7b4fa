# SPDX-License-Identifier: Apache-2.0
"""Workers killed, cupsd restarted, jobs cancelled, at every point of a mail's way. In the end there
is one mail, or, where the fate of the final dot was unknown, two of the same bytes."""

import glob
import os
import signal

from . import documents, mail
from .case import LEFT, EndToEnd
from .process import Timeout, wait_for
from .smtp import DROP, Pause

DOCUMENT = documents.pdf(filler=8_000_000)  # more than socket buffers hold: the client must wait


class Crash(EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = self.submission_server(queue={"retry-interval": "1s"})

    def start(self, step):
        """A job that is stopped at a step of its delivery: (job, pause)."""
        pause = self.server.at(step, Pause())
        job = self.cups.lp(self.queue, self.file("document.pdf", DOCUMENT))
        pause.wait()
        return job, pause

    def worker(self):
        (pid,) = self.cups.processes("mailto-worker")
        return pid

    def finish(self, job):
        """Lets a job that rests go on; waits for its end."""
        def completed():
            self.world.setup("release", "--due")
            state = self.ipp.job_state(job)
            if state == "held" and self.reasons(job) == ["none"]:
                self.ipp.release(job)  # cupsd's own hold after a RETRY: it looks every 10 s only
            return state == "completed"

        try:
            wait_for(completed, "the job to complete", 60, 0.5)
        except Timeout as error:
            raise Timeout(f"{error}; it is {self.ipp.job_state(job)} ({self.message(job)}, "
                          f"{self.reasons(job)})\n{self.cups.job_log(job)}") from None

    def assert_one_mail(self, job):
        self.finish(job)
        self.assertEqual(len(self.server.messages), 1)
        self.assert_whole(self.server.messages[0])

    def assert_whole(self, message):
        self.assert_sound(message)
        (attachment,) = mail.attachments(mail.parse(message.data))
        self.assertTrue(attachment.data == DOCUMENT)

    def assert_the_same_mail(self):
        """Every mail that came is the same one."""
        self.assertEqual({message.data for message in self.server.attempts},
                         {self.server.attempts[0].data})

    def assert_queue_alive(self):
        job = self.cups.lp(self.queue, self.file("after.pdf", documents.pdf()))
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))


class KilledWorker(Crash):
    def test_before_the_message(self):
        for step in ("greeting", "mail", "rcpt", "data", "body"):
            with self.subTest(step):
                self.server.reset()
                job, pause = self.start(step)
                os.kill(self.worker(), signal.SIGKILL)
                pause.go()
                self.assert_one_mail(job)
        self.assert_queue_alive()

    def test_after_the_dot(self):
        job, pause = self.start("dot")
        os.kill(self.worker(), signal.SIGKILL)
        self.cups.wait_state(job, "held")
        self.assertIn("doubt", self.message(job))
        pause.go()
        self.finish(job)
        self.assertLessEqual(len(self.server.messages), 2)
        self.assert_the_same_mail()

    def test_after_the_reply(self):
        job, pause = self.start("quit")
        for pid in self.cups.processes("mailto-worker"):
            os.kill(pid, signal.SIGKILL)
        pause.go()
        self.assert_one_mail(job)

    def test_supervisor_killed(self):
        job, pause = self.start("mail")
        (supervisor,) = self.cups.processes("mailto")
        os.kill(supervisor, signal.SIGKILL)
        # cupsd takes that for a success as soon as the worker ends, so the worker must finish alone.
        pause.go()
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.assert_whole(self.server.wait_messages(1)[0])
        wait_for(lambda: not self.cups.processes("mailto-worker"), "the worker to end")
        self.assertEqual(len(self.server.messages), 1)


class RestartedCupsd(Crash):
    SIGNALS = (signal.SIGTERM, signal.SIGKILL)

    def test_while_the_filter_runs(self):
        for sig in self.SIGNALS:
            with self.subTest(sig):
                self.server.reset()
                restore = self.cups.replace_program("filter/texttopdf", "exec sleep 300\n")
                try:
                    job = self.cups.lp(self.queue, stdin=documents.text())
                    wait_for(lambda: self.cups.processes("sleep"), "the converter to run")
                finally:
                    restore()
                self.cups.restart(sig)
                for pid in self.cups.processes("sleep"):
                    os.kill(pid, signal.SIGKILL)
                self.finish(job)
                self.assertEqual(len(self.server.messages), 1)

    def test_in_the_message(self):
        for sig in self.SIGNALS:
            with self.subTest(sig):
                self.server.reset()
                job, pause = self.start("body")
                self.cups.restart(sig)
                pause.go()
                self.assert_one_mail(job)

    def test_after_the_dot(self):
        for sig in self.SIGNALS:
            with self.subTest(sig):
                self.server.reset()
                job, pause = self.start("dot")
                self.cups.stop(sig)
                pause.go()
                self.cups.start()
                self.finish(job)
                self.assertLessEqual(len(self.server.messages), 2)
                self.assert_the_same_mail()

    def test_right_after_the_reply(self):
        for sig in self.SIGNALS:
            with self.subTest(sig):
                self.server.reset()
                job, pause = self.start("quit")
                self.cups.stop(sig)
                pause.go()
                # cupsd 2.4.2 shows a job that it completed while it stopped as pending, until the
                # start after this one.
                self.cups.start()
                self.cups.restart()
                self.assert_one_mail(job)


class Cancelled(Crash):
    def test_in_the_filter(self):
        restore = self.cups.replace_program("filter/texttopdf", "exec sleep 300\n")
        try:
            job = self.cups.lp(self.queue, stdin=documents.text())
            wait_for(lambda: self.cups.processes("sleep"), "the converter to run")
            self.cancel(job)
        finally:
            restore()
            for pid in self.cups.processes("sleep"):
                os.kill(pid, signal.SIGKILL)
        self.assert_queue_alive()

    def test_at_every_step_before_the_dot(self):
        for step in ("greeting", "ehlo", "starttls", "auth", "auth-data", "mail", "rcpt", "data",
                     "body"):
            with self.subTest(step):
                self.server.reset()
                job, pause = self.start(step)
                self.cancel(job)
                pause.go()
                self.assert_queue_alive()
                self.assertEqual(len(self.server.messages), 1)

    def test_after_the_dot(self):
        """For the journal the worker hears the answer out, beside the jobs to come."""
        job, pause = self.start("dot")
        self.cancel(job, programs=LEFT)
        self.assert_queue_alive()
        self.wait_workers(1)
        pause.go()
        self.wait_workers(0)
        self.assertEqual(len(self.server.messages), 2)
        (entry,) = glob.glob(f"{self.cups.state}/journal/{self.queue}-{job}-*[0-9a-f]")
        with open(entry) as file:
            self.assertIn("step=accepted", file.read())

    def test_after_the_dot_without_an_answer(self):
        """Nobody hears of it: no supervisor was killed. cupsd has forgotten the job by then."""
        job, pause = self.start("dot")
        self.cancel(job, programs=LEFT)
        self.cups.run("cancel", "-a", "-x", self.queue)
        pause.go(DROP)
        self.wait_workers(0)
        said = self.world.setup("release", "--due")
        self.assertNotIn(f"-{job}", said.stdout + said.stderr)
        self.assertEqual(len(self.server.attempts), 1)

    def test_while_it_waits_for_another_try(self):
        self.server.at("mail", "451 4.3.0 later", times=9)
        job = self.cups.lp(self.queue, self.file("w.pdf", documents.pdf()))
        self.server.wait_session()
        self.cancel(job)
        self.server.reset()
        self.assert_queue_alive()
