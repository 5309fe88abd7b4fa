# SPDX-License-Identifier: Apache-2.0
"""The clients that the provider knows, as an account's keys in scan-email.conf: one function a grant
and way of proving who asks. Files with secrets are made on the way."""

import json
import shutil

from .provider import CONFIDENTIAL_CLIENT, DAEMON_CLIENT

CERTIFICATE_CLIENT = "scan-email-certificate"
SERVICE_ACCOUNT = "scanner@project.example.test"


def device(_world):
    return {"grant": "device"}


def code(_world):
    return {"grant": "code"}


def code_with_secret(world):
    """As Google's desktop applications: PKCE, and a secret all the same."""
    return {"grant": "code", **_with_secret(world, *CONFIDENTIAL_CLIENT)}


def credentials_with_secret(world):
    return {"grant": "client-credentials", **_with_secret(world, *DAEMON_CLIENT)}


def credentials_with_certificate(world, name=CERTIFICATE_CLIENT):
    own = world.authority.application(name)
    world.provider.add_client(own.certificate, client_id=name, grant_types=["client_credentials"],
                              response_types=[], redirect_uris=[])
    with open(own.key) as file:
        private = file.read()
    key = world.secret_file(f"{name}.key", private, *key_lines(private))
    certificate = shutil.copy(own.certificate, world.cups.base)
    return {"grant": "client-credentials", "client-id": name, "certificate-file": certificate,
            "key-file": key}


def service_account(world, email=SERVICE_ACCOUNT):
    """A key file as Google's console gives it out."""
    private, public = world.authority.key_pair(email)
    world.provider.add_service_account(email, public)
    path = world.secret_file(f"{email}.json", json.dumps({
        "type": "service_account", "project_id": "project", "private_key_id": "0123456789abcdef",
        "private_key": private, "client_email": email, "client_id": "123456789012345678901",
        "auth_uri": world.provider.issuer + "/auth",
        "token_uri": world.provider.issuer + "/token"}, indent=2), *key_lines(private))
    return {"grant": "service-account", "client-id": None, "service-account-file": path}


def key_lines(pem):
    """The lines that make up the key."""
    return [line for line in pem.splitlines() if len(line) > 40 and "-" not in line]


def _with_secret(world, client, secret):
    return {"client-id": client,
            "client-secret-file": world.secret_file(f"{client}.secret", secret + "\n")}
