# SPDX-License-Identifier: Apache-2.0
"""The harness itself: if a server here is wrong, no other test means anything."""

import base64
import hashlib
import json
import os
import smtplib
import ssl
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from . import documents, mail, token_endpoint
from .case import needs_root
from .cups import Cups
from .dovecot import Dovecot
from .leaks import core_files, leaks, loose_modes
from .person import Person, Unreachable
from .pki import Authority, base64url, sign_jwt, thumbprint
from .process import Timeout, wait_for
from .provider import APP_SCOPE, CLIENT_ID, CONFIDENTIAL_CLIENT, DAEMON_CLIENT, SCOPE, Provider
from .smtp import DROP, Pause, SmtpServer

ACCOUNT = "scanner@example.test"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Servers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="se-", dir="/tmp")
        cls.addClassCleanup(directory.cleanup)
        cls.directory = directory.name
        os.chmod(cls.directory, 0o755)
        cls.authority = Authority(os.path.join(cls.directory, "pki"))
        cls.certificate = cls.authority.issue("localhost")
        cls.trust = ssl.create_default_context(cafile=cls.authority.ca)

    def connect(self, port, implicit_tls=False, context=None):
        context = context or self.trust
        if implicit_tls:
            client = smtplib.SMTP_SSL("localhost", port, context=context, timeout=20)
        else:
            client = smtplib.SMTP("localhost", port, timeout=20)
            client.starttls(context=context)
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def authenticate(self, client, token, user=ACCOUNT):
        client.docmd("AUTH", "XOAUTH2")
        blob = f"user={user}\1auth=Bearer {token}\1\1".encode()
        return client.docmd(base64.b64encode(blob).decode())


