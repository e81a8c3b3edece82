# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Throw-away certificates for tests, made with the openssl command in a folder given."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterable
from pathlib import Path

RIGHT_NAME = "subjectAltName=IP:127.0.0.1,DNS:localhost"
WRONG_NAME = "subjectAltName=DNS:elsewhere.example.com"
# kind: name, start and end as openssl ca wants them (empty: from now for ten years)
SERVERS = {
    "good": (RIGHT_NAME, "", ""),
    "wrong-name": (WRONG_NAME, "", ""),
    "expired": (RIGHT_NAME, "20200101000000Z", "20210101000000Z"),
}
# Python 3.13 and later trust only a CA that is marked as one, and certificates that name their issuer's key.
CA_EXTENSIONS = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
                 "subjectKeyIdentifier=hash")
# In place of the machine's openssl.cnf, whose defaults depend on the release.
CONFIGURATION = """\
[req]
distinguished_name = name
[name]
[ca]
default_ca = standin
[standin]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
unique_subject = no
default_md = sha256
policy = policy
copy_extensions = copy
x509_extensions = issuer
[policy]
commonName = supplied
[issuer]
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
"""


class Certificates:
    """A CA (`ca`, a path for CACert) and what it signed.

    For each kind of SERVERS, for "self-signed" and for "client" there are `certificate(kind)` and
    `key(kind)`; `server(kind)` is the context for StandIn(tls=...).
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = self.folder / "ca.pem"
        self.configuration = self.folder / "openssl.conf"
        self.configuration.write_text(CONFIGURATION.format(folder=self.folder))
        self._make_ca()
        for kind, (name, start, end) in SERVERS.items():
            self._make_signed(kind, name, start, end)
        self._make_signed("client", "extendedKeyUsage=clientAuth", "", "")
        self._make_self_signed("self-signed", self.certificate("self-signed"), RIGHT_NAME)

    def certificate(self, kind: str) -> Path:
        return self.folder / f"{kind}.pem"

    def key(self, kind: str) -> Path:
        return self.folder / f"{kind}.key"

    def server(self, kind: str = "good", wants_client: bool = False) -> ssl.SSLContext:
        """What a server shows; with `wants_client` it insists on the client's certificate."""
        context = server_context(self.certificate(kind), self.key(kind))
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca)
        return context

    def _make_ca(self) -> None:
        self._make_self_signed("ca", self.ca, *CA_EXTENSIONS)
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("1000\n")

    def _make_self_signed(self, kind: str, certificate: Path, *extensions: str) -> None:
        self._request(kind, certificate, extensions, "-x509", "-days", "3650")

    def _make_signed(self, kind: str, extension: str, start: str, end: str) -> None:
        request = self.folder / f"{kind}.csr"
        self._request(kind, request, [extension])
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", "3650"]
        openssl(
            "ca", "-batch", "-notext", "-config", self.configuration, *dates,
            "-cert", self.ca, "-keyfile", self.key("ca"),
            "-in", request, "-out", self.certificate(kind),
        )

    def _request(self, kind: str, out: Path, extensions: Iterable[str], *more: str) -> None:
        added = [word for extension in extensions for word in ("-addext", extension)]
        openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-config", self.configuration, "-subj", f"/CN=standin {kind}", *added, *more,
            "-keyout", self.key(kind), "-out", out,
        )


def server_context(certificate: Path | str, key: Path | str) -> ssl.SSLContext:
    """TLS for a server, with HTTP/1.1 as the only protocol to negotiate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def openssl(*arguments: Path | str) -> None:
    """Runs openssl; on failure the error holds its output."""
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed:\n{done.stderr}")
