# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What the demo watches: the stand-in's migrations, or a real service named in the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from standin import scenario

NAMES = {
    scenario.WHOLE: "orders",
    scenario.LOADING: "customers",
    scenario.REPLAYING: "archive",
    scenario.PAUSED: "ledger",
    scenario.FAILING: "invoices",
}
# Seconds of the stand-in's migrations that are worth seeing: one goes from its start, which takes
# over a minute, through its full copy to ten minutes in which it can be cut over.
STORY = 1200.0
# A demo of fewer seconds sees its beginning: the programs take some to start.
WHOLE_STORY_FROM = 15
# A user of a real service need not have the rights for them.
FURTHER_CALLS = """  Details true
  Comparisons true
  DiscoverInterval {interval}
  Timeout 60000
"""
REAL = ("DRS_ENDPOINT", "DRS_PROJECT_ID", "DRS_TOKEN", "DRS_JOBS")


class BadSetting(Exception):
    """What is wrong with the environment, in a line."""


@dataclass(frozen=True)
class Settings:
    """The service, the jobs, the interval and the duration."""

    seconds: float
    interval: int  # of collectd's clock
    jobs: dict[str, str]  # id to name
    endpoint: str = ""  # empty: the stand-in's, which is started
    fast_clock: bool = False  # collectd's runs as fast as the stand-in's, so the plugin counts the same seconds
    project_id: str = "054ba152d480d55b2f5dc0069e7ddef0"
    token: str = "a token that the stand-in knows"

    @property
    def real(self) -> bool:
        return bool(self.endpoint)

    @property
    def speed(self) -> float:
        """How fast the stand-in's time passes, so that all of the story is seen."""
        return STORY / max(self.seconds, WHOLE_STORY_FROM)

    @property
    def behind(self) -> int:
        """Seconds by which a fast clock is behind at the start, so that the demo ends now."""
        return round((self.speed - 1) * self.seconds) if self.fast_clock else 0

    def options(self, endpoint: str, token_file: str) -> str:
        """The inside of <Plugin drs>."""
        jobs = "\n".join(f'  Job "{job}" "{name}"' for job, name in self.jobs.items())
        return f"""
<Project "demo-project">
  Endpoint "{endpoint}"
  ProjectID "{self.project_id}"
  TokenFile "{token_file}"
  RPOAndRTO true
{"" if self.real else FURTHER_CALLS.format(interval=5 * self.interval)}{jobs}
</Project>"""


def parse_jobs(text: str) -> dict[str, str]:
    """ "ID ID=NAME ..." as ids and names; an id without a name is its own."""
    pairs = (word.partition("=") for word in text.split())
    return {job: name or job for job, _, name in pairs}


def read_number(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise BadSetting(f"{name} is {text!r}, but has to be a whole number from {least} on")
    return int(text)


def read_settings(environment: Mapping[str, str] = os.environ, fast_clock: bool = False) -> Settings:
    """The stand-in's settings, unless the four variables of a real service are there."""
    given = {name: environment.get(name, "").strip() for name in REAL}
    if not any(given.values()):
        seconds = read_number(environment, "DEMO_SECONDS", 30, 5)
        settings = Settings(seconds, 1, NAMES, fast_clock=fast_clock)
        return replace(settings, interval=max(1, round(settings.speed))) if fast_clock else settings
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise BadSetting(f"a real service needs {', '.join(missing)} in the environment as well")
    for name, value in given.items():
        if any(char in value for char in '"\\') or not value.isprintable():
            raise BadSetting(f"{name} has a character that cannot stand in collectd's configuration")
    return Settings(
        seconds=read_number(environment, "DEMO_SECONDS", 120, 5),
        interval=read_number(environment, "DRS_INTERVAL", 5, 1),
        jobs=parse_jobs(given["DRS_JOBS"]), endpoint=given["DRS_ENDPOINT"],
        project_id=given["DRS_PROJECT_ID"], token=given["DRS_TOKEN"])
