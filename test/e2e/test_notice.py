# SPDX-License-Identifier: Apache-2.0
"""Who is told of a job that did not end as a mail: notify-command, and the queue's report-to."""

import os
import pwd
import re
import shutil
import signal
import time

from . import documents, mail
from .case import ACCOUNT, TO, EndToEnd, needs_root
from .process import wait_for
from .smtp import DROP, Pause

ADMIN = "admin@elsewhere.example"  # whom allowed-recipients does not name
UNKNOWN = "unknown@example.test"
USER = pwd.getpwuid(os.geteuid()).pw_name
BROKEN = b"%PDF-1.4\nno PDF\n"


class Notice(EndToEnd):
    command = ""  # what notify-command does after it has noted its arguments

    def setUp(self):
        super().setUp()
        os.chmod(self.files, 0o711)
        self.told_file = self.file("told", b"")
        os.chmod(self.told_file, 0o666)
        # In one go: somebody may be reading.
        command = self.file("notify", '#!/bin/sh\ncall=$(printf "%s|" "$@"; id -un)\n'
                            f'echo "$call" >>{self.told_file}\n{self.command}\n'.encode())
        os.chmod(command, 0o755)
        self.notify = {"notify-command": f"{command} --urgent"}
        self.notice_configure()
        self.addCleanup(self.forget)
        self.addCleanup(self.world.configure)

    def forget(self):
        """No test leaves a report behind that could be sent in the next one."""
        for folder in ("reports", "told"):
            for name in self.state_files(folder):
                os.unlink(os.path.join(self.cups.state, folder, name))

    def notice_configure(self, queue=None, **options):
        self.world.configure(queue={"report-to": ADMIN, **(queue or {})}, **options, **self.notify)

    def server(self, **queue):
        """A scripted submission server."""
        server = self.submission_server()
        self.notice_configure(queue={"retry-for": "0s", **queue}, smtp_server=server.url)
        return server

    def told(self):
        """What notify-command was told of jobs so far: [event, job, sentence, user, title]."""
        with open(self.told_file) as file:
            calls = [line.rstrip("\n").split("|") for line in file]
        for call in calls:
            self.assertEqual((call[0], call[-1]), ("--urgent", self.cups.service_user))
        return [call[1:-1] for call in calls if call[1].startswith("job-")]

    def events(self):
        return [call[0] for call in self.told()]

    def the_notice(self, event, job, *words, user=USER, title="notice.pdf"):
        """The one notice of all: its sentence."""
        (call,) = self.told()
        self.assertEqual(call[:2] + call[3:], [event, f"{self.queue}-{job}", user, title])
        for word in words:
            self.assertIn(word, call[2])
        return call[2]

    def print(self, *words, data=None, name="notice.pdf"):
        path = self.file(name, data if data is not None else documents.pdf())
        return self.cups.lp(self.queue, *words, path)

    def assert_report(self, message, job, *words, to=ADMIN):
        """A report on the job, well-formed, from the account. Its text."""
        self.assert_sound(message)
        parsed = mail.parse(message.data)
        self.assertEqual(message.recipients, [to])
        self.assertEqual((message.sender, parsed["Auto-Submitted"]), (ACCOUNT, "auto-generated"))
        self.assertEqual(list(parsed.iter_attachments()), [])
        text = mail.body(parsed)
        for word in (f"{self.queue}-{job}", *words):
            self.assertIn(word, text)
        return parsed["Subject"], text

    def state_files(self, folder):
        path = os.path.join(self.cups.state, folder)
        return os.listdir(path) if os.path.exists(path) else []

    def reports(self):
        """How many wait."""
        return len([name for name in self.state_files("reports") if name.endswith(".report")])

    def release_due(self):
        return self.world.setup("release", "--due")


    def make_old(self, days):
        """As if the reports were so many days old."""
        names = [name for name in self.state_files("reports") if name.endswith(".report")]
        for name in names:
            path = os.path.join(self.cups.state, "reports", name)
            with open(path) as file:
                text = file.read()
            changed = re.sub("(?m)^created=([0-9]+)$",
                             lambda found: f"created={int(found[1]) - days * 86400}", text)
            self.assertNotEqual(changed, text)
            with open(path, "w") as file:
                file.write(changed)


