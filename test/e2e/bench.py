# SPDX-License-Identifier: Apache-2.0
"""make bench: processor time and peak memory of filter and backend as cupsd runs them, against the
curl command that sends the same file to the same server in the same run. Prints the tables of
doc/performance.md."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from . import documents, images, tiffs
from .cups import ROOT, STOCK_BIN
from .dovecot import Dovecot
from .installation import Installation
from .world import ACCOUNT, TO, World

RUNS = 5
SIZES = (20, 200)  # MB
PROGRAMS = {"filter": "filter/scantoemail", "backend (supervisor and worker)": "backend/mailto"}
TIME = ["/usr/bin/time", "-q", "-f", "%U %S %M"]


def read_figures(path):
    """(processor seconds, peak resident MiB of the largest process) as time(1) wrote them."""
    with open(path) as file:
        user, system, peak = file.read().split()[-3:]
    return float(user) + float(system), int(peak) / 1024


class Bench:
    """A world without size limits, whose cupsd starts filter and backend under time(1)."""

    def __init__(self, world):
        self.world = world
        self.cups = world.cups
        world.sink.extensions = ["8BITMIME"]
        world.dovecot.stop()
        shutil.rmtree(os.path.join(world.directory, "dovecot"))
        world.dovecot = Dovecot(world.directory, world.certificate, world.provider.introspection,
                                world.sink.port, max_size="1G")
        world.configure(queue={"max-message-size": "1G"})
        world.sign_in()
        self.cups.add_queue("bench", f"mailto:{TO.replace('@', '%40')}")
        self.figures = tempfile.mkdtemp(prefix="se-bench-", dir="/tmp")
        os.chmod(self.figures, 0o1777)
        for program in PROGRAMS.values():
            self.cups.replace_program(program, f"exec {' '.join(TIME[:-1])} '{TIME[-1]}' "
                                      f"-o {self._path(program)} \"$0.real\" \"$@\"\n")

    def _path(self, program):
        return os.path.join(self.figures, os.path.basename(program))

    def ours(self, source):
        """One job; returns the figures of each program."""
        job = self.cups.lp("bench", source)
        state = self.cups.wait_state(job, seconds=120)
        if state != "completed":
            raise SystemExit(f"the job is {state}\n{self.cups.job_log(job)}")
        return {name: read_figures(self._path(program)) for name, program in PROGRAMS.items()}

    def access_token(self):
        """The token that our own programs use, as they keep it."""
        folder = os.path.join(self.cups.state, "tokens")
        name = next(name for name in os.listdir(folder) if name.endswith(".json"))
        with open(os.path.join(folder, name)) as file:
            return json.load(file)["access_token"]

    def curl(self, source):
        """The same file by curl's own MIME writer; the token is handed over in a file."""
        output = os.path.join(self.figures, "curl")
        with tempfile.NamedTemporaryFile("w", suffix=".curlrc") as options:
            options.write(f'oauth2-bearer = "{self.access_token()}"\n')
            options.flush()
            subprocess.run(
                [*TIME, "-o", output, "curl", "-s", "-S", "--config", options.name,
                 "--url", self.world.dovecot.url, "--ssl-reqd", "--cacert", self.world.authority.ca,
                 "--user", ACCOUNT + ":", "--login-options", "AUTH=XOAUTH2",
                 "--mail-from", ACCOUNT, "--mail-rcpt", TO,
                 "-F", "=(;type=multipart/mixed", "-F", "=scanned;type=text/plain",
                 "-F", f"=@{source};type=application/pdf;encoder=base64", "-F", "=)",
                 "-H", "Subject: Measured", "-H", f"From: {ACCOUNT}", "-H", f"To: {TO}"], check=True)
        return read_figures(output)

    def run(self, source):
        """RUNS jobs and as many runs of curl, in turn; prints their table."""
        runs = []
        for _ in range(RUNS):
            figures = self.ours(source)
            self.world.sink.reset()
            figures["curl"] = self.curl(source)
            self.world.sink.reset()
            runs.append(figures)
        print("| program | processor s, median | peak MiB |\n|---|---|---|")
        seconds = {}
        for name in (*PROGRAMS, "curl"):
            seconds[name] = statistics.median(figures[name][0] for figures in runs)
            peak = max(figures[name][1] for figures in runs)
            print(f"| {name} | {seconds[name]:.2f} | {peak:.1f} |")
        ratio = statistics.median(sum(figures[name][0] for name in PROGRAMS) / figures["curl"][0]
                                  for figures in runs)
        print(f"\nfilter and backend together, of curl's time: {ratio:.3f}\n", flush=True)

    def close(self):
        shutil.rmtree(self.figures)


