# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The rules for Prometheus on a day on which nothing is wrong, and on each trouble: the tables of monitoring/README.md."""

import pytest
from ordinary_day import ALSO, INFORMATION, TROUBLES, VARIANTS, day, row_of_day, row_of_trouble, troubles
from places import MONITORING

PAGE = (MONITORING / "README.md").read_text()


@pytest.mark.parametrize("name", VARIANTS)
def test_an_ordinary_day_is_silent_but_for_the_long_pause(name):
    answer = day(name)
    assert row_of_day(name, answer) in PAGE
    alerts = {alert: times for alert, times in answer["times"].items() if alert not in INFORMATION}
    assert alerts in ({}, {"DrsTaskPaused": len(VARIANTS[name].clusters)})


def test_each_trouble_fires_its_alert_and_no_other():
    minute, ten = troubles(1), troubles(10)
    for name, trouble in TROUBLES.items():
        assert row_of_trouble(name, minute[name], ten[name]) in PAGE
        for answer in (minute[name], ten[name]):
            assert answer["times"].keys() - INFORMATION - ALSO.get(name, set()) == {trouble.alert}, name
