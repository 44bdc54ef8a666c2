#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a Conan 2 recipe as `conan create` does, on stand-ins of the classes that it imports:

    python3 conan_stand_in.py conanfile.py BUILD PACKAGE
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any


class Options(dict):
    def __getattr__(self, name: str) -> Any:
        return self[name]

    def rm_safe(self, name: str) -> None:
        self.pop(name, None)


class Settings(Options):
    pass


class CppInfo:
    def __init__(self) -> None:
        self.libs: list[str] = []
        self.system_libs: list[str] = []
        self.properties: dict[str, str] = {}

    def set_property(self, name: str, value: str) -> None:
        self.properties[name] = value


class ConanFile:
    source_folder = build_folder = package_folder = ""


class CMake:
    def __init__(self, recipe: ConanFile) -> None:
        self.recipe = recipe

    def configure(self) -> None:
        subprocess.run(["cmake", "-S", self.recipe.source_folder, "-B", self.recipe.build_folder,
                        "-DCMAKE_BUILD_TYPE=Debug",
                        f"-DCMAKE_INSTALL_PREFIX={self.recipe.package_folder}", "-DCMAKE_INSTALL_LIBDIR=lib",
                        f"-DBUILD_SHARED_LIBS={'ON' if self.recipe.options.shared else 'OFF'}"], check=True)

    def build(self) -> None:
        subprocess.run(["cmake", "--build", self.recipe.build_folder, "-j2"], check=True)

    def install(self) -> None:
        subprocess.run(["cmake", "--install", self.recipe.build_folder], check=True)


class CMakeToolchain:
    def __init__(self, recipe: ConanFile) -> None:
        pass

    def generate(self) -> None:
        pass


def cmake_layout(recipe: ConanFile, src_folder: str) -> None:
    recipe.source_folder = str(Path(recipe.export_folder) / src_folder)


def copy(recipe: ConanFile, pattern: str, src: str, dst: str) -> None:
    Path(dst).mkdir(parents=True, exist_ok=True)
    for path in Path(src).glob(pattern):
        shutil.copy(path, dst)


def rmdir(recipe: ConanFile, path: str) -> None:
    shutil.rmtree(path)


def module(name: str, **names: Any) -> None:
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(names)


def main() -> None:
    recipe_file, build, package = (Path(argument).resolve() for argument in sys.argv[1:])
    module("conan", ConanFile=ConanFile)
    module("conan.tools")
    module("conan.tools.cmake", CMake=CMake, CMakeToolchain=CMakeToolchain, cmake_layout=cmake_layout)
    module("conan.tools.files", copy=copy, rmdir=rmdir)
    spec = importlib.util.spec_from_file_location("conanfile", recipe_file)
    loaded = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(loaded)
    [recipe_class] = [c for c in vars(loaded).values() if isinstance(c, type) and issubclass(c, ConanFile)
                      and c is not ConanFile]
    recipe = recipe_class()
    recipe.export_folder, recipe.build_folder, recipe.package_folder = str(recipe_file.parent), str(build), str(package)
    recipe.settings = Settings(os="Linux", arch="x86_64", compiler="gcc", build_type="Debug")
    for name, value in recipe.default_options.items():
        assert value in recipe.options[name], (
            f"default_options: {name}: {value}: expected one of {recipe.options[name]}")
    recipe.options = Options(recipe.default_options)
    recipe.cpp_info = CppInfo()
    for step in ("configure", "layout", "generate", "build", "package", "package_info"):
        getattr(recipe, step)()
    assert recipe.cpp_info.properties["cmake_target_name"] == "v5lite::v5lite"
    for library in recipe.cpp_info.libs:
        assert list(package.glob(f"lib/lib{library}.*")), f"package_info: no lib{library} in the package"


if __name__ == "__main__":
    main()
