# SPDX-License-Identifier: Apache-2.0
"""Real PDFs: those of some Debian packages, downloaded and unpacked below build/, not installed."""

import gzip
import os
import subprocess

from .build import BUILD
from .installation import TOP

DIRECTORY = os.path.join(BUILD, "corpus")


def packages():
    with open(os.path.join(TOP, "test", "corpus-packages")) as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def unpack(package):
    """The package's files below DIRECTORY/PACKAGE."""
    target = os.path.join(DIRECTORY, package)
    if os.path.isdir(target):
        return target
    os.makedirs(DIRECTORY, exist_ok=True)
    for words in (["download", package], ["update"], ["download", package]):
        done = subprocess.run(["apt-get", "-o", "APT::Sandbox::User=root", *words], cwd=DIRECTORY,
                              capture_output=True, text=True, timeout=300)
        if words[0] == "download" and done.returncode == 0:
            break
    else:
        raise AssertionError(f"{package} cannot be downloaded: {done.stderr}")
    (archive,) = [name for name in os.listdir(DIRECTORY) if name.startswith(package + "_")]
    subprocess.run(["dpkg", "-x", archive, target + ".new"], cwd=DIRECTORY, check=True, timeout=300)
    os.unlink(os.path.join(DIRECTORY, archive))
    os.rename(target + ".new", target)
    return target


def paths():
    """All PDFs, in an order that does not depend on the machine."""
    found = []
    for package in packages():
        for directory, _, names in os.walk(unpack(package)):
            found += [os.path.join(directory, name) for name in names
                      if name.lower().endswith((".pdf", ".pdf.gz"))
                      and not os.path.islink(os.path.join(directory, name))]
    return sorted(found)


def read(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        return file.read()
