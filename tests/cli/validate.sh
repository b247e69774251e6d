#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub validate: hashmux and the good plugins fail nothing, and each plugin of tests/fixtures
# that breaks a rule fails the test of that rule and no other. A plugin that crashes, hangs or takes
# all memory fails where it does so, and the run goes on.
. "$(dirname "$0")/../tools/checks.sh"

# A process costs more where everything is checked or counted: there a plugin that breaks a rule is
# tried with the tests of that rule's group only.
validate() { # NAME [PATTERN]: the output in $SCRATCH/NAME, and what it failed in one line
    local status=0
    "$HOST_STUB" validate "$LIB/$1.so" --seconds 0 --only "${2:-*}" >"$SCRATCH/$1" 2>"$SCRATCH/errors" || status=$?
    failed=$(sed -n 's/^fail  //p' "$SCRATCH/$1" | tr '\n' ' ')
    failed=${failed% }
    local due=1
    [ -n "$failed" ] || due=0
    [ "$status" = "$due" ] || fail "validate of $1 ends with $status" "$(cat "$SCRATCH/errors")"
}

# The plugins that keep to the contract. hashmux keeps to all of it, without a warning.
for name in hashmux good_min good_mover good_needs_reopen good_newer good_older static static_hashrate shuffle count_pid; do
    validate "$name"
    [ -z "$failed" ] || fail "$name fails $failed" "$(cat "$SCRATCH/$name")"
done
grep -q ' 0 skipped, 0 warned of, 0 failed$' "$SCRATCH/hashmux" ||
    fail "hashmux is skipped or warned of" "$(cat "$SCRATCH/hashmux")"

# hashmux that reopens deaf devices, in whatever hosts come.
printf '%s\n' '[controller]' 'reopen = deaf' 'reopen_dwell_secs = 60' \
    '[upstream.a]' 'address = a.example' 'port = 3333' 'percentage = 60' 'priority = 1' \
    '[upstream.b]' 'address = b.example' 'port = 3333' 'percentage = 40' 'priority = 2' >"$SCRATCH/deaf.ini"
"$HOST_STUB" validate "$LIB/hashmux.so" --config "$SCRATCH/deaf.ini" --seconds 0 >"$SCRATCH/deaf" ||
    fail "hashmux that reopens" "$(grep -A 2 '^fail' "$SCRATCH/deaf")"

# Those that break a rule. The name of the test is that of the fixture, but for these.
expected() { # NAME
    case "$1" in
    bad_load_string_*) echo load.strings ;;
    bad_load_ops_size) echo load.ops ;;
    bad_load_*) echo "load.$(tr _ - <<<"${1#bad_load_}")" ;;
    # The rule is broken in hosts that cannot move anybody, and the fuzzer has such hosts too.
    bad_decision_without_cap) echo "decisions.decision-without-cap fuzz.random-hosts" ;;
    *) "$HOST_STUB" validate --list | sed -n "s/^\([a-z]*\.$(tr _ - <<<"${1#bad_}")\):.*/\1/p" ;;
    esac
}
count=0
for file in "$SOURCE"/tests/fixtures/bad_*/bad_*.c; do
    name=$(basename "$file" .c)
    want=$(expected "$name")
    [ -n "$want" ] || fail "no test of the validator is named like $name"
    only='*'
    if [ -n "${HMX_SLOW:-}" ]; then
        only="${want%%.*}.*"
        want=${want%% *}
    fi
    validate "$name" "$only"
    [ "$failed" = "$want" ] || fail "$name fails '$failed' and not just '$want'" "$(grep -A 2 '^fail' "$SCRATCH/$name")"
    echo "$name fails $failed"
    count=$((count + 1))
done
[ "$count" -ge 65 ] || fail "only $count plugins that break a rule"

# What the guard and the loader check, the validator lists.
"$HOST_STUB" validate --list >"$SCRATCH/list" || fail "--list"
[ "$(sed 's/:.*//' "$SCRATCH/list" | sort | uniq -d)" = "" ] || fail "a test is listed twice"
! grep -v '^[a-z]*\.[a-z0-9-]*: .* (\(hmx_\|abi/\)' "$SCRATCH/list" || fail "these do not say which rule they test"

