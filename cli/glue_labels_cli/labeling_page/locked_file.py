"""A label file that is locked while it is labeled, and saved atomically."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SAVING = ".{name}.saving"
"""Name of the temporary file of a save. A crash can leave one behind."""


class FileInUseError(Exception):
    """Another labeling page has locked the file."""


class FileChangedError(Exception):
    """Another program has changed the file on disk."""


@dataclass(frozen=True)
class _Seen:
    """The state of the file when it was last read or saved."""

    inode: int
    size: int
    changed_at: int
    digest: bytes


class LockedFile:
    """A file with a lock of the operating system. The lock ends with the process, even after a crash.

    The lock is on the file itself, so there is no lock file. A save locks the new file before it replaces the
    old one.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Lock the file at `path` and read it. `close` unlocks it.

        Raises:
            FileInUseError: another process has locked it.
            OSError: it cannot be read.
        """
        # Of a symbolic link, replace the file that it points to.
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
        """Unlock the file. Nothing happens if it is unlocked already."""
        locked, self._locked = self._locked, None
        if locked is not None:
            os.close(locked)

    def lock_again(self) -> None:
        """After `close`, lock the file that is at the path now, if there is one that nobody has locked."""
        with suppress(FileInUseError, OSError):
            self._locked = _lock(self._path)

    def is_changed(self) -> bool:
        """Return whether another program has changed the file since it was last read or saved."""
        try:
            now = self._path.stat()
            seen = self._seen
            if (now.st_ino, now.st_size, now.st_mtime_ns) == (seen.inode, seen.size, seen.changed_at):
                return False
            return _read(self._path)[1].digest != seen.digest
        except OSError:
            return True

    def save(self, content: bytes) -> None:
        """Replace the file atomically with `content`, and keep its mode. An error changes nothing.

        Raises:
            FileChangedError: another program has changed the file.
            OSError: the file cannot be written.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(self._temporary, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(content)
            os.fsync(descriptor)
            # As late as possible: from here on, a change by another program is lost.
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
        """Give the new file the mode and owner of the old one. Fail if another program has changed that."""
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
            # Another page may have saved, and so replaced the file, before the lock.
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
