# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The stand-in over TLS: its certificates, and what goes wrong around the handshake."""

import socket
import ssl
import subprocess

import pytest

from daemons import HANG, wait_until
from standin import StandIn
from standin.conftest import JOB, PROJECT, TOKEN, progress


def trusting(certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates.ca)


def test_tls_with_a_good_certificate(certificates):
    with StandIn(PROJECT, TOKEN, tls=certificates.server()) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        assert progress(cloud, tls=trusting(certificates)).status == 202
        assert cloud.listeners["drs"].handshakes == 1


@pytest.mark.parametrize(
    "kind, reason",
    [("wrong-name", "mismatch"), ("expired", "expired"), ("self-signed", "self.signed")],
)
def test_tls_with_a_bad_certificate(certificates, kind, reason):
    with StandIn(PROJECT, TOKEN, tls=certificates.server(kind)) as cloud:
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            progress(cloud, tls=trusting(certificates))


def test_tls_with_a_client_certificate(certificates):
    with StandIn(PROJECT, TOKEN, tls=certificates.server(wants_client=True)) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        context = trusting(certificates)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            progress(cloud, tls=context)
        context.load_cert_chain(certificates.certificate("client"), certificates.key("client"))
        assert progress(cloud, tls=context).status == 202


def test_certificates_verify_with_openssl(certificates):
    for kind, expected in {"good": 0, "client": 0, "expired": 2, "self-signed": 2}.items():
        command = ["openssl", "verify", "-CAfile", certificates.ca, certificates.certificate(kind)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == expected


@pytest.mark.parametrize(
    "name, error", [("tls-cut", (ssl.SSLError, ConnectionError)), ("tls-plain", ssl.SSLError),
                    ("silent", socket.timeout)],
)
def test_tls_faults(certificates, name, error):
    with StandIn(PROJECT, TOKEN, tls=certificates.server()) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB}
        cloud.inject(name, times=1)
        with pytest.raises(error):
            progress(cloud, tls=trusting(certificates), timeout=0.5)
        assert progress(cloud, tls=trusting(certificates)).status == 202


def test_a_client_that_never_ends_its_handshake_holds_nothing_up(certificates):
    with StandIn(PROJECT, TOKEN, tls=certificates.server()) as cloud:
        client = socket.create_connection(("127.0.0.1", cloud.port))
        wait_until(lambda: cloud.listeners["drs"].accepted, HANG, "the connection")
    client.close()
