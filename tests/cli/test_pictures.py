# SPDX-License-Identifier: MIT
"""`v5lite picture` decodes files of many kinds correctly; training, evaluation and auditing read the same pixels."""

import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

import numpy as np

import pictures
from program import PROGRAM, ROOT

sys.path.insert(0, str(ROOT / "tools"))
from auditing.errors import AuditError  # noqa: E402
from auditing.pictures import read_picture  # noqa: E402
from decoder import DecodeError, decode  # noqa: E402
from evaluation.pictures import picture_size  # noqa: E402

SHARED = os.environ.get("V5LITE_SHARED", "")
WIDTH, HEIGHT = 21, 13
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(chunks):
    return SIGNATURE + b"".join(pictures.chunk(name, body) for name, body in chunks)


def header(depth, color, width=WIDTH, height=HEIGHT):
    return struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)


def rows_of(samples):
    return b"".join(b"\0" + row.tobytes() for row in samples)


def exif(order, orientation, kind=3):
    mark = b"II*\0" if order == "<" else b"MM\0*"
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *([orientation, 0] if kind == 3 else [orientation]))
    return mark + struct.pack(order + "IHHHI", 8, 1, 0x0112, kind, 1) + value + bytes(4)


def upright(picture, orientation):
    """Exif orientations, by NumPy."""
    turns = {1: picture, 2: picture[:, ::-1], 3: picture[::-1, ::-1], 4: picture[::-1], 5: picture.transpose(1, 0, 2),
             6: np.rot90(picture, -1), 7: picture[::-1, ::-1].transpose(1, 0, 2), 8: np.rot90(picture)}
    return turns[orientation]


