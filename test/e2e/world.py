# SPDX-License-Identifier: Apache-2.0
"""Everything a mail needs on one machine: CA, provider, Dovecot, sink and a private cupsd with our
programs, signed in by oauth-setup with a person played at the browser."""

import atexit
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
import time

from .cups import ROOT, Cups
from .dovecot import Dovecot
from .installation import TOP, Installation
from .leaks import core_files, leaks, loose_modes, remember
from .person import Person
from .pki import Authority
from .process import processes_with, wait_for
from .provider import APP_SCOPE, CLIENT_ID, SCOPE, Provider
from .smtp import SmtpServer

ACCOUNT = "scanner@example.test"
TO = "archive@example.test"

# Tests have no quarter of an hour for a mail in doubt.
POLICY = {"allowed-recipients": "*@example.test;auditor@example.org", "max-recipients": 10,
          "in-doubt-interval": "1s"}


def section(heading, keys):
    """A section of scan-email.conf; a value None leaves its key out."""
    return f"[{heading}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()
                                      if value is not None) + "\n"


class Watcher:
    """Keeps every command line and environment that a process of one cupsd was seen with."""

    def __init__(self, base):
        self.seen = set()
        self._base = base
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._stop.wait(0.1):
            for pid in processes_with("CUPS_SERVERROOT", self._base):
                for name in ("cmdline", "environ"):
                    try:
                        with open(f"/proc/{pid}/{name}", "rb") as file:
                            self.seen.add(file.read())
                    except OSError:
                        continue

    def stop(self):
        self._stop.set()
        self._thread.join()


