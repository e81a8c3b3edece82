# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Throttling: so many requests in a window, then rejections until the window has passed."""

from __future__ import annotations

import threading
import time
from collections import deque
from email.utils import formatdate

from .api_errors import ApiError


class Throttle:
    """Admits `requests` in any `window` seconds.

    `code` is what the others get (APIG.0308 with 429, DRS.M01503 with 400, IAM.0012 with 429);
    `retry_after` sends that header, as seconds or, with `as_date`, as an HTTP date.
    """

    def __init__(
        self,
        requests: int,
        window: float,
        code: str = "APIG.0308",
        retry_after: int | None = None,
        as_date: bool = False,
        shape: str = "flat",
    ):
        self.requests = requests
        self.window = window
        self.code = code
        self.retry_after = retry_after
        self.as_date = as_date
        self.shape = shape
        self.rejected = 0
        self._lock = threading.Lock()
        self._admitted: deque[float] = deque()

    def check(self, wall_clock: float) -> None:
        """Counts this request, or raises the error."""
        now = time.monotonic()
        with self._lock:
            while self._admitted and now - self._admitted[0] >= self.window:
                self._admitted.popleft()
            if len(self._admitted) < self.requests:
                self._admitted.append(now)
                return
            self.rejected += 1
        raise ApiError(self.code, shape=self.shape, headers=self._headers(wall_clock))

    def _headers(self, wall_clock: float) -> dict[str, str]:
        if self.retry_after is None:
            return {}
        if self.as_date:
            return {"Retry-After": formatdate(wall_clock + self.retry_after, usegmt=True)}
        return {"Retry-After": str(self.retry_after)}
