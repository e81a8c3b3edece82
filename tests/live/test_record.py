# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""drs-check --record: what is kept of a response, and that no text is.

Every response of tests/cases goes through it with a secret in each of its strings.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.blocks import JOB, OTHER_JOB
from daemons import HANG, wait_until
from daemons.collectd import TOP
from drs_check.record import KEPT, KEY, Pairs, RawNumber, Replacer, Value, parse, split
from standin import Comparison, details
from support.checked_folder import Place, project
from support.installed_paths import CHECK, IN_TREE

CASES = sorted((TOP / "tests/cases").rglob("*.json"))
SECRET = "S3cret-of-Example,Inc"


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def bodies() -> list[tuple[str, bytes]]:
    """Every response that the tests have."""
    found = [(path.stem, path.read_bytes()) for path in CASES]
    assert len(found) > 100
    return found


def parsed(body: bytes) -> Value:
    return parse(body.decode(errors="replace").lstrip("\ufeff"))


def is_json(body: bytes) -> bool:
    try:
        parsed(body)
    except (ValueError, RecursionError):
        return False
    return True


def poisoned(value: Value) -> Value:
    """The same with a secret in every string."""
    if isinstance(value, Pairs):
        return Pairs((key, poisoned(member)) for key, member in value)
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    return SECRET + value if isinstance(value, str) and not isinstance(value, RawNumber) else value


def plain(value: Value) -> Iterator[str]:
    """A value as JSON, with its strings as they are."""
    if isinstance(value, Pairs):
        yield "{" + ",".join(f"{json.dumps(key)}:{''.join(plain(member))}" for key, member in value) + "}"
    elif isinstance(value, list):
        yield "[" + ",".join("".join(plain(item)) for item in value) + "]"
    else:
        yield value if isinstance(value, RawNumber) else json.dumps(value)


def shape(value: Value) -> Value:
    """Keys, numbers and order; a string is only one, and so is a key that no API would have."""
    if isinstance(value, Pairs):
        return [(key if KEY.fullmatch(key) else "key", shape(member)) for key, member in value]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return value if isinstance(value, RawNumber) or not isinstance(value, str) else "string"


@pytest.mark.parametrize("name, body", [pytest.param(*one, id=one[0]) for one in bodies()])
def test_a_secret_in_any_string_is_replaced_and_the_shape_stays(name, body):
    if not is_json(body):
        text, _ = Replacer().body(body.replace(b'"', f'"{SECRET}'.encode()) + SECRET.encode())
        assert SECRET not in text and "Example" not in text
        return
    value = parsed(body)
    secret = "".join(plain(poisoned(value))).encode()
    text, whole = Replacer().body(secret)
    assert whole and "Example" not in text and "S3cret" not in text
    assert re.sub(r"key-\d+", "key", str(shape(parse(text)))) == str(shape(value))


def test_what_the_table_keeps_has_to_have_the_form():
    """A secret where a number, a time, a status, a code or a word is expected."""
    for paths in KEPT.values():
        for path in map(split, paths):
            for secret in (SECRET, f"{SECRET}.1:2", "hunter2", "4 Privet Drive", "p-12345678-x"):
                shown = Replacer().text(secret, path)
                assert secret not in shown and "S3cret" not in shown, path


def test_equal_strings_are_replaced_by_equal_ones_and_words_of_the_api_stay():
    replacer = Replacer()
    body = {"results": [{"job_id": JOB, "transfer_status": "NEW_STATUS", "progress": "5", "error_msg": JOB, "n": 1.50,
                         "progress_map": {"data": {"completed": "94%"}}, "src_offset": "mysql-bin.000017:544"}]}
    text, _ = replacer.body(json.dumps(body).encode())
    [item] = json.loads(text)["results"]
    assert item == {"job_id": "id-1", "transfer_status": "NEW_STATUS", "progress": "5", "error_msg": "id-1", "n": 1.5,
                    "progress_map": {"data": {"completed": "94%"}}, "src_offset": "log-2.000017:544"}
    assert "id-1" in replacer.body(json.dumps({"job": JOB}).encode())[0]


