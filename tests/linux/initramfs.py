#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a kernel and an initramfs from Debian's kernel package, without installing anything: the kernel's image, and an
archive of /init, the kernel's modules that are needed, and other files. tests/linux/linux.mk calls this.
"""

from __future__ import annotations

import argparse
import io
import lzma
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Dict, Iterable, List, Tuple

KERNEL = re.compile(r"\./boot/vmlinuz-[^/]*")
MODULE = re.compile(r"\./lib/modules/.*/([^/]+)\.ko(\.xz)?")
DIRECTORY, FILE, DEVICE = 0o040755, 0o100755, 0o020600


def module_name(name: str) -> str:
    """Returns a module's name as the kernel writes it."""
    return name.replace("-", "_")


def unpack(package: Path) -> Tuple[bytes, Dict[str, bytes]]:
    """Returns the kernel's image and all modules, by name, of a package."""
    kernel = b""
    modules: Dict[str, bytes] = {}
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacked:
        assert unpacked.stdout is not None
        with tarfile.open(fileobj=unpacked.stdout, mode="r|") as tar:
            for member in tar:
                named = MODULE.fullmatch(member.name)
                if not member.isfile() or not (named or KERNEL.fullmatch(member.name)):
                    continue
                data = tar.extractfile(member).read()  # type: ignore[union-attr]
                if named:
                    modules[module_name(named.group(1))] = lzma.decompress(data) if named.group(2) else data
                else:
                    kernel = data
    if not kernel or not modules:
        sys.exit(f"initramfs: {package}: expected a kernel and modules")
    return kernel, modules


def in_order(wanted: str, modules: Dict[str, bytes]) -> List[str]:
    """Returns the names of a module and of those that it needs, each after those that it needs."""
    order: List[str] = []

    def add(name: str) -> None:
        if name in order:
            return
        if name not in modules:
            sys.exit(f"initramfs: no module {name} in the package")
        needs = re.search(rb"(?<=\0)depends=([^\0]*)\0", modules[name])
        for other in needs.group(1).decode().split(",") if needs else []:
            if other:
                add(module_name(other))
        order.append(name)

    add(module_name(wanted))
    return order


def entry(number: int, name: str, mode: int, data: bytes = b"", device: Tuple[int, int] = (0, 0)) -> bytes:
    """Returns one entry of a cpio archive in the format "newc"."""
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def archive(files: Iterable[Tuple[str, bytes]]) -> bytes:
    """Returns a cpio archive of files, their folders, and a console."""
    out, made, number = io.BytesIO(), set(), 1
    files = list(files)
    for folder in ["dev", "proc", "sys", "tmp", *(str(p) for name, _ in files for p in reversed(Path(name).parents))]:
        if folder not in made and folder != ".":
            made.add(folder)
            out.write(entry(number, folder, DIRECTORY))
            number += 1
    out.write(entry(number, "dev/console", DEVICE, device=(5, 1)))
    for name, data in files:
        number += 1
        out.write(entry(number, name, FILE, data))
    out.write(entry(0, "TRAILER!!!", 0))
    return out.getvalue()


def main() -> int:
    """Runs the tool and returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path, help="linux-image-*.deb")
    parser.add_argument("files", nargs="+", metavar="NAME=FILE", help="files of the archive")
    parser.add_argument("--module", required=True, help="module that the archive has in modules/, with those it needs")
    parser.add_argument("--kernel", required=True, type=Path, help="where to write the kernel's image")
    parser.add_argument("--out", required=True, type=Path, help="where to write the archive")
    args = parser.parse_args()
    try:
        kernel, modules = unpack(args.package)
    except (OSError, tarfile.TarError, lzma.LZMAError) as why:
        sys.exit(f"initramfs: {args.package}: {why}")
    needed = [(f"modules/{i:02d}-{name}.ko", modules[name]) for i, name in enumerate(in_order(args.module, modules))]
    given = [(name, Path(path).read_bytes()) for name, path in (text.split("=", 1) for text in args.files)]
    args.kernel.write_bytes(kernel)
    args.out.write_bytes(archive(given + needed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
