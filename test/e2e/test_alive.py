# SPDX-License-Identifier: Apache-2.0
"""Accounts that lose their authorization and get it back: who is told, where, and how often."""

import datetime
import json
import os
import shutil
import socket
import threading
import unittest

from . import documents
from .case import ACCOUNT, EndToEnd
from .cups import ROOT
from .process import wait_for
from .provider import CLIENT_ID
from .world import section

REASON = "oauth-authorization-required-error"
OTHER = "second@example.test"
DAY = datetime.timedelta(days=1)


def as_list(value):
    return value if isinstance(value, list) else [value]


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class SystemLog:
    """Stands in for the system log, where the machine has none."""

    path = "/dev/log"

    def __init__(self, reads=True):
        """reads False: it hangs, with its queue full."""
        if not ROOT:
            raise unittest.SkipTest("only root can make /dev/log")
        if os.path.lexists(self.path):
            raise unittest.SkipTest("/dev/log belongs to this machine's own system log")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self._lines = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        if reads:
            self._thread.start()
        else:
            self._fill()

    def _fill(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
            writer.setblocking(False)
            try:
                while True:
                    writer.sendto(b"full", self.path)
            except BlockingIOError:
                pass

    def _read(self):
        """All the time: a full queue stops whoever logs."""
        while line := self._socket.recv(65536).decode(errors="replace"):
            self._lines.append(line)

    def of(self, account):
        """Our lines about an account so far, each with its <priority>."""
        return [line for line in self._lines
                if "scan-email[" in line and "]: authorization-" in line and account in line]

    def close(self):
        os.unlink(self.path)
        self._socket.shutdown(socket.SHUT_RD)
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()


class Alive(EndToEnd):
    def setUp(self):
        super().setUp()
        os.chmod(self.files, 0o711)
        self.told_file = self.file("told", b"")
        os.chmod(self.told_file, 0o666)
        command = self.file("notify", f'#!/bin/sh\nprintf "%s|" "$@" >>{self.told_file}\n'
                            f'id -un >>{self.told_file}\n'.encode())
        os.chmod(command, 0o755)
        self.notify = {"notify-command": f"{command} --to 'the admin'"}
        self.alive_configure()
        self.addCleanup(self.restore)
        self.addCleanup(self.world.configure)
        self.cups.add_queue("idle", self.uri)
        self.addCleanup(self.cups.run, "lpadmin", "-x", "idle")

    def alive_configure(self, **options):
        self.world.configure(**options, **self.notify)

    def restore(self):
        """No test leaves an account behind that cannot send, or an alert."""
        if (self.status()[1]["status"], self.status()[1]["hint"]) != ("Active", None):
            self.world.sign_in()

    def told(self):
        """What notify-command was told of accounts so far, each as (event, account, sentence)."""
        with open(self.told_file) as file:
            calls = [line.rstrip("\n").split("|") for line in file]
        for call in calls:
            self.assertEqual(call[:2], ["--to", "the admin"])
            self.assertEqual(call[-1], self.cups.service_user)
        return [tuple(call[2:5]) for call in calls if call[2].startswith("authorization-")]

    def events(self):
        return [event for event, account, _ in self.told() if account == ACCOUNT]

    def state(self, queue):
        printer = self.ipp.printer(queue)
        return as_list(printer["printer-state-reasons"]), printer["printer-state-message"]

    def assert_marked(self, *queues):
        for queue in queues:
            reasons, message = self.state(queue)
            self.assertIn(REASON, reasons, queue)
            self.assertIn("oauth-setup login " + ACCOUNT, message, queue)

    def assert_clean(self, *queues):
        for queue in queues:
            reasons, message = self.state(queue)
            self.assertEqual((reasons, message or ""), (["none"], ""), queue)

    def print(self, queue):
        return self.cups.lp(queue, self.file("alive.pdf", documents.pdf()))

    def record_file(self):
        return os.path.join(self.cups.state, "tokens", ACCOUNT.replace("@", "%40") + ".json")

    def service_ids(self):
        status = os.stat(self.cups.state)
        return status.st_uid, status.st_gid

    def status(self, account=ACCOUNT):
        answer = self.world.setup("status", "--json", check=False)
        (found,) = [one for one in json.loads(answer.stdout) if one["account"] == account]
        return answer.returncode, found


class Lost(Alive):
    def add_account(self, address):
        """A further account, signed in, with the queue "other"."""
        more = section(f"account {address}", {"provider": "intranet", "client-id": CLIENT_ID})
        self.alive_configure(more=more, queue={"account": ACCOUNT})
        status, result = self.world.login(address, "--no-test-mail")
        self.assertEqual(status, 0, result)
        self.cups.add_queue("other", self.uri + "?from=" + address.replace("@", "%40"))
        self.addCleanup(self.cups.run, "lpadmin", "-x", "other")

    def test_noticed_by_the_timer_and_announced_once(self):
        self.add_account(OTHER)
        self.world.provider.revoke(ACCOUNT)
        answer = self.world.setup("refresh", "--all", check=False)
        self.assertEqual(answer.returncode, 3, answer.stderr)
        self.assertIn(ACCOUNT, answer.stderr)
        self.assertIn(f"{OTHER}: refreshed", answer.stdout)
        self.assert_marked(self.queue, "idle")
        self.assert_clean("other")
        ((event, account, sentence),) = self.told()
        self.assertEqual((event, account), ("authorization-lost", ACCOUNT))
        self.assertIn("oauth-setup login " + ACCOUNT, sentence)

        # Whoever sees it next announces nothing more.
        jobs = [self.print(queue) for queue in (self.queue, "idle", self.queue)]
        for job in jobs:
            self.cups.wait_state(job, "held")
        self.assertEqual(self.world.setup("refresh", ACCOUNT, check=False).returncode, 3)
        self.world.setup("release", "--due")
        self.assertEqual(self.events(), ["authorization-lost"])
        self.assert_marked(self.queue, "idle")
        code, found = self.status()
        self.assertEqual((code, found["status"]), (3, "Revoked"))
        self.assertIn("oauth-setup login " + ACCOUNT, found["hint"])
        self.assertEqual(self.status(OTHER)[1]["status"], "Active")

        self.world.sign_in()
        for job in jobs:
            self.assertEqual(self.cups.wait_state(job), "completed")
        self.assertEqual(len(self.sink.wait_messages(3)), 3)
        self.assertEqual(self.events(), ["authorization-lost", "authorization-restored"])
        self.assert_clean(self.queue, "idle", "other")
        self.assertEqual(self.status()[1]["status"], "Active")
        self.assertEqual(self.world.setup("status").returncode, 0)

    def test_noticed_by_a_job(self):
        self.world.provider.revoke(ACCOUNT)
        jobs = [self.print(queue) for queue in (self.queue, self.queue, self.queue)]
        for job in jobs:
            self.cups.wait_state(job, "held")
        self.assertEqual(self.events(), ["authorization-lost"])
        self.assertIn(REASON, self.state(self.queue)[0])
        self.assert_clean("idle")
        self.world.setup("release", "--due")
        self.assert_marked("idle")
        self.assertEqual([self.ipp.job_state(job) for job in jobs], ["held"] * 3)

    def test_a_signed_in_account_whose_login_is_refused(self):
        server = self.submission_server()
        self.alive_configure(smtp_server=server.url)
        server.at("auth-data", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication "
                               "is disabled for the Tenant")
        job = self.print(self.queue)
        self.cups.wait_state(job, "held")
        self.assertEqual(self.events(), ["authorization-lost"])
        # A token that can be renewed says nothing about the mail server.
        self.world.setup("refresh", "--all")
        self.world.setup("release", "--due")
        self.assertEqual(self.events(), ["authorization-lost"])
        self.assertIn(REASON, self.state("idle")[0])
        self.assertEqual(self.ipp.job_state(job), "held")
        code, found = self.status()
        self.assertEqual((code, found["status"]), (3, "Misconfigured"))
        self.assertIn("5.7.139", found["hint"])
        # A mail that is accepted does.
        self.the_mail(self.print("idle"), server)
        self.assertEqual(self.events(), ["authorization-lost", "authorization-restored"])
        server.reset()
        self.world.setup("release", "--due")
        self.the_mail(job, server)
        self.assert_clean(self.queue, "idle")
        self.assertIsNone(self.status()[1]["hint"])

    def test_a_refused_login_that_is_mended(self):
        """The trial sees it, and changes nothing; the verb that it names does, without a job, too."""
        server = self.submission_server()
        self.alive_configure(smtp_server=server.url)
        server.at("auth-data", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication "
                               "is disabled for the Tenant")
        job = self.print(self.queue)
        self.cups.wait_state(job, "held")
        self.world.setup("release", "--due")
        self.cups.run("cancel", str(job))
        server.reset()
        release = ("release", "--account", ACCOUNT)
        for words in ((), ("--to", ACCOUNT)):
            answer = self.world.setup("test", ACCOUNT, *words)
            self.assertTrue(answer.stdout.endswith(f"next: oauth-setup {' '.join(release)}\n"),
                            answer.stdout)
        self.assertEqual(self.status()[1]["status"], "Misconfigured")
        self.assertIn(REASON, self.state("idle")[0])
        self.world.setup(*release)
        self.assertEqual(self.status()[1]["status"], "Active")
        self.assertEqual(self.events(), ["authorization-lost", "authorization-restored"])
        self.assert_clean(self.queue, "idle")
        self.assertNotIn("release", self.world.setup("test", ACCOUNT).stdout)

    def test_a_refresh_that_works_again_mends_all(self):
        secret = self.file("secret", b"s3cret\n")
        if ROOT:
            os.chown(secret, *self.service_ids())
        os.chmod(secret, 0o644)
        self.world.expire_access_token()
        self.alive_configure(account={"client-secret-file": secret})
        self.assertEqual(self.world.setup("refresh", check=False).returncode, 3)
        self.assertEqual(self.status()[1]["status"], "Misconfigured")
        job = self.print("idle")
        self.cups.wait_state(job, "held")
        self.assertEqual(self.events(), ["authorization-lost"])
        self.alive_configure()
        self.world.setup("refresh", "--all")
        self.assertEqual(self.events(), ["authorization-lost", "authorization-restored"])
        self.the_mail(job)
        self.assert_clean(self.queue, "idle")

    def test_an_access_token_that_outlives_the_authorization(self):
        """A mail that still goes out is no sign that all is well again."""
        secret = os.path.join(self.files, "nothing")
        self.alive_configure(account={"client-secret-file": secret})
        self.assertEqual(self.world.setup("refresh", check=False).returncode, 3)
        self.the_mail(self.print(self.queue))
        self.world.setup("release", "--due")
        self.assertEqual(self.events(), ["authorization-lost"])
        self.assertIn(REASON, self.state(self.queue)[0])
        self.assertIn(REASON, self.state("idle")[0])

    def test_an_outage_is_no_loss(self):
        self.world.provider.refuse(503, "busy")
        self.addCleanup(self.world.provider.refuse)
        self.assertEqual(self.world.setup("refresh", "--all", check=False).returncode, 1)
        self.assert_clean(self.queue, "idle")
        self.assertEqual(self.told(), [])

    def test_reasons_of_another_cause_stay(self):
        """No alert is raised: what a job's end has set is not wiped by the timers."""
        server = self.submission_server()
        self.alive_configure(smtp_server=server.url)
        server.at("mail", "550 5.7.60 SMTP; Client does not have permissions to send as this sender")
        job = self.print(self.queue)
        self.cups.wait_state(job, "held")
        before = self.state(self.queue)
        self.assertIn(REASON, before[0])
        self.world.setup("refresh", "--all")
        self.world.setup("release", "--due")
        self.assertEqual(self.state(self.queue), before)
        self.assert_clean("idle")
        self.assertEqual(self.told(), [])

    def test_a_cupsd_that_is_down(self):
        """The tokens are looked after all the same; the queues are told when it is back."""
        self.world.provider.revoke(ACCOUNT)
        self.alive_configure(**{"cups-server": f"{self.cups.base}/nobody"})
        answer = self.world.setup("refresh", "--all", check=False)
        self.assertEqual(answer.returncode, 3)
        self.assertIn("release --due", answer.stderr)
        self.assertEqual(self.events(), ["authorization-lost"])
        self.alive_configure()
        self.world.setup("release", "--due")
        self.assert_marked(self.queue, "idle")

    def test_a_command_that_fails_loses_nothing(self):
        self.notify = {"notify-command": "/nonexistent/notify"}
        self.alive_configure()
        self.world.provider.revoke(ACCOUNT)
        job = self.print(self.queue)
        self.cups.wait_state(job, "held")
        self.assertIn("oauth-setup login", self.message(job))
        self.assertIn("/nonexistent/notify cannot be started", self.cups.job_log(job))
        self.world.setup("release", "--due")
        self.assert_marked("idle")

    def test_the_system_log(self):
        log = SystemLog()
        self.addCleanup(log.close)
        # All of the machine writes there: an address that nobody else has.
        account = f"log-{os.getpid()}@example.test"
        self.add_account(account)
        self.world.provider.revoke(account)
        self.cups.wait_state(self.print("other"), "held")
        self.world.setup("refresh", "--all", check=False)
        wait_for(lambda: log.of(account), "our line")
        status, result = self.world.login(account, "--no-test-mail")
        self.assertEqual(status, 0, result)
        wait_for(lambda: len(log.of(account)) > 1, "our second line")
        lost, restored = log.of(account)
        # RFC 5424, 6.2.1: facility 6 (line printer), severity 3 (error), then 5 (notice).
        self.assertTrue(lost.startswith(f"<{6 * 8 + 3}>"), lost)
        self.assertIn(f"authorization-lost {account}: ", lost)
        self.assertTrue(restored.startswith(f"<{6 * 8 + 5}>"), restored)
        self.assertIn(f"authorization-restored {account}: ", restored)

    def test_a_system_log_that_hangs(self):
        log = SystemLog(reads=False)
        self.addCleanup(log.close)
        self.world.provider.revoke(ACCOUNT)
        answer = self.world.setup("refresh", "--all", check=False)
        self.assertEqual(answer.returncode, 3)
        self.assertIn("system log", answer.stderr)
        self.assertEqual(self.events(), ["authorization-lost"])


class Status(Alive):
    def record(self, **changes):
        """Changes the stored record by hand."""
        with open(self.record_file(), "r+") as file:
            record = json.load(file)
            record.update(changes)
            file.seek(0)
            file.truncate()
            json.dump(record, file)

    def test_all_that_is_known(self):
        before = now() - datetime.timedelta(seconds=1)
        self.the_mail(self.print(self.queue))
        self.world.setup("refresh", "--all")
        code, found = self.status()
        self.assertEqual(code, 0)
        self.assertEqual(list(found), ["account", "provider", "grant", "store", "status",
                                       "identity", "access_expires", "last_refresh", "last_mail",
                                       "next_mail", "next_mail_reason", "deadline",
                                       "deadline_reason", "hint"])
        self.assertEqual((found["account"], found["provider"], found["grant"], found["store"]),
                         (ACCOUNT, "intranet", "device", "file"))
        self.assertEqual((found["status"], found["identity"]), ("Active", ACCOUNT))
        for key in ("last_refresh", "last_mail"):
            self.assertTrue(before <= parse_time(found[key]) <= now(), found)
        self.assertGreater(parse_time(found["access_expires"]), now())
        for key in ("next_mail", "next_mail_reason", "deadline", "deadline_reason", "hint"):
            self.assertIsNone(found[key])
        text = self.world.setup("status").stdout
        for word in (f"{ACCOUNT}: Active", "intranet, grant device, store file", "signed in", "refreshed", "last mail"):
            self.assertIn(word, text)

    def test_nobody_is_needed_at_90_days(self):
        self.alive_configure(provider={"refresh-token-idle": "90d"})
        self.world.setup("refresh")
        self.assertEqual(self.status()[1]["status"], "Active")
        old = (now() - 80 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.record(authorized=old, obtained=old, last_refresh=old, expires=old)
        code, found = self.status()
        self.assertEqual((code, found["status"]), (0, "Expiring"), found)
        self.assertEqual(parse_time(found["deadline"]).date(), (now() + 10 * DAY).date())
        self.assertIn("nobody uses", found["deadline_reason"])
        self.assertIn("oauth-setup refresh", found["hint"])
        self.world.setup("refresh", "--all")
        code, found = self.status()
        self.assertEqual((code, found["status"], found["hint"]), (0, "Active", None))
        self.assertEqual(parse_time(found["deadline"]).date(), (now() + 90 * DAY).date())
        self.the_mail(self.print(self.queue))

    def test_an_end_is_told_before_it_comes(self):
        for days in (100, 10, 10, 2, 2, 100):
            self.alive_configure(provider={"refresh-token-idle": f"{days}d"})
            self.world.setup("refresh", "--all")
        self.assertEqual(self.events(), ["authorization-expiring"] * 2)
        self.assertIn("nobody uses", self.told()[0][2])

    def test_words_and_exit_statuses(self):
        past = (now() - DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        for failure, word, code in (("unreachable", "Unreachable", 1),
                                    ("invalid_grant", "Revoked", 3),
                                    ("interaction_required", "Needs authorization", 3),
                                    ("invalid_scope", "Misconfigured", 3)):
            with self.subTest(word):
                self.record(failure=failure, failed=past, expires=past)
                status, found = self.status()
                self.assertEqual((found["status"], status), (word, code))
                self.assertTrue(found["hint"])
        os.unlink(self.record_file())
        status, found = self.status()
        self.assertEqual((found["status"], status), ("Needs authorization", 3))
        self.assertIsNone(found["access_expires"])


class Revoke(Alive):
    def test_revoked_here_and_at_the_server(self):
        kept = self.record_file() + ".kept"
        shutil.copy2(self.record_file(), kept)
        self.addCleanup(os.unlink, kept)
        answer = self.world.setup("revoke", ACCOUNT, "--yes")
        self.assertIn("intranet has revoked them", answer.stdout)
        self.assertIn("oauth-setup login " + ACCOUNT, answer.stdout)
        self.assertFalse(os.path.exists(self.record_file()))
        code, found = self.status()
        self.assertEqual((code, found["status"]), (3, "Needs authorization"))
        # Whoever took it away need not be told so every day.
        answer = self.world.setup("refresh", "--all")
        self.assertEqual(answer.stdout,
                         f"{ACCOUNT}: not authorized yet; oauth-setup login {ACCOUNT}\n")
        self.assertEqual((answer.stderr, self.told()), ("", []))
        self.assertEqual(self.world.setup("refresh", ACCOUNT, check=False).returncode, 3)
        self.assertEqual(self.events(), ["authorization-lost"])
        job = self.print(self.queue)
        self.assert_no_mail(job, "held", "oauth-setup login " + ACCOUNT)
        self.assertIn("nothing to revoke", self.world.setup("revoke", ACCOUNT, "--yes").stdout)
        # Whoever kept a copy has nothing.
        shutil.copyfile(kept, self.record_file())
        shutil.copystat(kept, self.record_file())
        os.chown(self.record_file(), *self.service_ids())
        self.assertEqual(self.world.setup("refresh", check=False).returncode, 3)
        self.assertEqual(self.status()[1]["status"], "Revoked")
        self.world.sign_in()
        self.the_mail(job)

    def test_only_when_it_is_meant(self):
        for words in ([ACCOUNT], ["--yes"], ["nobody@example.test", "--yes"]):
            with self.subTest(words):
                self.assertEqual(self.world.setup("revoke", *words, check=False).returncode, 2)
        self.assertEqual(self.status()[1]["status"], "Active")

    def test_a_server_without_revocation(self):
        keys = {"issuer": None, "exchange-environment": "O365Default",
                "device-authorization-endpoint": self.world.provider.issuer + "/device/auth",
                "token-endpoint": self.world.provider.issuer + "/token"}
        self.alive_configure(provider=keys)
        self.world.sign_in()
        answer = self.world.setup("revoke", ACCOUNT, "--yes")
        self.assertIn("Revoke sessions", answer.stdout)
        self.assertIn(CLIENT_ID, answer.stdout)
        self.assertEqual(self.status()[1]["status"], "Needs authorization")


class Canceled(Alive):
    def test_documents_of_a_canceled_job_do_not_stay(self):
        """No backend runs that could forget a job that is canceled while it is held."""
        spool = os.path.join(self.cups.state, "spool")
        server = self.submission_server()
        self.alive_configure(smtp_server=server.url, queue={"retry-for": "0s"})
        server.go_down()
        jobs = [self.print(self.queue) for _ in range(2)]
        for job in jobs:
            wait_for(lambda: "the next try is at" in self.message(job), "our hold", 40)
            self.cups.wait_state(job, "held")
        self.assertEqual(len(os.listdir(spool)), 2)
        self.ipp.cancel(jobs[0])
        self.world.setup("release", "--due")
        self.assertEqual(len(os.listdir(spool)), 1)
        self.assertEqual(self.ipp.job_state(jobs[1]), "held")
