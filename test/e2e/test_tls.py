# SPDX-License-Identifier: Apache-2.0
"""Servers that are not to be trusted with a token: each refused with its own message."""

from . import documents
from .case import EndToEnd
from .pki import Authority
from .smtp import SmtpServer


class Untrusted(EndToEnd):
    """The job is held (an admin must act), and the server saw neither a token nor a mail."""

    def refused(self, server, *words, tls=False):
        self.addCleanup(server.close)
        self.configure(smtp_server=server.url)
        job = self.cups.lp(self.queue, self.file("secret.pdf", documents.pdf()))
        self.assert_no_mail(job, "held", *words, server=server)
        self.assertIn("localhost", self.message(job))
        session = server.wait_session()
        self.assertEqual(session.tls, tls)
        self.assertIsNone(session.token)
        self.assertNotIn(b"AUTH", session.plain.upper())
        for command in session.commands:
            self.assertNotRegex(command.upper(), r"^(MAIL|RCPT|DATA)")
        return session

    def other_authority(self):
        return Authority(self.files + "/other").issue("localhost")

    def test_wrong_authority(self):
        for implicit in (False, True):
            with self.subTest(implicit_tls=implicit):
                self.refused(SmtpServer(self.other_authority(), implicit_tls=implicit),
                             "certificate", "issuer")

    def test_expired_certificate(self):
        certificate = self.world.authority.issue("expired", expired=True)
        self.refused(SmtpServer(certificate), "certificate", "expired")

    def test_wrong_host_name(self):
        certificate = self.world.authority.issue("elsewhere", ["DNS:elsewhere.test"])
        # The name is looked at once the handshake is through.
        session = self.refused(SmtpServer(certificate), "certificate", "name", tls=True)
        self.assertEqual(session.commands[-1], "STARTTLS")

    def test_no_starttls(self):
        self.refused(SmtpServer(), "STARTTLS")

    def test_starttls_refused(self):
        server = SmtpServer(self.world.certificate)
        server.at("starttls", "502 5.5.1 not today", times=9)
        self.refused(server, "STARTTLS", "not today")

    def test_no_authentication_offered(self):
        self.refused(SmtpServer(self.world.certificate, auth=None), "AUTH", tls=True)

    def test_only_plain(self):
        self.refused(SmtpServer(self.world.certificate, auth="AUTH PLAIN LOGIN"), "XOAUTH2",
                     tls=True)

    def test_lower_case_offer(self):
        # libcurl before 8.17 does not see it: what counts is that nothing is sent unauthenticated.
        self.refused(SmtpServer(self.world.certificate, auth="auth xoauth2"), "AUTH", tls=True)

    def test_greeting_that_claims_success(self):
        for auth in ("AUTH XOAUTH2", None):
            with self.subTest(auth):
                self.refused(SmtpServer(self.world.certificate, auth=auth,
                                        greeting="235 2.7.0 Authentication successful"), "235")

    def test_the_providers_certificate_is_checked_too(self):
        self.configure(ca=Authority(self.files + "/third").ca)
        refreshed = self.world.setup("refresh", check=False)
        self.assertNotEqual(refreshed.returncode, 0)
        self.assertIn("certificate", refreshed.stderr)
