#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub e2e, short: a run that keeps every promise, one with faults, what it writes; that no
# process outlives it, however it ends; and what is refused.
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
contains "$SCRATCH/out" "pool_c        10.00"
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

# The same in the plain.
e2e 0 --plain --seconds 2 --miners 3 --pools 2 --logs "$SCRATCH/logs-plain"
contains "$SCRATCH/out" "every promise was kept"
! grep -q authority_pubkey "$SCRATCH/logs-plain/config.ini" || fail "plain frames, and keys"
none_left "$SCRATCH/logs-plain"

# A fault of a pool, and the proxy that starts again in the middle.
e2e 0 --one-tip --miners 6 --pools 2 --faults grey,restart --fault-secs 1 --settle-secs 1 \
    --logs "$SCRATCH/logs2"
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

must_refuse "an unknown option" "there is no option '--fast'" "$HOST_STUB" e2e --fast 1
must_refuse "an unknown fault" "there is no fault 'meteor'" "$HOST_STUB" e2e --faults meteor
must_refuse "no configuration" "cannot be" "$HOST_STUB" e2e --config "$SCRATCH/nothing.ini"
must_refuse "no plugin" "proxy-1 does not start; it said last" "$HOST_STUB" e2e --plugin "$SCRATCH/nothing.so" --seconds 1
"$HOST_STUB" e2e --help >"$SCRATCH/out"
contains "$SCRATCH/out" "usage: host_stub e2e"