class TheProviderAndDovecot(Servers):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = Provider(cls.directory, cls.certificate)
        cls.addClassCleanup(cls.provider.stop)
        cls.sink = SmtpServer(auth=None)
        cls.addClassCleanup(cls.sink.close)
        cls.dovecot = Dovecot(cls.directory, cls.certificate, cls.provider.introspection,
                              cls.sink.port)
        cls.addClassCleanup(cls.dovecot.stop)

    def setUp(self):
        self.sink.reset()

    def post(self, path, **form):
        data = urllib.parse.urlencode(form).encode()
        try:
            with urllib.request.urlopen(self.provider.issuer + path, data,
                                        context=self.trust) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def poll(self, code):
        return self.post("/token", client_id=CLIENT_ID, grant_type=DEVICE_GRANT, device_code=code)

    def refresh(self, token):
        return self.post("/token", client_id=CLIENT_ID, grant_type="refresh_token",
                         refresh_token=token)

    def sign_in(self, deny=False):
        start = self.post("/device/auth", client_id=CLIENT_ID, scope=SCOPE)
        self.assertEqual(self.poll(start["device_code"])["error"], "authorization_pending")
        Person(self.authority.ca, say=lambda _: None).sign_in(
            start["verification_uri"], start["user_code"], ACCOUNT, deny)
        return self.poll(start["device_code"])

    def test_device_flow(self):
        tokens = self.sign_in()
        self.assertIn("access_token", tokens)
        self.assertIn("id_token", tokens)
        self.assertIn(tokens["refresh_token"], self.provider.secrets())

    def test_the_person_declines(self):
        self.assertEqual(self.sign_in(deny=True)["error"], "access_denied")

    def test_rotation_detects_reuse(self):
        first = self.sign_in()
        second = self.refresh(first["refresh_token"])
        self.assertNotEqual(first["refresh_token"], second["refresh_token"])
        self.assertEqual(self.refresh(first["refresh_token"])["error"], "invalid_grant")
        self.assertEqual(self.refresh(second["refresh_token"])["error"], "invalid_grant")

    def test_used_tokens_that_are_honoured(self):
        self.provider.honour_used()
        self.addCleanup(self.provider.honour_used, False)
        first = self.sign_in()
        second = self.refresh(first["refresh_token"])
        self.assertNotEqual(first["refresh_token"], second["refresh_token"])
        for tokens in (first, second, first):
            self.assertIn("access_token", self.refresh(tokens["refresh_token"]))

    def authorize(self, **more):
        """The code grant, at a port where nobody listens: what the redirect brings."""
        query = urllib.parse.urlencode({
            "client_id": CLIENT_ID, "response_type": "code", "scope": SCOPE, "state": "abc",
            "redirect_uri": "http://127.0.0.1:1/", **more})
        with self.assertRaises(Unreachable) as caught:
            Person(self.authority.ca, say=lambda _: None, elsewhere=True).sign_in(
                f"{self.provider.issuer}/auth?{query}", login=ACCOUNT)
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(caught.exception.url).query))

    def exchange(self, verifier, **more):
        challenge = base64url(hashlib.sha256(verifier.encode()).digest())
        came = self.authorize(code_challenge=challenge, code_challenge_method="S256",
                              **{key: more[key] for key in ("client_id",) if key in more})
        self.assertEqual((came["state"], came["iss"]), ("abc", self.provider.issuer))
        return self.post("/token", **{"grant_type": "authorization_code", "code": came["code"],
                                      "redirect_uri": "http://127.0.0.1:1/",
                                      "code_verifier": verifier, "client_id": CLIENT_ID, **more})

    def test_code_grant(self):
        verifier = "v" * 43
        self.assertEqual(self.authorize()["error"], "invalid_request")  # no PKCE
        self.assertEqual(self.exchange(verifier, code_verifier="w" * 43)["error"], "invalid_grant")
        tokens = self.exchange(verifier)
        self.assertIn("refresh_token", tokens)
        self.assert_mailbox_opens(tokens)
        self.assertIn(verifier, self.provider.secrets())
        client, secret = CONFIDENTIAL_CLIENT
        self.assertEqual(self.exchange(verifier, client_id=client)["error"], "invalid_client")
        self.assertIn("refresh_token", self.exchange(verifier, client_id=client,
                                                     client_secret=secret))

    def assert_mailbox_opens(self, tokens, account=ACCOUNT):
        self.assertEqual(self.authenticate(self.connect(self.dovecot.port),
                                           tokens["access_token"], account)[0], 235)

    def test_client_credentials(self):
        form = {"grant_type": "client_credentials", "scope": APP_SCOPE}
        client, secret = DAEMON_CLIENT
        tokens = self.post("/token", client_id=client, client_secret=secret, **form)
        self.assertNotIn("refresh_token", tokens)
        self.assert_mailbox_opens(tokens)
        self.assertEqual(self.post("/token", client_id=client, client_secret="no", **form)["error"],
                         "invalid_client")

        own, other = (self.authority.application(name) for name in ("app", "other-app"))
        self.provider.add_client(own.certificate, client_id="app", response_types=[],
                                 redirect_uris=[], grant_types=["client_credentials"])
        now = int(time.time())
        claims = {"iss": "app", "sub": "app", "aud": self.provider.issuer + "/token", "iat": now,
                  "nbf": now, "exp": now + 300}

        def ask(key, thumbprint_of, **more):
            header = {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint(thumbprint_of)}
            assertion = sign_jwt(header, {**claims, "jti": str(time.monotonic_ns()), **more}, key)
            return self.post("/token", client_id="app", client_assertion=assertion,
                             client_assertion_type=ASSERTION_TYPE, **form)

        self.assert_mailbox_opens(ask(own.key, own.certificate))
        for wrong in (ask(other.key, own.certificate), ask(own.key, other.certificate),
                      ask(own.key, own.certificate, aud="https://else.example.test/token"),
                      ask(own.key, own.certificate, exp=now + 3600),
                      ask(own.key, own.certificate, exp=now - 300)):
            self.assertEqual(wrong["error"], "invalid_client")

    def test_jwt_bearer_grant(self):
        email = "robot@project.example.test"
        _, public = self.authority.key_pair("robot")
        self.authority.key_pair("stranger")
        self.provider.add_service_account(email, public)
        now = int(time.time())
        claims = {"iss": email, "sub": ACCOUNT, "aud": self.provider.issuer + "/token",
                  "scope": APP_SCOPE, "iat": now, "exp": now + 3600}

        def ask(key="robot", header=None, **more):
            assertion = sign_jwt({"alg": "RS256", "typ": "JWT", **(header or {})}, {**claims, **more},
                             f"{self.authority.directory}/{key}.private")
            return self.post("/token", grant_type=JWT_BEARER, assertion=assertion)

        self.assert_mailbox_opens(ask())
        for wrong in (ask(key="stranger"), ask(iss="other@project.example.test"), ask(aud="x"),
                      ask(exp=now + 3700), ask(exp=now - 1), ask(sub=None), ask(scope=None),
                      ask(header={"alg": "none"})):
            self.assertEqual(wrong["error"], "invalid_grant")

    def test_held_answers(self):
        before = self.provider.count("POST /token")
        self.provider.hold()
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(self.refresh("any")))
        waiting.start()
        wait_for(lambda: self.provider.count("POST /token") > before, "the request")
        self.assertEqual(answers, [])
        self.provider.hold(False)
        waiting.join(20)
        self.assertEqual(answers[0]["error"], "invalid_grant")

    def test_a_mail_goes_through(self):
        token = self.sign_in()["access_token"]
        data = b"From: a@example.test\r\nSubject: x\r\n\r\n.a dot\r\n" * 1
        for port, implicit in ((self.dovecot.port, False), (self.dovecot.tls_port, True)):
            client = self.connect(port, implicit)
            self.assertEqual(self.authenticate(client, token)[0], 235)
            client.sendmail(ACCOUNT, ["b@example.test", "c@example.test"], data)
        arrived = self.sink.wait_messages(2)
        self.assertEqual(arrived[0].recipients, ["b@example.test", "c@example.test"])
        self.assertTrue(arrived[0].data.endswith(b"\r\n\r\n.a dot\r\n"))

    def test_dovecot_refuses_what_the_provider_does_not_know(self):
        token = self.sign_in()["access_token"]
        self.assertEqual(self.authenticate(self.connect(self.dovecot.port), "nonsense")[0], 334)
        self.assertEqual(
            self.authenticate(self.connect(self.dovecot.port), token, "other@example.test")[0], 334)
        self.assertGreater(self.provider.revoke(ACCOUNT), 0)
        self.assertEqual(self.authenticate(self.connect(self.dovecot.port), token)[0], 334)

    def test_refusing_on_demand(self):
        self.provider.refuse(503)
        self.addCleanup(self.provider.refuse)
        with self.assertRaises(json.JSONDecodeError):
            self.refresh("any")


