# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""./demo/run as a new user sees it: a table, a picture, an exit status, and nothing left behind."""

import fcntl
import io
import os
import signal
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN
from daemons import wait_until
from demo.picture import COLOURS, GAP, PANEL, common_end, draw
from demo.settings import STORY, read_settings
from demo.stores import run_rrdtool, write_rrd
from demo.watch import QUIET, Watch
from drs_check.jobs import Job
from drs_check.view import Screen, fitting, heading, row
from PIL import Image
from standin import scenario

TOP = Path(__file__).resolve().parents[2]
SHORT = {"DEMO_SECONDS": "5"}
HANG = 120
# Rows of a panel above its legend, which has the colours of the curves too.
CANVAS = 160
JOBS = 5


@pytest.fixture
def start(tmp_path):
    """Starts the demo, in a session of its own, so that all it starts can be found."""
    def start(*arguments: str, **variables: str) -> subprocess.Popen:
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("DRS_", "DEMO_")) and name not in ("COLUMNS", "LINES")}
        own = SHORT | {"DEMO_OUT": str(tmp_path / "out"), "LC_ALL": "C.UTF-8"} | variables
        return subprocess.Popen([TOP / "demo/run", *arguments], env=clean | own, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)
    return start


def session(process: subprocess.Popen) -> list[str]:
    """What still runs in its session."""
    found = subprocess.run(["pgrep", "--session", str(process.pid), "--list-full"],
                           capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


def snapshot() -> dict[Path, float]:
    """Every file of the tree that the demo must not touch, with the time of its last change.

    The pictures of the user's own runs are among them.
    """
    ours = {TOP / "build", TOP / ".git"}
    return {path: path.stat().st_mtime for path in TOP.rglob("*")
            if path.is_file() and not ours & set(path.parents)}


def curves(picture: Path) -> set[str]:
    """The colours of the jobs that have a curve in a panel."""
    height = PANEL[1] + GAP
    with Image.open(picture) as image:
        tops = range(GAP, image.height - GAP, height)
        canvases = [image.convert("RGB").crop((0, top, image.width, top + CANVAS)) for top in tops]
    seen = {colour for canvas in canvases for _, colour in canvas.getcolors(1 << 24)}
    return {colour for colour in COLOURS[:JOBS] if tuple(bytes.fromhex(colour)) in seen}


@pytest.mark.parametrize("store", ["rrdtool", "graphite", "prometheus"])
def test_the_demo_shows_and_draws(start, tmp_path, store):
    picture = tmp_path / f"out/{store}.png"
    before = snapshot()
    # Three times what a curve needs. How many jobs have one then depends on how busy the machine is.
    demo = start(*([] if store == "rrdtool" else [store]), DEMO_SECONDS="15")
    output, errors = demo.communicate(timeout=HANG)
    assert demo.returncode == 0, errors
    assert "copying" in output and f"out/{store}.png" in output
    titles = next(line for line in output.splitlines() if line.startswith("job "))
    assert {"rows/s", "delay", "RPO", "RTO"} <= set(titles.split())
    tables = [line for line in output.splitlines() if str(picture.name) not in line]
    assert max(map(len, tables)) <= 100
    assert len(curves(picture)) >= 2
    assert session(demo) == []
    assert snapshot() == before
    assert {path.suffix for path in picture.parent.iterdir()} <= {".png", ".log"}


def test_the_first_table_has_all_values_of_a_cycle(start):
    demo = start(DEMO_SECONDS="5")
    output, errors = demo.communicate(timeout=HANG)
    assert demo.returncode == 0, errors
    lines = output.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("job "))
    jobs = lines[first + 1:first + 6]
    assert [line.split()[0] for line in jobs] == [
        "orders", "customers", "archive", "ledger", "invoices"]
    assert not any("no values" in line for line in jobs)
    assert {line.split()[1] for line in jobs} <= {"preparing", "copying", "copied", "replicating", "paused", "failed"}


