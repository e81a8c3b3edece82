# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Each claim, measured: a row of the table, always two things of one run set against each other."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from math import ceil, log10, nan
from pathlib import Path
from statistics import median
from typing import NamedTuple

from daemons import Nginx
from standin import Certificates

from . import profile
from .programs import (BUILD, MODULES, BenchCollectd, Responder, curl_json, dispatch, downloads, drs,
                       exec_program, hung, projects, python_plugin, uptime)
from .responses import GIVEN, VALUES, job_id, response

DECODE = BUILD / "bench/decode"
DELAY = 0.05
BATCH = 100
PARALLEL = 8
ONE_WRITER = "WriteThreads 1"
ONE_THREAD = f"ReadThreads 1\n{ONE_WRITER}"
JEMALLOC = ("env", "LD_PRELOAD=libjemalloc.so.2")
MIB = 1 << 20
PROFILED = 10.0  # seconds: under callgrind a cycle takes some two
CYCLE = "drs-bench/response_time-read"
LOOP = "dispatch/response_time-loop"


class Row(NamedTuple):
    """A figure and the bound on it; `least`: it may not be smaller, else not larger; None: context."""

    measure: str
    figure: float
    goal: float | None
    made_of: str  # the two things
    least: bool = False


# Decoding

def _response_of(folder: Path, size: int) -> Path:
    """A response of at least so many bytes."""
    path = folder / f"response-of-{size}"
    path.write_bytes(response(map(job_id, range(ceil(size / len(response([job_id(0)])) * 1.1)))))
    return path


def decoding(folder: Path) -> Iterator[Row]:
    """Against yajl alone, which calls functions that do nothing."""
    path = folder / "response-10000"
    path.write_bytes(response(map(job_id, range(10_000))))
    ours, theirs = (profile.decode_instructions(DECODE, decoder, path, folder)
                    for decoder in ("progress", "yajl"))
    yield Row("instructions to decode 10,000 jobs / yajl with empty callbacks", ours / theirs, 1.35,
              f"{ours / 1e6:.1f} M / {theirs / 1e6:.1f} M")
    large, small = (profile.decode_peak(DECODE, _response_of(folder, size), folder)
                    for size in (16 * MIB, MIB))
    yield Row("peak memory while decoding 16 MiB / 1 MiB", large / small, 1.0,
              f"{large} / {small} bytes")


# What the service says of its jobs
RESPONSES = {
    "example": "the page's example",
    "mixed": "log positions that move, every other job without phases",
}


# The wall time of a cycle

def _wall(folder: Path, endpoint: str, interval: float, *lines: str) -> float:
    """Seconds of a cycle of 10,000 jobs, as the plugin reports them: the median, without the first."""
    with BenchCollectd(drs(folder, endpoint, 10_000, interval, *lines), interval) as collectd:
        return median(collectd.changes(CYCLE, 10, 60 + 20 * interval)[1:])


def _rounds(parallel: int) -> int:
    """How many requests of the 100 go over a connection, one after the other."""
    return ceil(100 / parallel)


def _wall_row(where: str, seconds: float, delay: float, parallel: int, goal: float | None) -> Row:
    floor = _rounds(parallel) * delay
    return Row(f"wall time of 10,000 jobs at {delay * 1e3:.0f} ms a request, {where} / "
               f"{_rounds(parallel)} x {delay * 1e3:.0f} ms", seconds / floor, goal,
               f"{seconds * 1e3:.0f} / {floor * 1e3:.0f} ms")


def wall_time(folder: Path) -> Iterator[Row]:
    """A service that takes its time, against the least that a cycle can take.

    The goals are those of a quiet machine.
    """
    certificates = Certificates(folder)
    trust = f'CACert "{certificates.ca}"'
    with Responder(DELAY) as service:
        yield _wall_row("HTTP", _wall(folder, service.endpoint, 2), DELAY, PARALLEL, 1.05)
        with Nginx(service.port, certificates, workers="auto") as nginx:
            yield _wall_row("TLS, nginx", _wall(folder, nginx.endpoint, 2, trust), DELAY, PARALLEL, 1.05)
            yield _wall_row("TLS, nginx, by wrk, which drops the responses",
                            _rounds(PARALLEL) * downloads(folder, nginx.endpoint, PARALLEL), DELAY, PARALLEL, None)
    with Responder(DELAY, items="mixed") as service:
        yield _wall_row(f"HTTP, {RESPONSES['mixed']}", _wall(folder, service.endpoint, 2), DELAY, PARALLEL, 1.05)