class TheScriptedServers(Servers):
    def server(self, **options):
        server = SmtpServer(self.certificate, **options)
        self.addCleanup(server.close)
        return server

    def test_replies_drops_and_pauses(self):
        server = self.server(extensions=["SIZE 1000"])
        server.at("rcpt", "451 4.2.1 later")
        pause = server.at("dot", Pause(then=DROP))
        client = self.connect(server.port)
        self.assertEqual(self.authenticate(client, "secret")[0], 235)
        client.mail("a@example.test")
        self.assertEqual(client.rcpt("b@example.test")[0], 451)
        self.assertEqual(client.rcpt("b@example.test")[0], 250)
        client.docmd("DATA")
        client.send(b"x\r\n.\r\n")
        pause.wait()
        self.assertFalse(server.sessions[0].ended)
        pause.go()
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            client.getreply()
        session = server.wait_session()
        self.assertEqual(session.token, "secret")
        self.assertNotIn(b"AUTH", session.plain)
        self.assertEqual(session.error, "dropped at dot")
        self.assertEqual(server.messages, [])

    def test_down_and_up_again(self):
        server = self.server()
        server.go_down()
        with self.assertRaises(ConnectionRefusedError):
            self.connect(server.port)
        server.come_up()
        self.connect(server.port)

    def test_bad_certificates(self):
        wrong = Authority(os.path.join(self.directory, "other"))
        for certificate, what in ((wrong.issue("localhost"), "unable to get local issuer"),
                                  (self.authority.issue("old", expired=True), "has expired"),
                                  (self.authority.issue("else", ["DNS:else.test"]), "Hostname mism")):
            server = SmtpServer(certificate, implicit_tls=True)
            self.addCleanup(server.close)
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, what):
                self.connect(server.port, implicit_tls=True)
            self.assertFalse(server.wait_session().tls)

    def test_token_endpoint(self):
        endpoint = token_endpoint.TokenEndpoint(self.certificate)
        self.addCleanup(endpoint.close)
        endpoint.replies.append(token_endpoint.pending())
        for status in (400, 400):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(endpoint.issuer + token_endpoint.TOKEN_PATH, b"a=b",
                                       context=self.trust)
            self.assertEqual(caught.exception.code, status)
        requests = endpoint.wait_requests(token_endpoint.TOKEN_PATH, 2)
        self.assertEqual(requests[0].form, {"a": "b"})

    def test_waiting_ends(self):
        with self.assertRaises(Timeout):
            self.server().wait_messages(1, 0.1)


