# SPDX-License-Identifier: Apache-2.0
"""Who may send what to whom: users and hosts as cupsd knows them, and what they say of themselves."""

import socket
import unittest

from . import documents, ipp, mail
from .case import TO, EndToEnd

HOST, USER = "job-originating-host-name", "job-originating-user-name"


def own_address():
    """An address of this machine that is none of the loopback's; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.254", 9))  # sends nothing
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


class Network(EndToEnd):
    """A client on the network, played over this machine's own address."""

    @classmethod
    def setUpClass(cls):
        cls.address = own_address()
        if cls.address is None:
            raise unittest.SkipTest("this machine has no network address but the loopback's")
        super().setUpClass()
        cls.cups.run("lpadmin", "-p", cls.queue, "-o", "printer-is-shared=true")
        cls.addClassCleanup(cls.cups.listen(cls.address))
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
