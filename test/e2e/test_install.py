# SPDX-License-Identifier: Apache-2.0
"""make install DESTDIR=…: every file of the contract, with its mode."""

import os
import stat
import subprocess
import tempfile
import unittest

from .build import CHECK

MODES = {
    "lib/cups/backend/mailto": 0o744,
    "lib/cups/daemon/mailto-worker": 0o755,
    "lib/cups/filter/scantoemail": 0o755,
    "share/cups/drv/scan-email.drv": 0o644,
    "share/scan-email/providers.conf": 0o644,
    "etc/cups/scan-email.conf": 0o640,
    "sbin/oauth-setup": 0o755,
    "share/man/man5/scan-email.conf.5": 0o644,
    "share/man/man7/scan-email.7": 0o644,
    "share/man/man8/oauth-setup.8": 0o644,
}


class Install(unittest.TestCase):
    def test_files_and_modes(self):
        with tempfile.TemporaryDirectory() as destination:
            subprocess.run(["make", "install", f"DESTDIR={destination}"], cwd=CHECK, check=True,
                           capture_output=True)
            prefix = destination + os.path.join(CHECK, "stage")
            for path, mode in MODES.items():
                with self.subTest(path):
                    self.assertEqual(stat.S_IMODE(os.stat(os.path.join(prefix, path)).st_mode), mode)
            self.assertFalse(os.path.exists(os.path.join(prefix, "share/cups/drv/scan-email.ppd")))

    def test_an_edited_configuration_is_not_overwritten(self):
        with tempfile.TemporaryDirectory() as destination:
            path = destination + os.path.join(CHECK, "stage", "etc/cups/scan-email.conf")
            os.makedirs(os.path.dirname(path))
            with open(path, "w") as file:
                file.write("# mine\n")
            subprocess.run(["make", "install", f"DESTDIR={destination}"], cwd=CHECK, check=True,
                           capture_output=True)
            with open(path) as file:
                self.assertEqual(file.read(), "# mine\n")
