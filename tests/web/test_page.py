# SPDX-License-Identifier: MIT
"""The demo page of build/web in headless Chromium: boxes have the bits of the native reference; files are chosen and
dropped; Chromium's fake camera, also with a video of the digits."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from functools import partial
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "cli")]
import browser  # noqa: E402
import moving  # noqa: E402
from program import PROGRAM, ROOT  # noqa: E402
from serving import Server  # noqa: E402

REFERENCE = os.path.abspath(os.environ.get("REFERENCE", ROOT / "build" / "tests" / "web_reference"))
DIGITS = ROOT / "weights" / "digits.v5l"
PICTURES = ROOT / "tests" / "images"
PATIENCE = 60  # seconds: other builds may keep the CPUs busy
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

TEXT = "return document.getElementById(arguments[0]).textContent"
STATE = "return document.getElementById('state').textContent === arguments[0]"
CLICK = "document.getElementById(arguments[0]).click()"
FOUND = "return document.getElementById('objects').textContent === arguments[0]"
SET = """
const input = document.getElementById(arguments[0]);
input.value = arguments[1];
input.dispatchEvent(new Event('input'));
input.dispatchEvent(new Event('change'));"""
# Detects in every kind of picture that the module takes, in the window.
KINDS = """return (async () => {
  const {load} = await import('./v5lite.js');
  const detector = await load('digits.v5l', {size: 384, agnostic: true});
  const image = Object.assign(new Image(), {src: 'digits.png'});
  await image.decode();
  const bitmap = await createImageBitmap(image), canvas = document.createElement('canvas');
  const offscreen = new OffscreenCanvas(192, 192);
  [canvas.width, canvas.height] = [192, 192];
  for (const each of [canvas, offscreen]) each.getContext('2d').drawImage(bitmap, 0, 0);
  const data = offscreen.getContext('2d').getImageData(0, 0, 192, 192), frame = new VideoFrame(bitmap, {timestamp: 0});
  const found = {image, bitmap, canvas, offscreen, data, frame};
  for (const name of Object.keys(found)) found[name] = detector.detect(found[name]);
  bitmap.close();
  frame.close();
  const refused = [new Image(), bitmap, frame, document.createElement('video'), new OffscreenCanvas(0, 5),
                   document.body];
  const errors = refused.map((picture) => {
    try {
      return detector.detect(picture).length;
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  });
  found.after = detector.detect(image);
  detector.close();
  return [found, errors];
})()"""
# Loaded from elsewhere.
OUTSIDE = "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin))"


def read_picture(path, folder):
    """Returns width, height and RGB of a picture, as the program decodes it."""
    ppm = folder / "picture.ppm"
    subprocess.run([*PROGRAM, "picture", "--out", str(ppm), str(path)], check=True, stdout=subprocess.DEVNULL)
    data = ppm.read_bytes()
    width, height = map(int, data.split(maxsplit=3)[1:3])
    return width, height, data[len(data) - 3 * width * height:]


def native(model, picture, size, agnostic):
    """Returns the bytes of what the reference kernels find."""
    width, height, rgb = picture
    done = subprocess.run([REFERENCE, str(model), str(size), "0.25", str(agnostic), "0", str(width), str(height)],
                          input=rgb, stdout=subprocess.PIPE, check=True)
    return done.stdout[4:4 + 24 * struct.unpack_from("<i", done.stdout)[0]]


def packed(detections):
    """Returns detections of the page as the library's bytes."""
    return b"".join(struct.pack("<5fi", *(found[key] for key in ("x0", "y0", "x1", "y1", "score", "classId")))
                    for found in detections)


def write_y4m(path, picture):
    """Writes a video of one frame: a picture, enlarged by repeating pixels."""
    width, height, rgb = picture
    pixels = np.frombuffer(rgb, np.uint8).reshape(height, width, 3).repeat(2, axis=0).repeat(2, axis=1)
    path.write_bytes(moving.y4m([], width=2 * width, height=2 * height) + b"FRAME\n" + moving.planes(pixels))


def overlap(a, b):
    """Returns the IoU of two boxes."""
    inner = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return inner / (sum(areas) - inner)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if browser.missing() is not None:
            raise unittest.SkipTest(browser.missing())
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.digits = read_picture(PICTURES / "digits.png", cls.folder)

    def open_page(self, **options):
        page = browser.Browser(**options)
        self.addCleanup(page.close)
        page.wait = partial(page.wait, seconds=PATIENCE)
        page.open(self.server.address)
        self.assertTrue(page.wait(STATE, "ready"), [page.run(TEXT, "state"), page.messages()])
        page.run("document.getElementById('json').open = true")
        return page

    def detections(self, page):
        """Returns what the page shows."""
        page.wait("return document.getElementById('json-text').textContent !== ''")
        return json.loads(page.run(TEXT, "json-text"))

    def check_quiet(self, page):
        """The page has loaded nothing from elsewhere, and the browser has refused or reported nothing."""
        self.assertEqual(page.run(OUTSIDE), [])
        self.assertEqual(page.messages(), [])
        self.assertTrue(page.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth"))

    def test_pictures_and_models_give_the_boxes_of_the_reference(self):
        page = self.open_page()
        self.assertEqual(packed(self.detections(page)), native(DIGITS, self.digits, 384, 1))
        self.assertEqual(page.run(TEXT, "objects"), "0, 7, 3, 4, 1, 7, 4")
        self.slider(page)
        photo = PICTURES / "coffee.png"
        page.choose_file("#picture", photo)
        self.assertTrue(page.wait("return document.getElementById('time').textContent.includes('600 x 400')"))
        self.assertEqual(packed(self.detections(page)), native(DIGITS, read_picture(photo, self.folder), 384, 1))
        page.run(CLICK, "digits")
        self.assertTrue(page.wait("return document.getElementById('time').textContent.includes('192 x 192')"))
        self.models(page)
        self.check_quiet(page)

    def slider(self, page):
        page.run(SET, "score", "0.9")
        self.assertEqual(page.run(TEXT, "objects"), "0, 7, 3")
        page.run(SET, "score", "1")
        self.assertEqual(page.run(TEXT, "objects"), "nothing found")
        page.run(SET, "score", "0.25")
        self.assertEqual(page.run(TEXT, "objects"), "0, 7, 3, 4, 1, 7, 4")

    def models(self, page):
        own = self.folder / "own.v5l"
        own.write_bytes((ROOT / "weights" / "digits-int8.v5l").read_bytes())
        page.drop_file(own)
        self.assertTrue(page.wait("return document.getElementById('model-name').textContent === 'own.v5l'"))
        self.assertTrue(page.wait(STATE, "ready"))
        self.assertEqual(page.run("return document.getElementById('size').value"), "320")
        self.assertEqual(packed(self.detections(page)), native(own, self.digits, 320, 0))
        page.run(SET, "size", "384")
        self.assertTrue(page.wait(STATE, "ready"))
        expected = native(own, self.digits, 384, 0)
        self.assertEqual(packed(self.detections(page)), expected)
        broken = self.folder / "broken.v5l"
        broken.write_bytes(own.read_bytes()[:-64])
        page.drop_file(broken)
        self.assertTrue(page.wait("return document.getElementById('state').textContent.startsWith('model: ')"))
        self.assertIn("truncated", page.run(TEXT, "state"))
        self.assertEqual(page.run(TEXT, "model-name"), "own.v5l")
        self.assertEqual(page.run("return document.getElementById('size').value"), "384")
        page.choose_file("#picture", own)
        self.assertTrue(page.wait("return document.getElementById('model-name').textContent === 'own.v5l'"))
        page.drop_file(PICTURES / "digits.txt")
        self.assertTrue(page.wait("return document.getElementById('state').textContent.startsWith('model: ')"))
        self.assertEqual(packed(self.detections(page)), native(own, self.digits, 320, 0))

    def test_every_kind_of_picture_gives_the_boxes_of_the_reference(self):
        page = self.open_page()
        found, errors = page.run(KINDS)
        for kind, detections in found.items():
            self.assertEqual(packed(detections), native(DIGITS, self.digits, 384, 1), kind)
        for error in errors:
            self.assertRegex(str(error), "^V5liteError: image: ")

    def test_a_camera_finds_the_digits_of_a_video(self):
        video = self.folder / "digits.y4m"
        write_y4m(video, self.digits)
        done = subprocess.run([*PROGRAM, "watch", "--model", str(DIGITS), "--size", "384", "--agnostic", str(video)],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        expected = json.loads(done.stdout.splitlines()[0])["detections"]
        page = self.open_page(more=[*CAMERA, f"--use-file-for-fake-video-capture={video}"])
        page.devtools("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
        page.run(CLICK, "camera")
        self.assertTrue(page.wait("return document.getElementById('time').textContent.includes('384 x 384')"),
                        [page.run(TEXT, "state"), page.run(TEXT, "time"), page.messages()])
        self.assertTrue(page.wait(FOUND, ", ".join(found["name"] for found in expected)), page.run(TEXT, "objects"))
        for found, other in zip(self.detections(page), expected):
            self.assertGreater(overlap([found[key] for key in ("x0", "y0", "x1", "y1")], other["box"]), 0.9)
        self.check_quiet(page)

    def test_the_fake_camera_runs_and_stops(self):
        page = self.open_page(more=CAMERA)
        page.run(CLICK, "camera")
        self.assertTrue(page.wait(STATE, "camera"), page.run(TEXT, "state"))
        self.assertTrue(page.wait("return !document.getElementById('time').textContent.includes('192 x 192')"))
        page.run("const time = document.getElementById('time');"
                 "window.times = new Set(); setInterval(() => times.add(time.textContent), 20)")
        self.assertTrue(page.wait("return times.size > 5"))
        page.run(CLICK, "camera")
        self.assertTrue(page.run(STATE, "ready"))
        page.run(CLICK, "digits")
        self.assertTrue(page.wait(FOUND, "0, 7, 3, 4, 1, 7, 4"))
        self.check_quiet(page)


if __name__ == "__main__":
    unittest.main()
