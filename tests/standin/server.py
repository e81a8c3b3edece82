# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A port of the stand-in: listens, gives each connection a thread, and ends all of them at once."""

from __future__ import annotations

import socket
import ssl
import threading
import time

from . import faults
from .request_log import Request
from .service import Service, client_error
from .wire import Gone, Link, Malformed, RawRequest, Response, chunk


class Listener:
    """Serves one Service on one port, from open() to stop() and join()."""

    def __init__(self, service: Service, host: str, port: int, tls: ssl.SSLContext | None):
        self.service = service
        self.tls = tls
        self.accepted = 0  # connections
        self.handshakes = 0  # TLS handshakes that ended well ...
        self.resumed = 0  # ... and how many of them resumed a session
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._links: set[Link] = set()
        self._threads: set[threading.Thread] = set()
        self._door: socket.socket | None = None
        if port:
            self._bind(host, port, shared=False).close()  # or somebody has it: an error now
        # Bound but never listening: it keeps the port ours while the door is shut.
        self._place = self._bind(host, port)
        self.host, self.port = self._place.getsockname()[:2]
        service.faults.attach(self)

    def open(self) -> None:
        with self._lock:
            if self._door or self._stopping.is_set():
                return
            self._door = self._bind(self.host, self.port)
            self._door.listen(1024)
            self._spawn(self._accept, self._door)

    def shut(self) -> None:
        """Refuses connections from now on, and ends those that are open."""
        with self._lock:
            door, self._door = self._door, None
        if door:
            door.shutdown(socket.SHUT_RDWR)  # wakes accept(), which close() alone does not
            door.close()
        self.drop()

    def drop(self) -> None:
        """Ends the open connections."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.interrupt()

    def stop(self) -> None:
        """The beginning of the end; join() waits for it."""
        self._stopping.set()
        self.shut()
        self._place.close()

    def join(self, deadline: float) -> None:
        """Waits for the threads; one that does not end is a mistake of the stand-in."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            raise RuntimeError(f"a connection of {self.service.name} does not end")

    @staticmethod
    def _bind(host: str, port: int, shared: bool = True) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
        try:
            sock.bind((host, port))
        except OSError:
            sock.close()
            raise
        return sock

    def _spawn(self, work, argument) -> None:
        """Runs a thread that join() will wait for; the lock is held."""

        def run() -> None:
            try:
                work(argument)
            finally:
                with self._lock:
                    self._threads.discard(thread)

        thread = threading.Thread(target=run, name=f"standin-{self.service.name}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _accept(self, door: socket.socket) -> None:
        while True:
            try:
                sock, _ = door.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self._door is not door:
                    sock.close()
                    return
                self.accepted += 1
                link = Link(sock, self.accepted, self._stopping)
                self._links.add(link)
                self._spawn(self._connection, link)

    def _connection(self, link: Link) -> None:
        """The life of one connection."""
        try:
            fault = self.service.faults.take(faults.ACCEPT)
            if fault:
                fault.play(link)
                return
            if self.tls:
                self._handshake(link)
            while self._serve_one(link):
                pass
        except Gone:
            pass
        finally:
            with self._lock:
                self._links.discard(link)
            link.close()

    def _handshake(self, link: Link) -> None:
        resumed = link.handshake(self.tls)
        with self._lock:
            self.handshakes += 1
            self.resumed += resumed

    def _serve_one(self, link: Link) -> bool:
        """Reads a request and responds; True where the connection can serve another."""
        try:
            raw = link.read_request()
        except Malformed as error:
            self._reject_malformed(link, str(error))
            return False
        self.service.journal.enter()
        try:
            self._respond(link, raw)
        finally:
            self.service.journal.leave()
        return not raw.last

    def _reject_malformed(self, link: Link, problem: str) -> None:
        request = Request(time.time(), self.service.name, link.number, "", "", "", {}, b"")
        response = client_error(request, problem, "APIG.0201").response()
        self._record(request, response)
        link.send(self._dress(response, request, last=True))

    def _respond(self, link: Link, raw: RawRequest) -> None:
        service, began = self.service, time.monotonic()
        path, _, query = raw.target.partition("?")
        request = Request(
            time.time(), service.name, link.number, raw.method, path, query, raw.headers,
            raw.body, problems=list(raw.problems),
        )
        response = service.respond(request)
        fault = service.faults.take(faults.RESPONSE, faults.WIRE, path=path)
        if fault:
            request.fault = fault.name
            if fault.stage == faults.RESPONSE:
                response = fault.play(response, request)
        corrupted = fault and fault.stage == faults.WIRE
        self._record(request, None if corrupted else response)
        link.wait(max(0.0, began + service.latency - time.monotonic()))
        if corrupted:
            fault.play(link, response, service.clock.now())
            raise Gone
        link.send(self._dress(response, request, raw.last))

    def _record(self, request: Request, response: Response | None) -> None:
        request.status = response.status if response else None
        self.service.journal.add(request)

    def _dress(self, response: Response, request: Request, last: bool) -> bytes:
        """The bytes of a response, in the transfer form that the service is set to."""
        accepted = request.headers.get("accept-encoding", "")
        if self.service.gzip and "gzip" in accepted and "Content-Encoding" not in response.headers:
            response = response.compressed()
        if last:
            response.headers["Connection"] = "close"
        now = self.service.clock.now()
        if not self.service.chunked:
            return response.head(now) + response.body
        body = (chunk(response.body) if response.body else b"") + chunk(b"")
        return response.head(now, chunked=True) + body
