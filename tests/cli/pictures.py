# SPDX-License-Identifier: MIT
"""Writes and reads small picture files with the standard library only."""

import struct
import zlib


def scene(width, height):
    """Returns RGB rows of a picture: a gradient with bright and dark blocks."""
    rows = []
    for y in range(height):
        row = bytearray()
        for x in range(width):
            block = (x // 24 + y // 16) % 3
            row += bytes(((x * 255 // width + 80 * block) % 256, (y * 255 // height) ^ (block * 60),
                          200 if block else 30))
        rows.append(bytes(row))
    return rows


def png(rows, width, height=None, color_type=2, depth=8):
    """Returns a PNG file. `height` overrides the height in the header."""
    header = struct.pack(">IIBBBBB", width, len(rows) if height is None else height, depth, color_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def ppm(rows, width):
    return b"P6\n%d %d\n255\n" % (width, len(rows)) + b"".join(rows)


def bmp(rows, width):
    """Returns a 24-bit BMP file: rows from the bottom up, B G R, padded to 4 bytes."""
    padding = b"\0" * (-3 * width % 4)
    data = b"".join(b"".join(row[i:i + 3][::-1] for i in range(0, 3 * width, 3)) + padding for row in reversed(rows))
    return (b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, width, len(rows), 1, 24, 0, len(data), 2835, 2835, 0, 0) + data)


def png_rows(data):
    """Returns width and RGB rows of an 8-bit RGB PNG file. Raises if anything is wrong, including checksums."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG signature")
    at, compressed, header = 8, b"", None
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] != zlib.crc32(name + body):
            raise ValueError(f"checksum of {name!r}")
        if name == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif name == b"IDAT":
            compressed += body
        at += 12 + length
    width, height, depth, color_type = header[:4]
    if (depth, color_type) != (8, 2):
        raise ValueError("not 8-bit RGB")
    return width, unfilter(zlib.decompress(compressed), width, height)


def unfilter(raw, width, height):
    size = 3 * width
    if len(raw) != height * (size + 1):
        raise ValueError("data length")
    before, rows = bytearray(size), []
    for y in range(height):
        kind, row = raw[y * (size + 1)], bytearray(raw[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for i in range(size):
            left = row[i - 3] if i >= 3 else 0
            corner = before[i - 3] if i >= 3 else 0
            row[i] = (row[i]
                      + (0, left, before[i], (left + before[i]) // 2, paeth(left, before[i], corner))[kind]) & 255
        rows.append(bytes(row))
        before = row
    return rows


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
