# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Each configuration of examples/, as it is but for the hosts and the folder, in `collectd -T`."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.blocks import write_secret
from daemons import Collectd
from daemons.collectd import TOP
from standin import StandIn

FOLDER = "/etc/collectd/"
SECRET = "a secret for tests"
JOBS = {
    "one-tenant": {"prod": "discovered"},
    "central": {"shop-eu-de": "discovered", "shop-eu-nl": "discovered", "bank": "in a file"},
    "shared": {"prod": "in a file"},
}
BLOCK = re.compile(r'<Project "(?P<name>[^"]+)">.*?</Project>', re.DOTALL)


def value(option: str, block: str) -> str:
    """What a block gives for an option, or ""."""
    found = re.search(rf'^\s*{option}\s+"([^"]*)"', block, re.MULTILINE)
    return found[1] if found else ""


def stage(block: str, folder: Path, cloud: StandIn) -> str:
    """The block with the cloud's addresses and the files of a folder, and the cloud ready for it."""
    job = f"8d0e8e36-a618-490d-8a46-8c61{len(block):05}jb02"
    cloud.jobs[job] = {"job_id": job, "progress": "1", "transfer_status": "CREATING"}
    cloud.drs.names[job] = f"orders-{cloud.port}"
    if value("AccessKey", block):
        cloud.keys.add(value("AccessKey", block), SECRET)
    if value("User", block):
        cloud.iam.add_user(value("User", block), SECRET, value("DomainName", block),
                           value("ProjectID", block))
    for path in re.findall(rf'File\s+"{FOLDER}([^"]+)"', block):
        write_secret(folder / path, f"{job} of-the-file" if path.endswith("-jobs") else SECRET)
    block = re.sub(r'(\sEndpoint\s+)"https://drs\.[^"]+"', rf'\1"{cloud.endpoint}"', block)
    block = re.sub(r'(IdentityEndpoint\s+)"https://iam\.[^"]+/v3"',
                   rf'\1"{cloud.identity_endpoint}"', block)
    block = re.sub(r"(Agency\s+true)", rf'\1\nMetadataEndpoint "{cloud.metadata_endpoint}"', block)
    return block.replace(FOLDER, f"{folder}/")


def test_each_example_is_tested():
    assert {path.stem for path in (TOP / "examples").iterdir()} == JOBS.keys()


@pytest.mark.parametrize("example", JOBS)
def test_an_example_works_as_it_is(tmp_path, example):
    text = (TOP / "examples" / f"{example}.conf").read_text()
    # collectd starts after the package's removal.
    assert "load.conf" in text and "LoadPlugin" not in text
    inside = text[text.index("<Plugin drs>\n") + len("<Plugin drs>\n"):text.index("</Plugin>")]
    with ExitStack() as stack:
        config, clouds = inside, {}
        for found in BLOCK.finditer(inside):
            cloud = stack.enter_context(StandIn(value("ProjectID", found[0])))
            clouds[found["name"]] = cloud
            config = config.replace(found[0], stage(found[0], tmp_path, cloud))
        assert clouds.keys() == JOBS[example].keys()
        result = Collectd(config).test_read()
        for name, cloud in clouds.items():
            assert cloud.problems() == []
            discovered = any(request.path.endswith("/jobs") for request in cloud.requests)
            assert discovered == (JOBS[example][name] == "discovered")
            assert cloud.requests[-1].jobs == list(cloud.jobs)
    assert result.status == 0
    logged = [line for line in result.lines if line.text.startswith("drs plugin: ")]
    assert {line.level for line in logged} == {"info"}, logged
    polled = [line.text for line in logged if "test read of" in line.text]
    assert len(polled) == len(clouds) and all("1 of 1 jobs reported" in text for text in polled)
