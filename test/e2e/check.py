# SPDX-License-Identifier: Apache-2.0
"""./check: builds, runs every test there is, and ends in one line with the numbers."""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from . import analysis, build, hardening, leaks
from .build import CHECK, LOGS, Failed, run
from .cups import ROOT
from .installation import TOP

LANES = 5  # most tests wait more than they work


# Steps. Each yields (outcome, name, detail).


def unit_tests(name, directory, **env):
    """make check; every TAP result counts."""
    failure = None
    log = f"{name}-unit.log"
    try:
        run(["make", "-j2", "check"], log, directory, env)
    except Failed as error:
        with open(os.path.join(LOGS, log), errors="replace") as file:
            failure = "".join(re.findall(r"^(?:FAIL|ERROR): .*\n", file.read(), re.M)) or str(error)
    seen = False
    for path in sorted(glob.glob(os.path.join(directory, "*", "test-*.log"))):
        program = os.path.relpath(path, directory).removesuffix(".log")
        with open(path, errors="replace") as file:
            for ok, case, directive in re.findall(
                    r"^(ok|not ok) \d+ ?-? ?([^#\n]*)(#[^\n]*)?$", file.read(), re.M):
                seen = True
                skipped = directive.lower().startswith("# skip")
                outcome = "skipped" if skipped else "passed" if ok == "ok" else "failed"
                yield outcome, f"{name}: {program} {case.strip()}", directive if skipped else ""
    if failure or not seen:
        yield "failed", f"{name}: make check", failure or "no test ran"


def gcc_unit_tests():
    yield from unit_tests("check", CHECK)


def sanitizers():
    """Unit tests, a mail and the fuzz targets in clang's build with sanitizers."""
    # lld links a program with the sanitizers in half the time.
    options = ("check-asan", "--enable-werror", "--enable-fuzzers", "LDFLAGS=-fuse-ld=lld")
    directory = build.tested(*options, CC="clang", CFLAGS="-O1 -g")
    yield "passed", "clang compiles everything without a warning", ""
    # It would measure all of a text each time that one thing is looked for in it.
    yield from unit_tests("check-asan", directory, ASAN_OPTIONS="intercept_strstr=0")
    yield from module("test_memory.Sanitizers", SCAN_EMAIL_PREFIX=build.installed(*options))
    for seeds in sorted(glob.glob(os.path.join(TOP, "fuzz", "seeds", "*"))):
        yield fuzz(directory, seeds)


def fuzz(directory, seeds):
    """One fuzz target, for a while. An input that it fails with is left in LOGS. The short run goes
    the same way each time, so without comparing with addresses: what is new is looked for by the
    long one."""
    target = os.path.basename(seeds)
    limits = ("-max_total_time=600",) if build.long() else \
        ("-max_total_time=3", "-seed=1", "-use_cmp=0")
    try:
        with tempfile.TemporaryDirectory() as found:
            run([os.path.join(directory, "fuzz", f"fuzz-{target}"), *limits, "-timeout=20",
                 "-rss_limit_mb=2048", "-handle_xfsz=0",
                 f"-artifact_prefix={LOGS}/fuzz-{target}-", found, seeds], f"fuzz-{target}.log")
    except Failed as error:
        return "failed", f"fuzz: {target}", str(error)
    return "passed", f"fuzz: {target}", ""


# Their work is done in hundreds of children, in which valgrind is slow and silent: the sanitizers
# watch these.
CHILDREN_ONLY = ("/alert/race", "/complete/cut", "/complete/damaged", "/image/cut",
                 "/image/damaged", "/image/png", "/render/memory", "/tiff/cut", "/tiff/damaged")
# These do the same hundreds of times, with each byte or with long inputs: the sanitizers do so too.
REPETITIONS = ("/bundle/every-byte", "/injection/bytes", "/injection/long",
               "/injection/many-lines", "/journal/damaged", "/jpeg-scan/cut", "/jpeg-scan/damaged",
               "/message/base64", "/message-parsed/sweep", "/smtp/cost")
# valgrind ends a process whose execve is refused.
REFUSED = ("/service/programs",)
# Programs that do nothing but one of these.
LEFT_OUT_PROGRAMS = ("common/test-confine", "filter/test-pixels", "filter/test-split",
                     "mail/test-smtp-faults")


def valgrind(program):
    """One unit test program under valgrind."""
    name = os.path.relpath(program, CHECK)
    skipped = [word for path in CHILDREN_ONLY + REPETITIONS + REFUSED for word in ("-s", path)]
    run(["valgrind", "-q", "--vgdb=no", "--error-exitcode=99", "--leak-check=full",
         "--errors-for-leak-kinds=definite", "--child-silent-after-fork=yes", program, "--tap",
         *skipped],
        "valgrind-" + name.replace("/", "-") + ".log", CHECK,
        {"G_TEST_SRCDIR": TOP, "G_TEST_BUILDDIR": CHECK, "G_SLICE": "always-malloc"})
    yield "passed", f"valgrind: {name}", ""


def unit_test_programs():
    """Those that are programs: scripts stay in the source tree."""
    logs = glob.glob(os.path.join(CHECK, "*", "test-*.log"))
    return sorted(path for path in (log.removesuffix(".log") for log in logs)
                  if os.path.exists(path) and not path.endswith(LEFT_OUT_PROGRAMS))


