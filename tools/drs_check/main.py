# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""One run of drs-check, from the command line to the exit status."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import sys
from types import FrameType

from . import Problem, printable
from .accounts import Paused, Pauses, account_of
from .collectd import Run, plugin_folder
from .options import Options, read_options
from .record import Recorder
from .report import (
    LIST_WIDTH, Outcome, failures, say, show_configuration, show_json, show_list, show_nagios, show_project, show_rest)
from .results import Message, Project
from .stages import configuration_errors, status_of
from .view import Screen
from .watch import QUIET, Watch

NOT_TRIED, PAUSED = 2, 14
NAGIOS_UNKNOWN = 3
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal asks for the end."""


def end_at_signals() -> None:
    """The first one unwinds what was started; others do not disturb that."""
    def unwind(number: int, _frame: FrameType | None) -> None:
        for one in SIGNALS:
            signal.signal(one, lambda *_: None)  # Python complains of one that has come and is ignored by now
        raise Interrupted(number)
    for one in SIGNALS:
        signal.signal(one, unwind)


class Check:
    """A run of collectd with what is made of it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.pauses: Pauses | None = None
        self.run: Run
        self.shown: set[str] = set()  # projects whose section was printed
        self.recorder = Recorder(options.record) if options.record else None

    def approve(self) -> None:
        """The configuration is known, and nothing was sent yet."""
        found = {name: account_of(one) for name, one in self.run.results.accounts.items()}
        accounts = {name: account for name, account in found.items() if account is not None}
        self.pauses = Pauses(self.options.state_dir, accounts, self.options.timeout)
        self.pauses.note(self.options.force)

    @property
    def is_text(self) -> bool:
        options = self.options
        return not (options.json or options.list or options.nagios or options.watch is not None)

    def take(self, record: dict) -> None:
        """Results as they come."""
        if self.recorder:
            self.recorder.take(record)
        if record["kind"] != "project":
            return
        if self.pauses:
            self.pauses.settle(self.run.results.projects, final=False)
        name = record["project"]
        if self.is_text and name not in self.shown:
            self.shown.add(name)
            show_project(self.run.results.projects[name], self.run.results.accounts.get(name, {}))
            sys.stdout.flush()

    def poll_once(self) -> None:
        for record in self.run.records(self.options.timeout):
            self.take(record)

    def watch(self) -> None:
        with Screen(sys.stdout, full=True) as screen:
            watch = Watch(screen, self.options.watch or 0)
            for record in self.run.records(None, QUIET):
                if record is not None:
                    self.take(record)
                watch.take(self.run, record, lambda: failures(self.outcome()))

    def mark_unknown(self) -> None:
        """Projects whose outcome is not known: at the time limit, or as collectd was ended by something else."""
        results, status = self.run.results, self.run.status
        text = f"no result within {self.options.timeout:g} seconds" if status is None else "collectd ended before it"
        is_refused = status is not None and bool(self.outcome().errors)  # the configuration, by collectd
        for name in () if is_refused else results.accounts:
            project = results.projects.setdefault(name, Project(name))
            if not project.ended and not project.errors:
                project.messages.append(Message("late", text, True))
        if status is None:
            print(f"drs-check: collectd has not ended within {self.options.timeout:g} seconds; see --timeout",
                  file=sys.stderr)
        elif status < 0:
            print(f"drs-check: collectd was ended by {signal.Signals(-status).name}", file=sys.stderr)

    def outcome(self) -> Outcome:
        results, run = self.run.results, self.run
        errors, what_to_do = configuration_errors(results, run.own_errors(), bool(run.status))
        warnings = [*run.notes, *(one.text for one in results.general if not one.is_error)]
        code = 3 if errors else status_of(*results.projects.values())
        is_over = run.status is not None and run.status >= 0
        return Outcome(results, errors, what_to_do, warnings, code if is_over else NOT_TRIED)

    def report(self) -> int:
        outcome, options = self.outcome(), self.options
        if options.json:
            show_json(outcome)
        elif options.nagios:
            return show_nagios(outcome, options)
        elif options.list:
            show_list(outcome, shutil.get_terminal_size((LIST_WIDTH + 1, 0)).columns - 1)
        else:
            show_configuration(outcome)
            for name, project in outcome.results.projects.items():
                if name not in self.shown:
                    show_project(project, outcome.results.accounts.get(name, {}))
            show_rest(outcome)
        if self.recorder:
            say(self.recorder.finish())
        return outcome.exit_status

    def go(self) -> int:
        with plugin_folder() as folder:
            self.run = Run(self.options, folder, self.approve)
            try:
                if self.options.watch is None:
                    self.poll_once()
                else:
                    self.watch()
            finally:
                if self.recorder and self.options.watch is not None:
                    self.recorder.finish()  # a signal ends it
                self.run.close()
                if self.pauses:
                    self.pauses.settle(self.run.results.projects, final=True)
        self.mark_unknown()
        return self.report()


def configured(options: Options) -> None:
    """The file can be read at all, and without waiting for whoever writes a FIFO."""
    try:
        if not stat.S_ISREG(options.configuration.stat().st_mode):
            raise Problem(f"{options.configuration}: not a regular file")
        options.configuration.open("rb").close()
    except (OSError, ValueError) as error:
        raise Problem(f"{options.configuration}: {getattr(error, 'strerror', error)}") from error


def run(options: Options) -> int:
    """The exit status; what cannot be tried is a line."""
    try:
        configured(options)
        return Check(options).go()
    except Paused as paused:
        texts = [f'project "{name}": its user or access key was rejected a short time ago, or its last try was cut '
                 f"off. So that it is not locked, it is tried again in {seconds} seconds, or when the file of its "
                 "secret is replaced. After correcting the secret in the configuration itself, run drs-check --force"
                 for name, seconds in paused.waiting.items()]
        code = PAUSED
    except (Problem, OSError) as problem:
        if isinstance(problem, OSError) and problem.filename is None:
            raise  # of the output
        texts, code = [f"drs-check: {problem}"], NOT_TRIED
    for text in texts:
        print(printable(text), file=sys.stderr)
    if options.nagios:
        print(printable(f"DRS UNKNOWN: {texts[0]}"))
        return NAGIOS_UNKNOWN
    return code


def open_closed_streams() -> None:
    """What the caller has closed leads nowhere, and no file gets its number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))


def main() -> int:
    end_at_signals()
    open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    try:
        code = run(read_options())
        sys.stdout.flush()
        return code
    except Problem as problem:
        print(f"drs-check: {printable(str(problem))}", file=sys.stderr)
        return NOT_TRIED
    except Interrupted as interrupted:
        return leave(128 + interrupted.args[0])
    except OSError as error:  # the output is full, or nobody reads it
        with contextlib.suppress(OSError):
            print(f"drs-check: the output: {error.strerror}", file=sys.stderr)
        return leave(NOT_TRIED)


def leave(code: int) -> int:
    """What was not written yet is not wanted."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
