# SPDX-License-Identifier: MIT
"""The page of the live view in headless Chromium: picture, boxes, filters, counts; three clients, one of them
stalled."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import browser  # noqa: E402
import moving  # noqa: E402
from live import LiveTest  # noqa: E402

# Pixels of the picture that are not gray: mostly those of boxes and labels.
COLOURED = """
const canvas = document.getElementById('picture');
const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
let count = 0;
for (let i = 0; i < data.length; i += 4) {
    const rgb = [data[i], data[i + 1], data[i + 2]];
    if (Math.max(...rgb) - Math.min(...rgb) > 80) count++;
}
return count;"""

TEXT = "return document.getElementById(arguments[0]).textContent"
HAS_TEXT = "return document.getElementById(arguments[0]).textContent === arguments[1]"
# No new frame, and its own boxes, for a second.
STOPPED = """
const now = `${newestResult} ${drawnResult} ${shown.frame}`;
if (window.before !== now) [window.before, window.since] = [now, performance.now()];
return performance.now() - window.since > 1000 && shown.frame === drawnResult;"""
CLICK = "document.getElementById(arguments[0]).click()"
CLICK_CLASS = "[...document.querySelectorAll('#classes button')].find(b => b.textContent === arguments[0]).click()"
SET_SCORE = """
const score = document.getElementById('score');
score.value = arguments[0];
score.dispatchEvent(new Event('input'));"""


class Page(LiveTest):
    def setUp(self):
        super().setUp()
        if browser.missing() is not None:
            self.skipTest(browser.missing())

    def open_page(self, **options):
        page = browser.Browser(**options)
        self.addCleanup(page.close)
        page.open(f"http://127.0.0.1:{self.port}/?token=t")
        return page

    def test_two_browsers_and_a_stalled_client(self):
        self.serve("--track", "--count-line", "middle:50%,0,50%,100%", "--zone", "left:0,0,50%,0,50%,100%,0,100%",
                   "--preview-token", "t")
        stalled = self.raw(b"GET /stream.mjpeg?token=t HTTP/1.1\r\nHost: localhost\r\n\r\n", buffer=4096)
        desktop, phone = self.open_page(), self.open_page(dark=True, size=(390, 844))
        for page in (desktop, phone):
            self.assertTrue(page.wait(HAS_TEXT, "state", "live"), page.messages())
            self.assertTrue(page.wait(HAS_TEXT, "objects", "0, 7"), page.run(TEXT, "objects"))
            self.assertEqual(page.run(TEXT, "size"), f"{moving.WIDTH} x {moving.HEIGHT}")
        self.filters(desktop)
        self.counts(desktop)
        wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        for page in (desktop, phone):
            self.assertTrue(page.run(wide))
            # The browser's advice on how this test reads pixels is not the page's concern.
            self.assertEqual([text for text in page.messages() if "getImageData" not in text], [])
        self.assertEqual(phone.run("return getComputedStyle(document.body).backgroundColor"), "rgb(20, 23, 27)")
        self.assertEqual(desktop.run("return getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
        stalled.close()

    def stop_at_both(self, page):
        """Stops the frames when the picture has both digits."""
        for _ in range(10):
            self.feeder.pause.clear()
            self.assertTrue(page.wait(HAS_TEXT, "objects", "0, 7"))
            self.feeder.pause.set()
            page.wait(STOPPED)
            if page.run(TEXT, "objects") == "0, 7":
                return
        self.fail("the digits were never in one picture")

    def filters(self, page):
        self.stop_at_both(page)
        both = page.run(COLOURED)
        page.run(CLICK_CLASS, "7")
        self.assertEqual(page.run(TEXT, "objects"), "0")
        one = page.run(COLOURED)
        page.run(SET_SCORE, 1)
        self.assertEqual(page.run(TEXT, "objects"), "nothing found")
        none = page.run(COLOURED)
        self.assertTrue(none < one - 100 < both - 200, (none, one, both))
        self.assertEqual(page.run(TEXT, "score-value"), "at least 1.00")
        page.run(SET_SCORE, 0)
        page.run(CLICK_CLASS, "7")
        self.assertEqual((page.run(TEXT, "objects"), page.run(COLOURED)), ("0, 7", both))
        page.run(CLICK, "labels")
        self.assertTrue(none < page.run(COLOURED) < both)
        page.run(CLICK, "boxes")
        self.assertEqual(page.run(COLOURED), none)
        page.run(CLICK, "boxes")
        page.run(CLICK, "labels")
        self.feeder.pause.clear()

    def counts(self, page):
        cells = "return [...document.querySelectorAll('#lines td')].map(cell => cell.textContent)"
        crossed = f"const c = (() => {{{cells}}})(); return c[1] > 0 && c[2] > 0"
        self.assertTrue(page.wait(crossed), page.run(cells))
        self.assertEqual(page.run(cells)[0], "middle")
        zone = "return [...document.querySelectorAll('#zones td')].map(cell => cell.textContent)"
        self.assertEqual(page.run(zone)[0], "left")
        self.assertTrue(page.wait("return Number(document.getElementById('fps').textContent) > 5"))
        drawn = """const c = document.getElementById('fps-chart');
            return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value > 0)"""
        self.assertTrue(page.run(drawn))
        self.assertGreater(int(page.run(TEXT, "frame")), 10)


if __name__ == "__main__":
    unittest.main()
