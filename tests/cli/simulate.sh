#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub simulate as a person runs it: the table, the JSON line, configurations, and refusals
# that say what to do.
. "$(dirname "$0")/../tools/checks.sh"

# Runs simulate; its output goes to $SCRATCH/out and $SCRATCH/err, its status to $status.
simulate() {
    status=0
    "$HOST_STUB" simulate "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
}

done_well() {
    simulate "$@"
    [ "$status" -eq 0 ] || fail "simulate $* ends with $status: $(cat "$SCRATCH/err")"
}

# refused STATUS SENTENCE ARGUMENT...
refused() {
    local wanted=$1 sentence=$2
    shift 2
    simulate "$@"
    [ "$status" -eq "$wanted" ] || fail "simulate $* ends with $status, not $wanted"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "simulate $*: no '$sentence' in $(cat "$SCRATCH/err")"
    [ ! -s "$SCRATCH/out" ] || fail "simulate $* is refused and prints a result"
}

says() {
    grep -qE -- "$1" "$SCRATCH/out" || fail "no '$1' in $(cat "$SCRATCH/out")"
}

# These are there by name, runs, and obeys the contract.
for scenario in example homo100 hetero200 wrongnominal targetchange outage alldown drain churn674; do
    done_well --scenario "$scenario" --hours 0.5 --seed 3
    says "^$scenario: "
    says '^plugin org\.hashmux\.hashmux [0-9.]+, seed 3, 0\.50 simulated hours'
    says 'guard violations 0$'
done

# The example is the shipped configuration: its upstreams, its percentages.
done_well --scenario example --hours 3 --seed 7
for row in 'pool_a +60\.00' 'pool_b +30\.00' 'pool_c +10\.00'; do
    says "^$row "
done
done_well --scenario hetero200 --config "$SOURCE/plugin.ini.example" --hours 0.5
says '^pool_b +30\.00 ' # matched with the scenario's pools by their order

# --explain: a line when something changes, not one each half minute; a pool that goes and comes is one.
done_well --scenario outage --hours 7 --seed 2 --explain
grep -E '^[0-9]{2}:[0-9]{2}:[0-9]{2} ' "$SCRATCH/out" >"$SCRATCH/why"
lines=$(wc -l <"$SCRATCH/why")
[ "$lines" -gt 5 ] && [ "$lines" -lt 300 ] || fail "--explain prints $lines lines"
says '^00:00:30 .*move [0-9.]+ average miners from [abc] to [abc]'
says '^0[0-6]:.* \(off by [0-9.]+ points, deadband [0-9.]+\).*; owed \(point-minutes\): [abc] -?[0-9.]+, '
says '^06:00:[0-9]{2} .*; a is out \(down: the connection broke\)'
says '^outage: '
done_well --scenario outage --hours 1 --seed 2 --explain --json -
[ "$(wc -l <"$SCRATCH/out")" -eq 1 ] || fail "--explain is in the JSON"
grep -q '^00:00:30 ' "$SCRATCH/err" || fail "--explain --json - explains nothing"
simulate --scenario pair --hours 0.1 --explain --plugin "$LIB/static.so"
grep -qF -- "--explain: this plugin has no hashmux.metrics/1" "$SCRATCH/err" || fail "static explains itself"

# JSON: one line, to a file or in place of the table.
done_well --scenario hetero200 --seed 11 --hours 3 --json -
[ "$(wc -l <"$SCRATCH/out")" -eq 1 ] || fail "--json - prints more than its line"
says '^\{"scenario":"hetero200","plugin":"org\.hashmux\.hashmux [^"]+","seed":11,"hours":3,"channels":'
says '"6h":null,"24h":null\},"error_max_pp":'
says '"guard_violations":0\}$'
cp "$SCRATCH/out" "$SCRATCH/line"
done_well --scenario hetero200 --seed 11 --hours 3 --json "$SCRATCH/file.json"
cmp -s "$SCRATCH/line" "$SCRATCH/file.json" || fail "--json FILE writes other bytes than --json -"
says '^pool '
done_well --scenario "$SOURCE/tests/sim/hetero200.ini" --seed 11 --hours 3 --json - --quiet
cmp -s "$SCRATCH/line" "$SCRATCH/out" || fail "the scenario's path gives another run than its name"

