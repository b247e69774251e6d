#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub e2e, short: a run that keeps every promise, one with faults, some on a busy machine; what
# it writes, and that it adds up; that no process outlives it, however it ends; and what is refused.
. "$(dirname "$0")/../tools/checks.sh"

# e2e STATUS ARGUMENT...
e2e() {
    local want=$1 status=0
    shift
    "$HOST_STUB" e2e "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
    [ "$status" -eq "$want" ] ||
        fail "e2e $* ended with $status, not $want: $(cat "$SCRATCH/out" "$SCRATCH/err")"
}

contains() { # FILE TEXT
    grep -qF -- "$2" "$1" || fail "$1 does not say '$2': $(cat "$1")"
}

# number MEMBER: the first of that name in the result.
number() {
    sed -n "s/^ *\"$1\": \([0-9]*\).*/\1/p" "$SCRATCH/result.json" | sed -n 1p
}

# Every share that was submitted is in one column: as the text says, and as the JSON does.
adds_up() {
    sed -n '/submitted/,/unanswered/p' "$SCRATCH/out" | tr '\n' ' ' | awk '
        { for (i = 1; i <= NF; i++) {
              if ($i == "submitted") { want = $(i + 1); sum = 0 }
              else if ($i ~ /^[0-9]+$/ && $(i - 1) != "submitted") sum += $i
              if ($(i - 1) == "unanswered") { runs++; if (sum != want) { print sum, want; exit 1 } }
          } }
        END { exit runs == 0 }' >"$SCRATCH/sum" || fail "does not add up: $(cat "$SCRATCH/sum" "$SCRATCH/out")"
    python3 - "$SCRATCH/result.json" <<'END' || fail "the JSON does not add up: $(cat "$SCRATCH/result.json")"
import json, sys
result = json.load(open(sys.argv[1]))
def total(value):
    return sum(total(v) for v in value.values()) if isinstance(value, dict) else value
for name in ("shares", "shares_of_those_that_ignore"):
    shares = result.get(name, {"submitted": 0})
    assert total(shares) == 2 * shares["submitted"], name
for pool in result["pools"]:
    parts = ("accepted", "stale", "cut_off", "duplicates", "rejected")
    assert sum(total(pool[part]) for part in parts) == pool["received"], pool
END
}

# The numbers of the run's processes: the folder of its logs stands in their command lines.
processes() { # FOLDER [WORDS]
    local file
    for file in $(grep -lsF -- "$1" /proc/[0-9]*/cmdline || true); do
        file=${file%/cmdline}
        case $(tr '\0' ' ' 2>/dev/null <"$file/cmdline" || true) in
        *host_stub*" ${2:-}"*) printf '%s\n' "${file#/proc/}" ;;
        esac
    done
}

none_left() { # FOLDER
    local i
    for ((i = 0; i < 60; i++)); do
        [ -n "$(processes "$1")" ] || return 0
        sleep 0.05
    done
    fail "still there: $(processes "$1")"
}

# A short run: the split is not judged by it, the shares are.
e2e 0 --seconds 4 --miners 12 --frames "$SCRATCH/frames" --logs "$SCRATCH/logs" \
    --json "$SCRATCH/result.json"
contains "$SCRATCH/out" "every promise was kept"
contains "$SCRATCH/logs/config.ini" "authority_pubkey = 9"
[ "$(stat -c %a "$SCRATCH/logs/authority.secret")" = 600 ] || fail "others may read the secret key"
grep -qE '^pool_c +10\.00 +[0-9]+\.[0-9]{2} +[0-9]' "$SCRATCH/out" || fail "no effective target: $(cat "$SCRATCH/out")"
adds_up
! grep -q '^e2e: ' "$SCRATCH/err" || fail "progress, and this is no terminal: $(cat "$SCRATCH/err")"
[ "$(number submitted)" -gt 100 ] || fail "only $(number submitted) shares"
[ "$(number lost)" -eq 0 ] || fail "$(number lost) shares were lost"
for file in conn-000001.hex up-pool_a.hex up-pool_b.hex up-pool_c.hex; do
    [ -s "$SCRATCH/frames/$file" ] || fail "$file was not recorded"
