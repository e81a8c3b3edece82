# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Throw-away certificates for tests, made with the openssl command in a folder given."""

import ssl
import subprocess
from pathlib import Path

RIGHT_NAME = "subjectAltName=IP:127.0.0.1,DNS:localhost"
WRONG_NAME = "subjectAltName=DNS:elsewhere.example.com"
# kind: name, start and end as openssl ca wants them (empty: from now for ten years)
SERVERS = {
    "good": (RIGHT_NAME, "", ""),
    "wrong-name": (WRONG_NAME, "", ""),
    "expired": (RIGHT_NAME, "20200101000000Z", "20210101000000Z"),
}
CA_CONFIGURATION = """\
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
[policy]
commonName = supplied
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
        self._make_self_signed("ca", self.ca, "basicConstraints=critical,CA:TRUE")
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("1000\n")
        configuration = CA_CONFIGURATION.format(folder=self.folder)
        (self.folder / "ca.conf").write_text(configuration)

    def _make_self_signed(self, kind: str, certificate: Path, extension: str) -> None:
        self._request(kind, certificate, extension, "-x509", "-days", "3650")

    def _make_signed(self, kind: str, extension: str, start: str, end: str) -> None:
        request = self.folder / f"{kind}.csr"
        self._request(kind, request, extension)
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", "3650"]
        openssl(
            "ca", "-batch", "-notext", "-config", self.folder / "ca.conf", *dates,
            "-cert", self.ca, "-keyfile", self.key("ca"),
            "-in", request, "-out", self.certificate(kind),
        )

    def _request(self, kind: str, out: Path, extension: str, *more: str) -> None:
        openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN=standin {kind}", "-addext", extension, *more,
            "-keyout", self.key(kind), "-out", out,
        )


def server_context(certificate: Path | str, key: Path | str) -> ssl.SSLContext:
    """TLS for a server, with HTTP/1.1 as the only protocol to negotiate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def openssl(*arguments: Path | str) -> None:
    """Runs openssl; on failure the error holds what it said."""
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed:\n{done.stderr}")