def test_numbers_beside_secrets_are_not_kept():
    text, _ = Replacer().body(
        b'{"results":[{"id":"x","source_endpoint":{"db_password":12345,"ip":["10.0.0.1"]},"n":1e3}]}')
    assert json.loads(text) == {"results": [
        {"id": "id-1", "source_endpoint": {"db_password": 0, "ip": ["text-2"]}, "n": 1000}]}
    assert "1e3" in text


def test_a_recording_becomes_cases(cloud, place, tmp_path):
    cloud.jobs[JOB] = {"job_id": JOB, "transfer_status": "FULL_TRANSFER_STARTED", "progress": "50", "error_msg": SECRET}
    place.write(project("prod", cloud, f'Job "{JOB}" "orders"'))
    recording, cases = tmp_path / "recording", tmp_path / "cases"
    done = place.check("--record", recording)
    assert done.returncode == 0 and "1 responses" in done.stdout
    assert sorted(path.name for path in recording.iterdir()) == ["0001-batch-progress.json", "README", "index.jsonl"]
    stored = "".join(path.read_text() for path in recording.iterdir())
    assert SECRET not in stored and JOB not in stored
    assert "prod" not in (recording / "index.jsonl").read_text().replace("project", "")
    assert json.loads((recording / "index.jsonl").read_text())["status"] == 202
    replay(recording, cases)
    assert (cases / "progress/seen-1.expect").read_text().startswith('item "id-1" progress=50 ')
    assert place.check("--record", recording).returncode == 2  # it is not empty


def replay(recording: Path, cases: Path) -> None:
    """Makes cases of a recording, all named seen-NUMBER."""
    cases.mkdir()
    built = {"builddir": str(Path(os.environ["DRS_MODULE_DIR"]).parents[1])}
    subprocess.run([TOP / "tests/replay", recording, "seen"], check=True,
                   env=os.environ | built | {"DRS_CASES": str(cases)})


def test_comparisons_are_recorded_while_it_watches(cloud, place, tmp_path):
    """They come after a cycle, which ends a recording of one."""
    cloud.jobs[JOB] = {"job_id": JOB, "transfer_status": "INCRE_TRANSFER_STARTED", "progress": "100"}
    cloud.drs.comparisons[JOB] = [Comparison("lines", time.time() - 90, inconsistent=2)]
    place.write(project("prod", cloud, "Comparisons true", "DiscoverInterval 1"))
    recording, cases = tmp_path / "recording", tmp_path / "cases"
    with subprocess.Popen([CHECK, "-C", place.main, *IN_TREE, "--state-dir", tmp_path / "state", "--watch", "1",
                           "--record", recording], stdout=subprocess.DEVNULL) as watching:
        wait_until(lambda: list(recording.glob("*-query-compare-result.json")), HANG, "a comparison")
        watching.terminate()
    replay(recording, cases)
    assert "compare_task_list_count=1" in (cases / "comparisons/seen-1.expect").read_text()
    assert place.check("--record", tmp_path / "other", "--json").returncode == 2


def test_each_kind_of_response_becomes_a_case(cloud, place, tmp_path):
    """Details carry secrets in each member that the plugin does not decode."""
    cloud.jobs[JOB] = {"job_id": JOB, "transfer_status": "INCRE_TRANSFER_STARTED", "progress": "100"}
    cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "transfer_status": "CREATING"}
    cloud.drs.children = {JOB: [OTHER_JOB]}
    cloud.drs.comparisons[JOB] = [Comparison("lines", time.time() - 90, inconsistent=2)]
    place.write(project("prod", cloud, "DiscoverJobs true", "RPOAndRTO true", "Details true", "Comparisons true",
                        without=["Job"]))
    recording, cases = tmp_path / "recording", tmp_path / "cases"
    assert place.check("--record", recording).returncode == 0
    stored = "".join(path.read_text() for path in recording.iterdir())
    assert details.SECRET not in stored and JOB not in stored
    replay(recording, cases)
    first = {path.parent.name: path.read_text().splitlines()[0] for path in cases.glob("*/seen-1.expect")}
    assert {*first} >= {"progress", "rpo_and_rto", "details", "task_list"}
    assert first["task_list"].startswith('subtask "id-') and first["rpo_and_rto"].startswith('item "id-')
    assert " delay_time=300 rpo_delay=120 rto_delay=180" in first["details"]
