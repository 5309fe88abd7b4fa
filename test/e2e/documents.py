# SPDX-License-Identifier: Apache-2.0
"""Documents to print: made here, or by Ghostscript from PostScript made here."""

import os
import random
import subprocess
import tempfile
import zlib
from functools import lru_cache


def pdf(pages=1, text="scan-email", filler=0, boxes=("/MediaBox [0 0 595 842]",)):
    """A sound PDF, each page of which shows its number; filler: incompressible bytes inside it;
    boxes: what pages say of their size, in turn."""
    objects = {}
    kids = " ".join(f"{4 + 2 * page} 0 R" for page in range(pages))
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[2] = f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>".encode()
    objects[3] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    for page in range(pages):
        stream = f"BT /F1 24 Tf 72 720 Td ({text} page {page + 1}) Tj ET".encode()
        objects[4 + 2 * page] = (
            f"<< /Type /Page /Parent 2 0 R {boxes[page % len(boxes)]} /Contents {5 + 2 * page} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>").encode()
        objects[5 + 2 * page] = _stream(stream)
    if filler:
        objects[4 + 2 * pages] = _stream(random.Random(filler).randbytes(filler))
    return _assemble([objects[number] for number in sorted(objects)])


def _stream(data, keys=""):
    return f"<< {keys}/Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def pdf_of_noise(pages, octets):
    """A PDF whose pages have a number and an image of so many bytes each, incompressible."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>",
               f"<< /Type /Pages /Count {pages} /Kids [".encode()
               + b" ".join(b"%d 0 R" % (4 + 3 * page) for page in range(pages)) + b"] >>",
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    width = octets // 100
    for page in range(pages):
        number = 4 + 3 * page
        objects += [
            (f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number + 1} 0 R "
             f"/Resources << /Font << /F1 3 0 R >> /XObject << /I {number + 2} 0 R >> >> >>").encode(),
            _stream(f"BT /F1 24 Tf 72 720 Td (page {page + 1}) Tj ET "
                    "q 300 0 0 300 72 72 cm /I Do Q".encode()),
            _stream(random.Random(page).randbytes(100 * width),
                    f"/Type /XObject /Subtype /Image /Width {width} /Height 100 "
                    "/BitsPerComponent 8 /ColorSpace /DeviceGray "),
        ]
    return _assemble(objects)


def _assemble(objects):
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    out, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, text in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + text + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += (f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n"
            f"startxref\n{start}\n%%EOF\n").encode()
    return bytes(out)


def pdf_with_ticket(*lines):
    """A sound PDF with cupsd's job ticket comments after its first line."""
    ticket = "".join(f"%cupsJobTicket: {line}\n" for line in lines).encode()
    out = b"%PDF-1.4\n" + ticket
    body = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"]
    offsets = []
    for number, text in enumerate(body, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + text + b"\nendobj\n"
    start = len(out)
    table = b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    return (out + b"xref\n0 4\n0000000000 65535 f \n" + table
            + f"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())


def postscript(pages=1, creator=None, text="scan-email"):
    head = "%!PS-Adobe-3.0\n" + (f"%%Creator: {creator}\n" if creator else "")
    body = "".join(f"%%Page: {page + 1} {page + 1}\n/Helvetica findfont 24 scalefont setfont\n"
                   f"72 700 moveto ({text} page {page + 1}) show showpage\n" for page in range(pages))
    return (head + f"%%Pages: {pages}\n%%EndComments\n" + body + "%%EOF\n").encode()


def text(lines=5):
    return "".join(f"line {line + 1} of a plain text\n" for line in range(lines)).encode()


def noise(length=4096):
    """Bytes that no rule of the MIME database knows."""
    return b"\x00\x01\x02" + random.Random(7).randbytes(length)


def png(width=60, height=40):
    def chunk(kind, data):
        return (len(data).to_bytes(4, "big") + kind + data
                + zlib.crc32(kind + data).to_bytes(4, "big"))

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    rows = b"".join(b"\0" + bytes([row * 5 % 256, 90, 160]) * width for row in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def gif():
    """One black pixel."""
    return (b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00"
            b"\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")


def ppm(width=40, height=30):
    return f"P6\n{width} {height}\n255\n".encode() + bytes([200, 30, 60]) * (width * height)


@lru_cache
def from_ghostscript(device, pages=1, resolution=72):
    """What Ghostscript's device makes of a small page: jpeg, tiffg4, pwgraster, urf, bmp16m, …"""
    with tempfile.TemporaryDirectory() as directory:
        output = os.path.join(directory, "out")
        subprocess.run(["gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", f"-sDEVICE={device}",
                        f"-r{resolution}", f"-sOutputFile={output}", "-"],
                       input=postscript(pages), check=True, capture_output=True, timeout=60)
        with open(output, "rb") as file:
            return file.read()


def jpeg():
    return from_ghostscript("jpeg")


def tiff(pages=1):
    return from_ghostscript("tiffg4", pages)


def pwg_raster(pages=1):
    return from_ghostscript("pwgraster", pages)


def urf(pages=1):
    return from_ghostscript("urf", pages)


def bmp():
    return from_ghostscript("bmp16m")


# Every source type that cupsd can type, as (document, its MIME type), by a short name.
def every_type():
    return {
        "pdf": (pdf(), "application/pdf"),
        "postscript": (postscript(), "application/postscript"),
        "acrobat-ps": (postscript(creator="Adobe Acrobat 9.0"), "application/postscript"),
        "text": (text(), "text/plain"),
        "html": (b"<html><body>hello</body></html>\n", "text/html"),
        "shell": (b"#!/bin/sh\necho hello\n", "application/x-shell"),
        "perl": (b"#!/usr/bin/perl\nprint 1;\n", "application/x-perl"),
        "c-source": (b"#include <stdio.h>\nint main (void) { return 0; }\n", "application/x-csource"),
        "png": (png(), "image/png"),
        "gif": (gif(), "image/gif"),
        "jpeg": (jpeg(), "image/jpeg"),
        "tiff": (tiff(), "image/tiff"),
        "ppm": (ppm(), "image/x-portable-pixmap"),
        "bmp": (bmp(), "image/x-bitmap"),
        "pwg-raster": (pwg_raster(), "image/pwg-raster"),
        "urf": (urf(), "image/urf"),
    }
