# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""TLS and proxies: trust, client certificates, and the route of requests."""

import os
from contextlib import contextmanager

import pytest
from support.blocks import JOB, PROJECT_ID, TOKEN, project
from daemons import Collectd, Nginx
from support.requirements import own_mounts
from standin import Certificates, StandIn

SERVERS = [
    # certificate of the server, further lines, is the request sent?
    ("good", [], True),
    ("wrong-name", [], False),
    ("wrong-name", ["VerifyHost false"], True),
    ("expired", [], False),
    ("self-signed", [], False),
    ("self-signed", ["VerifyPeer false"], True),
    ("expired", ["VerifyPeer false", "VerifyHost false"], True),
]


def is_reached(tls, *lines: str) -> bool:
    """Does a read of a service with this TLS context get a response?"""
    with StandIn(PROJECT_ID, TOKEN, tls=tls) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        result = Collectd(project("prod", cloud, *lines)).test_read()
        assert bool(cloud.requests) == (result.status == 0)
        return result.status == 0


@pytest.mark.parametrize("kind, lines, requested", SERVERS)
def test_servers_are_verified(certificates, kind, lines, requested):
    lines = [f'CACert "{certificates.ca}"', *lines]
    assert is_reached(certificates.server(kind), *lines) == requested


def test_without_cacert_an_unknown_authority_is_not_trusted(certificates):
    assert not is_reached(certificates.server())


def test_cacert_is_not_read_where_nothing_is_verified(certificates, tmp_path):
    lines = [f'CACert "{tmp_path / "nothing"}"', "VerifyPeer false"]
    assert is_reached(certificates.server("self-signed"), *lines)


class WithSystemCertificates(Collectd):
    """collectd where these certificates are those of the system."""

    def __init__(self, drs: str, folder) -> None:
        super().__init__(drs)
        self.certificates = folder

    def command(self) -> list[str]:
        mounted = f'mount --bind "{self.certificates}" /etc/ssl/certs && exec "$@"'
        return [*own_mounts(), "sh", "-c", mounted, "sh", *super().command()]


@pytest.mark.parametrize("lines, requested", [([], True), (['CACert "{other}"'], False)])
def test_cacert_takes_the_place_of_the_systems_certificates(certificates, tmp_path, lines, requested):
    (tmp_path / "ca-certificates.crt").write_bytes(certificates.ca.read_bytes())
    lines = [line.format(other=certificates.certificate("self-signed")) for line in lines]
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        result = WithSystemCertificates(project("prod", cloud, *lines), tmp_path).test_read()
    assert (result.status == 0) == requested


@contextmanager
def polled_with_cacert(certificates, path):
    """A daemon that polls a service over TLS, whose certificate the file at this path vouches for."""
    path.write_bytes(certificates.ca.read_bytes())
    with StandIn(PROJECT_ID, TOKEN, tls=certificates.server()) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        with Collectd(project("prod", cloud, f'CACert "{path}"', "Interval 1")) as daemon:
            daemon.wait_for_reads(1, "prod")
            yield cloud, daemon


def connect_anew(cloud, daemon, up: bool) -> None:
    """End the open connections, and wait for three cycles on others, of which the last has values or not."""
    cloud.listeners["drs"].drop()
    daemon.wait_for_new_reads(3, "prod")
    daemon.wait_until(lambda: daemon.reads("prod")[-1]["prod/bool-up"] == up, f"bool-up {up:d}")


def replace(path, certificates) -> None:
    """Another authority takes the place of the one in this file, in one step."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(certificates.ca.read_bytes())
    os.replace(fresh, path)


def test_a_replaced_cacert_is_trusted_at_once(certificates, tmp_path):
    """libcurl with OpenSSL keeps what it has read of a file; for 300 seconds, which we set."""
    other = Certificates(tmp_path / "other")
    with polled_with_cacert(certificates, tmp_path / "trusted.pem") as (cloud, daemon):
        connect_anew(cloud, daemon, up=True)
        replace(tmp_path / "trusted.pem", other)
        cloud.listeners["drs"].tls = other.server()
        connect_anew(cloud, daemon, up=True)


def test_a_withdrawn_authority_is_not_trusted(certificates, tmp_path):
    """Not through a TLS session that the server would resume either, for which it shows no certificate."""
    other = Certificates(tmp_path / "other")
    with polled_with_cacert(certificates, tmp_path / "trusted.pem") as (cloud, daemon):
        connect_anew(cloud, daemon, up=True)
        replace(tmp_path / "trusted.pem", other)
        connect_anew(cloud, daemon, up=False)
        requested = len(cloud.requests)
        connect_anew(cloud, daemon, up=False)
        assert len(cloud.requests) == requested


def test_a_client_certificate_is_sent_where_it_is_requested(certificates):
    server = certificates.server(wants_client=True)
    authority = f'CACert "{certificates.ca}"'
    mine = [f'ClientCert "{certificates.certificate("client")}"',
            f'ClientKey "{certificates.key("client")}"']
    assert is_reached(server, authority, *mine)
    assert not is_reached(server, authority)


def test_through_nginx_over_tls(cloud, certificates):
    with Nginx(cloud.port, certificates) as nginx:
        lines = [f'Endpoint "{nginx.endpoint}"', f'CACert "{certificates.ca}"']
        assert Collectd(project("prod", cloud, *lines)).test_read().status == 0
        assert [request["status"] for request in nginx.requests()] == [202]


def test_a_proxy_gets_the_whole_url():
    with StandIn(PROJECT_ID, TOKEN) as proxy:
        lines = ['Endpoint "http://drs.example.com"', f'Proxy "{proxy.endpoint}"']
        Collectd(project("prod", proxy, *lines)).test_read()
        path = f"/v3/{PROJECT_ID}/jobs/batch-progress"
        assert [request.target for request in proxy.requests] == [f"http://drs.example.com{path}"]
