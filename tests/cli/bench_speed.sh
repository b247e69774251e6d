#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub bench speed: every measurement is there, once, in the shape that tests/MEASURED.md promises; and
# what it refuses. How fast anything is depends on the machine: no time is judged here.
. "$(dirname "$0")/../tools/checks.sh"

# Runs the bench; its output goes to $SCRATCH/out and $SCRATCH/err, its status to $status.
bench() {
    status=0
    "$HOST_STUB" bench speed "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
}

# refused STATUS SENTENCE ARGUMENT...
refused() {
    local wanted=$1 sentence=$2
    shift 2
    bench "$@"
    [ "$status" -eq "$wanted" ] || fail "bench speed $* ends with $status, not $wanted"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "bench speed $*: no '$sentence' in $(cat "$SCRATCH/err")"
    [ ! -s "$SCRATCH/out" ] || fail "bench speed $* is refused and prints a result"
}

# The names of all rows of a farm, in order. Parts exist where a tick has more rows than 1024.
names() {
    local verdict order heat pools
    echo bytes_per_channel
    echo floor_call
    for order in ordered random; do
        for heat in warm cold; do
            echo "floor_line_${order}_$heat"
        done
    done
    echo floor_scan
    for verdict in submitted accepted; do
        for order in ordered random; do
            for heat in warm call cold; do
                echo "on_share_${verdict}_${order}_$heat"
            done
        done
    done
    printf '%s\n' snapshot_3_pools open close
    for pools in 3 8; do
        echo "on_tick_idle_${pools}_pools"
        for correction in half_point 15_points; do
            echo "on_tick_${correction}_${pools}_pools"
            [ "$1" = whole ] || echo "on_tick_${correction}_${pools}_pools_in_parts"
        done
    done
    echo snapshot_8_pools
}

field() {
    sed -E "s/.*\"$1\":([^,}]+).*/\1/"
}

bench --channels 1000,5e3 --quick --json "$SCRATCH/lines"
[ "$status" -eq 0 ] || fail "bench speed ends with $status: $(cat "$SCRATCH/err")"
grep -q '^1000 channels$' "$SCRATCH/out" || fail "no heading for 1000 channels"
grep -q '^5000 channels$' "$SCRATCH/out" || fail "no heading for 5e3 channels"

# The five fields in each line; numbers without an exponent, or null for the bytes.
number='[0-9]+\.[0-9]+'
shape="^\{\"name\":\"[a-z0-9_]+\",\"channels\":(1000|5000),\"ns\":$number,\"floor_ns\":$number,\"ratio\":$number(,\"moves\":[0-9]+)?\}$"
bytes='^\{"name":"bytes_per_channel","channels":[0-9]+,"ns":null,"floor_ns":null,"ratio":null,"bytes":'$number'\}$'
if grep -vE "$shape" "$SCRATCH/lines" | grep -vE "$bytes"; then
    fail "a line has another shape"
fi
grep '"channels":1000,' "$SCRATCH/lines" | field name | tr -d '"' >"$SCRATCH/small"
names whole | diff - "$SCRATCH/small" || fail "the rows of 1000 channels are not those"
grep '"channels":5000,' "$SCRATCH/lines" | field name | tr -d '"' >"$SCRATCH/large"
names parts | diff - "$SCRATCH/large" || fail "the rows of 5000 channels are not those"
while read -r name; do
    grep -q "^  $name " "$SCRATCH/out" || fail "the table lacks $name"
done <"$SCRATCH/small"

# What is named after a correction makes one, and an idle tick none; the table's moves are the
# lines'. 15 points of 1000 channels of 90 to 250 TH/s are between 90 and 190 of them.
if grep '_idle_' "$SCRATCH/lines" | grep '"moves"'; then
    fail "an idle tick moves somebody"
fi
for pools in 3 8; do
    moves=$(grep "\"on_tick_15_points_${pools}_pools\",\"channels\":1000," "$SCRATCH/lines" | field moves)
    { [ "$moves" -ge 90 ] && [ "$moves" -le 190 ]; } || fail "15 points move $moves of 1000 channels"
    few=$(grep "\"on_tick_half_point_${pools}_pools\",\"channels\":5000," "$SCRATCH/lines" | field moves)
    { [ "$few" -ge 10 ] && [ "$few" -le 45 ]; } || fail "0.5 points move $few of 5000 channels"
done

