# SPDX-License-Identifier: MIT
"""Packages with the sources as an archive or a tree: Buildroot, Yocto, Conan, vcpkg. Their recipes run on stand-ins."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tarfile
from pathlib import Path

from packages import ROOT, VERSION, PackageTest, assembled, only_keys, run

CMAKE = {"cmake": "cmake"}
ARCHIVE = f"v5lite-{VERSION}.tar.gz"


class Archive(PackageTest):
    def test_same_bytes_again(self) -> None:
        first = (assembled("buildroot") / ARCHIVE).read_bytes()
        out = self.folder / "again"
        run(sys.executable, "tools/package/assemble.py", "buildroot", "--out", out)
        self.assertEqual((out / ARCHIVE).read_bytes(), first)

    def test_refuses_a_folder_of_others(self) -> None:
        (self.folder / "mine").write_text("text")
        with self.assertRaisesRegex(AssertionError, "expected a new or empty folder"):
            run(sys.executable, "tools/package/assemble.py", "buildroot", "--out", self.folder)
        self.assertEqual((self.folder / "mine").read_text(), "text")


class Buildroot(PackageTest):
    needs = {**CMAKE, "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu"}

    def test_package(self) -> None:
        """v5lite.mk, with a cmake-package that prints its variables; the archive then builds as Buildroot would call
        CMake."""
        tree = assembled("buildroot")
        makefile = self.folder / "Makefile"
        names = "VERSION SOURCE SITE SITE_METHOD LICENSE LICENSE_FILES INSTALL_STAGING".split()
        makefile.write_text(f"BR2_EXTERNAL_V5LITE_PATH := {tree}\ndefine cmake-package\nshown := yes\nendef\n"
                            f"include {tree}/external.mk\nall:\n\t@test $(shown) = yes\n"
                            + "".join(f"\t@echo '{name}=$(V5LITE_{name})'\n" for name in names))
        values = dict(line.split("=", 1) for line in run("make", "-s", "-f", makefile).splitlines())
        self.assertEqual(values, {"VERSION": VERSION, "SOURCE": ARCHIVE, "SITE": str(tree), "SITE_METHOD": "file",
                                  "LICENSE": "MIT",
                                  "LICENSE_FILES": "LICENSE", "INSTALL_STAGING": "YES"})
        lines = (tree / "package/v5lite/v5lite.hash").read_text().splitlines()
        fields = (line.split() for line in lines if not line.startswith("#"))
        hashes = {name: (kind, value) for kind, value, name in fields}
        with tarfile.open(tree / values["SOURCE"]) as archive:
            archive.extractall(self.folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        source = self.folder / f"v5lite-{VERSION}"
        self.assertEqual(hashes, {ARCHIVE: ("sha256", sha256(tree / ARCHIVE)),
                                  "LICENSE": ("sha256", sha256(source / "LICENSE"))})
        run("cmake", "-S", source, "-B", self.folder / "build", "-DCMAKE_SYSTEM_NAME=Linux",
            "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
            "-DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc", "-DBUILD_SHARED_LIBS=ON", "-DCMAKE_INSTALL_PREFIX=/usr",
            "-DCMAKE_INSTALL_LIBDIR=lib",
            "-DCMAKE_BUILD_TYPE=Debug")
        run("cmake", "--build", self.folder / "build", "-j2")
        run("/usr/bin/env", f"DESTDIR={self.folder}/root", "cmake", "--install", self.folder / "build")
        installed = {p.relative_to(self.folder / "root/usr").as_posix()
                     for p in (self.folder / "root/usr").rglob("*") if not p.is_dir()}
        self.assertLessEqual({"include/v5lite.h", f"lib/libv5lite.so.{VERSION}", "lib/libv5lite.so",
                              "lib/pkgconfig/v5lite.pc",
                              "lib/cmake/v5lite/v5liteConfig.cmake"}, installed)
        run("aarch64-linux-gnu-gcc", "-std=c11", f"-I{self.folder}/root/usr/include", "-o", self.folder / "consumer",
            ROOT / "tests/install/consumer.c", f"-L{self.folder}/root/usr/lib", "-lv5lite")

    def test_kconfig(self) -> None:
        try:
            import kconfiglib
        except ImportError:
            self.skipTest("no kconfiglib: install python3-kconfiglib")
        import os
        from unittest import mock
        with mock.patch.dict(os.environ, {"BR2_EXTERNAL_V5LITE_PATH": str(assembled("buildroot"))}):
            symbols = kconfiglib.Kconfig(f"{assembled('buildroot')}/Config.in", warn_to_stderr=False).syms
        self.assertEqual(symbols["BR2_PACKAGE_V5LITE"].type, kconfiglib.BOOL)


class Yocto(PackageTest):
    def test_recipe(self) -> None:
        layer = assembled("yocto")
        [recipe] = layer.glob("recipes-*/*/*.bb")
        self.assertEqual(recipe.name, f"v5lite_{VERSION}.bb")  # BitBake takes PN and PV from the name
        values = bitbake(recipe.read_text(), self)
        only_keys(self, values, "SUMMARY LICENSE LIC_FILES_CHKSUM SRC_URI SRC_URI[sha256sum] inherit EXTRA_OECMAKE",
                  "SUMMARY LICENSE LIC_FILES_CHKSUM SRC_URI inherit")
        archive = recipe.parent / "files" / values["SRC_URI"].replace("file://", "").replace("${PV}", VERSION)
        self.assertEqual(values["SRC_URI[sha256sum]"], sha256(archive))
        self.assertEqual(values["LIC_FILES_CHKSUM"],
                         "file://LICENSE;md5=" + hashlib.md5((ROOT / "LICENSE").read_bytes()).hexdigest())
        self.assertIn("cmake", values["inherit"].split())
        with tarfile.open(archive) as files:  # S is ${WORKDIR}/${BP}
            self.assertIn(f"v5lite-{VERSION}/CMakeLists.txt", files.getnames())

    def test_layer(self) -> None:
        values = bitbake((assembled("yocto") / "conf/layer.conf").read_text(), self)
        only_keys(self, values, "BBPATH BBFILES BBFILE_COLLECTIONS BBFILE_PATTERN_v5lite LAYERDEPENDS_v5lite "
                                "LAYERSERIES_COMPAT_v5lite",
                  "BBPATH BBFILES BBFILE_COLLECTIONS BBFILE_PATTERN_v5lite LAYERSERIES_COMPAT_v5lite")


class Conan(PackageTest):
    needs = CMAKE

    def test_recipe(self) -> None:
        """The methods in Conan's order, on stand-ins of its classes that call CMake."""
        package = self.folder / "package"
        run(sys.executable, ROOT / "tests/package/conan_stand_in.py", assembled("conan") / "conanfile.py",
            self.folder / "build", package)
        self.assertTrue((package / "licenses/LICENSE").is_file())
        self.assertTrue((package / "lib/libv5lite.a").is_file())
        self.assertFalse((package / "lib/cmake").exists())
        run("cc", "-std=c11", f"-I{package}/include", "-o", self.folder / "consumer", ROOT / "tests/install/consumer.c",
            f"-L{package}/lib", "-lv5lite", "-lpthread")
        self.check_program(self.folder / "consumer")


