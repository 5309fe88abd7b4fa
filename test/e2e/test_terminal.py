# SPDX-License-Identifier: Apache-2.0
"""oauth-setup on a terminal: its questions, its screen, Ctrl-C; and what its two processes may."""

import os
import pty
import pwd
import re
import select
import shutil
import signal
import stat
import tempfile
import time
from urllib.parse import parse_qs, urlsplit

from . import clients
from .case import ACCOUNT, EndToEnd, needs_root
from .person import Person, Unreachable
from .process import processes_with, wait_for

CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")


class Terminal:
    """A command on a terminal of its own, read until it says what is waited for."""

    def __init__(self, environment, *words):
        self.seen = ""
        self.status = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background has it ignored
            os.execvpe("oauth-setup", ["oauth-setup", *words], {**environment, "TERM": "xterm"})

    def _read(self):
        if not select.select([self._fd], [], [], 0.2)[0]:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # the other side is closed
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)

    def wait(self, pattern, seconds=30.0, flags=0):
        """Returns the match, in what came after the last one."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.seen[self._at:], flags)):
            if time.monotonic() > deadline or not self._read():
                raise AssertionError(f"no {pattern!r} in:\n{self.seen}")
        self._at += match.end()
        return match

    _at = 0

    def answer(self, pattern, text):
        self.wait(pattern)
        os.write(self._fd, text.encode() + b"\n")

    def press(self, key):
        os.write(self._fd, key)

    def end(self, seconds=30.0):
        """Reads to the end; returns the exit status."""
        deadline = time.monotonic() + seconds
        while self._read():
            if time.monotonic() > deadline:
                raise AssertionError(f"it does not end:\n{self.seen}")
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self._fd)
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.end()


class OnATerminal(EndToEnd):
    def start(self, *words, environment=None):
        terminal = Terminal({**self.cups.environment(), **(environment or {})}, *words)
        self.addCleanup(terminal.close)
        return terminal

    def sign_in(self, terminal, login=ACCOUNT):
        code = terminal.wait(CODE.pattern).group()
        Person(self.world.authority.ca, say=lambda _: None).sign_in(
            self.world.provider.issuer + "/device", code, login)

    def test_it_asks_for_everything(self):
        account = "asked@example.test"
        self.configure(provider={"grants": "device;code", "no-service-account":
                                 "There are no accounts of services here."})
        self.addCleanup(self.cups.run, "lpadmin", "-x", "asked", check=False)
        terminal = self.start()
        terminal.answer(r"Mailbox to authorize \[.*\]: ", "asked")
        terminal.wait("not an email address")
        terminal.answer(r"Mailbox to authorize \[.*\]: ", account)
        terminal.answer(r"Provider \(intranet, microsoft, .*google.*\) \[intranet\]: ", "nonsense")
        terminal.wait("no such provider")
        terminal.answer(r"Provider .*: ", "generic")  # a preset that needs a section
        terminal.wait("no smtp-server")
        terminal.answer(r"Provider .*: ", "intranet")
        terminal.answer(r"Grant \[device\]: ", "password")
        terminal.wait("one of the list")
        terminal.answer(r"Grant \[device\]: ", "service-account")
        terminal.wait("no accounts of services here")
        terminal.answer(r"Grant \[device\]: ", "")
        terminal.answer("Client id .*: ", "")
        terminal.answer("Client id .*: ", "scan-email")  # an empty answer is asked about again
        terminal.answer(r"Queue to create .*\[scan-email\]: ", "asked")
        terminal.answer(r"Address .*\[asked@example.test\]: ", "archive")
        terminal.wait("not an email address")
        terminal.answer(r"Address .*\[asked@example.test\]: ", "archive@example.test")
        self.sign_in(terminal, account)
        self.assertEqual(terminal.end(), 0, terminal.seen)
        for words in (f"Signed in as {account}", "Token stored in", "SMTP login at",
                      f"Test mail to {account}", f"Wrote [account {account}]",
                      "lp -d asked", f"come back to the mailbox {account}"):
            self.assertIn(words, terminal.seen)
        (arrived,) = self.sink.wait_messages(1)
        self.assert_sound(arrived)
        self.assertEqual(arrived.sender, account)
        self.assertIn("mailto:archive%40example.test?from=asked%40example.test",
                      self.cups.run("lpstat", "-v", "asked").stdout)

    def test_the_screen(self):
        terminal = self.start("login", ACCOUNT, "--no-test-mail")
        terminal.wait(re.escape(self.world.provider.issuer + "/device"))
        terminal.wait(CODE.pattern)
        terminal.wait("█▀▀▀▀▀█|▄▄▄▄▄")  # a QR code's finder
        terminal.wait("Never enter a code that you did not ask for")
        first = terminal.wait(r"(\d+):(\d\d) left")
        second = terminal.wait(r"\r\x1b\[K.*?(\d+):(\d\d) left")
        self.assertLess([int(n) for n in second.groups()], [int(n) for n in first.groups()])
        terminal.press(b"\x03")
        self.assertEqual(terminal.end(5), 1)
        self.assertIn("cancelled", terminal.seen)

    def test_the_wrong_person_and_second_thoughts(self):
        terminal = self.start("login", ACCOUNT, "--no-test-mail")
        self.sign_in(terminal, "other@example.test")
        terminal.wait("warning: other@example.test signed in, not " + ACCOUNT)
        terminal.answer(r"\[y/N\] ", "")
        self.assertEqual(terminal.end(), 3)
        self.assertIn("Nothing was stored", terminal.seen)
        self.world.setup("test", ACCOUNT)  # the old authorization is as good as before

    def start_code_grant(self, environment=None):
        self.configure(account=clients.code(self.world))
        terminal = self.start("login", ACCOUNT, "--no-test-mail", environment=environment)
        address = terminal.wait(r"https://\S+/auth\?\S+").group()
        return terminal, address

    def sign_in_elsewhere(self, address):
        """With a browser that cannot come back here; the address that it shows at the end."""
        person = Person(self.world.authority.ca, say=lambda _: None, elsewhere=True)
        with self.assertRaises(Unreachable) as caught:
            person.sign_in(address)
        return caught.exception.url

    def test_the_address_is_pasted(self):
        terminal, address = self.start_code_grant()
        (port,) = terminal.wait(r"ssh -L (\d+):127\.0\.0\.1:\1 \S+@\S+").groups()
        terminal.wait(f"paste the address .*begins with http://127.0.0.1:{port}/", flags=re.S)
        terminal.answer("Waiting for the sign-in, 15 minutes", address)
        terminal.wait("No: this is the address to sign in at")
        shown = self.sign_in_elsewhere(address)
        state = parse_qs(urlsplit(shown).query)["state"][0]
        terminal.press(shown.replace(state, state[::-1]).encode() + b"\n")
        terminal.wait("No: this is the answer to another sign-in")
        terminal.press(b"\n" + shown.encode() + b"\n")
        self.assertEqual(terminal.end(), 0, terminal.seen)
        self.assertIn(f"Signed in as {ACCOUNT}", terminal.seen)
        self.assertIn("SMTP login at", terminal.seen)

    def test_the_listener_is_used_beside_the_terminal(self):
        terminal, address = self.start_code_grant()
        terminal.wait("minutes at most")
        text = Person(self.world.authority.ca, say=lambda _: None).sign_in(address)
        self.assertIn("You can close this window", text)
        self.assertEqual(terminal.end(), 0, terminal.seen)

    def test_a_browser_is_opened_as_the_person(self):
        directory = tempfile.mkdtemp(prefix="xdg-", dir="/tmp")
        self.addCleanup(shutil.rmtree, directory)
        os.chmod(directory, 0o777)
        with open(os.path.join(directory, "xdg-open"), "w") as file:
            file.write(f"#!/bin/sh\n{{ id -u; echo \"$1\"; env; }} > {directory}/seen.new\n"
                       f"mv {directory}/seen.new {directory}/seen\n")
        os.chmod(file.name, 0o755)
        nobody = pwd.getpwnam("nobody")
        terminal, address = self.start_code_grant(
            environment={"PATH": directory + ":" + self.cups.environment()["PATH"], "DISPLAY": ":7",
                         "SUDO_UID": str(nobody.pw_uid), "SECRET_OF_ROOT": "x"})
        terminal.wait("minutes at most")
        self.assertIn("Your browser should open this address", terminal.seen)
        wait_for(lambda: os.path.exists(os.path.join(directory, "seen")), "xdg-open")
        with open(os.path.join(directory, "seen")) as file:
            user, opened, *environment = file.read().splitlines()
        self.assertEqual(int(user), nobody.pw_uid if os.geteuid() == 0 else os.geteuid())
        self.assertEqual(opened, address)
        self.assertIn("DISPLAY=:7", environment)
        self.assertFalse([line for line in environment if line.startswith(("SECRET", "SUDO"))])
        terminal.press(b"\x03")
        self.assertEqual(terminal.end(5), 1)

    def test_a_secret_file_is_looked_at_at_once(self):
        account = "files@example.test"
        secret = os.path.join(self.cups.base, "terminal.secret")
        with open(secret, "w") as file:
            file.write("x\n")
        os.chmod(secret, 0o644)
        self.addCleanup(os.unlink, secret)
        terminal = self.start("login", account, "--provider", "intranet", "--client-id", "x",
                              "--grant", "client-credentials")
        terminal.answer(r"certificate, a PEM file .*: ", "")
        terminal.answer(r"File with the client secret: ", secret)
        terminal.wait(f"chmod 0600 {re.escape(secret)}|chown")
        terminal.answer(r"File with the client secret: ", secret + ".gone")
        terminal.wait(re.escape(secret + ".gone"))
        os.chmod(secret, 0o600)
        user = os.stat(self.cups.state)
        os.chown(secret, user.st_uid, user.st_gid)
        terminal.answer(r"File with the client secret: ", secret)
        terminal.answer(r"last day.*: ", "2027-02-30")
        terminal.wait("2027-02-30")
        terminal.wait(r"last day.*: ")
        terminal.press(b"\x03")
        self.assertEqual(terminal.end(5), -signal.SIGINT)

    def test_a_certificate_is_looked_at_at_once(self):
        terminal = self.start("login", "files@example.test", "--provider", "intranet",
                              "--client-id", "x", "--grant", "client-credentials")
        terminal.answer(r"certificate, a PEM file .*: ", "/nonexistent/certificate.pem")
        terminal.wait("/nonexistent/certificate.pem: ")
        terminal.answer(r"certificate, a PEM file .*: ", self.world.authority.ca)
        terminal.answer(r"private key.*: ", "/nonexistent/key.pem")
        terminal.wait("/nonexistent/key.pem")
        terminal.wait(r"private key.*: ")
        terminal.press(b"\x03")
        self.assertEqual(terminal.end(5), -signal.SIGINT)

    def test_a_revocation_that_cannot_be_told(self):
        """Whoever is asked knows that the server cannot be told, and what would change that."""
        path = os.path.join(self.cups.state, "tokens", ACCOUNT.replace("@", "%40") + ".json")
        with open(path) as file:
            text = file.read()
        with open(path, "r+") as file:
            file.truncate(20)
        self.addCleanup(self.world.sign_in)
        terminal = self.start("revoke", ACCOUNT)
        terminal.wait("intranet could not be told and would still honour the tokens.*is damaged")
        terminal.wait("mend that first")
        terminal.answer(r"Take the authorization .* away\? \[y/N\] ", "")
        self.assertEqual(terminal.end(), 1)
        self.assertIn("Nothing was changed", terminal.seen)
        with open(path, "r+") as file:
            file.write(text)
        terminal = self.start("revoke", ACCOUNT)
        terminal.answer(r"Take the authorization .* away\? \[y/N\] ", "y")
        self.assertEqual(terminal.end(), 0)
        self.assertIn("has revoked them", terminal.seen)

    def test_interrupted_at_a_question(self):
        terminal = self.start()
        terminal.wait("Mailbox to authorize")
        terminal.press(b"\x03")
        self.assertEqual(terminal.end(5), -signal.SIGINT)

    def test_killed_while_it_waits(self):
        """The worker does not stay behind."""
        terminal = self.start("login", ACCOUNT, "--no-test-mail")
        terminal.wait("left")
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.end(5)
        wait_for(lambda: not [pid for pid in processes_with("CUPS_SERVERROOT", self.cups.base)
                              if name_of(pid) == "oauth-setup"], "the worker to end", 10)


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return None


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(re.match(r"(\w+):\s*(.*)", line).groups() for line in file)


def is_open(pid, kind):
    """How many sockets of a kind ("tcp", "tcp6") the process has."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{name}")
        inodes.update(re.findall(r"^socket:\[(\d+)\]", target))
    with open(f"/proc/{pid}/net/{kind}") as file:
        return sum(line.split()[9] in inodes for line in file.readlines()[1:])


