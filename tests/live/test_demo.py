# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""./demo/run as a new user sees it: a table, a picture, an exit status, and nothing left behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from blocks import JOB, PROJECT_ID, TOKEN
from daemons import wait_until
from PIL import Image

TOP = Path(__file__).resolve().parents[2]
SHORT = {"DEMO_SECONDS": "5"}
# Dots of the curves' colours in the legends of a picture without a curve, and some more.
EMPTY = 3000


def start(*arguments: str, **variables: str) -> subprocess.Popen:
    """The demo, in a session of its own, so that all it starts can be found."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DRS_")}
    return subprocess.Popen([TOP / "demo/run", *arguments], env=clean | SHORT | variables, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def session(process: subprocess.Popen) -> list[str]:
    """What still runs in its session."""
    found = subprocess.run(["pgrep", "--session", str(process.pid), "--list-full"],
                           capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


def snapshot() -> dict[Path, float]:
    """Every file of the tree that the demo must not touch, with the time of its last change."""
    ours = {TOP / "demo/out", TOP / "build", TOP / ".git"}
    return {path: path.stat().st_mtime for path in TOP.rglob("*")
            if path.is_file() and not ours & set(path.parents)}


def curves(picture: Path) -> int:
    """How many dots of a picture have the colours of curves."""
    with Image.open(picture) as image:
        counts = {colour: count for count, colour in image.convert("RGB").getcolors(1 << 24)}
    return sum(counts.get(tuple(bytes.fromhex(colour)), 0)
               for colour in ("0072B2", "D55E00", "009E73", "CC79A7"))


@pytest.mark.parametrize("store", ["rrdtool", "graphite", "prometheus"])
def test_the_demo_shows_and_draws(store):
    picture = TOP / f"demo/out/{store}.png"
    picture.unlink(missing_ok=True)
    before = snapshot()
    demo = start(*([] if store == "rrdtool" else [store]))
    said, complaints = demo.communicate(timeout=120)
    assert demo.returncode == 0, complaints
    assert "running: full transfer started" in said and f"demo/out/{store}.png" in said
    assert max(len(line) for line in said.splitlines()) <= 100
    assert curves(picture) > EMPTY
    assert session(demo) == []
    assert snapshot() == before
    assert {path.suffix for path in picture.parent.iterdir()} <= {".png", ".log"}


def test_with_a_real_service_it_asks_that(cloud):
    cloud.token = TOKEN
    demo = start(DRS_ENDPOINT=cloud.endpoint, DRS_PROJECT_ID=PROJECT_ID, DRS_TOKEN=TOKEN,
                 DRS_JOBS=f"{JOB}=orders", DRS_INTERVAL="1")
    said, complaints = demo.communicate(timeout=120)
    assert demo.returncode == 0, complaints
    assert "orders" in said and cloud.endpoint in said
    assert TOKEN not in said
    assert len(cloud.requests) >= 4


def test_a_service_that_knows_no_job_is_said(cloud):
    cloud.token = TOKEN
    demo = start(DRS_ENDPOINT=cloud.endpoint, DRS_PROJECT_ID=PROJECT_ID, DRS_TOKEN="wrong",
                 DRS_JOBS=JOB, DRS_INTERVAL="1")
    _, complaints = demo.communicate(timeout=120)
    assert demo.returncode == 1
    assert "the service answered for no job" in complaints and "was refused" in complaints
    for request in cloud.requests:
        request.problems.clear()


@pytest.mark.parametrize("variables, words", [
    ({"DRS_ENDPOINT": "https://drs.example.com"}, "DRS_TOKEN"),
    ({"DEMO_SECONDS": "long"}, "DEMO_SECONDS"),
])
def test_a_setting_that_is_wrong_is_said(variables, words):
    demo = start(**variables)
    _, complaints = demo.communicate(timeout=120)
    assert demo.returncode == 1
    assert words in complaints and "Traceback" not in complaints


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_running(number):
    demo = start(DEMO_SECONDS="60")
    line = demo.stdout.readline()
    while line and "collectd asks" not in line:
        line = demo.stdout.readline()
    began = time.monotonic()
    os.kill(demo.pid, number)
    demo.communicate(timeout=20)
    assert time.monotonic() - began < 20
    assert demo.returncode == 128 + number
    wait_until(lambda: not session(demo), 5, lambda: f"the end of {session(demo)}")
