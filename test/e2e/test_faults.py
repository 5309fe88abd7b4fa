# SPDX-License-Identifier: Apache-2.0
"""A submission server with a fault at one step: what becomes of the print job, by the table of
mail/test-smtp-faults.txt. Clocks are short ones (common/fault.h)."""

import concurrent.futures
import os
import queue
import re
import threading
import unittest

from . import build, documents
from .bulk import FaultPoints
from .case import TO
from .installation import TOP, Installation
from .process import wait_for
from .provider import CLIENT_ID, SCOPE
from .smtp import DROP, Pause, SmtpServer, action
from .world import ACCOUNT, World, section

TABLE = os.path.join(TOP, "mail", "test-smtp-faults.txt")
LANES = 4  # accounts, each with a server and a queue of its own
CLOCKS = {"connect": 2000, "session": 4000, "reply": 3000, "stalled": 3000, "dot": 3000}
PERSON = "oauth-authorization-required-error"
DEFERRED = "cups-mailto-deferred-report"

# What the backend returns at the fault, by the table's letter. All jobs are done in the end, but those
# that it cancels.
RETRY, HOLD, CANCEL = 6, 3, 5
STATUSES = {"T": RETRY, "D": RETRY, "C": HOLD, "J": CANCEL, "?": HOLD}

# Those that are each an example of many, for the short version.
SHORT = {
    "greeting": ("4xx", "5xx", "close", "stall", "garbage"),
    "ehlo": ("421", "half"),
    "starttls": ("5xx", "mixed"),
    "tls": ("reset", "stall", "garbage"),
    "ehlo-tls": ("3xx", "endless"),
    "auth": ("bytes", "2xx"),
    "auth-data": ("4xx", "5xx", "mixed"),
    "mail": ("4xx", "5xx", "close", "long", "2xx"),
    "rcpt": ("4xx", "5xx", "421", "stall", "3xx"),
    "data": ("4xx", "5xx", "reset", "2xx"),
    "body": ("4xx", "5xx", "421", "stall", "garbage"),
    "dot": ("4xx", "5xx", "421", "close", "reset", "stall", "garbage", "bytes", "mixed"),
    "quit": ("5xx", "reset", "stall"),
}
# Those that come twice.
LASTING, LASTING_LETTERS = ("4xx", "close"), "TD?"


# Several faults together, or what is none at one step alone: steps with what is done there (as in
# the table), and the letter.
OTHERS = {
    "421 in one record with the 235":
        ([("auth-data", "last", "235 2.7.0 ok\r\n421 4.4.2 bye")], "T"),
    "AUTH vanishes after STARTTLS":
        ([("ehlo", "reply", "250-x\r\n250-AUTH XOAUTH2\r\n250 STARTTLS"),
          ("ehlo-tls", "reply", "250-x\r\n250 SIZE 1000000")], "C"),
    "replies injected after STARTTLS":
        ([("starttls", "reply", "220 go\r\n250-x\r\n250-AUTH XOAUTH2\r\n250 SIZE 1")], "T"),
    "early 552 and close": ([("body", "last", "552 5.3.4 too much")], "J"),
    "early 250": ([("body", "reply", "250 2.0.0 queued")], "T"),
    "one reply too many": ([("mail", "reply", "250 2.1.0 ok\r\n250 2.1.5 ok")], "T"),
    "greeting 421, then silence, then garbage after the dot":
        ([("greeting", "last", "421 4.4.2 busy"), ("dot", "reply", "so what?")], "T?"),
    "refused RCPT, RSET unanswered": ([("rcpt", "reply", "550 5.1.1 no"), ("rset", "drop")], "J"),
    "252": ([("rcpt", "reply", "252 2.5.0 cannot tell, but takes it")], "+"),
}


class Case:
    def __init__(self, name, rules, letters):
        """rules: (step, kind, text) each; letters: of the runs."""
        self.name = name
        self.rules = rules
        self.letters = letters
        self.statuses = [STATUSES[letter] for letter in letters.rstrip("+")]

    @classmethod
    def from_table(cls, step, fault, usual, kind, text, letter):
        text = text.replace("USUAL", usual).replace("LONG", "x" * 100_000)
        lasting = fault in LASTING and letter in LASTING_LETTERS
        rules = [(step, kind, text.encode().decode("unicode_escape"))]
        case = cls(f"{step} {fault}", rules * (1 + lasting), letter)
        # cupsd runs the job again once; from then on our timer does.
        case.statuses += [HOLD] * lasting
        return case


