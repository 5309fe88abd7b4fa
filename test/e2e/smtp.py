# SPDX-License-Identifier: Apache-2.0
"""A small SMTP server that does what a test tells it at each step, and records every byte.

Without TLS and AUTH it is the sink behind Dovecot; with them it stands in for a submission server
that misbehaves.

    server.at("rcpt", "550 5.1.1 no such user")    the next RCPT gets this reply
    server.at("dot", DROP)                         the connection is cut after the final dot
    server.at("body", Last("421 4.3.2 bye"))       the connection is closed after that reply
    server.at("mail", Slow())                      the usual reply comes in single bytes
    server.at("ehlo", Flood("250-more"))           that line again and again
    pause = server.at("dot", Pause())              stops there: pause.wait(), then pause.go()

Steps: greeting, ehlo, starttls, tls (in place of the handshake), ehlo-tls (after STARTTLS), auth,
auth-data, mail, rcpt, data, body (inside the message), dot, rset, quit.
"""

import base64
import json
import os
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

from .process import Timeout

DROP = "drop"
RESET = "reset"  # the same by a TCP reset


class Last(str):
    """A reply after which the server closes the connection; with reset by a TCP reset."""

    reset = False


class Raw(str):
    """Bytes (latin-1) that are sent as they are, with no end of line; nothing follows by itself."""


class Slow(str):
    """A reply in single bytes; an empty one is the usual reply."""


class Flood(str):
    """A line that is sent until the client has gone."""


def action(kind, text=""):
    """What a test does at a step, by name: reply, last, raw, slow or flood with a text, reset with
    or without, drop, pause."""
    if kind == "pause":
        return Pause()
    if kind == "drop" or (kind == "reset" and not text):
        return {"drop": DROP, "reset": RESET}[kind]
    done = {"reply": str, "last": Last, "reset": Last, "raw": Raw, "slow": Slow,
            "flood": Flood}[kind](text)
    if kind == "reset":
        done.reset = True
    return done


class Pause:
    """A point where the server waits for the test."""

    def __init__(self, then=None):
        self._reached = threading.Event()
        self._go = threading.Event()
        self.then = then  # what to do after go(): a reply, DROP, or None for the usual

    def wait(self, seconds=20.0):
        if not self._reached.wait(seconds):
            raise Timeout(f"waited {seconds:g} s for the SMTP server to be reached")

    def go(self, then=None):
        self.then = then or self.then
        self._go.set()

    def rest(self):
        self._reached.set()
        self._go.wait(120)


@dataclass
class Message:
    sender: str
    recipients: list
    data: bytes  # with CRLF, dots unstuffed
    user: str | None = None  # who authenticated
    number: int = 0
    time: float = 0.0
    session: "Session | None" = None
    reply: str | None = None  # to it; None: none was sent


@dataclass
class Session:
    """One connection, as the server saw it."""

    plain: bytearray = field(default_factory=bytearray)  # every byte that came before TLS
    tls: bool = False
    commands: list = field(default_factory=list)  # "AUTH XOAUTH2", "MAIL FROM:<…>", …
    user: str | None = None
    token: str | None = None
    body_bytes: int = 0
    error: str | None = None  # why the connection ended, if not by QUIT
    ended: bool = False
    begun: float = field(default_factory=time.monotonic)
    left: bool = False  # ended, or the client knows that QUIT was heard


class Closed(Exception):
    """The connection is over."""


class Reset(Closed):
    """The connection is over by a TCP reset."""


