# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The Grafana dashboards: each expression is put to the real store, and no metric is left out."""

from __future__ import annotations

import json
import re
import time
from urllib.error import HTTPError

import pytest
from support.blocks import JOB, project
from daemons import Carbon, Collectd, GraphiteWeb, Prometheus
from daemons.collectd import TOP
from standin import Comparison
from support.dashboards import PHASES, SUMMARY_END, column, dashboard, drawn, filled_in
from support.examples import SELF_METRICS
from support.requirements import need_package
from support.pipelines import pipeline

ITEM = {"transfer_status": "FULL_TRANSFER_COMPLETE",
        "incre_trans_delay": "400", "remaining_time": "7", "progress": "40",
        "apply_rows_rate": 120, "apply_bytes_rate": 65536,
        "process_time": "1608274919000", "task_mode": "FULL_INCR_TRANS",
        "src_offset": "mysql-bin.000007:4", "dst_offset": "mysql-bin.000005:4",
        "progress_map": {phase: {"completed": "94", "remaining_time": "3"}
                         for phase in ("struct", "data", "index")}}
PARTS = ("total", "struct", "data", "index")
JOB_METRICS = {f"{kind}-{phase}" for kind in ("percent", "timeleft") for phase in PARTS} | {
    "delay-incremental", "delay-rpo", "delay-rto", "gauge-apply_rows_rate", "gauge-apply_bytes_rate",
    "gauge-process_time", "gauge-task_mode", "gauge-status", "bool-error", "bool-ready", "gauge-log_files_behind",
    "gauge-started", "gauge-full_transfer_completed", "delay-threshold", "delay-rpo_threshold", "delay-rto_threshold",
    "bool-consistent", "count-inconsistent", "count-uncompared", "gauge-compared"}
NAMES = JOB_METRICS | SELF_METRICS
OFFERED = {"host": {"test-host"}, "migration": {"orders-db"}, "project": {"prod"}}
OFFERED_BY_PROMETHEUS = {"job": {"collectd"}, "instance": OFFERED["host"],
                         "migration": OFFERED["migration"], "project": OFFERED["project"]}
# Of the units that Grafana knows, those that fit these metrics.
UNITS = {"none", "short", "percent", "s", "rowsps", "Bps", "cpm", "dateTimeFromNow"}
# Columns of the table of jobs, and a panel, that a job does not have at once.
NEED_TIME = {"Time to finish", "Ready since"}
SELECTOR = re.compile(r"collectd_drs_\w+\{[^}]*\}")
PATH = re.compile(r"(?:[\w$*.-]|\{[\w,]+\})+\.drs-(?:[\w$*.-]|\{[\w,]+\})+")
RUNBOOK = TOP / "docs/runbook.md"


def expressions(board: dict, key: str) -> list[str]:
    """Those of all panels; each has one at least."""
    assert all(panel["targets"] for panel in drawn(board))
    return [target[key] for panel in drawn(board) for target in panel["targets"]]


def variables(board: dict) -> dict[str, dict]:
    """Those that are queried from the store, by name."""
    return {one["name"]: one for one in board["templating"]["list"] if one["type"] == "query"}


@pytest.fixture
def watched(cloud):
    """The project of a job that has every metric."""
    cloud.jobs[JOB] |= ITEM
    cloud.drs.details[JOB] = {"actual_start_time": "1608274000000", "full_transfer_complete_time": "1608275000000"}
    cloud.drs.comparisons[JOB] = [Comparison("lines", time.time() - 60, inconsistent=2, uncompared=1)]
    return project("prod", cloud, f'Job "{JOB}" "orders-db"', "Interval 1", "RPOAndRTO true", "Details true",
                   "Comparisons true", "DiscoverInterval 5")


@pytest.mark.parametrize("name", ["prometheus", "graphite"])
def test_the_panels_stand_side_by_side(name):
    panels = dashboard(name)["panels"]
    inside = [panel for row in panels for panel in row.get("panels", [])]
    assert len({panel["id"] for panel in panels + inside}) == len(panels + inside)
    for side_by_side in (panels, inside):
        check_places(side_by_side)


def check_places(panels: list[dict]) -> None:
    """No two of them overlap, and none leaves the page."""
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


def test_both_dashboards_have_the_same_panels():
    ours, theirs = ([{key: panel.get(key) for key in ("title", "type", "description", "gridPos", "options")}
                     | {"fieldConfig": json.dumps(panel["fieldConfig"]).replace("drs-graphite?", "drs?"),
                        "columns": [column(target) for target in panel["targets"]]}
                     for panel in drawn(dashboard(name))] for name in ("prometheus", "graphite"))
    assert ours == theirs


