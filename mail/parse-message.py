# SPDX-License-Identifier: Apache-2.0
"""Reads each message named on the command line with Python's email package and prints what it
holds, one item a line; whatever is wrong with the message is a line that begins with "problem"."""

import email
import email.header
import email.policy
import email.utils
import hashlib
import re
import sys


def check_octets(data):
    header = data.split(b"\r\n\r\n", 1)[0]
    if re.search(rb"[^\r\n\t\x20-\x7e]", data):
        print("problem: not 7bit")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", data) or not data.endswith(b"\r\n"):
        print("problem: line ends")
    for line in data.split(b"\r\n"):
        if len(line) > 998:
            print("problem: line of", len(line))
        if line.startswith(b"."):
            print("problem: leading dot")
    for line in header.split(b"\r\n"):
        if len(line) > 78 and b" " in line.lstrip(b" "):
            print("problem: header line of", len(line))
        if not line.strip():
            print("problem: blank header line")
        if b"=?" in line and len(line) > 76:
            print("problem: line with encoded words of", len(line))
        for word in re.findall(rb"=\?.*?\?=(?= |$)", line):
            if len(word) > 75:
                print("problem: encoded word of", len(word))


def check_defects(part):
    for defect in part.defects:
        print("problem:", repr(defect))
    for name, value in part.items():
        for defect in value.defects:
            print("problem:", name, repr(defect))


def show_addresses(octets):
    # By the old parser: the new one (3.11) keeps the space between two encoded words of a name.
    message = email.message_from_bytes(octets)
    for name in ("From", "Reply-To", "To", "Cc"):
        for display, address in email.utils.getaddresses(message.get_all(name, [])):
            display = str(email.header.make_header(email.header.decode_header(display)))
            print(name + ":", display, "<" + address + ">")


def structure(part):
    if not part.is_multipart():
        return part.get_content_type()
    parts = " ".join(structure(inner) for inner in part.iter_parts())
    return f"{part.get_content_subtype()}({parts})"


def show(message):
    print("Subject:", message["Subject"])
    print("Auto-Submitted:", message["Auto-Submitted"])
    print("structure:", structure(message))
    for part in message.walk():
        check_defects(part)
        if part.is_multipart():
            continue
        if part["Content-Transfer-Encoding"] != "7bit":
            for line in part.get_payload().splitlines():
                if len(line) > 76:
                    print("problem: encoded line of", len(line))
        content = part.get_payload(decode=True)
        if part.is_attachment():
            print("attachment:", part.get_content_type(), part.get_filename(), len(content),
                  hashlib.sha256(content).hexdigest())
        else:
            print("html:" if part.get_content_subtype() == "html" else "text:",
                  part.get_content().replace("\r\n", "|"))


for path in sys.argv[1:]:
    with open(path, "rb") as file:
        octets = file.read()
    check_octets(octets)
    show_addresses(octets)
    show(email.message_from_bytes(octets, policy=email.policy.SMTP))
    print("end")