class TheChecks(unittest.TestCase):
    def test_faults_of_a_mail_are_found(self):
        good = (b"From: a@b\r\nTo: c@d\r\nDate: Sat, 21 Nov 2026 21:00:00 +0000\r\nSubject: x\r\n"
                b"Message-ID: <1@b>\r\nMIME-Version: 1.0\r\n\r\ntext\r\n")
        self.assertEqual(mail.faults(good), [])
        for bad, what in ((good + "é\r\n".encode(), "8-bit"), (good + b"x" * 999, "998"),
                          (good.replace(b"Subject: x", b"Subject: " + b"word " * 20), "columns"),
                          (good.replace(b"To: c@d\r\n", b""), "0 To"),
                          (good + b"bare\nlf\r\n", "bare")):
            self.assertIn(what, " ".join(mail.faults(bad)))

    def test_secrets_are_found(self):
        secret = "MSc95-mFXrZ6vmCN27OXpQnAIEvX8_coknAo8QzrqXC"
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "log")
            for prefix in ("", "u", "us", "use"):
                with open(path, "wb") as file:
                    file.write(b"AUTH " + base64.b64encode((prefix + secret + "\1\1").encode()))
                self.assertTrue(leaks(directory, [secret]), prefix)
                self.assertFalse(leaks(directory, [secret.swapcase()]), prefix)

    @needs_root
    def test_what_a_user_cannot_read_is_no_leak(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "file")
            with open(path, "w") as file:
                file.write("the secret")
            os.chmod(directory, 0o711)  # a name is not needed to look for files
            self.assertEqual(leaks(directory, ["the secret"], user="lp"), [])
            os.chmod(directory, 0o755)
            self.assertEqual(len(leaks(directory, ["the secret"], user="lp")), 1)
            os.chmod(path, 0o600)
            self.assertEqual(leaks(directory, ["the secret"], user="lp"), [])

    def test_loose_modes_and_core_files_are_found(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "core.12")
            with open(path, "w", opener=lambda path, flags: os.open(path, flags, 0o600)):
                pass
            self.assertEqual(loose_modes(directory, os.geteuid()), [])
            self.assertEqual(len(loose_modes(directory, os.geteuid() + 1)), 2)
            os.chmod(path, 0o640)
            self.assertEqual(len(loose_modes(directory, os.geteuid())), 1)
            self.assertEqual(len(core_files(directory)), 1)


class StockCups(unittest.TestCase):
    def test_a_job_survives_a_restart_of_cupsd(self):
        cups = Cups()
        self.addCleanup(lambda: self.assertEqual(cups.close(), []))
        cups.start()
        cups.run("lpadmin", "-p", "null", "-E", "-v", "file:/dev/null", "-m", "raw")
        job = cups.ipp.print_job("null", documents.text(), mime="text/plain")
        self.assertEqual(cups.wait_state(job), "completed")
        cups.restart()
        self.assertEqual(cups.ipp.job_state(job), "completed")


