# SPDX-License-Identifier: MIT
"""Packages with the library as one file: Meson, Zephyr, ESP-IDF, PlatformIO and Arduino."""

from __future__ import annotations

import json
import shutil

from packages import CONSUMER, MODEL, ROOT, VERSION, PackageTest, assembled, expected, only_keys, run

# Debian's compiler comes without a C library: the tests' string.h declares memcpy and memset.
BARE = ("arm-none-eabi-gcc", "-mcpu=cortex-m33", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16",
        f"-isystem{ROOT}/tests/firmware/freestanding")


class Meson(PackageTest):
    needs = {"meson": "meson", "ninja": "ninja-build"}

    def project(self) -> None:
        """A project with the package as subproject."""
        (self.folder / "subprojects").mkdir()
        (self.folder / "subprojects" / "v5lite").symlink_to(assembled("meson"))
        (self.folder / "meson.build").write_text(
            "project('user', 'c', default_options: ['c_std=c11', 'default_library=static'])\n"
            f"executable('consumer', '{CONSUMER}', dependencies: dependency('v5lite', fallback: ['v5lite', "
            f"'v5lite_dep']))\n")

    def test_subproject(self) -> None:
        self.project()
        run("meson", "setup", "build", "--buildtype=plain", "-Dwerror=true", "-Dc_args=-O1", cwd=self.folder)
        run("ninja", "-C", "build", cwd=self.folder)
        self.assertEqual(run(self.folder / "build/consumer", MODEL), expected())

    def test_options(self) -> None:
        self.project()
        run("meson", "setup", "build", "--buildtype=plain", "-Dwarning_level=0", "-Dv5lite:threads=false",
            "-Dv5lite:s8=false",
            "-Dv5lite:only=ref", cwd=self.folder)
        run("ninja", "-C", "build", cwd=self.folder)
        self.assertEqual(run(self.folder / "build/consumer", MODEL).split("\n")[1][:4], expected().split("\n")[1][:4])

    def test_cross(self) -> None:
        for program, package in (("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"), ("qemu-aarch64", "qemu-user")):
            if shutil.which(program) is None:
                self.skipTest(f"no {program}: install {package}")
        self.project()
        (self.folder / "cross").write_text(
            "[binaries]\nc = 'aarch64-linux-gnu-gcc'\nar = 'aarch64-linux-gnu-ar'\nstrip = 'aarch64-linux-gnu-strip'\n"
            "[host_machine]\nsystem = 'linux'\ncpu_family = 'aarch64'\ncpu = 'cortex-a72'\nendian = 'little'\n")
        run("meson", "setup", "build", "--buildtype=plain", "-Dwarning_level=0", "-Dc_args=-O1",
            "-Dc_link_args=-static", "--cross-file",
            "cross", cwd=self.folder)
        run("ninja", "-C", "build", cwd=self.folder)
        said = run("qemu-aarch64", self.folder / "build/consumer", MODEL)
        self.assertEqual([line[:4] for line in said.split("\n")], [line[:4] for line in expected().split("\n")])

    def test_installed(self) -> None:
        run("meson", "setup", self.folder / "build", "--buildtype=plain", "-Dwarning_level=0", "--prefix=/usr",
            "--libdir=lib", cwd=assembled("meson"))
        run("meson", "install", "-C", self.folder / "build", "--destdir", self.folder / "root")
        text = (self.folder / "root/usr/lib/pkgconfig/v5lite.pc").read_text()
        self.assertIn(f"\nVersion: {VERSION}\n", text)
        run("cc", "-std=c11", f"-I{self.folder}/root/usr/include", "-o", self.folder / "consumer", CONSUMER,
            f"-L{self.folder}/root/usr/lib",
            f"-Wl,-rpath,{self.folder}/root/usr/lib", "-lv5lite", "-lpthread")
        self.assertEqual(run(self.folder / "consumer", MODEL), expected())


