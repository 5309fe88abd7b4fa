# SPDX-License-Identifier: Apache-2.0
"""oauth-setup test: a line a step, and where it ends, why and what to do."""

import re
import socket

from .case import ACCOUNT, TO, EndToEnd
from .pki import Authority
from .smtp import SmtpServer

STEPS = ["Name lookup", "TCP", "TLS", "EHLO", "Mechanism", "Token", "AUTH", "MAIL FROM"]


class TryOut(EndToEnd):
    def run_test(self, *words, status=0):
        answer = self.world.setup("test", ACCOUNT, *words, check=False)
        self.assertEqual(answer.returncode, status, answer.stdout + answer.stderr)
        for secret in self.world.provider.secrets():
            self.assertNotIn(secret, answer.stdout + answer.stderr)
        return answer

    def lines(self, answer):
        """Step to text; the last line is not one."""
        return dict(re.split(r"  +", line, maxsplit=1)
                    for line in answer.stdout.splitlines()[:-1] if not line.startswith(" "))

    def last(self, answer):
        return answer.stdout.splitlines()[-1]

    def assert_breaks(self, step, *words, status, verb="test"):
        """The test ends at step; standard error holds the words; the last line says what next."""
        answer = self.run_test(status=status)
        lines = self.lines(answer)
        self.assertEqual(list(lines), STEPS[:STEPS.index(step) + 1], answer.stdout)
        self.assertEqual(lines[step], "failed")
        self.assertNotIn("failed", list(lines.values())[:-1])
        for word in words:
            self.assertIn(word, answer.stderr)
        self.assertTrue(self.last(answer).startswith("Next: "), answer.stdout)
        self.assertIn(f"oauth-setup {verb} {ACCOUNT}", self.last(answer))
        return answer


class Success(TryOut):
    def test_each_step_has_its_line(self):
        answer = self.run_test()
        lines = self.lines(answer)
        self.assertEqual(list(lines), STEPS, answer.stdout)
        self.assertRegex(lines["Name lookup"], r"^localhost is .*127\.0\.0\.1")
        self.assertRegex(lines["TCP"], r"^connected to 127\.0\.0\.1, port \d+$")
        self.assertRegex(lines["TLS"], r"^TLSv1\.[23], certificate CN=localhost.*, issued by CN=.*, "
                         r"\d+ days left$")
        self.assertIn("SIZE", lines["EHLO"])
        self.assertIn("XOAUTH2", lines["EHLO"])
        self.assertEqual(lines["Mechanism"], "AUTH XOAUTH2 is offered")
        self.assertRegex(lines["Token"], r"^valid until \d{4}-\d\d-\d\d \d\d:\d\d.*; scope .*smtp")
        self.assertIn(ACCOUNT, lines["AUTH"])
        self.assertIn(f"<{ACCOUNT}> is accepted", lines["MAIL FROM"])
        self.assertIn("sending rights not proven", self.last(answer))
        self.assertEqual(answer.stderr, "")
        self.assertEqual(self.sink.messages, [])

    def test_a_mail_proves_the_right_to_send(self):
        answer = self.run_test("--to", TO)
        lines = self.lines(answer)
        self.assertEqual(list(lines), STEPS + ["Mail"])
        self.assertRegex(lines["Mail"], rf"^to {TO}; the server says: 250 ")
        self.assertNotIn("not proven", answer.stdout)
        (arrived,) = self.sink.wait_messages(1)
        self.assert_sound(arrived)

    def test_a_renewed_token_is_said_to_be(self):
        self.world.expire_access_token()
        self.assertIn("(renewed just now)", self.lines(self.run_test())["Token"])
        self.assertNotIn("renewed", self.lines(self.run_test())["Token"])

    def test_proxies_of_the_environment_are_named(self):
        proxy = "http://someone:secret-of-a-proxy@127.0.0.1:1"
        answer = self.cups.run("env", f"https_proxy={proxy}", f"ALL_PROXY={proxy}",
                               "no_proxy=localhost", "oauth-setup", "test", ACCOUNT)
        self.assertIn("https_proxy", answer.stderr)
        self.assertIn("ALL_PROXY", answer.stderr)
        self.assertNotIn("no_proxy", answer.stderr)
        self.assertNotIn("secret-of-a-proxy", answer.stdout + answer.stderr)


class Failure(TryOut):
    def test_unknown_host(self):
        self.configure(smtp_server="smtp://no-such-host.invalid:587")
        answer = self.assert_breaks("Name lookup", "no-such-host.invalid", "smtp-server", status=1)
        self.assertIn("check smtp-server = smtp://no-such-host.invalid:587", self.last(answer))

    def test_closed_port(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.configure(smtp_server=f"smtp://127.0.0.1:{port}")
        answer = self.assert_breaks("TCP", "Cannot reach 127.0.0.1", status=1)
        self.assertIn(f"check smtp-server = smtp://127.0.0.1:{port}", self.last(answer))

    def test_an_outage(self):
        self.submission_server().at("ehlo", "421 4.3.2 busy")
        answer = self.assert_breaks("TLS", "421", status=1)
        self.assertIn("wait some minutes", self.last(answer))

    def test_untrusted_certificate(self):
        server = SmtpServer(Authority(self.files + "/other").issue("localhost"))
        self.addCleanup(server.close)
        self.configure(smtp_server=server.url)
        self.assert_breaks("TLS", "not signed by a trusted authority", "ca-file", status=3)

    def test_no_starttls(self):
        server = SmtpServer(None)
        self.addCleanup(server.close)
        self.configure(smtp_server=server.url)
        self.assert_breaks("TLS", "does not offer STARTTLS", status=3)

    def test_mechanism_is_not_offered(self):
        self.submission_server(auth="AUTH PLAIN LOGIN")
        self.assert_breaks("Mechanism", "does not offer AUTH XOAUTH2, only: PLAIN LOGIN", status=3)

    def test_refused_token(self):
        server = self.submission_server(accepts=lambda user, token: False)
        answer = self.assert_breaks("AUTH", '"status":"401"', "does not take the token",
                                    "smtp-user", status=3, verb="login")
        self.assertEqual(answer.stderr.count("oauth-setup test"), 1)
        # Once to look, once with the token that was there, once with a fresh one.
        self.assertEqual(len(server.sessions), 3)

    def test_smtp_auth_is_switched_off(self):
        server = self.submission_server()
        server.at("auth", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
                  "disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled")
        self.assert_breaks("AUTH", "535 5.7.139", "switched off for the mailbox",
                           f"Set-CASMailbox {ACCOUNT} -SmtpClientAuthenticationDisabled $false",
                           status=3)

    def test_refused_sender(self):
        server = self.submission_server()
        server.at("mail", "550 5.7.60 SMTP; Client does not have permissions to send as this sender")
        self.configure(smtp_server=server.url, account={
            "from-address": "front@example.test", "smtp-user": "shared@example.test"})
        self.assert_breaks("MAIL FROM", "550 5.7.60", ACCOUNT, "shared@example.test",
                           "front@example.test", "Send As", status=3)

    def test_tokens_that_are_gone(self):
        """The server is looked at all the same; the message asks for a login."""
        self.configure(account={"client-id": "another"})
        answer = self.run_test(status=3)
        self.assertEqual(list(self.lines(answer)), STEPS[:STEPS.index("Token") + 1])
        self.assertIn(f"oauth-setup login {ACCOUNT}", self.last(answer))
