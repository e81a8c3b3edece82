# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What the module allocates in a cycle: nothing, once its memory has been used for the first ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.programs import BenchCollectd, Responder, drs
from daemons.process import HANG
from stock import build


class Counted(BenchCollectd):
    """collectd, with a library before all others that counts what drs.so allocates."""

    def __init__(self, plugins: str, folder: Path) -> None:
        super().__init__(plugins)
        self.count = folder / "count"
        self.count.write_bytes(bytes(8))
        self.library = build("count_allocations", folder)

    def environment(self) -> dict[str, str]:
        return super().environment() | {"LD_PRELOAD": str(self.library), "COUNT_ALLOCATIONS": str(self.count)}

    def allocations(self) -> int:
        """So far."""
        return int.from_bytes(self.count.read_bytes(), "little")


def in_a_steady_state(folder: Path, jobs: int) -> tuple[int, int]:
    """Allocations in the first three cycles of one request, and in ten that follow."""
    with Responder() as service, Counted(
            drs(folder, service.endpoint, jobs, 0.5, f"BatchSize {jobs}"), folder) as daemon:
        service.wait_for(3, HANG)
        before, sent = daemon.allocations(), len(service.times())
        service.wait_for(sent + 10, HANG)
        return before, daemon.allocations() - before


@pytest.mark.parametrize("jobs", [1, 1000])
def test_a_cycle_allocates_nothing(tmp_path, jobs):
    """Libraries may, but for what they allocate by functions of ours, which are libcurl's and yajl's."""
    at_first, later = in_a_steady_state(tmp_path, jobs)
    assert at_first > 0
    assert later == 0