class Components(PackageTest):
    """Zephyr and ESP-IDF: CMakeLists.txt runs on stand-ins of their functions."""

    needs = {"cmake": "cmake", "arm-none-eabi-gcc": "gcc-arm-none-eabi"}

    def compiled(self, component: str, *configured: str) -> str:
        """Compiles a component for Cortex-M33, and returns the names that it defines and needs."""
        run("cmake", "-S", ROOT / "tests/package/component", "-B", self.folder / "build", f"-DCOMPONENT={component}",
            "-DCMAKE_SYSTEM_NAME=Generic",
            "-DCMAKE_SYSTEM_PROCESSOR=arm", f"-DCMAKE_C_COMPILER={BARE[0]}",
            "-DCMAKE_C_FLAGS=" + " ".join(BARE[1:]) + " -Os -Wall -Wextra -Werror",
            "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY", *(f"-D{name}=y" for name in configured))
        run("cmake", "--build", self.folder / "build")
        return run("arm-none-eabi-nm", *self.folder.glob("build/component/*.a"))

    def kconfig(self, path: str) -> set[str]:
        """The names that a Kconfig file defines."""
        try:
            import kconfiglib
        except ImportError:
            self.skipTest("no kconfiglib: install python3-kconfiglib")
        return set(kconfiglib.Kconfig(path, warn_to_stderr=False, suppress_traceback=True).syms)

    def test_zephyr(self) -> None:
        module = assembled("zephyr")
        names = self.compiled(f"{module}/zephyr", "CONFIG_V5LITE", "CONFIG_V5LITE_TRACK", "CONFIG_V5LITE_S8")
        self.assertIn(" T v5l_net_detect\n", names)
        self.assertIn(" T v5l_tracker_update\n", names)
        self.assertNotIn("pthread", names)

    def test_zephyr_without(self) -> None:
        names = self.compiled(f"{assembled('zephyr')}/zephyr", "CONFIG_V5LITE")
        self.assertNotIn("v5l_tracker_update", names)
        self.assertNotIn("s8", names)

    def test_zephyr_manifest(self) -> None:
        try:
            import yaml
        except ImportError:
            self.skipTest("no yaml: install python3-yaml")
        module = assembled("zephyr")
        manifest = yaml.safe_load((module / "zephyr/module.yml").read_text())
        only_keys(self, manifest, "name build tests samples boards security package-managers runners blobs",
                  "name build")
        only_keys(self, manifest["build"], "cmake kconfig depends settings cmake-ext kconfig-ext sysbuild-cmake "
                                           "sysbuild-kconfig", "cmake kconfig")
        self.assertTrue((module / manifest["build"]["kconfig"]).is_file())
        self.assertTrue((module / manifest["build"]["cmake"] / "CMakeLists.txt").is_file())

    def test_zephyr_kconfig(self) -> None:
        self.assertLessEqual({"V5LITE", "V5LITE_LETTERBOX", "V5LITE_S8", "V5LITE_F16", "V5LITE_TRACK"},
                             self.kconfig(f"{assembled('zephyr')}/zephyr/Kconfig"))

    def test_esp_idf(self) -> None:
        names = self.compiled(str(assembled("esp-idf")), "CONFIG_V5LITE_S8", "CONFIG_V5LITE_LETTERBOX",
                              "CONFIG_V5LITE_F16")
        self.assertIn(" T v5l_net_detect\n", names)
        self.assertNotIn("pthread", names)

    def test_esp_idf_manifest(self) -> None:
        try:
            import yaml
        except ImportError:
            self.skipTest("no yaml: install python3-yaml")
        manifest = yaml.safe_load((assembled("esp-idf") / "idf_component.yml").read_text())
        only_keys(self, manifest, "version description url repository documentation issues license maintainers "
                                  "targets tags files examples "
                                  "dependencies discussion repository_info", "version description license")
        self.assertEqual(manifest["version"], VERSION)

    def test_esp_idf_kconfig(self) -> None:
        self.assertLessEqual({"V5LITE_LETTERBOX", "V5LITE_S8", "V5LITE_F16"},
                             self.kconfig(f"{assembled('esp-idf')}/Kconfig"))


class PlatformIO(PackageTest):
    needs = {"arm-none-eabi-gcc": "gcc-arm-none-eabi"}

    def test_manifests(self) -> None:
        library = assembled("platformio")
        manifest = json.loads((library / "library.json").read_text())
        only_keys(self, manifest, "name version description keywords repository homepage authors license frameworks "
                                  "platforms headers examples "
                                  "dependencies export scripts build",
                                  "name version description license frameworks platforms build")
        only_keys(self, manifest["build"],
                  "flags unflags includeDir srcDir srcFilter extraScript libArchive libLDFMode libCompatMode builder",
                  "flags")
        self.assertEqual(manifest["version"], VERSION)
        lines = dict(line.split("=", 1) for line in (library / "library.properties").read_text().splitlines())
        only_keys(self, lines, "name version author maintainer sentence paragraph category url architectures depends "
                               "dot_a_linkage includes "
                               "precompiled ldflags",
                               "name version author maintainer sentence paragraph category url architectures")
        self.assertEqual(lines["version"], VERSION)
        self.assertIn(lines["category"],
                      ("Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing",
                                          "Data Storage", "Data Processing", "Other"))

    def test_compiles(self) -> None:
        """Builds as both do: every file below src, without flags; the sketch as C++ after Arduino.h."""
        library = assembled("platformio")
        for source in sorted((library / "src").glob("*.c")):
            run(*BARE, "-Os", "-Wall", "-Wextra", "-Werror", "-c", "-o", self.folder / f"{source.stem}.o", source)
        run("/usr/bin/env", "python3", ROOT / "tools/embed.py", "-o", self.folder / "model.c", "--name", "model",
            "--header",
            self.folder / "model.h", MODEL)
        (self.folder / "Arduino.h").write_text(
            "#include <stdint.h>\n#include <stddef.h>\n"
            "struct Port { void begin(long); template <typename T> void println(T); };\nextern Port Serial;\n")
        sketch = library / "examples/detect/detect.ino"
        run("arm-none-eabi-g++", *BARE[1:], "-std=gnu++17", "-Os", "-Wall", "-Wextra", "-Werror", "-x", "c++",
            "-include", "Arduino.h",
            f"-I{self.folder}", f"-I{library}/src", "-c", "-o", self.folder / "sketch.o", sketch)
