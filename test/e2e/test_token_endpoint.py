# SPDX-License-Identifier: Apache-2.0
"""A token endpoint in trouble when tokens are to be refreshed: each kind is told by its name, jobs
wait for its end, and the refresh token is neither spent nor lost nor sent elsewhere."""

import signal
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import documents
from .case import EndToEnd
from .process import wait_for
from .smtp import SmtpServer
from .token_endpoint import TOKEN_PATH, Reply, TokenEndpoint, error, tokens
from .world import section

DEFERRED = "cups-mailto-deferred-report"


@dataclass
class Trouble:
    reply: Reply
    words: str  # in what is told


TROUBLES = {
    "patience": Trouble(Reply(429, b"", {"retry-after": "10"}), "asks to wait 10 seconds"),
    "refusal": Trouble(error("temporarily_unavailable", 503), "temporarily_unavailable"),
    "outage": Trouble(Reply(503, b"<html>busy</html>", {"content-type": "text/html"}), "HTTP 503"),
    "garbage": Trouble(Reply(200, b"\0\xff{garbage\r\n\x1b[31m"), "without an OAuth 2.0 reply"),
    "flood": Trouble(Reply(200, b"garbage " * 1_250_000), "more than 64 KiB"),
    "hangup": Trouble(Reply(drop=True), "no answer"),
    "detour": Trouble(None, "redirects to another address"),
}


class Elsewhere:
    """A plain http server that must never hear anything."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._listener.getsockname()[1]}/token"
        self.visited = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            self._listener.accept()
            self.visited = True
        except OSError:
            pass  # closed

    def close(self):
        self._listener.close()


class AtRefresh(EndToEnd):
    """One account a trouble, all at once: cupsd takes its time before it runs a job again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = Elsewhere()
        cls.addClassCleanup(cls.elsewhere.close)
        TROUBLES["detour"].reply = Reply(307, b"", {"location": cls.elsewhere.url})
        cls.server = SmtpServer(cls.world.certificate)
        cls.addClassCleanup(cls.server.close)
        cls.endpoints = {}
        cls.more = ""
        for name in (*TROUBLES, "silence", "cancelled"):
            endpoint = cls.endpoints[name] = TokenEndpoint(cls.world.certificate)
            cls.addClassCleanup(endpoint.close)
            cls.more += account(name, endpoint, cls.world, cls.server.url)
            cls.cups.add_queue(name, f"{cls.uri}?from={name}%40example.test")
        cls.addClassCleanup(cls.world.configure)
        cls.world.configure(queue={"retry-for": "0s", "retry-interval": "1s"}, more=cls.more)
        with ThreadPoolExecutor(4) as several:
            list(several.map(cls.sign_in, cls.endpoints))

    @classmethod
    def sign_in(cls, name):
        """With an access token that is over at once, so that whatever follows needs another."""
        endpoint = cls.endpoints[name]
        endpoint.number = 0
        cls.good(endpoint)
        cls.good(endpoint)  # where the first token is over before the login has tried it
        cls.world.setup("login", f"{name}@example.test", "--no-test-mail", "--json")
        endpoint.requests.clear()
        endpoint.number -= len(endpoint.replies)
        endpoint.replies.clear()

    @classmethod
    def good(cls, endpoint):
        """The next answer is tokens, good for a moment."""
        endpoint.number += 1
        endpoint.replies.append(tokens(endpoint.number, expires_in=1))
        cls.world.keep_secret(f"scripted-access-token-{endpoint.number}",
                              f"scripted-refresh-token-{endpoint.number}")

    def setUp(self):
        super().setUp()
        self.server.reset()
        for name, trouble in TROUBLES.items():
            self.endpoints[name].otherwise = trouble.reply

    def assert_unspent(self, endpoint):
        """Every request so far brought the one refresh token that is good; then it is replaced."""
        used = {request.form["refresh_token"] for request in endpoint.requests_to(TOKEN_PATH)}
        self.assertLessEqual(used, {f"scripted-refresh-token-{endpoint.number}"})

    def assert_recovers(self, name):
        """oauth-setup refresh with the same refresh token, now that the endpoint is well."""
        endpoint = self.endpoints[name]
        self.assert_unspent(endpoint)
        self.good(endpoint)
        self.world.setup("refresh", f"{name}@example.test")
        self.assertEqual(endpoint.requests_to(TOKEN_PATH)[-1].form["refresh_token"],
                         f"scripted-refresh-token-{endpoint.number - 1}")
        endpoint.requests.clear()

    def test_oauth_setup_tells_it(self):
        for name, trouble in TROUBLES.items():
            with self.subTest(name):
                done = self.world.setup("refresh", f"{name}@example.test", check=False)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(trouble.words, done.stderr)
                self.assertNotIn("\x1b", done.stderr)
                wait_for(lambda: f"{name}@example.test: Unreachable" in
                         self.world.setup("status", check=False).stdout, "the token to run out")
                self.assert_recovers(name)
        self.assertFalse(self.elsewhere.visited)

    def print(self, name):
        return self.cups.lp(name, self.file(f"{name}.pdf", documents.pdf()))

    def test_jobs_wait_for_its_end(self):
        jobs = {name: self.print(name) for name in TROUBLES}
        for name, job in jobs.items():
            wait_for(lambda: DEFERRED in self.reasons(job), f"the job to rest, {name}", 60, 0.2)
            self.cups.wait_job_log(job, TROUBLES[name].words)  # its message is of a later try soon
        self.assertEqual(self.server.messages, [])
        for name in TROUBLES:
            self.assert_unspent(self.endpoints[name])
            self.good(self.endpoints[name])

        def arrived():
            self.world.setup("release", "--due")
            return len(self.server.messages) == len(jobs)

        wait_for(arrived, "the mails", 60, 0.5)
        for job in jobs.values():
            self.assertEqual(self.cups.wait_state(job), "completed")
        for name in TROUBLES:
            self.endpoints[name].requests.clear()
            self.assert_recovers(name)
        self.assertFalse(self.elsewhere.visited)

    def test_silence(self):
        """For as long as it takes to be given up; what is told then, and that it passes."""
        endpoint = self.endpoints["silence"]
        endpoint.otherwise = Reply(silent=True)
        job = self.print("silence")
        endpoint.wait_requests(TOKEN_PATH, 1)
        # Meanwhile: a person's Ctrl-C ends a silent refresh soon.
        self.cancel_a_refresh(self.endpoints["cancelled"])
        self.cups.wait_job_log(job, "no answer from", 90)
        self.assert_unspent(endpoint)
        self.good(endpoint)
        self.the_mail(job, self.server)
        endpoint.requests.clear()
        self.assert_recovers("silence")

    def cancel_a_refresh(self, endpoint):
        endpoint.otherwise = Reply(silent=True)
        process = subprocess.Popen(
            ["oauth-setup", "refresh", "cancelled@example.test"], env=self.cups.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        endpoint.wait_requests(TOKEN_PATH, 1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1)
        self.assertIn("cancelled", errors)
        self.assert_recovers("cancelled")


def account(name, endpoint, world, smtp_server):
    return (section(f"account {name}@example.test", {"provider": name, "client-id": "scan-email"})
            + section(f"provider {name}", {
                "issuer": endpoint.issuer, "scope": "smtp", "smtp-server": smtp_server,
                "ca-file": world.authority.ca}))
