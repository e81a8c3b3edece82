# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A job as its values tell it: state, phase, figures, and how much it needs attention."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

STATES = {1: "starting", 2: "running", 3: "paused", 4: "changing", 5: "ended", 6: "failed"}
PHASES = ("struct", "data", "index")
COPYING, COPIED, REPLICATING = 201, 202, 203
# The worst first.
ORDER = ("failed", "missing", "error", "unknown", "paused", "changing", "running", "starting", "ended")
FIGURES = {
    ("percent", "total"): "percent", ("delay", "incremental"): "delay", ("delay", "rpo"): "rpo",
    ("delay", "rto"): "rto", ("timeleft", "total"): "left", ("timeleft", "estimated"): "timeleft",
    ("gauge", "apply_rows_rate"): "rows", ("gauge", "apply_bytes_rate"): "bytes",
}
ANSWERS = {("bool", "ready"): "ready", ("bool", "consistent"): "consistent"}


@dataclass
class Job:
    """None where the service reported nothing."""

    name: str
    id: str = ""
    project: str = ""
    missing: str = ""  # why the service does not report it
    failed_reason: str = ""  # of its details
    code: int | None = None  # gauge-status
    status: str = ""  # as the service spells it
    percent: float | None = None
    phases: dict[str, float] = field(default_factory=dict)
    rows: float | None = None
    bytes: float | None = None
    delay: float | None = None
    rpo: float | None = None
    rto: float | None = None
    left: float | None = None  # the service's own
    timeleft: float | None = None  # estimated
    ready: bool | None = None
    consistent: bool | None = None
    has_error: bool = False
    error: str = ""

    def clear(self) -> None:
        """Forget all figures."""
        empty = Job(self.name, self.id, self.project, self.missing, self.failed_reason)
        for one in fields(self):
            setattr(self, one.name, getattr(empty, one.name))

    def take(self, kind: str, instance: str, value: float | None, meta: dict[str, Any]) -> None:
        """Put one value where it belongs."""
        metric = kind, instance
        if value is None:
            return
        if metric in FIGURES:
            setattr(self, FIGURES[metric], value)
        elif metric in ANSWERS:
            setattr(self, ANSWERS[metric], bool(value))
        elif kind == "percent":
            self.phases[instance] = value
        elif metric == ("bool", "error"):
            self.has_error = bool(value)
        elif metric == ("gauge", "status"):
            self.code = int(value)
            self.status = meta.get("transfer_status", "")
            self.failed_reason = meta.get("failed_reason") or self.failed_reason
            self.error = " ".join(filter(None, (meta.get("error_code"), meta.get("error_msg"))))

    @property
    def state(self) -> str:
        """The family of its status; "missing" where the service does not report it, "" without any value."""
        if self.missing:
            return "missing"
        if self.code is None:
            return ""
        return STATES.get(self.code // 100, "unknown")

    @property
    def phase(self) -> str:
        """What it does, in a word or two."""
        if self.code == COPYING:
            part = next((name for name in self.phases if 0 < self.phases[name] < 100), "")
            return f"copying {part}".strip()
        words = {COPIED: "copied", REPLICATING: "replicating"}
        own = {"starting": "preparing", "": "no values", "unknown": self.status.lower().replace("_", " ") or "unknown"}
        return words.get(self.code or 0) or own.get(self.state, self.state)

    @property
    def reason(self) -> str:
        """Why it needs attention, as the service says it."""
        more = "" if self.failed_reason in self.error else self.failed_reason
        return self.missing or "; ".join(filter(None, (self.error, more)))

    def rank(self) -> tuple[int, float, str]:
        """The key that sorts the worst first: by state, then by delay."""
        state = "error" if self.has_error and self.state not in ("failed", "missing") else self.state or "unknown"
        return ORDER.index(state), -(self.delay or 0), self.name
