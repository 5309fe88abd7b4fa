# SPDX-License-Identifier: Apache-2.0
"""Where tokens are kept: encrypted files, and a keyring on a bus of its own, run by the lines of
the unit that is installed."""

import json
import os
import re
import shutil
import subprocess
import tempfile

from . import documents
from .case import ACCOUNT, EndToEnd, Printing
from .cups import ROOT
from .installation import Installation
from .process import Process, end_processes_with, wait_for

MARK = "SCAN_EMAIL_TEST_KEYRING"
REASON_DEFERRED = "cups-mailto-deferred-report"


class SecretService:
    """What scan-email-secrets.service runs, as the service user of a private cupsd."""

    def __init__(self, user):
        self.user = user
        self.directory = tempfile.mkdtemp(prefix="se-secrets-", dir="/tmp")
        self.address = f"unix:path={self.directory}/run/bus"
        self.process = None
        prefix = Installation().prefix
        with open(f"{prefix}/share/scan-email/secrets-bus.conf") as file:
            bus = file.read().replace("/run/scan-email-secrets", f"{self.directory}/run")
        with open(f"{self.directory}/bus.conf", "w") as file:
            file.write(bus)
        with open(f"{prefix}/lib/systemd/system/scan-email-secrets.service") as file:
            unit = file.read()
        self.variables = dict(pair.split("=") for pair in
                              re.search(r"^Environment=(.*)$", unit, re.M).group(1)
                              .replace(f"{prefix}/var/lib/scan-email", f"{self.directory}/state")
                              .split())
        line = re.search(r"^ExecStart=(/\S+) --config-file=\S+ -- /bin/sh -euc '(.*)'$", unit, re.M)
        self.command = [line.group(1), f"--config-file={self.directory}/bus.conf", "--", "/bin/sh",
                        "-euc", line.group(2).replace("$$", "$")]
        for name in ("run", "state"):
            os.mkdir(f"{self.directory}/{name}", 0o700)
        if ROOT:
            os.chmod(self.directory, 0o755)
            for name in ("run", "state"):
                shutil.chown(f"{self.directory}/{name}", user, user)

    def start(self, password="correct horse"):
        credential = f"{self.directory}/scan-email.keyring-password"
        with open(credential, "w") as file:
            file.write(password)
        become = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        self.process = Process((become if ROOT else []) + self.command, f"{self.directory}/log", {
            "PATH": "/usr/bin:/bin", "LANG": "C", MARK: self.directory, **self.variables,
            "RUNTIME_DIRECTORY": f"{self.directory}/run",
            "CREDENTIALS_DIRECTORY": self.directory})
        self.process.wait_ready(self.owned, "the Secret Service")

    def owned(self):
        """Tells whether the service is on its bus."""
        answer = self.run("gdbus", "call", "--session", "-d", "org.freedesktop.DBus", "-o", "/",
                          "-m", "org.freedesktop.DBus.NameHasOwner", "org.freedesktop.secrets")
        return "true" in answer

    def run(self, *argv):
        """Output of a command that finds the bus as its session's, as the service user."""
        become = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        return subprocess.run((become if ROOT else []) + list(argv), capture_output=True, text=True,
                              timeout=20, env={"PATH": "/usr/bin:/bin", "LANG": "C",
                                               "DBUS_SESSION_BUS_ADDRESS": self.address}).stdout

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None
        end_processes_with(MARK, self.directory)
        if os.path.exists(f"{self.directory}/run/bus"):
            os.unlink(f"{self.directory}/run/bus")

    def restart(self, *password):
        self.stop()
        self.start(*password)

    def close(self):
        self.stop()
        shutil.rmtree(self.directory)


