# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Two clocks drive the stand-in: the servers' wall clock, and the faster one of migrations."""

import threading
import time

# Seconds that only a hang takes, however busy the machine is.
HANG = 180.0


class Clock:
    """Seconds since a start, at a speed; can be advanced or stopped (speed 0) by a test."""

    def __init__(self, start: float = 0.0, speed: float = 1.0):
        self._lock = threading.Lock()
        self._then = time.monotonic()
        self._value = start
        self._speed = speed

    def now(self) -> float:
        with self._lock:
            return self._read()

    def advance(self, seconds: float) -> None:
        """Jump, forward or (with a negative number) back."""
        with self._lock:
            self._value += seconds

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self._lock:
            self._value, self._then = self._read(), time.monotonic()
            self._speed = speed

    def _read(self) -> float:
        return self._value + (time.monotonic() - self._then) * self._speed