class Canceled(Notice):
    def test_told_and_reported(self):
        job = self.print("-t", "The minutes", data=BROKEN)
        self.assertEqual(self.cups.wait_state(job), "canceled")
        sentence = self.the_notice("job-canceled", job, title="The minutes")
        self.assertEqual(sentence, self.message(job))
        (report,) = self.sink.wait_messages(1)
        subject, _ = self.assert_report(report, job, sentence, "The minutes", USER, "print the document again")
        self.assertEqual(subject, f"Not sent: The minutes ({self.queue}-{job})")
        self.release_due()
        self.assertEqual(len(self.sink.messages), 1)
        self.assertEqual((self.state_files("reports"), self.state_files("told")), ([], []))

    def test_in_the_queue_s_language(self):
        self.notice_configure(queue={"language": "de"})
        job = self.print(data=BROKEN)
        self.assertEqual(self.cups.wait_state(job), "canceled")
        sentence = self.the_notice("job-canceled", job)
        (report,) = self.sink.wait_messages(1)
        subject, _ = self.assert_report(report, job, sentence, "Was zu tun ist")
        self.assertTrue(subject.startswith("Nicht gesendet: "), subject)

    def test_reported_to_who_prints(self):
        self.notice_configure(queue={"report-to": "%{user}@example.test"})
        job = self.print("-U", "CONTOSO\\jane", data=BROKEN)
        self.assertEqual(self.cups.wait_state(job), "canceled")
        (report,) = self.sink.wait_messages(1)
        self.assert_report(report, job, to="jane@example.test")
        self.sink.reset()
        job = self.print("-U", "jane,ceo@example.test", data=BROKEN)
        self.assertEqual(self.cups.wait_state(job), "canceled")
        self.assertIn("report-to", self.cups.job_log(job))
        self.assertEqual(self.sink.messages, [])
        self.assertEqual(self.events(), ["job-canceled"] * 2)

    def test_refused_for_good(self):
        """With the server's words; and a report that is refused is not reported about."""
        server = self.server()
        server.at("rcpt", "550 5.1.1 no such user")
        job = self.print()
        self.assertEqual(self.cups.wait_state(job), "canceled")
        self.the_notice("job-canceled", job, TO, "550 5.1.1 no such user")
        (report,) = server.wait_messages(1)
        self.assert_report(report, job, TO, "550 5.1.1 no such user")
        server.reset()
        server.at("rcpt", "550 5.1.1 no such user", times=2)
        job = self.print()
        self.assertEqual(self.cups.wait_state(job), "canceled")
        self.cups.wait_job_log(job, "The report to report-to: ")
        self.release_due()
        self.assertEqual((server.messages, self.state_files("reports")), ([], []))

    def test_without_a_server(self):
        """The report waits for it, and comes once."""
        server = self.server()
        server.go_down()
        job = self.print(data=BROKEN)
        self.assertEqual(self.cups.wait_state(job), "canceled")
        self.the_notice("job-canceled", job)
        self.assertEqual(self.reports(), 1)
        self.release_due()
        self.assertEqual(self.reports(), 1)
        server.come_up()
        self.assertIn(f"{self.queue}-{job}", self.release_due().stdout)
        self.release_due()
        (report,) = server.wait_messages(1)
        self.assert_report(report, job)
        self.assertEqual((len(server.messages), self.state_files("reports")), (1, []))

    def test_cupsd_cancels_what_takes_long(self):
        """MaxJobTime is nobody's wish: whoever printed is told."""
        server = self.server()
        pause = server.at("mail", Pause())
        job = self.print("-o", "job-cancel-after=6")
        pause.wait()
        self.assertEqual(self.cups.wait_state(job, seconds=120), "canceled")
        wait_for(self.told, "the notice", 20)
        self.the_notice("job-canceled", job, "took more than 6 s", "MaxJobTime")
        pause.go()
        wait_for(lambda: not self.cups.processes("mailto-worker"), "the worker to end")
        self.release_due()
        (report,) = server.wait_messages(1)
        self.assert_report(report, job, "took more than 6 s", "print the document again")

    def test_cupsd_cancels_what_waits_for_the_last_answer(self):
        """The answer is waited for; without one it is said that the mail may have arrived."""
        for answer, told in ((None, 0), (DROP, 1)):
            with self.subTest(answer):
                server = self.server()
                pause = server.at("dot", Pause())
                job = self.print("-o", "job-cancel-after=6")
                pause.wait()
                self.assertEqual(self.cups.wait_state(job, seconds=120), "canceled")
                wait_for(lambda: not self.cups.processes("mailto"), "cupsd to be let go")
                pause.go(answer)
                wait_for(self.is_quiet, "the worker to end")
                self.assertEqual((len(server.attempts), len(server.messages)), (1, 1 - told))
                self.release_due()
                self.assertEqual(len(self.told()), told)
                if told:
                    self.the_notice("job-canceled", job, "took more than 6 s", "in doubt")
                    report = server.wait_messages(1)[-1]
                    subject, _ = self.assert_report(report, job, "took more than 6 s", "in doubt")
                    self.assertTrue(subject.startswith("Perhaps not sent: "), subject)

    def test_a_person_cancels(self):
        for step in ("mail", "dot"):
            with self.subTest(step):
                server = self.server()
                pause = server.at(step, Pause())
                job = self.print()
                pause.wait()
                self.ipp.cancel(job)
                self.assertEqual(self.cups.wait_state(job), "canceled")
                wait_for(lambda: not self.cups.processes("mailto"), "cupsd to be let go")
                pause.go(DROP)
                wait_for(self.is_quiet, "the worker to end")
                self.release_due()
                self.assertEqual((self.told(), server.messages), ([], []))

    def is_quiet(self):
        return not any(map(self.cups.processes, ("mailto-worker", "mailto-notify")))

    def test_after_days(self):
        """A machine that was off for long tries once more."""
        server = self.server()
        server.go_down()
        for sent in (True, False):
            job = self.print(data=BROKEN)
            self.assertEqual(self.cups.wait_state(job), "canceled")
            self.assertEqual(self.reports(), 1)
            self.make_old(6)
            if sent:
                server.come_up()
            self.assertEqual("is dropped" in self.release_due().stderr, not sent)
            self.assertEqual(self.state_files("reports"), [])
            if sent:
                self.assert_report(server.wait_messages(1)[0], job)
                server.go_down()


