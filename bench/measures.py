# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Each claim, measured: a row of the table, always two things of one run set against each other."""

import itertools
import socket
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from statistics import median
from typing import NamedTuple

from daemons import Nginx
from standin import Certificates

from . import profile
from .programs import BUILD, BenchCollectd, Replier, curl_json, dispatch, drs, hung, uptime
from .replies import VALUES, job_id, reply

DECODE = BUILD / "bench/decode"
DELAY = 0.05
BATCH = 100
PARALLEL = 8
ONE_THREAD = "ReadThreads 1\nWriteThreads 1"
MIB = 1 << 20
READ = "drs-bench/response_time-read"
LOOP = "dispatch/response_time-loop"


class Row(NamedTuple):
    """A figure and the most that it may be; None: it is only told."""

    measure: str
    figure: float
    goal: float | None
    made_of: str  # the two things


def decoding(folder: Path) -> Iterator[Row]:
    """Against yajl alone, which calls functions that do nothing."""
    path = folder / "reply-10000"
    path.write_bytes(reply(map(job_id, range(10_000))))
    ours, theirs = (profile.decode_instructions(DECODE, way, path, folder)
                    for way in ("progress", "yajl"))
    yield Row("instructions to decode 10,000 jobs / yajl with empty callbacks", ours / theirs, 1.3,
              f"{ours / 1e6:.1f} M / {theirs / 1e6:.1f} M")


def _reply_of(folder: Path, size: int) -> Path:
    """A reply of at least so many bytes."""
    path = folder / f"reply-of-{size}"
    path.write_bytes(reply(map(job_id, range(ceil(size / len(reply([job_id(0)])) * 1.1)))))
    return path


def peak(folder: Path) -> Iterator[Row]:
    """The decoder's heap, for a large and for a small reply."""
    large, small = (profile.decode_peak(DECODE, _reply_of(folder, size), folder)
                    for size in (16 * MIB, MIB))
    yield Row("peak memory while decoding 16 MiB / 1 MiB", large / small, 1.0,
              f"{large} / {small} bytes")


def _round(replier: Replier, plugins: str, batches: int, interval: float,
           threads: str) -> float:
    """How long the second round of requests takes, from the first of them to the last answer."""
    with BenchCollectd(plugins, interval=interval, threads=threads):
        times = replier.wait_for(2 * batches, 20 + 3 * interval)
    return times[2 * batches - 1] - times[batches] + DELAY


def wall_time(folder: Path) -> Iterator[Row]:
    """A read of a service that takes its time, against the least that it can take, and curl_json."""
    jobs, batches = 10_000, 10_000 // BATCH
    least = ceil(batches / PARALLEL) * DELAY
    with Replier(DELAY) as replier, \
            BenchCollectd(drs(folder, replier.endpoint, jobs, 2)) as collectd:
        read = median(collectd.changes(READ, 8, 60)[1:])
    yield Row("wall time of a read of 10,000 jobs at 50 ms a request / "
              f"({ceil(batches / PARALLEL)} x 50 ms)", read / least, 1.1,
              f"{read * 1e3:.0f} / {least * 1e3:.0f} ms")
    for threads, goal in ((1, 0.15), (5, None)):
        with Replier(DELAY, status=200) as replier:
            theirs = _round(replier, curl_json(replier.endpoint, jobs, BATCH, 10), batches,
                            10, f"ReadThreads {threads}")
        yield Row("wall time of the same read / curl_json's, with "
                  + ("one thread as well" if threads == 1 else "collectd's five read threads"),
                  read / theirs, goal, f"{read * 1e3:.0f} / {theirs * 1e3:.0f} ms")


def _instructions(folder: Path, replier: Replier, plugins: str, requests: int) -> float:
    """For each value, outside of collectd's dispatch, over so many requests."""
    folder.mkdir()
    wrapper = profile.callgrind(folder / "profile", "--separate-threads=yes")
    with BenchCollectd(plugins, interval=5, threads=ONE_THREAD, wrapper=wrapper):
        replier.wait_for(requests + 1, 300)  # then those before it are all dealt with
    return profile.outside_dispatch(folder)


