# SPDX-License-Identifier: MIT
"""The recipes of tools/README.md, with the real programs: every digit of a clip has one track, and counts of a line are
true. Only rpicam-vid, which needs a Raspberry Pi, is replaced by a program with the same output."""

import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from program import PROGRAM, ROOT

sys.path[:0] = [str(ROOT / "tools" / "train"), str(ROOT / "tools")]
from clips import FPS, Clip, crossings, y4m  # noqa: E402

WIDTH, HEIGHT, FRAMES, SEED = 320, 240, 75, 1
LINE = (0.62 * WIDTH, 0, 0.62 * WIDTH, HEIGHT)  # of the page's options
SECONDS = 120


def recipes():
    """Returns the line of the page that sets options, and the recipes after it."""
    page = (ROOT / "tools" / "README.md").read_text()
    section = page.split("\n### Recipes\n", 1)[1].split("\n## ", 1)[0]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ") and not line.startswith("    #")]
    options, *commands = re.sub(r"\\\n +", "", "\n".join(lines)).splitlines()
    return options, commands


def iou(a, b):
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    if min(width, height) <= 0:
        return 0.0
    return width * height / (sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)) - width * height)


def lacking(*programs):
    """Returns why a test is skipped: the first program that is not installed."""
    return next((f"{name} is not installed" for name in programs if shutil.which(name) is None), None)


def run(command, folder):
    subprocess.run(command, cwd=folder, check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)


