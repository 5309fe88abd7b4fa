# SPDX-License-Identifier: Apache-2.0
"""Jobs that rest: each goes on once its cause is gone, whatever stopped it, and arrives once."""

import os
import re
import shutil
import signal

from . import documents
from .case import ACCOUNT, TO, EndToEnd, needs_root
from .process import wait_for

DEFERRED = "cups-mailto-deferred-report"
PERSON = "oauth-authorization-required-error"


class Held(EndToEnd):
    def print(self, *words):
        return self.cups.lp(self.queue, *words, self.file("held.pdf", documents.pdf()))

    def held_message(self, job):
        self.assert_no_mail(job, "held")
        return self.message(job)

    def go_on(self, job):
        """The timer's work, until the job has ended."""
        def ended():
            self.world.setup("release", "--due")
            return self.ipp.job_state(job) not in ("held", "pending", "processing")

        wait_for(ended, f"job {job} to end", 40, 0.5)

    def test_a_mended_sender_is_the_one_that_sends(self):
        for step in ("mail", "dot"):
            with self.subTest(step):
                server = self.submission_server()
                server.at(step, "550 5.7.60 SMTP; Client does not have permissions to send as "
                                "this sender")
                job = self.print()
                self.assert_no_mail(job, "held", server=server)
                self.assertIn(PERSON, self.reasons(job))
                self.world.setup("release", "--due")  # it waits for a person, and not for a time
                self.assertEqual(self.ipp.job_state(job), "held")
                self.configure(smtp_server=server.url, account={"from-address": "new@example.test"})
                self.world.setup("release", "--account", ACCOUNT)
                arrived = self.the_mail(job, server)
                self.assertEqual(arrived.sender, "new@example.test")
                self.assertIn(b"<new@example.test>", arrived.data)

    def test_a_sender_in_doubt_is_never_changed(self):
        server = self.submission_server(queue={"retry-for": "0s", "retry-interval": "1s"})
        server.at("dot", "drop")
        job = self.print()
        self.cups.wait_state(job, "held")
        server.at("dot", "550 5.7.60 SMTP; Client does not have permissions to send as this sender")

        def refused():
            self.world.setup("release", "--due")
            return PERSON in self.reasons(job) and self.ipp.job_state(job) == "held"

        wait_for(refused, "the refusal", 40, 0.5)
        self.configure(smtp_server=server.url, account={"from-address": "new@example.test"})
        self.world.setup("release", "--account", ACCOUNT)
        self.the_mail(job, server)
        self.assertEqual(len({message.data for message in server.attempts}), 1)

    def test_a_document_that_cannot_be_converted_again(self):
        """The mail is fixed by then: it goes as it is."""
        server = self.submission_server(queue={"retry-for": "0s", "retry-interval": "1s"})
        server.at("dot", "451 4.3.0 later")
        job = self.cups.lp(self.queue, self.file("held.txt", documents.text()))
        self.cups.wait_state(job, "held")
        self.addCleanup(self.cups.replace_program("filter/texttopdf", "echo fails now >&2; exit 1\n"))
        self.go_on(job)
        self.the_mail(job, server)
        self.assertIn("texttopdf: fails now", self.cups.job_log(job))
        self.assertEqual(len({message.data for message in server.attempts}), 1)

    def test_a_job_without_a_journal(self):
        self.configure(**{"cups-server": f"{self.cups.base}/nobody"})
        job = self.print()
        self.cups.wait_state(job, "held")
        self.assertIn(DEFERRED, self.reasons(job))
        self.world.configure()
        self.go_on(job)
        self.the_mail(job)

    @needs_root
    def test_a_state_directory_that_was_given_to_root(self):
        os.chown(self.cups.state, 0, 0)
        self.addCleanup(shutil.chown, self.cups.state, self.cups.service_user)
        job = self.print()
        command = f"chown -R {self.cups.service_user}: {self.cups.state}"
        self.assert_no_mail(job, "held", command)
        # Nothing covers what is said of it.
        shown = self.cups.run("lpstat", "-p", self.queue).stdout
        self.assertIn(command, shown)
        self.assertIn(command, self.world.setup("queue", check=False).stderr)
        self.cups.run("sh", "-c", command)
        self.world.setup("release")
        self.the_mail(job)

    @needs_root
    def test_a_configuration_that_the_service_user_cannot_read(self):
        path = f"{self.cups.base}/scan-email.conf"
        self.addCleanup(self.world.configure)
        os.chown(path, 0, 0)
        job = self.print()
        (command,) = re.findall(r"run: (chgrp .* && chmod 0640 \S+)", self.held_message(job))
        self.cups.run("sh", "-c", command)
        self.world.setup("release")
        self.the_mail(job)

    @needs_root
    def test_several_documents_and_a_configuration_that_others_may_write(self):
        path = f"{self.cups.base}/scan-email.conf"
        os.chmod(path, 0o666)
        files = [self.file(f"{n}.pdf", documents.pdf(1, str(n))) for n in range(3)]
        job = self.cups.lp(self.queue, *files)
        self.assert_no_mail(job, "held", "writable")
        os.chmod(path, 0o640)
        self.world.setup("release")
        self.the_mail(job)

    def test_the_supervisor_dies_while_the_token_is_refreshed(self):
        """Its worker stores the token, and ends: nobody could stop it any more."""
        self.world.expire_access_token()
        job, before = self.hold_refresh(self.print)
        supervisor, = self.cups.processes("mailto")
        os.kill(supervisor, signal.SIGKILL)
        self.world.provider.hold(False)
        self.wait_workers(0)
        self.assert_no_mail(job, "stopped")
        self.assertIn("was killed", self.message(job))
        self.go_on(job)
        self.the_mail(job)
        self.assertEqual(self.world.provider.count("POST /token"), before + 1)

    def test_cupsd_dies_while_a_job_waits_for_its_second_try(self):
        server = self.submission_server(queue={"retry-for": "0s", "retry-interval": "1s"})
        server.at("mail", "451 4.3.0 later")
        job = self.print()
        self.cups.wait_state(job, "held")
        self.cups.stop(signal.SIGKILL)
        os.unlink(f"{self.cups.base}/cache/job.cache")  # it is written 30 s late, as a rule
        self.cups.start()
        self.go_on(job)
        self.the_mail(job, server)
        self.assertEqual(server.messages[0].recipients, [TO])