# Another plugin; another configuration.
done_well --scenario hetero200 --plugin "$LIB/static.so" --hours 3 --json -
says '"moves":0,'
done_well --scenario hetero200 --seed 11 --hours 3 --set controller.tuning_model=aggressive --json -
! cmp -s "$SCRATCH/line" "$SCRATCH/out" || fail "--set changes nothing"
done_well --scenario example --hours 0.5 --set upstream.pool_a.percentage=50 \
    --set upstream.pool_b.percentage=40
says '^pool_b +40\.00 '

# A world below the scenario: the kind one is none.
done_well --scenario hetero200 --seed 11 --hours 3 --world kind --json -
cmp -s "$SCRATCH/line" "$SCRATCH/out" || fail "--world kind gives another run than without"
done_well --scenario hetero200 --seed 11 --hours 3 --world field --json -
says '^\{"scenario":"hetero200","world":"field","plugin":'
says '"rejected":[1-9]'
cp "$SCRATCH/out" "$SCRATCH/field"
done_well --scenario hetero200 --seed 11 --hours 3 --world "$SOURCE/tests/sim/world/field.ini" --json -
cmp -s "$SCRATCH/field" "$SCRATCH/out" || fail "the world's path gives another run than its name"
done_well --scenario hetero200 --hours 0.5 --world field
says '^in the world field$'
done_well --scenario hetero200 --hours 0.5 --quiet
[ ! -s "$SCRATCH/out" ] || fail "--quiet prints"
done_well --help
says '^usage: host_stub simulate'

# Status 1: the guard finds violations; they are shown.
simulate --scenario hetero200 --hours 0.1 --plugin "$LIB/bad_log_on_share.so"
[ "$status" -eq 1 ] || fail "violations end with $status, not 1"
grep -q 'violation by the plugin, log-on-share' "$SCRATCH/err" || fail "the violation is not shown"
refused 1 'no-such.so' --scenario hetero200 --plugin /no-such.so

# Status 2: the command line or a file is wrong, and why.
refused 2 '--scenario NAME|FILE'
refused 2 "there is no option '--sede'" --sede 4
refused 2 '--seed needs a value' --scenario hetero200 --seed
refused 2 '--seed takes a whole number' --scenario hetero200 --seed -1
refused 2 '--hours takes a number' --scenario hetero200 --hours 1,5
refused 2 "there is no scenario 'hetero'. There are in " --scenario hetero
grep -q ' hetero200 ' "$SCRATCH/err" || fail "the scenarios that exist are not listed"
refused 2 "there is no world 'feeld'. There are in " --scenario hetero200 --world feeld
refused 2 'the second and so on' --scenario hetero200 --world "$SOURCE/tests/sim/nine.ini"
refused 2 '/no/such.ini: cannot be opened' --scenario /no/such.ini
refused 2 'is not a regular file' --scenario "$SOURCE/tests/"
printf '[farm]\ncount = many\n' >"$SCRATCH/bad.ini"
refused 2 "bad.ini:2: [farm] count: 'many': is not allowed here; allowed: a whole number" \
    --scenario "$SCRATCH/bad.ini"
refused 2 "--set takes SECTION.KEY=VALUE, such as controller.deadband_points=1, not 'deadband=1'" --scenario hetero200 --set deadband=1
refused 2 "--set controller.colour=red: unknown key 'colour'" --scenario hetero200 --set controller.colour=red
refused 2 "--set controller.kp=abc: [controller] kp 'abc' is not a number" --scenario hetero200 --set controller.kp=abc
refused 2 "the configuration, with what --set changes: the percentages" --scenario hetero200 --set upstream.a.percentage=99
refused 2 'no-such.ini' --scenario hetero200 --config /no-such.ini
refused 2 'cannot be written' --scenario hetero200 --hours 0.1 --quiet --json /no/such/file

# --list: each scenario of the folder with the title that its file has.
done_well --list
for file in "$SOURCE"/tests/sim/*.ini; do
    name=$(basename "$file" .ini)
    title=$(sed -n 's/^title *= *//p' "$file")
    grep -qE "^$name +" "$SCRATCH/out" && grep -qF -- "$title" "$SCRATCH/out" || fail "--list does not name $name: $title"
done
[ "$(wc -l <"$SCRATCH/out")" -eq "$(find "$SOURCE/tests/sim" -maxdepth 1 -name '*.ini' | wc -l)" ] || fail "--list has another number of scenarios"
refused 2 '--scenario and --list exclude each other' --scenario nine --list
echo "simulate: tables, JSON, configurations and refusals"