@pytest.mark.release
@pytest.mark.parametrize("variables, escapes, colours, blocks", [
    ({"LC_ALL": "C.UTF-8", "TERM": "xterm"}, True, True, True),
    ({"LC_ALL": "C.UTF-8", "TERM": "xterm", "NO_COLOR": "1"}, True, False, True),
    ({"LC_ALL": "C.UTF-8", "TERM": "dumb"}, False, False, True),
    ({"LC_ALL": "C", "TERM": "xterm"}, True, True, False),
    ({"LANG": "C", "TERM": "xterm"}, True, True, False),
])
def test_output_follows_the_terminal_and_the_locale(tmp_path, variables, escapes, colours, blocks):
    """In a real terminal, which script provides."""
    own = SHORT | {"DEMO_OUT": str(tmp_path / "out"), "COLUMNS": "130", "LINES": "40"} | variables
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    shown = subprocess.run(
        ["script", "--quiet", "--return", "--command", str(TOP / "demo/run"), "/dev/null"],
        env=clean | own, stdin=subprocess.DEVNULL, capture_output=True, check=True,
        timeout=HANG).stdout.decode()
    assert "copying" in shown
    assert ("\033[J" in shown) == escapes
    assert ("\033[32m" in shown) == colours
    assert ("█" in shown) == blocks and ("###" in shown) != blocks


def test_the_story_ends_with_a_job_that_can_be_cut_over():
    """By the plugin's default ReadyDelay, for longer than ten cycles of the usual demo."""
    whole, settings = scenario.demo()[scenario.WHOLE], read_settings({}, fast_clock=True)
    enough = 10 * settings.interval + 1
    states = [whole.at(STORY - seconds) for seconds in range(enough)]
    assert {state.status for state in states} == {"INCRE_TRANSFER_STARTED"}
    assert max(state.delay for state in states) <= 3


def full_job(name: str = "orders-of-the-day") -> Job:
    """A row with a value in each column."""
    return Job(name, code=201, status="FULL_TRANSFER_STARTED", percent=48.2,
               phases={"struct": 100, "data": 59.9, "index": 0},
               rows=9134.0, bytes=1_644_120.0, delay=123456.0, rpo=2.04, rto=0.0)


@pytest.mark.release
def test_the_table_fits_any_width():
    jobs = [full_job(), Job("none"), Job("failed", code=603, status="FULL_TRANSFER_FAILED", error="x" * 99)]
    for width in range(26, 131):
        layout = fitting(jobs, width)
        lines = [heading(layout), *(row(job, layout, "#.") for job in jobs)]
        assert len({len(line) for line in lines}) == 1
        assert len(lines[0]) <= width


@pytest.mark.release
def test_80_columns_have_every_figure():
    job = full_job("orders")
    layout = fitting([job], 79)
    assert heading(layout).split() == [
        "job", "phase", "total", "struct", "data", "index", "rows/s", "B/s", "delay", "RPO", "RTO"]
    shown = row(job, layout, "#.")
    assert shown.startswith("orders     copying data ")
    assert shown.split()[3:] == ["48", "100", "60", "0", "9.1k", "1.6M", "34h", "2.0s", "0s"]


def test_80_columns_have_what_decides_a_cutover_beside_a_long_name():
    job = replace(full_job("orders-of-the-whole-day"), timeleft=4980.0, ready=False, consistent=True)
    layout = fitting([job], 79)
    assert heading(layout).split() == ["job", "phase", "total", "finish", "rows/s", "delay", "equal", "ready"]
    assert row(job, layout, "#.").split() == [
        "orders-of-the-whole-day", "copying", "data", "48", "83m", "9.1k", "34h", "yes", "no"]


