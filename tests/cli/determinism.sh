#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The same command twice prints the same bytes; another seed prints others. And another compiler
# without optimisation prints the bytes of the first. HMX_VARIANTS=all takes gcc and clang, each at
# -O0 and at -O3, and off takes none: each builds the plugin and the host in $BUILD/variants.
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
case "${HMX_VARIANTS:-one}" in
off) exit 0 ;;
one) variants=$(c_compilers | tail -n 1)-O0 ;;
all) variants=$(for compiler in $(c_compilers); do echo "$compiler-O0" "$compiler-O3"; done) ;;
*) fail "HMX_VARIANTS is off, one or all, not '$HMX_VARIANTS'" ;;
esac
for name in $variants; do
    variant=$BUILD/variants/$name
    {
        "$SOURCE/tests/tools/configure" "$variant" "${name%-O?}" -DCMAKE_BUILD_TYPE=None \
            -DCMAKE_C_FLAGS="-${name##*-}" -DHMX_TESTS=OFF && cmake --build "$variant"
    } >"$SCRATCH/log" 2>&1 || {
        cat "$SCRATCH/log"
        fail "the build of $name failed"
    }
    run_all "$variant/bin/host_stub" "$SCRATCH/variant"
    cmp "$SCRATCH/first" "$SCRATCH/variant" || {
        diff "$SCRATCH/first" "$SCRATCH/variant" || true
        fail "$name prints other bytes than $HOST_STUB"
    }
    echo "$name: the same bytes"
done
