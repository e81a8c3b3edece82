# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What the module allocates in a cycle: a constant for each request, nothing for a job or a value."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.programs import BenchCollectd, Responder, drs
from daemons.process import HANG
from stock import build

# Of a request of one job: 35 with libcurl 7.88, half of them in functions that libcurl and yajl call.
REQUEST_MAX = 50
# The buffers of a body double, and so do yajl's for its longest string.
DOUBLED_MAX = 12


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


def of_a_request(folder: Path, jobs: int) -> float:
    """Allocations for each cycle of one request, in the steady state; a tenth more or less, as one may be under way."""
    cycles = 10
    with Responder() as service, Counted(
            drs(folder, service.endpoint, jobs, 0.5, f"BatchSize {jobs}"), folder) as daemon:
        service.wait_for(3, HANG)
        before, sent = daemon.allocations(), len(service.times())
        times = service.wait_for(sent + cycles, HANG)
        return (daemon.allocations() - before) / (len(times) - sent)


@pytest.mark.parametrize("jobs, most", [(1, REQUEST_MAX), (1000, REQUEST_MAX + DOUBLED_MAX)])
def test_a_cycle_allocates_for_its_requests_only(tmp_path, jobs, most):
    assert 0 < of_a_request(tmp_path, jobs) <= most
