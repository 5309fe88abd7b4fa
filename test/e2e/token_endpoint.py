# SPDX-License-Identifier: Apache-2.0
"""A scripted OpenID provider over https for what no real one does on demand.

    endpoint.device = {...}                  answer of the device authorization endpoint
    endpoint.replies.append(pending())       one answer of the token endpoint, in turn
Each request is kept in endpoint.requests with its path, form and time (monotonic).
"""

import json
import ssl
import threading
import time
import urllib.parse
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .process import wait_for

DEVICE_PATH = "/device-authorization"
TOKEN_PATH = "/token"


@dataclass
class Reply:
    status: int = 200
    body: bytes | dict = b""  # a dict goes as JSON
    headers: dict | None = None
    drop: bool = False  # close without an answer
    silent: bool = False  # no answer until the endpoint is closed


@dataclass
class Request:
    path: str
    form: dict
    time: float


def error(name, status=400, **more):
    return Reply(status, {"error": name, **more})


def pending():
    return error("authorization_pending")


def tokens(number=1, **more):
    return Reply(200, {"access_token": f"scripted-access-token-{number}", "token_type": "Bearer",
                       "refresh_token": f"scripted-refresh-token-{number}", "expires_in": 3600,
                       **more})


class TokenEndpoint:
    """Listens on a free port of 127.0.0.1 as soon as it is made."""

    def __init__(self, certificate, host="localhost"):
        self.requests = []
        self.device_path, self.token_path = DEVICE_PATH, TOKEN_PATH
        self.replies = deque()
        self.otherwise = error("invalid_grant")  # the token endpoint's answer without replies
        self.metadata = {}  # path: what else can be got
        self._closed = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._answer({})

            def do_POST(self):
                length = int(self.headers.get("content-length", 0))
                form = urllib.parse.parse_qs(self.rfile.read(length).decode())
                self._answer({key: values[0] for key, values in form.items()})

            def _answer(self, form):
                endpoint.requests.append(Request(self.path, form, time.monotonic()))
                reply = endpoint.answer(self.path)
                if reply.silent:
                    endpoint._closed.wait(300)
                if reply.drop or reply.silent:
                    self.close_connection = True
                    return
                is_json = isinstance(reply.body, (dict, list))
                body = json.dumps(reply.body).encode() if is_json else reply.body
                headers = {"content-type": "application/json", "content-length": str(len(body)),
                           **(reply.headers or {})}
                self.send_response(reply.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the client had enough

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, client_address):
                # The handshake belongs in the connection's own thread.
                try:
                    wrapped = context.wrap_socket(request, server_side=True)
                except OSError:
                    return
                super().finish_request(wrapped, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)
        self.issuer = f"https://{host}:{self._server.server_port}"
        self.discovery = {
            "issuer": self.issuer,
            "device_authorization_endpoint": self.issuer + DEVICE_PATH,
            "token_endpoint": self.issuer + TOKEN_PATH,
            "grant_types_supported": ["urn:ietf:params:oauth:grant-type:device_code",
                                      "refresh_token"],
        }
        self.device = {"device_code": "scripted-device-code", "user_code": "ABCD-EFGH",
                       "verification_uri": self.issuer + "/device", "expires_in": 600, "interval": 1}
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, path):
        path = path.split("?")[0]
        if path == "/.well-known/openid-configuration":
            return Reply(200, self.discovery)
        if path == self.device_path:
            return self.device if isinstance(self.device, Reply) else Reply(200, self.device)
        if path == self.token_path:
            return self.replies.popleft() if self.replies else self.otherwise
        if path in self.metadata:
            return Reply(200, self.metadata[path])
        return Reply(404, b"not found")

    def requests_to(self, path):
        return [request for request in self.requests if request.path == path]

    def wait_requests(self, path, number, seconds=20.0):
        wait_for(lambda: len(self.requests_to(path)) >= number,
                 f"request {number} to {path}", seconds)
        return self.requests_to(path)

    def close(self):
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
