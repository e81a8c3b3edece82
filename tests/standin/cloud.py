# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in as tests use it: three services on ports of 127.0.0.1, from `with` to its end."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable

from . import hostile  # noqa: F401  (its faults enter the table when it is imported)
from .clock import HANG, Clock
from .drs import Drs, JobTable
from .faults import Switch
from .authorization import Gate
from .iam import Identity
from .request_log import Request
from .metadata import Metadata
from .server import Listener
from .service import Service
from .signing import KeyRing


class StandIn:
    """A cloud with DRS, identity and metadata services.

    with StandIn(project_id="054b...", token="t0k3n") as cloud:
        cloud.jobs["8d0e..."] = Migration()

    `drs`, `iam`, `metadata` and `keys` hold the settings of each part; `clock` is the servers' wall
    clock, `time_passes` the clock of migrations, `speed` times faster.
    """

    def __init__(
        self,
        project_id: str,
        token: str | None = None,
        *,
        prefix: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        speed: float = 1.0,
        log: Callable[[str], None] | None = None,
    ):
        self.clock = Clock(time.time())
        self.time_passes = Clock(speed=speed)
        self.keys = KeyRing(self.clock)
        self.iam = Identity(self.clock, log)
        self.metadata = Metadata(self.clock, self.keys, log)
        self.gate = Gate(token, self.iam, self.keys)
        self.jobs = JobTable(self.time_passes, self.clock)
        self.drs = Drs(project_id, prefix, self.gate, self.jobs, self.clock, log)
        self.services: dict[str, Service] = {
            service.name: service for service in (self.drs, self.iam, self.metadata)
        }
        self._address = {"host": host, "port": port}
        self._tls = tls
        self.listeners: dict[str, Listener] = {}

    def __enter__(self) -> "StandIn":
        self.open()
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def open(self) -> None:
        """Listens. The metadata service never speaks TLS, as on real servers."""
        self.iam.scheme = "https" if self._tls else "http"
        for name, service in self.services.items():
            port = self._address["port"] if name == "drs" else 0
            tls = None if name == "metadata" else self._tls
            listener = Listener(service, self._address["host"], port, tls)
            self.listeners[name] = listener
            listener.open()

    def close(self) -> None:
        """Ends every connection and thread, at once unless one waits for somebody else."""
        for listener in self.listeners.values():
            listener.stop()
        deadline = time.monotonic() + HANG
        for listener in self.listeners.values():
            listener.join(deadline)

    def _url(self, name: str) -> str:
        listener = self.listeners[name]
        return f"{'https' if listener.tls else 'http'}://{listener.host}:{listener.port}"

    @property
    def port(self) -> int:
        return self.listeners["drs"].port

    @property
    def endpoint(self) -> str:
        """For the option Endpoint, with the prefix if there is one."""
        return self._url("drs") + self.drs.prefix

    @property
    def identity_endpoint(self) -> str:
        """For the option IdentityEndpoint."""
        return self._url("iam") + "/v3"

    @property
    def metadata_endpoint(self) -> str:
        return self._url("metadata")

    @property
    def token(self) -> str | None:
        """The static token. A new one is the only good one from then on."""
        return self.gate.token

    @token.setter
    def token(self, token: str | None) -> None:
        self.gate.token = token

    @property
    def requests(self) -> list[Request]:
        """The requests to DRS; see also iam.requests and metadata.requests."""
        return self.drs.requests

    def wait_for_requests(
        self, count: int, timeout: float = HANG, service: str = "drs",
        where: Callable[[Request], bool] | None = None,
    ) -> list[Request]:
        """Blocks until `count` requests (for which `where` holds) came, or raises what was seen."""
        return self.services[service].journal.wait_for(count, timeout, where)

    def problems(self) -> list[str]:
        """Everything that clients did wrong, on all services: empty for a good client."""
        return [
            f"{request}"
            for service in self.services.values()
            for request in service.requests
            if request.problems
        ]

    def clear_problems(self, problem: str) -> None:
        """Forgives the requests with this problem, of which there must be one: the test wanted them."""
        found = [request for service in self.services.values() for request in service.requests
                 if problem in str(request.problems)]
        assert found, problem
        for request in found:
            request.problems.clear()

    def inject(
        self, fault: str, times: int | None = None, service: str = "drs", path: str = "", **options
    ) -> Switch:
        """Switches a fault of FAULTS on, for `times` times or until the result's stop().

        Several that are on are played in the order in which they were switched on. With `path`
        (such as "/batch-rpo-and-rto") only requests whose path ends like this meet it.
        """
        return self.services[service].faults.add(fault, times, path, **options)

    def remove_faults(self, service: str | None = None) -> None:
        """Switches all faults off."""
        for name in [service] if service else self.services:
            self.services[name].faults.clear()

    def revoke_tokens(self, code: str = "APIG.0307") -> None:
        """Refuses all tokens issued so far: with APIG.0307, DRS.M00100, DRS.M00102, ..."""
        self.iam.revoke(code)
