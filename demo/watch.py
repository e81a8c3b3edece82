# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What each job is doing now, from the values that collectd writes with their meta data."""

from collections.abc import Iterable
from dataclasses import dataclass, field

FAMILIES = {1: "starting", 2: "running", 3: "paused", 4: "changing", 5: "ended", 6: "failed"}
PHASES = ("struct", "data", "index")
# A value that is older than this many intervals is one that was not told again.
FRESH = 2.5


@dataclass
class Job:
    """One row of the table; what is None was not told."""

    name: str
    family: str = ""
    status: str = ""
    total: float | None = None
    phases: dict[str, float] = field(default_factory=dict)
    delay: float | None = None
    left: float | None = None
    error: str = ""


def take(job: Job, document: dict) -> None:
    """Put one value where it belongs."""
    value, instance = document["values"][0], document["type_instance"]
    match document["type"], instance:
        case "percent", "total":
            job.total = value
        case "percent", _:
            job.phases[instance] = value
        case "delay", _:
            job.delay = value
        case "timeleft", "total":
            job.left = value
        case "gauge", "status":
            meta = document.get("meta", {})
            job.family = FAMILIES.get(int(value) // 100, "unknown")
            job.status = meta.get("transfer_status", "").lower().replace("_", " ")
            job.error = " ".join(filter(None, (meta.get("error_code"), meta.get("error_msg"))))


class Watch:
    """The jobs by name, as of the newest of all values."""

    def __init__(self, names: Iterable[str], interval: float) -> None:
        self._names = list(names)
        self._oldest = FRESH * interval
        self._latest: dict[tuple[str, str, str], dict] = {}
        self._taken = 0

    def read(self, documents: list[dict]) -> None:
        """Take what is new in a list that only grows."""
        for one in documents[self._taken:]:
            self._latest[one["plugin_instance"], one["type"], one["type_instance"]] = one
        self._taken = len(documents)

    @property
    def now(self) -> float:
        """The time of the newest value, 0 while there is none."""
        return max((one["time"] for one in self._latest.values()), default=0.0)

    def fresh(self) -> list[dict]:
        return [one for one in self._latest.values() if self.now - one["time"] < self._oldest]

    def jobs(self) -> list[Job]:
        """Every job, in the order of the configuration, also those without any value."""
        jobs = {name: Job(name) for name in self._names}
        for one in self.fresh():
            if one["plugin_instance"] in jobs:
                take(jobs[one["plugin_instance"]], one)
        return list(jobs.values())

    def answered(self) -> list[tuple[str, str]]:
        """Each job that has a value, with the name of that value."""
        return [(one["plugin_instance"], f"{one['type']}-{one['type_instance']}")
                for one in self.fresh() if one["plugin_instance"] in self._names]
