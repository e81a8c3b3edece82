# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The packages: built, installed, used, upgraded, removed and purged; collectd starts at each step."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from support.blocks import JOB, project
from daemons import HANG, Collectd, Smtp
from daemons.collectd import INTERVAL, MODULE_DIR, TOP
from support.requirements import need_package
from support.pipelines import body, fill_in

SAMPLE = Path("/etc/collectd/collectd.conf.d/drs.conf")
MODULE = Path("/usr/lib/collectd/drs.so")
LOAD = Path("/usr/share/collectd-drs/load.conf")
MONITORING = Path("/usr/share/collectd-drs/monitoring")
NOTIFY = Path("/usr/libexec/collectd-drs/drs-notify")
# Where a package may put something.
ROOTS = [Path("/etc"), Path("/usr/lib/collectd"), Path("/usr/libexec"), Path("/usr/sbin"),
         Path("/usr/share"), Path("/var/lib/collectd")]
# The pages for those who change the plugin, which are not installed.
OF_THE_SOURCES = {"ARCHITECTURE.md", "CONTRIBUTING.md", "packaging/ansible/README.md", "packaging/collectd/README.md",
                  "tests/releases/README.md"}
# What dpkg and mandb keep for themselves.
IGNORED = ("/etc/.pwd.lock",)

CONFIGURATION = """
FQDNLookup false
LoadPlugin csv
<Plugin csv>
  DataDir "{folder}"
</Plugin>
<Include "{included}">
  Filter "*.conf"
</Include>
"""


# What Debian's hardening-check has to say of each of our libraries.
HARDENING = ("Stack protected", "Fortify Source functions", "Read-only relocations", "Immediate binding")

# ./tests/run has run `make check` already.
BUILD = os.environ | {"DEB_BUILD_OPTIONS": "nocheck"}


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=BUILD,
                          check=False, timeout=20 * HANG)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def as_root(*command: object) -> str:
    return run(*([] if os.geteuid() == 0 else ["sudo"]), *command)


def files() -> set[str]:
    """Everything that is in the places where a package may put something."""
    return {str(path) for root in ROOTS for path in root.rglob("*")} - set(IGNORED)


@pytest.mark.parametrize("script", [
    ".ci/run", "tests/run", "tests/releases/run", "packaging/deb", "packaging/rpm", "bench/run"])
