# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in's migrations, its scenarios, and the program that plays them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from daemons import HANG, wait_until
from standin import Delay, Migration, Stage, StandIn
from standin.conftest import HEADERS, OTHER, PROJECT, TOKEN, send, progress
from standin.migration import incremental, released, usual
from standin.scenario import demo, load


# Two minutes after the start of the only task of which a response is public, byte for byte.
RECORDED = (
    b'{"count":1,"results":[{"progress":"0","job_id":"ad099129-0000-0000-0000-0000000jb101",'
    b'"incre_trans_delay":"-1","incre_trans_delay_millis":"-1","task_mode":"FULL_INCR_TRANS",'
    b'"transfer_status":"FULL_TRANSFER_STARTED","process_time":"null","remaining_time":"0",'
    b'"progress_map":{"struct":{"completed":"0%","remaining_time":null},'
    b'"data":{"completed":"0%","remaining_time":null},'
    b'"index":{"completed":"0%","remaining_time":null}},'
    b'"apply_rows_rate":-1,"apply_bytes_rate":-1,"node_offset":"mysql-bin-changelog.001731:544",'
    b'"dst_offset":"N/A","src_offset":"mysql-bin-changelog.001731:544"}]}'
)
RECORDED_JOB = "ad099129-0000-0000-0000-0000000jb101"
ORDER = ["CONFIGURATION", "STARTJOBING", "FULL_TRANSFER_STARTED", "FULL_TRANSFER_COMPLETE",
         "INCRE_TRANSFER_STARTED", "RELEASE_RESOURCE_COMPLETE"]


def play(cloud: StandIn, migration: Migration, seconds: float, job: str = OTHER) -> dict:
    """The item of a migration at a second of its own."""
    cloud.time_passes.speed = 0
    migration.began = None
    cloud.jobs[job] = migration
    cloud.time_passes.advance(seconds)
    [item] = progress(cloud, job).json["results"]
    return item


def test_the_recorded_response_is_played_byte_for_byte(cloud):
    play(cloud, Migration(), 90, RECORDED_JOB)
    assert progress(cloud, RECORDED_JOB).body == RECORDED


def test_the_states_come_in_the_recorded_order():
    migration = Migration(usual()[:-1] + incremental(60) + released())
    seen = [migration.at(second).status for second in range(400)]
    assert list(dict.fromkeys(seen)) == ORDER
    assert seen.count("STARTJOBING") > 60


def test_only_recorded_fields_are_sent(cloud):
    before = [play(cloud, Migration(), second) for second in range(0, 210, 6)]
    assert {item["remaining_time"] for item in before} == {"0"}
    assert {item["process_time"] for item in before} == {"null"}
    assert {item["incre_trans_delay"] for item in before} == {"-1"}
    assert {item["incre_trans_delay_millis"] for item in before} == {"-1"}
    assert {item["dst_offset"] for item in before} == {"N/A"}
    phases = [phase for item in before for phase in item.get("progress_map", {}).values()]
    assert {phase["remaining_time"] for phase in phases} == {None}
    assert {phase["completed"] for phase in phases} > {"0%", "100%"}


def test_rates_are_numbers_and_come_with_rows(cloud):
    rates = {}
    for second in (0, 95, 130, 180, 200, 260):
        item = play(cloud, Migration(), second)
        assert all(isinstance(item[key], int) for key in ("apply_rows_rate", "apply_bytes_rate"))
        rates[second] = item["apply_rows_rate"]
    assert [second for second, rate in rates.items() if rate > 0] == [130, 260]
    assert {rate for rate in rates.values() if rate <= 0} == {-1}


