# SPDX-License-Identifier: Apache-2.0
"""What the processes of a job may still do when they meet what comes from outside."""

import json
import os
import pwd
import re
import shlex
import signal

from . import documents
from .case import EndToEnd, needs_landlock, needs_root
from .process import wait_for
from .smtp import Pause

FILTERING, NO_NEW_PRIVILEGES = "2", "1"
WORKER_ENVIRONMENT = {"CUPS_SERVERROOT", "DEVICE_URI", "FINAL_CONTENT_TYPE", "LANG", "PRINTER", "TZ"}
SUPERVISOR_ENVIRONMENT = WORKER_ENVIRONMENT | {"CUPS_SERVERBIN", "PPD"}

# A converter that was taken over: tells on standard error what it could do.
PROBE = """\
import json, os, socket, sys
tried = {{}}
def attempt(name, function):
    try:
        function()
        tried[name] = "done"
    except OSError as error:
        tried[name] = os.strerror(error.errno)
for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"):
    attempt(family, lambda: socket.socket(getattr(socket, family), socket.SOCK_DGRAM))
attempt("spool", lambda: open("{spool}/d%05d-001" % int(sys.argv[1]), "rb").read())
attempt("configuration", lambda: open("{base}/scan-email.conf", "rb").read())
attempt("elsewhere", lambda: open("{base}/share/written", "wb"))
attempt("document", lambda: open("/dev/fd/0", "rb").read())
attempt("temporary", lambda: open(os.environ["TMPDIR"] + "/written", "wb"))
print("tried " + json.dumps(tried), file=sys.stderr)
"""


class Rights(EndToEnd):
    def status(self, pid):
        with open(f"/proc/{pid}/status") as file:
            return {name: value.split() for name, value in
                    (line.split(":", 1) for line in file if ":" in line)}

    def assert_confined(self, program, user, seccomp=True, dumpable=False):
        """Every process of that program has no right that it could use."""
        found = self.cups.processes(program)
        self.assertTrue(found, program)
        for pid in found:
            status = self.status(pid)
            with self.subTest(program):
                account = pwd.getpwnam(user)
                self.assertEqual(set(status["Uid"]), {str(account.pw_uid)})
                self.assertEqual(set(status["Gid"]), {str(account.pw_gid)})
                self.assertEqual(set(map(int, status["Groups"])),
                                 set(os.getgrouplist(user, account.pw_gid))
                                 if program.startswith("mailto") else {account.pw_gid})
                for capabilities in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                    self.assertEqual(int(status[capabilities][0], 16), 0, capabilities)
                self.assertEqual(status["NoNewPrivs"], [NO_NEW_PRIVILEGES])
                if seccomp:
                    self.assertEqual(status["Seccomp"], [FILTERING])
                with open(f"/proc/{pid}/limits") as file:
                    (core,) = [line for line in file if line.startswith("Max core file size")]
                self.assertEqual(core.split()[4:6], ["0", "0"])
                if not dumpable:  # /proc/PID is root's then
                    self.assertEqual(os.stat(f"/proc/{pid}/status").st_uid, 0)

    def environment(self, program):
        (pid,) = self.cups.processes(program)
        with open(f"/proc/{pid}/environ", "rb") as file:
            pairs = [entry.partition(b"=") for entry in file.read().split(b"\0") if b"=" in entry]
        return {name.decode(): value.decode() for name, _, value in pairs}

    @needs_root
    def test_backend(self):
        server = self.submission_server()
        pause = server.at("mail", Pause())
        job = self.cups.lp(self.queue, self.file("rights.pdf", documents.pdf()))
        pause.wait()
        # It uses the C library alone, and reads nothing from outside.
        self.assert_confined("mailto", self.cups.service_user, seccomp=False)
        self.assert_confined("mailto-worker", self.cups.service_user)
        self.assertLessEqual(set(self.environment("mailto-worker")), WORKER_ENVIRONMENT)
        self.assertLessEqual(set(self.environment("mailto")), SUPERVISOR_ENVIRONMENT)
        pause.go()
        self.the_mail(job, server)

    @needs_landlock
    def test_a_file_of_the_configuration_that_is_a_link(self):
        link = os.path.join(self.cups.base, "ca-link.pem")
        os.symlink(self.world.authority.ca, link)
        self.addCleanup(os.unlink, link)
        self.configure(ca=link)
        self.the_mail(self.cups.lp(self.queue, self.file("linked.pdf", documents.pdf())))

    @needs_root
    def test_filter(self):
        restore = self.cups.replace_program("filter/texttopdf", "exec sleep 300\n")
        try:
            job = self.cups.lp(self.queue, self.file("rights.txt", documents.text()))
            (child,) = wait_for(lambda: self.cups.processes("sleep"), "the converter to run")
            self.assert_confined("scantoemail", "lp")
            # What is not kept is no longer there either.
            self.assertEqual(self.environment("scantoemail").get("DEVICE_URI", ""), "")
            self.assertEqual(self.status(child)["Seccomp"], [FILTERING])
            self.assertEqual(self.status(child)["NoNewPrivs"], [NO_NEW_PRIVILEGES])
            with open(f"/proc/{child}/environ", "rb") as file:
                self.assertNotIn(b"DEVICE_URI", file.read())
            os.kill(child, signal.SIGKILL)
        finally:
            restore()
        self.ipp.cancel(job)
        self.cups.wait_state(job)
        wait_for(lambda: not self.cups.processes("mailto-worker"), "the worker to end")

    def probe(self):
        """What a converter that was taken over could do."""
        script = PROBE.format(base=self.cups.base, spool=f"{self.cups.base}/spool")
        self.addCleanup(self.cups.replace_program(
            "filter/texttopdf", f"exec /usr/bin/python3 -c {shlex.quote(script)} \"$@\"\n"))
        job = self.cups.lp(self.queue, self.file("p.txt", documents.text()))
        self.cups.wait_state(job, "canceled", "held", "completed")
        line = re.search("texttopdf: tried (.*)", self.cups.job_log(job)).group(1)
        return json.loads(line.replace("\\", ""))  # cupsd's

    def test_a_converter_has_no_network(self):
        tried = self.probe()
        for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"):
            self.assertEqual(tried[family], "Operation not permitted", tried)

    @needs_landlock
    def test_a_converter_has_its_document_alone(self):
        tried = self.probe()
        for what in ("spool", "configuration", "elsewhere"):
            self.assertEqual(tried[what], "Permission denied", tried)
        for what in ("document", "temporary"):
            self.assertEqual(tried[what], "done", tried)
