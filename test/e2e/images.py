# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG images of every kind, made here."""

import io
import random
import subprocess
import zlib

from PIL import Image, ImageCms, ImageDraw

SOI = b"\xff\xd8"


def picture(width=97, height=61, mode="RGB", seed=5):
    """A picture whose corners differ, with soft and hard edges."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 3, height // 3), fill=(220, 30, 40))
    draw.rectangle((width * 2 // 3, 0, width, height // 4), fill=(30, 200, 60))
    draw.ellipse((width // 2, height // 2, width, height), fill=(40, 60, 230))
    points = random.Random(seed)
    for _ in range(width * height // 40):
        draw.point((points.randrange(width), points.randrange(height)), fill=(250, 240, 10))
    return image.convert(mode)


def scanned_page(width=2480, height=3508):
    """A page of paper with its grain, lines of text and a picture, as a scanner gives it."""
    paper = Image.effect_noise((width, height), 18).convert("RGB")
    page = Image.blend(paper, Image.new("RGB", (width, height), (245, 240, 230)), 0.7)
    draw = ImageDraw.Draw(page)
    for line in range(height // 58):
        draw.text((150, 60 + line * 50), "all that is written on this line " * 12, fill=(40, 20, 60))
    page.paste(picture(width // 3, height // 5), (width // 3, height // 2))
    return page


def jpeg(image=None, **options):
    """By libjpeg as PIL calls it: JFIF with grey and YCbCr, an Adobe marker with CMYK."""
    out = io.BytesIO()
    (image or picture()).save(out, "JPEG", **{"quality": 85, **options})
    return out.getvalue()


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def cjpeg(*options, image=None):
    out = io.BytesIO()
    (image or picture()).save(out, "PPM")
    return subprocess.run(["cjpeg", *options], input=out.getvalue(), check=True,
                          capture_output=True, timeout=60).stdout


def segments(data):
    """(marker, start, end) of each segment before the first scan."""
    at = 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2:at + 4], "big")
        yield data[at + 1], at, end
        at = end


def without(data, marker):
    for found, start, end in segments(data):
        if found == marker:
            return data[:start] + data[end:]
    raise AssertionError(f"no marker {marker:x}")


def with_segment(data, marker, payload):
    """The segment comes first, as Exif asks for."""
    return (data[:2] + bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload
            + data[2:])


def with_adobe_transform(data, transform):
    _, start, end = next(one for one in segments(data) if one[0] == 0xEE)
    return data[:end - 1] + bytes([transform]) + data[end:]


def with_jfif_density(data, unit, x, y):
    _, start, _ = next(one for one in segments(data) if one[0] == 0xE0)
    return (data[:start + 11] + bytes([unit]) + x.to_bytes(2, "big") + y.to_bytes(2, "big")
            + data[start + 16:])


def exif(orientation=None, resolution=None, unit=2, order="little"):
    """An APP1 payload; resolution: (x, y), rationals over 10."""
    def number(value, size):
        return value.to_bytes(size, order)

    entries = []
    if orientation is not None:
        entries.append((0x112, 3, number(orientation, 2) + b"\0\0"))
    if resolution:
        entries += [(0x11A, 5, None), (0x11B, 5, None)]
        entries.append((0x128, 3, number(unit, 2) + b"\0\0"))
    values = 8 + 2 + 12 * len(entries) + 4
    body = number(len(entries), 2)
    rationals = b""
    for tag, kind, value in entries:
        if value is None:
            value = number(values + len(rationals), 4)
            rationals += number(round(resolution[tag - 0x11A] * 10), 4) + number(10, 4)
        body += number(tag, 2) + number(kind, 2) + number(1, 4) + value
    head = (b"II*\0" if order == "little" else b"MM\0*") + number(8, 4)
    return b"Exif\0\0" + head + body + number(0, 4) + rationals


def profile(space="sRGB"):
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()


def with_profile(data, content, pieces=1):
    """The profile in as many APP2 segments, the last one first in the file."""
    size = -(-len(content) // pieces)
    for number in range(1, pieces + 1):
        data = with_segment(data, 0xE2, b"ICC_PROFILE\0" + bytes([number, pieces])
                            + content[(number - 1) * size:number * size])
    return data


# Every kind that is wrapped, by a short name.
def every_jpeg():
    cmyk = jpeg(picture(mode="CMYK"), subsampling=0)
    return {
        "grey": jpeg(picture(mode="L")),
        "ycbcr": jpeg(subsampling=2),
        "ycbcr-444": jpeg(subsampling=0),
        "ycbcr-unmarked": without(jpeg(), 0xE0),
        "rgb": cjpeg("-rgb"),
        "rgb-by-names": without(cjpeg("-rgb"), 0xEE),
        "progressive": jpeg(progressive=True),
        "progressive-grey": jpeg(picture(mode="L"), progressive=True),
        "optimized": jpeg(optimize=True),
        "extended": extended(jpeg()),
        "restarts": cjpeg("-restart", "2B"),
        "one-pixel": jpeg(picture(1, 1)),
        "wide": jpeg(picture(65500, 3, "L")),
        "high": jpeg(picture(3, 65500, "L")),
        "cmyk-adobe": cmyk,
        "cmyk": without(cmyk, 0xEE),
        "ycck": with_adobe_transform(cmyk, 2),
        "comment": with_segment(jpeg(), 0xFE, b"\xff\xd9 in a comment"),
    }


def extended(data):
    """The same image called extended sequential (SOF1)."""
    _, start, _ = next(one for one in segments(data) if one[0] == 0xC0)
    return data[:start + 1] + b"\xc1" + data[start + 2:]


def png_chunk(kind, data):
    return (len(data).to_bytes(4, "big") + kind + data
            + zlib.crc32(kind + data).to_bytes(4, "big"))


class Png:
    """A PNG of random samples: its bytes, and in shown the picture that it is."""

    SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

    def __init__(self, kind, bits, width=37, height=23, extra=b"", pieces=1, interlace=0, seed=9):
        generator = random.Random(seed)
        count, top = self.SAMPLES[kind], (1 << bits) - 1
        colors = min(top + 1, 200)
        palette = [tuple(generator.randrange(256) for _ in range(3)) for _ in range(colors)]
        self.shown = Image.new("RGB", (width, height))
        lines = b""
        before = bytes((width * count * bits + 7) // 8)
        for y in range(height):
            line, filled = 0, 0
            for x in range(width):
                values = [generator.randrange(colors if kind == 3 else top + 1)
                          for _ in range(count)]
                for value in values:
                    line, filled = line << bits | value, filled + bits
                seen = [value >> 8 if bits == 16 else value * 255 // top for value in values]
                self.shown.putpixel((x, y), palette[values[0]] if kind == 3
                                    else tuple((seen if count > 2 else seen[:1] * 3)[:3]))
            line = (line << -filled % 8).to_bytes(len(before), "big")
            # filters 0 (none) and 2 (up) in turn
            lines += (b"\0" + line if y % 2 == 0 else
                      b"\2" + bytes((a - b) % 256 for a, b in zip(line, before)))
            before = line
        self.compressed = zlib.compress(lines)
        size = -(-len(self.compressed) // pieces)
        self.data = (b"\x89PNG\r\n\x1a\n" + png_chunk(
            b"IHDR", width.to_bytes(4, "big") + height.to_bytes(4, "big")
            + bytes([bits, kind, 0, 0, interlace])) + extra)
        if kind == 3:
            self.data += png_chunk(b"PLTE", b"".join(bytes(color) for color in palette))
        self.data += b"".join(png_chunk(b"IDAT", self.compressed[at:at + size])
                              for at in range(0, len(self.compressed), size))
        self.data += png_chunk(b"IEND", b"")


def every_png():
    """Every kind that is wrapped, by a short name."""
    kinds = {f"grey-{bits}": Png(0, bits) for bits in (1, 2, 4, 8, 16)}
    kinds |= {f"palette-{bits}": Png(3, bits) for bits in (1, 2, 4, 8)}
    return kinds | {"color-8": Png(2, 8), "color-16": Png(2, 16), "pieces": Png(2, 8, pieces=7),
                    "one-pixel": Png(0, 8, 1, 1), "wide": Png(0, 1, 40000, 2)}


def phys(x, y, unit=1):
    return png_chunk(b"pHYs", x.to_bytes(4, "big") + y.to_bytes(4, "big") + bytes([unit]))
