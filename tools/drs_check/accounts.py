# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The pause after a rejected login or signature: a service locks an account after a few of them.

An attempt is noted before it is made, as if it were rejected, and the note is taken back once the
account was accepted or the service was not reached. What ends drs-check in between leaves the note.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from . import Problem
from .results import Project

MINUTE, HOUR, PAUSE_MAX = 60, 3600, 1800  # seconds
TRIES_MAX, REPLACED_TRIES_MAX = 6, 3  # in an hour
FAILURES_MAX = 10  # that are counted
LOCK_EVERY = 0.1  # seconds between two tries
Options = dict[str, str]  # of a block


class Paused(Exception):
    """Projects whose account is not to be tried yet, and for how many seconds."""

    def __init__(self, waiting: dict[str, int]) -> None:
        super().__init__()
        self.waiting = waiting


class Account(NamedTuple):
    """What a service locks: a user or an access key. `key` is a digest, `file` has the secret."""

    key: str
    file: str


def origin(url: str) -> str:
    """Scheme, host and port: a user is the same whatever the path and the spelling."""
    scheme, _, rest = url.lower().partition("://")
    default = ":443" if scheme == "https" else ":80"
    host = rest.partition("/")[0].rpartition("@")[2].removesuffix(default).rstrip(".")
    return f"{scheme}://{host}"


def account_of(options: Options) -> Account | None:
    """The account of a block; None: it has none that could be locked."""
    if "AccessKey" in options:
        parts, file = ["key", options["AccessKey"]], "SecretKeyFile"
    elif "User" in options:
        place = origin(options.get("IdentityEndpoint", ""))
        parts, file = ["user", place, options.get("DomainName", "").lower(), options["User"].lower()], "PasswordFile"
    else:
        return None
    digest = hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
    return Account(digest, options.get(file, ""))


def stamp_of(file: str) -> str:
    """Differs once a file was replaced or written; says nothing of its content."""
    try:
        info = os.stat(file)
    except (OSError, ValueError):
        return ""
    return f"{info.st_dev} {info.st_ino} {info.st_size} {info.st_mtime_ns}"


def recent(tries: Iterable[float], now: float) -> list[float]:
    return [at for at in tries if now - HOUR < at <= now]


def is_entry(entry: object) -> bool:
    """Whether an entry of the file is as `note` writes it."""
    return (isinstance(entry, dict) and isinstance(entry.get("failures"), int)
            and 0 <= entry["failures"] <= FAILURES_MAX
            and isinstance(entry.get("until"), (int, float)) and isinstance(entry.get("files"), dict)
            and isinstance(entry.get("tries"), list) and bool(entry["tries"])
            and all(isinstance(at, (int, float)) for at in entry["tries"]))


def was_rejected(project: Project) -> bool:
    """By a service: a secret that could not be read was not tried."""
    tried = project.token_requests > 0 or any(one.classified == "credential" for one in project.responses)
    denied = any(one.classified == "permission" for one in project.responses)
    return tried and not denied and any(message.kind == "auth" for message in project.errors)


def was_accepted(project: Project) -> bool:
    """DRS has answered a request, and not with a rejection of the credential."""
    return any(one.status > 0 and one.classified in ("none", "permission", "job", "empty") for one in project.responses)


class Pauses:
    """Which accounts were rejected, and until when they are not tried. It holds no secret.

    One file for all configurations: it is the account that a service locks. The limits are those of
    the daemon: at most six tries in an hour, three of them because of a new file. One drs-check at a
    time has the lock, from the note to the outcome.
    """

    def __init__(self, folder: Path, accounts: dict[str, Account], patience: float) -> None:
        self._file = folder / "accounts.json"
        self._accounts = accounts
        self._stamps = {one.file: stamp_of(one.file) for one in accounts.values() if one.file}
        self._before: dict[str, dict | None] = {}  # the entries of accounts that were noted and not settled
        self._lock = self._open(folder, time.monotonic() + patience) if accounts else -1
        self._entries: dict[str, dict] = self._read() if accounts else {}

    def _open(self, folder: Path, deadline: float) -> int:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            info = folder.lstat()
            if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
                raise Problem(f"{folder} belongs to another user; name another one with --state-dir")
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Problem(f"{folder}: {error.strerror}") from error
        waits = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except BlockingIOError:
                if not waits:
                    print("drs-check: waiting for another drs-check to end", file=sys.stderr)
                waits = True
            if time.monotonic() > deadline:
                raise Problem("another drs-check has not ended; see --timeout")
            time.sleep(LOCK_EVERY)

    def _read(self) -> dict[str, dict]:
        try:
            if self._file.exists() and not self._file.is_file():
                raise Problem(f"{self._file}: not a regular file")
            entries = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError, OSError) as error:
            raise Problem(f"{self._file}: {error}") from error
        if not isinstance(entries, dict) or not all(map(is_entry, entries.values())):
            raise Problem(f"{self._file}: not as drs-check writes it; remove it")
        return entries

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        try:
            new.write_text(json.dumps(self._entries), encoding="utf-8")
            new.replace(self._file)
        except OSError as error:
            raise Problem(f"{new}: {error.strerror}") from error

    def _seconds(self, account: Account, now: float) -> float:
        """How long this account has to wait."""
        entry = self._entries.get(account.key)
        if entry is None:
            return 0
        tries = recent(entry["tries"], now)
        full = tries[0] + HOUR - now if len(tries) >= TRIES_MAX else 0
        seen = entry["files"].get(account.file)
        if seen is not None and seen != self._stamps[account.file] and len(tries) <= REPLACED_TRIES_MAX:
            return full
        # A clock that was set back must not make a pause longer.
        return max(full, entry["until"] - now if entry["until"] <= now + PAUSE_MAX else 0)

    def note(self, force: bool) -> None:
        """Note an attempt of each account; raises Paused, and notes nothing, where one has to wait."""
        now = time.time()
        seconds = {name: self._seconds(account, now) for name, account in self._accounts.items()}
        waiting = {name: round(wait) + 1 for name, wait in seconds.items() if wait > 0}
        if waiting and not force:
            self.release()
            raise Paused(waiting)
        for key in {account.key for account in self._accounts.values()}:
            old = self._before[key] = self._entries.get(key)
            old = old or {"failures": 0, "tries": [], "files": {}}
            used = [one.file for one in self._accounts.values() if one.key == key and one.file]
            files = {file: self._stamps[file] for file in used}
            self._entries[key] = {"failures": min(old["failures"] + 1, FAILURES_MAX),
                                  "until": now + min(MINUTE * 2 ** old["failures"], PAUSE_MAX),
                                  "tries": [*recent(old["tries"], now), now][-TRIES_MAX:],
                                  "files": old["files"] | files}
        if self._before:
            self._write()

    def settle(self, projects: dict[str, Project], final: bool) -> None:
        """Take back the notes of accounts that were accepted, or that the service has not seen.

        Without `final` the accounts of projects whose cycle has not ended have to wait for their outcome.
        """
        noted = dict(self._before)
        for key, before in noted.items():
            used = [projects.get(name) for name, account in self._accounts.items() if account.key == key]
            seen = [project for project in used if project is not None]
            over = all(project is not None and (project.ended or project.errors) for project in used)
            rejected = any(map(was_rejected, seen))
            if not over and not final:
                continue
            if not rejected and any(map(was_accepted, seen)):
                del self._entries[key]
            elif not rejected and over:
                self._entries.pop(key)
                self._entries.update({key: before} if before is not None else {})
            del self._before[key]
        if self._before != noted:
            self._write()
        if not self._before:
            self.release()

    def release(self) -> None:
        """Let others go on."""
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1
