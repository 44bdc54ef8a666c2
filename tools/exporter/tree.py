# SPDX-License-Identifier: MIT
"""Reads the module tree of a checkpoint: children, attributes and tensors, each checked as it is read."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import numpy as np

from .checkpoint import Checkpoint
from .errors import ExportError, brief
from .names import Method, Name, Object, TensorRef

MAX_DEPTH = 32
MAX_PATH = 200  # characters: operations are named by paths

# Module state that would change the result without showing in the structure.
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")


class Module:
    """A module of the pickled network and its path in it, e.g. `model.2.0.branch2`."""

    def __init__(self, checkpoint: Checkpoint, pickled: Any, path: str) -> None:
        self._checkpoint = checkpoint
        if len(path) > MAX_PATH:
            raise ExportError(path[:MAX_PATH], f"module path is longer than {MAX_PATH} characters")
        checkpoint.visit(path or "model")
        self.path = path
        if not isinstance(pickled, Object) or not isinstance(pickled.state, dict):
            raise ExportError(path or "model", "expected a pickled module")
        if path.count(".") > MAX_DEPTH:
            raise ExportError(path, "modules are nested too deeply")
        self.kind = pickled.path
        self._state = pickled.state
        for hooks in _HOOKS:
            if self._state.get(hooks):
                raise ExportError(path or "model", "has forward hooks, expected a module without")
        self.is_fused = self._has_fused_forward(pickled)

    def _has_fused_forward(self, pickled: Object) -> bool:
        """Returns whether upstream's fuse() has replaced the module's forward. Refuses any other replacement."""
        forward = self._state.get("forward")
        if forward is None:
            return False
        if not isinstance(forward, Method) or not (forward.owner is pickled or forward.owner == Name(self.kind)):
            raise self.fail("its forward is replaced, expected that of its class")
        return True

    def fail(self, expected: str) -> ExportError:
        """Returns an error about this module."""
        return ExportError(self.path or "model", f"{self.kind}: {expected}")

    def _table(self, name: str) -> dict:
        table = self._state.get(name)
        if not isinstance(table, dict):
            raise self.fail(f"has no {name}, expected a module")
        return table

    def children(self) -> List[Tuple[str, "Module"]]:
        """Returns the named children in order. Skips a child set to None, as PyTorch does."""
        prefix = self.path + "." if self.path else ""
        return [(str(name), Module(self._checkpoint, child, f"{prefix}{name}"))
                for name, child in self._table("_modules").items() if child is not None]

    def child(self, name: str) -> "Module":
        """Returns the child of that name. Raises ExportError if there is none."""
        found = self.find(name)
        if found is None:
            raise self.fail(f"expected a child module {name}")
        return found

    def find(self, name: str) -> Optional["Module"]:
        """Returns the child of that name, or None."""
        child = self._table("_modules").get(name)
        prefix = self.path + "." if self.path else ""
        return None if child is None else Module(self._checkpoint, child, f"{prefix}{name}")

    def has(self, name: str) -> bool:
        """Returns whether a plain attribute is stored."""
        return name in self._state

    def attribute(self, name: str) -> Any:
        """Returns a plain attribute. Raises ExportError if there is none."""
        if name not in self._state:
            raise self.fail(f"expected an attribute {name}")
        return self._state[name]

    def integer(self, name: str) -> int:
        """Returns an attribute that must be an integer (PyTorch's pairs of two equal integers count as one)."""
        value = self.attribute(name)
        if isinstance(value, (tuple, list)) and len(value) == 2:
            first, second = value
            value = first if type(first) is type(second) is int and first == second else value
        if type(value) is not int:
            raise self.fail(f"{name} is {brief(value)}, expected one integer")
        return value

    def pair(self, name: str) -> Tuple[int, int]:
        """Returns an attribute that is an integer or a pair of them, as (vertical, horizontal)."""
        value = self.attribute(name)
        pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
        if len(pair) != 2 or not all(type(v) is int for v in pair):
            raise self.fail(f"{name} is {brief(value)}, expected integers")
        return pair

    def require(self, name: str, *allowed: Any) -> None:
        """Refuses the module unless the attribute has one of the allowed values (and type, for booleans)."""
        value = self.attribute(name)
        if not any(value == a and isinstance(value, bool) == isinstance(a, bool) for a in allowed):
            raise self.fail(f"{name} is {brief(value)}, expected {' or '.join(map(repr, allowed))}")

    def tensor_names(self) -> List[str]:
        """Returns the names of the module's own parameters and buffers."""
        return [str(name) for table in ("_parameters", "_buffers")
                for name, value in self._table(table).items() if value is not None]

    def tensor(self, name: str) -> Optional[np.ndarray]:
        """Returns a parameter or buffer (or a tensor attribute) as float64; None if it does not exist."""
        for table in ("_parameters", "_buffers"):
            if self._table(table).get(name) is not None:
                return self._read(name, self._table(table)[name])
        value = self._state.get(name)
        return self._read(name, value) if isinstance(value, TensorRef) else None

    def _read(self, name: str, value: Any) -> np.ndarray:
        where = f"{self.path}.{name}" if self.path else name
        if not isinstance(value, TensorRef):
            raise ExportError(where, "expected a tensor")
        return self._checkpoint.array(value, where)

    def vector(self, name: str, size: int) -> np.ndarray:
        """Returns a parameter or buffer that must be a vector of `size`."""
        array = self.tensor(name)
        if array is None or array.shape != (size,):
            raise self.fail(f"{name} is {'missing' if array is None else array.shape}, expected {size} values")
        return array
