# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The table of drs-check on a terminal of 80 columns, with the migrations of the demo; the README shows it.

The picture is left in build/watch.png, to be looked at.
"""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios

from daemons.collectd import TOP
from PIL import Image, ImageDraw, ImageFont
from standin import StandIn
from standin.scenario import demo
from support.blocks import PROJECT_ID, TOKEN, project
from support.installed_paths import CHECK, IN_TREE

PICTURE = TOP / "build/watch.png"
ROWS, COLUMNS = 24, 80
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
BACKGROUND, FOREGROUND = "#1b1f24", "#d0d7de"
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#f2cc60", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea"}
# 660 seconds of the demo: one has failed, one is paused, and one has come to its incremental phase.
LATER = 660
# The job whose full copy goes on has an estimate of its end.
ESTIMATED = r"customers-db .*copying \w+\s+\d+\s+[\d.]+[smh]\s"
NAMES = ["orders-db", "customers-db", "ledger", "archive", "sessions"]


def without_codes(text: str) -> str:
    """The text without what moves the cursor and colours."""
    return re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", text)


def screen_of(command: list[str], wanted: str) -> str:
    """The screen that a program draws on a terminal of its own, once it has what is wanted; then Ctrl-C ends it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = os.environ | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        text, screens = b"", [""]
        while not re.search(wanted, without_codes(screens[-1])):
            text += os.read(ours, 1 << 16)
            # Each begins in the upper left corner and ends with clearing the rest.
            screens = [""] + re.findall(r"\033\[H(.*?)\033\[J", text.decode(errors="replace"), re.DOTALL)
        process.send_signal(signal.SIGINT)
    os.close(ours)
    return screens[-1].replace("\r\n", "\n")


def draw(text: str) -> Image.Image:
    """The text with its colours."""
    font = ImageFont.truetype(FONT, 16)
    left, top, right, bottom = font.getbbox("M")
    width, height = right - left, round(1.35 * (bottom - top)) + 6
    lines = text.splitlines()
    picture = Image.new("RGB", (COLUMNS * width + 24, len(lines) * height + 24), BACKGROUND)
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        column, colour = 0, FOREGROUND
        for part in re.split(r"(\033\[[0-9;]*[A-Za-z])", line):
            if code := re.fullmatch(r"\033\[(\d*)m", part):
                colour = COLOURS.get(code[1], FOREGROUND)
            elif not part.startswith("\033"):
                pen.text((12 + column * width, 12 + number * height), part, colour, font)
                column += len(part)
    return picture


def test_the_list_fits_a_terminal_and_has_its_colours(tmp_path):
    with StandIn(project_id=PROJECT_ID, token=TOKEN, speed=5) as cloud:
        cloud.jobs.update(demo())
        cloud.time_passes.advance(LATER)
        jobs = [f'Job "{job}" "{name}"' for job, name in zip(cloud.jobs, NAMES)]
        configuration = tmp_path / "collectd.conf"
        configuration.write_text(
            'FQDNLookup false\nTypesDB "/usr/share/collectd/types.db"\nLoadPlugin drs\n<Plugin drs>\n'
            + project("prod", cloud, *jobs, "Interval 60", "RPOAndRTO true", without=["Job"]) + "</Plugin>\n")
        text = screen_of([CHECK, "-C", configuration, *IN_TREE, "--state-dir", tmp_path, "--watch", "1"], ESTIMATED)
    print(text)
    plain = without_codes(text)
    assert {len(line) > COLUMNS for line in plain.splitlines()} == {False}
    assert all(name in plain for name in NAMES)
    assert "\033[31m" in text and "\033[33m" in text
    PICTURE.parent.mkdir(exist_ok=True)
    draw(text).save(PICTURE)
