# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""A recording of the service's responses that can be handed on: their shape, and no text of theirs.

Keys, numbers, true, false, null and the order of all stay as they came. Every string is replaced, equal
ones by equal ones, unless the table below says by its path that it is a number, a time, a status, a code
or another word of a fixed set, and it has the form of one. A body is held in memory until it is whole, and
only what was made of it is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Union

from . import VERSION, Problem

Path_ = tuple[str, ...]  # of keys; "[]" for the items of an array

NUMBER = re.compile(r"-?\d{1,16}(\.\d{1,9})?%?|null|NA|N/A")
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,9})?Z?|\d{10}|\d{13}|0|null|NA")
STATUS = re.compile(r"[A-Z]{2,}(_[A-Z]+){0,6}")
CODE = re.compile(r"[A-Z]{2,6}\.[A-Z]?\d{3,8}")
WORD = re.compile(r"object_comparison|lines|contents|mysql(-to-[a-z]+)?|postgresql|migration|sync|cloudDataGuard"
                  r"|up|down|non-dbs|vpn|vpc|eip|DB|TABLE|VIEW|INDEX|ROUTINE|N/A|NA")
# The name of a log, which is replaced, and two numbers, which show how far apart positions are.
POSITION = re.compile(r"(.+)\.(\d{1,12}):(\d{1,18})")

# "*" is any one key. Paths of all calls: no two of them mean different things by one path.
KEPT = {
    NUMBER: ["results[].progress", "results[].incre_trans_delay", "results[].incre_trans_delay_millis",
             "results[].remaining_time",
             "results[].progress_map.*.completed", "results[].progress_map.*.remaining_time",
             "results[].progress_map[].completed", "results[].progress_map[].remaining_time",
             "results[].rpo_info.delay", "results[].rto_info.delay", "count", "total_record"],
    TIME: ["results[].process_time", "results[].rpo_info.time", "results[].rto_info.time", "results[].create_time",
           "results[].actual_start_time", "results[].full_transfer_complete_time", "results[].update_time",
           "jobs[].create_time", "jobs[].children[].create_time",
           "compare_task_list_results.compare_task_list[].create_time",
           "compare_task_list_results.compare_task_list[].end_time"],
    STATUS: ["results[].transfer_status", "results[].task_mode", "results[].status",
             "jobs[].status", "jobs[].task_type", "jobs[].children[].status", "jobs[].children[].task_type",
             "compare_task_list_results.compare_task_list[].compare_task_status",
             "object_level_compare_results.object_compare_overview[].object_compare_result",
             "line_compare_results.line_compare_overview[].line_compare_result",
             "content_compare_results.content_compare_overview[].content_compare_result"],
    CODE: ["error_code", "results[].error_code", "code", "error.code"],
    WORD: ["compare_task_list_results.compare_task_list[].compare_type", "jobs[].engine_type", "jobs[].net_type",
           "jobs[].db_use_type", "jobs[].job_direction", "jobs[].children[].engine_type", "jobs[].children[].net_type",
           "jobs[].children[].db_use_type", "jobs[].children[].job_direction",
           "object_level_compare_results.object_compare_overview[].object_type"],
    POSITION: ["results[].src_offset", "results[].node_offset", "results[].dst_offset",
               "results[].rpo_info.check_point", "results[].rto_info.check_point"],
}
# Below these keys numbers may be secrets or a user's data, too.
PRIVATE = {"source_endpoint", "target_endpoint", "kafka_security_config", "subscriptions", "content_compare_diffs"}
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
BOM = "\ufeff"

README = """\
What is here
============

drs-check {version} has recorded {count} responses of a Data Replication Service, one a file, in the order in
which they came; index.jsonl has a line for each: the call, the project, the HTTP status, and how the plugin
understood it. Requests are not recorded, nor are responses of the identity service.

Keys, numbers, true, false and null are as they came, and so is their order. Every string is replaced by a
made-up one (id-1, text-2), the same string by the same one throughout, unless it stands where the API has a
number, a time, a status, an error code or another word of a fixed set, and has the form of one. A response
that is not JSON has x for each letter and 0 for each digit.

Before you hand it on
=====================

1. Read the files: they are short, and `less *` shows them all. Look for names, addresses and ids of yours
   that stand in a key or in one of the fields above.
2. Look for texts that you know: grep -ri -e YOURCOMPANY -e YOURDATABASE .
3. What you do not like, delete or change: no file needs another.

What it is for
==============

The plugin was built from the published documentation and one recorded response. A recording shows what the
service really sends. Attach the folder to an issue, as a tar file. Whoever has the plugin's source turns it
into test cases with tests/replay DIRECTORY.
"""