class Held(Notice):
    def test_once_however_often_it_is_tried(self):
        server = self.server(**{"retry-interval": "1s"})
        server.go_down()
        job = self.print()
        wait_for(lambda: "the next try is at" in self.message(job), "our hold", 40)
        self.cups.wait_state(job, "held")
        self.the_notice("job-held", job, "the next try is at")

        def held_again():
            self.release_due()
            return self.cups.job_log(job).count("returned status 3") >= 3

        wait_for(held_again, "the job to be held three times", 60, 0.5)
        self.cups.wait_state(job, "held")
        self.assertEqual(self.events(), ["job-held"])
        server.come_up()

        def completed():
            self.release_due()
            return self.ipp.job_state(job) == "completed"

        wait_for(completed, "the job to complete", 40, 0.5)
        messages = server.wait_messages(2)
        (report,) = [message for message in messages if message.recipients == [ADMIN]]
        subject, _ = self.assert_report(report, job, "the next try is at", "nothing to do")
        self.assertTrue(subject.startswith("Not sent yet: "), subject)
        self.assertEqual(len(messages), 2)
        self.assertEqual(self.events(), ["job-held"])
        self.assertEqual((self.state_files("reports"), self.state_files("told")), ([], []))

    def test_a_job_that_goes_on_takes_its_report_back(self):
        self.world.provider.revoke(ACCOUNT)
        self.addCleanup(self.world.sign_in)
        job = self.print()
        self.cups.wait_state(job, "held")
        self.the_notice("job-held", job, "oauth-setup login")
        self.assertEqual(self.reports(), 1)
        self.world.sign_in()
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.release_due()
        self.assertEqual([message.recipients for message in self.sink.messages], [[TO]])
        self.assertEqual(self.state_files("reports"), [])

    def test_a_job_that_a_person_cancels_takes_its_report_back(self):
        server = self.server()
        server.go_down()
        job = self.print()
        wait_for(lambda: "the next try is at" in self.message(job), "our hold", 40)
        self.cups.wait_state(job, "held")
        self.assertEqual(self.reports(), 1)
        self.ipp.cancel(job)
        server.come_up()
        self.release_due()
        self.assertEqual((server.messages, self.reports()), ([], 0))
        self.assertEqual(self.events(), ["job-held"])
        self.assertEqual(self.state_files("told"), [])

    def test_a_job_that_cupsd_forgets_takes_its_report_back(self):
        """As when its queue is removed: it is not tried again."""
        server = self.server()
        server.go_down()
        job = self.print()
        wait_for(lambda: "the next try is at" in self.message(job), "our hold", 40)
        self.cups.wait_state(job, "held")
        self.assertEqual(self.reports(), 1)
        self.cups.run("cancel", "-a", "-x", self.queue)
        server.come_up()
        self.release_due()
        self.assertEqual((server.messages, self.reports()), ([], 0))
        self.assertNotIn(f"{self.queue}-{job}", self.state_files("told"))
        for folder in ("journal", "spool"):
            shutil.rmtree(os.path.join(self.cups.state, folder))

    def test_told_again_of_another_reason(self):
        server = self.server()
        job = None
        for words in ("550 5.7.60 not as this sender", "550 5.7.60 not today either"):
            server.at("mail", words)
            if job is None:
                job = self.print()
            else:
                self.world.setup("release")
            wait_for(lambda: words in self.message(job), words)
            self.cups.wait_state(job, "held")
        self.world.setup("release")
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.assertEqual(self.events(), ["job-held"] * 2)

    def test_given_up(self):
        server = self.server(**{"retry-interval": "1s", "give-up-after": "2s"})
        server.go_down()
        job = self.print()

        def canceled():
            self.release_due()
            return self.ipp.job_state(job) == "canceled"

        wait_for(canceled, "the job to be given up", 60, 0.5)
        self.assertEqual(self.events()[-1:], ["job-given-up"])
        self.assertEqual(self.events().count("job-given-up"), 1)
        self.assertIn("given up", self.message(job))
        server.come_up()
        self.release_due()
        (report,) = server.wait_messages(1)
        subject, _ = self.assert_report(report, job, "given up", "print")
        self.assertTrue(subject.startswith("Given up: "), subject)
        self.release_due()
        self.assertEqual(len(server.messages), 1)

    def test_a_job_of_the_same_number(self):
        """cupsd counts from 1 again: the jobs that were held are gone, and nobody heard of these."""
        server = self.server()
        server.go_down()
        first = self.print()
        wait_for(lambda: "the next try is at" in self.message(first), "our hold", 40)
        self.cups.wait_state(first, "held")
        told = os.path.join(self.cups.state, "told")
        (name,) = os.listdir(told)
        os.rename(os.path.join(told, name), os.path.join(told, f"{self.queue}-{first + 1}"))
        second = self.print()
        wait_for(lambda: "the next try is at" in self.message(second), "our hold", 40)
        self.cups.wait_state(second, "held")
        self.assertEqual([call[1] for call in self.told()],
                         [f"{self.queue}-{first}", f"{self.queue}-{second}"])
        self.assertEqual(self.reports(), 2)

    @needs_root
    def test_by_the_supervisor(self):
        server = self.server()
        for number in range(2):
            pause = server.at("mail", Pause())
            job = self.print() if number == 0 else job
            pause.wait(40)
            (worker,) = self.cups.processes("mailto-worker")
            os.kill(worker, signal.SIGKILL)
            pause.go()
        wait_for(lambda: self.told(), "the notice", 40)
        self.the_notice("job-held", job, "signal 9")
        self.assertEqual(self.cups.wait_state(job, "held"), "held")


