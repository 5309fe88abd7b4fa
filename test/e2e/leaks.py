# SPDX-License-Identifier: Apache-2.0
"""Where the secrets of the tests must not be: logs, command lines, environments, core files, and
whatever the user can read that cupsd's filters run as."""

import base64
import fcntl
import os
import re
import stat
import subprocess

STORE = "SCAN_EMAIL_SECRETS"  # of all worlds of a run of ./check
SHORT = 8  # base64 that is shorter may be anything


def spellings(secret):
    """A secret as it is, and as base64 at each of the three places it can have in a longer text."""
    data = secret.encode()
    coded = [base64.b64encode(b"x" * shift + data)[shift + (shift > 0):-4] for shift in range(3)]
    return [data] + [spelling for spelling in coded if len(spelling) >= SHORT]


def leaks(directory, secrets, user=None):
    """Files below directory that hold one of the secrets; user: of those that this user can read."""
    wanted = {spelling: secret for secret in secrets for spelling in spellings(secret)}
    if not wanted:
        return []
    rights = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run(["grep", "-rlaF", "-f", "-", directory], input=b"\n".join(wanted),
                          capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                          cwd="/", **rights)
    if done.returncode > 1 and not user:
        raise AssertionError(f"grep: {done.stderr.decode()}")
    found = []
    for path in done.stdout.decode().splitlines():
        with open(path, "rb") as file:
            data = file.read()
        found += [f"a secret ({secret[:6]}…) is in {path}"
                  for spelling, secret in wanted.items() if spelling in data]
    return found


def core_files(directory):
    return [f"a core file: {os.path.join(folder, name)}" for folder, _, names in os.walk(directory)
            for name in names if re.fullmatch(r"core(\.\d+)?", name)]


def loose_modes(directory, uid):
    """Files and directories from directory on that are not uid's alone."""
    found = []
    for folder, _, names in os.walk(directory):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            status = os.lstat(path)
            wanted = 0o700 if stat.S_ISDIR(status.st_mode) else 0o600
            if stat.S_IMODE(status.st_mode) != wanted or status.st_uid != uid:
                found.append(f"{path} has mode {stat.S_IMODE(status.st_mode):o}, "
                             f"owner {status.st_uid}")
    return found


# All worlds of a run: what each of them knows reaches the end of the run by memory alone.


def make_store():
    """Returns a descriptor of the file that remember() writes to from now on."""
    store = os.memfd_create("secrets")
    os.environ[STORE] = f"/proc/{os.getpid()}/fd/{store}"
    return store


def remember(secrets):
    if STORE in os.environ:
        with open(os.environ[STORE], "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write("".join(f"{secret}\n" for secret in secrets))


def remembered(store):
    with open(store, closefd=False) as file:
        file.seek(0)
        return set(file.read().split("\n")) - {""}
