# SPDX-License-Identifier: Apache-2.0
"""Static analysis of every source but tests: clang-tidy with the clang static analyzer, cppcheck.
And the format of all.

What is looked for, and what is not, is told in .clang-tidy and test/cppcheck-suppressions. A source
that was found clean is not looked at again until it, a header or the question changes.
"""

import concurrent.futures
import glob
import hashlib
import json
import os
import re
import subprocess

from .build import BUILD, CHECK, Failed, long
from .installation import TOP

STATE = os.path.join(BUILD, "analysis")

# The analyzer gives up on a function later with --long: it takes three times as long then.
NODES = 225000 if long() else 30000

# It knows nothing of the cleanup attribute, by which all of GLib's automatic pointers are freed;
# the sanitizers and valgrind look for leaks.
LEAK = "Potential leak of memory"

# What GLib's and gettext's macros are to cppcheck, which sees no system header.
CPPCHECK = ["cppcheck", "-q", "--std=c11", "--enable=warning,portability,performance",
            "--inline-suppr", "--library=gtk", f"--suppressions-list={TOP}/test/cppcheck-suppressions",
            f"--include={CHECK}/config.h", f"-I{TOP}", "-D_(x)=x", "-DN_(x)=x",
            "-DNULL=((void*)0)",
            "-DG_DEFINE_EXTENDED_ERROR(a,b)=", "--error-exitcode=1",
            "--template={file}:{line}: {severity}: {message} [{id}]"]


def compilations():
    """{source: compiler's arguments}, of all that is installed, as make would compile it."""
    rules = subprocess.run(["make", "-nB", "V=1", "-o", "Makefile", "-o", "config.status", "-o",
                            "config.h", "all"], cwd=CHECK, check=True, capture_output=True, text=True)
    found = {}
    for line in rules.stdout.splitlines():
        match = re.match(r"\S+ (.*) -MT .* -c -o \S+ .*?([\w/.-]+\.c)(?: &&.*)?$", line)
        if match:
            found.setdefault(os.path.join(TOP, match[2]), match[1])
    if not found:
        raise Failed("no compilation in the output of make -n")
    return found


def state_of(*paths):
    digest = hashlib.sha256(str(NODES).encode())
    for path in paths:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def tidy(source):
    """What clang-tidy has to say of a source; empty: nothing."""
    arguments = ["-analyzer-config", f"max-nodes={NODES}"]
    result = subprocess.run(["clang-tidy", "-quiet", "-p", STATE,
                             *(f"--extra-arg={word}" for argument in arguments
                               for word in ("-Xclang", argument)), source],
                            capture_output=True, text=True)
    lines = [line for line in result.stdout.splitlines()
             if re.search(r": (warning|error): ", line) and LEAK not in line]
    if result.returncode and not lines:
        return result.stderr
    return "\n".join(lines)


def remembered(source, headers, question):
    """As tidy, unless it was found clean as it is."""
    mark = os.path.join(STATE, os.path.relpath(source, TOP).replace("/", "-"))
    state = state_of(source, *headers, os.path.join(TOP, ".clang-tidy"), question)
    if os.path.exists(mark):
        with open(mark) as file:
            if file.read() == state:
                return ""
    complaints = tidy(source)
    if not complaints:
        with open(mark, "w") as file:
            file.write(state)
    return complaints


def unformatted():
    """What "make format" would change; empty: nothing."""
    sources = [path for pattern in ("*/*.[ch]", "test/*/*.[ch]")
               for path in glob.glob(os.path.join(TOP, pattern))]
    return subprocess.run(["clang-format", "--dry-run", "-Werror", *sorted(sources)],
                          capture_output=True, text=True).stderr


def check():
    """Yields (outcome, name, detail), as steps of ./check do."""
    os.makedirs(STATE, exist_ok=True)
    sources = compilations()
    question = os.path.join(STATE, "compile_commands.json")
    with open(question, "w") as file:
        json.dump([{"directory": CHECK, "file": source, "command": f"clang {arguments} -c {source}"}
                   for source, arguments in sorted(sources.items())], file, indent=1)
    headers = sorted(glob.glob(os.path.join(TOP, "*", "*.h")))
    with concurrent.futures.ThreadPoolExecutor(2) as lanes:
        complaints = list(lanes.map(lambda source: remembered(source, headers, question),
                                    sorted(sources)))
    found = "\n".join(filter(None, complaints))
    yield ("failed" if found else "passed"), f"clang-tidy: {len(sources)} sources", found
    result = subprocess.run([*CPPCHECK, *sorted(sources)], capture_output=True, text=True)
    yield ("failed" if result.returncode else "passed"), "cppcheck", result.stderr
    complaints = unformatted()
    yield ("failed" if complaints else "passed"), "clang-format", complaints
