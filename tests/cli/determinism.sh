#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The same command twice prints the same bytes; another seed prints others. And builds with gcc and
# with clang, at -O0 and at -O3, all print the bytes of the first (HMX_VARIANTS=off leaves this
# part out: it builds hashmux three or four times in $BUILD/variants).
. "$(dirname "$0")/../tools/checks.sh"

# Enough of both: many kinds of miners; joins and leaves; a pool that dies; wrong declarations.
runs=('hetero200 11 3' 'churn674 12 1' 'outage 13 7' 'wrongnominal 14 3')

run_all() { # HOST_STUB FILE [SEED-SHIFT]
    local scenario seed hours
    for run in "${runs[@]}"; do
        read -r scenario seed hours <<<"$run"
        "$1" simulate --scenario "$scenario" --seed $((seed + ${3:-0})) --hours "$hours" --json - \
            </dev/null || fail "$1 simulate --scenario $scenario ends with status $?"
    done >"$2"
}

run_all "$HOST_STUB" "$SCRATCH/first"
[ "$(wc -l <"$SCRATCH/first")" -eq "${#runs[@]}" ] || fail "simulate --json - does not print one line"
run_all "$HOST_STUB" "$SCRATCH/second"
cmp "$SCRATCH/first" "$SCRATCH/second" || fail "the same command twice prints other bytes"
run_all "$HOST_STUB" "$SCRATCH/shifted" 100
! cmp -s "$SCRATCH/first" "$SCRATCH/shifted" || fail "another seed prints the same bytes"
echo "the same command twice: the same bytes"
[ "${HMX_VARIANTS:-on}" != off ] || exit 0

for compiler in $(c_compilers); do
    for level in O0 O3; do
        variant=$BUILD/variants/$compiler-$level
        {
            "$SOURCE/tests/tools/configure" "$variant" "$compiler" -DCMAKE_BUILD_TYPE=None \
                -DCMAKE_C_FLAGS="-$level" -DHMX_TESTS=OFF && cmake --build "$variant"
        } >"$SCRATCH/log" 2>&1 || {
            cat "$SCRATCH/log"
            fail "the build with $compiler -$level failed"
        }
        run_all "$variant/bin/host_stub" "$SCRATCH/variant"
        cmp "$SCRATCH/first" "$SCRATCH/variant" || {
            diff "$SCRATCH/first" "$SCRATCH/variant" || true
            fail "$compiler -$level prints other bytes than $HOST_STUB"
        }
        echo "$compiler -$level: the same bytes"
    done
done