class PartlyRefused(Notice):
    def test_who_and_why(self):
        server = self.server()
        server.at("rcpt", "250 2.1.5 ok")
        server.at("rcpt", "550 5.1.1 no such user")
        job = self.print("-o", f"email-to={TO},{UNKNOWN}")
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.the_notice("job-partly-refused", job, UNKNOWN, "550 5.1.1 no such user")
        document, report = server.wait_messages(2)
        self.assertEqual(document.recipients, [TO])
        subject, _ = self.assert_report(report, job, UNKNOWN, "550 5.1.1 no such user")
        self.assertTrue(subject.startswith("Not sent to all: "), subject)


    def sent_without_a_supervisor(self, *programs):
        """A job that cupsd takes for done at MAIL FROM, where these are killed; its second recipient
        will be refused."""
        server = self.server()
        pause = server.at("mail", Pause())
        job = self.print("-o", f"email-to={TO},{UNKNOWN}")
        pause.wait()
        server.at("rcpt", "250 2.1.5 ok")
        server.at("rcpt", "550 5.1.1 no such user")
        for program in programs:
            for pid in self.cups.processes(program):
                os.kill(pid, signal.SIGKILL)
        pause.go()
        self.assertEqual(self.cups.wait_state(job), "completed")
        wait_for(lambda: not self.cups.processes("mailto-worker"), "the worker to end")
        return job, server

    def test_without_a_supervisor(self):
        """The worker can have no program started, but it can send the report."""
        job, server = self.sent_without_a_supervisor("mailto")
        document, report = server.wait_messages(2)
        self.assertEqual(document.recipients, [TO])
        self.assert_report(report, job, UNKNOWN, "550 5.1.1 no such user")

    def test_sent_by_release(self):
        job, server = self.sent_without_a_supervisor("scantoemail", "mailto", "mailto-worker")
        self.world.setup("release")
        server.wait_messages(1)
        self.the_notice("job-partly-refused", job, UNKNOWN, "550 5.1.1 no such user")