def _cycles_where_idle_ones_are_closed(folder: Path, module: Path, cycles: int) -> tuple[int, list[bool]]:
    """Of so many cycles of ten requests: how many were whole; of each request: was its session resumed?"""
    certificates, jobs = Certificates(folder), 1_000
    folder.mkdir(exist_ok=True)
    with Responder() as service, Nginx(service.port, certificates, http2=False, idle=1) as nginx:
        plugins = drs(folder, nginx.endpoint, jobs, 3, f'CACert "{certificates.ca}"', module=module)
        with BenchCollectd(plugins) as collectd:
            seen = []
            for _ in range(cycles):
                collectd.changes(CYCLE, 1 if not seen else 2, 30)
                seen.append(collectd.value("drs-bench/count-answered"))
        return seen.count(jobs), [entry["tls_reused"] == "r" for entry in nginx.requests()]


def whole_cycles(folder: Path) -> Iterator[Row]:
    """Idle connections closed by the server between two cycles, as load balancers do; each TLS library."""
    cycles = 5
    for name, module in MODULES.items():
        whole, resumed = _cycles_where_idle_ones_are_closed(folder / name, module, cycles)
        yield Row(f"cycles whole where idle connections are closed, {name} / all", whole / cycles, 1.0,
                  f"{whole} / {cycles}", least=True)
        yield Row(f"requests over a resumed TLS 1.3 session, there, {name} / all",
                  sum(resumed) / len(resumed), None, f"{sum(resumed)} / {len(resumed)}")


def handshakes(folder: Path) -> Iterator[Row]:
    """What a hundred cycles cost a real nginx; each of its connections is one handshake.

    Cycles are small, so that a busy machine cuts none of them off, which would end its connections.
    """
    certificates = Certificates(folder)
    with Responder() as service, Nginx(service.port, certificates) as nginx:
        plugins = drs(folder, nginx.endpoint, PARALLEL, 0.3, f'CACert "{certificates.ca}"', "BatchSize 1",
                      f"MaxParallel {PARALLEL}")
        with BenchCollectd(plugins) as collectd:
            service.wait_for(100 * PARALLEL, 300)
            answered = collectd.value("drs-bench/count-answered")
        requests = nginx.requests()
    count = len({request["connection"] for request in requests})
    yield Row(f"TLS handshakes in 100 cycles of {PARALLEL} requests", count, PARALLEL,
              f"in {len(requests)} requests, {answered:.0f} jobs in the last cycle")


# Instructions

def _profile(folder: Path, service: Responder, plugins: str, requests: int) -> Path:
    """callgrind's files of two cycles in the steady state, one a thread. The plugins have the interval PROFILED."""
    folder.mkdir()
    wrapper = profile.callgrind(folder / "profile", "--separate-threads=yes")
    with BenchCollectd(plugins, interval=PROFILED, threads=ONE_THREAD, wrapper=wrapper) as collectd:
        for count, command in ((2, "--zero"), (4, "--dump")):
            service.wait_for(count * requests, 300)
            time.sleep(PROFILED / 2)  # between two cycles: nothing waits for this, it only places the command
            profile.control(command, collectd.process.pid)
    return folder


