# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The Grafana dashboards: each expression is put to the real store, and no metric is left out."""

import json
import re

import pytest
from blocks import JOB, project
from daemons import Carbon, Collectd, GraphiteWeb, Prometheus
from daemons.collectd import TOP
from examples import SELF_METRICS
from machine import need_package
from pipelines import pipeline

ITEM = {"incre_trans_delay": "3", "remaining_time": "7", "progress": "40",
        "process_time": "1608274919000", "task_mode": "FULL_INCR_TRANS",
        "progress_map": {phase: {"completed": "94", "remaining_time": "3"}
                         for phase in ("struct", "data", "index")}}
PHASES = ("total", "struct", "data", "index")
JOB_METRICS = {f"{kind}-{phase}" for kind in ("percent", "timeleft") for phase in PHASES} | {
    "delay-incremental", "gauge-process_time", "gauge-task_mode", "gauge-status", "bool-error"}
NAMES = JOB_METRICS | SELF_METRICS
OFFERED = {"host": {"test-host"}, "migration": {"orders-db"}, "project": {"prod"}}
SELECTOR = re.compile(r"collectd_drs_\w+\{[^}]*\}")
PATH = re.compile(r"[\w$*{}.-]+\.drs-[\w$*.-]+")


def dashboard(name: str) -> dict:
    return json.loads((TOP / f"monitoring/grafana-{name}.json").read_text())


def expressions(board: dict, key: str) -> list[str]:
    """Those of all panels; each has one at least."""
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert all(panel["targets"] for panel in panels)
    return [target[key] for panel in panels for target in panel["targets"]]


def variables(board: dict) -> dict[str, dict]:
    """Those that the store is asked for, by name."""
    return {one["name"]: one for one in board["templating"]["list"] if one["type"] == "query"}


def filled_in(text: str, everything: str) -> str:
    """An expression as Grafana sends it, where all of each variable is chosen and no prefix."""
    for place, value in (("$__rate_interval", "1m"), ("${prefix}", ""), ("$host", everything),
                         ("$migration", everything), ("$project", everything)):
        text = text.replace(place, value)
    assert not re.search(r"\$\w|\$\{", text), text
    return text


@pytest.fixture
def watched(cloud):
    """The project of a job that has every metric."""
    cloud.jobs[JOB] |= ITEM
    return project("prod", cloud, f'Job "{JOB}" "orders-db"', "Interval 1")


@pytest.mark.parametrize("name", ["prometheus", "graphite"])
def test_the_panels_stand_side_by_side(name):
    panels = dashboard(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


def test_both_dashboards_have_the_same_panels():
    ours, theirs = ([{key: panel.get(key) for key in ("title", "type", "gridPos", "fieldConfig")}
                     for panel in dashboard(name)["panels"]] for name in ("prometheus", "graphite"))
    assert ours == theirs


def stored_in(prometheus: Prometheus, *selectors: str) -> set[tuple[str, str]]:
    """The name and the type of each series that one of these selects."""
    return {(found["metric"]["__name__"], found["metric"]["type"])
            for selector in selectors for found in prometheus.query(selector)}


def label_values(prometheus: Prometheus, variable: dict) -> set[str]:
    """What Grafana offers for a variable."""
    [(selector, label)] = re.findall(r"^label_values\((.*), (\w+)\)$",
                                     filled_in(variable["query"], ".+"))
    return {found["metric"][label] for found in prometheus.query(selector)}


def test_prometheus_answers_every_expression(watched):
    board = dashboard("prometheus")
    wanted = [filled_in(one, ".+") for one in expressions(board, "expr")]
    with Prometheus() as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1",
                         COLLECTD_PORT=prometheus.scraped_port)
        with Collectd(watched, stock) as daemon:
            for one in wanted:
                daemon.wait_until(lambda one=one: prometheus.query(one), f"an answer to {one}", 60)
            drawn = stored_in(prometheus, *(selector for one in wanted
                                            for selector in SELECTOR.findall(one)))
            assert drawn == stored_in(prometheus, '{__name__=~"collectd_drs_.+"}')
            assert len(drawn) == len(NAMES)
            assert {name: label_values(prometheus, variable)
                    for name, variable in variables(board).items()} == OFFERED


def expanded(graphite: GraphiteWeb, variable: dict) -> set[str]:
    """What Grafana offers for a variable."""
    [pattern] = re.findall(r"^expand\((.*)\)$", filled_in(variable["query"], "*"))
    found = [re.search(variable["regex"].strip("/"), name) for name in graphite.expand(pattern)]
    return {match[1] for match in found if match}


def test_graphite_answers_every_expression(watched):
    need_package("graphite-web")
    board = dashboard("graphite")
    wanted = [filled_in(one, "*") for one in expressions(board, "target")]
    with Carbon() as carbon, GraphiteWeb(carbon.folder / "whisper") as graphite, \
            Collectd(watched, carbon.configuration) as daemon:
        def answered(target: str) -> bool:
            daemon.flush("write_graphite")
            series = graphite.render(target)
            assert not [name for name in series if name.startswith("drs-") or "(" in name]
            return any(series.values())
        for one in wanted:
            daemon.wait_until(lambda one=one: answered(one), f"an answer to {one}", 60)
        drawn = {name for one in wanted for path in PATH.findall(one)
                 for name in graphite.expand(path)}
        assert drawn == {name for name in carbon.names() if ".drs-" in name}
        assert {name.rpartition(".")[2] for name in drawn} == NAMES
        assert {name: expanded(graphite, variable)
                for name, variable in variables(board).items()} == OFFERED
