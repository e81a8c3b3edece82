# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The Grafana dashboards: each expression is put to the real store, and no metric is left out."""

import re

import pytest
from support.blocks import JOB, project
from daemons import Carbon, Collectd, GraphiteWeb, Prometheus
from daemons.collectd import TOP
from support.dashboards import dashboard, drawn
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
UNITS = {"none", "short", "percent", "s", "rowsps", "Bps", "cpm", "dateTimeFromNow"}
# Columns of the table of jobs that a job does not have at once.
NEED_TIME_OR_OPTIONS = ("Time to finish", "Data equal", "Ready since")
SELECTOR = re.compile(r"collectd_drs_\w+\{[^}]*\}")
PATH = re.compile(r"(?:[\w$*.-]|\{[\w,]+\})+\.drs-(?:[\w$*.-]|\{[\w,]+\})+")
RUNBOOK = TOP / "docs/runbook.md"


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
    """But for the table of jobs, which Graphite's functions cannot join."""
    ours, theirs = ([{key: panel.get(key) for key in ("title", "type", "fieldConfig")} | {"w": panel["gridPos"]["w"]}
                     for panel in dashboard(name)["panels"] if panel["type"] != "table"]
                    for name in ("prometheus", "graphite"))
    assert ours == theirs


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
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGH"[:len(panel["targets"])])
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
    wanted = [filled_in(one, ".+") for one in expressions(board, "expr")]
    [table] = [panel for panel in board["panels"] if panel["type"] == "table"]
    cells = {target["legendFormat"]: filled_in(target["expr"], ".+") for target in table["targets"]}
    wanted = [one for one in wanted if one not in {cells[name] for name in NEED_TIME_OR_OPTIONS}]
    with Prometheus() as prometheus:
        stock = pipeline("prometheus.conf", COLLECTD_HOST="127.0.0.1",
                         COLLECTD_PORT=prometheus.scraped_port)
        with Collectd(watched, stock) as daemon:
            for one in wanted:
                daemon.wait_until(lambda one=one: prometheus.query(one), f"data for {one}")
            assert [one["value"][1] for one in prometheus.query(cells["Phase"])] == ["201.1"]
            for name in NEED_TIME_OR_OPTIONS:
                prometheus.query(cells[name])  # raises where it is malformed
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


def test_the_stats_are_of_now_and_grey_without_data():
    for name in ("prometheus", "graphite"):
        stats = [panel for panel in drawn(dashboard(name)) if panel["type"] == "stat" and panel["gridPos"]["y"] < 14]
        assert len(stats) == 6
        for panel in stats:
            defaults = panel["fieldConfig"]["defaults"]
            assert defaults["noValue"] == "no data" and defaults["mappings"][0]["options"]["result"]["color"] == "text"
            assert name == "graphite" or all(target["instant"] and not target["range"] for target in panel["targets"])


def test_the_phases_of_a_copy_are_not_those_of_a_replication():
    [timeline] = [panel for panel in drawn(dashboard("graphite")) if panel["title"] == "Status"]
    texts = {}
    for one in timeline["fieldConfig"]["defaults"]["mappings"]:
        options = one["options"]
        for code in (102, 201, 201.1, 201.2, 201.3, 202, 203, 301, 501, 601):
            if one["type"] == "value" and str(code) in options:
                texts[code] = options[str(code)]["text"]
            elif one["type"] == "range" and options["from"] <= code <= options["to"]:
                assert code not in texts
                texts[code] = options["result"]["text"]
    assert list(texts[code] for code in sorted(texts)) == [
        "preparing", "copying", "copying: structures", "copying: data", "copying: indexes", "copied", "replicating",
        "paused", "ended", "failed"]


@BOARDS
def test_links_lead_to_the_runbook_and_annotations_show_changes(name):
    board = dashboard(name)
    assert [link["url"] for link in board["links"]] == [
        "https://example.org/collectd-drs/runbook.md", "/alerting/list?search=Drs"]
    assert [one["name"] for one in board["annotations"]["list"]] == ["Status changes"]
