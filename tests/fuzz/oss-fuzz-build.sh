#!/bin/bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
#
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want them: with $CC, $CFLAGS and
# $LIB_FUZZING_ENGINE, into $OUT, each with its corpus, its dictionary and the libraries that a bare
# machine lacks. Elsewhere it takes clang's own libFuzzer:
#
#     OUT=/tmp/fuzzers tests/fuzz/oss-fuzz-build.sh
#
# The packages are those of the sections build and fuzz of tests/packages, and zip. The target `config`
# is left out, because it needs collectd's sources.
# shellcheck disable=SC2013,SC2086 # flags and names are words
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
out=${OUT:?where the targets go}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
engine=${LIB_FUZZING_ENGINE:--fsanitize=fuzzer}
read -r -a flags <<<"${CFLAGS:--O1 -g -fsanitize=fuzzer-no-link,address,undefined} -std=gnu11 -D_GNU_SOURCE \
    -DHAVE_CONFIG_H -DDRS_VERSION=\"fuzz\" -iquote $top/src -iquote $top/tests/unit \
    -isystem ${COLLECTD_HEADERS:-/usr/include/collectd} $(pkg-config --cflags libcurl yajl nettle)"
read -r -a libraries <<<"$(pkg-config --libs libcurl yajl nettle) -lcmocka -lpthread -lm -ldl"
declare -A dictionaries=([http]=header [response_header]=header [config_parsers]=config)

mkdir -p "$out/lib"
for source in "$top"/src/{api,auth,base,net,poll}/*.c; do
    object=${source#"$top/src/"}
    "${CC:-clang}" "${flags[@]}" -c "$source" -o "$work/${object//\//-}.o"
done
ar rcs "$work/core.a" "$work"/*.o
for source in "$top"/tests/fuzz/fuzz_*.c; do
    target=$(basename "$source" .c)
    name=${target#fuzz_}
    [[ $name != config ]] || continue
    objects=()
    # As the Makefile has them for the replay.
    for file in $(sed -n "s/^tests_fuzz_replay_${name}_SOURCES = //p" "$top/Makefile.am"); do
        [[ $file == *.c ]] || continue
        objects+=("$work/$name-$(basename "$file").o")
        "${CC:-clang}" "${flags[@]}" -c "$top/$file" -o "${objects[-1]}"
    done
    "${CXX:-${CC:-clang}}" ${CXXFLAGS:-${CFLAGS:--fsanitize=address,undefined}} "${objects[@]}" "$work/core.a" \
        $engine "${libraries[@]}" -Wl,-rpath,"\$ORIGIN/lib" -o "$out/$target"
    "$top/tests/fuzz/corpus-text" unpack "$top/tests/fuzz/corpus/$name.txt" "$work/inputs/$name"
    cp -n "$top/tests/fuzz/corpus/$name"/* "$work/inputs/$name/" 2>/dev/null || true
    (cd "$work/inputs/$name" && zip -qr - .) >"$out/${target}_seed_corpus.zip"
    cp "$top/tests/fuzz/${dictionaries[$name]:-json}.dict" "$out/$target.dict"
    ldd "$out/$target" | sed -nE 's,.* => (/[^ ]*) .*,\1,p' | grep -vE '/lib(c|m|dl|pthread|rt|gcc_s)\.so' |
        xargs -r cp -n -t "$out/lib"
done
