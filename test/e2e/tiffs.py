# SPDX-License-Identifier: Apache-2.0
"""TIFF files to print: written here tag by tag, or turned by tiffcp into what it can write."""

import io
import os
import struct
import subprocess
import tempfile
from functools import lru_cache

from PIL import Image

from . import images

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

SHORT, LONG, RATIONAL, UNDEFINED = 3, 4, 5, 7
FORMATS = {1: "B", SHORT: "H", LONG: "I", RATIONAL: "II", UNDEFINED: "B", 16: "Q"}

SUBFILE, WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
OFFSETS, ORIENTATION, SAMPLES, ROWS, COUNTS, X, Y, PLANAR = 273, 274, 277, 278, 279, 282, 283, 284
UNIT, PAGE, COLORMAP, TILE_WIDTH, TILE_LENGTH = 296, 297, 320, 322, 323
TILE_OFFSETS, TILE_COUNTS, INK_SET, EXTRA, FORMAT, SUBSAMPLING, PROFILE = 324, 325, 332, 338, 339, 530, 34675
WHITE, BLACK, RGB, PALETTE, CMYK = 0, 1, 2, 3, 5


class Page:
    """A directory: numbers by tag, and its strips (or tiles)."""

    def __init__(self, tags, parts, tiled=False):
        self.tags, self.parts = dict(tags), parts
        self.offsets, self.counts = (TILE_OFFSETS, TILE_COUNTS) if tiled else (OFFSETS, COUNTS)


def raw(width, height, bits, samples, photometric, data, **more):
    """One strip as it is. more: tags by their names here in lower case."""
    tags = {WIDTH: width, LENGTH: height, BITS: [bits] * samples, COMPRESSION: 1,
            PHOTOMETRIC: photometric, SAMPLES: samples, ROWS: height}
    tags.update({globals()[name.upper()]: value for name, value in more.items()})
    return Page(tags, data if isinstance(data, list) else [data])


def kind(tag, values):
    if tag in (X, Y):
        return RATIONAL
    if tag == PROFILE:
        return UNDEFINED
    return SHORT if tag not in (SUBFILE, ROWS, WIDTH, LENGTH) and max(values) < 65536 else LONG


def write(*pages, order="<", big=False, links=None):
    """links: the offset that each page but the last says of the next one, where it is to lie."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    out = bytearray(head + (struct.pack(order + "HH", 8, 0) + bytes(8) if big else bytes(4)))
    pointer = 8 if big else 4
    for page in pages:
        tags = {tag: value if isinstance(value, (list, bytes)) else [value]
                for tag, value in page.tags.items()}
        tags[page.offsets], tags[page.counts] = [], [len(part) for part in page.parts]
        for part in page.parts:
            tags[page.offsets].append(len(out))
            out += part + bytes(len(part) % 2)
        entries = []
        for tag, values in sorted(tags.items()):
            form = kind(tag, values) if tag not in (page.offsets, page.counts) else LONG
            numbers = [n for value in values for n in (value if isinstance(value, tuple)
                                                       else (value,))]
            data = struct.pack(order + str(len(numbers)) + FORMATS[form][0], *numbers)
            room = 8 if big else 4
            if len(data) > room:
                place = struct.pack(order + ("Q" if big else "I"), len(out))
                out += data + bytes(len(data) % 2)
            else:
                place = data.ljust(room, b"\0")
            entries.append(struct.pack(order + ("HHQ" if big else "HHI"), tag, form, len(values))
                           + place)
        struct.pack_into(order + ("Q" if big else "I"), out, pointer, len(out))
        out += struct.pack(order + ("Q" if big else "H"), len(entries)) + b"".join(entries)
        pointer = len(out)
        out += bytes(8 if big else 4)
    if links:
        struct.pack_into(order + ("Q" if big else "I"), out, pointer, links)
    return bytes(out)


@lru_cache
def bilevel(width=201, height=133):
    """A page with text-like marks, and a corner of noise."""
    picture = images.picture(width, height, "L").point(lambda value: 255 if value > 110 else 0)
    return picture.convert("1", dither=0)


def bits(image, photometric):
    """A page of black and white, whichever is 0."""
    data = image.convert("1", dither=0).tobytes()
    if photometric == WHITE:
        data = bytes(byte ^ 0xff for byte in data)
    return raw(*image.size, 1, 1, photometric, data)


def picture(mode, width=97, height=61):
    return bilevel(width, height) if mode == "1" else images.picture(width, height, mode)


def strip(data):
    """The bytes of the only strip."""
    image = Image.open(io.BytesIO(data))
    (offset,), (count,) = image.tag_v2[OFFSETS], image.tag_v2[COUNTS]
    return data[offset:offset + count]


def fax_pages(image, count):
    """So many times the same page of group 4, at 600 pixels an inch."""
    data = strip(tiffcp(pil(image), "-c", "g4", "-r", str(image.height)))
    page = raw(*image.size, 1, 1, BLACK, data, compression=4, x=[(600, 1)], y=[(600, 1)])
    return write(*[page] * count)


def pil(image, **options):
    out = io.BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


def tool(name, data, *arguments):
    """What a tool of libtiff makes of a file."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, file) for file in ("in.tif", "out.tif")]
        with open(paths[0], "wb") as file:
            file.write(data)
        subprocess.run([name, *arguments, *paths], check=True, capture_output=True, timeout=60)
        with open(paths[1], "rb") as file:
            return file.read()


@lru_cache(maxsize=200)
def tiffcp(data, *arguments):
    return tool("tiffcp", data, *arguments)


@lru_cache(maxsize=50)
def twice(data, *arguments):
    """The page two times."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, file) for file in ("in.tif", "in.tif", "out.tif")]
        with open(paths[0], "wb") as file:
            file.write(data)
        subprocess.run(["tiffcp", *arguments, *paths], check=True, capture_output=True, timeout=60)
        with open(paths[-1], "rb") as file:
            return file.read()