@pytest.mark.parametrize("name", ["prometheus", "graphite"])
def test_a_click_on_a_job_shows_it_alone(name):
    board = dashboard(name)
    tables = [panel for panel in drawn(board) if panel["type"] == "table"]
    overrides = [one for panel in tables for one in panel["fieldConfig"]["overrides"]
                 if one["matcher"]["options"] == "Job"]
    links = [link["url"] for override in overrides for one in override["properties"] if one["id"] == "links"
             for link in one["value"]]
    assert len(tables) == 2
    assert links == [f"/d/{board['uid']}?var-migration=${{__value.text}}&${{__url_time_range}}"] * 2
    assert "migration" in variables(board)


# The rules of Grafana's dashboard linter, by their names there.


def graphs(name: str) -> list[dict]:
    """The panels of this dashboard that show something, but for the table."""
    return [panel for panel in drawn(dashboard(name)) if panel["type"] != "table"]


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
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGHI"[:len(panel["targets"])])
        assert len(panel["targets"]) == 1 or panel["type"] == "table"


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
    for one in [target["expr"] for panel in graphs("prometheus") for target in panel["targets"]]:
        ranges = re.findall(r"\[([^]]*)\]", one)
        assert set(ranges) <= {"$__rate_interval"}
        assert ("_total{" in one) == one.startswith("rate(") == bool(ranges)


def test_legends_name_the_host():
    for panel in graphs("prometheus"):
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
    titles = {filled_in(target["expr"], ".+"): column(target) or panel["title"]
              for panel in drawn(board) for target in panel["targets"]}
    wanted = [one for one in titles if titles[one] not in NEED_TIME]
    [phase] = [one for one in titles if titles[one] == "Phase"]
    with Prometheus() as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1",
                         COLLECTD_PORT=prometheus.scraped_port)
        with Collectd(watched, stock) as daemon:
            for one in wanted:
                daemon.wait_until(lambda one=one: prometheus.query(one), f"data for {one}")
            assert [one["value"][1] for one in prometheus.query(phase)] == ["202"]
            for one in titles.keys() - wanted:
                prometheus.query(one)  # raises where it is malformed
            shown = stored_in(prometheus, *(selector for one in wanted
                                            for selector in SELECTOR.findall(one)))
            assert shown == stored_in(prometheus, '{__name__=~"collectd_drs_.+"}')
            assert len(shown) == len(NAMES)
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
    wanted = {filled_in(target["target"], "*"): column(target) for panel in drawn(board) for target in panel["targets"]
              if (column(target) or panel["title"]) not in NEED_TIME}
    with Carbon() as carbon, GraphiteWeb(carbon.folder / "whisper") as graphite, \
            Collectd(watched, carbon.configuration) as daemon:
        def has_data(target: str) -> bool:
            daemon.flush("write_graphite")
            try:
                series = graphite.render(target)
            except HTTPError as error:
                assert error.code == 500, error  # carbon is just about to create one of the files
                return False
            if wanted[target]:
                assert [json.loads(name) for name in series] in ([], [{"Job": "orders-db", "Column": wanted[target]}])
            else:
                assert not [name for name in series if "drs-" in name or "(" in name]
                assert all(name.startswith("test-host ") for name in series if " " in name.removeprefix("Projects "))
            return any(series.values())
        for one in wanted:
            daemon.wait_until(lambda one=one: has_data(one), f"data for {one}")
        shown = {name for one in wanted for path in PATH.findall(one)
                 for name in graphite.expand(path)}
        assert shown == {name for name in carbon.names() if ".drs-" in name}
        assert {name.rpartition(".")[2] for name in shown} == NAMES
        assert {name: expanded(graphite, variable)
                for name, variable in variables(board).items()} == OFFERED


def test_the_stats_are_of_now_and_grey_without_data():
    for name in ("prometheus", "graphite"):
        panels = drawn(dashboard(name))
        stats = [panel for panel in panels if panel["type"] == "stat" and panel["gridPos"]["y"] < SUMMARY_END]
        assert len(stats) == 6
        for panel in stats:
            defaults = panel["fieldConfig"]["defaults"]
            assert defaults["noValue"] == "no data" and defaults["mappings"][0]["options"]["result"]["color"] == "text"
        for panel in [panel for panel in panels if panel["type"] in ("stat", "table")]:
            if name == "graphite":  # which knows ranges only
                assert panel["timeFrom"] == "15m"
            else:
                assert all(target["instant"] and not target["range"] for target in panel["targets"])


def test_the_phases_of_a_copy_are_not_those_of_a_replication():
    [timeline] = [panel for panel in drawn(dashboard("graphite")) if panel["title"] == "Status"]
    for code, text in PHASES.items():
        fitting = [one["options"]["result"]["text"] for one in timeline["fieldConfig"]["defaults"]["mappings"]
                   if one["options"]["from"] <= code <= one["options"]["to"]]
        assert fitting == [text], code


@BOARDS
def test_links_lead_to_the_runbook_and_annotations_show_changes(name):
    board = dashboard(name)
    assert [link["url"] for link in board["links"]] == [
        "https://example.org/collectd-drs/runbook.md", "/alerting/list?search=Drs"]
    assert [one["name"] for one in board["annotations"]["list"]] == ["Status changes"]
