# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Migrations that advance over time: a list of stages, and the state at any second of it.

The order of the states and their durations are those of the one recorded migration: CONFIGURATION,
STARTJOBING (over a minute), FULL_TRANSFER_STARTED, FULL_TRANSFER_COMPLETE, INCRE_TRANSFER_STARTED,
RELEASE_RESOURCE_COMPLETE. progress_item.py and rpo_and_rto_item.py write a state as DRS does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FOR_EVER = math.inf
# Weight of each phase in the percentage of the whole.
WEIGHTS = {"struct": 0.1, "data": 0.65, "index": 0.25}
# Bytes a second that the source writes to its log, and the size of one log file.
LOG_RATE = 40_000
LOG_FILE = 64 << 20
LOG_START = (1731, 544)


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
    unread: float = 0.25  # share of it that the node has not read from the source yet

    def at(self, seconds: float) -> float:
        turn = 2 * math.pi * seconds / self.period
        wander = (math.sin(turn - math.pi / 2) + 0.4 * math.sin(2.7 * turn)) / 1.4
        backlog = self.backlog * math.exp(-5 * seconds / self.period)
        return backlog + self.low + (self.high - self.low) * (wander + 1) / 2


@dataclass(frozen=True)
class Phase:
    """A phase of the full transfer."""

    percent: float
    left: float | None  # seconds; of the phase that advances alone


@dataclass(frozen=True)
class Positions:
    """Positions in the source's log: read at the source, held by the node, replayed."""

    source: str
    node: str
    destination: str | None = None  # nothing is replayed yet


@dataclass(frozen=True)
class State:
    """A migration at one moment. What is None does not exist then."""

    status: str
    mode: str
    percent: float
    left: float  # seconds of the full transfer
    began: bool  # the transfer, not the task
    phases: dict[str, Phase]
    delay: float | None = None  # seconds, from the source to the destination ...
    unread: float = 0.0  # ... and how many of them between the source and the node
    rates: tuple[int, int] | None = None  # rows and bytes a second, while rows flow
    positions: Positions | None = None
    error: tuple[str, str] | None = None
    moved: float | None = None  # seconds from the beginning until the transfer began ...
    copied: float | None = None  # ... and until the full copy was complete


def starting(seconds: float) -> list[Stage]:
    """The states before anything moves; most of the time goes to STARTJOBING."""
    return [Stage("CONFIGURATION", seconds / 6), Stage("STARTJOBING", seconds * 5 / 6)]


def full(struct: float, data: float, index: float) -> list[Stage]:
    """The three phases of the full transfer, each with its duration in seconds."""
    return [
        Stage("FULL_TRANSFER_STARTED", struct, phase="struct"),
        Stage("FULL_TRANSFER_STARTED", data, phase="data"),
        Stage("FULL_TRANSFER_STARTED", index, phase="index"),
    ]


def incremental(seconds: float = FOR_EVER) -> list[Stage]:
    """Replay of changes, for ever by default."""
    return [Stage("INCRE_TRANSFER_STARTED", seconds, incremental=True)]


def released() -> list[Stage]:
    """The orderly end."""
    return [Stage("RELEASE_RESOURCE_COMPLETE")]


def usual() -> list[Stage]:
    """A whole migration, in about the time that the recorded one took."""
    complete = Stage("FULL_TRANSFER_COMPLETE", 15)
    return starting(90) + full(struct=15, data=60, index=30) + [complete] + incremental()


@dataclass
class Migration:
    """A task of DRS: stages in order, the last of which never ends."""

    stages: list[Stage] = field(default_factory=usual)
    mode: str = "FULL_INCR_TRANS"
    delay: Delay = field(default_factory=Delay)
    rows: int = 9000  # rows a second of the full transfer
    began: float | None = None  # on the migrations' clock; set when the stand-in gets it
    born: float = 0.0  # on the wall clock; likewise

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("a migration needs a stage")
        if any(stage.phase and stage.seconds == FOR_EVER for stage in self.stages):
            raise ValueError("a phase that advances needs its seconds")

    def at(self, seconds: float) -> State:
        """The state at a time since the beginning."""
        place, inside, done, moved_at = self._locate(seconds)
        stage = self.stages[place]
        delay = self.delay.at(inside) if stage.incremental else None
        unread = (delay or 0.0) * self.delay.unread
        logged = 0.0 if moved_at is None or not stage.incremental else seconds - moved_at
        return State(
            status=stage.status, mode=self.mode, percent=self._total(done, stage),
            left=self._left(place, inside), began=moved_at is not None,
            phases={} if moved_at is None else self._phases(done, stage, inside),
            delay=delay, unread=unread, rates=self._rates(stage, inside, delay),
            positions=None if moved_at is None else positions(logged, unread, delay),
            error=stage.error, moved=moved_at, copied=self._copied(place),
        )

    def _copied(self, place: int) -> float | None:
        """When the last stage of the full transfer ended, if it did."""
        last = max((at for at, stage in enumerate(self.stages) if stage.phase), default=len(self.stages))
        return sum(stage.seconds for stage in self.stages[:last + 1]) if last < place else None

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
    def _total(done: dict[str, float], stage: Stage) -> float:
        if stage.incremental or not done:
            return 100.0 if stage.incremental else 0.0
        weight = {phase: WEIGHTS.get(phase, 0.3) for phase in done}
        return sum(done[phase] * weight[phase] for phase in done) / sum(weight.values())

    def _left(self, place: int, inside: float) -> float:
        current = self.stages[place]
        ahead = sum(stage.seconds for stage in self.stages[place + 1:] if stage.phase)
        return ahead + (max(0.0, current.seconds - inside) if current.phase else 0.0)

    @staticmethod
    def _phases(done: dict[str, float], stage: Stage, inside: float) -> dict[str, Phase]:
        return {
            phase: Phase(percent, stage.seconds - inside if phase == stage.phase else None)
            for phase, percent in done.items()
        }

    def _rates(self, stage: Stage, inside: float, delay: float | None) -> tuple[int, int] | None:
        """Rows flow while data are copied and while changes are replayed."""
        if stage.phase != "data" and delay is None:
            return None
        wave = 1 + 0.2 * math.sin(inside / 5) + 0.1 * math.sin(inside / 1.7)
        rows = self.rows * wave if delay is None else 400 * wave + 120 * delay
        return round(rows), round(rows * 180)


def position(seconds: float) -> str:
    """A place in the source's log, as MySQL writes it."""
    number, first = LOG_START
    files, offset = divmod(int(max(0.0, seconds) * LOG_RATE), LOG_FILE)
    return f"mysql-bin-changelog.{number + files:06}:{first + offset}"


def positions(logged: float, unread: float, delay: float | None) -> Positions:
    """The three positions, after so many seconds of the source's log."""
    destination = None if delay is None else position(logged - delay)
    return Positions(position(logged), position(logged - unread), destination)