done
"$HOST_STUB" check --verify "$SCRATCH"/frames/*.hex >"$SCRATCH/check" 2>&1 ||
    fail "the recordings: $(tail -n 5 "$SCRATCH/check")"
none_left "$SCRATCH/logs"
printf 'a run: %s shares, all promises kept; %s\n' "$(number submitted)" \
    "$(tail -n 1 "$SCRATCH/check")"

# The same in the plain, and what it says meanwhile is not in the way of the result.
e2e 0 --plain --progress --seconds 2 --miners 3 --pools 2 --json - --logs "$SCRATCH/logs-plain"
contains "$SCRATCH/err" "e2e: all 3 miners mine, for 2 s"
python3 -c 'import json, sys; assert json.load(sys.stdin)["broken"] == []' <"$SCRATCH/out" ||
    fail "the result on standard output: $(cat "$SCRATCH/out")"
! grep -q authority_pubkey "$SCRATCH/logs-plain/config.ini" || fail "plain frames, and keys"
none_left "$SCRATCH/logs-plain"

# A fault of a pool, and the proxy that starts again in the middle.
e2e 0 --noise --one-tip --miners 6 --pools 2 --ignore-prefix 2 --faults grey,restart --fault-secs 1 \
    --settle-secs 1 --progress --logs "$SCRATCH/logs2" --json "$SCRATCH/result.json"
adds_up
contains "$SCRATCH/err" "e2e: grey begins on pool_b"
contains "$SCRATCH/err" "e2e: the proxy starts again"
contains "$SCRATCH/out" "grey           pool_b"
contains "$SCRATCH/out" "restart        pool_a"
[ -s "$SCRATCH/logs2/proxy-2.json" ] || fail "the proxy did not start again"
none_left "$SCRATCH/logs2"
printf 'faults: done\n'

# Whatever ends it ends all.
for signal in INT KILL; do
    "$HOST_STUB" e2e --miners 4 --logs "$SCRATCH/logs-$signal" >"$SCRATCH/out" 2>"$SCRATCH/err" &
    pid=$!
    for ((i = 0; i < 100; i++)); do
        ! grep -qs '^mining' "$SCRATCH/logs-$signal"/miners-0.log || break
        sleep 0.05
    done
    [ "$(processes "$SCRATCH/logs-$signal" | wc -l)" -ge 6 ] || fail "not everybody was there"
    status=0
    # The shell starts what is in the background with SIGINT ignored; the program listens anew.
    kill -"$signal" "$pid"
    wait "$pid" 2>/dev/null || status=$?
    [ "$status" -ne 0 ] || fail "interrupted, and status 0"
    none_left "$SCRATCH/logs-$signal"
    printf 'SIG%s: nobody is left\n' "$signal"
done

# One of them dies: the run ends, and says so.
"$HOST_STUB" e2e --miners 4 --logs "$SCRATCH/logs3" >"$SCRATCH/out" 2>"$SCRATCH/err" &
pid=$!
for ((i = 0; i < 100; i++)); do
    ! grep -qs '^mining' "$SCRATCH/logs3"/miners-0.log || break
    sleep 0.05
done
kill -KILL "$(processes "$SCRATCH/logs3" "pool --name pool_b ")"
status=0
wait "$pid" || status=$?
[ "$status" -eq 1 ] || fail "a pool died and the status is $status"
contains "$SCRATCH/out" "BROKEN: pool_b ended by itself"
none_left "$SCRATCH/logs3"
printf 'a pool that dies: noticed\n'

"$SOURCE/tests/tools/busy" --quick >"$SCRATCH/busy" 2>&1 || fail "busy: $(cat "$SCRATCH/busy")"
tail -n 1 "$SCRATCH/busy"
must_refuse "no number of rounds" "'often' is no number" "$SOURCE/tests/tools/busy" often

must_refuse "an unknown option" "there is no option '--fast'" "$HOST_STUB" e2e --fast 1
must_refuse "an unknown fault" "there is no fault 'meteor'" "$HOST_STUB" e2e --faults meteor
must_refuse "no configuration" "cannot be" "$HOST_STUB" e2e --config "$SCRATCH/nothing.ini"
must_refuse "no plugin" "proxy-1 does not start; it said last" "$HOST_STUB" e2e --plugin "$SCRATCH/nothing.so" --seconds 1
"$HOST_STUB" e2e --help >"$SCRATCH/out"
contains "$SCRATCH/out" "usage: host_stub e2e"
