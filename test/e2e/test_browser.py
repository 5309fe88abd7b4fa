# SPDX-License-Identifier: Apache-2.0
"""The code grant in a real browser: its redirects, its certificates, its way to "localhost", and
whatever else it asks a listener for."""

import json
import unittest

from . import browser, documents
from .case import ACCOUNT, EndToEnd
from .process import wait_for


@unittest.skipIf(browser.missing(), browser.missing())
class InChromium(EndToEnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = browser.Browser(cls.world.directory, cls.world.certificate.certificate)
        cls.addClassCleanup(cls.browser.close)

    def start(self, redirect_uri):
        """A login, its address open in the browser; the process."""
        self.configure(account={"grant": "code"}, provider={"redirect-uri": redirect_uri})
        process, first = self.world.start_login(ACCOUNT, "--no-test-mail")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.browser.open(first["authorization_uri"])
        return process, first

    def submit(self):
        self.browser.wait("button[type=submit]")
        self.browser.click("button[type=submit]")

    def sign_in(self):
        if self.browser.has("input[name=login]"):  # not signed in from the last time
            self.assertEqual(self.browser.value("input[name=login]"), ACCOUNT)  # login_hint
            self.browser.type("input[name=password]", "any password does here")
            self.submit()
            wait_for(lambda: not self.browser.has("input[name=login]"), "the next page")

    def wait_arrival(self, first):
        """The browser is back at this machine; what it shows."""
        wait_for(lambda: self.browser.url().startswith(first["redirect_uri"]),
                 "the redirect to oauth-setup", 30)
        return self.browser.text()

    def end(self, process):
        output, errors = process.communicate(timeout=60)
        return process.returncode, json.loads(output.splitlines()[-1]), errors

    def test_from_the_address_to_a_mail(self):
        for redirect_uri in ("http://127.0.0.1:%{port}/", "http://localhost:%{port}/"):
            with self.subTest(redirect_uri):
                self.sink.reset()
                process, first = self.start(redirect_uri)
                self.sign_in()
                self.submit()
                self.assertIn("You can close this window", self.wait_arrival(first))
                status, result, errors = self.end(process)
                self.assertEqual(status, 0, errors)
                self.assertEqual(result["identity"], ACCOUNT)
                self.the_mail(self.cups.lp(self.queue, self.file("b.pdf", documents.pdf())))

    def test_declined(self):
        process, first = self.start("http://127.0.0.1:%{port}/")
        self.browser.wait("a[href$=abort]")
        self.browser.click("a[href$=abort]")
        self.assertIn("did not work", self.wait_arrival(first))
        status, result, _ = self.end(process)
        self.assertEqual(status, 3)
        self.assertIn("decline", json.dumps(result))
