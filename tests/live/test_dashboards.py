# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The Grafana dashboards: each expression is put to the real store, and no metric is left out."""

import json
import re

import pytest
from support.blocks import JOB, project
from daemons import Carbon, Collectd, GraphiteWeb, Prometheus
from daemons.collectd import TOP
from support.examples import SELF_METRICS
from support.requirements import need_package
from support.pipelines import pipeline

ITEM = {"incre_trans_delay": "400", "remaining_time": "7", "progress": "40",
        "apply_rows_rate": 120, "apply_bytes_rate": 65536,
        "process_time": "1608274919000", "task_mode": "FULL_INCR_TRANS",
        "progress_map": {phase: {"completed": "94", "remaining_time": "3"}
                         for phase in ("struct", "data", "index")}}
PHASES = ("total", "struct", "data", "index")
JOB_METRICS = {f"{kind}-{phase}" for kind in ("percent", "timeleft") for phase in PHASES} | {
    "delay-incremental", "delay-rpo", "delay-rto", "gauge-apply_rows_rate", "gauge-apply_bytes_rate",
    "gauge-process_time", "gauge-task_mode", "gauge-status", "bool-error", "bool-ready"}
NAMES = JOB_METRICS | SELF_METRICS
OFFERED = {"host": {"test-host"}, "migration": {"orders-db"}, "project": {"prod"}}
OFFERED_BY_PROMETHEUS = {"job": {"collectd"}, "instance": OFFERED["host"],
                         "migration": OFFERED["migration"], "project": OFFERED["project"]}
# Of the units that Grafana knows, those that fit these metrics.
UNITS = {"none", "short", "percent", "s", "wps", "Bps", "cpm", "dateTimeFromNow"}
SELECTOR = re.compile(r"collectd_drs_\w+\{[^}]*\}")
PATH = re.compile(r"(?:[\w$*.-]|\{[\w,]+\})+\.drs-(?:[\w$*.-]|\{[\w,]+\})+")
RUNBOOK = TOP / "docs/runbook.md"


def dashboard(name: str) -> dict:
    return json.loads((TOP / f"monitoring/grafana-{name}.json").read_text())


def expressions(board: dict, key: str) -> list[str]:
    """Those of all panels; each has one at least."""
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert all(panel["targets"] for panel in panels)
    return [target[key] for panel in panels for target in panel["targets"]]


def variables(board: dict) -> dict[str, dict]:
    """Those that are queried from the store, by name."""
    return {one["name"]: one for one in board["templating"]["list"] if one["type"] == "query"}


def filled_in(text: str, everything: str) -> str:
    """An expression as Grafana sends it, where all of each variable is chosen and no prefix."""
    for place, value in (("$__rate_interval", "1m"), ("${prefix}", ""), ("$host", everything),
                         ("$job", everything), ("$instance", everything),
                         ("$migration", everything), ("$project", everything)):
        text = text.replace(place, value)
    assert not re.search(r"\$\w|\$\{", text), text
    return text


@pytest.fixture
def watched(cloud):
    """The project of a job that has every metric."""
    cloud.jobs[JOB] |= ITEM
    return project("prod", cloud, f'Job "{JOB}" "orders-db"', "Interval 1", "RPOAndRTO true")


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


# The rules of Grafana's dashboard linter, by their names there.


