# SPDX-License-Identifier: Apache-2.0
"""A small IPP client (RFC 8010, 8011): what lp and ipptool will not say, and quick questions."""

import http.client
import struct

PRINT_JOB, CREATE_JOB, SEND_DOCUMENT, CANCEL_JOB = 0x0002, 0x0005, 0x0006, 0x0008
GET_JOB_ATTRIBUTES, GET_JOBS, GET_PRINTER_ATTRIBUTES = 0x0009, 0x000A, 0x000B
HOLD_JOB, RELEASE_JOB, RESTART_JOB = 0x000C, 0x000D, 0x000E

NOT_POSSIBLE = 0x0404

OPERATION, JOB, END, PRINTER = 1, 2, 3, 4
INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
TEXT, NAME, KEYWORD, URI, CHARSET, LANGUAGE, MIME = 0x41, 0x42, 0x44, 0x45, 0x47, 0x48, 0x49

JOB_STATES = {3: "pending", 4: "held", 5: "processing", 6: "stopped", 7: "canceled",
              8: "aborted", 9: "completed"}


class IppError(Exception):
    def __init__(self, status, message):
        super().__init__(f"IPP status {status:#06x}: {message}")
        self.status = status


def attribute(tag, name, *values):
    """One attribute; names and values go as they are, bad ones included."""
    encoded = b""
    for index, value in enumerate(values):
        if tag in (INTEGER, ENUM):
            data = struct.pack(">i", value)
        elif tag == BOOLEAN:
            data = struct.pack(">B", value)
        else:
            data = value if isinstance(value, bytes) else value.encode()
        key = name.encode() if index == 0 else b""
        encoded += struct.pack(">BH", tag, len(key)) + key + struct.pack(">H", len(data)) + data
    return encoded


def request(operation, operation_attributes, job_attributes=b"", request_id=1, language="en"):
    head = struct.pack(">BBHI", 2, 0, operation, request_id)
    body = bytes([OPERATION]) + attribute(CHARSET, "attributes-charset", "utf-8")
    body += attribute(LANGUAGE, "attributes-natural-language", language) + operation_attributes
    if job_attributes:
        body += bytes([JOB]) + job_attributes
    return head + body + bytes([END])


def parse(data):
    """Returns (status, groups); a group is (tag, {name: value or list of values})."""
    status = struct.unpack_from(">H", data, 2)[0]
    position, groups, name = 8, [], None
    while data[position] != END:
        tag = data[position]
        if tag < 0x10:
            groups.append((tag, {}))
            position += 1
            continue
        length = struct.unpack_from(">H", data, position + 1)[0]
        if length:
            name = data[position + 3:position + 3 + length].decode()
        position += 3 + length
        length = struct.unpack_from(">H", data, position)[0]
        raw = data[position + 2:position + 2 + length]
        position += 2 + length
        if tag in (INTEGER, ENUM):
            value = struct.unpack(">i", raw)[0]
        elif tag == BOOLEAN:
            value = raw != b"\0"
        else:
            value = None if tag < 0x20 else raw.decode(errors="replace")
        values = groups[-1][1]
        if name in values:
            before = values[name]
            values[name] = (before if isinstance(before, list) else [before]) + [value]
        else:
            values[name] = value
    return status, groups