def test_bars_go_before_figures_and_figures_by_their_weight():
    wide, narrow = fitting([full_job()], 130), fitting([full_job()], 60)
    assert "##...  48 " in row(full_job(), wide, "#.")
    assert "#" not in row(full_job(), narrow, "#.")
    titles = [one.title for one in narrow.columns]
    assert titles[0] == "total" and "delay" in titles and "B/s" not in titles


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_changed_window_is_cleared(monkeypatch):
    stream = Terminal()
    screen = Screen(stream, {"TERM": "xterm"})
    monkeypatch.setenv("LINES", "24")
    frames = []
    for columns in ("100", "100", "60", "60"):
        monkeypatch.setenv("COLUMNS", columns)
        stream.seek(0)
        stream.truncate()
        screen.show("title", [full_job()], 0.0)
        frames.append(stream.getvalue())
    assert ["\033[2J" in frame for frame in frames] == [False, False, True, False]
    assert ["\033[3F" in frame for frame in frames] == [False, True, False, True]


def test_a_low_window_has_no_more_lines_than_fit(monkeypatch):
    stream = Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "6")
    Screen(stream, {"TERM": "xterm"}).show("title", [full_job(str(at)) for at in range(9)], 0.0)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 5 and lines[-1].startswith("and more")


def document(time_: float, kind: str, name: str, value: float, job: str = "orders") -> dict:
    return {"plugin_instance": job, "type": kind, "type_instance": name, "time": time_,
            "values": [value], "meta": {"transfer_status": "FULL_TRANSFER_STARTED"}}


def test_a_cycle_is_shown_when_all_its_values_are_there():
    watch = Watch(["orders"])
    documents = [document(1.0, "percent", "total", 5.0)]
    watch.read(documents, at=10.0)
    assert (watch.now, watch.reported()) == (0.0, [])
    documents.append(document(1.0, "gauge", "status", 201.0))
    watch.read(documents, at=10.1)
    assert watch.reported() == []
    watch.read(documents, at=10.1 + QUIET)
    [job] = watch.jobs()
    assert (watch.now, job.percent, job.state) == (1.0, 5.0, "running")
    # A look into the middle of the next cycle shows the one before.
    documents.append(document(2.0, "percent", "total", 6.0))
    watch.read(documents, at=11.0)
    [job] = watch.jobs()
    assert (watch.now, job.percent, job.state) == (1.0, 5.0, "running")
    watch.read([*documents, document(3.0, "percent", "total", 7.0)], at=11.2)
    [job] = watch.jobs()
    assert (watch.now, job.percent, job.state) == (2.0, 6.0, "")


def test_each_metric_has_its_place():
    watch = Watch(["orders"])
    watch.read([document(1.0, *metric, float(number)) for number, metric in enumerate([
        ("delay", "incremental"), ("delay", "rpo"), ("delay", "rto"), ("timeleft", "total"),
        ("gauge", "apply_rows_rate"), ("gauge", "apply_bytes_rate"), ("percent", "index")])], 0.0)
    watch.read([], 1.0)
    [job] = watch.jobs()
    assert (job.delay, job.rpo, job.rto, job.left, job.rows, job.bytes) == (0, 1, 2, 3, 4, 5)
    assert job.phases == {"index": 6.0}


@pytest.fixture
def stored(tmp_path) -> Path:
    """A folder of a store: two jobs, the first without a delay, the second with newer values."""
    begin = 1_800_000_000
    for job, metric, values in (("a", "percent-total", 20), ("b", "percent-total", 22),
                                ("b", "delay-incremental", 22), ("a", "percent-data", 20),
                                ("b", "percent-struct", 9), ("a", "gauge-status", 20)):
        write_rrd(tmp_path / job / f"{metric}.rrd",
                  [(begin + at, 301.0) for at in range(values)], 1)
    return tmp_path


def test_all_curves_end_together(stored):
    # What ended long ago, as a phase may, holds nothing up.
    assert common_end(stored, ["a", "b"], 1_800_000_021.7, 1) == 1_800_000_019
    assert common_end(stored, ["b"], 1_800_000_021.7, 1) == 1_800_000_021
    assert common_end(stored, ["a"], 1_800_000_019.0, 10) == 1_800_000_010


