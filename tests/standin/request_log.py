# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The requests that the stand-in got: a record that tests read and wait on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .clock import HANG


@dataclass
class Request:
    """One request as it came, and what became of it."""

    time: float
    service: str
    connection: int  # the same number for requests on one connection
    method: str
    path: str  # without the query
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    status: int | None = None  # None: no response, or one that a fault corrupted
    code: str = ""  # the code of an error response
    fault: str = ""  # the name of the fault that was played
    problems: list[str] = field(default_factory=list)  # what the client did wrong

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def jobs(self) -> list[str]:
        """The requested ids, as far as the body is readable."""
        try:
            jobs = json.loads(self.body)["jobs"]
        except (ValueError, KeyError, TypeError):
            return []
        return [job for job in jobs if isinstance(job, str)] if isinstance(jobs, list) else []

    def as_json(self) -> str:
        """One line for a log."""
        record = dict(vars(self), body=self.body.decode("utf-8", "replace"))
        return json.dumps(record, ensure_ascii=False)

    def __str__(self) -> str:
        what = f"{self.service} {self.method} {self.target} -> {self.status}"
        for extra in (self.code, self.fault and f"[{self.fault}]", "; ".join(self.problems)):
            what += f" {extra}" if extra else ""
        return what


class Journal:
    """The requests of one service, in order of arrival at the service's logic."""

    def __init__(self, log: Callable[[str], None] | None = None):
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._in_flight = 0
        self._most_in_flight = 0
        self._log = log

    def enter(self) -> None:
        """A request has been read and has no response yet."""
        with self._changed:
            self._in_flight += 1
            self._most_in_flight = max(self._most_in_flight, self._in_flight)

    def leave(self) -> None:
        with self._changed:
            self._in_flight -= 1

    def add(self, request: Request) -> None:
        """Recorded once its response is decided and before it is sent: no waiter sees half of it."""
        with self._changed:
            self._requests.append(request)
            if self._log:
                self._log(request.as_json())
            self._changed.notify_all()

    @property
    def requests(self) -> list[Request]:
        with self._changed:
            return list(self._requests)

    @property
    def most_in_flight(self) -> int:
        """The largest number of requests in flight at once."""
        with self._changed:
            return self._most_in_flight

    def clear(self) -> None:
        with self._changed:
            self._requests.clear()
            self._most_in_flight = self._in_flight

    def wait_for(
        self, count: int, timeout: float = HANG, where: Callable[[Request], bool] | None = None
    ) -> list[Request]:
        """The first `count` requests (that fulfil `where`), as soon as they have come."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [r for r in self._requests if where is None or where(r)]
                left = deadline - time.monotonic()
                if len(found) >= count:
                    return found[:count]
                if left <= 0:
                    seen = "\n  ".join(str(r) for r in self._requests[-20:]) or "none"
                    raise AssertionError(
                        f"{len(found)} of {count} requests within {timeout} s; "
                        f"{len(self._requests)} seen in all, the last:\n  {seen}"
                    )
                self._changed.wait(left)