class World:
    def __init__(self, installation=None, logs=None, access_ttl=3600, retry_interval=1,
                 retry_limit=5, cupsd=""):
        """cupsd: lines of cupsd.conf over the usual ones."""
        installation = installation or Installation()
        installation.check()
        self.logs = logs or os.environ.get("SCAN_EMAIL_LOGS") or os.path.join(
            TOP, "build", "logs", "other")
        os.makedirs(self.logs, exist_ok=True)
        self.directory = tempfile.mkdtemp(prefix="se-world-", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.provider = self.dovecot = self.cups = self._watcher = None
        self._secrets = set()
        try:
            self.authority = Authority(os.path.join(self.directory, "pki"))
            self.certificate = self.authority.issue("localhost")
            self.provider = Provider(self.directory, self.certificate, access_ttl)
            self.sink = SmtpServer(auth=None, directory=os.path.join(self.directory, "mail"),
                                   name="sink")
            self.dovecot = Dovecot(self.directory, self.certificate, self.provider.introspection,
                                   self.sink.port)
            self.cups = Cups(installation, retry_interval, retry_limit, self.logs, cupsd)
            self.configure()
            self.cups.start()
            self._watcher = Watcher(self.cups.base)
        except BaseException:
            self.close()
            raise

    def configure(self, smtp_server=None, issuer=None, ca=None, account=None, provider=None,
                  queue=None, more="", **server):
        """Writes scan-email.conf. account, provider, queue: keys of these sections, over the usual
        ones; more: further sections. Accounts start anew with their limits and pauses."""
        shutil.rmtree(os.path.join(self.cups.state, "throttle"), ignore_errors=True)
        self.cups.configure(
            section(f"account {ACCOUNT}", {"provider": "intranet", "client-id": CLIENT_ID,
                                           "from-name": "Front desk scanner", **(account or {})})
            + section("provider intranet", {
                "issuer": issuer or self.provider.issuer, "scope": SCOPE,
                "scope-client-credentials": APP_SCOPE, "scope-service-account": APP_SCOPE,
                "smtp-server": smtp_server or self.dovecot.url, "ca-file": ca or self.authority.ca,
                # No test waits for a limit that it does not ask for.
                "max-connections": 0, "max-rate": 0, **(provider or {})})
            + section("queue *", {**POLICY, **(queue or {})}) + more, **server)

    def secret_file(self, name, text, *secrets):
        """A file that only the service user reads; secrets: what of it must be in no log, all of it
        if none are given. Its path."""
        path = os.path.join(self.cups.base, name)
        with open(path, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(text)
        shutil.chown(path, self.cups.service_user)
        self.keep_secret(*(secrets or [text.strip()]))
        return path

    # oauth-setup.

    def setup(self, *words, check=True, timeout=60, env=None):
        """Runs oauth-setup; returns the CompletedProcess."""
        return self.cups.run("oauth-setup", *words, check=check, timeout=timeout, env=env)

    def start_login(self, *words):
        """Starts `oauth-setup login --json`; returns the process and its first line, parsed."""
        process = subprocess.Popen(["oauth-setup", "login", *words, "--json"],
                                   env=self.cups.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if not line:
            raise AssertionError(f"oauth-setup login said nothing: {process.communicate()[1]}")
        return process, json.loads(line)

    def person(self, **options):
        return Person(self.authority.ca, say=lambda _: None, **options)

    def login(self, account=ACCOUNT, *words, person=None, deny=False):
        """Signs account in by whatever grant, the person included where there is one. Returns the
        exit status and the last line."""
        process, first = self.start_login(account, *words)
        try:
            address = (first.get("authorization_uri") or first.get("verification_uri_complete")
                       or first.get("verification_uri"))
            if address:
                self.person().sign_in(address, first.get("user_code"), person or account, deny)
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
        last = [line for line in output.splitlines() if line.startswith("{")][-1:]
        if not last and "result" not in first:
            raise AssertionError(f"oauth-setup login ended without a result:\n{output}{errors}")
        return process.returncode, json.loads(last[0]) if last else first

    def sign_in(self):
        """Signs the account in and checks that it worked; no test mail."""
        status, result = self.login(ACCOUNT, "--no-test-mail")
        if status:
            raise AssertionError(f"oauth-setup login: exit {status}: {result}")

    def expire_access_token(self):
        """Waits until the access token that is stored has expired."""
        self.provider.set_access_ttl(1)
        self.setup("refresh")
        self.provider.set_access_ttl(3600)
        expired = time.monotonic() + 1.1
        wait_for(lambda: time.monotonic() > expired, "the access token to expire")

    # The end.

    def keep_secret(self, *values):
        """Values that must be in no log, besides what the provider issued."""
        self._secrets.update(values)

    def _carelessness(self):
        """What the private cupsd's files show that they should not."""
        found = core_files(self.cups.base)
        found += loose_modes(self.cups.state, pwd.getpwnam(self.cups.service_user).pw_uid)
        if ROOT:
            found += leaks(self.cups.base, self._secrets, user="lp")
        return found

    def close(self):
        """Stops everything and removes it. Returns what should not be: processes left over,
        secrets where they must not be, files with loose modes, core files."""
        found = []
        if self._watcher:
            self._watcher.stop()
            with open(os.path.join(self.logs, "processes"), "ab") as file:
                file.write(b"\n".join(self._watcher.seen))
        if self.provider:
            self._secrets.update(self.provider.secrets())
            self.provider.stop()
            remember(self._secrets)
        if self.cups:
            self.cups.stop()
            found += self._carelessness()
            found += [f"left running: {line}" for line in self.cups.close()]
        if self.dovecot:
            self.dovecot.stop()
            shutil.copy(self.dovecot.log, self.logs)
        found += leaks(self.logs, self._secrets)
        shutil.rmtree(self.directory, ignore_errors=True)
        return found


_shared = None


def shared_world():
    """The world of this process, made when first asked for, with the account signed in."""
    global _shared
    if _shared is None:
        _shared = World()
        atexit.register(close_shared_world)
        _shared.sign_in()
    return _shared


def close_shared_world():
    """What World.close() found; None if no world was made."""
    global _shared
    world, _shared = _shared, None
    return world.close() if world else None
