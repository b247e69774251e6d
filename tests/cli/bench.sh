#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub bench control as a person runs it: the table, the lines of JSON, the limits, random
# fleets, the page, and refusals that say what to do.
. "$(dirname "$0")/../tools/checks.sh"

# Runs bench control; its output goes to $SCRATCH/out and $SCRATCH/err, its status to $status.
bench() {
    status=0
    "$HOST_STUB" bench control "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
}

done_well() {
    bench "$@"
    [ "$status" -eq 0 ] || fail "bench control $* ends with $status: $(cat "$SCRATCH/err" "$SCRATCH/out")"
}

# refused SENTENCE ARGUMENT...
refused() {
    local sentence=$1
    shift
    bench "$@"
    [ "$status" -eq 2 ] || fail "bench control $* ends with $status, not 2"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "bench control $*: no '$sentence' in $(cat "$SCRATCH/err")"
    [ ! -s "$SCRATCH/out" ] || fail "bench control $* is refused and prints a result"
}

says() {
    grep -qE -- "$1" "$SCRATCH/out" || fail "no '$1' in $(cat "$SCRATCH/out")"
}

# The table: scenarios down, policies across, floors beside; then the worst seeds.
done_well --seeds 3 --scenarios three,solo1 --presets balanced,conservative --hours 5
says '^error of an hour in points @ moves per channel and day, mean over seeds 1 2 3$'
says '^scenario +floor +miners +balanced +conservative *$'
says '^three +[0-9.]+ +16\.729( +[0-9.]+ @ [0-9.]+){4}$'
says '^solo1 +[0-9.]+ +40\.000( +[0-9.]+ @ [0-9.]+){3} +40\.000 @ 0\.00$'
says "^worst seed's error of an hour \(seed\)$"
says '^three( +[0-9.]+ \([123]\)){4}$'
grep -q '^12 of 24 runs' "$SCRATCH/err" || fail "no progress: $(cat "$SCRATCH/err")"

# JSON: one line per run in the order of the table, the same bytes however it was made.
done_well --seeds 301,302 --scenarios nine,pair --presets aggressive, --plugins hashmux,static \
    --hours 4 --jobs 4 --json "$SCRATCH/lines" --quiet
[ ! -s "$SCRATCH/out" ] && [ ! -s "$SCRATCH/err" ] || fail "--quiet prints"
[ "$(wc -l <"$SCRATCH/lines")" -eq 8 ] || fail "not one line per run: $(cat "$SCRATCH/lines")"
seeds=$(sed -E 's/^\{"scenario":"([a-z]+)".*"seed":([0-9]+),.*"policy":"([a-z_]+)","preset":([^,]+),.*/\1 \3 \4 \2/' \
    "$SCRATCH/lines" | tr '\n' ';')
expected='nine hashmux "aggressive" 301;nine hashmux "aggressive" 302;nine static null 301;nine static null 302;'
expected+='pair hashmux "aggressive" 301;pair hashmux "aggressive" 302;pair static null 301;pair static null 302;'
[ "$seeds" = "$expected" ] || fail "the lines are $seeds"
while read -r line; do
    for member in luck_floor_pp granularity_floor_pp converge_min alloc_dev_max_pp lost_work_pct \
        error_pp error_max_pp pools moves_per_channel_day shares guard_violations; do
        case "$line" in *"\"$member\":"*) ;; *) fail "no $member in $line" ;; esac
    done
done <"$SCRATCH/lines"
done_well --seeds 301,302 --scenarios nine,pair --presets aggressive --plugins hashmux,static \
    --hours 4 --jobs 1 --json -
cmp -s "$SCRATCH/lines" "$SCRATCH/out" || fail "one job at a time gives other bytes than four"

# A run is the run of simulate: its line begins with that one's members.
"$HOST_STUB" simulate --scenario nine --seed 301 --hours 4 --quiet --json "$SCRATCH/one" \
    --set controller.tuning_model=aggressive
simulated=$(cat "$SCRATCH/one")
case "$(head -n 1 "$SCRATCH/lines")" in
"${simulated%\}},"*) ;;
*) fail "bench control and simulate differ: $simulated and $(head -n 1 "$SCRATCH/lines")" ;;
esac

# In another world: its name is in the lines, and the shares are rejected as there.
done_well --seeds 1, --scenarios pair --presets balanced --plugins hashmux --hours 3 --world field --json -
says '^\{"scenario":"pair","world":"field",.*"rejected":[1-9]'

