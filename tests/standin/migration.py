# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Migrations that advance over time: a list of stages, and what DRS says at any second of it."""

import math
from dataclasses import dataclass, field

FOR_EVER = math.inf
# What each phase weighs in the percentage of the whole.
WEIGHTS = {"struct": 0.1, "data": 0.65, "index": 0.25}


@dataclass(frozen=True)
class Stage:
    """A while in which the status stays the same and at most one phase makes progress."""

    status: str
    seconds: float = FOR_EVER
    phase: str = ""  # the phase that advances meanwhile ...
    to: float = 100.0  # ... from where it stands to this percentage
    incremental: bool = False  # changes are replayed: there is a delay to report
    error: tuple[str, str] | None = None  # error_code and error_msg


@dataclass(frozen=True)
class Delay:
    """The delay of incremental replay: a backlog, worked off, then a wandering between bounds."""

    low: float = 1.0
    high: float = 12.0
    period: float = 40.0
    backlog: float = 0.0

    def at(self, seconds: float) -> float:
        turn = 2 * math.pi * seconds / self.period
        wander = (math.sin(turn - math.pi / 2) + 0.4 * math.sin(2.7 * turn)) / 1.4
        backlog = self.backlog * math.exp(-5 * seconds / self.period)
        return backlog + self.low + (self.high - self.low) * (wander + 1) / 2


def starting(seconds: float) -> list[Stage]:
    """The states before anything moves."""
    third = seconds / 3
    return [Stage("CREATING", third), Stage("CONFIGURATION", third), Stage("STARTJOBING", third)]


def full(struct: float, data: float, index: float) -> list[Stage]:
    """The three phases of the full transfer, each with its duration in seconds."""
    return [
        Stage("FULL_TRANSFER_STARTED", struct, phase="struct"),
        Stage("FULL_TRANSFER_STARTED", data, phase="data"),
        Stage("FULL_TRANSFER_STARTED", index, phase="index"),
    ]


def incremental(seconds: float = FOR_EVER) -> list[Stage]:
    """Replay of changes, for ever unless told otherwise."""
    return [Stage("INCRE_TRANSFER_STARTED", seconds, incremental=True)]


def released(seconds: float = 3.0) -> list[Stage]:
    """The orderly end."""
    return [Stage("RELEASE_RESOURCE_STARTED", seconds), Stage("RELEASE_RESOURCE_COMPLETE")]


def usual() -> list[Stage]:
    """A whole migration in about a minute, at speed 1."""
    complete = Stage("FULL_TRANSFER_COMPLETE", 3)
    return starting(4) + full(struct=8, data=26, index=12) + [complete] + incremental()


@dataclass
class Migration:
    """A task of DRS: stages in order, the last of which never ends."""

    stages: list[Stage] = field(default_factory=usual)
    mode: str = "FULL_INCR_TRANS"
    delay: Delay = field(default_factory=Delay)
    millis: bool = False  # report incre_trans_delay_millis too, as newer services do
    began: float | None = None  # on the migrations' clock; set when the stand-in gets it
    born: float = 0.0  # on the wall clock; likewise

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("a migration needs a stage")
        if any(stage.phase and stage.seconds == FOR_EVER for stage in self.stages):
            raise ValueError("a phase that advances needs its seconds")

    def at(self, seconds: float) -> dict:
        """The item for a time since the beginning; numbers are numbers, a phase's map an object."""
        place, inside, done, moved_at = self._locate(seconds)
        stage = self.stages[place]
        item = {
            "progress": self._total(done, stage),
            "incre_trans_delay": -1,
            "task_mode": self.mode,
            "transfer_status": stage.status,
            "process_time": 0 if moved_at is None else int(self.born + moved_at) * 1000,
            "remaining_time": self._remaining(place, inside),
        }
        if stage.incremental:
            delay = self.delay.at(inside)
            item["incre_trans_delay"] = int(delay)
            if self.millis:
                item["incre_trans_delay_millis"] = int(delay * 1000)
        if moved_at is not None:
            item["progress_map"] = self._phases(done, stage, inside)
        if stage.error:
            item["error_code"], item["error_msg"] = stage.error
        return item

    def _locate(self, seconds: float) -> tuple[int, float, dict[str, float], float | None]:
        """The stage's place, the time inside it, each phase's percentage, when the first moved."""
        done = {stage.phase: 0.0 for stage in self.stages if stage.phase}
        moved_at = None
        passed = 0.0
        for place, stage in enumerate(self.stages):
            inside = seconds - passed
            if moved_at is None and (stage.phase or stage.incremental):
                moved_at = passed
            if place == len(self.stages) - 1 or inside < stage.seconds:
                if stage.phase:
                    part = min(1.0, inside / stage.seconds)
                    done[stage.phase] += (stage.to - done[stage.phase]) * part
                return place, inside, done, moved_at
            if stage.phase:
                done[stage.phase] = stage.to
            passed += stage.seconds
        raise AssertionError("unreachable: the last stage never ends")

    @staticmethod
    def _total(done: dict[str, float], stage: Stage) -> int:
        if stage.incremental or not done:
            return 100 if stage.incremental else 0
        weight = {phase: WEIGHTS.get(phase, 0.3) for phase in done}
        return int(sum(done[phase] * weight[phase] for phase in done) / sum(weight.values()))

    def _remaining(self, place: int, inside: float) -> int:
        """Seconds of full transfer that are left."""
        current = self.stages[place]
        ahead = sum(stage.seconds for stage in self.stages[place + 1:] if stage.phase)
        return int(ahead + (max(0.0, current.seconds - inside) if current.phase else 0))

    @staticmethod
    def _phases(done: dict[str, float], stage: Stage, inside: float) -> dict:
        """The progress map; the time left is known for the phase that moves alone."""
        phases = {}
        for phase, percent in done.items():
            moving = phase == stage.phase
            left = max(0, int(stage.seconds - inside)) if moving else None
            phases[phase] = {"completed": int(percent), "remaining_time": left}
        return phases
