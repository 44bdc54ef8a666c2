# SPDX-License-Identifier: MIT
"""v5lite watch on pictures: folders, lists, and the same pictures as streams give the same results."""

import json
import os
import subprocess
import sys
import threading
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import moving  # noqa: E402
import pictures  # noqa: E402
from program import PROGRAM  # noqa: E402
from watching import MODEL, NETWORK, WatchTest, passing  # noqa: E402


def found(lines):
    """Returns size and detections of each frame."""
    return [(line["width"], line["height"], line["detections"]) for line in lines]


class PicturesTest(WatchTest):
    def picture(self, number=20):
        return moving.frame(passing()[number])

    def put(self, name, data):
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def ppm(self, picture):
        return pictures.ppm([row.tobytes() for row in picture], picture.shape[1])

    def jpeg(self, picture):
        self.succeed("picture", "--out", "made.jpg", self.put("made.ppm", self.ppm(picture)))
        data = (self.directory / "made.jpg").read_bytes()
        for name in ("made.jpg", "made.ppm"):
            (self.directory / name).unlink()
        return data


class Lists(PicturesTest):
    def test_a_folder_in_order(self):
        for number in (20, 21, 22):
            self.put(f"f/{number}.ppm", self.ppm(self.picture(number)))
        self.put("f/notes.txt", b"no picture")
        self.put("f/deep/x.ppm", self.ppm(self.picture(23)))
        frames, summary = self.watch("--fps", "5", "f")
        names = ["f/20.ppm", "f/21.ppm", "f/22.ppm"]
        self.assertEqual([line["image"] for line in frames], names)
        self.assertEqual([line["time"] for line in frames], [0, 0.2, 0.4])
        self.assertEqual((summary["kind"], summary["frames"], summary["source"]), ("pictures", 3, "f"))
        frames, _ = self.watch("--recursive", "f")
        self.assertEqual(sorted(line["image"] for line in frames), sorted([*names, "f/deep/x.ppm"]))

    def test_a_list_gives_what_detect_gives(self):
        paths = [self.put(f"{number}.ppm", self.ppm(self.picture(number))) for number in (30, 10)]
        lines = self.succeed("detect", "--model", MODEL, "--size", NETWORK, "--agnostic", "--format", "json", *paths)
        want = [json.loads(line)["detections"] for line in lines.splitlines()]
        frames, _ = self.watch(*paths)
        boxes = lambda all_found: [[(d["class"], round(d["score"], 4)) for d in one] for one in all_found]
        self.assertEqual(boxes(line["detections"] for line in frames), boxes(want))

    def test_a_broken_picture_is_counted_and_named(self):
        self.put("f/1.ppm", self.ppm(self.picture()))
        self.put("f/2.ppm", b"P6 64 64 255\n")
        self.put("f/3.ppm", self.ppm(self.picture()))
        done = subprocess.run(self.command("--quiet", "f"), cwd=self.directory, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (0, 1))
        self.assertIn(b"f/2.ppm", done.stderr)
        frames, summary = self.parse(done.stdout)
        self.assertEqual(([line["frame"] for line in frames], summary["broken"]), ([1, 3], 1))

    def test_one_picture_is_a_list_of_one(self):
        path = self.put("a.png", pictures.png([row.tobytes() for row in self.picture()], moving.WIDTH))
        frames, summary = self.watch(path)
        self.assertEqual((len(frames), summary["kind"]), (1, "pictures"))
        self.assertIn("unknown stream", self.refuse("-", stdin=path.read_bytes()))