class Client:
    def __init__(self, port, host="localhost", address="127.0.0.1"):
        self.port = port
        self.host = host
        self.address = address

    def send(self, path, message, document=b""):
        """One request; IppError for a status that is not successful."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=60)
        try:
            connection.request("POST", path, message + document,
                               {"Content-Type": "application/ipp",
                                "Host": f"{self.host}:{self.port}"})
            reply = connection.getresponse()
            data = reply.read()
        finally:
            connection.close()
        if reply.status != 200:
            raise IppError(reply.status, reply.reason)
        status, groups = parse(data)
        if status > 0x00FF:
            raise IppError(status, groups[0][1].get("status-message", ""))
        return groups

    def _queue(self, queue):
        return attribute(URI, "printer-uri", f"ipp://localhost:{self.port}/printers/{queue}")

    def print_job(self, queue, document, user="tester", title="title", mime=None, more=b"",
                  job=b"", compression=None, language="en"):
        """Print-Job; returns the job's id. more and job: extra attributes, already encoded."""
        attributes = self._queue(queue)
        if user is not None:
            attributes += attribute(NAME, "requesting-user-name", user)
        attributes += attribute(NAME, "job-name", title)
        if mime:
            attributes += attribute(MIME, "document-format", mime)
        if compression:
            attributes += attribute(KEYWORD, "compression", compression)
        groups = self.send(f"/printers/{queue}",
                           request(PRINT_JOB, attributes + more, job, language=language),
                           document)
        return self._id(groups)

    def create_job(self, queue, user="tester", title="title", job=b""):
        attributes = self._queue(queue) + attribute(NAME, "requesting-user-name", user)
        attributes += attribute(NAME, "job-name", title)
        return self._id(self.send(f"/printers/{queue}", request(CREATE_JOB, attributes, job)))

    def send_document(self, queue, job_id, document, last, name=None, mime=None, user="tester",
                      compression=None):
        attributes = self._queue(queue) + attribute(INTEGER, "job-id", job_id)
        attributes += attribute(NAME, "requesting-user-name", user)
        if name:
            attributes += attribute(NAME, "document-name", name)
        if mime:
            attributes += attribute(MIME, "document-format", mime)
        if compression:
            attributes += attribute(KEYWORD, "compression", compression)
        attributes += attribute(BOOLEAN, "last-document", last)
        self.send(f"/printers/{queue}", request(SEND_DOCUMENT, attributes), document)

    @staticmethod
    def _id(groups):
        return next(values["job-id"] for tag, values in groups if tag == JOB)

    def _on_job(self, operation, job_id, more=b"", user="root"):
        attributes = attribute(URI, "job-uri", f"ipp://localhost:{self.port}/jobs/{job_id}")
        attributes += attribute(NAME, "requesting-user-name", user)
        return self.send(f"/jobs/{job_id}" if operation == GET_JOB_ATTRIBUTES else "/jobs/",
                         request(operation, attributes + more))

    def job(self, job_id):
        groups = self._on_job(GET_JOB_ATTRIBUTES, job_id)
        return next(values for tag, values in groups if tag == JOB)

    def job_state(self, job_id):
        return JOB_STATES[self.job(job_id)["job-state"]]

    def unfinished_jobs(self):
        attributes = attribute(URI, "printer-uri", f"ipp://localhost:{self.port}/")
        attributes += attribute(NAME, "requesting-user-name", "root")
        groups = self.send("/", request(GET_JOBS, attributes))
        return [values["job-id"] for tag, values in groups if tag == JOB]

    def jobs(self):
        """Every job that cupsd knows, by id. cupsd shows 500 at a time."""
        found, first = {}, 1
        while part := self._jobs_from(first):
            found |= part
            first = max(part) + 1
        return found

    def _jobs_from(self, first):
        wanted = ("job-id", "job-name", "job-state", "job-printer-state-message",
                  "job-printer-state-reasons")
        attributes = attribute(URI, "printer-uri", f"ipp://localhost:{self.port}/")
        attributes += attribute(NAME, "requesting-user-name", "root")
        attributes += attribute(KEYWORD, "which-jobs", "all")
        attributes += attribute(INTEGER, "first-job-id", first)
        attributes += attribute(KEYWORD, "requested-attributes", *wanted)
        groups = self.send("/", request(GET_JOBS, attributes))
        return {values["job-id"]: values for tag, values in groups if tag == JOB}

    def cancel(self, job_id):
        self._on_job(CANCEL_JOB, job_id)

    def hold(self, job_id):
        self._on_job(HOLD_JOB, job_id)

    def release(self, job_id):
        self._on_job(RELEASE_JOB, job_id)

    def restart(self, job_id):
        self._on_job(RESTART_JOB, job_id)

    def printer(self, queue):
        groups = self.send(f"/printers/{queue}",
                           request(GET_PRINTER_ATTRIBUTES, self._queue(queue)))
        return next(values for tag, values in groups if tag == PRINTER)