# A ratio is its two numbers' (they are rounded to three decimals), and a floor's own is 1.
while read -r line; do
    ns=$(field ns <<<"$line") floor=$(field floor_ns <<<"$line") ratio=$(field ratio <<<"$line")
    awk -v n="$ns" -v f="$floor" -v r="$ratio" \
        'BEGIN { d = n / f - r; exit !(f > 0 && n > 0 && d * d <= (0.002 * (1 + r) / f + 0.002) ^ 2) }' ||
        fail "the ratio of $line is another"
done < <(grep -v bytes_per "$SCRATCH/lines")
[ "$(grep '"floor_' "$SCRATCH/lines" | grep -c '"ratio":1.0}')" -eq 12 ] || fail "a floor's ratio is not 1"

# To standard output: the lines and nothing else.
bench --channels 100 --quick --json -
[ "$status" -eq 0 ] || fail "bench speed --json - ends with $status: $(cat "$SCRATCH/err")"
! grep -qv '^{"name":' "$SCRATCH/out" || fail "--json - prints more than its lines"

# Two plugins in turns: each row but the floors once, with both values and the ratio of the rounds.
# The other plugin keeps another account of each channel, and cannot be asked for a correction: rows
# that only one of the two has are left out.
bench --channels 100 --quick --against "$LIB/hashmux.so" --json "$SCRATCH/pairs"
[ "$status" -eq 0 ] || fail "bench speed --against ends with $status: $(cat "$SCRATCH/err")"
names whole | grep -v -e '^floor_' -e '_call$' >"$SCRATCH/wanted"
field name <"$SCRATCH/pairs" | tr -d '"' | diff "$SCRATCH/wanted" - || fail "--against has other rows"
while read -r name; do
    grep -q "^  $name " "$SCRATCH/out" || fail "the table of --against lacks $name"
done <"$SCRATCH/wanted"
grep -q '^100 channels, 3 rounds$' "$SCRATCH/out" || fail "--against does not say its rounds"
ratios="\"ratio\":$number,\"lowest\":$number,\"highest\":$number\}"
shape="^\{\"name\":\"[a-z0-9_]+\",\"channels\":100,\"rounds\":3,\"(ns|bytes)\":$number,\"against_(ns|bytes)\":$number,$ratios$"
! grep -vE "$shape" "$SCRATCH/pairs" || fail "a line of --against has another shape"
grep '"bytes"' "$SCRATCH/pairs" | grep -q '"ratio":1.0,"lowest":1.0,"highest":1.0' ||
    fail "a plugin against itself needs other memory"
while read -r line; do
    awk -v r="$(field ratio <<<"$line")" -v l="$(field lowest <<<"$line")" -v h="$(field highest <<<"$line")" \
        'BEGIN { exit !(0 < l && l <= r && r <= h) }' || fail "the ratio of $line is not between its extremes"
done <"$SCRATCH/pairs"
bench --channels 100 --quick --against "$LIB/count_pid.so" --json -
[ "$status" -eq 0 ] || fail "bench speed --against count_pid.so ends with $status: $(cat "$SCRATCH/err")"
grep -q '"name":"on_share_accepted_random_cold"' "$SCRATCH/out" || fail "no share is compared with count_pid.so"
! grep -q '"name":"on_tick_15' "$SCRATCH/out" || fail "a row is compared that count_pid.so does not have"
bytes=$(grep '"name":"bytes' "$SCRATCH/out")
[ "$(field bytes <<<"$bytes")" != "$(field against_bytes <<<"$bytes")" ] ||
    fail "the plugin was measured against itself: $bytes"
refused 1 'none.so' --channels 100 --against "$SCRATCH/none.so"
bench --channels 100 --quick --against "$LIB/good_older.so"
{ [ "$status" -eq 1 ] && grep -qF "lib/good_older.so: the plugin lacks" "$SCRATCH/err"; } ||
    fail "--against good_older.so ends with $status: $(cat "$SCRATCH/err")"

bench --help
[ "$status" -eq 0 ] || fail "--help ends with $status"
grep -q '^usage: host_stub bench speed' "$SCRATCH/out" || fail "--help says nothing"

for list in 99 10000001 '' , 1000, 1e9 12x -5 1,2,3,4,5,6,7,8,9 99999999999999999999; do
    refused 2 '--channels takes one to eight whole numbers from 100 to 10000000' --channels "$list"
done
refused 2 "there is no option '--fast'" --fast
refused 2 '--json needs a value' --json
refused 2 'cannot be written' --channels 100 --quick --json "$SCRATCH/none/lines"
refused 1 'none.so' --channels 100 --plugin "$SCRATCH/none.so"
refused 1 'needs' --channels 100 --plugin "$LIB/good_needs_reopen.so"
echo "bench speed: $(wc -l <"$SCRATCH/lines") rows of the promised shape"
