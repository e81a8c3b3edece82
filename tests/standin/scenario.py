# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What jobs there are when the stand-in runs as a program: the demo's, or those of a file."""

import json
from pathlib import Path

from .drs import JobTable
from .migration import Delay, Migration, Stage, full, incremental, released, starting, usual

WHOLE = "11111111-aaaa-4aaa-8aaa-11111111jb01"
LOADING = "44444444-dddd-4ddd-8ddd-44444444jb04"
REPLAYING = "22222222-bbbb-4bbb-8bbb-22222222jb02"
PAUSED = "55555555-eeee-4eee-8eee-55555555jb05"
FAILING = "33333333-cccc-4ccc-8ccc-3333333jb03x"
FAILURE = ("DRS.M05016", "The connection to the source database is lost.")


def demo() -> dict[str, Migration]:
    """One from end to end, one long in its data, one that replays, one paused, one that fails: twenty minutes."""
    loading = full(struct=40, data=640, index=160) + [Stage("FULL_TRANSFER_COMPLETE", 40)] + incremental()
    paused = [
        *starting(30),
        Stage("FULL_TRANSFER_STARTED", 80, phase="struct"),
        Stage("FULL_TRANSFER_STARTED", 280, phase="data", to=55),
        Stage("PAUSING"),
    ]
    failing = [
        *starting(60),
        Stage("FULL_TRANSFER_STARTED", 100, phase="struct"),
        Stage("FULL_TRANSFER_STARTED", 460, phase="data", to=65),
        Stage("FULL_TRANSFER_FAILED", error=FAILURE),
    ]
    return {
        # The backlog is read and waits for its replay: RTO is high. Then it can be cut over.
        WHOLE: Migration(usual(), delay=Delay(low=0.2, high=2, period=240, backlog=90, unread=0.1)),
        LOADING: Migration(loading, rows=4000),
        # The way from the source is the slow part: RPO is high.
        REPLAYING: Migration(incremental(), mode="INCR_TRANS",
                             delay=Delay(low=1, high=25, period=400, unread=0.7)),
        PAUSED: Migration(paused, rows=7000),
        FAILING: Migration(failing, mode="FULL_TRANS", rows=6000),
    }


def migration(plan: dict) -> Migration:
    """A migration from a file's object: seconds for starting, struct, data, index, incremental."""
    plan = dict(plan)
    stages = starting(plan.pop("starting", 4))
    stages += full(plan.pop("struct", 8), plan.pop("data", 26), plan.pop("index", 12))
    stages.append(Stage("FULL_TRANSFER_COMPLETE", 3))
    if "incremental" in plan:
        stages += incremental(plan.pop("incremental")) + released()
    else:
        stages += incremental()
    mode = plan.pop("mode", "FULL_INCR_TRANS")
    delay = Delay(**plan.pop("delay", {}))
    if plan:
        raise ValueError(f"a migration has no {', '.join(plan)}")
    return Migration(stages, mode=mode, delay=delay)


def load(name: str, jobs: JobTable) -> None:
    """Fills the table from `demo` or from a file:
    {"jobs": {ID: literal item}, "migrations": {ID: {"struct": 5, ...}}}
    """
    if name == "demo":
        jobs.update(demo())
        return
    scenario = json.loads(Path(name).read_text(encoding="utf-8"))
    unknown = set(scenario) - {"jobs", "migrations"}
    if unknown:
        raise ValueError(f"a scenario has no {', '.join(sorted(unknown))}")
    jobs.update(scenario.get("jobs", {}))
    jobs.update({job: migration(plan) for job, plan in scenario.get("migrations", {}).items()})
