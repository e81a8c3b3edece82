# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""What documents give to be pasted, as it is but for the hosts and the folders.

Each configuration of examples/ and of the manual runs in `collectd -T`, each command of drs-check(8) in a shell.
"""

import os
import re
import shlex
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.blocks import JOB, OTHER_JOB, PROJECT_ID, TOKEN, project, write_secret
from support.installed_paths import CHECK, IN_TREE
from daemons import Collectd
from daemons.collectd import TOP
from standin import StandIn

FOLDER = "/etc/collectd/"
SECRET = "a secret for tests"
JOBS = {
    "huawei": {"prod": "discovered"},
    "otc": {"prod": "discovered"},
    "central": {"shop-eu-de": "discovered", "shop-eu-nl": "discovered", "bank": "in a file"},
    "shared": {"prod": "in a file"},
    "collectd-drs(5) SYNOPSIS 0": {"prod": "given"},
    "collectd-drs(5) EXAMPLES 0": {"prod": "discovered"},
    "collectd-drs(5) EXAMPLES 1": {"prod": "given", "archive": "given"},
}
# Which stands behind one of the others.
THRESHOLD = "collectd-drs(5) EXAMPLES 2"
BLOCK = re.compile(r'<Project "(?P<name>[^"]+)">.*?</Project>', re.DOTALL)


def value(option: str, block: str) -> str:
    """What a block gives for an option, or ""."""
    found = re.search(rf'^\s*{option}\s+"([^"]*)"', block, re.MULTILINE)
    return found[1] if found else ""


def stage(block: str, folder: Path, cloud: StandIn) -> str:
    """The block with the cloud's addresses and the files of a folder, and the cloud ready for it."""
    given = re.findall(r'\sJob\s+"([^"]+)"', block)
    for job in given or [f"8d0e8e36-a618-490d-8a46-8c61{len(block):05}jb02"]:
        cloud.jobs[job] = {"job_id": job, "progress": "1", "transfer_status": "CREATING"}
        cloud.drs.names[job] = f"orders-{cloud.port}"
    if value("AccessKey", block):
        cloud.keys.add(value("AccessKey", block), SECRET)
    if value("User", block):
        cloud.iam.add_user(value("User", block), SECRET, value("DomainName", block),
                           value("ProjectID", block))
    for option, path in re.findall(rf'(\w+)File\s+"{FOLDER}([^"]+)"', block):
        content = f"{job} of-the-file" if option == "Jobs" else TOKEN if option == "Token" else SECRET
        write_secret(folder / path, content)
    block = re.sub(r'(\sEndpoint\s+)"https://drs\.[^"]+"', rf'\1"{cloud.endpoint}"', block)
    block = re.sub(r'(IdentityEndpoint\s+)"https://iam\.[^"]+/v3"',
                   rf'\1"{cloud.identity_endpoint}"', block)
    block = re.sub(r"(Agency\s+true)", rf'\1\nMetadataEndpoint "{cloud.metadata_endpoint}"', block)
    return block.replace(FOLDER, f"{folder}/")