# With --check the kind world is run beside it and compared with: it alone is as good as itself.
printf '[farm]\nmove_cost = 1s\n' >"$SCRATCH/same.ini"
done_well --seeds 2 --scenarios solo1,pair --presets balanced, --hours 3 --world "$SCRATCH/same.ini" --check
says '^in the kind world, error of an hour in points @ moves'
says '^4 limits compared, 0 exceeded$'
printf '[farm]\nhost_delay = 10min\n' >"$SCRATCH/slow.ini"
bench --seeds 1, --scenarios pair --presets balanced, --hours 5 --world "$SCRATCH/slow.ini" --check --quiet
[ "$status" -eq 1 ] || fail "a host that needs ten minutes for a move passes: $(cat "$SCRATCH/out")"
says "^EXCEEDED pair, balanced: 1 h error against the kind world's [0-9.]+, at most [0-9.]+\$"
refused "--world and --random exclude each other" --random 2 --world field

# --check: good is 0; a controller that may not act is 1 and says where.
done_well --seeds 2 --scenarios solo1,pair --plugins hashmux --presets aggressive,balanced --check --hours 8
says '^[0-9]+ limits compared, 0 exceeded$'
bench --seeds 2 --scenarios solo1 --plugins hashmux --presets balanced --check --hours 8 \
    --set controller.time_slicing=off
[ "$status" -eq 1 ] || fail "a farm 40 points off its target passes --check"
says '^EXCEEDED solo1, balanced: 1 h error 40\.0000, at most 1\.3500$'

# Random fleets.
done_well --random 4 --presets balanced --hours 3 --json "$SCRATCH/fleets"
says '^4 random fleets: '
says '^hashmux balanced +4 +'
[ "$(grep -c '"scenario":"fleet[1-4]",' "$SCRATCH/fleets")" -eq 4 ] || fail "fleets: $(cat "$SCRATCH/fleets")"

# The table of what real farms do: a row with its worst value, and one that names its test.
done_well --reality C6 B8 --seeds 1, --hours 5 --quiet
says '^C6 +hours until served +([0-9.]+|never) +4\.000  [0-9]+/[0-9]+ +seed 1 +[0-6] of  6'
says '^B8 +one true line in the log per change: tests/'
says '^12 limits compared, [0-9]+ exceeded$'
bench --reality C7 --seeds 1, --hours 4 --check --set controller.time_slicing=off --json "$SCRATCH/rows"
[ "$status" -eq 1 ] || fail "farms that are not sliced pass: $(cat "$SCRATCH/out")"
says '^C7 +1 h error +40\.[0-9]+ +1\.600  1 +seed 1 +[1-7] of  7  EXCEEDED$'
[ "$(grep -c '"scenario":"C7 ' "$SCRATCH/rows")" -eq 7 ] || fail "lines: $(cat "$SCRATCH/rows")"
refused "--reality has no row 'Z9'. Its rows: A1 rhythm, " --reality Z9
refused "'B1' is a row of --reality" B1
refused "--reality has farms of its own" --reality --world field

# A page, which needs nothing else.
done_well --seeds 1, --scenarios pair --presets balanced --hours 3 --report "$SCRATCH/page.html" --quiet
grep -qi '<html' "$SCRATCH/page.html" || fail "the page is none"
grep -q 'pair' "$SCRATCH/page.html" || fail "the page does not name its scenario"

# Status 1: a run that fails is named, the others are there.
bench --seeds 1, --scenarios pair --plugins hashmux --presets balanced,furious --hours 1
[ "$status" -eq 1 ] || fail "a failed run ends with $status"
grep -q '^FAILED pair, hashmux furious, seed 1: ' "$SCRATCH/err" || fail "no reason: $(cat "$SCRATCH/err")"
says '^pair .* failed'

refused "how many, 1 to 1000" --seeds 0
refused "no option '--sead'" --sead 3
refused "there is no scenario 'no-such'" --scenarios no-such
refused "no-such.so" --plugins no-such
refused "no-such-folder" --scenarios pair --report no-such-folder/page.html
refused "exclude each other" --random 3 --scenarios pair
status=0
"$HOST_STUB" bench >/dev/null 2>"$SCRATCH/err" || status=$?
[ "$status" -eq 2 ] && grep -q 'bench control' "$SCRATCH/err" || fail "bench alone: $status"
status=0
"$HOST_STUB" bench quality 2>"$SCRATCH/err" || status=$?
[ "$status" -eq 2 ] && grep -q "no 'quality'" "$SCRATCH/err" || fail "bench quality: $status"
done_well --help
says '^usage: host_stub bench control'
printf 'bench control measures, compares and refuses\n'