class Mishaps(EndToEnd):
    def test_lost_mails_are_told(self):
        """What a worker leaves whose supervisor was killed; its texts may be hostile."""
        directory = os.path.join(self.cups.state, "orphans")
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self.addCleanup(shutil.rmtree, directory)
        for name, text in (("scan-email-7", "[orphan]\nqueue=scan-email\njob=7\nuser=eve\\nERROR: x\n"
                            "title=a\x1b[31mb\ntime=1\nmessage=550 no\nbundle=\n"), ("junk", "\0")):
            with open(os.path.join(directory, name), "w") as file:
                file.write(text)
        user = os.stat(self.cups.state)
        for path in (directory, *(os.path.join(directory, name) for name in os.listdir(directory))):
            os.chown(path, user.st_uid, user.st_gid)
        told = self.world.setup("release").stderr
        self.assertIn("lp -i scan-email-7 -H restart", told)
        self.assertIn("550 no", told)
        self.assertIn("junk", told)
        self.assertNotIn("\x1b", told)
        self.assertEqual(len(told.splitlines()), 2)

    def test_another_device_keeps_its_queue(self):
        self.cups.run("lpadmin", "-p", "plotter", "-E", "-v", "file:/dev/null")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "plotter")
        done = self.world.setup("login", ACCOUNT, "--json", "--queue", "plotter", "--to",
                                "a@example.test", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("user_code", done.stdout)
        self.assertIn("/dev/null", self.cups.run("lpstat", "-v", "plotter").stdout)

    def test_addresses_that_are_none(self):
        for address in ("nonsense", "a@example.test, b@example.test", "a@example.test\r\nX: y"):
            with self.subTest(address):
                done = self.world.setup("login", ACCOUNT, "--json", "--queue", "fresh", "--to",
                                        address, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertNotIn("user_code", done.stdout)


class Rights(EndToEnd):
    @needs_root
    def test_only_the_service_user_reads_the_network(self):
        process, _ = self.world.start_login(ACCOUNT, "--no-test-mail")
        try:
            (worker,) = [int(pid) for pid in
                         open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()]
            parent, child = status_of(process.pid), status_of(worker)
            self.assertEqual(parent["Uid"].split(), ["0"] * 4)
            for key in ("Uid", "Gid"):
                self.assertNotIn("0", child[key].split())
            self.assertNotIn("0", child["Groups"].split())
            for key in ("CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(child[key], 16), 0)
            self.assertEqual(child["NoNewPrivs"], "1")
            self.assertEqual([is_open(process.pid, kind) for kind in ("tcp", "tcp6")], [0, 0])
        finally:
            process.terminate()
            process.communicate(timeout=20)

    @needs_root
    def test_a_configuration_that_others_may_write_is_refused(self):
        path = os.path.join(self.cups.base, "scan-email.conf")
        self.addCleanup(os.chmod, path, stat.S_IMODE(os.stat(path).st_mode))
        os.chmod(path, 0o666)
        done = self.world.setup("status", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("chmod", done.stderr)

    @needs_root
    def test_a_configuration_that_jobs_cannot_read_is_told_first(self):
        path = os.path.join(self.cups.base, "scan-email.conf")
        self.addCleanup(self.world.configure)
        os.chmod(path, 0o600)
        done = self.world.setup("login", ACCOUNT, "--json", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot read", done.stderr)
        self.assertNotIn("user_code", done.stdout)
