#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# A later minor version of the contract and this one, crossed both ways. A copy of the project gets
# grown headers (tests/abi/grow.py: a field at the end of every struct, a hook, a value in every
# enum, MINOR + 1) and is built with the sanitizers of this build; then each host runs each plugin:
# the simulator with its loader and guard, the embedding example, the farm, and the simulator with
# two plugins by somebody else (tests/fixtures/policy). All must say the same.
# It builds the project once more, so it runs where it counts: in a build with sanitizers
# (tests/run --sanitize), or with HMX_CROSSED=on.
. "$(dirname "$0")/../tools/checks.sh"

sanitizers=$(cmake_value HMX_SANITIZE)
if [ -z "$sanitizers" ] && [ "${HMX_CROSSED:-off}" != on ]; then
    echo "left to the build with sanitizers (HMX_CROSSED=on runs it here)"
    exit 0
fi

grown=$(copy_project grown)
python3 "$SOURCE/tests/abi/grow.py" "$grown" || fail "the headers cannot be grown"
{
    "$grown/tests/tools/configure" "$SCRATCH/build" "$CC" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DHMX_TESTS=OFF -DHMX_SANITIZE="$sanitizers" -DCMAKE_C_FLAGS=-O1 &&
        cmake --build "$SCRATCH/build" -j "$(nproc)" --target hashmux host_stub
} >"$SCRATCH/log" 2>&1 || {
    tail -n 40 "$SCRATCH/log"
    fail "the project does not build against grown headers"
}

flags=(-std=c11 -O1 -g -D_POSIX_C_SOURCE=200809L)
[ -z "$sanitizers" ] || flags+=("-fsanitize=$sanitizers" -fno-sanitize-recover=all)
for example in embed farm; do
    "$CC" "${flags[@]}" -I "$SOURCE" "$SOURCE/tests/embed/$example.c" -o "$SCRATCH/$example.old" -ldl
    "$CC" "${flags[@]}" -I "$grown" "$grown/tests/embed/$example.c" -o "$SCRATCH/$example.new" -ldl
done
for policy in static count_pid; do
    "$CC" "${flags[@]}" -fPIC -shared -I "$SOURCE" "$SOURCE/tests/fixtures/policy/$policy.c" \
        -o "$SCRATCH/$policy.old.so"
    "$CC" "${flags[@]}" -fPIC -shared -I "$grown" "$grown/tests/fixtures/policy/$policy.c" \
        -o "$SCRATCH/$policy.new.so"
done
declare -A plugin=([old]=$LIB/hashmux.so [new]=$SCRATCH/build/lib/hashmux.so)
declare -A host=([old]=$HOST_STUB [new]=$SCRATCH/build/bin/host_stub)
declare -A home=([old]=$SOURCE [new]=$grown)

run() { # HOST PLUGIN FILE
    {
        HASHMUX_HOME=${home[$1]} "${host[$1]}" simulate --plugin "${plugin[$2]}" --scenario outage \
            --hours 1 --json - </dev/null
        HASHMUX_HOME=${home[$1]} "${host[$1]}" simulate --plugin "${plugin[$2]}" --scenario nine \
            --hours 1 --json - </dev/null
        for policy in static count_pid; do
            HASHMUX_HOME=${home[$1]} "${host[$1]}" simulate --plugin "$SCRATCH/$policy.$2.so" \
                --scenario three --hours 1 --json - </dev/null
        done
        "$SCRATCH/embed.$1" "${plugin[$2]}"
        "$SCRATCH/farm.$1" "${plugin[$2]}" 7
    } >"$3" 2>"$3.err" || {
        cat "$3.err"
        fail "an $1 host with an $2 plugin ends with an error"
    }
    ! grep -qE 'runtime error:|AddressSanitizer|LeakSanitizer' "$3.err" || {
        cat "$3.err"
        fail "an $1 host with an $2 plugin: a sanitizer's report"
    }
}
run old old "$SCRATCH/expected"
[ "$(wc -l <"$SCRATCH/expected")" -gt 60 ] || fail "the examples print next to nothing"
for pair in 'old new' 'new old' 'new new'; do
    read -r one other <<<"$pair"
    run "$one" "$other" "$SCRATCH/got"
    diff "$SCRATCH/expected" "$SCRATCH/got" ||
        fail "a host with $one headers and a plugin with $other ones do something else"
    echo "host with $one headers, plugin with $other ones: the same, no finding"
done