def displays(section: str, manual: str) -> list[str]:
    """What stands to be pasted in a section of a manual."""
    text = (TOP / "man" / manual).read_text()
    inside = text.partition(f".Sh {section}\n")[2].partition("\n.Sh ")[0]
    return [display.replace("\\e", "\\") for display in
            re.findall(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", inside, re.MULTILINE)]


def examples() -> dict[str, str]:
    """Each configuration, by the file or the section that has it."""
    files = {path.stem: path.read_text() for path in (TOP / "examples").iterdir()}
    return files | {f"collectd-drs(5) {section} {number}": text for section in ("SYNOPSIS", "EXAMPLES")
                    for number, text in enumerate(displays(section, "collectd-drs.5"))}


def test_each_example_is_tested():
    assert examples().keys() == {*JOBS, THRESHOLD}


def test_the_readme_shows_the_block_of_the_example():
    [shown] = re.findall(r"^    <Project(?:\n|.)*?</Project>$", (TOP / "README.md").read_text(), re.MULTILINE)
    given = examples()["otc"]
    assert re.sub(r"^ +", "", shown, flags=re.MULTILINE) in re.sub(r"^ +", "", given, flags=re.MULTILINE)


@pytest.mark.parametrize("example", JOBS)
def test_an_example_works_as_it_is(tmp_path, example):
    text = examples()[example]
    # collectd starts after the package's removal.
    assert "load.conf" in text and "LoadPlugin" not in text
    inside = text[text.index("<Plugin drs>\n") + len("<Plugin drs>\n"):text.index("</Plugin>")]
    with ExitStack() as stack:
        config, clouds = inside, {}
        more = examples()[THRESHOLD] if "EXAMPLES" in example else ""
        for found in BLOCK.finditer(inside):
            cloud = stack.enter_context(StandIn(value("ProjectID", found[0]), TOKEN))
            clouds[found["name"]] = cloud
            config = config.replace(found[0], stage(found[0], tmp_path, cloud))
        assert clouds.keys() == JOBS[example].keys()
        result = Collectd(config, stock=more).test_read()
        for name, cloud in clouds.items():
            assert cloud.problems() == []
            discovered = any(request.path.endswith("/jobs") for request in cloud.requests)
            assert discovered == (JOBS[example][name] == "discovered")
            assert cloud.requests[-1].jobs == list(cloud.jobs)
    assert result.status == 0
    logged = [line for line in result.lines if line.text.startswith("drs plugin: ")]
    assert {line.level for line in logged} == {"info"}, logged
    polled = [line.text for line in logged if "test read of" in line.text]
    assert sorted(re.findall(r"\d+ of \d+ jobs reported", "".join(polled))) == sorted(
        f"{len(cloud.jobs)} of {len(cloud.jobs)} jobs reported" for cloud in clouds.values())


@pytest.fixture
def shell(tmp_path):
    """Runs text as it was pasted, where drs-check looks at a project with two jobs."""
    with StandIn(PROJECT_ID, TOKEN) as cloud:
        cloud.jobs[JOB] = {"job_id": JOB, "progress": "100", "incre_trans_delay": "1",
                           "transfer_status": "INCRE_TRANSFER_STARTED"}
        cloud.jobs[OTHER_JOB] = {"job_id": OTHER_JOB, "progress": "55", "transfer_status": "PAUSING"}
        jobs = [f'Job "{JOB}" "orders-db"', f'Job "{OTHER_JOB}" "customers-db"']
        (tmp_path / "collectd.conf").write_text(
            'FQDNLookup false\nInterval 60\nTypesDB "/usr/share/collectd/types.db"\nLoadPlugin drs\n<Plugin drs>\n'
            + project("prod", cloud, *jobs, without=["Job"]) + "</Plugin>\n")
        command = [CHECK, "-C", tmp_path / "collectd.conf", *IN_TREE, "--state-dir", tmp_path / "state"]
        program = tmp_path / "drs-check"
        program.write_text(f"#!/bin/sh\nexec {shlex.join(map(str, command))} \"$@\"\n")
        program.chmod(0o755)

        def run(text: str) -> str:
            done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=False, timeout=120,
                                  env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
            assert done.stderr == ""
            return done.stdout
        run.cloud = cloud
        yield run


def test_the_commands_of_drs_check_work_as_pasted(shell):
    shown, nagios, failed, stages = displays("EXAMPLES", "drs-check.8")
    command, _, expected = shown.partition("\n")
    assert shell(command.removeprefix("# ")) == expected.replace("TLS: ok", "TLS: not used")
    assert shell(nagios.removeprefix("command_line /usr/sbin/")).startswith("DRS WARNING: 1 of 2 jobs: customers-db")
    shell.cloud.jobs[JOB]["transfer_status"] = "INCRE_TRANSFER_FAILED"
    del shell.cloud.jobs[OTHER_JOB]
    assert shell(failed.removeprefix("# ")) == f"{JOB}\n"
    assert shell(stages.removeprefix("# ")).startswith("jobs of prod: ")
