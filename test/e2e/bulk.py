# SPDX-License-Identifier: Apache-2.0
"""Many jobs through a cupsd of their own, in programs that can be killed at named points
(common/fault.h): an office of several queues, its submission server, and what became of each job."""

import collections
import hashlib
import os
import signal
import threading

from . import build, documents, mail
from .installation import Installation
from .ipp import JOB_STATES
from .process import Timeout, processes_with, wait_for
from .provider import CLIENT_ID
from .smtp import SmtpServer
from .world import ACCOUNT, TO, World, section

OTHER = "second@example.test"
FINAL = ("completed", "canceled", "aborted")
LOOK = "look whether it has arrived"
PROGRAMS = ("mailto", "mailto-worker", "scantoemail")
MOST = 3  # a mail in doubt is sent again twice

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


Delivery = collections.namedtuple("Delivery", "digest message_id session")


def words_of(pid, name):
    """The words of a process's command line or its status; nothing if it is gone."""
    try:
        with open(f"/proc/{pid}/{name}") as file:
            return file.read().split("\0" if name == "cmdline" else None)
    except OSError:
        return []


def job_of(pid):
    """The id of the job that a program of ours works on."""
    words = words_of(pid, "cmdline")
    return int(words[1]) if len(words) > 5 and words[1].isdigit() else None


class Outbox(SmtpServer):
    """A submission server that keeps of each mail what tells it from others, by its subject."""

    def __init__(self, certificate, **options):
        super().__init__(certificate, **options)
        self.delivered = collections.defaultdict(list)
        self.unsound = []  # subjects of mails that were not well formed, or cut

    def deliver(self, message):
        header = message.data.split(b"\r\n\r\n", 1)[0]
        parsed = mail.parse(header + b"\r\n\r\n")
        delivery = Delivery(hashlib.sha256(message.data).hexdigest(), str(parsed["Message-ID"]),
                            message.session)
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
            self._queue = queue or {}
            self.configure()
            self.world.sign_in()
            self.world.login(OTHER, "--no-test-mail")
            self.queues = [f"office-{number}" for number in range(queues)]
            for number, name in enumerate(self.queues):
                account = (ACCOUNT, OTHER)[number % 2]
                self.cups.add_queue(name, f"mailto:{TO}?from={account}".replace("@", "%40"))
            self.world.setup("release", "--due")  # from now on no job of theirs is lost unseen
        except BaseException:
            self.world.close()
            raise
        self.titles = {}  # of the jobs, by id
        self.names = {}  # QUEUE-ID

    def configure(self, notify_command=None):
        """Faults are to be the only thing that keeps a job back."""
        server = {"notify-command": notify_command} if notify_command else {}
        self.world.configure(
            smtp_server=self.server.url, provider={"max-connections": 1000, "max-rate": 1000000},
            queue={"subject": "%{title}", "retry-for": "0s", "retry-interval": "1s",
                   "in-doubt-interval": "1s", **self._queue},
            more=section(f"account {OTHER}", {"provider": "intranet", "client-id": CLIENT_ID}),
            **server)

    def print(self, title, document, number=None, mime=None):
        """A job on one of the queues, in turn; returns its id."""
        queue = self.queues[(len(self.titles) if number is None else number) % len(self.queues)]
        job = self.ipp.print_job(queue, document, title=title, mime=mime)
        self.titles[job] = title
        self.names[job] = f"{queue}-{job}"
        return job

    # What happens to them.

    def restart_cupsd(self, everything=False):
        """As after kill -9 of it, or of all that it has started, too."""
        self.cups.stop(signal.SIGKILL)
        if everything:
            for pid in processes_with("CUPS_SERVERROOT", self.cups.base):
                kill(pid)
        self.cups.start()

    def kill_programs(self, programs=PROGRAMS, job=None):
        """All of them, or those of one job, at once, as the OOM killer ends a group: none sees
        another one's end."""
        pids = [pid for program in programs for pid in self.cups.processes(program)
                if job is None or job_of(pid) == job]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                kill(pid, number)

    def running(self):
        return [pid for program in PROGRAMS for pid in self.cups.processes(program)]

    def states(self, jobs=None):
        """State by id, of all jobs."""
        jobs = self.ipp.jobs() if jobs is None else jobs
        return {job: JOB_STATES[jobs[job]["job-state"]] if job in jobs else "lost"
                for job in self.titles}

    def mails(self, job):
        """What was delivered of a job, in order."""
        with self.server._changed:
            return list(self.server.delivered[self.titles[job]])

    def recover(self, seconds):
        """What timers and cupsd do by themselves, until every job has ended, or waits for a person
        who looks whether it has arrived. Returns the states."""
        def ended():
            said = self.world.setup("release", "--due").stderr
            jobs = self.ipp.jobs()
            states = self.states(jobs)
            resting = {job: state for job, state in states.items() if state not in FINAL
                       and LOOK not in jobs[job].get("job-printer-state-message", "")}
            if resting and all(state == "pending" and self.mails(job)
                               for job, state in resting.items()):
                self.cups.restart()  # cupsd 2.4.2 forgets jobs done just before its own end
            return not resting and self.lost(states) == self._named(states, said) and states

        try:
            return wait_for(ended, "all jobs to end", seconds, 0.3)
        except Timeout:
            return self.states()

    def lost(self, states):
        """Completed jobs without a mail."""
        return {job for job, state in states.items()
                if state == "completed" and not self.mails(job)}

    def told(self, states):
        """Those of them that an administrator hears of: all of their programs were killed when only
        the server knew whether it had the mail."""
        return self._named(states, self.world.setup("release", "--due").stderr)

    def _named(self, states, said):
        return {job for job in self.lost(states) if f" {self.names[job]} " in said}

    def broken_promises(self, states):
        """Jobs that are neither mailed nor kept with a reason, and mails that are there twice
        without need: sentences by job."""
        found = {job: "not whole" for job, title in self.titles.items()
                 if title in self.server.unsound}
        jobs = self.ipp.jobs()
        lost = self.lost(states) - self.told(states)
        for job, state in states.items():
            mails = self.mails(job)
            what = f"{state}, {len(mails)} mails: "
            if job in lost:
                found[job] = what + "lost"
            elif state not in FINAL and state != "held":
                found[job] = what + "it does not go on"
            elif state != "completed" and not jobs[job].get("job-printer-state-message"):
                found[job] = what + "nobody says why"
            elif len({(mail.digest, mail.message_id) for mail in mails}) > 1:
                found[job] = what + "they differ"
            # Our QUIT comes when the journal has the reply.
            elif any("QUIT" in mail.session.commands for mail in mails[:-1]):
                found[job] = what + "one was sent although the journal had the one before"
            elif len(mails) > MOST:
                found[job] = what + "too often"
        return found

    def close(self):
        self.server.close()
        return self.world.close()


class Timer(threading.Thread):
    """What systemd's timer does, only more often."""

    def __init__(self, office):
        super().__init__(daemon=True)
        self._office = office
        self._stopped = threading.Event()
        self.start()

    def run(self):
        while not self._stopped.wait(1):
            self._office.world.setup("release", "--due", check=False)  # cupsd may be away

    def stop(self):
        self._stopped.set()
        self.join()


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # it has just ended


SMALL = documents.pdf()

__all__ = ["FINAL", "SMALL", "Office", "Outbox", "Timer", "job_of", "kill", "words_of"]
