# SPDX-License-Identifier: Apache-2.0
"""Where our programs lie after `make install`, and where a private cupsd wants them."""

import os

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# installed file, place under the private cupsd's directory, mode
PROGRAMS = [
    ("lib/cups/backend/mailto", "bin/backend/mailto", 0o744),
    ("lib/cups/daemon/mailto-worker", "bin/daemon/mailto-worker", 0o755),
    ("lib/cups/daemon/mailto-notify", "bin/daemon/mailto-notify", 0o755),
    ("lib/cups/filter/scantoemail", "bin/filter/scantoemail", 0o755),
    ("share/cups/drv/scan-email.drv", "share/drv/scan-email.drv", 0o644),
    ("share/cups/ppdc/scan-email-de.po", "share/ppdc/scan-email-de.po", 0o644),
    ("sbin/oauth-setup", "sbin/oauth-setup", 0o755),
]

# configure's options for an installation that lies wholly under its prefix
CONFIGURE = ["--with-cups-serverbin={prefix}/lib/cups", "--with-cups-datadir={prefix}/share/cups",
             "--with-cups-serverroot={prefix}/etc/cups",
             "--with-state-dir={prefix}/var/lib/scan-email"]


class Installation:
    def __init__(self, prefix=None):
        self.prefix = prefix or os.environ.get("SCAN_EMAIL_PREFIX") or os.path.join(
            TOP, "build", "check", "stage")

    def check(self):
        missing = [path for path, _, _ in PROGRAMS
                   if not os.path.exists(os.path.join(self.prefix, path))]
        if missing:
            raise AssertionError(f"not built: {', '.join(missing)} in {self.prefix}; run ./check")

    def programs(self):
        return [(os.path.join(self.prefix, path), target, mode) for path, target, mode in PROGRAMS]

    def filter(self):
        return os.path.join(self.prefix, "lib/cups/filter/scantoemail")
