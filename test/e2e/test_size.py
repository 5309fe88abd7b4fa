# SPDX-License-Identifier: Apache-2.0
"""How large a mail may be: whose limit counts, that the filter hears of it, and what becomes of a
job that goes into several mails."""

import glob
import os
import re
import signal
import subprocess

from . import documents, mail
from .case import ACCOUNT, EndToEnd
from .process import wait_for
from .smtp import DROP, Pause

TERMS = "scan-email-terms 1 "
# The back channel does not block.
LISTEN = "import os, select; select.select([3], [], [], 60); os.write(1, os.read(3, 500))"


class Terms(EndToEnd):
    def terms(self, **options):
        """The line that the filter of a job can read from the back channel, as words."""
        path = os.path.join(self.files, "terms")
        os.chmod(self.files, 0o777)
        restore = self.cups.replace_program(
            "filter/scantoemail", f"python3 -c '{LISTEN}' >{path}\nchmod 666 {path}\n"
            "exec \"$0.real\" \"$@\" 3<&-\n")
        try:
            job = self.cups.lp(self.queue, self.file("terms.pdf", documents.pdf()))
            self.cups.wait_state(job, "completed", "held", "canceled")
        finally:
            restore()
        with open(path) as file:
            line = file.read()
        os.unlink(path)
        self.assertTrue(line.startswith(TERMS) and line.endswith("\n"), line)
        return line.removeprefix(TERMS).split()

    def assert_room(self, room, limit):
        """The room leaves something for header and texts, and not much."""
        self.assertLess(int(room), limit - 500)
        self.assertGreater(int(room), limit - 4000)

    def test_the_smallest_limit_counts(self):
        server = self.submission_server(extensions=["SIZE 300000"])
        for queue, provider, limit in ((100_000, 200_000, 100_000), (300_000, 200_000, 200_000)):
            self.configure(smtp_server=server.url, queue={"max-message-size": queue},
                           provider={"max-message-size": provider})
            room, oversize, language = self.terms()
            self.assert_room(room, limit)
            self.assertEqual((oversize, language), ("split", "-"))
        # By now a session has told the server's.
        self.configure(smtp_server=server.url, queue={"oversize": "reject", "language": "de"})
        room, oversize, language = self.terms()
        self.assert_room(room, 300_000)
        self.assertEqual((oversize, language), ("reject", "de"))

    def test_a_test_of_the_account_tells_the_server_s(self):
        server = self.submission_server(extensions=["SIZE 50000"])
        self.world.setup("test", ACCOUNT)
        room, _, _ = self.terms()
        self.assert_room(room, 50_000)
        server.extensions[:] = ["SIZE 0"]
        self.world.setup("test", ACCOUNT)
        self.assertEqual(self.terms()[0], "0")
        server.extensions[:] = []
        self.world.setup("test", ACCOUNT)
        self.assertEqual(self.terms()[0], "0")

    def test_a_filter_does_not_wait_in_vain(self):
        self.cups.configure("[queue\n")
        self.addCleanup(self.world.configure)
        self.assertEqual(self.terms(), ["0", "split", "-"])