def test_the_incremental_phase_has_delays_a_time_and_positions(cloud):
    item = play(cloud, Migration(delay=Delay(low=8, high=8)), 300)
    assert (item["incre_trans_delay"], item["incre_trans_delay_millis"]) == ("8", "8000")
    assert abs(int(item["process_time"]) / 1000 - (cloud.clock.now() - 8)) < 60
    offsets = [int(item[name].partition(":")[2])
               for name in ("src_offset", "node_offset", "dst_offset")]
    assert offsets == sorted(offsets, reverse=True) and len(set(offsets)) == 3


def test_rpo_and_rto_add_up_to_the_delay(cloud):
    item = play(cloud, Migration(delay=Delay(low=8, high=8, unread=0.25)), 300)
    url = f"{cloud.endpoint}/v3/{PROJECT}/jobs/batch-rpo-and-rto"
    [found] = send(url, body={"jobs": [OTHER]}, headers=HEADERS).json["results"]
    assert (found["rpo_info"]["delay"], found["rto_info"]["delay"]) == ("2000", "6000")
    assert found["rpo_info"]["check_point"] == item["node_offset"]
    assert found["rto_info"]["check_point"] == item["dst_offset"]
    play(cloud, Migration(), 100)
    [found] = send(url, body={"jobs": [OTHER]}, headers=HEADERS).json["results"]
    assert found["rpo_info"]["delay"] == found["rto_info"]["delay"] == "-1"


def test_guessed_fields_are_sent_on_request(cloud):
    cloud.drs.guesses = True
    item = play(cloud, Migration(), 135)
    assert item["remaining_time"] == "60"
    left = {name: phase["remaining_time"] for name, phase in item["progress_map"].items()}
    assert left == {"struct": None, "data": "30", "index": None}
    assert abs(int(item["process_time"]) / 1000 - cloud.clock.now()) < 60


def test_a_migration_is_written_as_set(cloud):
    stages = [Stage("FULL_TRANSFER_STARTED", 10, phase="data"), Stage("INCRE_TRANSFER_STARTED")]
    item = play(cloud, Migration(stages), 5)
    assert item["progress"] == "50"
    assert item["progress_map"] == {"data": {"completed": "50%", "remaining_time": None}}
    cloud.drs.numbers, cloud.drs.progress_map, cloud.drs.guesses = "numbers", "array", True
    [item] = progress(cloud, OTHER).json["results"]
    assert (item["progress"], item["incre_trans_delay"], item["job_id"]) == (50, -1, OTHER)
    assert item["progress_map"] == [{"completed": 50, "remaining_time": 5}]


def test_a_scenario_comes_from_a_file(cloud, tmp_path: Path):
    scenario = tmp_path / "scenario.json"
    plans = {"a": {"struct": 1, "data": 2, "index": 3, "incremental": 4, "starting": 0}}
    scenario.write_text(json.dumps({"jobs": {OTHER: {"job_id": OTHER}}, "migrations": plans}))
    load(str(scenario), cloud.jobs)
    assert cloud.jobs[OTHER] == {"job_id": OTHER}
    seen = [cloud.jobs["a"].at(second).status for second in (1, 10, 14)]
    assert seen == [
        "FULL_TRANSFER_STARTED", "INCRE_TRANSFER_STARTED", "RELEASE_RESOURCE_COMPLETE",
    ]


@pytest.mark.parametrize("text", ['{"job": {}}', '{"migrations": {"a": {"speed": 1}}}'])
def test_a_mistake_in_a_scenario_is_reported(cloud, tmp_path: Path, text):
    scenario = tmp_path / "scenario.json"
    scenario.write_text(text)
    with pytest.raises(ValueError, match="has no"):
        load(str(scenario), cloud.jobs)


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
        wait_until(lambda: port_file.exists() or program.poll() is not None, HANG, "the port's file")
        url = f"http://127.0.0.1:{port_file.read_text().strip()}/v3/{PROJECT}/jobs/batch-progress"
        assert send(url, body={"jobs": list(demo())}, headers=HEADERS).json["count"] == 5
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(HANG) == 0
    assert json.loads(log.read_text())["status"] == 202
