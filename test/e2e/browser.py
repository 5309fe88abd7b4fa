# SPDX-License-Identifier: Apache-2.0
"""A real browser without a screen: Chromium, led by chromedriver over WebDriver (W3C)."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request

from .process import Process, end_processes_with, free_port, wait_for

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's id: WebDriver, 12.1
MARK = "SCAN_EMAIL_BROWSER"


def missing():
    """What keeps the browser from running here; None: nothing."""
    absent = [path for path in (CHROMIUM, DRIVER) if not os.access(path, os.X_OK)]
    return f"not installed: {' '.join(absent)}" if absent else None


def key_pin(certificate):
    """Base64 of the SHA-256 of a certificate's public key (SPKI), as Chromium takes it."""
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
                            check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True,
                         capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Browser:
    """With a profile of its own in directory; trusts certificate (PEM) beside the usual ones."""

    def __init__(self, directory, certificate):
        self.directory = os.path.join(directory, "browser")
        os.makedirs(self.directory)
        port = free_port()
        self._base = f"http://127.0.0.1:{port}"
        self._session = None
        self._process = Process(
            [DRIVER, f"--port={port}"], os.path.join(self.directory, "log"),
            env={"HOME": self.directory, "PATH": "/usr/bin:/bin", "TMPDIR": self.directory,
                 "LANG": "C.UTF-8", MARK: self.directory})
        try:
            self._process.wait_ready(self._is_ready, "chromedriver")
            self._session = self._start(certificate)
        except BaseException:
            self.close()
            raise

    def _is_ready(self):
        try:
            return self._call("GET", "/status")["ready"]
        except OSError:
            return False

    def _start(self, certificate):
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--no-first-run", "--no-proxy-server",
                     f"--user-data-dir={self.directory}/profile",
                     f"--ignore-certificate-errors-spki-list={key_pin(certificate)}"]
        options = {"binary": CHROMIUM, "args": arguments}
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options}}})
        return answer["sessionId"]

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        message = urllib.request.Request(self._base + path, data, method=method,
                                         headers={"content-type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(message, timeout=60) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise WebDriverError(value["error"], value["message"]) from None

    def _in_session(self, method, path, body=None):
        return self._call(method, f"/session/{self._session}{path}", body)

    def open(self, url):
        self._in_session("POST", "/url", {"url": url})

    def url(self):
        return self._in_session("GET", "/url")

    def text(self):
        """What a person reads on the page."""
        return self._in_session("GET", f"/element/{self._find('body')}/text")

    def _find(self, selector):
        answer = self._in_session("POST", "/element", {"using": "css selector", "value": selector})
        return answer[ELEMENT]

    def has(self, selector):
        try:
            self._find(selector)
            return True
        except WebDriverError as error:
            if error.name != "no such element":
                raise
            return False

    def wait(self, selector):
        wait_for(lambda: self.has(selector), f"{selector} on the page", 30)

    def value(self, selector):
        return self._in_session("GET", f"/element/{self._find(selector)}/property/value")

    def type(self, selector, text):
        self._in_session("POST", f"/element/{self._find(selector)}/value", {"text": text})

    def click(self, selector):
        self._in_session("POST", f"/element/{self._find(selector)}/click", {})

    def close(self):
        try:
            if self._session:
                self._call("DELETE", f"/session/{self._session}")
        finally:
            self._process.stop()
            end_processes_with(MARK, self.directory)
            shutil.rmtree(self.directory, ignore_errors=True)


class WebDriverError(Exception):
    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name = name