# Plugins that end the process they live in.
make_plugin() { # NAME STATEMENT...: in its create
    cat >"$SCRATCH/$1.c" <<CODE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "abi/hmx_abi.h"
static void *volatile nowhere;
static hmx_status create(const hmx_host *host, const hmx_create_args *args, hmx_instance **out)
{
    (void)host, (void)args, (void)out, (void)nowhere;
    $2
    return HMX_E_NOMEM;
}
static void destroy(hmx_instance *self) { (void)self; }
static const hmx_ops OPS = {.size = sizeof OPS, .create = create, .destroy = destroy};
static const hmx_descriptor DESCRIPTOR = {
    .size = sizeof DESCRIPTOR, .magic = HMX_ABI_MAGIC, .abi_major = 1, .id = "org.example.ends",
    .name = "ends", .version = "1.0.0", .build = "", .ops = &OPS};
HMX_EXPORT const hmx_descriptor *hmx_plugin_entry_v1(void) { return &DESCRIPTOR; }
CODE
    "${CC:-cc}" -shared -fPIC -I"$SOURCE" -o "$SCRATCH/$1.so" "$SCRATCH/$1.c" || fail "cannot compile $1"
}
ends() { # NAME STATEMENT SENTENCE
    make_plugin "$1" "$2"
    local status=0
    "$HOST_STUB" validate "$SCRATCH/$1.so" --only 'life.create-null-instance' --limit 1 \
        >"$SCRATCH/out" 2>"$SCRATCH/errors" || status=$?
    [ $status = 1 ] || fail "a plugin that ends by $1 is not failed" "$(cat "$SCRATCH/out")"
    grep -qE "$3" "$SCRATCH/out" || fail "a plugin that ends by $1" "$(cat "$SCRATCH/out")"
}
ends abort 'abort();' 'it died of signal 6, SIGABRT|it ended the process with status'
ends exit '_exit(0);' 'it ended the process with status 0'
ends loop 'for (;;) { nowhere = NULL; }' 'it did not end within 1 seconds|signal 24, SIGXCPU'
ends sleep 'sleep(100);' 'it did not end within 1 seconds'

# --json says the same, and the same seed twice the same bytes.
for i in 1 2; do
    "$HOST_STUB" validate "$LIB/good_min.so" --seconds 0 --seed 7 --json - >"$SCRATCH/json$i" || fail "--json"
done
cmp -s "$SCRATCH/json1" "$SCRATCH/json2" || fail "the same seed gives other results"
python3 - "$SCRATCH/json1" "$SCRATCH/good_min" <<'PYTHON' || fail "--json and the lines differ"
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    page = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    lines = [line for line in file.read().split("\n") if line[:4] in ("pass", "skip", "warn", "fail")]
said = ["%s  %s.%s" % (test["verdict"], test["group"], test["name"]) for test in page["tests"]]
sums = [page[verdict] for verdict in ("pass", "skip", "warn", "fail")]
sys.exit(said != lines or sum(sums) != len(said) or page["fail"] != 0)
PYTHON

# What it refuses.
refuses() { # SENTENCE ARGUMENT...
    local status=0
    "$HOST_STUB" validate "${@:2}" >"$SCRATCH/out" 2>&1 || status=$?
    [ $status = 2 ] && grep -q "$1" "$SCRATCH/out" || fail "validate ${*:2}: not refused with '$1'" "$(cat "$SCRATCH/out")"
}
refuses "which plugin?" --seed 1
refuses "no test fits 'nothing.*'" "$LIB/good_min.so" --only 'nothing.*'
refuses "no test fits 'nothing.*'" --list --only 'nothing.*'
refuses "cannot be" "$LIB/good_min.so" --config "$SCRATCH/not-there.ini"
refuses "not-there.so: cannot be found" "$SCRATCH/not-there.so"
refuses "is a directory" "$SCRATCH"
echo "hashmux and 9 others fail nothing; $count plugins fail just what they break, of $(wc -l <"$SCRATCH/list") tests"
