# SPDX-License-Identifier: Apache-2.0
"""Many jobs through a cupsd of their own, in programs that can be killed at named points
(common/fault.h): an office of several queues, its submission server, and what became of each job."""

import collections
import hashlib
import os
import signal

from . import build, documents, mail
from .installation import Installation
from .ipp import JOB_STATES
from .process import Timeout, processes_with, wait_for
from .provider import CLIENT_ID
from .smtp import SmtpServer
from .world import ACCOUNT, TO, World, section

OTHER = "second@example.test"
FINAL = ("completed", "canceled", "aborted")

# cupsd would forget jobs, and tell more of itself than of them.
CUPSD = "MaxJobs 0\nLogLevel info\n"


class FaultPoints:
    """What is to happen at which point of our programs; see common/fault.h."""

    def __init__(self, base):
        self._rules = os.path.join(base, "fault-points")
        self._hits = self._rules + ".hits"
        for path in (self._rules, self._hits):
            with open(path, "w"):
                os.chmod(path, 0o666)

    def arm(self, point, action):
        """From now on, action happens to the first process that comes to the point."""
        os.truncate(self._hits, 0)
        self._write(f"{point} {action}\n")

    def disarm(self):
        self._write("")

    def set_clocks(self, **milliseconds):
        """What is to be waited at most (SeSmtpTimeouts), instead of anything else."""
        self._write("".join(f"timeout {name} {time}\n" for name, time in milliseconds.items()))

    def _write(self, text):
        """In place, as processes that run hold the file open."""
        with open(self._rules, "r+") as file:
            file.write(text)
            file.truncate()

    def hit(self):
        """The process that came to the point, once one has."""
        with open(self._hits) as file:
            line = file.readline()
        return int(line.split()[1]) if line.endswith("\n") else None


Delivery = collections.namedtuple("Delivery", "digest message_id")


class Outbox(SmtpServer):
    """A submission server that keeps of each mail what tells it from others, by its subject."""

    def __init__(self, certificate, **options):
        super().__init__(certificate, **options)
        self.delivered = collections.defaultdict(list)
        self.unsound = []  # subjects of mails that were not well formed, or cut

    def deliver(self, message):
        header = message.data.split(b"\r\n\r\n", 1)[0]
        parsed = mail.parse(header + b"\r\n\r\n")
        delivery = Delivery(hashlib.sha256(message.data).hexdigest(), str(parsed["Message-ID"]))
        end = f"--{parsed.get_boundary()}--\r\n".encode()
        sound = message.data.endswith(end) and (len(message.data) > 50_000
                                                or not mail.faults(message.data))
        message.data = b""
        with self._changed:
            self.delivered[str(parsed["Subject"])].append(delivery)
            if not sound:
                self.unsound.append(str(parsed["Subject"]))
            self._changed.notify_all()


class Office:
    """Queues of two accounts, and jobs that are known by their titles. queue: keys of [queue *]."""

    def __init__(self, queues, retry_interval=1, cupsd="", queue=None, server=Outbox,
                 installation=None):
        self.world = World(installation or Installation(build.with_fault_points()),
                           retry_interval=retry_interval, cupsd=CUPSD + cupsd)
        self.cups = self.world.cups
        self.ipp = self.cups.ipp
        try:
            self.points = FaultPoints(self.cups.base)
            self.server = server(self.world.certificate)
            self._configure(queue or {})
            self.queues = [f"office-{number}" for number in range(queues)]
            for number, name in enumerate(self.queues):
                account = (ACCOUNT, OTHER)[number % 2]
                self.cups.add_queue(name, f"mailto:{TO}?from={account}".replace("@", "%40"))
        except BaseException:
            self.world.close()
            raise
        self.titles = {}  # of the jobs, by id

    def _configure(self, queue):
        """Faults are to be the only thing that keeps a job back."""
        self.world.configure(
            smtp_server=self.server.url, provider={"max-connections": 1000, "max-rate": 1000000},
            queue={"subject": "%{title}", "retry-for": "0s", "retry-interval": "1s",
                   "in-doubt-interval": "1s", **queue},
            more=section(f"account {OTHER}", {"provider": "intranet", "client-id": CLIENT_ID}))
        self.world.sign_in()
        self.world.login(OTHER, "--no-test-mail")

    def print(self, title, document, number=None, mime=None):
        """A job on one of the queues, in turn; returns its id."""
        queue = self.queues[(len(self.titles) if number is None else number) % len(self.queues)]
        job = self.ipp.print_job(queue, document, title=title, mime=mime)
        self.titles[job] = title
        return job

    # What happens to them.

    def restart_cupsd(self, everything=False):
        """As after kill -9 of it, or of all that it has started, too."""
        self.cups.stop(signal.SIGKILL)
        if everything:
            for pid in processes_with("CUPS_SERVERROOT", self.cups.base):
                kill(pid)
        self.cups.start()

    def states(self):
        """State by id, of all jobs."""
        jobs = self.ipp.jobs()
        return {job: JOB_STATES[jobs[job]["job-state"]] if job in jobs else "lost"
                for job in self.titles}

    def mails(self, job):
        """What was delivered of a job, in order."""
        with self.server._changed:
            return list(self.server.delivered[self.titles[job]])

    def recover(self, seconds):
        """What timers and cupsd do by themselves, until every job has ended. Returns the states."""
        def ended():
            self.world.setup("release", "--due")
            states = self.states()
            return states if set(states.values()) <= set(FINAL) else None

        try:
            return wait_for(ended, "all jobs to end", seconds, 0.3)
        except Timeout:
            return self.states()

    def close(self):
        self.server.close()
        return self.world.close()


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # it has just ended


SMALL = documents.pdf()

__all__ = ["FINAL", "SMALL", "Office", "Outbox", "kill"]
