# SPDX-License-Identifier: Apache-2.0
"""make install DESTDIR=…: every file of the contract, with its mode."""

import os
import pwd
import stat
import subprocess
import tempfile
import unittest

from . import documents
from .build import CHECK
from .case import EndToEnd, needs_root

MODES = {
    "lib/cups/backend/mailto": 0o744,
    "lib/cups/daemon/mailto-worker": 0o755,
    "lib/cups/daemon/mailto-notify": 0o755,
    "lib/cups/filter/scantoemail": 0o755,
    "share/cups/drv/scan-email.drv": 0o644,
    "lib/scan-email/pdf.so": 0o755,
    "lib/scan-email/secret-service.so": 0o755,
    "lib/scan-email/tiff.so": 0o755,
    "lib/systemd/system/scan-email-secrets.service": 0o644,
    "lib/systemd/system/scan-email-token-key.service": 0o644,
    "share/scan-email/providers.conf": 0o644,
    "share/scan-email/secrets-bus.conf": 0o644,
    "etc/cups/scan-email.conf": 0o640,
    "sbin/oauth-setup": 0o755,
    "var/lib/scan-email": 0o700,
    "var/lib/scan-email/journal": 0o700,
    "var/lib/scan-email/orphans": 0o700,
    "var/lib/scan-email/spool": 0o700,
    "var/lib/scan-email/tokens": 0o700,
    "share/man/man5/scan-email.conf.5": 0o644,
    "share/man/man7/scan-email-providers.7": 0o644,
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
            # This build puts nothing outside its own stage, the state directory included.
            self.assertEqual([folder for folder, _, _ in os.walk(destination)
                              if not (folder + "/").startswith(prefix + "/")
                              and not (prefix + "/").startswith(folder + "/")], [])

    def test_nothing_is_left(self):
        with tempfile.TemporaryDirectory() as destination:
            for target in ("install", "uninstall"):
                subprocess.run(["make", target, f"DESTDIR={destination}"], cwd=CHECK, check=True,
                               capture_output=True)
            stage = destination + os.path.join(CHECK, "stage")
            self.assertEqual([(folder, files) for folder, _, files in os.walk(stage)
                              if files or os.path.basename(folder) == "scan-email"], [])

    @needs_root
    def test_the_state_directory_is_the_service_users(self):
        """Root makes it, and does nothing in it any more: a service that was taken over may have
        put anything there."""
        user = pwd.getpwnam("uucp")
        with tempfile.TemporaryDirectory() as destination:
            top = destination + os.path.join(CHECK, "stage", "var/lib/scan-email")
            elsewhere = os.path.join(destination, "elsewhere")
            os.mkdir(elsewhere, 0o755)

            def install():
                subprocess.run(["make", "install", f"DESTDIR={destination}", "service_user=uucp",
                                "service_group=uucp"], cwd=CHECK, check=True, capture_output=True)

            install()
            for path in (top, *(os.path.join(top, name) for name in os.listdir(top))):
                status = os.stat(path)
                self.assertEqual((status.st_uid, status.st_gid), (user.pw_uid, user.pw_gid), path)
            for name in os.listdir(top):
                os.rmdir(os.path.join(top, name))
                os.symlink(elsewhere, os.path.join(top, name))
            install()
            status = os.stat(elsewhere)
            self.assertEqual((status.st_uid, stat.S_IMODE(status.st_mode)), (0, 0o755))

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


class LinkedInstall(EndToEnd):
    def test_a_server_bin_that_only_links_to_the_backend(self):
        """The worker is found beside the backend itself."""
        base, own = self.cups.base, os.path.join(self.cups.base, "own")
        moved = {f"{base}/bin/{name}": f"{own}/{name}"
                 for name in ("backend/mailto", "daemon/mailto-worker")}
        for path, target in moved.items():
            os.makedirs(os.path.dirname(target))
            os.rename(path, target)
            self.addCleanup(os.replace, target, path)
        os.symlink(f"{own}/backend/mailto", f"{base}/bin/backend/mailto")
        self.the_mail(self.cups.lp(self.queue, self.file("linked.pdf", documents.pdf())))
