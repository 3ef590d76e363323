"""Writing files: whole or not at all, and refused before the work where they cannot be written."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.signals import undisturbed
from markovdiff.study import confined


def check_writable(outputs: Mapping[str, str], inputs: Iterable[Path] = ()) -> None:
    """Raise InputError now if a file, {option: path}, could not be written after a long run.

    Nor may two options name one file, or an option the file that is being read.
    """
    taken = {_identity(path): f"the scenario {shown(path)}" for path in inputs}
    for option, path in outputs.items():
        _check_one(path, option)
        key = _identity(Path(path))
        if key in taken and not Path(path).is_char_device():
            raise InputError(
                "a file would overwrite another",
                where=option,
                got=f"{shown(path)}, which is {taken[key]}",
                remedy="choose another name",
            )
        taken[key] = f"also the file of {option}"


def _identity(path: Path) -> str:
    return os.path.realpath(path)


def _check_one(path: str, option: str) -> None:
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise InputError(
                "a folder where a file is needed", where=option, got=shown(Path(path)), remedy="name a file in it"
            )
        if not target.parent.is_dir():
            raise InputError("no such folder", where=option, got=shown(target.parent), remedy="make the folder first")
        target.exists()
        os.fsencode(target)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _unwritable(error, option, path) from None
    if not os.access(target if target.exists() and not target.is_file() else target.parent, os.W_OK):
        raise InputError(
            "the file cannot be written", where=option, got=shown(Path(path)), remedy="choose a place you may write to"
        )


def write_whole(contents: Mapping[tuple[str, str], str | bytes]) -> None:
    """Write every file, {(option, path): text}: all temporary files first, then each is renamed.

    No reader sees half a file, and none is renamed before all could be written. A target that is no regular file
    (a device, a pipe) is written to as it is.
    """
    ready: list[tuple[Path, Path]] = []
    place = ("", "")
    try:
        for place, content in contents.items():
            path = place[1]
            confined.check_writable(Path(path), over=True)
            data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
            if Path(path).exists() and not Path(path).is_file():
                with Path(path).open("wb") as device:
                    device.write(data)
                continue
            target = Path(os.path.realpath(path))
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
            with undisturbed():
                ready.append((_temporary(target.parent, data, mode), target))
        with undisturbed():
            while ready:
                ready[0][0].replace(ready[0][1])
                ready.pop(0)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise _unwritable(error, *place) from None
    finally:
        with undisturbed():
            for temporary, _ in ready:
                with contextlib.suppress(OSError):
                    temporary.unlink()


class Journal:
    """A file that grows line by line beside what is being made, so that what is done outlives the program.

    A line that was not written to its end is dropped when the journal is opened again.
    """

    def __init__(self, path: Path, header: str) -> None:
        """Open the journal at `path`; `lines` are those of an earlier one with the same header, else there are none.

        Raises InputError where it cannot be written.
        """
        try:
            confined.check_writable(path, over=True)
            self.path = path
            self._file = path.open("a+", encoding="utf-8", newline="")
            self._file.seek(0)
            *whole, _torn = self._file.read().split("\n")
            first, *self.lines = whole or [""]
            if first != header:
                whole, self.lines = [], []
            self._file.truncate(sum(len(line.encode()) + 1 for line in whole))
            if not whole:
                self._file.write(f"{header}\n")
            self._file.flush()
        except (OSError, ValueError) as error:
            raise _unwritable(error, "the journal", str(path)) from None

    def add(self, line: str) -> None:
        """Append a line to the file; it is there when this returns, even if the program ends at once."""
        try:
            self._file.write(f"{line}\n")
            self._file.flush()
        except OSError as error:
            raise _unwritable(error, "the journal", str(self.path)) from None

    def close(self) -> None:
        """Close it and leave it there."""
        self._file.close()

    def remove(self) -> None:
        """Close it and remove it: what it was for has been made."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def write_new(path: Path, text: str) -> None:
    """Write a file where there is none, whole or not at all.

    Raises FileExistsError where there is one, another OSError or ValueError where it cannot be written.
    """
    confined.check_writable(path)
    with undisturbed():
        _write_new(path, text)


def _write_new(path: Path, text: str) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    temporary = _temporary(path.parent, text.encode("utf-8"), 0o666 & ~_umask())
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        path.open("x").close()
        try:
            temporary.replace(path)
        except OSError:
            path.unlink()
            raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _temporary(folder: Path, data: bytes, mode: int) -> Path:
    """Return a new file beside the target with all the text in it; or None, and the OSError."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".markovdiff-", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(mode)
    except BaseException:
        temporary.unlink()
        raise
    return temporary


def _unwritable(error: Exception, option: str, path: str) -> InputError:
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(
        f"the file cannot be written: {reason}",
        where=option,
        got=shown(Path(path)),
        remedy="choose another place or name",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
