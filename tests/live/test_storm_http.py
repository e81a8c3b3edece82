# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Hostile servers and lost connections in real collectd: nothing else is harmed."""

import gzip
import itertools
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd, Nginx
from support.raw_server import RawServer
from support.resolver import WithNameServer, needs_root, silent_name_server
from standin import StandIn
from support.build_module import build

CYCLES = 5
MIB = 1 << 20
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")

MEMORY = "LoadPlugin memory\n"


def many_jobs(cloud: StandIn, count: int) -> list[str]:
    """Options for this many jobs, each known to the service and a request of its own."""
    ids = [f"{number:08d}{JOB[8:]}" for number in range(count)]
    cloud.jobs.update({job: {"job_id": job, "progress": "50"} for job in ids})
    return [*(f'Job "{job}"' for job in ids), "BatchSize 1", f"MaxParallel {count}"]


def errors(daemon: Collectd, text: str = "") -> list[str]:
    """Lines that report a failure, and have this text."""
    return [line.text for line in daemon.lines("drs plugin: ")
            if line.level == "error" and text in line.text]


def status(daemon: Collectd, field: str) -> int:
    """A number of /proc/PID/status, such as VmHWM in KiB."""
    text = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(text.partition(f"{field}:")[2].split()[0])


def cpu_seconds(daemon: Collectd) -> float:
    """CPU time that the daemon has used so far."""
    fields = Path(f"/proc/{daemon.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def healthy_cycles(daemon: Collectd, count: int = CYCLES) -> None:
    """Wait for new whole cycles of the project "healthy"."""
    def whole() -> int:
        return sum(read.get("healthy/bool-up") == 1 for read in daemon.reads("healthy"))
    before = whole()
    daemon.wait_until(lambda: whole() >= before + count, f"{count} cycles")


@contextmanager
def silent_port() -> Iterator[int]:
    """A port where connections are made, and nothing is ever read or sent."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as door:
        yield door.getsockname()[1]


def hung(cloud: StandIn, count: int, jobs: int, *lines: str) -> str:
    """Projects of so many requests each, with these options, and a healthy one beside them."""
    ids = [f'Job "{number:08d}{JOB[8:]}"' for number in range(jobs)]
    blocks = [project(f"hung-{number}", cloud, *ids, "BatchSize 1", f"MaxParallel {jobs}",
                      "SelfMetrics false", f'Host "host-{number}"', *lines)
              for number in range(count)]
    return project("healthy", cloud) + "".join(blocks)


class Limited(Collectd):
    """collectd that may open so many files."""

    def __init__(self, files: int, drs: str, stock: str) -> None:
        super().__init__(drs, stock, interval=0.5)
        self.files = files

    def command(self) -> list[str]:
        return ["prlimit", f"--nofile={self.files}", *super().command()]


def test_a_response_that_nobody_requested_is_not_taken_for_the_next_one():
    """A load balancer's 408, or worse: an old response that comes again, on an idle connection."""
    def reply(progress: int) -> bytes:
        body = json.dumps({"results": [{"job_id": JOB, "progress": str(progress)}]})
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    def respond() -> Iterator[bytes]:
        yield reply(50)
        time.sleep(0.1)  # the connection is idle by then
        yield reply(13)

    with RawServer(respond) as server:
        with Collectd(project("healthy", server), interval=0.5) as daemon:
            healthy_cycles(daemon)
            values = {sample.value for sample in daemon.series("drs")[f"test-host/drs-{JOB}/percent-total"]}
            assert values == {50}
            assert errors(daemon) == []


def test_every_cycle_is_whole_where_the_server_closes_idle_connections(cloud, certificates):
    jobs = many_jobs(cloud, 8)
    cloud.drs.latency = 0.1  # the first requests need a connection each
    with Nginx(cloud.port, certificates, http2=False, idle=1) as nginx:
        config = project("prod", cloud, f'Endpoint "{nginx.endpoint}"', "Interval 10",
                         f'CACert "{certificates.ca}"', *jobs)
        with Collectd(config) as daemon:
            reads = daemon.wait_for_reads(4, "prod")
            assert [read["prod/bool-up"] for read in reads[:4]] == [1] * 4
            assert not errors(daemon)
        assert len({request["connection"] for request in nginx.requests()}) > 8


def test_a_server_that_offers_http2_gets_http1(cloud, certificates):
    with Nginx(cloud.port, certificates, http2=True) as nginx:
        lines = [f'Endpoint "{nginx.endpoint}"', f'CACert "{certificates.ca}"']
        assert Collectd(project("prod", cloud, *lines)).test_read().status == 0
        assert [request["protocol"] for request in nginx.requests()] == ["HTTP/1.1"]


def bomb(layers: int) -> bytes:
    """What is 16 MB of blanks after this many decodings."""
    data = b'{"results":[' + b" " * (16 * MIB - 1000) + b"]}"
    for _ in range(layers):
        data = gzip.compress(data)
    return data


@pytest.mark.parametrize("header", ["Content-Encoding: gzip", "Transfer-Encoding: gzip",
                                    "Content-Encoding: gzip, gzip, gzip, gzip",
                                    "Transfer-Encoding: gzip, gzip, gzip, chunked",
                                    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"])
def test_an_encoding_that_was_not_requested_is_rejected(cloud, header):
    body = bomb(header.count("gzip"))
    response = f"HTTP/1.1 202 Accepted\r\n{header}\r\n\r\n".encode() + body
    jobs = [line for line in many_jobs(cloud, 16) if "MaxParallel" not in line]
    with RawServer(lambda: [response]) as server:
        config = project("bomb", cloud, f'Endpoint "{server.endpoint}"', "MaxParallel 16", *jobs)
        with Collectd(config + project("healthy", cloud)) as daemon:
            healthy_cycles(daemon)
            name = header.partition(":")[0]
            texts = [f"the response has a {name}"]
            if name == "Transfer-Encoding":  # libcurl 8.14 rejects it before the plugin does
                texts.append("the response has an encoding that was not asked for")
            daemon.wait_until(lambda: any(errors(daemon, text) for text in texts), "the error")
            assert status(daemon, "VmHWM") < 100 * 1024


def endless_chunk_extension() -> Iterator[bytes]:
    yield b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n5;x="
    yield from itertools.repeat(b"x" * 65536)


def endless_chunks() -> Iterator[bytes]:
    yield b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield from itertools.repeat((b"1;" + b"x" * 8000 + b"\r\n \r\n") * 8)


@pytest.mark.parametrize("respond", [endless_chunk_extension, endless_chunks])
def test_chunk_extensions_are_bounded_too(cloud, respond):
    with RawServer(respond) as server:
        config = project("endless", cloud, f'Endpoint "{server.endpoint}"', "Timeout 50000",
                         "Interval 60", 'Host "other"')
        with Collectd(config + project("healthy", cloud)) as daemon:
            daemon.wait_until(lambda: server.most_sent, "the end of the response")
            # and the buffers of the sockets
            assert server.most_sent < 64 * MIB
            daemon.wait_until(lambda: errors(daemon, "the response "), "the error")
            healthy_cycles(daemon)


def test_a_long_status_line_is_not_reported_as_out_of_memory(cloud):
    response = b"HTTP/1.1 200 " + b"x" * 200_000 + b"\r\n\r\n"
    with RawServer(lambda: [response]) as server:
        result = Collectd(project("prod", cloud, f'Endpoint "{server.endpoint}"')).test_read()
    text = " ".join(line.text for line in result.lines)
    assert "emory" not in text
    assert f"{server.endpoint}: the response's header" in text


def test_waiting_costs_no_cpu(cloud, certificates):
    with silent_port() as port:
        config = hung(cloud, 10, 100, f'Endpoint "https://127.0.0.1:{port}"', "Timeout 60000",
                      "Interval 60", f'CACert "{certificates.ca}"')
        with Collectd(config) as daemon:
            healthy_cycles(daemon)
            daemon.wait_until(lambda: connections(daemon) > 900, "the connections")
            before = cpu_seconds(daemon), len(daemon.reads("healthy"))
            healthy_cycles(daemon, 10)
            used = cpu_seconds(daemon) - before[0]
            assert used / 10 < 0.05, "CPU seconds for a cycle of one job"


def connections(daemon: Collectd) -> int:
    """Sockets that the daemon has open."""
    total = 0
    for link in Path(f"/proc/{daemon.process.pid}/fd").iterdir():
        try:
            total += os.readlink(link).startswith("socket:")
        except OSError:
            pass
    return total


def test_other_plugins_keep_their_descriptors(cloud):
    limit = 256
    with silent_port() as port:
        config = hung(cloud, 40, 8, f'Endpoint "http://127.0.0.1:{port}"', "Timeout 60000",
                      "Interval 60")
        with Limited(limit, config, MEMORY) as daemon:
            daemon.wait_until(lambda: connections(daemon) >= limit // 8, "hung requests")
            healthy_cycles(daemon)
            daemon.wait_until(lambda: len(daemon.reads(plugin="memory")) >= 2 * CYCLES,
                              "other values")
            assert connections(daemon) < limit // 2
            assert not any("Too many open files" in line.text for line in daemon.lines())


@needs_root
def test_a_silent_name_server_does_not_cost_a_thread_for_each_request(cloud, tmp_path):
    with silent_name_server() as server:
        config = hung(cloud, 20, 8, 'Endpoint "http://drs.nowhere.example"', "Interval 1",
                      "Timeout 400")
        with WithNameServer(config, server, tmp_path) as daemon:
            healthy_cycles(daemon, 40)
            assert status(daemon, "Threads") < 60
            assert errors(daemon, "resolving the host")


def inherited(daemon: Collectd) -> list[str]:
    """Descriptors that a program started by the daemon would get, and what they are."""
    pid = daemon.process.pid
    links = {}
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            flags = int(info.read_text().partition("flags:")[2].split()[0], 8)
            target = os.readlink(f"/proc/{pid}/fd/{info.name}")
        except OSError:
            continue
        if not flags & os.O_CLOEXEC and target.startswith(("socket:", "anon_inode:", "pipe:")):
            links[info.name] = target
    return sorted(target.partition(":")[0] for target in links.values())


def test_a_program_of_another_plugin_inherits_no_descriptor(cloud):
    with Collectd() as daemon:
        without_drs = inherited(daemon)
    with Collectd(project("healthy", cloud, f'Endpoint "http://localhost:{cloud.port}"')) as daemon:
        healthy_cycles(daemon)
        # A connection of ours to the unixsock plugin is there for a moment longer.
        daemon.wait_until(lambda: inherited(daemon) == without_drs, "no descriptor but collectd's own")


def test_a_connection_that_hangs_is_one_request(certificates):
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as cloud:
        jobs = many_jobs(cloud, 8)
        cloud.inject("silent", times=1)
        config = project("prod", cloud, f'CACert "{certificates.ca}"', "Interval 5",
                         "Timeout 2000", *jobs)
        with Collectd(config) as daemon:
            daemon.wait_until(lambda: daemon.reads("prod"), "a cycle")
            read = daemon.reads("prod")[0]
            assert read["prod/count-answered"] == 7


@pytest.mark.parametrize("proxy", ["foo://u:SECRET@127.0.0.1:1", "http://u:SECRET@[::1",
                                   "http://u:SECRET@127.0.0.1:99999", "http://u:SE#CRET@127.0.0.1:1",
                                   "http://u:SECRET@nowhere.invalid:1", "u:SECRET@127.0.0.1:1"])
def test_a_proxy_of_the_environment_keeps_its_password(cloud, proxy):
    config = project("prod", cloud, 'Endpoint "https://drs.example.com"')
    with Collectd(config, variables={"https_proxy": proxy}) as daemon:
        daemon.wait_until(lambda: errors(daemon), "the error")
        log = daemon.log_text()
    assert "SECRET" not in log and "CRET@" not in log
    assert "https://drs.example.com: could not " in log


def test_connections_end_in_every_way_beside_plugins_that_open_files(cloud, certificates):
    """The number of a closed descriptor is another thread's at once; tests/sanitize tsan sees who touches it then."""
    faults = ("close-after-request", "reset-after-request", "reset-in-body", "black-hole")
    stock = "".join(f"LoadPlugin {name}\n" for name in ("memory", "load", "cpu", "df", "processes", "vmem"))
    config = project("healthy", cloud)
    with ExitStack() as stack:
        services = [stack.enter_context(StandIn(PROJECT_ID, TOKEN, tls=tls))
                    for tls in (None, None, certificates.server(), certificates.server())]
        for number, (service, fault) in enumerate(zip(services, faults)):
            service.inject(fault, times=1000)
            scheme = "http" if number < 2 else "https"
            for one in range(5):
                name = f"{number}-{one}"
                config += project(name, service, f'Endpoint "{scheme}://localhost:{service.port}"', f'Host "{name}"',
                                  "Timeout 200", "Interval 0.3", f'CACert "{certificates.ca}"')
        daemon = stack.enter_context(Collectd(config, stock + "ReadThreads 10\n", interval=0.05))
        daemon.wait_until(lambda: all(len(service.requests) > 60 for service in services), "the requests")
        healthy_cycles(daemon)


def test_requests_go_on_after_libcurl_had_no_memory(cloud, tmp_path):
    fail = tmp_path / "fail"
    preload = {"LD_PRELOAD": str(build("fail_libcurl", tmp_path)), "FAIL_LIBCURL": str(fail)}
    with Collectd(project("healthy", cloud), variables=preload) as daemon:
        healthy_cycles(daemon)
        fail.touch()
        daemon.wait_until(lambda: errors(daemon, "a request cannot be"), "the error")
        fail.unlink()
        healthy_cycles(daemon)


@pytest.mark.skipif(not BUNDLE.exists(), reason="the system has no certificates in one file")
def test_a_connection_reads_the_systems_certificates_once(cloud, certificates, tmp_path):
    """The folder has each of them three times: 20 projects then took all of the thread's time."""
    opens = tmp_path / "opens"
    preload = {"LD_PRELOAD": str(build("log_opens", tmp_path)), "LOG_OPENS": str(opens)}
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as unknown:
        config = project("unknown", unknown, 'Host "other"') + project("healthy", cloud)
        with Collectd(config, variables=preload) as daemon:
            healthy_cycles(daemon, 10)
            assert errors(daemon, "certificate")
            cycles = len(daemon.reads("unknown")) + 2
    opened = opens.read_text().splitlines()
    assert set(opened) - {"/etc/ssl/openssl.cnf"} == {str(BUNDLE)}
    assert opened.count(str(BUNDLE)) <= cycles


def test_no_certificates_are_read_where_nothing_is_verified(certificates, tmp_path):
    """GnuTLS reads all of them for each connection, also if it then verifies nothing."""
    opens = tmp_path / "opens"
    preload = {"LD_PRELOAD": str(build("log_opens", tmp_path)), "LOG_OPENS": str(opens)}
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as unknown:
        unknown.jobs[JOB] = {"job_id": JOB}
        lines = ["VerifyPeer false", f'CACert "{certificates.ca}"']
        with Collectd(project("healthy", unknown, *lines), variables=preload) as daemon:
            healthy_cycles(daemon, 3)
    opened = opens.read_text().splitlines() if opens.exists() else []
    assert set(opened) <= {"/etc/ssl/openssl.cnf"}