@unittest.skipIf(lacking("bash", "ffmpeg"), lacking("bash", "ffmpeg"))
class Recipes(unittest.TestCase):
    line = LINE

    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.folder = Path(kept.name)
        cls.options, cls.commands = recipes()
        clip = Clip(WIDTH, HEIGHT, FRAMES, SEED)
        cls.truth = clip.truth()["digits"]
        (cls.folder / "clip.y4m").write_bytes(b"".join(y4m(clip)))
        ffmpeg = ["ffmpeg", "-v", "error", "-i", "clip.y4m"]
        run([*ffmpeg, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "clip.mp4"], cls.folder)
        run([*ffmpeg, "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", "clip.avi"], cls.folder)
        (cls.folder / "weights").symlink_to(ROOT / "weights")
        (cls.folder / "build").mkdir()
        cls.script("build/v5lite", 'exec {} "$@"'.format(" ".join(PROGRAM)))

    @classmethod
    def script(cls, name, text):
        (cls.folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (cls.folder / name).chmod(0o755)

    def recipe(self, *words):
        """Returns the one recipe, a line, with all of these words."""
        found = [command for command in self.commands if all(word in f"{command}\n" for word in words)]
        self.assertEqual(len(found), 1, words)
        return found[0]

    def start(self, command):
        path = os.pathsep.join([str(self.folder), os.environ["PATH"]])
        return subprocess.Popen(["bash", "-c", f"set -o pipefail; {self.options}; {command}"], cwd=self.folder,
                                env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def finish(self, process):
        """Waits for a recipe, and returns its frames and its summary."""
        out, err = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 0, err)
        self.assertRegex(err.decode(), r"\Av5lite: done: [^\n]*\n\Z")
        *frames, last = [json.loads(line) for line in out.splitlines()]
        return frames, last["summary"]

    # ---- what is true ----

    def shift(self, frames):
        """Returns by how many frames a stream starts after the clip."""
        def fit(shift):
            return sum(max(iou(found["box"], digit["boxes"][frame["frame"] - 1 + shift]) for digit in self.truth)
                       for frame in frames[:5] for found in frame["detections"])
        return max(range(20), key=fit)

    def check(self, frames, summary, shift=0, least=FRAMES):
        """Checks that the digits of the clip are followed through a stream of at least so many frames."""
        self.assertGreaterEqual(len(frames), least)
        ids = [set() for _ in self.truth]
        for frame in frames:
            for found in frame["detections"]:
                fits = [iou(found["box"], digit["boxes"][frame["frame"] - 1 + shift]) for digit in self.truth]
                best = max(range(len(fits)), key=fits.__getitem__)
                self.assertGreater(fits[best], 0.5, (frame["frame"], found))
                self.assertEqual(found["name"], str(self.truth[best]["digit"]))
                if "id" in found:
                    ids[best].add(found["id"])
        self.assertEqual([len(of_one) for of_one in ids], [1] * len(ids), ids)
        self.assertEqual(len(set().union(*ids)), len(ids), ids)
        self.assertEqual(summary["tracks"], len(ids))
        self.check_counts(summary, shift)

    def check_counts(self, summary, shift=0):
        wanted = {str(digit["digit"]): crossings(digit["boxes"][shift:], self.line) for digit in self.truth}
        line, = summary["lines"]
        self.assertEqual({c["name"]: (c["right"], c["left"]) for c in line["classes"]},
                         {name: counts for name, counts in wanted.items() if counts != (0, 0)})
        self.assertEqual((line["right"], line["left"]), tuple(map(sum, zip(*wanted.values()))))
        self.assertGreater(min(line["right"], line["left"]), 0)

    def follow(self, *words):
        command = self.recipe(*words)
        self.check(*self.finish(self.start(command)), least=FRAMES // 2 if "--realtime" in command else FRAMES)

    # ---- recipes ----

    def test_h264_by_ffmpeg(self):
        self.follow("ffmpeg", "clip.mp4", "$options -\n")

    def test_drawn_video(self):
        process = self.start(self.recipe("--draw -"))
        out, err = process.communicate(timeout=SECONDS)
        self.assertEqual((process.returncode, out), (0, b""), err)
        *frames, last = [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]
        self.check(frames, last["summary"])

        def luma(name):
            return subprocess.run(["ffmpeg", "-v", "error", "-i", name, "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                                  cwd=self.folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout

        drawn = luma("drawn.mp4")
        self.assertEqual(len(drawn), FRAMES * WIDTH * HEIGHT)
        self.assertNotEqual(drawn, luma("clip.mp4"))

    def test_mjpeg_as_it_is(self):
        self.follow("ffmpeg", "clip.avi", "-c:v copy")

    def test_rtsp_between_two_processes(self):
        """ffmpeg is no RTSP server, but takes a stream that another one sends."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"rtsp://127.0.0.1:{probe.getsockname()[1]}/clip"
        command = self.recipe("rtsp://CAMERA").replace("-i rtsp://CAMERA", f"-rtsp_flags listen -i {address}")
        camera = self.start(command)
        sender = None
        try:
            for _ in range(20):  # until the other one listens
                time.sleep(0.3)
                sender = subprocess.run(["ffmpeg", "-v", "error", "-re", "-i", "clip.mp4", "-c:v", "copy", "-f", "rtsp",
                                         "-rtsp_transport", "tcp", address], cwd=self.folder, timeout=SECONDS,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
                if sender.returncode == 0 or b"refused" not in sender.stderr:
                    break
            self.assertEqual(sender.returncode, 0, sender.stderr)
            frames, summary = self.finish(camera)
        finally:
            camera.kill()
        shift = self.shift(frames)
        self.check(frames, summary, shift, FRAMES // 2)

    @unittest.skipIf(lacking("gst-launch-1.0"), lacking("gst-launch-1.0"))
    def test_gstreamer(self):
        for encoder in ("y4menc", "jpegenc"):
            with self.subTest(encoder=encoder):
                self.follow("gst-launch-1.0", encoder)

    @unittest.skipIf(lacking("curl"), lacking("curl"))
    def test_multipart_by_curl(self):
        run(["ffmpeg", "-v", "error", "-i", "clip.avi", "-c:v", "copy", "-f", "mpjpeg", "clip.mpjpeg"], self.folder)
        parts = re.split(rb"(?=--ffmpeg\r\n)", (self.folder / "clip.mpjpeg").read_bytes())

        class Camera(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=ffmpeg")
                self.end_headers()
                for part in parts:
                    self.wfile.write(part)
                    time.sleep(1 / FPS)

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Camera) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            address = f"http://127.0.0.1:{server.server_port}/stream.mjpeg"
            frames, summary = self.finish(self.start(self.recipe("curl").replace("http://CAMERA/stream.mjpeg",
                                                                                 address)))
            thread.join()
        self.check(frames, summary, least=FRAMES // 2)

    def test_rpicam_vid(self):
        """MJPEG: one whole JPEG after the other. yuv420: Y, U and V of each frame; 640 is a multiple of 64, so that
        rows have no padding."""
        clip = Clip(640, 480, FRAMES, SEED)
        (self.folder / "large.y4m").write_bytes(b"".join(y4m(clip)))
        self.script("rpicam-vid", 'case "$*" in\n*"640 --height 480"*mjpeg*) format="-f mjpeg -q:v 3" ;;\n'
                                  '*"640 --height 480"*yuv420*) format="-f rawvideo -pix_fmt yuv420p" ;;\n*) exit 1 '
                                  ';;\n'
                                  'esac\nexec ffmpeg -v error -i large.y4m $format -')
        self.truth, self.line = clip.truth()["digits"], tuple(2 * value for value in LINE)
        self.follow("rpicam-vid", "codec mjpeg")
        self.follow("rpicam-vid", "codec yuv420")

    def test_clips_of_other_seeds(self):
        """The same truth holds of other digits, sizes and speeds, in y4m without a pipe."""
        for seed in (2, 3, 4):
            clip = Clip(WIDTH, HEIGHT, FRAMES, seed)
            (self.folder / "other.y4m").write_bytes(b"".join(y4m(clip)))
            self.truth = clip.truth()["digits"]
            with self.subTest(seed=seed):
                self.check(*self.finish(self.start("build/v5lite watch $options other.y4m")))


class Page(unittest.TestCase):
    def test_every_recipe_is_run(self):
        options, commands = recipes()
        self.assertIn(f"middle:{LINE[0] / WIDTH:.0%},0%,{LINE[2] / WIDTH:.0%},100%", options)
        words = ("clip.mp4", "--draw - --events", "rtsp://CAMERA", "-c:v copy", "curl", "y4menc", "jpegenc",
                 "codec mjpeg", "codec yuv420")
        self.assertEqual(len(commands), len(words))
        for word, command in zip(words, commands):
            self.assertIn(word, command)


if __name__ == "__main__":
    unittest.main()
