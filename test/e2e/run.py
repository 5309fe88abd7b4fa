# SPDX-License-Identifier: Apache-2.0
"""Runs test modules in this process, one line a test; the servers they share are stopped at the end.

    cd test && python3 -m e2e.run test_print test_setup.Login.test_denied
"""

import argparse
import json
import os
import sys
import time
import traceback
import unittest

from . import world
from .process import adopt_orphans, end_by_signals


class Result(unittest.TestResult):
    """One line a test on standard output, and the outcomes for ./check."""

    def __init__(self):
        super().__init__()
        self.outcomes = []  # [outcome, name, detail]
        self._started = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()

    def note(self, outcome, name, detail=""):
        self.outcomes.append([outcome, name, detail])
        seconds = time.monotonic() - self._started
        words = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}
        print(f"{words[outcome]:8}{name} ({seconds:.1f} s)" + (f": {detail}" if detail else ""),
              flush=True)

    @staticmethod
    def _name(test):
        return test.id().removeprefix("e2e.")

    def addSuccess(self, test):
        self.note("passed", self._name(test))

    def addSkip(self, test, reason):
        self.note("skipped", self._name(test), reason)

    def addFailure(self, test, err):
        self.note("failed", self._name(test), "".join(traceback.format_exception(*err)))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err:
            self.note("failed", self._name(subtest), "".join(traceback.format_exception(*err)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outcomes", help="file for the outcomes, JSON")
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    result = Result()
    try:
        names = [f"e2e.{name}" for name in arguments.names]
        unittest.defaultTestLoader.loadTestsFromNames(names).run(result)
    finally:
        found = world.close_shared_world()
    if found is not None:
        result.note("failed" if found else "passed",
                    f"{arguments.names[0]}: nothing left running, no secret in any log",
                    "\n".join(found))
    if arguments.outcomes:
        with open(arguments.outcomes, "w") as file:
            json.dump(result.outcomes, file)
    return any(outcome == "failed" for outcome, _, _ in result.outcomes)


if __name__ == "__main__":
    end_by_signals()
    adopt_orphans()
    status = main()
    sys.stdout.flush()
    os._exit(status)  # threads of servers that still wait for a test must not keep us