def static_checks():
    for page in sorted(glob.glob(os.path.join(CHECK, "stage", "share", "man", "*", "*"))):
        run(["mandoc", "-T", "lint", "-W", "warning", page], "mandoc.log")
        yield "passed", f"mandoc -T lint {os.path.basename(page)}", ""
    ppd = os.path.join(CHECK, "ppd-test")
    shutil.rmtree(ppd, ignore_errors=True)
    cups = os.path.join(CHECK, "stage", "share", "cups")
    run(["ppdc", "-I", os.path.join(cups, "ppdc"), "-d", ppd,
         os.path.join(cups, "drv", "scan-email.drv")], "ppdc.log")
    for path in glob.glob(os.path.join(ppd, "*.ppd")):
        run(["cupstestppd", "-W", "filters", path], "cupstestppd.log")
        yield "passed", f"cupstestppd {os.path.basename(path)}", ""


def module(name, **env):
    """One module (or class) of end-to-end tests in a process of its own."""
    outcomes = os.path.join(LOGS, f"{name}.json")
    logs = os.path.join(LOGS, name)
    os.makedirs(logs)
    failure = ""
    try:
        run(["/usr/bin/python3", "-m", "e2e.run", "--outcomes", outcomes, name], f"{name}.log",
            os.path.join(TOP, "test"), {"SCAN_EMAIL_LOGS": logs, **env})
    except Failed as error:
        failure = str(error)
    if os.path.exists(outcomes):
        with open(outcomes) as file:
            yield from json.load(file)
    else:
        yield "failed", name, failure


def secrets_in_logs(store):
    """Each world has looked at its own logs; this looks for the secrets of all in those of all."""
    secrets = leaks.remembered(store)
    if not secrets:
        yield "skipped", "secrets in all logs", "no test made a secret"
        return
    found = leaks.leaks(LOGS, secrets)
    yield ("failed" if found else "passed"), f"{len(secrets)} secrets in no log", "\n".join(found)


def modules(patterns):
    names = sorted(os.path.basename(path).removesuffix(".py") for path in
                   glob.glob(os.path.join(TOP, "test", "e2e", "test_*.py")))
    return [name for name in names if name != "test_memory"
            and (not patterns or any(pattern in name for pattern in patterns))]


# Putting it together.


class Report:
    def __init__(self):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}

    def add(self, outcome, name, detail):
        self.counts[outcome] += 1
        if outcome == "failed":
            print(f"FAILED  {name}\n{detail}", flush=True)
        elif outcome == "skipped":
            print(f"skipped {name}: {detail}", flush=True)

    def step(self, name, results):
        """Counts a step's results; a step that cannot go on is one failure."""
        started = time.monotonic()
        build.spent.seconds = 0
        try:
            for outcome in results:
                self.add(*outcome)
        except Failed as error:
            self.add("failed", name, str(error))
        except Exception as error:  # a fault of the check itself must show as one
            self.add("failed", name, repr(error))
        print(f"-- {name}: done in {time.monotonic() - started:.0f} s, "
              f"{build.spent.seconds:.0f} s of a processor", flush=True)


def prepare():
    missing = subprocess.run([os.path.join(TOP, "test", "install-packages"), "--list"],
                             capture_output=True, text=True)
    if missing.returncode:
        raise Failed(missing.stdout + "install them, as root, with test/install-packages")
    build.servers()
    build.tested("check", "--enable-werror")
    build.installed("check")
    yield "passed", "gcc compiles everything without a warning", ""


def main():
    parser = argparse.ArgumentParser(prog="./check", description=__doc__)
    parser.add_argument("--long", action="store_true",
                        help="the long versions of tests, which take hours")
    parser.add_argument("pattern", nargs="*",
                        help="run only the end-to-end test modules whose name holds this")
    arguments = parser.parse_args()
    os.environ["SCAN_EMAIL_LONG"] = "1" if arguments.long else "0"  # build.long() asks for it
    build.clear_logs()
    secrets = leaks.make_store()
    if not ROOT:
        print("not root: what only root can show is skipped, each with its reason", flush=True)
    report = Report()
    report.step("build", prepare())
    if not report.counts["failed"]:
        steps = [(name, module(name)) for name in modules(arguments.pattern)]
        if not arguments.pattern:
            report.step("unit tests", gcc_unit_tests())
            steps = [("sanitizers", sanitizers()), ("static analysis", analysis.check()), *steps,
                     ("manual pages and PPD", static_checks()),
                     ("hardening", hardening.check(os.path.join(CHECK, "stage"), CHECK)),
                     ("one mail under valgrind", module("test_memory.Valgrind")),
                     *((f"valgrind {os.path.basename(program)}", valgrind(program))
                       for program in unit_test_programs())]
        with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
            for step in steps:
                lanes.submit(report.step, *step)
        report.step("secrets", secrets_in_logs(secrets))
    print(", ".join(f"{number} {what}" for what, number in report.counts.items()))
    return report.counts["failed"] > 0


if __name__ == "__main__":
    sys.exit(main())
