# SPDX-License-Identifier: Apache-2.0
"""oauth-setup login as a change of what is there: in steps, each of which may fail."""

import json
import os

from . import clients
from .case import ACCOUNT, EndToEnd
from .person import Person
from .test_stores import SecretService
from .world import section


class Changes(EndToEnd):
    def record(self):
        with open(os.path.join(self.cups.state, "tokens", ACCOUNT.replace("@", "%40") + ".json"),
                  "rb") as file:
            return file.read()

    def configuration(self):
        with open(os.path.join(self.cups.base, "scan-email.conf")) as file:
            return file.read()

    def start(self, *words):
        process, first = self.world.start_login(ACCOUNT, "--no-test-mail", *words)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process, first

    def end(self, process):
        output, errors = process.communicate(timeout=60)
        return process.returncode, json.loads(output.splitlines()[-1]), errors

    def test_a_configuration_that_cannot_be_written(self):
        """The new token has been stored by then: it is taken back."""
        self.addCleanup(self.world.configure)
        path = os.path.join(self.cups.base, "scan-email.conf")
        before = self.record()
        process, first = self.start("--grant", "code", "--from-name", "Nobody")
        os.rename(path, path + ".away")
        try:
            Person(self.world.authority.ca, say=lambda _: None).sign_in(first["authorization_uri"])
            status, result, _ = self.end(process)
        finally:
            os.rename(path + ".away", path)
        self.assertNotEqual(status, 0)
        self.assertIn(path, result["error"])
        self.assertIsNone(result["token_store"])
        self.assertIsNone(result["config_file"])
        self.assertEqual(self.record(), before)
        self.assertNotIn("Nobody", self.configuration())
        self.world.setup("test", ACCOUNT)

    def test_a_token_that_the_mail_server_refuses(self):
        """It does not replace one that is good."""
        self.configure()
        before = self.record(), self.configuration()
        keys = clients.credentials_with_secret(self.world)
        self.world.provider.set_mailbox("other@example.test")
        self.addCleanup(self.world.provider.set_mailbox, ACCOUNT)
        done = self.world.setup("login", ACCOUNT, "--json", "--no-test-mail",
                                *(f"--{key}={value}" for key, value in keys.items()), check=False)
        result = json.loads(done.stdout.splitlines()[-1])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nothing was changed", result["error"])
        self.assertEqual((self.record(), self.configuration()), before)
        self.world.setup("test", ACCOUNT)

    def test_options_are_written(self):
        self.addCleanup(self.world.configure)
        process, first = self.start("--grant", "code", "--from-name", "Back desk")
        Person(self.world.authority.ca, say=lambda _: None).sign_in(first["authorization_uri"])
        status, result, errors = self.end(process)
        self.assertEqual(status, 0, errors)
        self.assertTrue(result["config_file"])
        self.assertIn("from-name = Back desk\n", self.configuration())
        self.assertIn("grant = code\n", self.configuration())

    def test_a_port_that_nobody_would_use(self):
        done = self.world.setup("login", ACCOUNT, "--json", "--port", "4711", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--port", done.stderr)
        self.assertNotIn("user_code", done.stdout)

    def test_exchanges_lines_come_first(self):
        """Even where no token is to be had yet."""
        self.configure(provider={"exchange-environment": "O365USGovDoD"})
        keys = clients.credentials_with_secret(self.world)
        self.world.provider.refuse(400, '{"error":"invalid_client"}')
        self.addCleanup(self.world.provider.refuse)
        done = self.world.setup("login", "o'neil@example.test", "--json", "--provider", "intranet",
                                "--tenant", "contoso", check=False,
                                *(f"--{key}={value}" for key, value in keys.items()))
        first, last = map(json.loads, done.stdout.splitlines())
        self.assertIn("Connect-ExchangeOnline -ExchangeEnvironmentName 'O365USGovDoD'",
                      first["powershell"])
        self.assertIn("$mailbox = Get-EXOMailbox -Identity 'o''neil@example.test'",
                      first["powershell"])
        self.assertEqual(last["result"], "failed")
        self.assertNotIn("o'neil", self.configuration())

    def test_a_service_accounts_number_is_told(self):
        keys = {"provider": "intranet", **clients.service_account(self.world)}
        self.configure(more=section("account robot@example.test", keys))
        done = self.world.setup("login", "robot@example.test", "--json", "--no-test-mail",
                                check=False)
        first = json.loads(done.stdout.splitlines()[0])
        self.assertEqual(first["client_id"], "123456789012345678901")
        self.assertEqual(first["service_account"], clients.SERVICE_ACCOUNT)
        self.assertTrue(first["scope"])


class AnotherStore(EndToEnd):
    def setUp(self):
        super().setUp()
        self.service = SecretService(self.cups.service_user)
        self.addCleanup(self.service.close)
        self.service.start()
        self.configure(**{"secret-service-bus": self.service.address})
        self.file = os.path.join(self.cups.state, "tokens",
                                 ACCOUNT.replace("@", "%40") + ".json")
        self.addCleanup(self.forget_canary)

    def forget_canary(self):
        os.unlink(os.path.join(self.cups.state, "tokens", "secret-service.canary"))

    def login(self, store):
        status, result = self.world.login(ACCOUNT, "--no-test-mail", "--store", store)
        self.assertEqual(status, 0, result)
        self.assertIn("Active", self.world.setup("status", ACCOUNT).stdout)
        return result

    def test_there_and_back(self):
        result = self.login("secret-service")
        self.assertIn(self.service.address, result["token_store"])
        self.assertEqual(result["warnings"], [])
        self.assertFalse(os.path.exists(self.file))
        self.world.setup("test", ACCOUNT)
        result = self.login("file")
        self.assertEqual(result["token_store"], self.file)
        self.assertEqual(result["warnings"], [])
        self.world.setup("test", ACCOUNT)
        # Nothing is left there that another switch would find.
        self.configure(account={"token-store": "secret-service"},
                       **{"secret-service-bus": self.service.address})
        self.assertIn("Needs authorization",
                      self.world.setup("status", ACCOUNT, check=False).stdout)

    def test_away_from_a_store_that_is_gone(self):
        self.login("secret-service")
        self.service.stop()
        result = self.login("file")
        self.assertEqual(len(result["warnings"]), 1)
        self.assertIn("the old token was not removed", result["warnings"][0])
        self.world.setup("test", ACCOUNT)
