# SPDX-License-Identifier: MIT
"""Builds the Python package (PEP 517) with the standard library and a C compiler alone, so that pip needs no network:

    pip install tools/python        compiles the library; pip 21.3 or later
    make python-packages            the same sources as build/python/dist/v5lite-*.tar.gz, and a wheel

The library is one file, v5lite.c: tools/package/amalgam.py writes it into csrc of the source package. CC and CFLAGS are
the compiler and more flags for it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[1]
AMALGAM = TREE / "tools" / "package" / "amalgam.py"
LIBRARY = "_v5lite.so"  # on every system: dlopen and LoadLibrary accept any name
SOURCES = ("bridge.c", "v5lite.c", "v5lite_track.c")
# The same bits from every compiler: no contraction. -Bsymbolic: another libv5lite of the process does not replace
# functions.
FLAGS = ["-std=c11", "-O2", "-DNDEBUG", "-fPIC", "-ffp-contract=off", "-pthread"]
if sys.platform == "win32":
    FLAGS.append("-DV5L_NO_THREADS")  # MinGW's compiler; a detector computes with one thread there
LINK = [] if sys.platform in ("win32", "darwin") else ["-Wl,-Bsymbolic"]
DATE = (1980, 1, 1, 0, 0, 0)  # of all files: the same sources give the same bytes


def add_sources(folder: Path) -> None:
    """Writes all C sources to a folder: those of a source package, or the tree's."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (HERE / "csrc").iterdir():
        shutil.copyfile(path, folder / path.name)
    if (folder / "v5lite.c").exists():
        return
    if not AMALGAM.exists():
        raise SystemExit(f"v5lite: {AMALGAM}: expected the repository around {HERE}: pip before 21.3 copies the "
                         f"folder; "
                         "install the package that `make python-packages` writes")
    subprocess.run([sys.executable, str(AMALGAM), "--out", str(folder)], check=True)


def compile_library(sources: Path, output: Path) -> None:
    """Compiles the shared library."""
    compiler = shlex.split(os.environ.get("CC", "")) or [next(filter(shutil.which, ("cc", "gcc", "clang")), "cc")]
    command = [*compiler, *FLAGS, *shlex.split(os.environ.get("CFLAGS", "")), "-shared", "-o", str(output),
               *(str(sources / name) for name in SOURCES), *LINK, *shlex.split(os.environ.get("LDFLAGS", ""))]
    print(shlex.join(command), flush=True)
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        raise SystemExit(f"v5lite: {compiler[0]}: expected a C compiler: install gcc or clang, or set CC") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"v5lite: {compiler[0]}: status {error.returncode}: expected it to compile C11") from None


# ---- metadata ----


def project() -> Dict[str, Any]:
    """Returns name, version, and the [project] table's lines as far as METADATA has them."""
    text = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    found: Dict[str, Any] = dict(re.findall(r'^([\w-]+) = "(.*)"$', text, re.MULTILINE))
    for name, values in re.findall(r"^(dependencies|classifiers) = \[(.*?)\]$", text, re.MULTILINE | re.DOTALL):
        found[name] = re.findall(r'"(.*?)"', values)
    header = next(path for path in (HERE / "csrc" / "v5lite.h", TREE / "include" / "v5lite.h") if path.exists())
    version = re.search(r'define V5L_VERSION "([\d.]+)"', header.read_text(encoding="utf-8"))
    if version is None:
        raise SystemExit(f"v5lite: {header}: expected V5L_VERSION")
    return {**found, "version": version[1]}


def metadata(about: Dict[str, Any]) -> str:
    """Returns the text of METADATA and PKG-INFO."""
    lines = ["Metadata-Version: 2.1", f"Name: {about['name']}", f"Version: {about['version']}",
             f"Summary: {about['description']}", "License: MIT", f"Requires-Python: {about['requires-python']}",
             *(f"Requires-Dist: {name}" for name in about["dependencies"]),
             *(f"Classifier: {name}" for name in about["classifiers"]),
             "Description-Content-Type: text/markdown", "", (HERE / "README.md").read_text(encoding="utf-8")]
    return "\n".join(lines)


def licence() -> bytes:
    """Returns the licence's text."""
    return next(path for path in (HERE / "LICENSE", TREE / "LICENSE") if path.exists()).read_bytes()


def platform_tag() -> str:
    """Returns the system that the compiler compiles for, as in a wheel's name."""
    if sys.platform == "darwin":
        return f"macosx_{platform.mac_ver()[0].split('.')[0]}_0_{platform.machine()}"
    tag = re.sub(r"[-.]", "_", sysconfig.get_platform())
    if sys.maxsize < 1 << 32:  # a program of 32 bits on a kernel of 64
        tag = tag.replace("linux_x86_64", "linux_i686").replace("linux_aarch64", "linux_armv7l")
    return tag


def package_files() -> Iterator[Tuple[str, bytes]]:
    """Yields the package's files: name and content."""
    for path in sorted((HERE / "src" / "v5lite").iterdir()):
        if path.suffix == ".py" or path.name == "py.typed":
            yield f"v5lite/{path.name}", path.read_bytes()


# ---- the interface that pip calls ----


def get_requires_for_build_wheel(config_settings: Optional[Dict[str, Any]] = None) -> List[str]:
    """Returns what pip must install first: nothing."""
    return []


get_requires_for_build_sdist = get_requires_for_build_wheel


def build_wheel(wheel_directory: str, config_settings: Optional[Dict[str, Any]] = None,
                metadata_directory: Optional[str] = None) -> str:
    """Writes a wheel for any Python 3 on this system and returns its name."""
    about = project()
    tag, stem = f"py3-none-{platform_tag()}", f"{about['name']}-{about['version']}"
    with tempfile.TemporaryDirectory() as folder:
        add_sources(Path(folder))
        compile_library(Path(folder), Path(folder) / LIBRARY)
        library = (Path(folder) / LIBRARY).read_bytes()
    wheel = f"Wheel-Version: 1.0\nGenerator: v5lite backend\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files = {**dict(package_files()), f"v5lite/{LIBRARY}": library, f"{stem}.dist-info/LICENSE": licence(),
             f"{stem}.dist-info/METADATA": metadata(about).encode(), f"{stem}.dist-info/WHEEL": wheel.encode()}
    record = f"{stem}.dist-info/RECORD"
    digests = {name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for name, data in files.items()}
    lines = [f"{name},sha256={digests[name].rstrip(b'=').decode()},{len(data)}" for name, data in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    with zipfile.ZipFile(Path(wheel_directory) / f"{stem}-{tag}.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
            archive.writestr(entry, data)
    return f"{stem}-{tag}.whl"


def build_sdist(sdist_directory: str, config_settings: Optional[Dict[str, Any]] = None) -> str:
    """Writes the source package, which contains the library's sources, and returns its name."""
    about = project()
    stem = f"{about['name']}-{about['version']}"
    files = {name: (HERE / name).read_bytes() for name in ("README.md", "backend.py", "pyproject.toml")}
    files.update({f"src/{name}": data for name, data in package_files()})
    files.update({f"examples/{path.name}": path.read_bytes() for path in sorted((HERE / "examples").glob("*.py"))})
    files.update({"LICENSE": licence(), "PKG-INFO": metadata(about).encode()})
    with tempfile.TemporaryDirectory() as folder:
        add_sources(Path(folder))
        files.update({f"csrc/{path.name}": path.read_bytes() for path in sorted(Path(folder).iterdir())})
    with open(Path(sdist_directory) / f"{stem}.tar.gz", "wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as packed, \
            tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"{stem}/{name}")
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return f"{stem}.tar.gz"
