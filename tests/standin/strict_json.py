# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Strict JSON: what a careful server accepts and nothing that Python's decoder adds to it."""

import json
from typing import Any


def decode(body: bytes) -> Any:
    """The document, or ValueError with what is wrong."""
    text = body.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("a byte order mark")
    try:
        document = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    # An escape such as \ud800 alone decodes, but is no character.
    json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a repeated key")
    return document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
