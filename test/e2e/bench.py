# SPDX-License-Identifier: Apache-2.0
"""make bench: processor time and peak memory of filter and backend, against the curl command that
sends the same file to the same server in the same run. Prints the table of doc/performance.md."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from . import documents
from .cups import ROOT
from .dovecot import Dovecot
from .world import ACCOUNT, TO, World

RUNS = 5
SIZES = ((20, "20 MB PDF"), (200, "200 MB PDF"))


class Measured:
    """A command run under time(1)."""

    def __init__(self, argv, env=None, stdin=None, stdout=None):
        self.name = argv[0]
        self.figures = tempfile.NamedTemporaryFile("r")
        self.process = subprocess.Popen(
            ["/usr/bin/time", "-q", "-f", "%U %S %M", "-o", self.figures.name, *argv],
            env=env, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)

    def wait(self):
        """Returns (processor seconds, peak resident MiB of its largest process)."""
        errors = self.process.communicate()[1]
        if self.process.returncode:
            raise SystemExit(f"{self.name}: exit {self.process.returncode}\n"
                             + errors.decode(errors="replace"))
        with self.figures:
            user, system, peak = self.figures.read().split()[-3:]
        return float(user) + float(system), int(peak) / 1024


class Bench:
    def __init__(self, world):
        self.world = world
        self.cups = world.cups
        self.job = 0
        self.cups.add_queue("bench", f"mailto:{TO.replace('@', '%40')}")

    def environment(self, **more):
        """What cupsd gives its children, as far as ours look at it."""
        base = self.cups.base
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "CUPS_SERVERROOT": base,
                "CUPS_SERVERBIN": f"{base}/bin", "CUPS_REQUESTROOT": self.spool,
                "TMPDIR": self.spool, "PRINTER": "bench", "PPD": f"{base}/ppd/bench.ppd",
                "DEVICE_URI": f"mailto:{TO.replace('@', '%40')}",
                "CONTENT_TYPE": "application/pdf",
                "FINAL_CONTENT_TYPE": "application/vnd.scan-email.bundle", **more}

    def words(self):
        return [str(self.job), "bench", "Measured", "1", ""]

    def ours(self, source):
        """One job through filter and backend; returns the figures of each."""
        self.job += 1
        with tempfile.TemporaryDirectory(prefix="se-bench-", dir="/tmp") as self.spool:
            os.chmod(self.spool, 0o755)
            spooled = os.path.join(self.spool, f"d{self.job:05}-001")
            os.link(source, spooled)
            first, last = os.pipe()
            running = [Measured([f"{self.cups.base}/bin/filter/scantoemail", *self.words(), spooled],
                                self.environment(), stdout=last),
                       Measured([f"{self.cups.base}/bin/backend/mailto", *self.words()],
                                self.environment(), stdin=first)]
            os.close(first)
            os.close(last)
            figures = [each.wait() for each in running]
        return figures

    def access_token(self):
        """The token that our own programs use, as they keep it."""
        folder = os.path.join(self.cups.state, "tokens")
        name = next(name for name in os.listdir(folder) if name.endswith(".json"))
        with open(os.path.join(folder, name)) as file:
            return json.load(file)["access_token"]

    def curl(self, source):
        """The same file by curl's own MIME writer; the token is handed over in a file."""
        with tempfile.NamedTemporaryFile("w", suffix=".curlrc") as options:
            options.write(f'oauth2-bearer = "{self.access_token()}"\n')
            options.flush()
            return Measured(
                ["curl", "-s", "-S", "--config", options.name, "--url", self.world.dovecot.url,
                 "--ssl-reqd", "--cacert", self.world.authority.ca, "--user", ACCOUNT + ":",
                 "--login-options", "AUTH=XOAUTH2", "--mail-from", ACCOUNT, "--mail-rcpt", TO,
                 "-F", "=(;type=multipart/mixed", "-F", "=scanned;type=text/plain",
                 "-F", f"=@{source};type=application/pdf;encoder=base64", "-F", "=)",
                 "-H", "Subject: Measured", "-H", f"From: {ACCOUNT}", "-H", f"To: {TO}"]).wait()


def row(name, figures):
    seconds = statistics.median(figure[0] for figure in figures)
    print(f"| {name} | {seconds:.2f} | {max(figure[1] for figure in figures):.1f} |")
    return seconds


def main():
    if not ROOT:
        sys.exit("make bench: run it as root, as cupsd runs the backend")
    world = World()
    try:
        world.sink.extensions = ["8BITMIME"]  # no limit of its own
        world.dovecot.stop()
        shutil.rmtree(os.path.join(world.directory, "dovecot"))
        world.dovecot = Dovecot(world.directory, world.certificate, world.provider.introspection,
                                world.sink.port, max_size="1G")
        world.configure(queue={"max-message-size": "1G"})
        world.sign_in()
        bench = Bench(world)
        for megabytes, name in SIZES:
            source = os.path.join(world.directory, "document.pdf")
            with open(source, "wb") as file:
                file.write(documents.pdf(pages=20, filler=megabytes * 1000000))
            os.chmod(source, 0o644)
            ours, curls = [], []
            for _ in range(RUNS):
                ours.append(bench.ours(source))
                world.sink.reset()
                curls.append(bench.curl(source))
                world.sink.reset()
            print(f"\n| {name}, median of {RUNS} runs | processor s | peak MiB |\n|---|---|---|")
            total = row("filter", [each[0] for each in ours]) + row(
                "backend (supervisor and worker)", [each[1] for each in ours])
            print(f"| both | {total:.2f} | |")
            print(f"\nratio to curl: {total / row('curl', curls):.3f}", flush=True)
    finally:
        world.close()


if __name__ == "__main__":
    main()