def measured(directory, *argv):
    """The median processor time of RUNS runs and the largest resident set, children included.
    time(1) starts them: a process begins with the peak of its parent."""
    path = os.path.join(directory, "figures")
    runs = []
    for _ in range(RUNS):
        subprocess.run([*TIME, "-o", path, *argv], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env={**os.environ, "CUPS_SERVERBIN": STOCK_BIN})
        runs.append(read_figures(path))
    return statistics.median(run[0] for run in runs), max(run[1] for run in runs)


def processor_seconds(*argv):
    """The median processor time of RUNS runs, children included."""
    times = []
    for _ in range(RUNS):
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "CUPS_SERVERBIN": STOCK_BIN}) as program:
            _, status, usage = os.wait4(program.pid, 0)
            program.returncode = status
        if status:
            raise SystemExit(f"{argv}: {status}")
        times.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(times)


def bench_jpeg(world):
    """The filter wrapping a page against imagetopdf decoding it, alone and run by the filter."""
    source = os.path.join(world.directory, "page.jpg")
    with open(source, "wb") as file:
        file.write(images.jpeg(images.scanned_page(), quality=60, dpi=(300, 300)))
    ours = Installation().filter()
    job = ["1", "user", "title", "1"]
    rows = {
        "filter, wrapping it": processor_seconds(ours, *job, "", source),
        "imagetopdf alone": processor_seconds(f"{STOCK_BIN}/filter/imagetopdf", *job,
                                              "print-scaling=auto-fit", source),
        "filter, by imagetopdf (ppi=300)": processor_seconds(ours, *job, "ppi=300", source),
        "djpeg": processor_seconds("djpeg", source),
    }
    print(f"A4, 300 dpi, colour, {os.path.getsize(source) / 1e6:.2f} MB JPEG, {RUNS} runs\n\n"
          "| program | processor s, median |\n|---|---|")
    for name, seconds in rows.items():
        print(f"| {name} | {seconds:.3f} |")
    print(flush=True)


def bench_fax(world):
    """The filter with as many pages of fax as a large scanner has in its feeder, and more."""
    page = images.scanned_page().convert("L").resize((4960, 7016)).point(
        lambda value: 255 * (value > 128)).convert("1", dither=0)
    source = os.path.join(world.directory, "pages.tif")
    with open(source, "wb") as file:
        file.write(tiffs.fax_pages(page, 500))
    seconds, peak = measured(world.directory, Installation().filter(), "1", "user", "title", "1", "",
                             source)
    print(f"500 pages A4, 600 dpi, {os.path.getsize(source) / 1e6:.1f} MB TIFF of group 4, "
          f"{RUNS} runs\n\n| program | processor s, median | peak MiB |\n|---|---|---|\n"
          f"| filter, wrapping it | {seconds:.2f} | {peak:.1f} |\n", flush=True)
    os.unlink(source)


def main():
    if not ROOT:
        sys.exit("make bench: run it as root, as cupsd runs the backend")
    world = World()
    try:
        bench_jpeg(world)
        bench_fax(world)
        bench = Bench(world)
        for megabytes in SIZES:
            source = os.path.join(world.directory, "document.pdf")
            with open(source, "wb") as file:
                file.write(documents.pdf(pages=20, filler=megabytes * 1000000))
            print(f"{megabytes} MB PDF, {RUNS} runs\n")
            bench.run(source)
        bench.close()
    finally:
        world.close()


if __name__ == "__main__":
    main()
