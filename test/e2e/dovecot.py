# SPDX-License-Identifier: Apache-2.0
"""A private Dovecot submission service: XOAUTH2 checked by introspection at the provider, mail
relayed to a sink. Runs as root or as an ordinary user."""

import grp
import os
import pwd

from .process import Process, free_port, listening
from .provider import INTROSPECTION_CLIENT

CONFIGURATION = """\
protocols = submission
base_dir = {base}/run
state_dir = {base}/state
log_path = {log}
listen = 127.0.0.1
hostname = submission.example.test
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = xoauth2 oauthbearer
auth_verbose = yes
auth_failure_delay = 0
first_valid_uid = 1
mail_max_userip_connections = 0
mail_location = maildir:~/Maildir
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {base}/oauth2.conf.ext
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={base}/home/%u
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
submission_max_mail_size = {max_size}
service submission-login {{
  inet_listener submission {{
    port = {port}
  }}
  inet_listener submissions {{
    port = {tls_port}
    ssl = yes
  }}
{login}}}
"""

# What runs as an ordinary user: no other users, no chroot.
UNPRIVILEGED = """\
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service anvil {{
  chroot =
}}
service auth-worker {{
  user =
}}
"""

INTROSPECTION = """\
introspection_mode = post
introspection_url = {url}
client_id = {client}
client_secret = {secret}
username_attribute = sub
username_format = %u
active_attribute = active
active_value = true
scope = smtp
timeout_msecs = 5000
"""


class Dovecot:
    def __init__(self, directory, certificate, introspection_url, relay_port, max_size="60M"):
        base = os.path.join(directory, "dovecot")
        os.makedirs(os.path.join(base, "home"), exist_ok=True)
        self.log = os.path.join(base, "dovecot.log")
        self.port, self.tls_port = free_port(), free_port()
        root = os.geteuid() == 0
        user = "nobody" if root else pwd.getpwuid(os.geteuid()).pw_name
        identity = {"user": user, "group": "nogroup" if root else self._own_group()}
        if root:
            os.chmod(os.path.join(base, "home"), 0o1777)
        text = CONFIGURATION.format(
            base=base, log=self.log, certificate=certificate.certificate, key=certificate.key,
            relay_port=relay_port, max_size=max_size, port=self.port, tls_port=self.tls_port,
            login="" if root else "  chroot =\n", **identity)
        if not root:
            text += UNPRIVILEGED.format(**identity)
        client, secret = INTROSPECTION_CLIENT
        self._write(base, "oauth2.conf.ext",
                    INTROSPECTION.format(url=introspection_url, client=client, secret=secret))
        self.process = Process(["/usr/sbin/dovecot", "-F", "-c",
                                self._write(base, "dovecot.conf", text)],
                               os.path.join(base, "output.log"))
        try:
            self.process.wait_ready(lambda: listening(self.port) and listening(self.tls_port),
                                    "Dovecot")
        except BaseException:
            self.process.stop()
            raise

    @staticmethod
    def _own_group():
        return grp.getgrgid(os.getegid()).gr_name

    @staticmethod
    def _write(base, name, text):
        path = os.path.join(base, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    @property
    def url(self):
        return f"smtp://localhost:{self.port}"

    @property
    def tls_url(self):
        return f"smtps://localhost:{self.tls_port}"

    def stop(self):
        self.process.stop()