def test_a_job_has_one_colour_in_all_panels(stored, tmp_path, monkeypatch):
    drawn = []

    def draws(*arguments: str) -> str:
        drawn.append([one for one in arguments if one.startswith(("LINE", "AREA", "--title"))])
        return run_rrdtool(*arguments)

    monkeypatch.setattr("demo.picture.run_rrdtool", draws)
    draw(stored, tmp_path, tmp_path / "x.png", ["a", "b"], (1_800_000_001, 1_800_000_021), 1)
    panels = [panel for panel in drawn if panel]
    colours = [{line.split(":")[2].strip(): line.partition("#")[2][:6] for line in panel[1:]}
               for panel in panels]
    assert colours[0].keys() == {"a", "b"} and colours[1].keys() == {"b"}
    assert colours[1]["b"] == colours[0]["b"] != colours[0]["a"]
    # The bands of a family have a legend where the family was seen.
    assert colours[2].keys() == {"paused", "total", "data"} and "paused" not in colours[3]
    assert colours[2]["data"] == colours[0]["a"]
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.size[0] > 2 * 400


def test_a_file_that_is_being_written_is_waited_for(stored):
    path = next(stored.rglob("*.rrd"))
    with path.open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        writer = threading.Timer(0.5, fcntl.lockf, (file, fcntl.LOCK_UN))
        writer.start()
        assert float(run_rrdtool("last", str(path))) > 0
        writer.join()


def test_a_real_service_is_used_where_one_is_configured(start, cloud):
    cloud.token = TOKEN
    demo = start(DRS_ENDPOINT=cloud.endpoint, DRS_PROJECT_ID=PROJECT_ID, DRS_TOKEN=TOKEN,
                 DRS_JOBS=f"{JOB}=orders", DRS_INTERVAL="1")
    output, errors = demo.communicate(timeout=HANG)
    assert demo.returncode == 0, errors
    assert "orders" in output and cloud.endpoint in output
    assert TOKEN not in output
    assert len(cloud.requests) >= 4


def test_a_service_that_reports_no_job_is_an_error_of_the_demo(start, cloud):
    cloud.token = TOKEN
    demo = start(DRS_ENDPOINT=cloud.endpoint, DRS_PROJECT_ID=PROJECT_ID, DRS_TOKEN="wrong",
                 DRS_JOBS=JOB, DRS_INTERVAL="1")
    _, errors = demo.communicate(timeout=HANG)
    assert demo.returncode == 1
    assert "the service reported no job" in errors and "DRS.M00100" in errors
    for request in cloud.requests:
        request.problems.clear()


@pytest.mark.parametrize("variables, expected", [
    ({"DRS_ENDPOINT": "https://drs.example.com"}, "DRS_TOKEN"),
    ({"DEMO_SECONDS": "long"}, "DEMO_SECONDS"),
])
def test_an_invalid_setting_is_reported(start, variables, expected):
    demo = start(**variables)
    _, errors = demo.communicate(timeout=HANG)
    assert demo.returncode == 1
    assert expected in errors and "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_running(start, number):
    demo = start(DEMO_SECONDS="60")
    line = demo.stdout.readline()
    while line and "collectd polls" not in line:
        line = demo.stdout.readline()
    os.kill(demo.pid, number)
    demo.communicate(timeout=HANG)
    assert demo.returncode == 128 + number
    wait_until(lambda: not session(demo), 60, lambda: f"the end of {session(demo)}")


def test_a_try_out_shows_a_value_of_ones_own():
    command = [TOP / "tests/try", "-i", "1", "-o", "RPOAndRTO true", "delay-rpo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: " delay-rpo " in process.stdout.readline(), HANG, "a value")
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert process.returncode == 0
