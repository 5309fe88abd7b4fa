# SPDX-License-Identifier: Apache-2.0
"""oauth-setup login against a provider that does what RFC 8628 allows, and what it does not."""

import json
import time

from .case import ACCOUNT, EndToEnd
from .pki import base64url
from .smtp import SmtpServer
from .token_endpoint import (DEVICE_PATH, TOKEN_PATH, Reply, TokenEndpoint, error, pending, tokens)
from .world import section

TENANT = "contoso.onmicrosoft.com"
TENANT_ID = "5e1dba95-0000-4000-8000-3f1f7bb2a26a"
ISSUER = f"https://login.microsoftonline.com/{TENANT_ID}/v2.0"

# What https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration answers: public
# data, without the members that say nothing about issuer and endpoints. For a tenant's domain the
# issuer has the tenant's id; neither is the address that was asked.
MICROSOFT_METADATA = {
    "token_endpoint": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt",
                                              "client_secret_basic"],
    "jwks_uri": "https://login.microsoftonline.com/common/discovery/v2.0/keys",
    "response_modes_supported": ["query", "fragment", "form_post"],
    "subject_types_supported": ["pairwise"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
    "scopes_supported": ["openid", "profile", "email", "offline_access"],
    "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
    "request_uri_parameter_supported": False,
    "authorization_endpoint": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    "device_authorization_endpoint":
        "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
    "tenant_region_scope": None,
    "cloud_instance_name": "microsoftonline.com",
}


class Preset(EndToEnd):
    """Microsoft's preset, led to a scripted server."""

    account = "microsoft@example.test"

    def setUp(self):
        super().setUp()
        self.endpoint = TokenEndpoint(self.world.certificate)
        self.addCleanup(self.endpoint.close)
        self.endpoint.device_path = f"/{TENANT}/oauth2/v2.0/devicecode"
        self.endpoint.token_path = f"/{TENANT}/oauth2/v2.0/token"
        for tenant, issuer in (("common", MICROSOFT_METADATA["issuer"]), (TENANT, ISSUER)):
            path = f"/{tenant}/v2.0/.well-known/openid-configuration"
            self.endpoint.metadata[path] = {**MICROSOFT_METADATA, "issuer": issuer}
        server = SmtpServer(self.world.certificate)
        self.addCleanup(server.close)
        base = self.endpoint.issuer + "/%{tenant}/oauth2/v2.0/"
        self.configure(
            more=section(f"account {self.account}", {"provider": "microsoft", "tenant": TENANT,
                                                     "client-id": "scan-email"})
            + section("provider microsoft", {
                "device-authorization-endpoint": base + "devicecode?mkt=%{locale}",
                "authorization-endpoint": base + "authorize", "token-endpoint": base + "token",
                "smtp-server": server.url, "ca-file": self.world.authority.ca}))
        self.world.keep_secret("scripted-access-token-1", "scripted-refresh-token-1")

    def login(self, **claims):
        now = int(time.time())
        token = ".".join(base64url(part if isinstance(part, bytes) else json.dumps(part).encode())
                         for part in ({"typ": "JWT", "alg": "RS256"},
                                      {"aud": "scan-email", "iat": now, "exp": now + 3600,
                                       "iss": ISSUER, "tid": TENANT_ID,
                                       "preferred_username": self.account, **claims},
                                      b"a signature"))
        self.endpoint.replies.append(tokens(id_token=token))
        done = self.world.setup("login", self.account, "--no-test-mail", "--json", check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def test_an_issuer_with_the_tenants_id(self):
        status, lines, errors = self.login()
        self.assertEqual(status, 0, errors)
        self.assertEqual(lines[-1]["identity"], self.account)
        self.assertIn("?mkt=", self.endpoint.requests[0].path)

    def test_another_tenant(self):
        """Whoever signs in elsewhere later does not take over."""
        self.assertEqual(self.login()[0], 0)
        status, _, errors = self.login(tid="00000000-0000-4000-8000-000000000000")
        self.assertEqual(status, 3)
        self.assertIn("tenant", errors)


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
