# SPDX-License-Identifier: Apache-2.0
"""Whoever does not answer is not waited for when a job is cancelled: cupsd goes on within a second,
whatever our programs wait for. The SMTP session's own steps are in test_crash."""

import fcntl
import os
import shutil
import socket
import threading
import unittest

from . import documents
from .case import ACCOUNT, LEFT, EndToEnd
from .cups import ROOT
from .process import wait_for
from .smtp import Pause

NAME_SERVER = "127.0.53.1"


class Silent:
    """Listens, and says nothing to whoever comes: at a free port, or as a socket file."""

    def __init__(self, path=None):
        self.came = threading.Event()
        self._connections = []
        if path:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(path)
            os.chmod(path, 0o777)
            self._socket.listen()
        else:
            self._socket = socket.create_server(("127.0.0.1", 0))
            self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                self._connections.append(self._socket.accept()[0])
                self.came.set()
        except OSError:
            return  # closed

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._connections:
            connection.close()


class BlackHole:
    """A port whose queue of connections is full: the kernel answers no further one."""

    def __init__(self):
        self._sockets = [socket.socket()]
        self._sockets[0].bind(("127.0.0.1", 0))
        self._sockets[0].listen(0)
        self.port = self._sockets[0].getsockname()[1]
        for _ in range(2):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", self.port))
            self._sockets.append(client)

    def awaited(self):
        """Tells whether somebody else's connection waits for an answer (SYN_SENT)."""
        wanted = f" 0100007F:{self.port:04X} 02 "
        with open("/proc/net/tcp") as file:
            return sum(wanted in line for line in file) > 1

    def close(self):
        for one in self._sockets:
            one.close()


class SilentNameServer:
    def __init__(self):
        self.asked = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((NAME_SERVER, 53))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while b"mail" not in self._socket.recv(4096):
            pass
        self.asked.set()

    def close(self):
        self._socket.close()


class Waits(EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = self.submission_server()
        self.lock = os.path.join(self.cups.state, "tokens", ACCOUNT.replace("@", "%40") + ".lock")

    def print(self):
        return self.cups.lp(self.queue, self.file("document.pdf", documents.pdf()))

    def closing(self, server):
        self.addCleanup(server.close)
        return server

    def assert_cancelled_at(self, server, **options):
        """server: a Silent one that the configuration's options lead to."""
        self.configure(**{"smtp_server": self.server.url, **options})
        job = self.print()
        self.assertTrue(server.came.wait(20), self.cups.job_log(job))
        self.cancel(job)
        self.assertEqual(self.server.messages, [])

    def test_cupsd(self):
        path = f"{self.cups.base}/silent"
        self.addCleanup(os.unlink, path)
        self.assert_cancelled_at(self.closing(Silent(path)), **{"cups-server": path})

    def test_the_greeting(self):
        for scheme in ("smtp", "smtps"):
            with self.subTest(scheme):
                server = self.closing(Silent())
                self.assert_cancelled_at(server, smtp_server=f"{scheme}://localhost:{server.port}")

    def test_tls(self):
        for step in ("tls", "ehlo-tls"):
            with self.subTest(step):
                pause = self.server.at(step, Pause())
                job = self.print()
                pause.wait()
                self.cancel(job)
                pause.go()

    def test_a_proxy(self):
        server = self.closing(Silent())
        self.assert_cancelled_at(server, provider={
            "proxy-smtp": f"http://127.0.0.1:{server.port}"})

    def test_the_token_endpoints_proxy(self):
        self.world.expire_access_token()
        server = self.closing(Silent())
        self.assert_cancelled_at(server, proxy=f"http://127.0.0.1:{server.port}")

    def test_the_token_endpoint(self):
        """The answer may hold a token that is the only one from then on: the worker waits for it,
        and the next job for the worker."""
        job, before = self.start_refresh()
        self.cancel(job, programs=LEFT)
        old, = self.wait_workers(1)
        job = self.print()
        new, = set(self.wait_workers(2)) - {old}
        self.wait_at_lock(new)
        self.world.provider.hold(False)
        self.the_mail(job, self.server)
        self.assertEqual(self.world.provider.count("POST /token"), before + 1)
        self.wait_workers(0)

    def test_the_token_endpoint_when_cupsd_stops(self):
        """It kills what it has started; the answer is stored nevertheless."""
        job, before = self.start_refresh()
        self.cups.stop()
        self.cups.start()
        self.world.provider.hold(False)
        self.the_mail(job, self.server)
        self.assertEqual(self.world.provider.count("POST /token"), before + 1)
        self.wait_workers(0)

    def start_refresh(self):
        """A job that waits for an answer of the token endpoint; it, and the requests before."""
        self.world.expire_access_token()
        return self.hold_refresh(self.print)

    def test_somebody_who_holds_the_tokens_lock(self):
        self.world.expire_access_token()
        with open(self.lock, "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            job = self.print()
            worker, = self.wait_workers(1)
            self.wait_at_lock(worker)
            self.cancel(job)

    def test_the_accounts_only_connection(self):
        self.configure(smtp_server=self.server.url, provider={"max-connections": 1})
        self.cups.add_queue("second", self.uri)
        self.addCleanup(self.cups.run, "lpadmin", "-x", "second")
        pause = self.server.at("mail", Pause())
        first = self.print()
        pause.wait()
        second = self.cups.lp("second", self.file("document.pdf", documents.pdf()))
        self.cups.wait_job_log(second, "connections")
        self.cancel(second, "second", ())
        self.wait_workers(1)
        pause.go()
        self.the_mail(first, self.server)

    def wait_at_lock(self, pid):
        """Until the worker has come to the tokens' lock; nobody but root can see that."""
        def has_come():
            try:
                return any(os.readlink(f"/proc/{pid}/fd/{fd}") == self.lock
                           for fd in os.listdir(f"/proc/{pid}/fd"))
            except OSError:
                return not ROOT  # closed meanwhile

        wait_for(has_come, "the worker to come to the lock")

    def test_a_connection(self):
        hole = self.closing(BlackHole())
        self.configure(smtp_server=f"smtp://localhost:{hole.port}")
        job = self.print()
        wait_for(hole.awaited, "the connection")
        self.cancel(job)

    def test_a_name_lookup(self):
        if not ROOT or not shutil.which("unshare"):
            raise unittest.SkipTest("only root can give cupsd a name server of its own")
        server = self.closing(SilentNameServer())
        path = self.file("resolv.conf", f"nameserver {NAME_SERVER}\n"
                                        "options timeout:30 attempts:1\n".encode())
        os.chmod(self.files, 0o711)
        os.chmod(path, 0o644)
        self.cups.stop()
        self.cups.start("unshare", "-m", "sh", "-c",
                        f'mount --bind {path} /etc/resolv.conf && exec "$@"', "sh")
        self.addCleanup(self.cups.restart)
        self.configure(smtp_server="smtp://mail.example.test:587")
        job = self.print()
        self.assertTrue(server.asked.wait(20), self.cups.job_log(job))
        self.cancel(job)
