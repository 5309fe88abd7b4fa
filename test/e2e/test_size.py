# SPDX-License-Identifier: Apache-2.0
"""How large a mail may be: whose limit counts, and that the filter hears of it."""

import os

from . import documents
from .case import EndToEnd

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
            "exec \"$0.real\" \"$@\"\n")
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
        self.world.setup("test", "scanner@example.test")
        room, _, _ = self.terms()
        self.assert_room(room, 50_000)
        server.extensions[:] = ["SIZE 0"]
        self.world.setup("test", "scanner@example.test")
        self.assertEqual(self.terms()[0], "0")
        server.extensions[:] = []
        self.world.setup("test", "scanner@example.test")
        self.assertEqual(self.terms()[0], "0")

    def test_a_filter_does_not_wait_in_vain(self):
        self.cups.configure("[queue\n")
        self.addCleanup(self.world.configure)
        self.assertEqual(self.terms(), ["0", "split", "-"])
