# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in as a program, for the demo and the benchmarks."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from .cloud import StandIn
from .scenario import load
from .tls import server_context


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    parser.add_argument("--port-file", type=Path, help="gets the port once the stand-in listens")
    parser.add_argument("--project", required=True, help="project id")
    parser.add_argument("--token", required=True, help="the token that is let in")
    parser.add_argument("--prefix", default="", help="path in front of /v3")
    parser.add_argument("--scenario", default="demo", help="demo, or a JSON file")
    parser.add_argument("--speed", type=float, default=1.0, help="how fast migrations advance")
    parser.add_argument("--behind", type=float, default=0.0,
                        help="seconds by which the wall clock is behind, which then advances as fast as migrations")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds for a response")
    parser.add_argument("--status", type=int, default=202, help="of a success: 202 or 200")
    parser.add_argument("--gzip", action="store_true", help="compress where the client accepts it")
    parser.add_argument("--guesses", action="store_true",
                        help="migrations also report what the service was never seen to send")
    parser.add_argument("--log", type=Path, help="one JSON line for each request")
    parser.add_argument("--certificate", help="with --key: TLS")
    parser.add_argument("--key")
    return parser.parse_args()


def write_atomically(path: Path, text: str) -> None:
    """Nobody finds the file half written."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text)
    os.replace(draft, path)


def serve(options: argparse.Namespace, stopped: threading.Event) -> None:
    log = options.log.open("a", buffering=1, encoding="utf-8") if options.log else None
    tls = server_context(options.certificate, options.key) if options.certificate else None
    cloud = StandIn(
        options.project, options.token, prefix=options.prefix, port=options.port, tls=tls,
        speed=options.speed, log=log and (lambda line: print(line, file=log)),
    )
    if options.behind:
        cloud.clock.advance(-options.behind)
        cloud.clock.speed = options.speed
    cloud.drs.latency = options.latency / 1000
    cloud.drs.success_status = options.status
    cloud.drs.gzip = options.gzip
    cloud.drs.guesses = options.guesses
    load(options.scenario, cloud.jobs)
    with cloud:
        if options.port_file:
            write_atomically(options.port_file, f"{cloud.port}\n")
        print(f"listening at {cloud.endpoint}", flush=True)
        stopped.wait()


def main() -> int:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    serve(arguments(), stopped)
    return 0


if __name__ == "__main__":
    sys.exit(main())
