# SPDX-License-Identifier: Apache-2.0
"""The OpenID provider (test/servers/oidc.mjs) as a background process."""

import json
import os
import urllib.request

from .process import Process

SERVERS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "servers")
CLIENT_ID = "scan-email"
CONFIDENTIAL_CLIENT = ("scan-email-confidential", "the-secret-of-scan-email-confidential")
DAEMON_CLIENT = ("scan-email-daemon", "the-secret-of-scan-email-daemon")
SCOPE = "openid offline_access email smtp"
APP_SCOPE = "smtp"  # where no person signs in
INTROSPECTION_CLIENT = ("dovecot", "introspection-only")


class Provider:
    def __init__(self, directory, certificate, access_ttl=3600):
        self.secrets_file = os.path.join(directory, "issued-secrets")
        log = os.path.join(directory, "provider.log")
        self.process = Process(
            ["node", os.path.join(SERVERS, "oidc.mjs"), "--key", certificate.key,
             "--cert", certificate.certificate, "--secrets", self.secrets_file,
             "--access-ttl", str(access_ttl)], log)

        def announced():
            with open(log) as file:
                return next((json.loads(line) for line in file if line.startswith('{"issuer"')), None)

        try:
            ready = self.process.wait_ready(announced, "the OpenID provider")
        except BaseException:
            self.process.stop()
            raise
        self.issuer = ready["issuer"]
        self.introspection = ready["introspection"]
        self._control = ready["control"]

    def _call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self._control + path, data, timeout=10) as reply:
            return json.load(reply)

    def counts(self):
        """How often each thing happened: "POST /token", "grant.success", "issued AccessToken", …"""
        return self._call("/counts")

    def count(self, name):
        return self.counts().get(name, 0)

    def revoke(self, account):
        """Ends every grant of the account, its access and refresh tokens included."""
        return self._call("/revoke", {"account": account})["removed"]

    def set_access_ttl(self, seconds):
        self._call("/set", {"accessTtl": seconds})

    def set_mailbox(self, account):
        """Whose mailbox the access tokens of clients without a person are for."""
        self._call("/set", {"mailbox": account})

    def refuse(self, status=None, body=""):
        """Every token request gets this answer from now on; None: real answers again."""
        self._call("/set", {"refuse": status and {"status": status, "body": body}})

    def hold(self, hold=True):
        """Token requests wait for their answers until hold(False)."""
        self._call("/set", {"hold": hold})

    def honour_used(self, honour=True):
        """Refresh tokens that were used, and so replaced, are still good, as Microsoft's are."""
        self._call("/set", {"honourUsed": honour})

    def add_client(self, certificate=None, **metadata):
        """A client more (OpenID Connect Dynamic Client Registration's names); with a certificate
        (PEM file) it signs assertions with that certificate's key."""
        if certificate:
            with open(certificate) as file:
                metadata["certificate"] = file.read()
        self._call("/client", metadata)

    def add_service_account(self, email, public_key):
        """One that may sign assertions for any mailbox; public_key: PEM."""
        self._call("/service-account", {"email": email, "publicKey": public_key})

    def secrets(self, kind=None):
        """Every secret issued or received so far, or those of one kind: "RefreshToken", …"""
        try:
            with open(self.secrets_file) as file:
                words = [line.split() for line in file]
        except FileNotFoundError:
            return []
        return [secret for kind_of_it, secret in words if kind in (None, kind_of_it)]

    def stop(self):
        self.process.stop()
