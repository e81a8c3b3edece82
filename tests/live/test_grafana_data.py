# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The dashboards by Grafana's own code (@grafana/data of npm): units, phases, grey without data, the tables."""

import json

import pytest
from support.dashboards import PHASES, column, dashboard, drawn
from support.npm_code import NpmCode

GREY = "rgb(204, 204, 220)"
BOARDS = ("prometheus", "graphite")


@pytest.fixture(scope="module")
def grafana():
    return NpmCode("grafana")


def units(name: str) -> set[str]:
    """Those of all panels, and of the columns of the tables."""
    found = set()
    for panel in drawn(dashboard(name)):
        found |= {panel["fieldConfig"]["defaults"].get("unit")}
        found |= {one["value"] for override in panel["fieldConfig"]["overrides"]
                  for one in override["properties"] if one["id"] == "unit"}
    return found - {None}


def tables(name: str) -> list[dict]:
    return [panel for panel in drawn(dashboard(name)) if panel["type"] == "table"]


def frame(target: dict, values: dict[str, float]) -> dict:
    """What the store of a table's target sends for these jobs."""
    rows = [{"labels": {"drs": job}, "value": value} if "expr" in target
            else {"name": json.dumps({"Job": job, "Column": column(target)}), "value": value}
            for job, value in values.items()]
    return {"refId": target["refId"], "rows": rows}


def columns(table: dict) -> list[str]:
    """In their order."""
    options = table["transformations"][-1]["options"]
    names = sorted(options["indexByName"], key=options["indexByName"].get)
    return [options["renameByName"].get(name, name) for name in names]


def test_what_grafana_shows(grafana):
    panels = {panel["title"]: panel for panel in drawn(dashboard("prometheus"))}
    answer = grafana.run("shown.js", {
        "units": sorted(units("prometheus") | units("graphite")), "tables": [],
        "fields": [{"config": panels["Status"]["fieldConfig"]["defaults"], "values": list(PHASES)},
                   {"config": panels["Running"]["fieldConfig"]["defaults"], "values": [None, 4]},
                   {"config": panels["Rows written"]["fieldConfig"]["defaults"], "values": [300]}]})
    assert answer["unknown"] == []
    phases, running, rows = answer["shown"]
    assert [one["text"] for one in phases] == list(PHASES.values())
    colors = {one["text"]: one["color"] for one in phases}
    assert colors["copying"] != colors["replicating"]
    assert (running[0]["text"], running[0]["color"]) == ("no data", GREY)
    assert running[1]["color"] != GREY and rows[0]["text"] == "300 rows/s"


@pytest.mark.parametrize("name", BOARDS)
def test_a_row_of_a_table_is_a_job(grafana, name):
    """Of two jobs, one has the values of each other target."""
    found = tables(name)
    frames = [[frame(target, {"a": number, "b": 10 + number} if number % 2 else {"b": 10 + number})
               for number, target in enumerate(table["targets"])] for table in found]
    answer = grafana.run("shown.js", {"units": [], "fields": [], "tables": [
        {"transformations": table["transformations"], "frames": one} for table, one in zip(found, frames)]})
    for table, rows in zip(found, answer["tables"]):
        names = [column(target) for target in table["targets"]]
        assert {row["Job"]: row for row in rows} == {
            "a": {"Job": "a"} | {one: number if number % 2 else None for number, one in enumerate(names)},
            "b": {"Job": "b"} | {one: 10 + number for number, one in enumerate(names)}}
        assert [one for one in columns(table) if one != "Cluster"] == ["Job", *names] == list(rows[0])


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_has_the_types_of_grafana_s_schema(grafana, name):
    board = dashboard(name)
    assert grafana.run("types.js", board) == []
    board["panels"][0]["options"]["cellHeight"] = "small"
    board["graphTooltip"] = "1"
    assert len(grafana.run("types.js", board)) == 2
