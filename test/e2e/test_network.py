# SPDX-License-Identifier: Apache-2.0
"""Documents posted over the network: by IPP the way other clients do, and by LPD."""

import gzip
import re
import socket
import subprocess
import threading

from . import documents, mail
from .case import TO, EndToEnd

CUPS_LPD = "/usr/lib/cups/daemon/cups-lpd"

PRINT_JOB = """{{
  OPERATION Print-Job
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR name requesting-user-name scanner
  ATTR name job-name "From the corridor"
  ATTR mimeMediaType document-format {mime}
  {more}
  FILE {path}
  STATUS successful-ok
}}
"""

CREATE_JOB = """{
  OPERATION Create-Job
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR name requesting-user-name scanner
  ATTR name job-name "Three documents"
  STATUS successful-ok
  EXPECT job-id
}
"""

SEND_DOCUMENT = """{{
  OPERATION Send-Document
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR integer job-id $job-id
  ATTR name requesting-user-name scanner
  ATTR name document-name "{name}"
  ATTR mimeMediaType document-format {mime}
  ATTR boolean last-document {last}
  FILE {path}
  STATUS successful-ok
}}
"""


class Ipp(EndToEnd):
    def ipptool(self, script):
        path = self.file("script.test", script.encode())
        output = self.cups.run("ipptool", "-tv",
                               f"ipp://127.0.0.1:{self.cups.port}/printers/{self.queue}", path).stdout
        return int(re.search(r"job-id \(integer\) = (\d+)", output).group(1))

    def test_a_posted_pdf(self):
        data = documents.pdf(2)
        job = self.ipptool(PRINT_JOB.format(mime="application/pdf", more="",
                                            path=self.file("posted.pdf", data)))
        message = self.parsed_mail(job)
        self.assertEqual(message["Subject"], "From the corridor")
        self.assertEqual(mail.attachments(message)[0].data, data)

    def test_a_posted_document_that_is_not_what_it_claims(self):
        job = self.ipptool(PRINT_JOB.format(mime="application/pdf", more="",
                                            path=self.file("liar.pdf", documents.noise())))
        self.assert_no_mail(job, "canceled")

    def test_three_documents_in_one_job(self):
        contents = [documents.pdf(1, f"number {number}") for number in range(3)]
        script = CREATE_JOB + "".join(
            SEND_DOCUMENT.format(name=f"part {number}", mime="application/pdf",
                                 last="true" if number == 2 else "false",
                                 path=self.file(f"part{number}.pdf", data))
            for number, data in enumerate(contents))
        attachments = mail.attachments(self.parsed_mail(self.ipptool(script)))
        self.assertEqual([one.data for one in attachments], contents)
        self.assertEqual([one.name for one in attachments],
                         [f"part {number}.pdf" for number in range(3)])

    def test_compressed(self):
        data = documents.pdf(3)
        job = self.ipp.print_job(self.queue, gzip.compress(data), compression="gzip",
                                 mime="application/pdf")
        (attachment,) = mail.attachments(self.parsed_mail(job))
        self.assertEqual(attachment.data, data)

    def test_several_compressed_documents(self):
        contents = [documents.pdf(1, "a"), documents.pdf(1, "b"), documents.pdf(1, "c")]
        for compressed in ((True, True, True), (False, True, False), (True, False, True)):
            with self.subTest(compressed):
                self.sink.reset()
                job = self.ipp.create_job(self.queue)
                for number, data in enumerate(contents):
                    zipped = compressed[number]
                    self.ipp.send_document(self.queue, job,
                                           gzip.compress(data) if zipped else data,
                                           last=number == 2, mime="application/pdf",
                                           compression="gzip" if zipped else None)
                attachments = mail.attachments(self.parsed_mail(job))
                self.assertEqual([one.data for one in attachments], contents)

    def test_a_damaged_compressed_document(self):
        data = gzip.compress(documents.pdf(filler=20_000))
        job = self.ipp.print_job(self.queue, data[:-500], compression="gzip",
                                 mime="application/pdf")
        self.assert_no_mail(job, "canceled")


class Lpd(EndToEnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # cups-lpd takes jobs for shared queues only.
        cls.cups.run("lpadmin", "-p", cls.queue, "-o", "printer-is-shared=true")

    def send(self, control_letter, name, data, *options):
        """What an old scanner does: RFC 1179, to cups-lpd as inetd would start it."""
        ours, theirs = socket.socketpair()
        environment = {**self.cups.environment(), "CUPS_SERVER": f"localhost:{self.cups.port}"}
        process = subprocess.Popen([CUPS_LPD, "-n", *options], stdin=theirs, stdout=theirs,
                                   stderr=subprocess.DEVNULL, env=environment)
        theirs.close()
        ours.settimeout(30)
        self.addCleanup(ours.close)
        control = (f"Hscanner\nPcopyroom\nJ{name}\n{control_letter}dfA001scanner\n"
                   f"UdfA001scanner\nN{name}\n").encode()

        def step(message):
            ours.sendall(message)
            self.assertEqual(ours.recv(1), b"\0", message[:60])

        step(b"\x02" + self.queue.encode() + b"\n")
        step(b"\x02%d cfA001scanner\n" % len(control))
        step(control + b"\0")
        step(b"\x03%d dfA001scanner\n" % len(data))
        sender = threading.Thread(target=ours.sendall, args=(data + b"\0",))
        sender.start()
        self.assertEqual(ours.recv(1), b"\0")
        sender.join()
        ours.shutdown(socket.SHUT_WR)
        self.assertEqual(process.wait(30), 0)

    def arrived(self, data):
        (arrived,) = self.sink.wait_messages(1)
        self.assert_sound(arrived)
        self.assertEqual(arrived.recipients, [TO])
        (attachment,) = mail.attachments(mail.parse(arrived.data))
        self.assertEqual(attachment.data, data)

    def test_formatted_and_literal(self):
        data = documents.pdf(2)
        for letter in "fl":
            for options in ((), ("-o", "document-format=application/octet-stream")):
                with self.subTest(letter=letter, options=options):
                    self.sink.reset()
                    self.send(letter, "scan.pdf", data, *options)
                    self.arrived(data)
