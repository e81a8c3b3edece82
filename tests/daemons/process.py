# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What all daemons have in common: a temporary folder, a log, a start and a bounded stop.

Also the one polling loop of the test suite, `wait_until`.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing import Self

Seen = TypeVar("Seen")
# Python 3.11 and newer have a way that is safe among threads.
OWN_GROUP = {"process_group": 0} if sys.version_info >= (3, 11) else {"preexec_fn": os.setpgrp}
# The daemon gets SIGTERM when these tests end in any way, as by a signal.
WITH_US = ["setpriv", "--pdeathsig", "TERM", "--"]
# Below those that the kernel gives to sockets without a port of their own, so that no connection takes
# one between its choice and its use.
PORTS = range(10_000, 30_000)
_reservations: list[socket.socket] = []  # a name in the abstract namespace for each port
# Seconds that only a hang takes, however busy the machine is.
HANG = 180.0


def proc_of_threads(pid: int, name: str) -> list[str]:
    """What /proc/PID/task/*/NAME says of each thread, but for those that end meanwhile."""
    texts = []
    for path in Path(f"/proc/{pid}/task").glob(f"*/{name}"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            texts.append(path.read_text())
    return texts


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


def wait_until(condition: Callable[[], Seen], timeout: float,
               what: str | Callable[[], str]) -> Seen:
    """Call `condition` until it is true and return its value; report `what` was missing if not."""
    began = time.monotonic()
    while not (seen := condition()):
        waited = time.monotonic() - began
        if waited > timeout:
            missing = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {timeout} seconds: {missing}\nlast seen: {seen!r}")
        time.sleep(min(0.01 + waited / 10, 0.2))  # the other tests need the processors
    return seen


def free_port() -> int:
    """A TCP and UDP port of 127.0.0.1 that no other process of the tests gets until this one ends."""
    for port in random.sample(PORTS, len(PORTS)):
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0collectd-drs-tests-port-{port}")
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(type=kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        _reservations.append(reservation)
        return port
    raise AssertionError("all ports are in use")


def listens(port: int) -> bool:
    """Does somebody accept connections on this port of 127.0.0.1?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Daemon:
    """A program that runs in the foreground, with all its state in a temporary folder.

    A subclass gives `command`, `ready` and, where it needs files, `configure`. It may end by
    itself only after stop(): anything else is a failure that shows its log.
    """

    name = "daemon"
    start_timeout = HANG
    stop_timeout = HANG

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix=f"{self.name}-")
        self.folder = Path(self._temporary.name)
        self.output = self.folder / "output"
        self.process: subprocess.Popen | None = None

    def configure(self) -> None:
        """Write the files that the program reads when it starts."""

    def command(self) -> list[str]:
        """The program and its arguments, such that it stays in the foreground."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """The variables of the tests, but for proxies: everything here is on this machine."""
        return {name: value for name, value in os.environ.items()
                if not name.lower().endswith("_proxy")}

    def ready(self) -> bool:
        """Is it up, so that a test can begin?"""
        raise NotImplementedError

    def log_text(self) -> str:
        """All output of the program so far."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def start(self) -> None:
        """Begin; in a process group of its own, so that Ctrl-C is left to the one who stops it."""
        self.configure()
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*WITH_US, *self.command()], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env=self.environment(), **OWN_GROUP)
        self.wait_until(self.ready, f"{self.name} to be ready", self.start_timeout)

    def stop(self) -> float:
        """End the program with SIGTERM and return how many seconds it took."""
        if self.process is None:
            return 0.0
        process, self.process = self.process, None
        print(f"--- {self.name}'s log ---", self.log_text(), sep="\n")
        assert process.poll() is None, f"{self.name} had ended by itself: {process.returncode}"
        begin = time.monotonic()
        process.terminate()
        try:
            process.wait(self.stop_timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} did not end at SIGTERM\n{self.log_text()}") from None
        return time.monotonic() - begin

    def wait_until(self, condition: Callable[[], Seen], what: str, timeout: float = HANG) -> Seen:
        """As the function of this name, but fail at once if the program ends, and show its log."""
        def alive_and_met() -> Seen:
            assert self.process and self.process.poll() is None, (
                f"{self.name} ended while it was waited for {what}\n{self.log_text()}")
            return condition()
        return wait_until(alive_and_met, timeout, lambda: f"{what}\n{self.log_text()}")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._abandon()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            self._temporary.cleanup()

    def _abandon(self) -> None:
        """Leave nothing behind of a start that failed."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._temporary.cleanup()