def drawn(board: dict) -> list[dict]:
    """The panels that show something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


BOARDS = pytest.mark.parametrize("name", ["prometheus", "graphite"])


@BOARDS
def test_template_datasource_rule(name):
    first = dashboard(name)["templating"]["list"][0]
    assert (first["name"], first["label"], first["type"], first["query"]) == (
        "datasource", "Data source", "datasource", name)


@BOARDS
def test_panel_datasource_rule(name):
    board = dashboard(name)
    used = [one["datasource"] for panel in drawn(board) for one in [panel, *panel["targets"]]]
    used += [variable["datasource"] for variable in variables(board).values()]
    assert all(one == {"type": name, "uid": "${datasource}"} for one in used)


@BOARDS
def test_panel_title_description_rule(name):
    panels = drawn(dashboard(name))
    titles = [panel["title"] for panel in panels]
    assert all(titles) and len(set(titles)) == len(titles)
    assert all(len(panel["description"]) > 40 for panel in panels)
    cited = {word for panel in panels for word in re.findall(r"Drs\w+", panel["description"])}
    assert cited and cited <= set(re.findall(r"^## (\w+)", RUNBOOK.read_text(), re.MULTILINE))


@BOARDS
def test_panel_units_rule(name):
    for panel in drawn(dashboard(name)):
        if panel["type"] in ("stat", "timeseries"):
            assert panel["fieldConfig"]["defaults"].get("unit") in UNITS, panel["title"]


@BOARDS
def test_template_on_time_change_reload_rule(name):
    assert {one["refresh"] for one in variables(dashboard(name)).values()} == {2}


@BOARDS
def test_no_target_is_missing(name):
    for panel in drawn(dashboard(name)):
        assert [target["refId"] for target in panel["targets"]] == ["A"]


@pytest.mark.parametrize("label", ["job", "instance"])
def test_template_job_and_instance_rule(label):
    variable = variables(dashboard("prometheus"))[label]
    assert variable["label"] == label.title() and variable["allValue"] == ".+"
    assert variable["multi"] and variable["includeAll"]
    assert variable["query"].startswith("label_values(") and variable["query"].endswith(f", {label})")


def test_target_job_and_instance_rule():
    for one in expressions(dashboard("prometheus"), "expr"):
        selectors = SELECTOR.findall(one)
        assert selectors and len(selectors) == one.count("collectd_drs_")
        assert all('job=~"$job"' in selector and 'instance=~"$instance"' in selector for selector in selectors)


def test_target_rate_interval_and_counter_rule():
    for one in expressions(dashboard("prometheus"), "expr"):
        ranges = re.findall(r"\[([^]]*)\]", one)
        assert set(ranges) <= {"$__rate_interval"}
        assert ("_total{" in one) == one.startswith("rate(") == bool(ranges)


def test_legends_name_the_host():
    for panel in drawn(dashboard("prometheus")):
        [legend] = [target["legendFormat"] for target in panel["targets"]]
        [expr] = [target["expr"] for target in panel["targets"]]
        if legend.startswith("{{instance}} {{drs}}"):
            continue
        # Sums over all hosts.
        assert legend == panel["title"] or expr.startswith("sum by (type) ("), panel["title"]


def stored_in(prometheus: Prometheus, *selectors: str) -> set[tuple[str, str]]:
    """The name and the type of each series that one of these selects."""
    return {(found["metric"]["__name__"], found["metric"]["type"])
            for selector in selectors for found in prometheus.query(selector)}


def label_values(prometheus: Prometheus, variable: dict) -> set[str]:
    """What Grafana offers for a variable."""
    [(selector, label)] = re.findall(r"^label_values\((.*), (\w+)\)$",
                                     filled_in(variable["query"], ".+"))
    return {found["metric"][label] for found in prometheus.query(selector)}


def test_every_expression_has_data_in_prometheus(watched):
    board = dashboard("prometheus")
    wanted = [filled_in(one, ".+") for one in expressions(board, "expr")]
    with Prometheus() as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1",
                         COLLECTD_PORT=prometheus.scraped_port)
        with Collectd(watched, stock) as daemon:
            for one in wanted:
                daemon.wait_until(lambda one=one: prometheus.query(one), f"data for {one}")
            drawn = stored_in(prometheus, *(selector for one in wanted
                                            for selector in SELECTOR.findall(one)))
            assert drawn == stored_in(prometheus, '{__name__=~"collectd_drs_.+"}')
            assert len(drawn) == len(NAMES)
            assert {name: label_values(prometheus, variable)
                    for name, variable in variables(board).items()} == OFFERED_BY_PROMETHEUS


def expanded(graphite: GraphiteWeb, variable: dict) -> set[str]:
    """What Grafana offers for a variable."""
    [pattern] = re.findall(r"^expand\((.*)\)$", filled_in(variable["query"], "*"))
    found = [re.search(variable["regex"].strip("/"), name) for name in graphite.expand(pattern)]
    return {match[1] for match in found if match}


def test_every_expression_has_data_in_graphite(watched):
    need_package("graphite-web")
    board = dashboard("graphite")
    wanted = [filled_in(one, "*") for one in expressions(board, "target")]
    with Carbon() as carbon, GraphiteWeb(carbon.folder / "whisper") as graphite, \
            Collectd(watched, carbon.configuration) as daemon:
        def has_data(target: str) -> bool:
            daemon.flush("write_graphite")
            series = graphite.render(target)
            assert not [name for name in series if "drs-" in name or "(" in name]
            assert all(name.startswith("test-host ") for name in series if " " in name.removeprefix("Projects "))
            return any(series.values())
        for one in wanted:
            daemon.wait_until(lambda one=one: has_data(one), f"data for {one}")
        drawn = {name for one in wanted for path in PATH.findall(one)
                 for name in graphite.expand(path)}
        assert drawn == {name for name in carbon.names() if ".drs-" in name}
        assert {name.rpartition(".")[2] for name in drawn} == NAMES
        assert {name: expanded(graphite, variable)
                for name, variable in variables(board).items()} == OFFERED
