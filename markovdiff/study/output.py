"""Writing files: whole or not at all, and refused before the work where they cannot be written."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from markovdiff.errors import InputError


def check_writable(path: str, option: str) -> None:
    """Raise InputError now if `path` could not be written after a long run."""
    target = Path(path)
    folder = target.parent
    if target.is_dir():
        raise InputError("a folder where a file is needed", where=option, got=path)
    if not folder.is_dir():
        raise InputError("no such folder", where=option, got=str(folder), remedy="make the folder first")
    if not os.access(target if target.exists() else folder, os.W_OK):
        raise InputError("the file cannot be written", where=option, got=path, remedy="choose a place you may write to")


def write_whole(path: str, content: str, option: str) -> None:
    """Write a temporary file beside the target, then rename it: no reader sees half a file.

    A target that is no regular file (a device, a pipe) is written to as it is.
    """
    target = Path(os.path.realpath(path))
    temporary: str | None = None
    try:
        if target.exists() and not target.is_file():
            target.write_text(content, encoding="utf-8", newline="")
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(content)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~mask)
        Path(temporary).replace(target)
        temporary = None
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", where=option, got=path) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