class SmtpServer:
    """Listens on a free port of 127.0.0.1 as soon as it is made."""

    def __init__(self, certificate=None, implicit_tls=False, auth="AUTH XOAUTH2", greeting=None,
                 extensions=("8BITMIME", "SIZE 100000000"), accepts=None, directory=None, name="smtp"):
        self.implicit_tls = implicit_tls
        self.auth = auth  # the EHLO line under TLS; None: no authentication at all
        self.greeting = greeting or f"220 {name}.test ESMTP"
        self.extensions = list(extensions)
        self.accepts = accepts or (lambda user, token: True)
        self.directory = directory
        self.sessions = []
        self.messages = []
        self.attempts = []  # every message that came with its final dot, accepted or not
        self.most_at_once = 0  # sessions
        self._rules = defaultdict(deque)
        self._pauses = []
        self._changed = threading.Condition()
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.certificate, certificate.key)
        if directory:
            os.makedirs(directory, exist_ok=True)
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]

    def _listen(self, port):
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    @property
    def url(self):
        return f"{'smtps' if self.implicit_tls else 'smtp'}://localhost:{self.port}"

    # What tests say.

    def at(self, step, action, times=1):
        """The next times that step is reached, action happens: a reply of whatever class, DROP,
        RESET or a Pause."""
        with self._changed:
            self._rules[step].extend([action] * times)
            if isinstance(action, Pause):
                self._pauses.append(action)
        return action

    def forget_rules(self):
        with self._changed:
            self._rules.clear()

    def reset(self):
        """Forgets rules, sessions and messages."""
        with self._changed:
            self._rules.clear()
            self.sessions = []
            self.messages = []
            self.attempts = []

    def go_down(self):
        """Nobody listens on the port until come_up()."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def come_up(self):
        if self._listener is None:
            self._listener = self._listen(self.port)

    def close(self):
        """Ends for good: nobody waits at a pause any more."""
        self.go_down()
        for pause in self._pauses:
            pause.go(then=DROP)

    def wait_messages(self, number, seconds=30.0):
        """Waits until number messages were accepted since the last reset, and returns them."""
        return self._wait(lambda: len(self.messages) >= number and list(self.messages),
                          f"message {number} (have {len(self.messages)})", seconds)

    def wait_session(self, number=1, seconds=20.0):
        """Waits until the number-th session has ended, and returns it."""
        return self._wait(lambda: len(self.sessions) >= number and self.sessions[number - 1].ended
                          and self.sessions[number - 1], f"the end of session {number}", seconds)

    def _wait(self, condition, what, seconds):
        with self._changed:
            value = self._changed.wait_for(condition, seconds)
        if not value:
            raise Timeout(f"waited {seconds:g} s for {what} at the SMTP server")
        return value

    def _note(self, change=lambda: None):
        with self._changed:
            change()
            self._changed.notify_all()

    # The server itself.

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed
            connection.settimeout(130)
            session = Session()
            self._note(lambda: self._begin(session))
            threading.Thread(target=self._serve, args=(connection, session), daemon=True).start()

    def _begin(self, session):
        self.sessions.append(session)
        at_once = sum(not session.left for session in self.sessions)
        self.most_at_once = max(self.most_at_once, at_once)

    def _serve(self, connection, session):
        try:
            Conversation(self, connection, session).run()
        except Closed as reason:
            session.error = str(reason) or None
        except OSError as error:  # ssl.SSLError is one
            session.error = str(error)

        def ended():
            session.ended = session.left = True

        self._note(ended)

    def rule(self, step, usual=None):
        """The reply at this step: what a test wants, else the usual. Pauses are kept."""
        with self._changed:
            action = self._rules[step].popleft() if self._rules[step] else None
        if isinstance(action, Pause):
            action.rest()
            action = action.then
        if action == DROP:
            raise Closed(f"dropped at {step}")
        if action == RESET:
            raise Reset(f"reset at {step}")
        if isinstance(action, Slow) and not action:
            return Slow(usual)
        return usual if action is None else action

    def deliver(self, message):
        with self._changed:
            message.number = len(self.messages) + 1
            message.time = time.time()
            if self.directory:
                self._store(message)
            self.messages.append(message)
            self._changed.notify_all()

    def _store(self, message):
        stem = os.path.join(self.directory, f"{time.time_ns()}-{message.number}")
        with open(stem + ".eml", "wb") as file:
            file.write(message.data)
        with open(stem + ".json", "w") as file:
            json.dump({"sender": message.sender, "recipients": message.recipients}, file)


class Conversation:
    """One connection's dialogue."""

    def __init__(self, server, connection, session):
        self.server = server
        self.connection = connection
        self.session = session
        self.buffer = b""
        self.sender = None
        self.recipients = []

    def run(self):
        try:
            if self.server.implicit_tls:
                self._start_tls()
            self._reply(self.server.rule("greeting", self.server.greeting))
            while True:
                self._command(self._line().decode("latin-1"))
        except Reset:
            self._reset()
            raise
        finally:
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.connection.close()

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _command(self, line):
        verb = line.split(" ")[0].split(":")[0].upper()
        handler = getattr(self, "_do_" + verb.lower(), None) if verb.isalpha() else None
        if verb != "AUTH":
            self.session.commands.append(line)
        if handler:
            handler(line)
        else:
            self._reply("500 5.5.1 unknown command")

    def _step(self, step, usual):
        """Answers a step; returns the reply, which tells whether it was a yes."""
        text = self.server.rule(step, usual)
        self._reply(text)
        return text

    def _do_ehlo(self, _line):
        lines = ["localhost hello"] + self.server.extensions
        if self.server._tls and not self.session.tls:
            lines.append("STARTTLS")
        elif self.server.auth:
            lines.append(self.server.auth)
        marks = ["-"] * (len(lines) - 1) + [" "]
        after_starttls = self.session.tls and not self.server.implicit_tls
        self._step("ehlo-tls" if after_starttls else "ehlo",
                   "\r\n".join(f"250{mark}{text}" for mark, text in zip(marks, lines)))

    def _do_helo(self, _line):
        self._reply("250 hello")

    def _do_starttls(self, _line):
        if self.server._tls is None:
            self._reply("502 5.5.1 no STARTTLS here")
        elif self._step("starttls", "220 2.0.0 go ahead").startswith("2"):
            self._start_tls()

    def _start_tls(self):
        instead = self.server.rule("tls")
        if instead:
            self._reply(instead)
        try:
            self.connection = self.server._tls.wrap_socket(self.connection, server_side=True)
        except OSError as error:
            raise Closed(f"TLS: {error}") from None
        self.session.tls = True
        self.buffer = b""

    def _do_auth(self, line):
        words = line.split(" ")
        self.session.commands.append(" ".join(words[:2]))  # never the token
        challenge = self.server.rule("auth", "334 ")
        if len(words) == 2 or not challenge.startswith("334"):
            self._reply(challenge)
        if not challenge.startswith("334"):
            return
        if len(words) == 2:
            words.append(self._line().decode("latin-1"))
        try:
            fields = base64.b64decode(words[2]).decode().split("\x01")
            self.session.user = fields[0].removeprefix("user=")
            self.session.token = fields[1].removeprefix("auth=Bearer ")
        except (ValueError, IndexError):
            self._reply("501 5.5.2 not XOAUTH2")
            return
        usual = "235 2.7.0 accepted"
        if not self.server.accepts(self.session.user, self.session.token):
            usual = "334 " + base64.b64encode(
                b'{"status":"401","schemes":"bearer","scope":"smtp"}').decode()
        if self._step("auth-data", usual).startswith("334"):
            self._line()
            self._reply("535 5.7.8 token refused")

    def _do_mail(self, line):
        if self._step("mail", "250 2.1.0 ok").startswith("2"):
            self.sender = line[line.find("<") + 1:line.find(">")]
            self.recipients = []

    def _do_rcpt(self, line):
        if self._step("rcpt", "250 2.1.5 ok").startswith("2"):
            self.recipients.append(line[line.find("<") + 1:line.rfind(">")])

    def _do_rset(self, _line):
        self.sender, self.recipients = None, []
        self._step("rset", "250 2.0.0 ok")

    def _do_noop(self, _line):
        self._reply("250 2.0.0 ok")

    def _do_quit(self, _line):
        self.session.left = True
        self._step("quit", "221 2.0.0 bye")
        raise Closed

    def _do_data(self, _line):
        if not self.recipients:
            self._reply("503 5.5.1 no recipient")
            return
        if not self._step("data", "354 go on").startswith("3"):
            return
        message = Message(self.sender, list(self.recipients), self._message(), self.session.user,
                          session=self.session)
        self.server.attempts.append(message)
        message.reply = reply = self.server.rule("dot", "250 2.0.0 queued")
        if reply.startswith("2"):
            self.server.deliver(message)
        self.sender, self.recipients = None, []
        self._reply(reply)

    def _message(self):
        """Reads up to the final dot, in time proportional to the message's size."""
        chunks, end, started = bytearray(b"\r\n"), -1, False
        seen = 0
        while end < 0:
            if self.buffer:
                chunks += self.buffer
                self.session.body_bytes += len(self.buffer)
                self.buffer = b""
                if not started:
                    started = True
                    early = self.server.rule("body")
                    if early:
                        self._reply(early)
            end = chunks.find(b"\r\n.\r\n", max(0, seen - 4))
            seen = len(chunks)
            if end < 0:
                self._receive()
        self.buffer = bytes(chunks[end + 5:])
        return bytes(chunks[2:end + 2]).replace(b"\r\n..", b"\r\n.")

    def _receive(self):
        data = self.connection.recv(1 << 18)
        if not data:
            raise Closed("the client closed the connection")
        if not self.session.tls:
            self.session.plain += data
        self.buffer += data

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._receive()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _reply(self, text):
        data = text.encode("latin-1" if isinstance(text, Raw) else "utf-8")
        if not isinstance(text, Raw):
            data += b"\r\n"
        if isinstance(text, Slow):
            self._send_slowly(data)
        else:
            self.connection.sendall(data)
        while isinstance(text, Flood):
            self.connection.sendall(data * 100)
        if isinstance(text, Last):
            raise (Reset if text.reset else Closed)("closed after a reply")

    def _send_slowly(self, data):
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            self.connection.sendall(bytes([byte]))
            time.sleep(0.0005)  # or the bytes would come together
