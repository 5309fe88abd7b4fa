# SPDX-License-Identifier: Apache-2.0
"""One mail of every kind of program under valgrind, and one by a build with sanitizers; ./check
starts each class in a world of its own."""

import glob
import os

from . import documents, mail
from .case import EndToEnd

VALGRIND = ("exec valgrind -q --vgdb=no --error-exitcode=99 --leak-check=full "
            "--errors-for-leak-kinds=definite --log-file={log}/{name}.%p {real} \"$@\"\n")


class OneMail(EndToEnd):
    def print_and_check(self):
        data = documents.pdf(2)
        job = self.cups.lp(self.queue, self.file("m.pdf", data),
                           self.file("m.ps", documents.postscript()))
        attachments = mail.attachments(self.parsed_mail(job))
        self.assertEqual(attachments[0].data, data)


class Sanitizers(OneMail):
    def test_a_mail(self):
        self.print_and_check()
        self.world.setup("status")
        self.assertNotIn("Sanitizer", self.cups.log())


class Valgrind(OneMail):
    def test_a_mail(self):
        log = os.path.join(self.files, "valgrind")
        os.mkdir(log)
        os.chmod(self.files, 0o755)
        os.chmod(log, 0o777)
        for name in ("backend/mailto", "daemon/mailto-worker", "filter/scantoemail"):
            real = os.path.join(self.cups.base, "bin", name + ".real")
            self.addCleanup(self.cups.replace_program(
                name, VALGRIND.format(log=log, name=os.path.basename(name), real=real)))
        self.print_and_check()
        logs = glob.glob(os.path.join(log, "*"))
        self.assertGreaterEqual(len(logs), 3)
        for path in logs:
            with open(path, errors="replace") as file:
                # Lines of dashes are about system calls that are new to valgrind: Landlock's.
                found = [line for line in file if not line.startswith("--")]
            self.assertEqual(found, [], path)
