#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a package for a build system: the files of tools/package/KIND, with the library's sources.

    python3 tools/package/assemble.py KIND [--out DIR]

Files that end in .in are templates: @VERSION@ and the like are replaced, in their names too. Some kinds take the
library as one file (the amalgamation), some as an archive of its sources with CMakeLists.txt. Output is the same for
the same sources.
"""

from __future__ import annotations

import argparse
import email.utils
import gzip
import hashlib
import io
import os
import re
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from cli import Parser, run  # noqa: E402

HERE = ROOT / "tools" / "package"
MARK = ".assembled"  # in folders that this tool wrote
DESCRIPTION = "YOLOv5-Lite object detection in plain C"
ONE_FILE = ("v5lite.c", "v5lite.h", "v5lite_track.c", "v5lite_track.h")
# Files that CMakeLists.txt needs. Debian's package also builds the program.
LIBRARY = ("CMakeLists.txt", "LICENSE", "include", "src", "tools/package")
WHOLE = ("CHANGELOG.md", "CMakeLists.txt", "LICENSE", "Makefile", "README.md", "bench", "include", "src", "tests",
         "tools",
         "weights/README.md", "weights/FORMAT.md", "weights/digits.md", "weights/digits.v5l", "weights/digits-int8.v5l")

# Destination of the sources: a folder for the amalgamation, an archive, or an unpacked tree.
KINDS = {
    "meson": ("one file", "."),
    "zephyr": ("one file", "."),
    "esp-idf": ("one file", "."),
    "platformio": ("one file", "src"),
    "buildroot": ("archive", "."),
    "yocto": ("archive", "recipes-support/v5lite/files"),
    "vcpkg": ("archive", "."),
    "conan": ("tree", "source"),
    "debian": ("debian", "."),
}


def version() -> str:
    text = (ROOT / "include" / "v5lite.h").read_text(encoding="utf-8")
    found = re.search(r'^#define V5L_VERSION "([0-9.]+)"$', text, re.MULTILINE)
    if not found:
        raise SystemExit("include/v5lite.h: expected a line #define V5L_VERSION")
    return found[1]


def abi(release: str) -> str:
    """Returns the part of the version that promises the same ABI, as package.mk does."""
    major, minor, _ = release.split(".")
    return f"0.{minor}" if major == "0" else major


def files(parts: tuple[str, ...]) -> list[Path]:
    found = []
    for part in parts:
        path = ROOT / part
        found += [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sorted(p for p in found if "__pycache__" not in p.parts
                  and not any(x.startswith(".") for x in p.relative_to(ROOT).parts))


def write_archive(path: Path, folder: str, parts: tuple[str, ...]) -> None:
    """Writes a .tar.gz whose bytes depend on names, modes and contents of the files only."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for file in files(parts):
            entry = tarfile.TarInfo(f"{folder}/{file.relative_to(ROOT).as_posix()}")
            data = file.read_bytes()
            entry.size = len(data)
            entry.mode = 0o755 if os.access(file, os.X_OK) else 0o644
            archive.addfile(entry, io.BytesIO(data))
    with open(path, "wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
        packed.write(plain.getvalue())


def debian_license(text: str) -> str:
    """The licence after its title and copyright line, as a field of debian/copyright."""
    lines = text.strip().split("\n")[4:]
    return "\n".join(f" {line}" if line else " ." for line in lines)


def fill(source: Path, target: Path, values: dict[str, str]) -> None:
    """Copies a folder; replaces @NAME@ in templates, and in all names."""
    for file in sorted(p for p in source.rglob("*") if p.is_file()):
        name = file.relative_to(source).as_posix()
        is_template = name.endswith(".in") and file.name != "Config.in"
        for key, value in values.items():
            name = name.replace(f"@{key}@", value)
        to = target / (name[:-3] if is_template else name)
        to.parent.mkdir(parents=True, exist_ok=True)
        if is_template:
            text = file.read_text(encoding="utf-8")
            text = re.sub(r"@([A-Z0-9_]+)@", lambda match: values[match[1]], text)
            to.write_text(text, encoding="utf-8")
            shutil.copymode(file, to)
        else:
            shutil.copy(file, to)


def put_one_file(to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name in ONE_FILE:
        source = ROOT / "build" / "amalgam" / name
        if not source.is_file():
            raise SystemExit(f"{source.relative_to(ROOT)}: not found: run `make amalgam`")
        shutil.copy(source, to / name)


def assemble(kind: str, out: Path) -> None:
    way, place = KINDS[kind]
    release = version()
    license_text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    values = {"VERSION": release, "ABI": abi(release), "DESCRIPTION": DESCRIPTION,
              "LICENSE_MD5": hashlib.md5(license_text.encode()).hexdigest(),
              "LICENSE_SHA256": hashlib.sha256(license_text.encode()).hexdigest(),
              "LICENSE_TEXT": debian_license(license_text)}
    archive = f"v5lite-{release}.tar.gz"
    if way == "one file":
        put_one_file(out / place)
    elif way == "archive":
        (out / place).mkdir(parents=True, exist_ok=True)
        write_archive(out / place / archive, f"v5lite-{release}", LIBRARY)
        values["ARCHIVE_SHA256"] = hashlib.sha256((out / place / archive).read_bytes()).hexdigest()
    else:
        parts = WHOLE if way == "debian" else LIBRARY
        for file in files(parts):
            to = out / (place if way == "tree" else f"v5lite-{release}") / file.relative_to(ROOT)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, to)
    if way == "debian":
        write_archive(out / f"v5lite_{release}.orig.tar.gz", f"v5lite-{release}", WHOLE)
        newest = max(file.stat().st_mtime for file in files(("CHANGELOG.md",)))
        values["DATE"] = email.utils.formatdate(int(newest), localtime=False)
        out = out / f"v5lite-{release}"
    else:
        shutil.copy(ROOT / "LICENSE", out / "LICENSE")
    fill(HERE / kind, out, values)
    if way == "debian":  # the page is the folder's, not the sources'
        shutil.copy(ROOT / "README.md", out / "README.md")


def parse() -> argparse.Namespace:
    """Parses the command line."""
    parser = Parser(prog="assemble.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", metavar="KIND", choices=sorted(KINDS), help=", ".join(sorted(KINDS)))
    parser.add_argument("--out", metavar="DIR", type=Path,
                        help="folder to write, replaced; default: build/package/KIND")
    return parser.parse_args()


def replace(arguments: argparse.Namespace) -> None:
    """Writes the package beside its folder, then replaces the folder, or what a link names."""
    shown = arguments.out or ROOT / "build" / "package" / arguments.kind
    out = shown.resolve()
    if out.exists() and not (out.is_dir() and ((out / MARK).exists() or not any(out.iterdir()))):
        raise SystemExit(f"{shown}: expected a new or empty folder, or one that this tool wrote")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{out.name}.", dir=out.parent))
    try:
        assemble(arguments.kind, part)
        (part / MARK).touch()
        part.chmod(0o755)
        shutil.rmtree(out, ignore_errors=True)
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    print(shown)


if __name__ == "__main__":
    sys.exit(run("assemble", lambda: replace(parse())))