class Vcpkg(PackageTest):
    needs = CMAKE

    def test_manifest(self) -> None:
        manifest = json.loads((assembled("vcpkg") / "vcpkg.json").read_text())
        only_keys(self, manifest, "name version version-semver version-date version-string port-version maintainers "
                                  "description homepage "
                                  "documentation license supports dependencies features default-features",
                                  "name version description license")
        self.assertEqual(manifest["version"], VERSION)

    def test_port(self) -> None:
        port = assembled("vcpkg")
        script = self.folder / "run.cmake"
        script.write_text(f'set(CURRENT_BUILDTREES_DIR "{self.folder}/trees")\nset(CURRENT_PACKAGES_DIR '
                          f'"{self.folder}/packages")\n'
                          f'set(PORT v5lite)\ninclude("{ROOT}/tests/package/stand_ins.cmake")\n'
                          f'include("{port}/portfile.cmake")\n')
        run("cmake", "-P", script)
        self.assertTrue((self.folder / "packages/share/v5lite/LICENSE").is_file())
        self.check_consumer(self.folder / "packages")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bitbake(text: str, test: PackageTest) -> dict[str, str]:
    """The variables of a recipe or layer, and what it inherits; every other line fails."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("inherit "):
            values["inherit"] = line[len("inherit "):]
            continue
        found = re.fullmatch(r'([A-Za-z_]\w*(?:\[\w+\])?)\s*(=|\+=|\.=|\?=|:=)\s*"([^"]*)"', line)
        test.assertIsNotNone(found, line)
        values[found[1]] = found[3]
    return values