class Mails(EndToEnd):
    """A document that goes into three mails."""

    LIMIT = 100_000
    PAGES = 6

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.document = documents.pdf_of_noise(cls.PAGES, 30_000)

    def serve(self, queue=None, **options):
        """A scripted server and a queue with the limit, which does not wait long."""
        return self.submission_server(queue={"max-message-size": self.LIMIT, "retry-for": "0s",
                                             "retry-interval": "1s", **(queue or {})}, **options)

    def print(self):
        return self.cups.lp(self.queue, "-t", "Minutes", self.file("minutes.pdf", self.document))

    def go_on(self, job, state):
        """The timer's work, until the job is in the state."""
        def ended():
            self.world.setup("release", "--due")
            if self.ipp.job_state(job) == "held" and self.reasons(job) == ["none"]:
                self.ipp.release(job)  # cupsd's own hold after a RETRY: it looks every 10 s only
            return self.ipp.job_state(job) == state

        wait_for(ended, f"job {job} to go on: {self.message(job)}", 40, 0.3)

    def pages(self, message):
        """What stands on the pages of its attachments."""
        text = ""
        for attachment in mail.attachments(mail.parse(message.data)):
            self.assertEqual(attachment.type, "application/pdf")
            text += subprocess.run(["pdftotext", self.file("arrived.pdf", attachment.data), "-"],
                                   check=True, capture_output=True, text=True).stdout
        return [int(number) for number in re.findall(r"page (\d+)", text)]

    def assert_all_there(self, messages, limit=LIMIT):
        """Three mails, numbered, each within the limit and of its own; all pages in order."""
        parsed = [mail.parse(message.data) for message in messages]
        for message in messages:
            self.assert_sound(message)
            self.assertLessEqual(len(message.data), limit)
        self.assertEqual([message["Subject"] for message in parsed],
                         [f"Minutes ({number}/3)" for number in (1, 2, 3)])
        self.assertEqual(len({message["Message-ID"] for message in parsed}), 3)
        self.assertEqual(len({(message.sender, tuple(message.recipients)) for message in messages}),
                         1)
        self.assertEqual(sum((self.pages(message) for message in messages), []),
                         list(range(1, self.PAGES + 1)))

    def assert_all_there_once(self, job, server):
        self.assertEqual(self.ipp.job_state(job), "completed", self.message(job))
        self.assert_all_there(server.messages)

    def test_one_connection(self):
        server = self.serve()
        job = self.print()
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        self.assert_all_there_once(job, server)
        self.assertEqual(len(server.sessions), 1)
        (entry,) = glob.glob(f"{self.cups.state}/journal/{self.queue}-{job}-*[0-9a-f]")
        with open(entry) as file:
            self.assertEqual(file.read().count("reply=250"), 4)  # of each mail, and the last one

        # A person's restart sends all of them again.
        before = list(server.messages)
        server.reset()
        self.cups.run("lp", "-i", str(job), "-H", "restart")
        server.wait_messages(3)
        self.cups.wait_state(job, "completed")
        self.assert_all_there_once(job, server)
        self.assertFalse({message.data for message in before}
                         & {message.data for message in server.messages})

    def test_through_dovecot(self):
        self.configure(queue={"max-message-size": self.LIMIT})
        job = self.print()
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        self.assert_all_there(self.sink.messages, self.LIMIT + 1000)  # it adds header fields

    def test_killed_between_two_mails(self):
        server = self.serve()
        server.at("mail", "250 2.1.0 ok")
        pause = server.at("mail", Pause())
        job = self.print()
        pause.wait()
        self.kill_worker()
        pause.go(DROP)
        self.go_on(job, "completed")
        self.assert_all_there_once(job, server)
        self.assertEqual(len(server.attempts), 3)

    def test_killed_after_a_dot(self):
        """The second mail is in doubt: it alone is sent again, byte by byte."""
        server = self.serve()
        server.at("dot", "250 2.0.0 queued")
        pause = server.at("dot", Pause())
        job = self.print()
        pause.wait()
        self.kill_worker()
        self.cups.wait_state(job, "held")
        self.assertIn("doubt", self.message(job))
        pause.go(DROP)
        self.go_on(job, "completed")
        self.assert_all_there_once(job, server)
        self.assertEqual([message.data for message in server.attempts],
                         [server.messages[number].data for number in (0, 1, 1, 2)])

    def kill_worker(self):
        (pid,) = self.cups.processes("mailto-worker")
        os.kill(pid, signal.SIGKILL)

    def test_the_rest_of_a_held_job(self):
        server = self.serve()
        server.at("dot", "250 2.0.0 queued")
        server.at("dot", "451 4.3.0 later")
        server.at("mail", "250 2.1.0 ok", times=2)
        server.at("mail", "451 4.3.0 later")
        job = self.print()
        self.go_on(job, "completed")
        self.assertIn("Backend returned status 3 (hold job)", self.cups.job_log(job))
        self.assert_all_there_once(job, server)

    def test_the_rest_after_a_person(self):
        """What is out cannot be changed, and the rest belongs to it."""
        server = self.serve()
        server.at("dot", "250 2.0.0 queued")
        server.at("dot", "550 5.7.60 SMTP; Client does not have permissions to send as this sender")
        job = self.print()
        self.cups.wait_state(job, "held")
        self.assertIn("Of this job's 3 mails only number 1 went out", self.message(job))
        self.configure(smtp_server=server.url, queue={"max-message-size": 10 * self.LIMIT},
                       account={"from-address": "new@example.test"})
        self.world.setup("release", "--account", ACCOUNT)
        self.assertEqual(self.cups.wait_state(job), "completed", self.cups.job_log(job))
        self.assert_all_there_once(job, server)

    def test_a_refusal_in_the_middle(self):
        server = self.serve(queue={"report-to": ACCOUNT})
        server.at("dot", "250 2.0.0 queued")
        server.at("dot", "554 5.6.0 no such contents here")
        job = self.print()
        self.assertEqual(self.cups.wait_state(job), "canceled")
        self.assertIn("Of this job's 3 mails only number 1 went out; mail 2: ",
                      self.message(job))
        self.assertIn("554 5.6.0 no such contents here", self.message(job))
        self.assertEqual(len(server.messages), 2)
        report = mail.parse(server.messages[1].data)
        self.assertEqual(report["Subject"], f"Not sent in full: Minutes ({self.queue}-{job})")
        text = " ".join(report.get_body(("plain",)).get_content().split())
        self.assertIn("only number 1 went out", text)
        self.assertIn("print again what is missing", text)

    def test_a_server_whose_limit_was_never_seen(self):
        server = self.serve(queue={"max-message-size": "0"}, extensions=[f"SIZE {self.LIMIT}"])
        job = self.print()
        server.wait_session()
        self.assertEqual(server.messages, [])
        self.go_on(job, "completed")
        self.assert_all_there_once(job, server)
        self.assertIn(f"({self.LIMIT} bytes) that the server", self.cups.job_log(job))
        # By now it is known.
        server.reset()
        job = self.print()
        self.assertEqual(self.cups.wait_state(job), "completed")
        self.assert_all_there_once(job, server)

    def test_a_server_that_takes_more_by_now(self):
        """What it said before is asked for anew before a document is refused."""
        server = self.serve(queue={"max-message-size": "0"}, extensions=[f"SIZE {self.LIMIT}"])
        page = self.file("page.pdf", documents.pdf_of_noise(1, 2 * self.LIMIT))
        self.world.setup("test", ACCOUNT)
        job = self.cups.lp(self.queue, page)
        self.assert_no_mail(job, "canceled", "its page 1 alone takes", server=server)
        server.extensions[:] = [f"SIZE {10 * self.LIMIT}"]
        job = self.cups.lp(self.queue, page)
        self.go_on(job, "completed")
        self.the_mail(job, server)
        self.assertIn("takes larger mails by now", self.cups.job_log(job))

    def test_rejected(self):
        server = self.serve(queue={"oversize": "reject"})
        job = self.print()
        self.assert_no_mail(job, "canceled", "100.0 kB (100000 bytes)", "max-message-size of the "
                            "queue", "oversize = split", server=server)
        self.assertRegex(self.message(job), r"would have 2\d\d\.\d kB \(2\d{5} bytes\)")
        self.assertEqual(server.sessions, [])
        server = self.serve(queue={"oversize": "reject", "max-message-size": "0"},
                            extensions=[f"SIZE {self.LIMIT}"])
        job = self.print()
        self.assert_no_mail(job, "canceled", "100.0 kB (100000 bytes)", "the server", server=server)

    def test_a_limit_that_the_server_does_not_state(self):
        for step in ("mail", "dot"):
            with self.subTest(step):
                server = self.serve(queue={"max-message-size": "0"}, extensions=[])
                server.at(step, "552 5.3.4 Message size exceeds fixed maximum message size")
                job = self.print()
                self.assert_no_mail(job, "canceled", "552 5.3.4 Message size",
                                    "max-message-size of the provider intranet", server=server)

    def test_pieces_are_known_by_their_document(self):
        """Another try makes other bytes of it; what is sent is what was fixed."""
        server = self.serve(queue={"max-message-size": "0"})
        server.at("dot", "451 4.3.0 later")
        job = self.cups.lp(self.queue, "-o", "email-compact=yes", "-o", "email-split=2",
                           self.file("minutes.pdf", self.document))
        self.go_on(job, "completed")
        self.assertEqual(len(server.attempts), 2)
        self.assertEqual(server.attempts[0].data, server.attempts[1].data)
