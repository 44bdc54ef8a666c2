# SPDX-License-Identifier: MIT
"""Debian's package: built, checked by lintian, unpacked, and used from there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from packages import CONSUMER, ROOT, VERSION, PackageTest, assembled, run


class Debian(PackageTest):
    needs = {"pkg-config": "pkg-config", "dpkg-buildpackage": "dpkg-dev", "dh": "debhelper", "lintian": "lintian"}

    def build(self) -> Path:
        """Builds in a copy, since a build writes into the tree; returns the folder of the packages."""
        for package in ("libjpeg-dev", "libmicrohttpd-dev"):
            if subprocess.run(["dpkg", "-s", package], capture_output=True).returncode:
                self.skipTest(f"no {package}: install it")
        work = self.folder / "work"
        shutil.copytree(assembled("debian"), work, symlinks=True)
        run("dpkg-buildpackage", "-us", "-uc", cwd=work / f"v5lite-{VERSION}",
            env={**os.environ, "DEB_BUILD_OPTIONS": "parallel=2 noautodbgsym", "DEB_CFLAGS_APPEND": "-O1",
                 "MAKEFLAGS": "", "MAKELEVEL": ""})
        return work

    def test_package(self) -> None:
        work = self.build()
        said = run("lintian", "--allow-root", "--fail-on", "error,warning", next(work.glob("*.changes")))
        self.assertNotRegex(said, "(?m)^[EW]:")
        packages = {path.name.split("_")[0]: path for path in work.glob("*.deb")}
        abi = ".".join(VERSION.split(".")[:2]) if VERSION.startswith("0.") else VERSION.split(".")[0]
        self.assertEqual(set(packages), {f"libv5lite{abi}", "libv5lite-dev", "v5lite"})
        root = self.folder / "root"
        for package in packages.values():
            run("dpkg-deb", "-x", package, root)
        self.assertIn(f"v5lite {VERSION}", run(root / "usr/bin/v5lite", "--version"))
        found = run(root / "usr/bin/v5lite", "detect", "--model", root / "usr/share/v5lite/digits.v5l", "--size",
                    "384", "--agnostic",
                    ROOT / "tests/images/digits.png")
        self.assertEqual(found, run(ROOT / "build/v5lite", "detect", "--model", "weights/digits.v5l", "--size", "384",
                                    "--agnostic",
                                    ROOT / "tests/images/digits.png"))
        [library] = root.glob("usr/lib/*/libv5lite.so")
        text = (library.parent / "pkgconfig/v5lite.pc").read_text()
        self.assertIn(f"\nlibdir=/{library.parent.relative_to(root)}\n", "\n" + text)
        flags = run("pkg-config", "--cflags", "--libs", "v5lite",
                    env={**os.environ, "PKG_CONFIG_LIBDIR": f"{library.parent}/pkgconfig",
                         "PKG_CONFIG_SYSROOT_DIR": str(root)}).split()
        run("cc", "-std=c11", "-o", self.folder / "consumer", CONSUMER, *(flag.strip('"') for flag in flags),
            f"-Wl,-rpath,{library.parent}")
        self.check_program(self.folder / "consumer")
