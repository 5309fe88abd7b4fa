# SPDX-License-Identifier: Apache-2.0
"""Builds the project and its test servers, below build/ only."""

import fcntl
import os
import shutil
import subprocess
import threading

from . import installation
from .installation import CONFIGURE, TOP

BUILD = os.path.join(TOP, "build")
CHECK = os.path.join(BUILD, "check")
LOGS = os.path.join(BUILD, "logs")
SERVERS = os.path.join(TOP, "test", "servers")

spent = threading.local()


class Failed(Exception):
    """A step did not work; the text says why."""


def long():
    """Tells whether the long versions of tests are wanted: ./check --long."""
    return os.environ.get("SCAN_EMAIL_LONG") == "1"


def clear_logs():
    shutil.rmtree(LOGS, ignore_errors=True)
    os.makedirs(LOGS)


def run(argv, log, cwd=TOP, env=None):
    """Runs a command with its output in LOGS/log; Failed shows the end of it. The processor's time
    that it took is added to spent.seconds."""
    path = os.path.join(LOGS, log)
    timeout = 6 * 3600 if long() else 1200
    with open(path, "ab") as output:
        process = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
    watch = threading.Timer(timeout, process.kill)
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    ended = f"exit {process.returncode}" if watch.is_alive() else f"stopped after {timeout} s"
    watch.cancel()
    spent.seconds = getattr(spent, "seconds", 0) + usage.ru_utime + usage.ru_stime
    if status:
        with open(path, errors="replace") as file:
            end = "".join(file.readlines()[-40:])
        raise Failed(f"{' '.join(argv)}: {ended} (all of it: {path})\n{end}")


def newer(path, *sources):
    """Tells whether path is missing or older than one of its sources."""
    return not os.path.exists(path) or any(
        os.path.getmtime(source) > os.path.getmtime(path) for source in sources)


def servers():
    """npm ci, where node_modules is not what the lock file says; its cache stays in build/ too."""
    lock = os.path.join(SERVERS, "node_modules", ".package-lock.json")
    if newer(lock, os.path.join(SERVERS, "package-lock.json")):
        run(["npm", "ci"], "npm.log", SERVERS,
            {"npm_config_cache": os.path.join(BUILD, "npm-cache")})


def configured(name, *options, **env):
    """Configures build/NAME for an installation in build/NAME/stage; returns the directory."""
    configure = os.path.join(TOP, "configure")
    if newer(configure, os.path.join(TOP, "configure.ac")):
        run(["./bootstrap"], "bootstrap.log")
    directory = os.path.join(BUILD, name)
    prefix = os.path.join(directory, "stage")
    os.makedirs(directory, exist_ok=True)
    if newer(os.path.join(directory, "config.status"), configure, installation.__file__):
        run([configure, f"--prefix={prefix}", *options,
             *(option.format(prefix=prefix) for option in CONFIGURE)],
            f"{name}-configure.log", directory, env)
    return directory


def tested(name, *options, **env):
    """As configured, and compiles everything, test programs included."""
    directory = configured(name, *options, **env)
    run(["make", "-j2", "check", "TESTS="], f"{name}-make.log", directory)
    return directory


def installed(name, *options, **env):
    """Builds and installs build/NAME; returns the prefix."""
    directory = configured(name, *options, **env)
    run(["make", "-j2"], f"{name}-make.log", directory)
    run(["make", "install"], f"{name}-install.log", directory)
    return os.path.join(directory, "stage")


def with_fault_points():
    """The programs as tests can kill them (common/fault.h), without test programs; returns the
    prefix. Whichever test module comes first builds them."""
    os.makedirs(LOGS, exist_ok=True)
    with open(os.path.join(BUILD, "check-faults.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return installed("check-faults", "--enable-werror", "--enable-fault-points",
                         CFLAGS="-O1 -g")
