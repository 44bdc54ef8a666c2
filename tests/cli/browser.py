# SPDX-License-Identifier: MIT
"""Drives headless Chromium by the WebDriver protocol of chromedriver."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Sequence

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-default-browser-check"]


def missing() -> str | None:
    """Returns which program is missing, or None."""
    for program, package in (("chromium", "chromium"), ("chromedriver", "chromium-driver")):
        if shutil.which(program) is None:
            return f"no {program}: install {package}"
    return None


class Browser:
    """A browser with one window; several make clients that share no connections. more: flags of Chromium."""

    def __init__(self, dark: bool = False, size: tuple[int, int] = (1200, 800), more: Sequence[str] = ()) -> None:
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True)
        self.base = self.session = ""
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self.base = f"http://127.0.0.1:{found.group(1)}"
                break
        flags = FLAGS + [f"--user-data-dir={self.profile.name}", f"--window-size={size[0]},{size[1]}", *more]
        if dark:
            flags.append("--blink-settings=preferredColorScheme=0")
        options = {"binary": shutil.which("chromium"), "args": flags}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options,
                                                "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{answer['sessionId']}"

    def call(self, method: str, path: str, body: dict | None = None) -> object:
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["value"]

    def open(self, address: str) -> None:
        self.call("POST", self.session + "/url", {"url": address})

    def run(self, script: str, *arguments: object) -> object:
        """Returns what a piece of JavaScript returns."""
        return self.call("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str, *arguments: object, seconds: float = 20) -> object:
        """Runs a script until it returns something true."""
        until = time.monotonic() + seconds
        while True:
            value = self.run(script, *arguments)
            if value or time.monotonic() > until:
                return value
            time.sleep(0.1)

    def choose_file(self, selector: str, path: Path) -> None:
        """Chooses a file in an <input type=file>."""
        found = self.call("POST", self.session + "/element", {"using": "css selector", "value": selector})
        self.call("POST", f"{self.session}/element/{list(found.values())[0]}/value", {"text": str(path)})

    def drop_file(self, path: Path, x: int = 100, y: int = 100) -> None:
        """Drags a file from outside into the window and drops it."""
        for kind in ("dragEnter", "dragOver", "drop"):
            data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
            self.devtools("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def devtools(self, command: str, **parameters: object) -> None:
        """Runs a command of Chromium's own protocol."""
        self.call("POST", self.session + "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def messages(self) -> list[str]:
        """Returns warnings and errors of the page, such as refused scripts."""
        log = self.call("POST", self.session + "/se/log", {"type": "browser"})
        return [entry["message"] for entry in log]

    def picture(self) -> bytes:
        """Returns the window as a PNG."""
        return base64.b64decode(self.call("GET", self.session + "/screenshot"))

    def close(self) -> None:
        if self.session:
            try:
                self.call("DELETE", self.session)
            except OSError:
                pass
        self.driver.terminate()
        self.driver.wait(timeout=20)
        self.driver.stdout.close()
        self.profile.cleanup()
