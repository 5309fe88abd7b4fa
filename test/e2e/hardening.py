# SPDX-License-Identifier: Apache-2.0
"""What compiler and linker were told to harden, looked for in the programs that are installed."""

import glob
import os
import re
import subprocess

# With _FORTIFY_SOURCE none of these is called but as __NAME_chk.
FORTIFIED = {"asprintf", "dprintf", "explicit_bzero", "fprintf", "longjmp", "printf", "snprintf",
             "sprintf", "syslog", "vasprintf", "vdprintf", "vfprintf", "vprintf", "vsnprintf",
             "vsyslog", "vsprintf"}


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], check=True, capture_output=True,
                          text=True).stdout


def programs(prefix):
    """Every ELF file below prefix: programs and modules."""
    for path in sorted(glob.glob(os.path.join(prefix, "**"), recursive=True)):
        if os.path.isfile(path) and not os.path.islink(path):
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def lost(path):
    """What a program or module lacks; empty: nothing."""
    header = readelf("--file-header", path)
    segments = readelf("--program-headers", path)
    dynamic = readelf("--dynamic", path)
    imported = set(re.findall(r" UND (\w+)", readelf("--dyn-syms", path)))
    flags = " ".join(re.findall(r"\((?:FLAGS|FLAGS_1)\)\s+(.*)", dynamic))
    if not re.search(r"Type:\s+DYN", header) or ("INTERP" in segments and "PIE" not in flags):
        yield "position-independent code"
    if "GNU_RELRO" not in segments or "NOW" not in flags:
        yield "full RELRO"
    if not re.search(r"GNU_STACK .* RW +0x", segments) or re.search(r"LOAD .* RWE ", segments):
        yield "memory that is either writable or executable"
    if re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", dynamic) or "TEXTREL" in flags:
        yield "the absence of search paths and text relocations"
    if "__stack_chk_fail" not in imported:
        yield "stack protector"
    if imported & FORTIFIED:
        yield f"FORTIFY ({', '.join(sorted(imported & FORTIFIED))})"


def objects_without_cet(directory):
    """Objects of ours that do not guard indirect calls, on processors that can."""
    objects = sorted(glob.glob(os.path.join(directory, "*", "*.o")))
    machine = readelf("--file-header", objects[0])
    if "X86-64" not in machine:
        return []
    return [path for path in objects if "IBT" not in readelf("--notes", path)]


def check(prefix, directory):
    """Yields (outcome, name, detail), as steps of ./check do. directory: of the build."""
    for path in programs(prefix):
        name = f"hardening of {os.path.relpath(path, prefix)}"
        missing = list(lost(path))
        yield ("failed" if missing else "passed"), name, "\n".join(missing)
    missing = objects_without_cet(directory)
    yield ("failed" if missing else "passed"), "hardening of indirect calls", (
        f"not in {len(missing)} objects, such as {missing[0]}; if these were built with other "
        f"flags: make -C {directory} clean" if missing else "")
