# SPDX-License-Identifier: Apache-2.0
"""Every grant from its login over a printed mail and a refresh to its line in the status; what may
go wrong on the way; and from one grant to another while jobs are printed."""

import glob
import json
import os
import shlex
import shutil
import socket
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone

from . import clients, documents
from .case import ACCOUNT, EndToEnd, Printing, needs_landlock
from .person import Unreachable
from .process import free_port, wait_for
from .provider import DAEMON_CLIENT

ISSUED = {"device": "AccessToken", "code": "AccessToken", "client-credentials": "ClientCredentials",
          "service-account": "AccessToken"}
PERSON = "oauth-authorization-required-error"

# A converter that waits for a file: its arguments are that, the real one and its arguments.
GO_ON = """\
import os, sys, time
while not os.path.exists(sys.argv[1]):
    time.sleep(0.1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def altered(url, **changes):
    """A redirect's address with other parameters; None takes one out."""
    parts = urllib.parse.urlsplit(url)
    query = {**dict(urllib.parse.parse_qsl(parts.query)), **changes}
    return parts._replace(query=urllib.parse.urlencode(
        {key: value for key, value in query.items() if value is not None})).geturl()


def get(url):
    """What a browser that was led there would see: status and text."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=20) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Grants(EndToEnd):
    def use(self, keys, **options):
        """The account's grant until the test's end; its own authorization comes back then."""
        self.configure(account=keys, **options)

    def print(self):
        return self.cups.lp(self.queue, self.file("grant.pdf", documents.pdf()))

    def assert_mails(self):
        self.sink.reset()
        arrived = self.the_mail(self.print())
        self.assertEqual(arrived.sender, ACCOUNT)

    def status(self):
        (entry,) = [entry for entry in json.loads(self.world.setup("status", "--json").stdout)
                    if entry["account"] == ACCOUNT]
        return entry


class Lives(Grants):
    """One grant a test: login, mail, refresh, expiry, status."""

    def live(self, keys, identity=ACCOUNT):
        self.use(keys)
        issued = f"issued {ISSUED[keys['grant']]}"
        count = lambda: self.world.provider.count(issued)
        before = count()
        status, result = self.world.login(ACCOUNT, "--no-test-mail")
        self.assertEqual(status, 0, result)
        self.assertEqual(result["identity"], identity)
        self.assertEqual(count(), before + 1)
        self.assert_mails()
        self.assertEqual(count(), before + 1)
        self.world.setup("refresh", ACCOUNT)
        self.assertEqual(count(), before + 2)
        self.world.expire_access_token()
        before = count()
        self.assert_mails()
        self.assertEqual(count(), before + 1)
        entry = self.status()
        self.assertEqual({key: entry[key] for key in ("provider", "grant", "store", "status",
                                                      "identity")},
                         {"provider": "intranet", "grant": keys["grant"], "store": "file",
                          "status": "Active", "identity": identity})
        for key in ("access_expires", "last_refresh", "last_mail"):
            self.assertRegex(entry[key], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$", key)
        self.assertGreater(datetime.fromisoformat(entry["access_expires"].replace("Z", "+00:00")),
                           datetime.now(timezone.utc))

    def test_device(self):
        self.live(clients.device(self.world))

    def test_code(self):
        self.live(clients.code(self.world))

    def test_code_with_a_secret(self):
        self.live(clients.code_with_secret(self.world))

    def test_client_credentials_with_a_secret(self):
        self.live(clients.credentials_with_secret(self.world), None)

    def test_client_credentials_with_a_certificate(self):
        self.live(clients.credentials_with_certificate(self.world), None)

    def test_service_account(self):
        self.live(clients.service_account(self.world), None)


class Unattended(Grants):
    """Grants that need no person come back by themselves."""

    def test_a_token_that_was_revoked(self):
        for make in (clients.credentials_with_secret, clients.service_account):
            with self.subTest(make.__name__):
                self.use(make(self.world))
                self.assertEqual(self.world.login(ACCOUNT, "--no-test-mail")[0], 0)
                self.assertGreater(self.world.provider.revoke(ACCOUNT), 0)
                self.assert_mails()

    def test_a_secret_that_was_changed(self):
        client = "changing"
        self.world.keep_secret("the-first-secret-of-changing", "the-second-secret-of-changing")

        def at_the_provider(secret):
            self.world.provider.add_client(
                client_id=client, client_secret=secret, grant_types=["client_credentials"],
                token_endpoint_auth_method="client_secret_post", response_types=[],
                redirect_uris=[])

        at_the_provider("the-first-secret-of-changing")
        path = self.world.secret_file("changing.secret", "the-first-secret-of-changing\n")
        self.use({"grant": "client-credentials", "client-id": client, "client-secret-file": path})
        self.assertEqual(self.world.login(ACCOUNT, "--no-test-mail")[0], 0)
        self.world.expire_access_token()
        at_the_provider("the-second-secret-of-changing")
        job = self.print()
        self.assert_no_mail(job, "held", "client-secret-file")
        self.assertIn(PERSON, self.reasons(job))
        self.world.secret_file("changing.secret", "the-second-secret-of-changing\n")
        self.assertEqual(self.world.login(ACCOUNT, "--no-test-mail")[0], 0)
        self.the_mail(job)

    def test_a_key_that_is_not_the_certificates(self):
        keys = clients.credentials_with_certificate(self.world, "one-client")
        other = clients.credentials_with_certificate(self.world, "other-client")
        self.use({**keys, "key-file": other["key-file"]})
        before = self.world.provider.count("POST /token")
        done = self.world.setup("login", ACCOUNT, "--no-test-mail", "--json", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(other["key-file"], done.stderr + done.stdout)
        self.assertEqual(self.world.provider.count("POST /token"), before)


class Code(Grants):
    def setUp(self):
        super().setUp()
        self.use(clients.code(self.world))
        self.assertEqual(self.world.login(ACCOUNT, "--no-test-mail")[0], 0)

    def start(self, *words):
        process, first = self.world.start_login(ACCOUNT, "--no-test-mail", *words)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process, first

    def redirected(self, first, **options):
        with self.assertRaises(Unreachable) as caught:
            self.world.person(elsewhere=True).sign_in(first["authorization_uri"], login=ACCOUNT,
                                                      **options)
        self.assertTrue(caught.exception.url.startswith(first["redirect_uri"]))
        return caught.exception.url

    def end(self, process):
        output, _ = process.communicate(timeout=30)
        return process.returncode, json.loads(output.splitlines()[-1])

    def exchanges(self):
        return self.world.provider.count("grant authorization_code")

    def test_what_is_asked(self):
        port = free_port()
        process, first = self.start("--port", str(port))
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(first["authorization_uri"]).query))
        self.assertEqual(first["redirect_uri"], f"http://127.0.0.1:{port}/")
        self.assertEqual(query["redirect_uri"], first["redirect_uri"])
        self.assertEqual(query["code_challenge_method"], "S256")
        self.assertEqual(query["login_hint"], ACCOUNT)
        self.assertGreaterEqual(len(query["state"]), 22)
        self.assertEqual(self.world.person().sign_in(first["authorization_uri"], login=ACCOUNT)
                         .count("You can close this window"), 1)
        self.assertEqual(self.end(process)[0], 0)
        self.assert_mails()

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            done = self.world.setup("login", ACCOUNT, "--port", port, "--json", check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(port, done.stderr)

    def test_answers_that_are_not_to_the_question(self):
        """Whoever else finds the port neither ends the login nor gets a code in."""
        process, first = self.start()
        url = self.redirected(first)
        before = self.exchanges()
        for wrong in (altered(url, state="guessed"), altered(url, state=None),
                      altered(url, code=None), first["redirect_uri"] + "favicon.ico"):
            with self.subTest(wrong.split("?")[0]):
                status, page = get(wrong)
                self.assertNotIn("You can close this window", page if status == 200 else "")
        self.assertEqual(self.exchanges(), before)
        self.assertIn("You can close this window", get(url)[1])
        self.assertEqual(self.end(process)[0], 0)
        self.assertEqual(self.exchanges(), before + 1)
        self.assert_mails()

    def test_an_answer_of_another_server(self):
        """RFC 9207: the code may be for somebody else's token endpoint. Or the name is missing, though
        the provider says that it always gives it."""
        before = self.exchanges()
        for issuer in ("https://attacker.example.test", None):
            with self.subTest(issuer):
                process, first = self.start()
                page = get(altered(self.redirected(first), iss=issuer))[1]
                self.assertIn("did not work", page)
                status, result = self.end(process)
                self.assertEqual(status, 3)
                self.assertIn("issuer", result["error"])
        self.assertEqual(self.exchanges(), before)
        self.assert_mails()  # by the authorization there was

    def test_declined(self):
        status, result = self.world.login(ACCOUNT, "--no-test-mail", deny=True)
        self.assertEqual(status, 3)
        self.assertIn("decline", json.dumps(result))
        self.assert_mails()

    def test_another_person(self):
        status, result = self.world.login(ACCOUNT, "--no-test-mail", person="other@example.test")
        self.assertNotEqual(status, 0)
        self.assertIn("other@example.test", json.dumps(result))
        self.assert_mails()


class Switching(Grants):
    def switch(self, make):
        keys = {"client-id": "scan-email", "client-secret-file": "", "certificate-file": "",
                "key-file": "", "service-account-file": "", **make(self.world)}
        words = [word for key, value in keys.items() for word in (f"--{key}", value or "")]
        status, result = self.world.login(ACCOUNT, "--no-test-mail", *words)
        self.assertEqual(status, 0, f"{make.__name__}: {result}")
        self.assertEqual(self.status()["grant"], keys["grant"])

    def test_grants_under_way(self):
        """Each login by options, as an admin would type them, over the account as it is."""
        self.use(clients.code(self.world))
        self.assertEqual(self.world.login(ACCOUNT, "--no-test-mail")[0], 0)
        printing = Printing(self)
        for make in (clients.device, clients.code, clients.credentials_with_certificate,
                     clients.credentials_with_secret, clients.service_account,
                     clients.code_with_secret, clients.code):
            self.switch(make)
            printing.wait_for_another()
        printing.assert_undisturbed()

    def switch_under_way(self, make, **options):
        """A job whose worker has read the configuration when the account is switched."""
        self.use(clients.code(self.world), **options)
        self.assertEqual(self.world.login(ACCOUNT, "--no-test-mail")[0], 0)
        go_on = os.path.join(self.files, "go-on")
        os.chmod(self.files, 0o755)
        restore = self.cups.replace_program(
            "filter/texttopdf",  # it can start no other process
            f"exec /usr/bin/python3 -c {shlex.quote(GO_ON)} {go_on} \"$0.real\" \"$@\"\n")
        self.addCleanup(restore)
        job = self.cups.lp(self.queue, self.file("begun.txt", documents.text()))
        wait_for(lambda: glob.glob(f"{self.cups.state}/**/*.new", recursive=True),
                 "the worker to wait for the document")
        self.switch(make)
        self.file("go-on", b"")
        self.the_mail(job)
        os.unlink(go_on)
        return job

    def test_a_job_that_was_begun_before(self):
        """It goes by the configuration that it found, but for the token."""
        job = self.switch_under_way(clients.service_account)
        self.assertNotIn("returned status", self.cups.job_log(job))

    @needs_landlock
    def test_new_files_out_of_reach(self):
        """The worker can read the directories alone that the configuration named: a new one can."""
        directory = tempfile.mkdtemp(prefix="se-keys-", dir="/tmp")
        self.addCleanup(shutil.rmtree, directory)
        os.chmod(directory, 0o755)

        def elsewhere(world):
            keys = clients.service_account(world)
            return {**keys, "service-account-file": shutil.move(keys["service-account-file"],
                                                                directory)}

        job = self.switch_under_way(elsewhere, queue={"retry-for": "0s"})
        self.assertIn("changed while the job was under way", self.cups.job_log(job))

    def test_a_switch_that_fails_changes_nothing(self):
        self.use(clients.code(self.world))
        self.assertEqual(self.world.login(ACCOUNT, "--no-test-mail")[0], 0)
        path = f"{self.cups.base}/scan-email.conf"
        with open(path) as file:
            before = file.read()
        client, _ = DAEMON_CLIENT
        wrong = self.world.secret_file("wrong.secret", "not-the-secret-of-this-client\n")
        status, result = self.world.login(ACCOUNT, "--no-test-mail", "--grant", "client-credentials",
                                          "--client-id", client, "--client-secret-file", wrong)
        self.assertEqual(status, 3, result)
        with open(path) as file:
            self.assertEqual(file.read(), before)
        self.assert_mails()
        self.assertEqual(self.status()["grant"], "code")
