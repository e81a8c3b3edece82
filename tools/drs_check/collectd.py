# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""One run of collectd with drs and drs-check's own module, and the records that it sends."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import Problem
from .options import Options
from .results import SCHEMA, Results

KILL_AFTER = 3  # seconds from SIGTERM
READ_SIZE = 1 << 16
PARSE_ERROR = re.compile(r"(Parse error in file .*, line )(\d+)( near .*)", re.DOTALL)
# Characters that the shell's expansion of an Include leaves as they are; all others get a backslash.
PLAIN = re.compile(r"[A-Za-z0-9_./,:=@%+-]")

# collectd counts lines on from file to file, so those of this one are in each number.
WRAPPER = """\
PluginDir {folder}
<LoadPlugin drs_check>
  Globals true
</LoadPlugin>
<Plugin drs_check>
  Folder {folder}
  Channel {channel}
  Bodies {bodies}
  Interval {interval}
</Plugin>
Include {configuration}
WriteThreads 1
WriteQueueLimitHigh 0
WriteQueueLimitLow 0
PreCacheChain "drs_check"
PostCacheChain "drs_check"
LoadPlugin drs_check_end
<Plugin drs_check_end>
  Daemon {daemon}
</Plugin>
"""


def quoted(text: str) -> str:
    """A string of collectd's configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unexpanded(text: str) -> str:
    """A path that the shell's expansion gives back as it is."""
    return "".join(char if PLAIN.fullmatch(char) else f"\\{char}" for char in text)


@contextmanager
def plugin_folder() -> Iterator[Path]:
    """A temporary folder that code can be loaded from: some machines mount theirs noexec."""
    tried = dict.fromkeys([tempfile.gettempdir(), "/var/tmp", "/run", "/dev/shm"])
    for place in tried:
        try:
            if "\n" in place or os.statvfs(place).f_flag & os.ST_NOEXEC or not os.access(place, os.W_OK | os.X_OK):
                continue
        except OSError:
            continue
        with tempfile.TemporaryDirectory(prefix="drs-check-", dir=place) as name:
            yield Path(name)
        return
    raise Problem(f"no plugin can be loaded from {', '.join(tried)} (mounted noexec); name a folder with TMPDIR")


def find_plugin(folder: Path, name: str) -> Path | None:
    """The file of a plugin, as collectd looks for it: whatever the case, and no link."""
    wanted = {"libvirt": "virt"}.get(name, name).lower() + ".so"
    try:
        return next(path for path in sorted(folder.iterdir()) if path.name.lower() == wanted and not path.is_symlink())
    except (OSError, StopIteration):
        return None


class PluginFolder:
    """The plugins that collectd loads: drs, matches and targets as they are, the observer for the rest.

    They are copies, because collectd follows no link.
    """

    def __init__(self, folder: Path, options: Options) -> None:
        if not options.observer.is_file():
            raise Problem(f"{options.observer} is missing; reinstall the package, or name it with --observer")
        self.folder, self.options = folder, options
        self.source = options.plugin_dir
        self.notes: list[str] = []
        for name in ("drs_check", "drs_check_end"):
            self._copy(options.observer, f"{name}.so")

    def _copy(self, source: Path, name: str) -> None:
        try:
            shutil.copyfile(source, self.folder / name)
        except OSError as error:
            raise Problem(f"{error.filename}: {error.strerror}") from error

    def take(self, record: dict) -> None:
        """Make ready for what collectd is about to load."""
        if record["kind"] == "plugin_dir":
            self.source = Path(record["path"])
        elif record["kind"] in ("load", "block"):
            self._add(record["plugin"])

    def _add(self, name: str) -> None:
        is_drs = name.lower() == "drs"
        source = (self.options.drs_dir if is_drs else None) or self.source
        found = find_plugin(source, name)
        if found is None:
            return
        if is_drs and source not in (self.options.drs_dir, self.options.plugin_dir):
            note = f"PluginDir: drs is loaded from {found}; all other plugins are replaced, so nothing is written"
            self.notes.extend([note] if note not in self.notes else [])
        real = is_drs or found.name.lower().startswith(("match_", "target_"))
        self._copy(found if real else self.options.observer, found.name)


class Run:
    """A collectd under way. `approve` is called once the configuration is known, and may raise."""

    def __init__(self, options: Options, folder: Path, approve: Callable[[], None]) -> None:
        self.results = Results()
        self.status: int | None = None  # None: it was ended before it could end
        self._options, self._approve = options, approve
        self._plugins = PluginFolder(folder, options)
        self._folder = folder
        self._channel, channel = os.pipe()
        try:
            self._process = self._start(channel)
        except OSError as error:
            os.close(self._channel)
            raise Problem(f"{options.collectd}: {error.strerror}") from error
        finally:
            os.close(channel)

    def _start(self, channel: int) -> subprocess.Popen:
        options, wrapper = self._options, self._folder / "wrapper.conf"
        text = WRAPPER.format(
            folder=quoted(str(self._folder)), channel=channel, bodies=str(options.record is not None).lower(),
            interval=options.watch or 0, configuration=quoted(unexpanded(str(options.configuration))),
            daemon=str(options.watch is not None).lower())
        wrapper.write_text(text, encoding="utf-8", errors="surrogateescape")
        self._errors = (self._folder / "errors").open("w+b")
        mode = "-T" if options.watch is None else "-f"
        return subprocess.Popen([options.collectd, mode, "-C", unexpanded(str(wrapper))], stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=self._errors, pass_fds=[channel])

    def records(self, timeout: float | None, tick: float | None = None) -> Iterator[dict | None]:
        """Each record, once `results` has it; None after each `tick` seconds without one.

        Ends with collectd, or at the timeout: then `status` is None.
        """
        deadline = time.monotonic() + timeout if timeout is not None else None
        rest = b""
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            wait = min((one for one in (left, tick) if one is not None), default=None)
            ready, _, _ = select.select([self._channel], [], [], wait)
            if not ready:
                if deadline is not None and time.monotonic() >= deadline:
                    return
                yield None
                continue
            part = os.read(self._channel, READ_SIZE)
            if not part:
                break
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                yield self._take(line)
        self.status = self._process.wait()
        self._read_errors()

    def _take(self, line: bytes) -> dict:
        record = json.loads(line.decode(errors="replace"))
        if record["kind"] == "begin" and record["schema"] != SCHEMA:
            raise Problem("the observer is of another version; reinstall the package")
        self._plugins.take(record)
        self.results.take(record)
        if record["kind"] == "configured":
            self._approve()
            self._process.stdin.write(b"+")
            self._process.stdin.close()
        return record

    def _read_errors(self) -> None:
        self._errors.seek(0)
        for line in self._errors.read().decode(errors="replace").split("\n"):
            if line:
                self.results.collectd.append(line)

    @property
    def notes(self) -> list[str]:
        return self._plugins.notes

    def own_errors(self) -> list[str]:
        """collectd's own lines, with the user's paths; of a syntax error the one that has file and line."""
        lines = [line.replace(f"{self._folder}", f"{self._plugins.source}") for line in self.results.collectd]
        found = [PARSE_ERROR.fullmatch(line) for line in lines]
        syntax = [f"{match[1]}{int(match[2]) - WRAPPER.count(chr(10))}{match[3]}" for match in found if match]
        return syntax or [line for line in lines if not line.startswith("Error: one or more")]

    def close(self) -> None:
        """Leave no collectd behind."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(KILL_AFTER)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if not self._process.stdin.closed:
            self._process.stdin.close()
        os.close(self._channel)
        self._errors.close()
