"""undr.task.ProcessManager on libundrtask, the reference implementation of undr's task protocol in C.

Either make one where the package makes its own,

    manager = undr_native.NativeProcessManager(workers=8)

or have everything that uses undr.task.ProcessManager use it:

    undr_native.install()

or run undr's command line on it: ``python -m undr_native install -c undr.toml``.
"""

from __future__ import annotations

import importlib.metadata
import typing

try:
    import jsonschema_rs

    # undr 1.0.1 uses this name. Releases since 0.20 have another one, and older ones have no wheel for Python 3.13.
    if not hasattr(jsonschema_rs, "JSONSchema"):
        jsonschema_rs.JSONSchema = jsonschema_rs.validator_for
except ImportError:
    pass  # the import of undr says so

try:
    import undr
    from undr import task as _task
except ImportError as _error:
    raise ImportError(
        f"undr_native needs the package undr, which could not be imported ({_error}): "
        "pip install 'undr_native[undr]'; pip install --no-deps undr"
    ) from _error

from .manager import NativeProcessManager

__all__ = ["NativeProcessManager", "install", "uninstall"]

try:
    __version__ = importlib.metadata.version("undr_native")
except importlib.metadata.PackageNotFoundError:
    __version__ = "0"  # used in place, as the tests do: CMakeLists.txt says it

_original = _task.ProcessManager


def _put(manager: typing.Any) -> None:
    _task.ProcessManager = manager
    if hasattr(undr, "ProcessManager"):
        undr.ProcessManager = manager


def install() -> None:
    """Puts NativeProcessManager in the place of undr.task.ProcessManager, for undr's own functions and for programs that
    look it up there. What was imported by name before (``from undr.task import ProcessManager``) stays what it was."""
    _put(NativeProcessManager)


def uninstall() -> None:
    """Puts the package's own ProcessManager back."""
    _put(_original)
