# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The rules for Prometheus on a day without trouble, and on each trouble: the tables of monitoring/README.md."""

import re

import pytest
from support.ordinary_day import ALSO, INFORMATION, RULES, TROUBLES, VARIANTS, day, minutes_until, row_of_day, troubles
from support.installed_paths import MONITORING
from support.requirements import need_prometheus

PAGE = (MONITORING / "README.md").read_text()


@pytest.mark.parametrize("name", VARIANTS)
def test_an_ordinary_day_is_silent_but_for_the_long_pause(name):
    need_prometheus()
    answer = day(name)
    assert row_of_day(name, answer) in PAGE
    alerts = {alert: times for alert, times in answer["times"].items() if alert not in INFORMATION}
    assert alerts in ({}, {"DrsTaskPaused": len(VARIANTS[name].clusters)})
    # In the second cluster the migration of the day before is ready until its release.
    times_ready = 0 if "72 hours" in name else 2 * len(VARIANTS[name].clusters) - 1
    assert answer["times"].get("DrsReadyForCutover", 0) == times_ready


def test_each_alert_has_a_trouble():
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    assert alerts == {trouble.alert for trouble in TROUBLES.values()} | INFORMATION | {"DrsNoData"}


@pytest.mark.parametrize("interval", [1, 10])
def test_each_trouble_fires_its_alert_and_no_other(interval):
    """In the minutes that the table says, at this interval."""
    need_prometheus()
    rows = dict(re.findall(r"^\| (.*?) \| (`Drs\w+` \| .*) \|$", PAGE, re.MULTILINE))
    for name, answer in troubles(interval).items():
        trouble = TROUBLES[name]
        alert, *minutes = rows[name].split(" | ")
        assert (alert, minutes[interval == 10]) == (f"`{trouble.alert}`", minutes_until(trouble, answer))
        assert answer["times"].keys() - INFORMATION - ALSO.get(name, set()) == {trouble.alert}, name
