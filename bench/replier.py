# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A service that costs next to nothing: it keeps each answer that it has given, and delays it exactly.

The stand-in of the tests checks what it is asked, which takes longer than what is measured here.
As a program: python3 -m bench.replier --delay SECONDS --status STATUS. It prints its port; a GET is
answered with the times at which the other requests came, on the monotonic clock.
"""

import argparse
import asyncio
import json
import re
import selectors
import sys
import time

from .replies import reply

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Answers:
    """What is answered to each body."""

    def __init__(self, status: int, delay: float) -> None:
        self.delay = delay
        self.times: list[float] = []
        self._status = status
        self._known: dict[bytes, bytes] = {}

    def to(self, body: bytes) -> bytes:
        self.times.append(time.monotonic())
        if body not in self._known:
            self._known[body] = self.of(reply(json.loads(body)["jobs"]), self._status)
        return self._known[body]

    def of(self, content: bytes, status: int = 200) -> bytes:
        return HEAD % (status, len(content)) + content


class Connection(asyncio.Protocol):
    """One connection; a request at a time, as HTTP/1.1 without pipelining has it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        head, end, body = self._rest.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or len(body) < int(length[1] if length else 0):
            return
        self._rest = b""
        if head.startswith(b"GET "):
            self._transport.write(self._answers.of(json.dumps(self._answers.times).encode()))
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + self._answers.delay
        answer = self._answers.to(body)
        if self._answers.delay:
            loop.call_at(due, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def serve(answers: Answers) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--status", type=int, default=202)
    arguments = parser.parse_args()
    answers = Answers(arguments.status, arguments.delay)
    # select() waits to the microsecond, epoll in asyncio to the millisecond only.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    try:
        loop.run_until_complete(serve(answers))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