def instructions(folder: Path) -> Iterator[Row]:
    """A read from the request to the call of collectd's dispatch, against curl_json's."""
    jobs = 1_000
    with Replier(status=200) as replier:
        ours = _instructions(folder / "drs", replier, drs(folder, replier.endpoint, jobs, 5),
                             4 * jobs // BATCH)
    with Replier(status=200) as replier:
        theirs = _instructions(folder / "curl_json", replier,
                               curl_json(replier.endpoint, jobs, BATCH, 5), 4 * jobs // BATCH)
    yield Row("instructions outside of collectd's dispatch for each value / curl_json's",
              ours / theirs, 0.5, f"{ours:.0f} / {theirs:.0f}")


def _cpu(collectd: BenchCollectd, name: str, reads: int, timeout: float) -> float:
    """CPU seconds of a read, over so many."""
    collectd.changes(name, 3, timeout)
    before = collectd.cpu_seconds()
    collectd.changes(name, reads + 1, timeout)
    return (collectd.cpu_seconds() - before) / reads


def cpu_time(folder: Path) -> Iterator[Row]:
    """The whole daemon, one after the other: at one time they would share the caches."""
    jobs, ours, theirs = 10_000, [], []
    for _ in range(3):
        with Replier() as replier, \
                BenchCollectd(drs(folder, replier.endpoint, jobs, 1)) as collectd:
            ours.append(_cpu(collectd, READ, 10, 60))
        with BenchCollectd(dispatch(jobs, 1)) as collectd:
            theirs.append(_cpu(collectd, LOOP, 10, 60))
    a, b = (median(seconds) / jobs / VALUES * 1e6 for seconds in (ours, theirs))
    yield Row("CPU time of the daemon for each value / of a loop that dispatches it", a / b, 1.25,
              f"{a:.2f} / {b:.2f} us")


def _heap(plugins: str, ready: str) -> float:
    """The least that is in use, after the first reads."""
    with BenchCollectd(plugins, interval=0.5) as collectd:
        collectd.changes(ready, 3, 60)
        return min(collectd.changes("dispatch/memory-used", 20, 60))


def kept(folder: Path) -> Iterator[Row]:
    """What a job costs in the daemon, but for collectd's own cache, which the loop's values fill."""
    jobs = 10_000
    with Replier() as replier:
        many, one = (_heap(dispatch() + drs(folder, replier.endpoint, count, 0.5), READ)
                     for count in (jobs, 1))
    loop, single = (_heap(dispatch(count, 0.5), LOOP) for count in (jobs, 1))
    ours, cache = ((a - b) / (jobs - 1) for a, b in ((many, one), (loop, single)))
    yield Row("bytes kept for a job, beyond collectd's cache", ours - cache, 512,
              f"{ours:.0f} - {cache:.0f}")


def handshakes(folder: Path) -> Iterator[Row]:
    """What a hundred reads cost a real nginx; each of its connections is one handshake."""
    certificates = Certificates(folder)
    for http2, goal in ((False, PARALLEL), (True, 1)):
        with Replier() as replier, Nginx(replier.port, certificates, http2=http2) as nginx:
            plugins = drs(folder, nginx.endpoint, PARALLEL * BATCH, 0.1,
                          f'CACert "{certificates.ca}"')
            with BenchCollectd(plugins):
                replier.wait_for(100 * PARALLEL + 1, 60)
            requests = nginx.requests()[:100 * PARALLEL]
        count = len({request["connection"] for request in requests})
        protocols = " ".join({request["protocol"] for request in requests})
        yield Row(f"TLS handshakes in 100 reads, {protocols}", count, goal,
                  f"in {len(requests)} requests")


def _longest_gap(folder: Path, plugins: str, values: int) -> float:
    """Seconds from one value of collectd's uptime plugin to the next, at most, beside other plugins."""
    def times() -> list[float]:
        rows = [row for path in sorted(folder.glob("bench/uptime/*"))
                for row in path.read_text().splitlines()[1:]]
        return [float(row.partition(",")[0]) for row in rows]
    with BenchCollectd(uptime(folder) + plugins) as collectd:
        collectd.wait_until(lambda: len(times()) > values, f"{values} values", 2 * values)
    return max(after - before for before, after in itertools.pairwise(times()))


def gaps(folder: Path) -> Iterator[Row]:
    """What collectd's own plugins notice of projects whose service hangs."""
    projects, values = 20, 30
    with socket.create_server(("127.0.0.1", 0), backlog=2 * projects) as silent:
        beside = _longest_gap(folder / "beside", hung(silent.getsockname()[1], projects), values)
    alone = _longest_gap(folder / "alone", "", values)
    yield Row(f"longest gap in another plugin's values beside {projects} projects that hang / alone",
              beside / alone, 1.1, f"{beside * 1e3:.1f} / {alone * 1e3:.1f} ms")


def _linear_instructions(folder: Path) -> Row:
    """What a value costs outside of collectd's dispatch, in many jobs and in few, in as many reads."""
    few, many = 1_000, 10_000
    of_jobs = {}
    for jobs in (few, many):
        with Replier() as replier:
            of_jobs[jobs] = _instructions(folder / f"of-{jobs}", replier,
                                          drs(folder, replier.endpoint, jobs, 5), 3 * jobs // BATCH)
    return Row(f"instructions for each value of {many:,} jobs / of {few:,}",
               of_jobs[many] / of_jobs[few], 1.1, f"{of_jobs[many]:.0f} / {of_jobs[few]:.0f}")


def _read_and_loop(folder: Path, jobs: int, interval: float) -> tuple[float, float]:
    """Seconds of a read, and of the loop that dispatches as much."""
    with Replier() as replier, \
            BenchCollectd(drs(folder, replier.endpoint, jobs, interval)) as collectd:
        read = median(collectd.changes(READ, 6, 90)[1:])
    with BenchCollectd(dispatch(jobs, interval)) as collectd:
        return read, median(collectd.changes(LOOP, 6, 90)[1:])


def sizes(folder: Path) -> Iterator[Row]:
    """Is a read linear? Its own part is counted; the whole is told beside the loop, which is not."""
    yield _linear_instructions(folder)
    for jobs, interval in ((100, 0.5), (1_000, 0.5), (10_000, 2), (100_000, 10)):
        read, loop = _read_and_loop(folder, jobs, interval)
        yield Row(f"wall time of a read of {jobs:,} jobs / of the loop", read / loop, None,
                  f"{read * 1e3:.1f} / {loop * 1e3:.1f} ms")


ALL = (decoding, wall_time, instructions, cpu_time, peak, kept, handshakes, gaps, sizes)


def rows(folder: Path) -> Iterator[Row]:
    """The whole table."""
    return itertools.chain.from_iterable(measure(folder) for measure in ALL)
