# SPDX-License-Identifier: Apache-2.0
"""Looks at a mail as it arrived: is it well formed, what is attached?"""

import email
import email.policy
from dataclasses import dataclass


@dataclass
class Attachment:
    name: str | None
    type: str
    data: bytes


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.SMTP)


def own_header(data):
    """The header lines without those that relays put before them."""
    lines = data.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    while lines and lines[0].lower().startswith(b"received:"):
        lines.pop(0)
        while lines and lines[0][:1] in (b" ", b"\t"):
            lines.pop(0)
    return lines


def faults(data):
    """What is wrong with a mail on the wire: a list of sentences, empty if nothing is."""
    found = []
    lines = data.split(b"\r\n")
    if any(b"\n" in line or b"\r" in line for line in lines):
        found.append("a bare CR or LF")
    if any(len(line) > 998 for line in lines):
        found.append("a line over 998 bytes")
    if any(byte > 126 for byte in data):
        found.append("an 8-bit byte")
    for line in own_header(data):
        if len(line) > 78 and b" " in line.strip()[line.strip().find(b":") + 2:]:
            found.append(f"a header line of {len(line)} columns: {line!r}")
    message = parse(data)
    for name in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"):
        if len(message.get_all(name, [])) != 1:
            found.append(f"{len(message.get_all(name, []))} {name} fields")
    for part in message.walk():
        found += [f"defect in {part.get_content_type()}: {defect!r}" for defect in part.defects]
        for name in part.keys():
            found += [f"defect in {name}: {defect!r}" for defect in part[name].defects]
    return found


def attachments(message):
    return [Attachment(part.get_filename(), part.get_content_type(),
                       part.get_payload(decode=True))
            for part in message.iter_attachments()]


def body(message):
    return message.get_body(("plain",)).get_content()
