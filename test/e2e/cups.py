# SPDX-License-Identifier: Apache-2.0
"""A private cupsd with our programs in it, in a short directory under /tmp; as root the way a real
one runs (filters as lp, the backend as root), as an ordinary user as far as that goes."""

import glob
import grp
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile

from . import ipp
from .process import (Process, end_processes_with, free_port, listening, name_of, processes_with,
                      tail, wait_for)

STOCK_BIN, STOCK_SHARE = "/usr/lib/cups", "/usr/share/cups"
PPD = "drv:///scan-email.drv/scan-email.ppd"
ROOT = os.geteuid() == 0
FINAL = ("canceled", "aborted", "completed")

FILES_CONF = """\
User {user}
Group {group}
SystemGroup {system_group}
FileDevice yes
Printcap
ServerRoot {base}
StateDir {base}/run
ServerBin {base}/bin
CacheDir {base}/cache
DataDir {base}/share
DocumentRoot {base}/share
RequestRoot {base}/spool
TempDir {base}/spool/temp
ServerKeychain {base}/ssl
AccessLog {base}/log/access_log
ErrorLog {base}/log/error_log
PageLog {base}/log/page_log
PassEnv LD_PRELOAD ASAN_OPTIONS UBSAN_OPTIONS
"""

CUPSD_CONF = """\
Listen {base}/sock
Listen 127.0.0.1:{port}
Browsing Off
WebInterface No
LogLevel debug2
LogTimeFormat usecs
MaxLogSize 0
ErrorPolicy retry-job
JobRetryInterval {retry_interval}
JobRetryLimit {retry_limit}
JobKillDelay 5
MaxJobTime 300
PreserveJobFiles Yes
PreserveJobHistory Yes
DirtyCleanInterval 0
{more}
<Location />
  Order allow,deny
  Allow all
</Location>
{policy}
"""

