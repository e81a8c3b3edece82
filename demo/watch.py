# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The state of each job, from the values that collectd writes with their meta data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from drs_check.jobs import Job

# A cycle is complete once no value of it has come for so many seconds.
QUIET = 0.5


def take(job: Job, document: dict) -> None:
    """Put one value where it belongs."""
    job.take(document["type"], document["type_instance"], document["values"][0], document.get("meta", {}))


class Watch:
    """The jobs by name, as of the newest cycle of which all values are there.

    All values of a cycle carry one time, and come one after the other: a look in between must not
    show half of them, nor mix two cycles.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._cycles: dict[float, list[dict]] = defaultdict(list)
        self._read = 0
        self._changed = 0.0
        self.now = 0.0  # the time of the newest complete cycle, 0 while there is none

    def read(self, documents: list[dict], at: float) -> None:
        """Take what is new, at a time of any clock, in a list that only grows."""
        new = documents[self._read:]
        for one in new:
            if one["plugin_instance"] in self._names:
                self._cycles[one["time"]].append(one)
        if new:
            self._changed = at
        self._read = len(documents)
        newest = max(self._cycles, default=0.0)
        if at - self._changed < QUIET:
            newest = max((time for time in self._cycles if time < newest), default=0.0)
        self.now = max(self.now, newest)  # a value that comes late does not take back what was shown
        for time in [time for time in self._cycles if time < newest]:
            del self._cycles[time]

    def jobs(self) -> list[Job]:
        """Every job, in the order of the configuration, also those without any value."""
        jobs = {name: Job(name) for name in self._names}
        for one in self._cycles.get(self.now, []):
            take(jobs[one["plugin_instance"]], one)
        return list(jobs.values())

    def reported(self) -> list[tuple[str, str]]:
        """Each job that has a value, with the name of that value."""
        return [(one["plugin_instance"], f"{one['type']}-{one['type_instance']}")
                for one in self._cycles.get(self.now, [])]