class Hanging(Notice):
    def setUp(self):
        self.gate = os.path.join(self.files, "gate")
        os.mkfifo(self.gate)
        os.chmod(self.gate, 0o666)
        self.command = f"read word <{self.gate}"
        super().setUp()

    @needs_root
    def test_a_cancel_does_not_wait(self):
        job = self.print(data=BROKEN)
        wait_for(self.told, "the notice")
        start = time.monotonic()
        self.ipp.cancel(job)
        self.cups.wait_state(job)
        wait_for(lambda: not self.cups.processes("mailto"), "the supervisor to end", 5)
        self.assertLess(time.monotonic() - start, 1.3)
        # The command goes on, and nobody waits for it.
        self.assertEqual(len(self.cups.processes("mailto-notify")), 1)
        with open(self.gate, "w") as gate:
            gate.write("go\n")
        wait_for(lambda: not self.cups.processes("mailto-notify"), "its end")
        self.the_notice("job-canceled", job)


class Failing(Notice):
    command = "exit 7"

    def test_a_warning_and_nothing_else(self):
        job = self.print(data=BROKEN)
        self.assertEqual(self.cups.wait_state(job), "canceled")
        self.the_notice("job-canceled", job)
        self.cups.wait_job_log(job, "ended with status 7")
        self.assertNotIn("status 7", self.message(job))
