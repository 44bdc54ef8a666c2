# SPDX-License-Identifier: MIT
"""Defines the engines: what each one needs, and the command that starts its worker."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable, Dict, List, Optional

from .errors import Absent, Failed

HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Case:
    """A network at an input size."""

    name: str
    size: int

    def __str__(self) -> str:
        return f"{self.name}@{self.size}"


@dataclass(frozen=True)
class Setup:
    """Paths and options that all engines share."""

    models: Path
    peer_models: Path
    checkpoints: Path
    workers: Path
    image: Path
    python: str
    threads: int
    cpu: str
    onnxruntime: Optional[Path] = None
    ncnn: Optional[Path] = None
    mnn: Optional[Path] = None
    tflite: Optional[Path] = None
    int8: bool = False  # time v5lite in 8 bits

    def model(self, case: Case) -> Path:
        """Returns the path of the .v5l file of a case in fp32, whose heads are the reference."""
        return self._model(case.name)

    def timed_model(self, case: Case) -> Path:
        """Returns the path of the .v5l file that is timed."""
        return self._model(f"{case.name}-int8" if self.int8 else case.name)

    def _model(self, name: str) -> Path:
        named = self.models / f"{name}.v5l"
        return named if named.exists() else self.models / f"v5lite-{name}.v5l"

    def peer_model(self, case: Case, *endings: str) -> Path:
        """Returns the path of the same network in a peer's format: the first that exists."""
        paths = [self.peer_models / f"v5lite-{case.name}{ending}" for ending in endings]
        found = next((path for path in paths if path.exists()), None)
        if found is None:
            raise Absent(f"expected the model {paths[0]}")
        return found

    def environment(self) -> Dict[str, str]:
        """Returns the environment with the threads of OpenMP set."""
        return {"OMP_NUM_THREADS": str(self.threads)}

    def v5lite(self, case: Case, model: Path) -> List[object]:
        """Returns the command of v5lite's own worker."""
        return [self.workers / "v5lite", "--model", model, "--size", case.size, "--threads", self.threads, "--cpu",
                self.cpu, "--image", self.image, "--conf", "0.25"]


def onnxruntime(setup: Setup, case: Case, kind: str = "") -> List[object]:
    """Returns the command of ONNX Runtime's worker, which uses its C API. kind: of the graph, see make_onnx.py."""
    if setup.onnxruntime is None:
        raise Absent("give --onnxruntime .../libonnxruntime.so.1")
    return [setup.workers / "ort", setup.onnxruntime, setup.peer_model(case, f"-{case.size}{kind}.onnx"), case.size,
            setup.threads]


def opencv(setup: Setup, case: Case) -> List[object]:
    """Returns the command of the worker of OpenCV's DNN module, in Python."""
    return [setup.python, HERE / "opencv_worker.py", setup.peer_model(case, f"-{case.size}.onnx"), case.size,
            setup.threads]


def pytorch(setup: Setup, case: Case) -> List[object]:
    """Returns the command of PyTorch's worker: eager, on the exporter's literal graph of the checkpoint."""
    checkpoint = setup.checkpoints / f"v5lite-{case.name}.pt"
    if not checkpoint.exists():
        raise Absent(f"expected the checkpoint {checkpoint}: give --checkpoints DIR")
    return [setup.python, HERE / "torch_worker.py", checkpoint, case.size, setup.threads]


def ncnn(setup: Setup, case: Case) -> List[object]:
    """Returns the command of ncnn's worker. Builds it here, against the installation that the user names."""
    if setup.ncnn is None:
        raise Absent("give --ncnn DIR, where ncnn is installed: DIR/include/ncnn, DIR/lib/libncnn.a")
    param, weights = setup.peer_model(case, ".ncnn.param"), setup.peer_model(case, ".ncnn.bin")
    return [build_ncnn(setup.workers, setup.ncnn), param, weights, case.size, setup.threads]


