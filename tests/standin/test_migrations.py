# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in's migrations, its scenarios, and the program that plays them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from standin import Migration, Stage
from standin.conftest import HEADERS, OTHER, PROJECT, TOKEN, ask, progress
from standin.scenario import FAILING, LOADING, PAUSED, REPLAYING, WHOLE, demo, load


def test_a_migration_goes_through_its_phases():
    migration = Migration()
    expected = [
        (0, "CREATING", 0), (5, "FULL_TRANSFER_STARTED", 1), (25, "FULL_TRANSFER_STARTED", 42),
        (51, "FULL_TRANSFER_COMPLETE", 100), (60, "INCRE_TRANSFER_STARTED", 100),
    ]
    seen = [migration.at(second) for second, _, _ in expected]
    assert [(s["transfer_status"], s["progress"]) for s in seen] == [e[1:] for e in expected]
    assert [s["incre_trans_delay"] < 0 for s in seen] == [True, True, True, True, False]
    assert seen[2]["progress_map"]["data"] == {"completed": 50, "remaining_time": 13}
    assert len({migration.at(s)["incre_trans_delay"] for s in range(60, 100)}) > 5


def test_a_migration_is_written_as_set(cloud):
    cloud.jobs[OTHER] = Migration(
        [Stage("FULL_TRANSFER_STARTED", 10, phase="data"), Stage("INCRE_TRANSFER_STARTED")]
    )
    cloud.time_passes.speed = 0
    cloud.time_passes.advance(5 - (cloud.time_passes.now() - cloud.jobs[OTHER].began))
    [item] = progress(cloud, OTHER).json["results"]
    assert item["progress"] == "50"
    assert item["progress_map"] == {"data": {"completed": "50%", "remaining_time": "5"}}
    cloud.drs.numbers, cloud.drs.progress_map = "numbers", "array"
    [item] = progress(cloud, OTHER).json["results"]
    assert item["progress"] == 50
    assert item["progress_map"] == [{"completed": 50, "remaining_time": 5}]


def test_the_demo_has_one_of_each_kind():
    jobs = demo()
    last = {job: jobs[job].at(60)["transfer_status"] for job in jobs}
    assert last == {
        WHOLE: "INCRE_TRANSFER_STARTED", LOADING: "FULL_TRANSFER_STARTED",
        REPLAYING: "INCRE_TRANSFER_STARTED", PAUSED: "PAUSING", FAILING: "FULL_TRANSFER_FAILED",
    }
    assert jobs[FAILING].at(60)["error_code"] and "error_code" not in jobs[FAILING].at(1)
    delays = [jobs[REPLAYING].at(second)["incre_trans_delay"] for second in range(60)]
    assert min(delays) >= 0 and max(delays) - min(delays) > 10


def test_a_scenario_comes_from_a_file(cloud, tmp_path: Path):
    scenario = tmp_path / "scenario.json"
    plans = {"a": {"struct": 1, "data": 2, "index": 3, "incremental": 4, "starting": 0}}
    scenario.write_text(json.dumps({"jobs": {OTHER: {"job_id": OTHER}}, "migrations": plans}))
    load(str(scenario), cloud.jobs)
    assert cloud.jobs[OTHER] == {"job_id": OTHER}
    seen = [cloud.jobs["a"].at(second)["transfer_status"] for second in (1, 10, 14, 20)]
    assert seen == [
        "FULL_TRANSFER_STARTED", "INCRE_TRANSFER_STARTED", "RELEASE_RESOURCE_STARTED",
        "RELEASE_RESOURCE_COMPLETE",
    ]


@pytest.mark.parametrize("text", ['{"job": {}}', '{"migrations": {"a": {"speed": 1}}}'])
def test_a_mistake_in_a_scenario_is_told(cloud, tmp_path: Path, text):
    scenario = tmp_path / "scenario.json"
    scenario.write_text(text)
    with pytest.raises(ValueError, match="has no"):
        load(str(scenario), cloud.jobs)


@pytest.mark.parametrize("stages", [[], [Stage("FULL_TRANSFER_STARTED", phase="data")]])
def test_an_impossible_migration_is_told(stages):
    with pytest.raises(ValueError):
        Migration(stages)


def test_the_program_listens_logs_and_ends(tmp_path: Path):
    port_file, log = tmp_path / "port", tmp_path / "log"
    command = [
        sys.executable, "-m", "standin", "--port-file", port_file, "--project", PROJECT,
        "--token", TOKEN, "--speed", "10", "--log", log,
    ]
    tests = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(tests), "PYTHONDONTWRITEBYTECODE": "1"}
    program = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not port_file.exists():
            assert program.poll() is None and time.monotonic() < deadline, "it does not listen"
            time.sleep(0.02)
        url = f"http://127.0.0.1:{port_file.read_text().strip()}/v3/{PROJECT}/jobs/batch-progress"
        assert ask(url, body={"jobs": list(demo())}, headers=HEADERS).json["count"] == 5
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(5) == 0
    assert json.loads(log.read_text())["status"] == 202
