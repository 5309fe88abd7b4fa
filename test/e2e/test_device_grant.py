# SPDX-License-Identifier: Apache-2.0
"""oauth-setup login against a provider that does what RFC 8628 allows, and what it does not."""

import json

from .case import ACCOUNT, EndToEnd
from .token_endpoint import (DEVICE_PATH, TOKEN_PATH, Reply, TokenEndpoint, error, pending, tokens)


class DeviceGrant(EndToEnd):
    def setUp(self):
        super().setUp()
        self.endpoint = TokenEndpoint(self.world.certificate)
        self.addCleanup(self.endpoint.close)
        # The account's own tokens stay: this one is another account.
        self.account = "device@example.test"
        self.configure(more=f"[account {self.account}]\nprovider = scripted\nclient-id = scan-email\n"
                       f"[provider scripted]\nissuer = {self.endpoint.issuer}\nscope = smtp\n"
                       f"smtp-server = {self.world.dovecot.url}\n"
                       f"ca-file = {self.world.authority.ca}\n")
        self.world.keep_secret("scripted-device-code", "scripted-access-token",
                               "scripted-refresh-token")

    def login(self):
        """Returns (exit status, JSON lines)."""
        done = self.world.setup("login", self.account, "--no-test-mail", "--json", check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def polls(self):
        return [request for request in self.endpoint.requests_to(TOKEN_PATH)
                if "device_code" in request.form]

    def gaps(self):
        times = [request.time for request in self.polls()]
        return [later - earlier for earlier, later in zip(times, times[1:])]

    def test_numbers_as_strings_and_the_old_name(self):
        self.endpoint.device = {"device_code": "scripted-device-code", "user_code": "WXYZ",
                                "verification_url": "https://old.example.test/device",
                                "expires_in": "600", "interval": "1"}
        self.endpoint.replies += [pending(), tokens(expires_in="3600")]
        _, lines, _ = self.login()
        self.assertEqual(lines[0]["verification_uri"], "https://old.example.test/device")
        self.assertEqual(lines[0]["expires_in"], 600)
        self.assertEqual(len(self.polls()), 2)
        self.assertGreaterEqual(self.gaps()[0], 0.95)
        self.assertEqual(self.polls()[0].form["device_code"], "scripted-device-code")
        self.assertEqual(self.polls()[0].form["client_id"], "scan-email")

    def test_slow_down_is_for_good(self):
        self.endpoint.replies += [error("slow_down"), pending(), tokens()]
        self.login()
        self.assertEqual(len(self.polls()), 3)
        for gap in self.gaps():
            self.assertGreaterEqual(gap, 5.9)

    def test_declined(self):
        for name in ("access_denied", "authorization_declined"):
            with self.subTest(name):
                self.endpoint.requests.clear()
                self.endpoint.replies.append(error(name, 403))
                status, lines, _ = self.login()
                self.assertEqual(status, 3)
                self.assertIn("declined", json.dumps(lines[-1]))
                self.assertEqual(len(self.polls()), 1)

    def test_expired(self):
        self.endpoint.device["expires_in"] = 3
        self.endpoint.replies += [pending()] * 9
        status, lines, _ = self.login()
        self.assertEqual(status, 3)
        self.assertLessEqual(len(self.polls()), 3)
        self.assertIn("not used in time", lines[-1]["error"])

    def test_trouble_on_the_way_is_not_the_end(self):
        self.endpoint.replies += [Reply(503, b"busy"), Reply(drop=True), tokens()]
        self.login()
        self.assertEqual(len(self.polls()), 3)

    def test_a_redirect_is_not_followed(self):
        other = TokenEndpoint(self.world.certificate)
        self.addCleanup(other.close)
        self.endpoint.replies.append(Reply(307, b"", {"location": other.issuer + TOKEN_PATH}))
        status, _, _ = self.login()
        self.assertNotEqual(status, 0)
        self.assertEqual(other.requests, [])

    def test_answers_that_make_no_sense(self):
        for reply in (Reply(200, b"<html>hello</html>"), Reply(200, b"{" * 100_000),
                      Reply(200, b" " * 10_000_000), Reply(200, {"access_token": 5}),
                      Reply(200, {"access_token": "a\r\nb", "token_type": "Bearer"})):
            with self.subTest(str(reply.body)[:20]):
                self.endpoint.replies.append(reply)
                status, lines, _ = self.login()
                self.assertIn(status, (1, 3))
                self.assertTrue(lines[-1])
                self.endpoint.replies.clear()

    def test_device_endpoint_refuses(self):
        self.endpoint.device = error("invalid_client", 401, error_description="who are you\x1b[31m?")
        status, lines, errors = self.login()
        self.assertEqual(status, 3)
        self.assertIn("invalid_client", json.dumps(lines) + errors)
        self.assertNotIn("\x1b", errors)
        self.assertEqual(len(self.endpoint.requests_to(DEVICE_PATH)), 1)

    def test_another_issuer(self):
        for issuer in (self.endpoint.issuer + "/", "https://else.example.test"):
            with self.subTest(issuer):
                self.endpoint.discovery["issuer"] = issuer
                status, _, errors = self.login()
                self.assertEqual(status, 3)
                self.assertIn("issuer", errors)
                self.assertEqual(self.endpoint.requests_to(DEVICE_PATH), [])

    def test_the_first_account_was_left_alone(self):
        status = self.world.setup("status", check=False).stdout
        self.assertRegex(status, ACCOUNT + ": Active")