class Streams(PicturesTest):
    def test_exif_turns_frames_as_pictures(self):
        plain = self.jpeg(self.picture())
        for orientation in range(1, 9):
            exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0%c\0\0" % orientation
            data = plain[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + plain[2:]
            path = self.put("f/a.jpg", data)
            with self.subTest(orientation=orientation):
                listed = found(self.watch("f")[0])
                size = (moving.WIDTH, moving.HEIGHT) if orientation < 5 else (moving.HEIGHT, moving.WIDTH)
                self.assertEqual(listed[0][:2], size)
                self.assertEqual(found(self.watch(path)[0]), listed)
                self.assertEqual(found(self.watch("-", stdin=2 * data + 2 * plain)[0])[:2], 2 * listed)

    def test_every_binary_pnm_as_a_picture(self):
        rgb = self.picture()
        gray = rgb.mean(2).astype(np.uint8)
        height, width = gray.shape
        alpha = np.concatenate([rgb, gray[:, :, None]], 2)
        of = lambda maximum, samples: (samples.astype(np.uint32) * maximum // 255).astype(
            ">u2" if maximum > 255 else "u1")
        pam = b"P7\n# comment\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n"
        kinds = {"P4": b"P4\n%d %d\n" % (width, height) + np.packbits(gray < 128, axis=1).tobytes(),
                 "P7 4": pam % (width, height, 4, 255, b"RGB_ALPHA") + alpha.tobytes(),
                 "P7 3": pam % (width, height, 3, 255, b"RGB") + rgb.tobytes(),
                 "P7 1": pam % (width, height, 1, 1023, b"GRAYSCALE") + of(1023, gray).tobytes()}
        for maximum in (15, 255, 1023, 65535):
            kinds[f"P5 {maximum}"] = b"P5 %d %d %d\n" % (width, height, maximum) + of(maximum, gray).tobytes()
            kinds[f"P6 {maximum}"] = b"P6 %d %d %d\n" % (width, height, maximum) + of(maximum, rgb).tobytes()
        for name, data in kinds.items():
            with self.subTest(kind=name):
                self.put("f/a.pnm", data)
                listed = found(self.watch("f")[0])
                frames, summary = self.watch("-", stdin=3 * data)
                self.assertEqual((found(frames), summary["kind"]), (3 * listed, "pnm"))
                if name != "P4":
                    self.assertTrue(listed[0][2])

    def test_raw_gbrp_as_a_picture(self):
        rgb = self.picture()
        self.put("f/a.ppm", self.ppm(rgb))
        data = rgb[:, :, [1, 2, 0]].transpose(2, 0, 1).tobytes()
        options = ("--pixel-format", "gbrp", "--video-size", f"{moving.WIDTH}x{moving.HEIGHT}")
        listed, (frames, summary) = found(self.watch("f")[0]), self.watch(*options, "-", stdin=2 * data)
        self.assertEqual((found(frames), summary["kind"]), (2 * listed, "raw"))
        self.watch(*options, "--draw", "gbr.y4m", "-", stdin=data)
        self.watch("--draw", "rgb.y4m", "-", stdin=self.ppm(rgb))
        self.assertEqual((self.directory / "gbr.y4m").read_bytes(), (self.directory / "rgb.y4m").read_bytes())

    def test_samples_above_the_maximum_are_a_broken_frame(self):
        good, bad = b"P5 2 2 15\n\0\1\2\x0f", b"P5 2 2 15\n\0\1\2\x10"
        frames, summary = self.watch("-", stdin=good + bad + good)
        self.assertEqual(([line["frame"] for line in frames], summary["broken"]), ([1, 3], 1))
        for other in (b"P5 2 2 255\n\0\1\2\3", b"P6 1 1 15\n\0\0\0", b"hello"):
            done = subprocess.run(self.command("--quiet", "-"), input=good + other, capture_output=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (1, 1), done.stderr)

    def test_a_fifo_waits_for_its_writer(self):
        path = self.directory / "fifo"
        os.mkfifo(path)
        data = moving.y4m(passing(3))
        run = self.start("fifo")
        writer = threading.Thread(target=lambda: path.write_bytes(data), daemon=True)
        writer.start()
        out, messages = run.communicate(timeout=60)
        writer.join(10)
        self.assertEqual(run.returncode, 0, messages)
        frames, summary = self.parse(out)
        self.assertEqual((len(frames), summary["kind"], summary["source"]), (3, "y4m", "fifo"))

    def test_detect_refuses_a_stream_and_names_watch(self):
        jpeg = self.jpeg(self.picture())
        for data in (2 * jpeg, 2 * self.ppm(self.picture()), jpeg + b"x", moving.y4m(passing(1))):
            done = subprocess.run(PROGRAM + ["detect", "--model", str(MODEL), "-"], input=data, capture_output=True,
                                  timeout=60)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1), done.stderr)
            self.assertIn(b"'v5lite watch", done.stderr)


if __name__ == "__main__":
    unittest.main()
