# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
# What ./tests/run and ./demo/run begin with, and source: Debian packages, and the module in build/.
# They set `top`, the root of the tree. No function here relies on `set -e`.

build=$top/build
build_in=$build
policy=/usr/sbin/policy-rc.d

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# missing_packages SECTION...: what these sections of tests/packages name and the machine lacks.
missing_packages() {
    local choices states wanted=
    while read -r -a choices; do
        case ${choices[0]-#} in
            '#'*) continue ;;
            '['*) [[ " $* " == *" ${choices[0]//[][]/} "* ]] && wanted=1 || wanted= ;;
            *)
                [[ -n $wanted ]] || continue
                states=$(dpkg-query -W -f '${db:Status-Status} ' "${choices[@]}" 2>/dev/null)
                [[ " $states" == *" installed "* ]] || echo "${choices[0]}"
                ;;
        esac
    done <"$top/tests/packages"
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
        as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
            --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" ||
        exit
    for service in $(comm -13 <(echo "$services") <(ls /etc/init.d)); do
        as_root update-rc.d "$service" disable
    done
)

# need_packages SECTION...: install what is missing of these sections.
need_packages() {
    local missing packages log=$build/packages.log
    mkdir -p "$build" || return
    missing=$(missing_packages "$@")
    [[ -n $missing ]] || return 0
    mapfile -t packages <<<"$missing"
    echo "installing ${packages[*]}"
    install_packages "${packages[@]}" >"$log" 2>&1 && return
    cat "$log" >&2
    echo "these packages could not be installed: ${packages[*]}" >&2
    return 1
}

# Automake builds in one place at a time: a tree that is configured in place stays so.
configure_tree() {
    [[ ! -e $top/config.status ]] || build_in=$top
    [[ -x $top/configure ]] || (cd "$top" && ./bootstrap) || return
    cd "$build_in" || return
    [[ -e config.status ]] || "$top/configure" --quiet --enable-werror
}

build_module() {
    configure_tree && make --silent -j"$(nproc)"
}
