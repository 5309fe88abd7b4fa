# SPDX-License-Identifier: Apache-2.0
"""./demo: build, sign in, print a PDF, look at the mail that arrives."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading

from . import build, mail
from .installation import TOP, Installation
from .person import Person
from .process import end_by_signals
from .provider import CLIENT_ID, SCOPE
from .world import ACCOUNT, TO, World

DOCUMENT = "/usr/share/cups/data/default-testpage.pdf"
MAIL = os.path.join(TOP, "demo-mail")

PROVIDER = """\
[provider intranet]
issuer = {issuer}
scope = {scope}
smtp-server = {smtp_server}
ca-file = {ca}
"""


def title(text):
    print(f"\n== {text}", flush=True)


def show(text):
    print("\n".join("   " + line for line in text.rstrip().splitlines()), flush=True)


def sign_in(world):
    """oauth-setup login on its own screen; the person reads address and code from it."""
    command = ["oauth-setup", "login", ACCOUNT, "--provider", "intranet", "--client-id", CLIENT_ID,
               "--queue", "scan-email", "--to", TO]
    show("# " + " ".join(command))
    process = subprocess.Popen(command, env=world.cups.environment(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    person, screen = None, ""
    for line in process.stdout:
        show(line)
        screen += line
        address = re.search(re.escape(world.provider.issuer) + r"/device\b", screen)
        code = re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", screen)
        if address and code and person is None:
            person = threading.Thread(
                target=Person(world.authority.ca, say=show).sign_in,
                args=(address.group(), code.group(), ACCOUNT))
            person.start()
    if process.wait():
        sys.exit("oauth-setup login failed")
    person.join()


def print_and_show(world):
    show(f"$ lp -d scan-email -t 'Test page' {DOCUMENT}")
    output = world.cups.run("lp", "-d", "scan-email", "-t", "Test page", DOCUMENT).stdout
    show(output)
    job = int(re.search(r"scan-email-(\d+)", output).group(1))
    if world.cups.wait_state(job) != "completed":
        sys.exit(world.cups.job_log(job))
    show("$ lpstat -W completed -o\n" + world.cups.run("lpstat", "-W", "completed", "-o").stdout)
    # The first mail was the login's test mail to the account itself.
    arrived = next(message for message in world.sink.messages if TO in message.recipients)

    title("The mail that arrived")
    shutil.rmtree(MAIL, ignore_errors=True)
    os.mkdir(MAIL)
    with open(os.path.join(MAIL, "message.eml"), "wb") as file:
        file.write(arrived.data)
    show(f"MAIL FROM:<{arrived.sender}>, RCPT TO:<{'>,<'.join(arrived.recipients)}>\n")
    show(arrived.data.split(b"\r\n\r\n")[0].decode())
    (attachment,) = mail.attachments(mail.parse(arrived.data))
    with open(os.path.join(MAIL, attachment.name), "wb") as file:
        file.write(attachment.data)
    with open(DOCUMENT, "rb") as file:
        sums = [hashlib.sha256(data).hexdigest() for data in (file.read(), attachment.data)]
    show(f"\nattachment  {attachment.name} ({attachment.type}, {len(attachment.data)} bytes)\n"
         f"printed     SHA-256 {sums[0]}\nreceived    SHA-256 {sums[1]}")
    problems = mail.faults(arrived.data)
    if sums[0] != sums[1] or problems:
        sys.exit("The mail is not what was printed: " + "; ".join(problems or ["other bytes"]))
    show("The same bytes: the PDF arrived as it was printed.")


def main():
    title("Building (build/demo)")
    build.clear_logs()
    build.servers()
    prefix = build.installed("demo")
    show(f"installed in {prefix}")
    title("A private cupsd, an OpenID provider (https, throw-away CA), Dovecot with XOAUTH2")
    world = World(Installation(prefix), logs=os.path.join(build.LOGS, "demo"))
    try:
        world.cups.configure(PROVIDER.format(issuer=world.provider.issuer, scope=SCOPE,
                                             smtp_server=world.dovecot.url, ca=world.authority.ca))
        show(f"cupsd     localhost:{world.cups.port}\nprovider  {world.provider.issuer}\n"
             f"Dovecot   {world.dovecot.url}")
        title("Signing in")
        sign_in(world)
        title("Printing")
        print_and_show(world)
    finally:
        left = world.close()
    if left:
        sys.exit("\n".join(left))
    title(f"Done: nothing is left running. The mail lies in {os.path.relpath(MAIL, TOP)}/")


if __name__ == "__main__":
    end_by_signals()
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted: what was started is stopped.")
