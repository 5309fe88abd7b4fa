# SPDX-License-Identifier: Apache-2.0
"""GTK's print dialog at a queue: what it shows of the PPD, and what of it becomes a mail. Pictures of
it lie with the logs."""

import json
import os
import re
import shutil
import unittest

from . import mail
from .case import TO, EndToEnd
from .process import Process, tail

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gtk_dialog.py")


@unittest.skipUnless(shutil.which("Xvfb"), "Xvfb is missing (Debian: xvfb)")
class Gtk(EndToEnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        log = os.path.join(cls.files, "display")
        cls.display = Process(["Xvfb", "-displayfd", "1", "-nolisten", "tcp"], log)
        cls.addClassCleanup(cls.display.stop)
        cls.display.wait_ready(lambda: re.search(r"^\d+$", tail(log), re.M), "Xvfb")
        cls.number = re.search(r"^\d+$", tail(log), re.M).group()

    def dialog(self, queue, **values):
        """Prints by the dialog; returns what it showed and the job."""
        picture = os.path.join(self.world.logs, f"{self._testMethodName}.png")
        words = [f"{label.replace('_', ' ')}={value}" for label, value in values.items()]
        # libcups finds no PPD by a socket that is not the system's.
        done = self.cups.run("env", f"CUPS_SERVER=127.0.0.1:{self.cups.port}",
                             f"DISPLAY=:{self.number}", "GDK_BACKEND=x11", "NO_AT_BRIDGE=1",
                             "/usr/bin/python3", PROGRAM, queue, picture, *words)
        jobs = self.cups.run("lpstat", "-W", "all", "-o", queue).stdout
        return json.loads(done.stdout), max(map(int, re.findall(rf"^{queue}-(\d+)", jobs, re.M)))

    def test_recipient_and_subject_are_fields(self):
        shown, job = self.dialog(self.queue, To="auditor@example.org", Text="it's \"it\" \\ {x}",
                                 Subject="Grüße an „Ämter“, 50 % = halb", File_name="für Müller")
        self.assertEqual({group: list(options) for group, options in shown.items()}, {
            "Recipients": ["To", "Copy to", "Blind copy to", "Reply to"],
            "Message": ["Subject", "Text"],
            "Attachment": ["File name", "Format", "Image resolution", "Smaller images",
                           "Pages of each file"]})
        arrived = self.the_mail(job)
        message = mail.parse(arrived.data)
        self.assertEqual(arrived.recipients, ["auditor@example.org"])
        self.assertEqual(message["Subject"], "Grüße an „Ämter“, 50 % = halb")
        self.assertIn("it's \"it\" \\ {x}", mail.body(message))
        (attachment,) = mail.attachments(message)
        self.assertEqual(attachment.name, "für Müller.pdf")

    def test_what_is_left_alone_asks_for_nothing(self):
        _, job = self.dialog(self.queue)
        self.assertIn(" EmailTo=None ", self.cups.job_log(job))  # it does send all of them
        arrived = self.the_mail(job)
        self.assertEqual(arrived.recipients, [TO])
        self.assertEqual(mail.parse(arrived.data)["Subject"], "Page of a dialog")

    def test_defaults_of_the_queue(self):
        self.cups.add_queue("preset", self.uri, "-o", "EmailSubject='Custom.von der Warteschlange'",
                            "-o", "EmailResolution=300")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "preset")
        _, job = self.dialog("preset")
        self.assertIn(" EmailResolution=300 ", self.cups.job_log(job))
        self.assertEqual(self.parsed_mail(job)["Subject"], "von der Warteschlange")