# For an ordinary user's cupsd, which can authenticate nobody.
OPEN_POLICY = """\
DefaultAuthType None
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""


def stock_policy():
    """Who may do what as Debian ships it."""
    with open(f"{STOCK_SHARE}/cupsd.conf.default") as file:
        policy = re.search(r"<Policy default>.*?</Policy>", file.read(), re.S).group()
    return f"DefaultAuthType Basic\n{policy}"


class Cups:
    """stage: where `make install` put our programs (an Installation); None: stock CUPS alone. more:
    lines of cupsd.conf over the usual ones."""

    def __init__(self, stage=None, retry_interval=1, retry_limit=5, log_directory=None, more=""):
        self.base = tempfile.mkdtemp(prefix="se-", dir="/tmp")
        os.chmod(self.base, 0o755)
        self.port = free_port()
        self.log_directory = log_directory
        self.error_log = os.path.join(self.base, "log", "error_log")
        self.state = os.path.join(self.base, "state")
        self.service_user = "uucp" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
        self.ipp = ipp.Client(self.port)
        self.process = None
        self._make_directories()
        self._link_stock()
        if stage:
            self._install(stage)
        values = {"base": self.base, "port": self.port, "retry_interval": retry_interval,
                  "retry_limit": retry_limit, "more": more,
                  "user": "lp" if ROOT else self.service_user,
                  "group": "lp" if ROOT else grp.getgrgid(os.getegid()).gr_name,
                  "policy": stock_policy() if ROOT else OPEN_POLICY,
                  "system_group": "root" if ROOT else grp.getgrgid(os.getegid()).gr_name}
        self._write("cups-files.conf", FILES_CONF.format(**values))
        self._write("cupsd.conf", CUPSD_CONF.format(**values))
        self.configure("")

    # Setting up.

    def _path(self, *names):
        return os.path.join(self.base, *names)

    def _write(self, name, text, mode=0o644):
        path = self._path(name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def _make_directories(self):
        for name in ("bin/backend", "bin/filter", "bin/daemon", "share/mime", "share/drv",
                     "share/banners", "share/ppdc", "log", "spool/temp", "ppd", "ssl", "cache", "run", "sbin",
                     "state"):
            os.makedirs(self._path(name), mode=0o755)
        if ROOT:
            user = pwd.getpwnam(self.service_user)
            os.chown(self.state, user.pw_uid, user.pw_gid)
            for name in ("spool", "spool/temp", "cache"):
                shutil.chown(self._path(name), "root", "lp")
                os.chmod(self._path(name), 0o1770 if name == "spool/temp" else 0o770)
            os.chmod(self._path("spool"), 0o710)
        os.chmod(self.state, 0o700)
        self._write("printers.conf", "", 0o600)

    def _link_stock(self):
        for kind in ("daemon", "filter", "driver"):
            os.makedirs(self._path("bin", kind), exist_ok=True)
            for path in glob.glob(f"{STOCK_BIN}/{kind}/*"):
                os.symlink(path, self._path("bin", kind, os.path.basename(path)))
        for path in glob.glob(f"{STOCK_SHARE}/mime/*"):
            os.symlink(path, self._path("share/mime", os.path.basename(path)))
        for kind in ("banners", "ppdc"):
            for path in glob.glob(f"{STOCK_SHARE}/{kind}/*"):
                os.symlink(path, self._path("share", kind, os.path.basename(path)))
        for name in ("charsets", "data"):
            if os.path.exists(f"{STOCK_SHARE}/{name}"):
                os.symlink(f"{STOCK_SHARE}/{name}", self._path("share", name))
        # A copy: AppArmor confines what runs from /usr/sbin/cupsd.
        shutil.copy("/usr/sbin/cupsd", self._path("cupsd"))

    def _install(self, stage):
        for source, target, mode in stage.programs():
            path = self._path(target)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.lexists(path):
                os.unlink(path)
            shutil.copyfile(source, path)
            os.chmod(path, mode)

    def listen(self, *addresses):
        """Lets cupsd listen on further addresses of this machine. A client that comes in there is
        none of localhost. Returns a function that undoes it."""
        path = self._path("cupsd.conf")
        with open(path) as file:
            before = file.read()

        def rewrite(text):
            self._write("cupsd.conf", text)
            self.restart()

        lines = "".join(f"Listen {address}:{self.port}\n" for address in addresses)
        rewrite(before + lines + "ServerAlias *\n")
        return lambda: rewrite(before)

    def configure(self, text, **server):
        """Writes scan-email.conf: [server] for this instance, then text."""
        keys = {"user": self.service_user, "state-directory": self.state,
                "cups-server": self._path("sock"), **server}
        lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
        path = self._write("scan-email.conf", f"[server]\n{lines}\n{text}", 0o640)
        if ROOT:
            os.chown(path, 0, pwd.getpwnam(self.service_user).pw_gid)

    def replace_program(self, name, script):
        """Puts a shell script in place of bin/NAME. Returns a function that puts it back."""
        path = self._path("bin", name)
        os.rename(path, path + ".real")
        mode = 0o744 if name.startswith("backend/") else 0o755
        self._write(os.path.join("bin", name), "#!/bin/sh\n" + script, mode)
        return lambda: os.replace(path + ".real", path)

    # Running.

    def environment(self):
        """For CUPS's commands and oauth-setup; nothing of the caller's."""
        return {"PATH": f"{self._path('sbin')}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": self.base, "CUPS_SERVER": self._path("sock"), "LANG": "C.UTF-8",
                "CUPS_SERVERROOT": self.base, **{name: os.environ[name] for name in
                                                 ("ASAN_OPTIONS", "UBSAN_OPTIONS")
                                                 if name in os.environ}}

    def start(self, *wrapper):
        """wrapper: a command that runs the command which stands behind it."""
        self.process = Process(
            [*wrapper, self._path("cupsd"), "-f", "-c", self._path("cupsd.conf"),
             "-s", self._path("cups-files.conf")], self._path("log", "output"),
            env={"HOME": self.base, "LANG": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                 **{name: value for name, value in os.environ.items()
                    if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_PRELOAD")}})
        self.process.wait_ready(lambda: os.path.exists(self._path("sock"))
                                and listening(self.port), "cupsd")
        return self

    def stop(self, sig=signal.SIGTERM):
        if self.process:
            self.process.stop(sig)
            self.process = None
        if os.path.exists(self._path("sock")):
            os.unlink(self._path("sock"))

    def restart(self, sig=signal.SIGTERM):
        self.stop(sig)
        return self.start()

    def close(self):
        """Stops it, keeps its logs where the run's logs are, removes everything else. Returns the
        command lines of processes of ours that still ran: there should be none."""
        self.stop()
        left = end_processes_with("CUPS_SERVERROOT", self.base)
        if self.log_directory:
            target = os.path.join(self.log_directory, os.path.basename(self.base))
            shutil.copytree(self._path("log"), target, dirs_exist_ok=True)
        shutil.rmtree(self.base)
        return left

    def run(self, *argv, stdin=b"", check=True, timeout=60, env=None):
        """Runs a command against this cupsd; returns the CompletedProcess, output as text. env:
        over the usual environment."""
        done = subprocess.run(argv, input=stdin, env={**self.environment(), **(env or {})},
                              timeout=timeout, capture_output=True)
        done.stdout = done.stdout.decode(errors="replace")
        done.stderr = done.stderr.decode(errors="replace")
        if check and done.returncode:
            raise AssertionError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def add_queue(self, name, uri, *options):
        """options: further words for lpadmin."""
        self.run("lpadmin", "-p", name, "-E", "-v", uri, "-m", PPD,
                 "-o", "printer-is-shared=false", *options)

    def lp(self, queue, *words, stdin=b""):
        """lp -d queue words…; returns the job's id."""
        output = self.run("lp", "-d", queue, *words, stdin=stdin).stdout
        return int(re.search(rf"request id is {re.escape(queue)}-(\d+)", output).group(1))

    # Looking.

    def processes(self, program):
        """Ids of this cupsd's processes that run a program of that name."""
        found = []
        for pid in processes_with("CUPS_SERVERROOT", self.base, self.process and self.process.pid):
            try:
                if name_of(pid) == program:
                    found.append(pid)
            except OSError:
                continue  # it has just ended
        return found

    def wait_state(self, job_id, *states, seconds=60.0):
        """Waits until the job is in one of the states, any final one by default; returns it."""
        wanted = states or FINAL

        def state():
            now = self.ipp.job_state(job_id)
            return now if now in wanted else None

        try:
            return wait_for(state, f"job {job_id} to be {' or '.join(wanted)}", seconds)
        except AssertionError as error:
            raise type(error)(f"{error}; it is {self.ipp.job_state(job_id)}\n"
                              + self.job_log(job_id)) from None

    def log(self):
        with open(self.error_log, errors="replace") as file:
            return file.read()

    def job_log(self, job_id):
        """The error_log's lines of one job."""
        mark = f"[Job {job_id}]"
        return "\n".join(line for line in self.log().split("\n") if mark in line)

    def wait_job_log(self, job_id, text, seconds=30.0):
        return wait_for(lambda: text in self.job_log(job_id), f"{text!r} in the log of job {job_id}",
                        seconds)

    def tail(self):
        return tail(self.error_log, 60)
