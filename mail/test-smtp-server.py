# SPDX-License-Identifier: Apache-2.0
"""Puts the scripted SMTP server of the end-to-end tests at the service of a unit test.

usage: test-smtp-server.py TESTS DIRECTORY

Reads one command a line from standard input, its words separated by tabs, with Python's escapes in
them, and answers each with one line. It ends with its standard input.

    new KEY=VALUE…         another server; answers with its port. Keys: certificate (good, other-ca,
                           expired, early, other-host, none), tls (starttls, implicit, none), auth, greeting,
                           size, refuse (a token), tls-max (1.1)
    at STEP ACTION [TEXT]  what happens at a step: reply, last, raw, slow, flood (each with a text),
                           reset (with or without), drop, pause
    wait                   waits until the last pause is reached
    go                     ends the last pause
    proxy [REPLY]          a proxy in front of the server, whose reply to CONNECT is 200 or REPLY;
                           answers with its port
    down                   the server listens no more
    session N              waits for the N-th session's end; answers with KEY=VALUE, tab-separated
    messages               number of messages accepted, and the last one's sender, recipients, SHA-256
    attempts               all messages that came with their dot, tab-separated:
                           RECIPIENTS|SHA-256|REPLY
    forget                 whatever was to happen and has not
"""

import hashlib
import socket
import ssl
import sys
import threading
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.1 is there to be refused
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

from e2e.pki import Authority  # noqa: E402
from e2e.smtp import SmtpServer, action  # noqa: E402


def pump(source, sink):
    """Carries bytes one way until the source has no more."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def proxy(listener, reply):
    """Serves one CONNECT request."""
    client, _ = listener.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(4096)
    client.sendall(f"HTTP/1.1 {reply}\r\nX-Proxy: yes\r\n\r\n".encode())
    if reply.startswith("2"):
        host, port = request.split(b" ")[1].rsplit(b":", 1)
        server = socket.create_connection((host.decode(), int(port)))
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)
    client.close()


class Driver:
    def __init__(self, directory):
        trusted = Authority(directory + "/trusted")
        self.certificates = {
            "good": trusted.issue("good"),
            "expired": trusted.issue("expired", expired=True),
            "early": trusted.issue("early", early=True),
            "other-host": trusted.issue("other-host", names=("DNS:mail.example.org",)),
            "other-ca": Authority(directory + "/other").issue("other-ca"),
            "none": None,
        }
        self.server = None
        self.pause = None

    def new(self, *words):
        options = dict(word.split("=", 1) for word in words)
        if self.server:
            self.server.close()
        refused = options.get("refuse")
        arguments = {key: options[key] for key in ("greeting",) if key in options}
        if "auth" in options:
            arguments["auth"] = options["auth"] or None
        self.server = SmtpServer(
            certificate=self.certificates[options.get("certificate", "good")],
            implicit_tls=options.get("tls") == "implicit",
            extensions=["8BITMIME"] + (["SIZE " + options["size"]] if "size" in options else []),
            accepts=lambda user, token: token != refused, **arguments)
        if options.get("tls-max") == "1.1":
            self.server._tls.set_ciphers("ALL:@SECLEVEL=0")
            self.server._tls.minimum_version = ssl.TLSVersion.TLSv1
            self.server._tls.maximum_version = ssl.TLSVersion.TLSv1_1
        return str(self.server.port)

    def at(self, step, kind, text=""):
        done = action(kind, text)
        if kind == "pause":
            self.pause = done
        self.server.at(step, done)
        return "ok"

    def wait(self):
        self.pause.wait(10)
        return "ok"

    def go(self):
        self.pause.go()
        return "ok"

    def proxy(self, reply="200 OK"):
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=proxy, args=(listener, reply), daemon=True).start()
        return str(listener.getsockname()[1])

    def down(self):
        self.server.go_down()
        return "ok"

    def session(self, number):
        session = self.server.wait_session(int(number), 10)
        return "\t".join([
            f"tls={int(session.tls)}",
            f"token={session.token or ''}",
            f"user={session.user or ''}",
            f"body={session.body_bytes}",
            f"plain={session.plain!r}",
            "commands=" + "|".join(session.commands),
        ])

    def messages(self):
        messages = self.server.messages
        if not messages:
            return "0"
        last = messages[-1]
        return "\t".join([str(len(messages)), last.sender, ",".join(last.recipients),
                          hashlib.sha256(last.data).hexdigest()])


    def attempts(self):
        return "\t".join("|".join([",".join(message.recipients),
                                   hashlib.sha256(message.data).hexdigest(), message.reply or ""])
                         for message in self.server.attempts)

    def forget(self):
        self.server.forget_rules()
        return "ok"


def main():
    driver = Driver(sys.argv[2])
    print(driver.certificates["good"].certificate.replace("good.pem", "ca.pem"), flush=True)
    for line in sys.stdin:
        words = [word.encode().decode("unicode_escape") for word in line.rstrip("\n").split("\t")]
        print(getattr(driver, words[0])(*words[1:]), flush=True)


main()