def test_help_says_what_a_script_is_and_runs_nothing(script, tmp_path):
    for tool in ("bash", "basename", "dirname", "sed"):
        (tmp_path / tool).symlink_to(Path("/usr/bin") / tool)
    done = subprocess.run(["/usr/bin/bash", TOP / script, "--help"], env={"PATH": str(tmp_path)}, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0 and not done.stderr and len(done.stdout.splitlines()) > 2


@pytest.mark.parametrize("library", ["src/.libs/drs.so", "tools/.libs/drs_check_observer.so"])
def test_a_build_without_options_is_hardened(library):
    need_package("devscripts")
    path = MODULE_DIR.parents[1] / library
    report = subprocess.run(["hardening-check", path], capture_output=True, text=True, check=False).stdout
    hardened = {row: "yes" in report.partition(f"{row}: ")[2].partition("\n")[0] for row in HARDENING}
    assert hardened == dict.fromkeys(HARDENING, True)
    # Nor may the stack be run.
    stack = re.findall(r"GNU_STACK.* ([RWE]+) +0x", run("readelf", "-lW", path))
    assert stack == ["RW"]


@pytest.fixture(scope="module")
def deb(tmp_path_factory) -> Path:
    """The Debian package; lintian has looked at it."""
    folder = tmp_path_factory.mktemp("deb")
    run(TOP / "packaging/deb", folder)
    [package] = folder.glob("collectd-drs_*.deb")
    return package


@pytest.fixture
def purged(deb):
    """A machine that has none of the package before the test and none of it after."""
    assert not MODULE.exists(), "the plugin is installed on this machine already"
    before = files()
    try:
        yield
    finally:
        as_root("dpkg", "--purge", "collectd-drs")
    assert files() - before <= {str(SAMPLE.parent)}


@pytest.fixture
def installed(purged, deb):
    """The package on this machine."""
    as_root("dpkg", "--install", deb)


def previous(deb: Path, folder: Path) -> Path:
    """The same package as of an earlier version."""
    package = folder / "previous.deb"
    run(TOP / "tests/releases/older-package", deb, package)
    return package


def configuration(folder: Path, included: Path = SAMPLE.parent) -> Path:
    """A collectd.conf that includes a folder, as Debian's does."""
    config = folder / "collectd.conf"
    config.write_text(CONFIGURATION.format(folder=folder / "csv", included=included))
    return config


def edit(sample: Path, blocks: str) -> None:
    """The edits that the sample's text describes: a block of one's own, and the line that includes."""
    text = re.sub(r"(?ms)^<Plugin drs>.*", f"<Plugin drs>\n{blocks}</Plugin>\n", sample.read_text())
    edited, count = re.subn(r"(?m)^#(?=Include)", "", text)
    assert count == 1
    sample.write_text(edited)


def requests_of_a_start(config: Path, cloud) -> int:
    """Start collectd for one read, which must succeed: the number of requests."""
    before = len(cloud.requests)
    run("/usr/sbin/collectd", "-T", "-C", config)
    return len(cloud.requests) - before


def test_collectd_starts_at_each_step_of_the_packages_life(purged, deb, cloud, tmp_path):
    config = configuration(tmp_path)
    as_root("dpkg", "--install", previous(deb, tmp_path))
    assert requests_of_a_start(config, cloud) == 0, "the sample is in use before it is edited"
    edit(SAMPLE, project("prod", cloud))
    edited = SAMPLE.read_text()
    assert requests_of_a_start(config, cloud) == 1
    # With a changed sample, and nobody there to answer.
    as_root("dpkg", "--install", deb)
    assert SAMPLE.read_text() == edited, "the configuration is kept"
    assert requests_of_a_start(config, cloud) == 1
    as_root("dpkg", "--remove", "collectd-drs")
    assert requests_of_a_start(config, cloud) == 0
    assert SAMPLE.read_text() == edited, "the configuration is kept"
    as_root("dpkg", "--install", deb)
    assert requests_of_a_start(config, cloud) == 1
    state = [Path(f"/var/tmp/drs-{program}-4294967293") for program in ("check", "notify")]
    for folder in state:
        folder.mkdir()
    as_root("dpkg", "--purge", "collectd-drs")
    assert not [path for path in (SAMPLE, *state) if path.exists()]
    SAMPLE.parent.mkdir(exist_ok=True)
    assert requests_of_a_start(config, cloud) == 0


def test_the_installed_files_are_as_they_are_to_be_used(installed):
    assert "man5/collectd-drs.5" in run("dpkg", "--listfiles", "collectd-drs")
    assert os.access(NOTIFY, os.X_OK) and os.access("/usr/sbin/drs-check", os.X_OK)
    for rules in ("check rules prometheus-alerts.yml", "test rules prometheus-alerts-test.yml"):
        run("sh", "-c", f"cd {MONITORING} && promtool {rules}")
    for store in ("graphite", "prometheus"):
        json.loads((MONITORING / f"grafana-{store}.json").read_text())


def test_the_installed_chain_calls_a_program(installed, cloud):
    # For the user of collectd's exec plugin, who is never root.
    with tempfile.TemporaryDirectory(prefix="drs-exec-") as name, Smtp() as smtp:
        folder = Path(name)
        folder.chmod(0o777)
        pager = folder / "pager"
        pager.write_text('#!/bin/sh\necho "$*" >> "${0%/*}/pages"\n')
        pager.chmod(0o755)
        chain = fill_in(body(MONITORING / "collectd-alerts.conf"), {
            "EXEC_USER": "nobody", "PAGER": pager,
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": smtp.port, "RECIPIENT": "oncall@example.org"})
        blocks = project("prod", cloud, f'Job "{JOB}" "orders-db"')
        plugin = f'Include "{LOAD}"\n<Plugin drs>\n{blocks}</Plugin>\n'
        cloud.jobs[JOB] |= {"transfer_status": "FULL_TRANSFER_FAILED"}
        with Collectd(stock=plugin + chain, interval=INTERVAL) as daemon:
            def paged() -> bool:
                pages = folder / "pages"
                return pages.exists() and "FULL_TRANSFER_FAILED" in pages.read_text()
            daemon.wait_until(paged, "a page")


def test_two_builds_in_two_folders_on_two_days_are_the_same_bytes():
    if not (TOP / ".git").exists() or shutil.which("git") is None:
        pytest.skip("it builds what git has committed")
    run(TOP / "tests/reproducible", "--quick")
    tree = TOP / "build/reproducible/two/deeper/tree"
    [tarball] = tree.glob("collectd-drs-*.tar.xz")
    materials = json.loads(run("tar", "-xOf", tarball, f"{tarball.name[:-7]}/collectd-drs.spdx.json"))
    names = {package["name"].replace("lib", "", 1) for package in materials["packages"]}
    linked = set(re.findall(r"NEEDED.*\[lib([a-z]+)", run("readelf", "-dW", tree / "src/.libs/drs.so")))
    assert linked - {"c", "m", "pthread"} <= names


def test_bootstrap_makes_the_same_files_however_fast_it_is(tmp_path):
    """autom4te takes a trace for current that is as old as aclocal.m4, in seconds: here aclocal.m4 is always older."""
    shutil.copytree(TOP / "packaging", tmp_path / "packaging")
    for name in ("Makefile.am", "bootstrap", "configure.ac"):
        shutil.copy(TOP / name, tmp_path)
    run("env", "ACLOCAL=sh -c 'aclocal \"$@\" && touch -cd 2000-01-01 aclocal.m4' aclocal", tmp_path / "bootstrap")
    deps = re.search(r"^am__aclocal_m4_deps =(.*\\\n)*.*", (tmp_path / "Makefile.in").read_text(), re.MULTILINE)
    assert "m4/libtool.m4" in deps.group()


def test_scanners_learn_of_each_known_vulnerability_of_a_library():
    known = json.loads((TOP / "packaging/collectd-drs.openvex.json").read_text())
    told = {statement["vulnerability"]["name"] for statement in known["statements"]}
    assert told == set(re.findall(r"CVE-\d+-\d+", (TOP / "configure.ac").read_text()))


def test_the_maintainer_is_set_in_one_place(tmp_path):
    someone = "Some Fleet <ops@fleet.invalid>"
    run("sh", "-c", f"cd {tmp_path} && {TOP}/configure --quiet --disable-tests --with-maintainer='{someone}'")
    for name in ("control", "changelog", "collectd-drs.spec"):
        text = (tmp_path / "packaging" / name).read_text()
        assert set(re.findall(r"<\S+@\S+>", text)) == {"<ops@fleet.invalid>"} and someone in text
    rejected = subprocess.run([TOP / "configure", "--with-maintainer=ops"], cwd=tmp_path, text=True,
                              capture_output=True, check=False)
    assert rejected.returncode != 0 and "NAME <ADDRESS>" in rejected.stderr


def dead_links(*pages: Path) -> set[str]:
    """The links of pages to files that are not there."""
    link = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
    return {to.removeprefix("../") for page in pages for to in link.findall(page.read_text())
            if not (page.parent / to).exists()}


def test_make_uninstall_leaves_a_collectd_that_starts(cloud, tmp_path):
    root = tmp_path / "root"
    make = ["make", "--silent", "-C", MODULE_DIR.parent.parent, f"DESTDIR={root}"]
    run(*make, "install")
    assert dead_links(*root.rglob("*.md")) <= OF_THE_SOURCES
    [sample] = root.rglob("collectd.conf.d/drs.conf")
    [load] = root.rglob("load.conf")
    [module] = root.rglob("drs.so")
    edit(sample, project("prod", cloud))
    sample.write_text(re.sub('Include "', f'PluginDir "{module.parent}"\nInclude "{root}', sample.read_text()))
    config = configuration(tmp_path, sample.parent)
    assert requests_of_a_start(config, cloud) == 1
    run(*make, "uninstall")
    assert requests_of_a_start(config, cloud) == 0
    assert [path for path in root.rglob("*") if path.is_file() or path.is_symlink()] == [sample]


def packaging_rpm(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([TOP / "packaging/rpm", *options], text=True, capture_output=True, env=BUILD, check=False)


def test_apropos_finds_the_manuals(tmp_path):
    run("make", "--silent", "-C", MODULE_DIR.parent.parent, f"DESTDIR={tmp_path}", "install")
    [manuals] = {path.parents[1] for path in tmp_path.rglob("collectd-drs.5")}
    here = ("env", f"MANPATH={manuals}", "LC_ALL=C")
    run(*here, "mandb", "--quiet", "--create", "--user-db", manuals)
    found = re.findall(r"^(\S+ \(\d\))", run(*here, "apropos", "migration"), re.MULTILINE)
    assert found == ["collectd-drs (5)", "drs-check (8)"]


def test_an_rpm_package_is_built_with_collectds_sources():
    # Where tests/releases/run looks for it.
    built = packaging_rpm("--with-yajl-source")
    if built.returncode == 3:
        built = packaging_rpm()
    assert built.returncode == 0, built.stdout + built.stderr
    [package] = (TOP / "build/rpm/RPMS").rglob("collectd-drs-[0-9]*.rpm")
    listed = run("rpm", "--query", "--list", "--package", package).split()
    assert {"/etc/collectd.d/drs.conf", str(LOAD), str(NOTIFY)} <= set(listed)
    assert any(path.endswith("/collectd/drs.so") for path in listed)
    assert any("man5/collectd-drs.5" in path for path in listed)
