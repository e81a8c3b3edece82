# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""An item of batch-progress, member for member as the one recorded response has it.

`guesses` adds what the API's page describes and nobody has seen the service send: a time left that
counts down, and a process_time before the incremental phase.
"""

from .migration import Phase, State

NONE = "N/A"


def written(
    job_id: str, state: State, now: float, *, guesses: bool = False, as_array: bool = False
) -> dict:
    """The item of a job at a time of the wall clock."""
    rows, size = state.rates or (-1, -1)
    item = {
        "progress": str(int(state.percent)),
        "job_id": job_id,
        "incre_trans_delay": "-1" if state.delay is None else str(int(state.delay)),
        "incre_trans_delay_millis": "-1" if state.delay is None else str(int(state.delay * 1000)),
        "task_mode": state.mode,
        "transfer_status": state.status,
        "process_time": process_time(state, now, guesses),
        "remaining_time": str(int(state.left)) if guesses else "0",
    }
    if state.phases:
        phases = {name: one_phase(phase, guesses) for name, phase in state.phases.items()}
        item["progress_map"] = list(phases.values()) if as_array else phases
    item |= {"apply_rows_rate": rows, "apply_bytes_rate": size, **offsets(state)}
    if state.error:
        item["error_code"], item["error_msg"] = state.error
    return item


def process_time(state: State, now: float, guesses: bool) -> str:
    """Milliseconds since the epoch; "null", a string, where there is none."""
    if state.delay is None and not (guesses and state.began):
        return "null"
    return str(int((now - (state.delay or 0.0)) * 1000))


def one_phase(phase: Phase, guesses: bool) -> dict:
    left = None
    if guesses and phase.left is not None:
        left = str(int(max(0.0, phase.left)))
    return {"completed": f"{int(phase.percent)}%", "remaining_time": left}


def offsets(state: State) -> dict[str, str]:
    found = state.positions
    return {
        "node_offset": found.node if found else NONE,
        "dst_offset": found.destination or NONE if found else NONE,
        "src_offset": found.source if found else NONE,
    }


def as_numbers(item: dict) -> dict:
    """The same item with JSON numbers in place of strings that are numbers, as other APIs do."""
    def number(value):
        if isinstance(value, dict):
            return {name: number(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [number(inner) for inner in value]
        if isinstance(value, str) and value.removesuffix("%").removeprefix("-").isdecimal():
            return int(value.removesuffix("%"))
        return value
    return {name: value if name == "job_id" else number(value) for name, value in item.items()}
