# SPDX-License-Identifier: Apache-2.0
"""Who may send what to whom: users and hosts as cupsd knows them, and what they say of themselves."""

import ipaddress
import socket
import unittest

from . import documents, ipp, mail
from .case import ACCOUNT, TO, EndToEnd
from .process import wait_for

HOST, USER = "job-originating-host-name", "job-originating-user-name"


def own_address():
    """An IPv4 address of this machine that is none of the loopback's; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.254", 9))  # sends nothing
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


def own_ipv6_address():
    """The same of IPv6, and no link-local one."""
    try:
        with open("/proc/net/if_inet6") as file:
            lines = [line.split() for line in file]
    except FileNotFoundError:
        return None
    for digits, _, _, scope, *_ in lines:
        if scope == "00":
            return str(ipaddress.IPv6Address(int(digits, 16)))
    return None


class Users(EndToEnd):
    def test_allowed_users(self):
        self.configure(queue={"allowed-users": "bob; CONTOSO\\\\*"})
        for user in ("bob", "Bob", "CONTOSO\\eve"):
            with self.subTest(user):
                self.sink.reset()
                self.the_mail(self.ipp.print_job(self.queue, documents.pdf(), user=user))
        self.sink.reset()
        for user in ("eve", "EVIL\\bob", "bob@EVIL", None):
            with self.subTest(user):
                job = self.ipp.print_job(self.queue, documents.pdf(), user=user)
                self.assert_no_mail(job, "canceled", user or "anonymous", "allowed-users")

    def test_allowed_hosts(self):
        path = self.file("local.pdf", documents.pdf())
        for send in (lambda: self.cups.lp(self.queue, path),  # by cupsd's socket
                     lambda: self.ipp.print_job(self.queue, documents.pdf())):  # by 127.0.0.1
            for hosts in ("localhost", "10.0.0.0/8;127.0.0.1"):
                with self.subTest(hosts):
                    self.sink.reset()
                    self.configure(queue={"allowed-hosts": hosts})
                    self.the_mail(send())
            self.sink.reset()
            self.configure(queue={"allowed-hosts": "192.168.5.0/24"})
            self.assert_no_mail(send(), "canceled", "localhost", "allowed-hosts")

    def test_who_is_on_this_machine_may_name_any_host(self):
        """cupsd believes them, for cups-lpd's sake; scan-email(7) says so."""
        self.configure(queue={"allowed-hosts": "192.168.5.20"})
        job = self.ipp.print_job(self.queue, documents.pdf(),
                                 job=ipp.attribute(ipp.NAME, HOST, "192.168.5.20"))
        self.the_mail(job)

    def test_only_to_self(self):
        self.configure(queue={"only-to-self": "%{user}@example.test"})
        self.cups.add_queue("to-self", "mailto:%25%7Buser%7D%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "to-self")

        def send(user, **options):
            job = b"".join(ipp.attribute(ipp.TEXT, "email-" + name, value)
                           for name, value in options.items())
            return self.ipp.print_job("to-self", documents.pdf(), user=user, job=job)

        self.assertEqual(self.the_mail(send("CONTOSO\\bob")).recipients, ["bob@example.test"])
        self.sink.reset()
        self.assertEqual(self.the_mail(send("bob", to="Bob@example.test", cc="bob@example.test"))
                         .recipients, ["Bob@example.test"])
        self.sink.reset()
        for options in ({"to": "ceo@example.test"}, {"cc": "ceo@example.test"},
                        {"bcc": "ceo@example.test"}):
            with self.subTest(options):
                self.assert_no_mail(send("bob", **options), "canceled", "ceo@example.test",
                                    "only-to-self")
        self.assert_no_mail(send("bob,ceo"), "canceled", "bob,ceo")

    def test_a_way_to_another_domain(self):
        for address in ("joe%evil.org@example.test", "evil.org!joe@example.test",
                        '"joe@evil.org"@example.test'):
            with self.subTest(address):
                job = self.ipp.print_job(self.queue, documents.pdf(),
                                         job=ipp.attribute(ipp.TEXT, "email-to", address))
                self.assert_no_mail(job, "canceled", "evil.org", "allowed-recipients")
        self.cups.add_queue("to-self", "mailto:%25%7Buser%7D%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "to-self")
        for user in ("joe%evil.org", "evil.org!joe"):
            with self.subTest(user):
                job = self.ipp.print_job("to-self", documents.pdf(), user=user)
                self.assert_no_mail(job, "canceled", user)


class Rates(EndToEnd):
    def send(self, user="bob"):
        return self.ipp.print_job(self.queue, documents.pdf(), user=user)

    def go_on(self, job):
        """The timer's work, until the job has ended."""
        def ended():
            self.world.setup("release", "--due")
            return self.ipp.job_state(job) not in ("held", "pending", "processing")

        wait_for(ended, f"job {job} to end", 40, 0.5)

    def test_a_job_above_the_rate_waits(self):
        self.configure(queue={"rate-per-user": "1/8s"})
        self.the_mail(self.send())
        waiting = self.send()
        self.cups.wait_state(waiting, "held")
        for word in ("bob", "rate-per-user", "next try"):
            self.assertIn(word, self.message(waiting))
        self.sink.reset()
        self.the_mail(self.send("alice"))
        self.sink.reset()
        self.go_on(waiting)
        self.the_mail(waiting)

    def test_hosts_are_counted_too(self):
        self.configure(queue={"rate-per-host": "2/h", "rate-per-user": "2/h"})
        for user in ("host1", "host2"):
            self.sink.reset()
            self.the_mail(self.send(user))
        self.sink.reset()
        self.assert_no_mail(self.send("host3"), "held", "localhost", "rate-per-host")

    def test_a_job_is_counted_once(self):
        server = self.submission_server(queue={"rate-per-user": "1/d"})
        server.at("mail", "550 5.7.60 SMTP; Client does not have permissions to send as this sender")
        job = self.send("once")
        self.assert_no_mail(job, "held", "5.7.60", server=server)
        self.world.setup("release", "--account", ACCOUNT)  # the mail is composed anew
        self.the_mail(job, server)
        server.reset()
        again = self.send("once")
        self.assert_no_mail(again, "held", "rate-per-user", server=server)
        self.ipp.restart(job)  # a person's: another mail
        self.assert_no_mail(job, "held", "rate-per-user", server=server)


class Sender(EndToEnd):
    """The sender is the account's, whatever a job says."""

    def assert_sender(self, job, name="Front desk scanner"):
        arrived = self.the_mail(job)
        self.assertEqual(arrived.sender, ACCOUNT)
        self.assertEqual(arrived.recipients, [TO])
        message = mail.parse(arrived.data)
        (sender,) = message["From"].addresses
        self.assertEqual((sender.display_name, sender.addr_spec), (name, ACCOUNT))
        for field in ("Sender", "Resent-From", "Return-Path"):
            self.assertNotIn(field, message)
        return message

    def test_options_that_there_are_not(self):
        for option in ("email-from", "email-sender", "email-from-name", "email-account",
                       "Email-From"):
            with self.subTest(option):
                job = self.ipp.print_job(self.queue, documents.pdf(),
                                         job=ipp.attribute(ipp.TEXT, option, "ceo@example.test"))
                self.assert_no_mail(job, "canceled", option)

    def test_words_that_mean_nothing(self):
        for name in ("From", "from", "sender", "EmailFrom", "account", "from-address", "Return-Path",
                     "x from=ceo@example.test y", "requesting-user-email"):
            with self.subTest(name):
                self.sink.reset()
                job = self.ipp.print_job(self.queue, documents.pdf(),
                                         job=ipp.attribute(ipp.TEXT, name, "ceo@example.test"))
                self.assert_sender(job)

    def test_every_word_of_a_job(self):
        forged = "x\r\nFrom: ceo@example.test\r\nSender: ceo@example.test\r\n\r\n"
        for name in ("email-subject", "email-body", "email-filename"):
            with self.subTest(name):
                self.sink.reset()
                job = self.ipp.print_job(self.queue, documents.pdf(), title=forged,
                                         user="ceo@example.test",
                                         job=ipp.attribute(ipp.TEXT, name, forged))
                self.assert_sender(job)
        self.sink.reset()
        job = self.ipp.print_job(self.queue, documents.pdf(), title="%{user}", user="ceo",
                                 job=ipp.attribute(ipp.TEXT, "email-reply-to", "ceo@example.test"))
        message = self.assert_sender(job)
        self.assertEqual(message["Reply-To"], "ceo@example.test")

    def test_a_ticket_in_a_document(self):
        def send(*lines):
            self.sink.reset()
            return self.ipp.print_job(self.queue, documents.pdf_with_ticket(*lines),
                                      mime="application/pdf")

        self.assert_sender(send("From=ceo@example.test", "sender=ceo@example.test",
                                f"{USER}=ceo", f"{HOST}=localhost"))
        self.assert_no_mail(send("email-from=ceo@example.test"), "canceled", "email-from")
        # cupsd guards its own names in lower case only.
        self.assert_no_mail(send(f"{USER.title()}=ceo"), "canceled", USER)
        self.assert_no_mail(send(f"{HOST.title()}=192.168.5.20"), "canceled", HOST)

    def test_no_template(self):
        self.configure(account={"from-name": "%{user} %{title}"})
        job = self.ipp.print_job(self.queue, documents.pdf(), user="ceo", title="The boss")
        self.assert_sender(job, "%{user} %{title}")

    def test_an_account_that_there_is_not(self):
        self.cups.add_queue("other", self.uri + "?from=ceo%40example.test")
        self.addCleanup(self.cups.run, "lpadmin", "-x", "other")
        job = self.ipp.print_job("other", documents.pdf())
        self.assert_no_mail(job, "held", "ceo@example.test")


class Network(EndToEnd):
    """A client on the network, played over this machine's own address."""

    @classmethod
    def setUpClass(cls):
        cls.address = own_address()
        if cls.address is None:
            raise unittest.SkipTest("this machine has no network address but the loopback's")
        super().setUpClass()
        cls.cups.run("lpadmin", "-p", cls.queue, "-o", "printer-is-shared=true")
        cls.ipv6 = own_ipv6_address()
        cls.addClassCleanup(cls.cups.listen(cls.address, *([f"[{cls.ipv6}]"] if cls.ipv6 else [])))
        cls.remote = ipp.Client(cls.cups.port, cls.address, cls.address)

    def forge(self, name, value, user="bob", **place):
        """A job that brings the attribute itself; the group to put it into and how often."""
        (group, copies), = place.items()
        forged = ipp.attribute(ipp.NAME, name, value) * copies
        return self.remote.print_job(self.queue, documents.pdf(), user=user, **{group: forged})

    def test_the_host_is_the_connections(self):
        job = self.forge(HOST, "localhost", job=1)  # cupsd puts its own in the place of it
        message = self.parsed_mail(job)
        self.assertEqual(self.ipp.job(job)[HOST], self.address)
        self.assertIn(f"Computer: {self.address}", mail.body(message))

    def test_allowed_hosts(self):
        network = str(ipaddress.ip_network(f"{self.address}/24", strict=False))
        for hosts in (self.address, network, f"::ffff:{self.address}"):
            with self.subTest(hosts):
                self.sink.reset()
                self.configure(queue={"allowed-hosts": hosts})
                self.the_mail(self.remote.print_job(self.queue, documents.pdf()))
        self.sink.reset()
        self.configure(queue={"allowed-hosts": "localhost;203.0.113.0/24;::/0"})
        job = self.remote.print_job(self.queue, documents.pdf())
        self.assert_no_mail(job, "canceled", self.address, "allowed-hosts")

    def test_allowed_hosts_of_ipv6(self):
        if self.ipv6 is None:
            self.skipTest("this machine has no IPv6 address but the loopback's")
        remote = ipp.Client(self.cups.port, f"[{self.ipv6}]", self.ipv6)
        network = str(ipaddress.ip_network(f"{self.ipv6}/64", strict=False))
        for hosts in (self.ipv6, network, "::/0"):
            with self.subTest(hosts):
                self.sink.reset()
                self.configure(queue={"allowed-hosts": hosts})
                self.the_mail(remote.print_job(self.queue, documents.pdf()))
        self.sink.reset()
        self.configure(queue={"allowed-hosts": "2001:db8::/32;0.0.0.0/0"})
        job = remote.print_job(self.queue, documents.pdf())
        self.assert_no_mail(job, "canceled", self.ipv6, "allowed-hosts")

    def test_a_second_host_beside_cupsds(self):
        # cupsd 2.4 takes away only the first of them.
        for name in (HOST, HOST.title()):
            for group in ("job", "more"):
                with self.subTest(name=name, group=group):
                    job = self.forge(name, "localhost", **{group: 2})
                    self.assert_no_mail(job, "canceled", HOST)

    def test_a_second_user_beside_cupsds(self):
        # Where the request names no user, cupsd's own stands behind the forged one, even if it is
        # an authenticated one.
        for user in ("bob", None):
            for group in ("job", "more"):
                with self.subTest(user=user, group=group):
                    job = self.forge(USER, "ceo", user, **{group: 1})
                    self.assert_no_mail(job, "canceled", USER)