def read_table(path=TABLE):
    with open(path) as file:
        lines = [line.split() for line in file if line.startswith(("fault ", "step "))]
    faults = [(words[1], words[2], " ".join(words[3:])) for words in lines if words[0] == "fault"]
    for _, step, usual, *letters in (words for words in lines if words[0] == "step"):
        for (fault, kind, text), letter in zip(faults, letters, strict=True):
            # RSET stands between two mails, and is tested in one session.
            if letter not in ".*" and step != "rset":
                yield step, fault, Case.from_table(step, fault, usual, kind, text, letter)


class Lane:
    def __init__(self, world, number):
        self.world = world
        self.name = f"lane{number}"
        self.account = f"lane{number}@example.test"
        self.queue = self.name
        self.server = SmtpServer(world.certificate)
        self.pauses = []

    def sections(self):
        return (section(f"account {self.account}", {"provider": self.name, "client-id": CLIENT_ID})
                + section(f"provider {self.name}", {
                    "issuer": self.world.provider.issuer, "scope": SCOPE,
                    "smtp-server": self.server.url, "ca-file": self.world.authority.ca,
                    "max-connections": 1000, "max-rate": 1000000}))

    def set_up(self):
        status, result = self.world.login(self.account, "--no-test-mail")
        if status:
            raise AssertionError(f"oauth-setup login: exit {status}: {result}")
        self.world.cups.add_queue(
            self.queue, f"mailto:{TO}?from={self.account}".replace("@", "%40"))

    def at(self, step, *what):
        done = self.server.at(step, action(*what))
        if isinstance(done, Pause):
            self.pauses.append(done)

    def end(self):
        while self.pauses:
            self.pauses.pop().go(then=DROP)


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(Installation(build.with_fault_points()), retry_interval=1, retry_limit=9,
                          cupsd="LogLevel debug\n")
        cls.addClassCleanup(cls.leave)
        cls.cups = cls.world.cups
        cls.ipp = cls.cups.ipp
        FaultPoints(cls.cups.base).set_clocks(**CLOCKS)
        cls.lanes = [Lane(cls.world, number) for number in range(LANES)]
        cls.world.configure(
            more="".join(lane.sections() for lane in cls.lanes),
            queue={"retry-for": "0s", "retry-interval": "1s", "in-doubt-interval": "1s",
                   "allowed-recipients": "*@example.test"})
        with concurrent.futures.ThreadPoolExecutor(LANES) as threads:
            list(threads.map(Lane.set_up, cls.lanes))
        cls.files = {}
        for name, filler in (("small", 0), ("large", 12_000_000)):
            cls.files[name] = os.path.join(cls.world.directory, name + ".pdf")
            with open(cls.files[name], "wb") as file:
                file.write(documents.pdf(filler=filler))

    @classmethod
    def leave(cls):
        for lane in getattr(cls, "lanes", ()):
            lane.server.close()
        left = cls.world.close()
        if left:
            raise AssertionError("\n".join(left))

    def setUp(self):
        stop = threading.Event()
        timer = threading.Thread(target=self.release_what_is_due, args=(stop,), daemon=True)
        timer.start()
        self.addCleanup(timer.join)
        self.addCleanup(stop.set)

    def release_what_is_due(self, stop):
        """The timer of the package."""
        while not stop.wait(0.7):
            self.world.setup("release", "--due", check=False)

    def print(self, lane, *words, file="small"):
        return self.cups.lp(lane.queue, *words, self.files[file])

    def statuses(self, job):
        """What the backend returned, but 0."""
        return [int(status) for status in re.findall(r"Backend returned status (\d+)",
                                                     self.cups.job_log(job))]

    def wait_for_a_person(self, lane, job):
        def held():
            return (self.ipp.job_state(job) == "held"
                    and PERSON in str(self.ipp.job(job).get("job-printer-state-reasons")))

        wait_for(held, f"job {job} to be held for a person", 30)
        self.assertEqual(lane.server.messages, [])
        self.world.setup("release", "--account", lane.account)

    def try_case(self, lane, case):
        lane.server.reset()
        for rule in case.rules:
            lane.at(*rule)
        large = any(step == "body" for step, *_ in case.rules)
        job = self.print(lane, file="large" if large else "small")
        if case.letters == "C":
            self.wait_for_a_person(lane, job)
        state = self.cups.wait_state(job, seconds=60)
        lane.end()
        log = self.cups.job_log(job)
        self.assertEqual((self.statuses(job), state), (
            case.statuses, "canceled" if CANCEL in case.statuses else "completed"), log)
        self.check_mails(lane, case, log)

    def check_mails(self, lane, case, log):
        copies = {message.data for message in lane.server.attempts}
        number = len(lane.server.messages)
        self.assertLessEqual(len(copies), 1, "every copy is the same")
        if CANCEL in case.statuses:
            self.assertEqual(number, 0)
        elif "?" in case.letters:
            self.assertIn("may have been delivered", log)
            self.assertIn(number, range(1, len(case.rules) + 2))
        else:
            self.assertEqual(number, 1, log)
        if HOLD in case.statuses:
            self.assertIn(PERSON if case.letters == "C" else DEFERRED, log)
        for session in lane.server.sessions:
            self.assertNotIn(b"AUTH", session.plain)

    def try_all(self, cases):
        """Each on whatever lane is free."""
        lanes = queue.SimpleQueue()
        for lane in self.lanes:
            lanes.put(lane)
        failures = []

        def work(case):
            lane = lanes.get()
            try:
                self.try_case(lane, case)
            except Exception as error:
                failures.append(f"{case.name}: {error}")
            finally:
                lane.end()
                lanes.put(lane)

        with concurrent.futures.ThreadPoolExecutor(LANES) as threads:
            list(threads.map(work, cases))
        self.assertEqual(failures, [], "\n\n".join(failures))

    def test_every_fault(self):
        cases = [case for step, fault, case in read_table()
                 if build.long() or fault in SHORT.get(step, ())]
        self.assertGreater(len(cases), 40)
        self.try_all(cases)

    def test_others(self):
        self.try_all([Case(name, *what) for name, what in OTHERS.items()])

    def test_an_answer_that_takes_long(self):
        """Nine of the ten minutes that there are for the reply to the message."""
        lane = self.lanes[0]
        lane.server.reset()
        pause = lane.server.at("dot", Pause())
        job = self.print(lane)
        pause.wait()
        self.assertFalse(threading.Event().wait(0.9 * CLOCKS["dot"] / 1000))
        pause.go()
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.assertEqual(self.statuses(job), [])
        self.assertEqual(len(lane.server.messages), 1)

    def test_recipients_of_every_fate(self):
        """One takes it, one never will, one not yet: each has what is due to it, once."""
        lane = self.lanes[0]
        lane.server.reset()
        for reply in ("250 2.1.5 ok", "550 5.1.1 no such user", "451 4.7.1 greylisted",
                      "451 4.7.1 greylisted"):
            lane.server.at("rcpt", reply)
        people = ["there@example.test", "gone@example.test", "grey@example.test"]
        job = self.print(lane, "-o", f"email-to={','.join(people)}")
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        self.assertEqual([message.recipients for message in lane.server.messages],
                         [people[:1], people[2:]])
        self.assertEqual(len({message.data for message in lane.server.messages}), 1)
        self.assertIn("gone@example.test: 550 5.1.1 no such user", self.cups.job_log(job))
        asked = [command for session in lane.server.sessions for command in session.commands
                 if command.startswith("RCPT")]
        self.assertEqual([sum(person in command for command in asked) for person in people],
                         [1, 1, 3])

    def test_a_recipient_twice(self):
        lane = self.lanes[0]
        lane.server.reset()
        job = self.print(lane, "-o", "email-to=one@example.test,one@example.test",
                         "-o", "email-cc=one@example.test")
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        self.assertEqual(lane.server.messages[0].recipients, ["one@example.test"])