class RawNumber(str):
    """A number, in the digits that it came in."""


class Pairs(list):
    """The members of an object, also those with the same key."""


Value = Union[Pairs, list, RawNumber, str, bool, None]


def parse(text: str) -> Value:
    return json.loads(text, object_pairs_hook=Pairs, parse_int=RawNumber, parse_float=RawNumber,
                      parse_constant=RawNumber)


def masked(text: str) -> str:
    """What is not JSON: the form of its lines."""
    return "".join("0" if one.isdigit() else one if one.isascii() and not one.isalpha() else "x" for one in text)


def matches(pattern: Path_, path: Path_) -> bool:
    return len(pattern) == len(path) and all(one in ("*", other) for one, other in zip(pattern, path))


def split(text: str) -> Path_:
    """ "results[].progress" as a path."""
    return tuple(part for part in text.replace("[]", ".[]").split(".") if part)


FORMS = [(form, split(path)) for form, paths in KEPT.items() for path in paths]


class Replacer:
    """Texts by what they are replaced with."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def text(self, text: str, path: Path_) -> str:
        """A string that stands at this path."""
        form = next((form for form, pattern in FORMS if matches(pattern, path)), None)
        found = form.fullmatch(text) if form is not None else None
        if text == "":
            return text
        if found is None:
            return self.name(text, "id" if path and path[-1].endswith("id") else "text")
        return f"{self.name(found[1], 'log')}.{found[2]}:{found[3]}" if form is POSITION else text

    def name(self, text: str, kind: str) -> str:
        return self._made.setdefault(text, f"{kind}-{len(self._made) + 1}")

    def key(self, key: str) -> str:
        return key if KEY.fullmatch(key) else self.name(key, "key")

    def write(self, value: Value, path: Path_ = (), private: bool = False) -> Iterator[str]:
        """The value as JSON, piece by piece."""
        if isinstance(value, Pairs):
            yield "{"
            for at, (key, member) in enumerate(value):
                yield f"{',' if at else ''}{json.dumps(self.key(key))}:"
                yield from self.write(member, (*path, key), private or key in PRIVATE)
            yield "}"
        elif isinstance(value, list):
            yield "["
            for at, item in enumerate(value):
                yield "," if at else ""
                yield from self.write(item, (*path, "[]"), private)
            yield "]"
        elif isinstance(value, RawNumber):
            yield "0" if private else value
        elif isinstance(value, str):
            yield json.dumps(self.name(value, "text") if private and value else self.text(value, path))
        else:
            yield json.dumps(value)

    def body(self, body: bytes) -> tuple[str, bool]:
        """What is written of a body, and whether it is JSON."""
        text = body.decode("utf-8", errors="replace")
        mark = BOM if text.startswith(BOM) else ""
        try:
            return mark + "".join(self.write(parse(text[len(mark):]))), True
        except (ValueError, RecursionError):
            return masked(text), False


class Recorder:
    """Makes files of the records `body` and `response`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bodies: dict[int, bytearray] = {}
        self._replacer = Replacer()
        self._index: list[str] = []
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise Problem(f"{folder} is not empty; a recording needs a folder of its own")
        except OSError as error:
            raise Problem(f"{folder}: {error.strerror}") from error

    def take(self, record: dict) -> None:
        if record["kind"] == "body":
            part = bytes(ord(char) & 0xFF for char in record["bytes"])
            self._bodies.setdefault(record["call"], bytearray()).extend(part)
        elif record["kind"] == "response":
            self._store(record, bytes(self._bodies.pop(record["call"], b"")))

    def _store(self, record: dict, body: bytes) -> None:
        number = len(self._index) + 1
        call = record["path"].strip("/") or "jobs"
        text, is_json = self._replacer.body(body)
        name = f"{number:04}-{call}.{'json' if is_json else 'txt'}"
        self._write(name, text)
        self._index.append(json.dumps({
            "file": name, "call": call, "project": self._replacer.name(record["project"], "project"),
            "status": record["status"], "class": record["class"], "error": record["error"]}))

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}") from error

    def finish(self) -> str:
        """What was done, in a line."""
        self._write("index.jsonl", "".join(f"{line}\n" for line in self._index))
        self._write("README", README.format(version=VERSION, count=len(self._index)))
        return f"{len(self._index)} responses are in {self._folder}; read its README before you hand it on"
