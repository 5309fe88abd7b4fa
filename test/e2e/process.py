# SPDX-License-Identifier: Apache-2.0
"""Child processes that never outlive the run, waiting with a deadline, free ports."""

import ctypes
import os
import signal
import socket
import subprocess
import time

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class Timeout(AssertionError):
    """Something that should have happened did not."""


def end_by_signals():
    """SIGTERM and SIGHUP do as Ctrl-C does: what the run has started is stopped and removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def wait_for(condition, what, seconds=20.0, interval=0.03):
    """Returns the first true value of condition(); Timeout names what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f"waited {seconds:g} s for {what}")
        time.sleep(interval)


def free_port():
    """A port of 127.0.0.1 that nobody listens on now, for servers that cannot pick one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tail(path, lines=30):
    try:
        with open(path, errors="replace") as file:
            return "".join(file.readlines()[-lines:])
    except FileNotFoundError:
        return ""


class Process:
    """A server of ours in the background, its output in a file; the kernel ends it if we die."""

    def __init__(self, argv, log, env=None, cwd=None):
        self.argv = argv
        self.log = log
        with open(log, "ab") as output:
            self.popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
            )

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def wait_ready(self, condition, what, seconds=20.0):
        """As wait_for, but a process that ended is told at once, with the end of its output."""

        def ready():
            if not self.running():
                raise AssertionError(
                    f"{self.argv[0]} ended with {self.popen.returncode}:\n{tail(self.log)}"
                )
            return condition()

        try:
            return wait_for(ready, what, seconds)
        except Timeout as error:
            raise Timeout(f"{error}\n{tail(self.log)}") from None

    def stop(self, sig=signal.SIGTERM, seconds=10.0):
        """Ends it by its process id and waits; SIGKILL if it will not go."""
        if self.running():
            self.popen.send_signal(sig)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()


def adopt_orphans():
    """What children of ours leave behind becomes our child."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def is_hidden(pid):
    """Tells whether a process of our user lets nobody but root look into it (PR_SET_DUMPABLE)."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            file.read()
        return False
    except PermissionError:
        with open(f"/proc/{pid}/status") as file:
            status = file.read()
        return f"Uid:\t{os.geteuid()}\t" in status and "State:\tZ" not in status


def name_of(pid):
    """The name of the program that a process runs."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except PermissionError:  # hidden; cut to 15 bytes
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()


def hidden_below(ancestor):
    """Hidden processes that come from the process ancestor (None: it is over) or were left to us."""
    found = []
    for name in os.listdir("/proc"):
        try:
            pid = int(name) if name.isdigit() and is_hidden(name) else None
            above = pid
            while above and is_hidden(above):
                above = parent(above)
        except OSError:
            continue  # it has just ended
        if pid and above in (ancestor, os.getpid()):
            found.append(pid)
    return found


def processes_with(variable, value, ancestor=None):
    """Ids of the processes (not zombies) whose environment holds variable=value. Where we may not
    look into some, those below the process ancestor count."""
    wanted = f"{variable}={value}".encode()
    found = [] if os.geteuid() == 0 else hidden_below(ancestor)
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    found.append(int(name))
        except OSError:
            continue  # gone, or not ours to look at
    return found


def end_processes_with(variable, value, seconds=5.0):
    """Ends what still runs with variable=value in its environment; returns the command lines."""
    left = []
    for pid in processes_with(variable, value):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                left.append(file.read().replace(b"\0", b" ").decode(errors="replace"))
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue
    wait_for(lambda: not processes_with(variable, value), "leftover processes to end", seconds)
    return left
