# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
#
# The first steps of ./tests/run, ./demo/run and others, which source this file: install Debian
# packages, and build the module in build/. The caller sets `top`, the root of the tree. No function
# here relies on `set -e`, nor minds it.

build=$top/build
# Automake builds in one place at a time: a tree that is configured in place stays so.
build_in=$build
[[ ! -e $top/config.status ]] || build_in=$top
policy=/usr/sbin/policy-rc.d

# help_if_asked ARGUMENT...: with --help, print the comment at the head of the script, and end.
help_if_asked() {
    [[ ${1-} == -h || ${1-} == --help ]] || return 0
    sed -n '1,3d;4{/^#$/d};/^#/!q;s/^# \{0,1\}//p' "$0"
    exit 0
}

# with_dots LOG COMMAND...: run it with its output in the log. A dot every five seconds shows that it goes on.
with_dots() (
    log=$1 status=0
    shift
    exec {dots}> >(
        shown=
        while read -rt 5 || (($? > 128)); do
            printf . && shown=1
        done
        [[ -z $shown ]] || echo
    )
    printer=$!
    "$@" >>"$log" 2>&1 {dots}>&- || status=$?
    exec {dots}>&-
    wait "$printer"
    exit "$status"
)

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# section_lines SECTION...: the lines of these sections of tests/packages, without comments.
section_lines() {
    local line wanted=
    while read -r line; do
        case $line in
            '' | '#'*) ;;
            '['*) [[ " $* " == *" ${line//[][]/} "* ]] && wanted=1 || wanted= ;;
            *) [[ -z $wanted ]] || echo "$line" ;;
        esac
    done <"$top/tests/packages"
}

# missing_lines: those of stdin of which the machine has no package.
missing_lines() {
    local line states
    while read -r line; do
        # shellcheck disable=SC2086 # words are names
        states=$(dpkg-query -W -f '${db:Status-Status} ' ${line#'?'} 2>/dev/null || true)
        [[ " $states" == *" installed "* ]] || echo "$line"
    done
}

# first_available NAME...: the first package that apt can install. A name that is only provided by
# others, as after a renaming, has no candidate.
first_available() {
    local name
    for name; do
        if [[ $(apt-cache policy "$name") == *"Candidate: "[!\(]* ]]; then
            echo "$name"
            return
        fi
    done
    return 1
}

keep_services_down() {
    [[ ! -e $policy ]] || return 0
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
}

# A machine that runs this gets no new service, neither now nor at its next start.
install_packages() (
    services=$(ls /etc/init.d)
    keep_services_down &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
            --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" ||
        exit
    for service in $(comm -13 <(echo "$services") <(ls /etc/init.d)); do
        as_root update-rc.d "$service" disable
    done
)

# need_packages SECTION...: install what is missing of these sections. Exports DRS_LACKING: the
# packages that this release does not have, for which tests are skipped.
need_packages() {
    local lines line name packages=() unknown=() log=$build/packages.log
    export DRS_LACKING=
    mkdir -p "$build" || return
    mapfile -t lines < <(section_lines "$@" | sort -u | missing_lines)
    ((${#lines[@]} > 0)) || return 0
    : >"$log"
    with_dots "$log" as_root apt-get update -q -o DPkg::Lock::Timeout=300 ||
        echo "apt-get update failed; the packages known so far may do (see $log)" >&2
    for line in "${lines[@]}"; do
        # shellcheck disable=SC2086 # words are names
        if name=$(first_available ${line#'?'}); then
            packages+=("$name")
        elif [[ $line == '?'* ]]; then
            DRS_LACKING+="${line#'? '} "
        else
            unknown+=("$line")
        fi
    done
    if ((${#unknown[@]} > 0)); then
        echo "apt has none of these packages: ${unknown[*]}" >&2
        return 1
    fi
    ((${#packages[@]} > 0)) || return 0
    echo "installing ${packages[*]}"
    with_dots "$log" install_packages "${packages[@]}" && return
    cat "$log" >&2
    echo "these packages could not be installed: ${packages[*]}" >&2
    return 1
}

configure_tree() {
    [[ -x $top/configure ]] || (cd "$top" && ./bootstrap) || return
    mkdir -p "$build_in" && cd "$build_in" || return
    [[ -e config.status ]] || "$top/configure" --quiet --enable-werror
}

make_tree() {
    configure_tree && make --silent -j"$(nproc)"
}

build_module() {
    local log=$build/build.log
    echo "building in $(basename "$build_in")/"
    mkdir -p "$build" && : >"$log" || return
    with_dots "$log" make_tree && cd "$build_in" && return
    tail -n 20 "$log" >&2
    echo "the module could not be built; all of the log is in $log" >&2
    return 1
}

# run_pytest ARGUMENT...: the tests in real daemons, of the module in $build_in. Does not return.
run_pytest() {
    export DRS_MODULE_DIR=$build_in/src/.libs PYTHONPYCACHEPREFIX=$build/pycache PYTHONPATH=$top/tests:$top:$top/tools
    cd "$top/tests" || return
    exec /usr/bin/python3 -m pytest -o cache_dir="$build/pytest" \
        --numprocesses "${DRS_TEST_WORKERS-$(($(nproc) * 6))}" "$@"
}

# source_of PACKAGE: the tree of Debian's source package that this release has, in $build/PACKAGE-source,
# from the archives that apt knows and whether or not it has their sources listed.
source_of() (
    package=$1
    folder=$build/$package-source
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # apt that root runs verifies signatures as a user of its own, who cannot write to every machine's /tmp.
    options=(-q -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=-
        -o Dir::State::Lists="$folder/lists" -o APT::Sandbox::User=root)
    mkdir -p "$folder/lists/partial" && cd "$folder" || return
    trees=("$package"-*/)
    if [[ ! -d ${trees[0]} ]]; then
        # shellcheck disable=SC2016 # for apt
        apt-get indextargets 'Created-By: Packages' \
            --format "deb-src [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) main \$(ORIGIN)" |
            sed -n 's/ Debian$//p' | sort -u >sources.list
        # Not every mirror keeps the part with Debian's patches, which leave the headers of collectd's plugins alone.
        {
            apt-get "${options[@]}" update && {
                apt-get "${options[@]}" source "$package" || {
                    apt-get "${options[@]}" --tar-only source "$package" && mkdir "$package-0" &&
                        tar -xf "$package"_*.orig.tar.* --strip-components=1 -C "$package-0"
                }
            }
        } >log 2>&1 || {
            cat log >&2
            return 1
        }
        rm -rf lists
        trees=("$package"-*/)
    fi
    echo "$folder/${trees[0]%/}"
)
