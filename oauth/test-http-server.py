# SPDX-License-Identifier: Apache-2.0
"""https servers on free ports of 127.0.0.1 for test-http, until standard input ends.

    test-http-server.py DIRECTORY
writes the CA's certificate to DIRECTORY/pki/ca.pem, prints "NAME PORT" for each server and "ready",
then "requested" whenever /wait is asked; a line on standard input lets one such request go on,
and "released" says that it does.
"""

import os
import socket
import ssl
import sys
import threading
import warnings

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test"))

from e2e.pki import Authority  # noqa: E402

LIMIT = 64 * 1024
go_on = threading.Semaphore(0)


def say(line):
    print(line, flush=True)


def wait():
    say("requested")
    go_on.acquire()
    say("released")


def reply(body, status="200 OK", more=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n{body}".encode()


def read_request(stream):
    head = stream.readline()
    length = 0
    while (line := stream.readline()).strip():
        head += line
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head.decode() + "\n" + stream.read(length).decode()


def answer(path, request):
    if path == "/echo":
        return reply(request)
    if path == "/redirect":
        return reply("", "302 Found", "Location: /echo\r\n")
    if path == "/large":
        return reply("x" * 10_000_000)
    if path == "/endless":
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 10_000_000
    if path == "/limit":
        return reply("x" * LIMIT)
    if path == "/limit-and-one":
        return reply("x" * (LIMIT + 1))
    if path == "/busy":
        return reply("{}", "503 Service Unavailable", "Retry-After: 7\r\n")
    if path == "/cut":
        return reply("x" * 100)[:-50]
    if path == "/wait":
        wait()
        return reply("late")
    return b""  # /drop


def serve(connection, context):
    try:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            request = read_request(wrapped.makefile("rb"))
            if request.strip():  # else the client left after the handshake
                wrapped.sendall(answer(request.split(" ")[1], request))
            wrapped.unwrap()
    except OSError:
        pass  # the client had enough, which is what most tests are about


def serve_plain(connection, _):
    with connection:
        connection.recv(4096)
        connection.sendall(reply("plain"))


def serve_nothing(connection, _):
    wait()
    connection.close()


def listen(name, function, context=None):
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=function, args=(connection, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    say(f"{name} {server.getsockname()[1]}")


def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def main():
    authority = Authority(os.path.join(sys.argv[1], "pki"))
    good = authority.issue("good")
    warnings.simplefilter("ignore", DeprecationWarning)  # an old TLS is what is wanted
    old = tls(good)
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    listen("good", serve, tls(good))
    listen("other-name", serve, tls(authority.issue("other", names=("DNS:other.test",))))
    listen("expired", serve, tls(authority.issue("expired", expired=True)))
    listen("early", serve, tls(authority.issue("early", early=True)))
    listen("old", serve, old)
    listen("plain", serve_plain)
    listen("silent", serve_nothing)
    say("ready")
    while sys.stdin.readline():
        go_on.release()


main()