class Zoo(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.random = np.random.default_rng(1)
        self.rgb = self.random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        os.environ["V5LITE"] = PROGRAM[-1]

    def put(self, name, data):
        path = self.path / name
        path.write_bytes(data)
        return str(path)

    def run_program(self, *arguments, stdin=b""):
        return subprocess.run([*PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, check=False,
                              cwd=self.path)

    def expect(self, name, data, wanted, warns=None):
        """Checks that all readers see `wanted`."""
        with self.subTest(name=name):
            path = self.put(name, data)
            np.testing.assert_array_equal(decode(path), wanted)
            np.testing.assert_array_equal(read_picture(path)[0], wanted)
            self.assertEqual(tuple(picture_size(path)), (wanted.shape[1], wanted.shape[0]))
            done = self.run_program("picture", path)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(done.stdout.split(b"\t")[:2], [b"%d" % wanted.shape[1], b"%d" % wanted.shape[0]])
            said = self.run_program("picture", "--out", "out.png", path).stderr.decode()
            self.assertEqual(said.count("\n"), 0 if warns is None else 1, said)
            self.assertIn(warns or "", said)

    def refuse(self, name, data, says):
        """Checks that all readers refuse it in one line."""
        with self.subTest(name=name):
            path = self.put(name, data)
            done = self.run_program("picture", "--out", "-", path)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1), done.stderr)
            self.assertIn(says, done.stderr.decode())
            self.assertRaises(DecodeError, decode, path)
            self.assertRaises(AuditError, read_picture, path)

    def test_pnm_of_every_maximum(self):
        for maximum in (1, 2, 15, 100, 127, 254, 255, 256, 1023, 4095, 65534, 65535):
            kind = ">u2" if maximum > 255 else "u1"
            for channels, magic in ((3, 6), (1, 5)):
                samples = self.random.integers(0, maximum + 1, (HEIGHT, WIDTH, channels))
                wanted = ((samples * 255 + maximum // 2) // maximum).astype(np.uint8).repeat(3 // channels, 2)
                top = f"{WIDTH} # columns\n{HEIGHT}\n{maximum}\n".encode()
                self.expect(f"{magic}_{maximum}.pnm", b"P%d\n" % magic + top + samples.astype(kind).tobytes(), wanted)
                text = " ".join(map(str, samples.ravel())).encode()
                self.expect(f"{magic - 3}_{maximum}.pnm", b"P%d " % (magic - 3) + top + text, wanted)
                pam = f"P7\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH {channels}\nMAXVAL {maximum}\nENDHDR\n".encode()
                self.expect(f"{magic}_{maximum}.pam", pam + samples.astype(kind).tobytes(), wanted)

    def test_bitmaps(self):
        bits = self.random.integers(0, 2, (HEIGHT, WIDTH))
        wanted = np.where(bits[:, :, None] == 1, 0, 255).astype(np.uint8).repeat(3, 2)
        top = b"%d %d\n" % (WIDTH, HEIGHT)
        self.expect("4.pbm", b"P4\n" + top + np.packbits(bits.astype(np.uint8), 1).tobytes(), wanted)
        self.expect("1.pbm", b"P1\n" + top + "".join(map(str, bits.ravel())).encode(), wanted)

    def test_broken_pnm(self):
        body = bytes(range(12)) * 3
        for name, top, says in (("zero", b"P6 2 2 0\n", "maximum"), ("above", b"P6 2 2 65536\n", "maximum"),
                                ("sample", b"P6 2 2 5\n", "above"), ("none", b"P6 2 2\n", "header"),
                                ("long", b"P6 99999999999 1 255\n", "truncated"),
                                ("digits", b"P3 1 1 255\n1 2 ", "truncated"),
                                ("tuple", b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\n",
                                 "PAM")):
            self.refuse(name + ".ppm", top + (b"" if name == "digits" else body), says)

    def test_png_of_every_depth(self):
        wide = self.random.integers(0, 65536, (HEIGHT, WIDTH, 4))
        reduced = ((wide * 255 + 32767) // 65535).astype(np.uint8)
        for color, channels in ((0, 1), (2, 3), (4, 2), (6, 4)):
            end = [(b"IDAT", zlib.compress(rows_of(wide[:, :, :channels].astype(">u2")))), (b"IEND", b"")]
            wanted = reduced[:, :, :3] if channels >= 3 else reduced[:, :, :1].repeat(3, 2)
            self.expect(f"16_{color}.png", png([(b"IHDR", header(16, color)), *end]), wanted)
        index = self.random.integers(0, 4, (HEIGHT, WIDTH), dtype=np.uint8)
        palette = self.random.integers(0, 256, (4, 3), dtype=np.uint8)
        self.expect("palette.png", png([(b"IHDR", header(8, 3)), (b"PLTE", palette.tobytes()), (b"tRNS", b"\0\x80"),
                                        (b"IDAT", zlib.compress(rows_of(index))), (b"IEND", b"")]), palette[index])

    def test_apples_png(self):
        alpha = self.random.integers(0, 2, (HEIGHT, WIDTH, 1), dtype=np.uint8) * 128 + 127
        straight = self.rgb
        multiplied = np.concatenate([(straight * alpha.astype(int) + 127) // 255, alpha], 2).astype(np.uint8)
        wanted = ((multiplied[:, :, :3].astype(int) * 255 + alpha // 2) // alpha).astype(np.uint8)
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = packer.compress(rows_of(multiplied[:, :, [2, 1, 0, 3]])) + packer.flush()
        self.expect("cgbi.png", png([(b"CgBI", b"\x50\0\x20\x06"), (b"IHDR", header(8, 6)), (b"IDAT", data),
                                     (b"IEND", b"")]), wanted)

    def test_orientation(self):
        data = (b"IDAT", zlib.compress(rows_of(self.rgb)))
        for orientation in range(1, 9):
            wanted = upright(self.rgb, orientation)
            for order in "<>":
                tag = (b"eXIf", exif(order, orientation))
                for place, chunks in (("before", [tag, data]), ("after", [data, tag])):
                    self.expect(f"{orientation}{place}.png", png([(b"IHDR", header(8, 2)), *chunks, (b"IEND", b"")]),
                                wanted)
                plain = self.jpeg()
                turned = plain[:2] + self.segment(0xE1, b"Exif\0\0" + exif(order, orientation, 4)) + plain[2:]
                self.expect(f"{orientation}.jpg", turned, upright(decode(self.put("plain.jpg", plain)), orientation))

    @staticmethod
    def segment(marker, body):
        return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body

    def jpeg(self):
        """Returns a JPEG of this program, which has the standard Huffman tables."""
        smooth = np.add.outer(np.arange(64) * 3, np.arange(80) * 2)[:, :, None].repeat(3, 2).astype(np.uint8)
        self.put("smooth.ppm", b"P6 80 64 255\n" + smooth.tobytes())
        self.assertEqual(self.run_program("picture", "--out", "smooth.jpg", "smooth.ppm").returncode, 0)
        return (self.path / "smooth.jpg").read_bytes()

    @staticmethod
    def without(jpeg, marker):
        at, kept = 2, jpeg[:2]
        while jpeg[at + 1] != 0xDA:
            length = 2 + struct.unpack_from(">H", jpeg, at + 2)[0]
            kept += jpeg[at:at + length] if jpeg[at + 1] != marker else b""
            at += length
        return kept + jpeg[at:]

    def test_incomplete_jpeg(self):
        whole = self.jpeg()
        wanted = decode(self.put("whole.jpg", whole))
        self.expect("tables.jpg", self.without(whole, 0xC4), wanted, "Huffman")
        self.expect("end.jpg", whole[:-2], wanted, "end marker")
        self.expect("half_end.jpg", whole[:-1], wanted, "end marker")
        self.expect("both.jpg", self.without(whole, 0xC4)[:-2], wanted, "end marker")
        self.expect("trailer.jpg", whole + whole, wanted)
        self.refuse("cut.jpg", whole[:-30], "truncated")
        for marker, says in ((0xC3, "lossless"), (0xC9, "arithmetic"), (0xC5, "hierarchical")):
            self.refuse("frame.jpg", whole.replace(b"\xff\xc0", bytes([0xFF, marker])), says)
        at = whole.index(b"\xff\xc0") + 4
        self.refuse("deep.jpg", whole[:at] + b"\x0c" + whole[at + 1:], "12 bits")

    def test_four_components_as_libjpeg(self):
        """Four components without Adobe's marker are inverted C, M, Y, K. One block each, DC only."""
        levels = (200, 30, 50, 240)
        bits = ""
        for level in levels:  # one-symbol tables: code 0 is category 10, or the end of a block
            value = (level - 128) * 8
            bits += "0" + format(value if value > 0 else value + 1023, "010b") + "0"
        bits += "1" * (-len(bits) % 8)
        data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
        tables = self.segment(0xDB, b"\0" + b"\1" * 64) + self.segment(0xC4, b"\0\1" + bytes(15) + b"\x0a\x10\1"
                                                                       + bytes(15) + b"\0")
        components = b"".join(bytes([i, 0x11, 0]) for i in range(1, 5))
        scan = b"\4" + b"".join(bytes([i, 0]) for i in range(1, 5)) + b"\0\x3f\0"
        body = tables + self.segment(0xC0, b"\x08\0\x08\0\x08\4" + components) + self.segment(0xDA,
                                                                                              scan) + data + b"\xff\xd9"
        adobe = b"Adobe\0\x64\0\0\0\0"
        wanted = np.empty((8, 8, 3), np.uint8)
        wanted[:] = [(c * levels[3] + 127) // 255 for c in levels[:3]]
        self.expect("cmyk.jpg", b"\xff\xd8" + body, wanted)
        self.expect("adobe.jpg", b"\xff\xd8" + self.segment(0xEE, adobe + b"\0") + body, wanted)

    def test_damage_and_other_kinds(self):
        whole = bytearray(pictures.png([row.tobytes() for row in self.rgb], WIDTH))
        whole[whole.index(b"IDAT") + 20] ^= 1
        self.refuse("checksum.png", bytes(whole), "checksum")
        for start, says in ((b"GIF89a", "GIF"), (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"), (b"II*\0\x08\0\0\0", "TIFF"),
                            (b"%PDF-1.4", "PDF"),
                            (b"\0\0\0\x18ftypheic", "HEIC"), (b"\0\0\0\x18ftypavif", "AVIF"), (b"<svg ", "SVG"),
                            (b"", "empty")):
            self.refuse("other.jpg", start + b"\0" * 20 * bool(start), says)

    def test_claims_are_not_believed(self):
        self.refuse("bomb.bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 16384, 12000, 1, 24, 0, 0, 0,
                                                    0, 0, 0), "truncated")
        self.refuse("bomb.png",
                    png([(b"IHDR", header(16, 6, 14000, 14000)), (b"IDAT", bytes(2 << 20)), (b"IEND", b"")]), "1 GiB")
        self.refuse("more.png", png([(b"IHDR", header(8, 2)), (b"IDAT", zlib.compress(bytes(64 << 20))),
                                     (b"IEND", b"")]), "header says")
        frame = self.segment(0xC2, b"\x08" + struct.pack(">HH", 8192, 8192) + b"\1\1\x11\0")
        scans = self.segment(0xDA, b"\1\1\0\1\x3f\0") + b"\0"
        self.refuse("scans.jpg", b"\xff\xd8" + frame + scans * 300 + bytes(1 << 18) + b"\xff\xd9", "scans")

    @unittest.skipUnless(SHARED, "needs golden/ of the PyTorch original: pass SHARED=DIR")
    def test_pixels_are_those_of_the_original(self):
        """libjpeg-turbo's are the same bits; stb's are at most 4 levels away."""
        allowed = 0 if b"turbo" in self.run_program("--version").stdout else 4
        for lossless in sorted((Path(SHARED) / "golden" / "inputs").glob("*_decoded.png")):
            with self.subTest(name=lossless.name):
                wanted = decode(str(lossless)).astype(int)
                got = decode(str(lossless.with_name(lossless.name.replace("_decoded.png", ".jpg"))))
                self.assertLessEqual(np.abs(got - wanted).max(), allowed)

    def test_streams(self):
        jpeg, ppm = self.jpeg(), b"P6 1 1 255\n123"
        single = pictures.png([row.tobytes() for row in self.rgb], WIDTH)
        for one in (jpeg, ppm, single):
            self.assertEqual(self.run_program("picture", "--out", "-", "-", stdin=one + b"\0" * 9).returncode, 0)
            for other in (jpeg, ppm, single):
                done = self.run_program("picture", "--out", "-", "-", stdin=one + other)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
                self.assertIn(b"watch", done.stderr)

    def test_outputs(self):
        source = self.put("in.ppm", b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + self.rgb.tobytes())
        for name in ("out.png", "out.bmp", "out.ppm"):
            self.assertEqual(self.run_program("picture", "--out", name, source).returncode, 0)
            np.testing.assert_array_equal(decode(str(self.path / name)), self.rgb)
        for name in ("out.webp", "out", "in.ppm"):
            done = self.run_program("picture", "--out", name, source)
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1))


if __name__ == "__main__":
    unittest.main()
