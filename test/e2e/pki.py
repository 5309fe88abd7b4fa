# SPDX-License-Identifier: Apache-2.0
"""A throw-away certificate authority, made with openssl, the keys and certificates tests need, and
signatures with them."""

import base64
import hashlib
import json
import os
import ssl
import subprocess
from dataclasses import dataclass

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass
class Certificate:
    certificate: str  # path of the PEM file, the key apart
    key: str


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def thumbprint(certificate):
    """x5t#S256 (RFC 7515, 4.1.8) of a PEM file."""
    return base64url(hashlib.sha256(ssl.PEM_cert_to_DER_cert(read(certificate))).digest())


def sign_jwt(header, claims, key):
    """A JWT signed by the RSA key (PEM file) as header's alg says, PS256 or else RS256."""
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    padding = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key, *(padding if header["alg"] == "PS256" else [])],
        input=text.encode(), check=True, capture_output=True).stdout
    return f"{text}.{base64url(signature)}"


def read(path):
    with open(path) as file:
        return file.read()


class Authority:
    """A CA in a directory of its own; ca.pem is what clients trust."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self.ca = self._path("ca.pem")
        self._key = self._path("ca.key")
        openssl("req", "-x509", *CURVE, "-keyout", self._key, "-out", self.ca,
                "-subj", "/CN=scan-email test CA", "-days", "30",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        os.chmod(self.ca, 0o644)

    def _path(self, name):
        return os.path.join(self.directory, name)

    def issue(self, name, names=("DNS:localhost", "IP:127.0.0.1"), expired=False, early=False):
        """A server certificate for the subject alternative names given; early: not valid yet."""
        paths = {end: self._path(f"{name}.{end}") for end in ("key", "csr", "ext", "pem", "conf")}
        openssl("req", *CURVE, "-keyout", paths["key"], "-out", paths["csr"], "-subj", f"/CN={name}")
        with open(paths["ext"], "w") as file:
            file.write(f"subjectAltName={','.join(names)}\nextendedKeyUsage=serverAuth\n"
                       "basicConstraints=CA:FALSE\n")
        if expired or early:
            self._issue_for(2020 if expired else 2048, paths)
        else:
            openssl("x509", "-req", "-in", paths["csr"], "-CA", self.ca, "-CAkey", self._key,
                    "-CAcreateserial", "-days", "30", "-extfile", paths["ext"],
                    "-out", paths["pem"])
        os.chmod(paths["pem"], 0o644)
        return Certificate(paths["pem"], paths["key"])

    def application(self, name):
        """A certificate of its own (RSA) for a client that signs assertions."""
        key, certificate = self._path(f"{name}.key"), self._path(f"{name}.pem")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                "-subj", f"/CN={name}", "-days", "30")
        return Certificate(certificate, key)

    def key_pair(self, name):
        """An RSA key: the texts of the private key and of the public one, PEM."""
        private, public = self._path(f"{name}.private"), self._path(f"{name}.public")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", public)
        return read(private), read(public)

    def _issue_for(self, year, paths):
        """`openssl x509` of OpenSSL 3.0 takes no start date, `openssl ca` does."""
        with open(self._path("index"), "w"):
            pass
        with open(paths["conf"], "w") as file:
            file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self._path('index')}\n"
                       f"new_certs_dir={self.directory}\nrand_serial=yes\ndefault_md=sha256\n"
                       "policy=p\n[p]\ncommonName=supplied\n")
        openssl("ca", "-batch", "-config", paths["conf"], "-cert", self.ca, "-keyfile", self._key,
                "-in", paths["csr"], "-out", paths["pem"], "-extfile", paths["ext"], "-notext",
                "-startdate", f"{year}0101000000Z", "-enddate", f"{year}0201000000Z")
