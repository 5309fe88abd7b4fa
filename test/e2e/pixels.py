# SPDX-License-Identifier: Apache-2.0
"""Images whose every sample is known, and the samples that a PDF holds."""

import base64
import json
import random
import subprocess
import zlib

from . import images

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# samples of a pixel by PNG's type of colour
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2))


def pack(values, bits):
    """Samples as PNG and PDF hold a row of them."""
    number = 0
    for value in values:
        number = number << bits | value
    unused = -len(values) * bits % 8
    return (number << unused).to_bytes((len(values) * bits + 7) // 8, "big")


def noise(width, height, count, bits, seed=1, top=None):
    """Rows of random pixels of count samples each, with some that come twice."""
    generator = random.Random(f"{seed} {count} {bits}")
    top = top or (1 << bits) - 1
    some = [tuple(generator.randint(0, top) for _ in range(count)) for _ in range(40)]
    return [[generator.choice(some) for _ in range(width)] for _ in range(height)]


def lines(rows, bits, pixels=slice(None)):
    """The rows packed; pixels: of each pixel, which samples."""
    return b"".join(pack([value for pixel in row for value in pixel[pixels]], bits)
                    for row in rows)


def png(kind, bits, rows, interlace=False, extra=b"", palette=b""):
    """extra: chunks behind the palette."""
    width, height = len(rows[0]), len(rows)
    data = b""
    for left, top, right, down in ADAM7 if interlace else ((0, 0, 1, 1),):
        part = [row[left::right] for row in rows[top::down]]
        for row in part if part and part[0] else []:
            data += b"\0" + lines([row], bits)
    return (SIGNATURE
            + images.png_chunk(b"IHDR", width.to_bytes(4, "big") + height.to_bytes(4, "big")
                               + bytes([bits, kind, 0, 0, interlace]))
            + (images.png_chunk(b"PLTE", palette) if palette else b"") + extra
            + images.png_chunk(b"IDAT", zlib.compress(data)) + images.png_chunk(b"IEND", b""))


def held(path):
    """The images in a PDF, in the order of its pages."""
    done = subprocess.run(["qpdf", "--json=2", "--json-key=qpdf", "--decode-level=generalized",
                           "--json-stream-data=inline", path],
                          check=True, capture_output=True, timeout=60)
    objects = json.loads(done.stdout)["qpdf"][1]
    found = []
    for number in sorted(objects, key=lambda key: (len(key), key)):
        entries = objects[number].get("stream", {}).get("dict", {})
        if entries.get("/Subtype") == "/Image" and entries not in [one.mask for one in found]:
            found.append(Image(objects, objects[number]["stream"]))
    return found


class Image:
    """One with its dictionary and samples, and those of its mask (None: it has none)."""

    def __init__(self, objects, stream):
        self.entries = stream["dict"]
        self.samples = base64.b64decode(stream["data"])
        mask = objects.get(f"obj:{self.entries.get('/SMask')}", {}).get("stream")
        self.mask = mask and mask["dict"]
        self.opacity = mask and base64.b64decode(mask["data"])

    def space(self):
        """The name of the colour space, behind a palette's the one of its colours."""
        space = self.entries["/ColorSpace"]
        return space[0] + " " + space[1] if isinstance(space, list) else space