def mnn(setup: Setup, case: Case) -> List[object]:
    """Returns the command of MNN's worker, which is also built here."""
    if setup.mnn is None:
        raise Absent("give --mnn DIR, where MNN is installed: DIR/include/MNN, DIR/lib/libMNN.so or libMNN.a")
    model = setup.peer_model(case, f"-{case.size}.mnn", ".mnn")
    return [build_mnn(setup.workers, setup.mnn), model, case.size, setup.threads]


def tflite(setup: Setup, case: Case) -> List[object]:
    """Returns the command of TensorFlow Lite's worker, which uses its C API."""
    if setup.tflite is None:
        raise Absent("give --tflite .../libtensorflowlite_c.so")
    return [setup.workers / "tflite", setup.tflite, setup.peer_model(case, f"-{case.size}.tflite"), case.size,
            setup.threads]


def installed(folder: Path, *names: str) -> Path:
    """Returns the first of these libraries that an installation has."""
    paths = [folder.absolute() / "lib" / name for name in names]
    found = next((path for path in paths if path.exists()), None)
    if found is None:
        raise Failed(f"expected {' or '.join(map(str, paths))}")
    return found


def build_ncnn(workers: Path, folder: Path) -> Path:
    """Compiles the worker of ncnn each time, because the installation may be another one."""
    return build_cpp(workers, "ncnn", folder / "include" / "ncnn", [installed(folder, "libncnn.a"), "-fopenmp"])


def build_mnn(workers: Path, folder: Path) -> Path:
    """Compiles the worker of MNN."""
    library = installed(folder, "libMNN.so", "libMNN.a")
    # In the archive, backends and operations register by constructors that nothing refers to.
    link = [library, f"-Wl,-rpath,{library.parent}"] if library.suffix == ".so" else \
        ["-Wl,--whole-archive", library, "-Wl,--no-whole-archive", "-pthread", "-ldl"]
    return build_cpp(workers, "mnn", folder / "include", link)


def build_cpp(workers: Path, name: str, include: Path, libraries: List[object]) -> Path:
    """Compiles the worker NAME.cpp against a peer's installation."""
    program, turns = workers / name, workers / "turns.o"
    compile_step(["gcc", "-std=c11", "-O2", "-D_POSIX_C_SOURCE=200809L", "-c", HERE / "turns.c", "-o", turns])
    compile_step(["g++", "-std=c++17", "-O2", "-Wall", "-Wextra", "-isystem", include, HERE / f"{name}.cpp", turns,
                  *libraries,
                  "-o", program])
    return program


def compile_step(command: List[object]) -> None:
    """Runs a compiler. If it fails, the error is its first line that contains "error"."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        lines = done.stderr.splitlines() or [f"exit status {done.returncode}"]
        raise Failed(next((line for line in lines if "error" in line), lines[0]))


@dataclass(frozen=True)
class Engine:
    """A peer: its name on the command line and in the table, and the function that makes its worker's command."""

    key: str
    title: str
    command: Callable[[Setup, Case], List[object]]
    int8: str = ""  # the form of a graph in 8 bits: its heads resemble those in fp32, but are not equal


PEERS = [Engine("onnxruntime", "ONNX Runtime", onnxruntime), Engine("ncnn", "ncnn", ncnn), Engine("mnn", "MNN", mnn),
         Engine("tflite", "TensorFlow Lite", tflite),
         Engine("opencv", "OpenCV DNN", opencv), Engine("pytorch", "PyTorch (eager)", pytorch)]
# With --int8: ONNX Runtime in fp32, and in the forms of make_onnx.py.
INT8_PEERS = [PEERS[0], Engine("qdq", "ONNX Runtime", partial(onnxruntime, kind="-qdq"), "QDQ"),
              Engine("qlinear", "ONNX Runtime", partial(onnxruntime, kind="-qlinear"), "QLinearConv"),
              Engine("qlinear16", "ONNX Runtime", partial(onnxruntime, kind="-qlinear16"), "QLinearConv, 16")]
