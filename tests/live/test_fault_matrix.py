# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The fault matrix in real collectd: the effect of each fault on its project, and none on another."""

from itertools import groupby
from operator import attrgetter

import pytest
from support.fault_rows import Group, groups
from support.fault_runner import HEALTHY, Record, Row, play
from standin import Certificates

COUNTERS = ("auth", "throttled", "http", "reply")
LEAST_ROWS = 60


class Matrix:
    """Plays each group when its first row is looked at."""

    def __init__(self, groups: dict[str, Group], folder) -> None:
        self.groups = groups
        self.folder = folder
        self.records: dict[str, Record] = {}
        self.failed: dict[str, str] = {}

    def record(self, group: str) -> Record:
        assert group not in self.failed, f"it was not played to its end: {self.failed[group]}"
        if group not in self.records:
            self._play(group)
        return self.records[group]

    def _play(self, group: str) -> None:
        interval, rows = self.groups[group]
        folder = self.folder / group
        folder.mkdir()
        try:
            self.records[group] = play(rows, interval, folder)
        except BaseException as error:
            self.failed[group] = str(error)[:200]
            raise


class _NoCertificates:
    """For the names of the rows, when the tests are collected."""

    ca = ""

    def server(self, kind: str = "") -> None:
        return None


ALL = groups(_NoCertificates())
ROWS = [pytest.param(group, at, id=f"{group}-{row.slug}")
        for group, (_, rows) in ALL.items() for at, row in enumerate(rows)]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matrix")
    return Matrix(groups(Certificates(folder / "certificates")), folder)


def test_each_row_with_an_error_line_has_its_text():
    assert [row.name for _, rows in ALL.values() for row in rows if row.lines and not row.text] == []


def test_the_matrix_is_large():
    assert len(ROWS) >= LEAST_ROWS
    assert len({row.slug for _, rows in ALL.values() for row in rows}) == len(ROWS)


@pytest.mark.parametrize("group, at", ROWS)
def test_fault(matrix, group, at):
    record, row = matrix.record(group), matrix.groups[group].rows[at]
    check_values(record, row)
    check_counters(record, row)
    logged = record.logged(row.slug)
    assert [level for level, _ in groupby(logged, attrgetter("level"))] == [*row.lines], logged
    assert len({line.text for line in logged}) == len(logged), "a line was logged twice"
    assert not logged or any(row.text in line.text for line in logged if line.level == "error"), logged
    assert record.notified(row.slug) == [*row.notifications]


def check_values(record: Record, row: Row) -> None:
    """None under the fault (or all), and again after it, without another gap."""
    ups = record.samples(row.slug, "bool-up")
    values = record.samples(f"job-{row.slug}", "percent-total")
    during = record.during(ups, int(row.second_look))
    assert len(during) >= (1 if row.second_look else 2)
    assert set(during) == {float(row.values)}
    assert len(record.during(values, int(row.second_look))) == (len(during) if row.values else 0)
    after = [sample.value for sample in record.after(ups)]
    assert after == sorted(after) and after[-1] == 1
    assert after[0] == 1 or not row.at_once
    # The values of a cycle come before it is known that it is whole.
    assert [sample.time for sample in record.after(values) if sample.time <= ups[-1].time] == [
        sample.time for sample in record.after(ups) if sample.value == 1]


def check_counters(record: Record, row: Row) -> None:
    """The fault is counted where it belongs, and nowhere else."""
    grown = {name for name in COUNTERS if record.grown(record.samples(row.slug, f"errors-{name}"))}
    assert grown == ({row.counter} if row.counter else set())


@pytest.mark.parametrize("group", ALL)
def test_the_healthy_project_keeps_its_interval(matrix, group):
    record = matrix.record(group)
    ups = record.samples(HEALTHY, "bool-up")
    values = record.samples(f"job-{HEALTHY}", "percent-total")
    # As often as a plugin of collectd's own in the same daemon, which a busy machine delays too.
    assert len(record.during(ups)) > len(record.during(record.uptime)) / 2
    assert {up.value for up in ups} == {1}
    # As above: the stop may come within a cycle.
    assert [value.time for value in values if value.time <= ups[-1].time] == [up.time for up in ups]
    assert record.logged(HEALTHY) == [] and record.notified(HEALTHY) == []


@pytest.mark.parametrize("group", ALL)
def test_collectd_logs_no_failed_read(matrix, group):
    lines = [line.text for line in matrix.record(group).lines]
    assert [line for line in lines if "read-function" in line or "uc_update" in line] == []