class Stores(EndToEnd):
    """A login takes five seconds: one for all tests, and one to leave the account as it was."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.leave_in_a_file)

    @classmethod
    def leave_in_a_file(cls):
        cls.forget_file()
        cls.world.configure()
        cls.world.sign_in()

    @classmethod
    def token_files(cls):
        tokens = os.path.join(cls.cups.state, "tokens")
        return [os.path.join(tokens, name) for name in os.listdir(tokens)
                if name.endswith(".json")]

    @classmethod
    def forget_file(cls):
        for path in cls.token_files():
            os.unlink(path)

    def release(self):
        self.world.setup("release", "--account", ACCOUNT)

    def print(self):
        return self.cups.lp(self.queue, self.file("x.pdf", documents.pdf()))


class Keyring(Stores):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = SecretService(cls.cups.service_user)
        cls.addClassCleanup(os.unlink,
                            os.path.join(cls.cups.state, "tokens", "secret-service.canary"))
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.world.keep_secret("correct horse", "another password")
        cls.forget_file()
        cls.keys = {"account": {"token-store": "secret-service"},
                    "secret-service-bus": cls.service.address}
        cls.world.configure(**cls.keys)
        cls.status, cls.result = cls.world.login(ACCOUNT, "--no-test-mail")

    def setUp(self):
        super().setUp()
        self.configure(**self.keys)

    def test_a_mail_with_a_token_from_the_keyring(self):
        self.assertEqual(self.status, 0, self.result)
        self.assertIn(self.service.address, self.result["token_store"])
        self.assertEqual(self.token_files(), [])
        self.the_mail(self.print())
        self.sink.reset()
        self.world.expire_access_token()
        before = self.world.provider.count("issued AccessToken")
        self.service.restart()
        self.the_mail(self.print())
        self.assertEqual(self.world.provider.count("issued AccessToken"), before + 1)
        self.assertEqual(self.token_files(), [])
        self.assertIn("Active", self.world.setup("status").stdout)

    def test_a_locked_keyring_holds_the_job_and_loses_nothing(self):
        self.service.restart("another password")
        job = self.print()
        self.assert_no_mail(job, "held", "locked")
        self.assertNotEqual(self.world.setup("refresh", "--all", check=False).returncode, 0)
        self.assertEqual(self.token_files(), [])
        self.service.restart()
        self.release()
        self.the_mail(job)

    def test_another_keyring_is_not_an_empty_one(self):
        self.service.stop()
        keyrings = os.path.join(self.service.directory, "state", "keyring")
        os.rename(keyrings, keyrings + ".right")
        self.service.start()
        job = self.print()
        self.assert_no_mail(job, "held", "another keyring")
        self.service.stop()
        shutil.rmtree(keyrings)
        os.rename(keyrings + ".right", keyrings)
        self.service.start()
        self.release()
        self.the_mail(job)

    def test_a_job_waits_for_the_service(self):
        self.configure(queue={"retry-for": "1s", "retry-interval": "1s"}, **self.keys)
        self.service.stop()
        job = self.print()
        wait_for(lambda: REASON_DEFERRED in self.reasons(job), "the job to rest", 40)
        self.assertEqual(self.sink.messages, [])
        status = self.world.setup("status", check=False)
        self.assertIn("Unreachable", status.stdout)
        self.assertEqual(status.returncode, 1)
        self.service.start()

        def arrived():
            self.world.setup("release", "--due")
            return self.sink.messages

        wait_for(arrived, "the mail", 30, 0.5)
        self.the_mail(job)

    def test_eight_jobs_share_one_refresh(self):
        self.world.expire_access_token()
        before = self.world.provider.count("issued AccessToken")
        for number in range(8):
            self.cups.add_queue(f"parallel{number}", self.uri)
            self.addCleanup(self.cups.run, "lpadmin", "-x", f"parallel{number}")
        jobs = [self.cups.lp(f"parallel{number}", self.file("p.pdf", documents.pdf()))
                for number in range(8)]
        self.assertEqual([self.cups.wait_state(job) for job in jobs], ["completed"] * 8)
        self.sink.wait_messages(8)
        self.assertEqual(self.world.provider.count("issued AccessToken"), before + 1)

    def test_to_a_file_and_back_while_jobs_are_printed(self):
        printing = Printing(self)
        for store, files in (("file", 1), ("secret-service", 0), ("file", 1),
                             ("secret-service", 0)):
            status, result = self.world.login(ACCOUNT, "--no-test-mail", "--grant", "code",
                                              "--store", store)
            self.assertEqual(status, 0, result)
            self.assertEqual(len(self.token_files()), files)
            self.assertEqual(json.loads(self.world.setup("status", "--json").stdout)[0]["store"],
                             store)
            printing.wait_for_another()
        printing.assert_undisturbed()


class EncryptedFiles(Stores):
    KEYS = ["d2l0aCBhIGtleSBvZiBhdCBsZWFzdCAzMiBieXRlcw", "YW5vdGhlciBrZXkgb2YgYXQgbGVhc3QgMzIgYnl0ZXM"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = os.path.join(cls.cups.state, "token-key")
        cls.addClassCleanup(os.unlink, cls.key)
        cls.write_key(cls.KEYS[0])
        cls.world.keep_secret(*cls.KEYS)
        cls.plain = cls.record()
        cls.world.configure(**{"token-key-file": cls.key})
        cls.world.setup("refresh", "--all")

    def setUp(self):
        super().setUp()
        self.configure(**{"token-key-file": self.key})

    @classmethod
    def write_key(cls, key):
        if os.path.exists(cls.key):
            os.unlink(cls.key)
        with open(cls.key, "w") as file:
            file.write(key)
        os.chmod(cls.key, 0o400)
        if ROOT:
            shutil.chown(cls.key, cls.cups.service_user)

    @classmethod
    def record(cls):
        (path,) = cls.token_files()
        with open(path) as file:
            return json.load(file)

    def test_a_plain_record_is_encrypted_by_the_next_refresh(self):
        self.assertIn("refresh_token", self.plain)
        record = self.record()
        self.assertEqual(record["cipher"], "AES-256-GCM")
        self.assertNotIn("refresh_token", record)
        self.the_mail(self.print())

    def test_another_key_holds_the_job_and_loses_nothing(self):
        right = self.record()["key_id"]
        self.write_key(self.KEYS[1])
        job = self.print()
        self.assert_no_mail(job, "held", "encrypted with the key", right)
        self.write_key(self.KEYS[0])
        self.release()
        self.the_mail(job)

    def test_no_key_holds_the_job(self):
        self.world.configure()
        job = self.print()
        self.assert_no_mail(job, "held", "token-key-file")
        self.configure(**{"token-key-file": self.key})
        self.release()
        self.the_mail(job)