def instructions(folder: Path) -> Iterator[Row]:
    """A cycle from the request to the call of collectd's dispatch, against curl_json's for the same response."""
    jobs = 1_000
    for items, words in RESPONSES.items():
        costs = []
        for name in ("drs", "curl_json"):
            with Responder(status=200, items=items) as service:
                plugins = (drs(folder, service.endpoint, jobs, PROFILED) if name == "drs"
                           else curl_json(service.endpoint, jobs, BATCH, PROFILED))
                costs.append(profile.outside_dispatch(
                    _profile(folder / f"{name}-{items}", service, plugins, jobs // BATCH)))
        ours, theirs = costs
        yield Row(f"instructions outside of collectd's dispatch for each value, {words} / curl_json's", ours / theirs,
                  0.3, f"{ours:.0f} / {theirs:.0f}")


# CPU time

def _turns_row(measure: str, ours: list[float], theirs: list[float], goal: float | None, digits: int = 2) -> Row:
    """Seconds, turn by turn: the ratio is the median over turns, in each of which the machine was as fast for both."""
    a, b = (median(seconds) * 1e6 for seconds in (ours, theirs))
    return Row(measure, median(our / their for our, their in zip(ours, theirs, strict=True)), goal,
               f"{a:.{digits}f} / {b:.{digits}f} us; median of the turns' ratios")


class Cost(NamedTuple):
    """What polling 10,000 jobs costs: seconds of CPU and of wall, bytes, seconds between values."""

    cpu: float
    wall: float
    memory: int
    gap: float


def _times(folder: Path) -> list[float]:
    """When collectd's uptime plugin dispatched, from the csv files below a folder."""
    rows = [row for path in sorted(folder.glob("bench/uptime/*"))
            for row in path.read_text().splitlines()[1:]]
    return [float(row.partition(",")[0]) for row in rows]


def _cost(folder: Path, service: Responder, plugins: str, interval: float, cycles: int = 2) -> Cost:
    """Over so many cycles of 100 requests, between two moments at which nothing is in flight."""
    report = folder / "report"
    folder.mkdir(exist_ok=True)
    with BenchCollectd(plugins + dispatch("Beat true", f'Report "{report}"'), interval) as collectd:
        service.wait_for(100, 60 + 5 * interval)
        time.sleep(interval / 2)  # places the measure between two cycles
        before = collectd.cpu_seconds()
        times = service.wait_for(100 * (1 + cycles), 60 + (cycles + 2) * interval)[100:]
        time.sleep(interval / 2)
        used, memory = collectd.cpu_seconds() - before, collectd.memory()
    rounds = [times[at:at + 100] for at in range(0, 100 * cycles, 100)]
    gap = float(report.read_text().split()[2])
    return Cost(used / cycles, median(one[-1] - one[0] for one in rounds) + DELAY, memory, gap)


def peers(folder: Path) -> Iterator[Row]:
    """The same work by all that an operator could use instead, each at its best."""
    jobs, interval = 10_000, 5
    made: dict[str, tuple[Callable[[str], str], int]] = {
        "drs": (lambda endpoint: drs(folder, endpoint, jobs, interval), VALUES),
        "curl_json": (lambda endpoint: curl_json(endpoint, jobs, BATCH, interval), GIVEN - 3),
        "python plugin": (lambda endpoint: python_plugin(folder, endpoint, jobs, interval), GIVEN),
        "exec in Python": (lambda endpoint: exec_program("exec_requests.py", folder, endpoint, jobs,
                                                         interval), GIVEN),
        "exec with curl and jq": (lambda endpoint: exec_program("exec_curl_jq.sh", folder, endpoint,
                                                                jobs, interval), GIVEN),
    }
    goals = {"python plugin": 0.4, "exec with curl and jq": 0.1}
    costs: dict[str, list[Cost]] = {name: [] for name in made}
    for turn in range(2):  # interleaved
        for name, (configure, _) in made.items():
            if turn > 0 and name == "exec with curl and jq":  # a cycle of half a minute
                costs[name] *= 2
                continue
            with Responder(DELAY, status=200) as service:
                costs[name].append(_cost(folder / f"{name}-{turn}", service,
                                         configure(service.endpoint), interval))
    middle = {name: Cost(*map(median, zip(*turns, strict=True))) for name, turns in costs.items()}
    cpu = {name: [cost.cpu / jobs / made[name][1] for cost in turns] for name, turns in costs.items()}
    ours = middle.pop("drs")
    for name, theirs in middle.items():
        yield _turns_row(f"CPU time for each value, daemon and children / {name}", cpu["drs"], cpu[name],
                         goals.get(name))
        yield Row(f"wall time / {name}", ours.wall / theirs.wall, None,
                  f"{ours.wall * 1e3:.0f} / {theirs.wall * 1e3:.0f} ms")
        yield Row(f"peak memory / {name}", ours.memory / theirs.memory, None,
                  f"{ours.memory / MIB:.0f} / {theirs.memory / MIB:.0f} MiB")
        yield Row(f"longest gap of another read callback / beside {name}", ours.gap / theirs.gap, None,
                  f"{ours.gap:.2f} / {theirs.gap:.2f} s")


def _cpu(collectd: BenchCollectd, name: str, cycles: int) -> float:
    """CPU seconds of a cycle, over so many."""
    patience = 120 + 4 * collectd.interval
    collectd.changes(name, 3, patience)
    before = collectd.thread_seconds()
    collectd.changes(name, cycles + 1, patience)
    return (collectd.thread_seconds() - before) / cycles


def _steady_cpu(collectd: BenchCollectd, service: Responder, requests: int, cycles: int, patience: float) -> float:
    """CPU seconds of a cycle of so many requests: the mean of some, after two that are not counted."""
    service.wait_for(2 * requests, patience)
    before = collectd.thread_seconds()
    service.wait_for((2 + cycles) * requests, patience)
    return (collectd.thread_seconds() - before) / cycles


def cpu_time(folder: Path) -> Iterator[Row]:
    """The whole daemon, turn by turn: at one time they would share the caches."""
    jobs, interval, ours, theirs = 10_000, 1.5, [], []
    values = jobs * VALUES
    for _ in range(3):
        with Responder() as service, \
                BenchCollectd(drs(folder, service.endpoint, jobs, interval), interval) as collectd:
            ours.append(_cpu(collectd, CYCLE, 3) / values)
            busy = service.cpu_seconds() / len(service.times()) * (jobs // BATCH)
        with BenchCollectd(dispatch(f"Jobs {jobs}", f"Interval {interval}"), interval) as collectd:
            theirs.append(_cpu(collectd, LOOP, 3) / values)
    yield _turns_row("CPU time of the daemon for each value / of a loop that only dispatches", ours, theirs, 1.1)
    daemon = median(ours) * values
    yield Row("CPU time of the benchmark's service / of the daemon, in the same cycles",
              busy / daemon, 0.5, f"{busy * 1e3:.1f} / {daemon * 1e3:.1f} ms")


def settings(folder: Path) -> Iterator[Row]:
    """What an operator's settings save, at 50 ms a request."""
    jobs, interval = 10_000, 1.5
    made: dict[str, tuple[str, tuple[str, ...]]] = {
        "": ("", ()), ONE_WRITER: (ONE_WRITER, ()), "jemalloc": ("", JEMALLOC),
        f"{ONE_WRITER} and jemalloc": (ONE_WRITER, JEMALLOC)}
    costs: dict[str, float] = {}
    for name, (threads, wrapper) in made.items():
        with Responder(DELAY) as service:
            plugins = drs(folder, service.endpoint, jobs, interval)
            with BenchCollectd(plugins, interval, threads, wrapper) as collectd:
                costs[name] = _cpu(collectd, CYCLE, 3) / jobs / VALUES
    without = costs.pop("")
    for name, seconds in costs.items():
        yield Row(f"CPU time of the daemon for each value, {name} / as collectd and glibc are", seconds / without,
                  None, f"{seconds * 1e6:.2f} / {without * 1e6:.2f} us")


def _request_cpu(folder: Path, delay: float, count: int, parallel: int, at_once: int = 100) -> float:
    """CPU seconds of a request, with so many projects of so many batches of one job."""
    interval = 2.0
    with Responder(delay) as service:
        plugins = projects(folder, service.endpoint, count, parallel, interval, "BatchSize 1",
                           f"MaxParallel {min(parallel, at_once)}", "SelfMetrics false")
        with BenchCollectd(plugins, interval) as collectd:
            requests = count * parallel
            return _steady_cpu(collectd, service, requests, 2, 120) / requests


def _request_instructions(folder: Path, count: int, parallel: int, delay: float) -> float:
    """Instructions of the plugin's threads for each request of one job, in the steady state."""
    with Responder(delay) as service:
        place = _profile(folder / f"{count}-{parallel}", service, projects(
            folder, service.endpoint, count, parallel, PROFILED, "BatchSize 1",
            f"MaxParallel {min(parallel, 100)}", "SelfMetrics false"), count * parallel)
    return profile.for_each_request(place)


def requests(folder: Path) -> Iterator[Row]:
    """What a request costs must not depend on how many others there are."""
    few = _request_instructions(folder, 1, 200, 0)
    many = _request_instructions(folder, 10, 100, DELAY)
    yield Row("instructions for a request, 10 projects of 100, all in flight / one project, none waits",
              many / few, 1.1, f"{many / 1e3:.0f} / {few / 1e3:.0f} k")
    turns = [(_request_cpu(folder, DELAY, 1_000, 1), _request_cpu(folder, 0.5 / 600, 1, 600, 1),
              _request_cpu(folder, DELAY, 10, 100)) for _ in range(2)]
    spread, in_turn, in_flight = (list(seconds) for seconds in zip(*turns, strict=True))
    for name, ours, theirs, goal in (
            ("1,000 projects, 50 ms / one project, in turn", spread, in_turn, 1.3),
            ("1,000 in flight, 50 ms / one in flight", in_flight, in_turn, 1.1)):
        yield _turns_row(f"CPU time of a request, {name}", ours, theirs, goal, digits=0)


# Memory, other plugins, the write queue

def _heap(plugins: str, ready: str, jobs: int) -> float:
    """The least that is in use, after the first cycles, while collectd's cache has the values of all jobs."""
    with BenchCollectd(plugins, interval=0.5) as collectd:
        def whole() -> bool:
            return len(collectd.names()) >= jobs * VALUES

        def least() -> float | None:
            before = whole()
            used = min(collectd.changes("dispatch/memory-used", 10, 60))
            return used if before and whole() else None
        collectd.changes(ready, 3, 60)
        return collectd.wait_until(least, f"{jobs * VALUES} values in collectd's cache", 120)


def kept(folder: Path) -> Iterator[Row]:
    """What a job costs in the daemon, but for collectd's own cache, which the loop's values fill.

    The interval is long enough for whole cycles on a busy machine.
    """
    jobs = 10_000
    with Responder() as service:
        many, one = (_heap(dispatch("Heap true") + drs(folder, service.endpoint, count, 3), CYCLE, count)
                     for count in (jobs, 1))
    loop, single = (_heap(dispatch("Heap true", f"Jobs {count}", "Interval 3"), LOOP, count)
                    for count in (jobs, 1))
    ours, cache = ((a - b) / (jobs - 1) for a, b in ((many, one), (loop, single)))
    yield Row("bytes kept for a job, beyond collectd's cache", ours - cache, 512,
              f"{ours:.0f} - {cache:.0f}")


def _longest_gap(folder: Path, plugins: str, values: int) -> float:
    """Seconds from one value of collectd's uptime plugin to the next, at most, beside other plugins."""
    with BenchCollectd(uptime(folder) + plugins) as collectd:
        collectd.wait_until(lambda: len(_times(folder)) > values, f"{values} values", 10 * values)
    return max(after - before for before, after in itertools.pairwise(_times(folder)))


def gaps(folder: Path) -> Iterator[Row]:
    """What collectd's own plugins notice of projects whose service hangs."""
    count, values = 20, 15
    with socket.create_server(("127.0.0.1", 0), backlog=2 * count) as silent:
        beside = _longest_gap(folder / "beside", hung(silent.getsockname()[1], count), values)
    alone = _longest_gap(folder / "alone", "", values)
    yield Row(f"longest gap in another plugin's values beside {count} projects that hang / alone",
              beside / alone, 1.1, f"{beside * 1e3:.1f} / {alone * 1e3:.1f} ms")


def queue(folder: Path) -> Iterator[Row]:
    """A write queue of a sixth of a cycle's values, and writers that need nearly half of the interval."""
    jobs, interval, threads, report = 10_000, 20, 5, folder / "report"
    limits = f"WriteQueueLimitHigh 16000\nWriteQueueLimitLow 16000\nWriteThreads {threads}"
    microseconds = 0.4 * interval * threads * 1e6 / (jobs * VALUES)  # each sleep takes some more
    slow = dispatch(f"Slow {microseconds:.0f}", "Beat true", f'Report "{report}"')
    with Responder() as service, BenchCollectd(
            slow + drs(folder, service.endpoint, jobs, interval),
            threads=limits):
        service.wait_for(2 * jobs // BATCH, 120)
        time.sleep(interval / 2)  # the writers come to an end
    series, _, gap = map(float, report.read_text().split())
    expected = jobs * VALUES
    yield Row("series through a write queue of a sixth of a cycle / all", min(series / expected, 1.0),
              0.999, f"{series:.0f} / {expected}", least=True)
    yield Row("longest gap of another read callback there / its interval", gap, 1.1, f"{gap:.2f} / 1 s")


# To the end of the scale

class Need(NamedTuple):
    """What a daemon needs for a cycle: CPU seconds, MiB at the most, open descriptors, and threads."""

    cpu: float
    memory: float
    descriptors: int
    threads: int


def _interval(jobs: int) -> float:
    """Seconds in which a busy machine can read so many jobs, too."""
    return 2 if jobs <= 1_000 else 5 if jobs <= 10_000 else 20


def _need(folder: Path, count: int, jobs: int) -> Need:
    """So many projects of so many jobs each."""
    interval = _interval(count * jobs)
    per_cycle, cycles, patience = count * ceil(jobs / BATCH), 1 if interval > 10 else 2, 120 + 4 * interval
    with Responder() as service, BenchCollectd(
            projects(folder, service.endpoint, count, jobs, interval), interval) as collectd:
        return Need(_steady_cpu(collectd, service, per_cycle, cycles, patience), collectd.status("VmHWM") / 1024,
                    collectd.descriptors(), collectd.status("Threads"))


def _loop_cpu(jobs: int) -> float | None:
    """CPU seconds that collectd needs for the values of so many jobs, whoever dispatches them.

    None: a cycle of so many takes too long to be measured twice.
    """
    interval = _interval(jobs)
    if interval > 10:
        return None
    with BenchCollectd(dispatch(f"Jobs {jobs}", f"Interval {interval}"), interval) as collectd:
        return _cpu(collectd, LOOP, 1)


def _needed(need: Need, before: Need | None, loop: float | None) -> str:
    """Each with its exponent: the decimal logarithm of how much more it is than for a tenth of the jobs."""
    exponents = [""] * len(need) if before is None else [
        f" (exponent {log10(now / then):.2f})" for now, then in zip(need, before, strict=True)]
    amounts = (f"{need.cpu * 1e3:.1f} ms a cycle", f"{need.memory:.0f} MiB",
               f"{need.descriptors} descriptors", f"{need.threads} threads")
    beside = "" if loop is None else f"; a loop that only dispatches: {loop * 1e3:.1f} ms"
    return ", ".join(map("".join, zip(amounts, exponents, strict=True))) + beside


def scale(folder: Path) -> Iterator[Row]:
    """From ten jobs to a hundred thousand, from one project to a thousand; in each series ten times as many a step."""
    loops: dict[int, float | None] = {}
    for series in (((1, 100), (1, 1_000), (1, 10_000), (1, 100_000)),
                   ((1, 10), (10, 10), (100, 10), (1_000, 10))):
        before = None
        for count, jobs in series:
            amount = count * jobs
            if amount not in loops:
                loops[amount] = _loop_cpu(amount)
            need = _need(folder, count, jobs)
            yield Row(f"{count:,} project{'s' if count > 1 else ''} of {jobs:,} jobs: CPU time for each value, us",
                      need.cpu / amount / VALUES * 1e6, None, _needed(need, before, loops[amount]))
            before = need


# On an ordinary day

def everyday(folder: Path) -> Iterator[Row]:
    """A daemon with as many jobs as most have, against one whose only other thread dispatches the same values."""
    for jobs in (100, 500):
        need = _need(folder, 1, jobs)
        with BenchCollectd(dispatch(f"Jobs {jobs}", f"Interval {_interval(jobs)}"), _interval(jobs)) as collectd:
            loop = _cpu(collectd, LOOP, 2)
            threads, memory = collectd.status("Threads"), collectd.status("VmHWM") / 1024
        yield Row(f"threads of a daemon with {jobs} jobs - of one whose loop dispatches the values",
                  need.threads - threads, 1, f"{need.threads} - {threads}")
        yield Row(f"peak memory of a daemon with {jobs} jobs, MiB", need.memory, None, f"{memory:.1f} with the loop")
        yield Row(f"CPU time of a cycle of {jobs} jobs, which is a minute's at the default Interval, ms",
                  need.cpu * 1e3, None, f"{loop * 1e3:.1f} ms with the loop")


ALL = (decoding, wall_time, whole_cycles, handshakes, instructions, cpu_time, settings, requests, peers, kept, gaps,
       queue, everyday, scale)


def rows(folder: Path, names: list[str], seconds: dict[str, float]) -> Iterator[Row]:
    """The whole table, or the parts of these names; in `seconds`, how long each part took."""
    for measure in ALL:
        name, began = measure.__name__, time.monotonic()
        if not names or name in names:
            (folder / name).mkdir()
            try:
                yield from measure(folder / name)
            except AssertionError as error:
                yield Row(f"the rest of {name}", nan, 0, str(error).partition("\n")[0])
            seconds[name] = time.monotonic() - began
