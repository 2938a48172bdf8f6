"""A label file that one process at a time labels and saves, atomically."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SAVING = ".{name}.saving"
"""The new bytes of a file on their way into its place. One that is left over was being written in a crash."""


class FileInUseError(Exception):
    """Another process labels the file."""


class FileChangedError(Exception):
    """The file on disk is not the one that was read or saved last."""


@dataclass(frozen=True)
class _Seen:
    """A file as it was read or saved last."""

    inode: int
    size: int
    changed_at: int
    digest: bytes


class LockedFile:
    """A file under a lock of the operating system, which ends with the process, however it ends.

    The lock is on the file itself, so no lock file is needed. Each save locks the new file before it takes
    the old one's place.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Lock the file at `path`, and read it. `close` unlocks it.

        Raises:
            FileInUseError: another process has locked it.
            OSError: it cannot be read.
        """
        # Through a symbolic link the file itself is replaced, not the link.
        self._path = Path(path).resolve(strict=True)
        self._locked: int | None = _lock(self._path)
        try:
            self._temporary.unlink(missing_ok=True)
            self.content, self._seen = _read(self._path)
        except BaseException:
            self.close()
            raise

    @property
    def _temporary(self) -> Path:
        return self._path.with_name(_SAVING.format(name=self._path.name))

    def close(self) -> None:
        """Unlock the file; a second time does nothing."""
        locked, self._locked = self._locked, None
        if locked is not None:
            os.close(locked)

    def is_changed(self) -> bool:
        """Return whether another program changed, replaced or removed the file since it was read or saved."""
        try:
            now = self._path.stat()
            seen = self._seen
            if (now.st_ino, now.st_size, now.st_mtime_ns) == (seen.inode, seen.size, seen.changed_at):
                return False
            return _read(self._path)[1].digest != seen.digest
        except OSError:
            return True

    def save(self, content: bytes) -> None:
        """Put `content` into the file's place, all of it or nothing, with the file's mode.

        Raises:
            FileChangedError: the file on disk is not the one that was read or saved last; it stays as it is.
            OSError: it cannot be written; it stays as it is.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(self._temporary, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(content)
            os.fsync(descriptor)
            # As late as possible: what changes the file from here on is lost.
            self._take_mode(descriptor)
            os.replace(self._temporary, self._path)
        except BaseException:
            os.close(descriptor)
            self._temporary.unlink(missing_ok=True)
            raise
        self.close()
        self._locked = descriptor
        now = os.fstat(descriptor)
        self._seen = _Seen(now.st_ino, now.st_size, now.st_mtime_ns, _digest(content))
        _sync_folder(self._path.parent)

    def _take_mode(self, descriptor: int) -> None:
        """Give the new file the old one's mode and owner, if that is still the file that was seen."""
        try:
            old = self._path.stat()
            same = _read(self._path)[1].digest == self._seen.digest
        except FileNotFoundError:
            same = False
        if not same:
            raise FileChangedError(f"{self._path.name} was changed on disk by another program.")
        with suppress(OSError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
        os.fchmod(descriptor, old.st_mode & 0o7777)


def _lock(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Between opening and locking, a save may have put another file there.
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise FileInUseError(f"{path.name} is open in another labeling page.") from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _read(path: Path) -> tuple[bytes, _Seen]:
    with path.open("rb") as file:
        content = file.read()
        now = os.fstat(file.fileno())
    return content, _Seen(now.st_ino, now.st_size, now.st_mtime_ns, _digest(content))


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content).digest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
