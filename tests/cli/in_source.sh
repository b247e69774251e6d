#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# A build inside the source folder is refused with a sentence that tells what to do instead, and
# a folder beside the sources is accepted.
. "$(dirname "$0")/../tools/checks.sh"

copy=$(copy_project copy)
for where in "$copy" .; do
    must_refuse "cmake -B $where in the source folder" "not built inside its source folder" \
        bash -c "cd '$copy' && cmake -S . -B '$where' -DHMX_TESTS=OFF"
done
must_refuse "the same, and what to say instead" "cmake -B build" \
    bash -c "cd '$copy' && cmake ."
rm -rf "$copy/CMakeCache.txt" "$copy/CMakeFiles"
(cd "$copy" && cmake -G Ninja -B build -DHMX_TESTS=OFF -DCMAKE_C_COMPILER="$CC" >"$SCRATCH/log" 2>&1) || {
    cat "$SCRATCH/log"
    fail "a build folder beside the sources was refused"
}
[ -f "$copy/build/build.ninja" ] || fail "cmake made no build.ninja"
