#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub check as a person runs it: on the recorded sessions, on a whole small world of pools and
# miners and on broken copies of it, and on files that are none. What the simulation writes is checked
# in frames.sh.
. "$(dirname "$0")/../tools/checks.sh"

export HASHMUX_HOME=${HASHMUX_HOME:-$SOURCE}
sessions=$SOURCE/tests/data/sv2/sessions
world=$SOURCE/tests/data/sv2/world

# check EXPECTED-STATUS ARGUMENT...: prints to $SCRATCH/out.
check() {
    local want=$1 status=0
    shift
    "$HOST_STUB" check "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
    [ "$status" -eq "$want" ] ||
        fail "check ${*:1:5} ended with $status, not $want: $(tail -n 5 "$SCRATCH/out" "$SCRATCH/err")"
}

says() { # TEXT...
    local text
    for text in "$@"; do
        grep -qF -- "$text" "$SCRATCH/out" "$SCRATCH/err" ||
            fail "it does not say '$text': $(tail -n 20 "$SCRATCH/out" "$SCRATCH/err")"
    done
}

# ---- recorded sessions ----

legal=()
for file in "$sessions"/*.hex; do
    case "$(basename "$file")" in
    bad_*) ;;
    *)
        check 0 "$file"
        says "files 1, " "violations 0"
        check 0 --verify "$file"
        legal+=("$file")
        ;;
    esac
done
[ "${#legal[@]}" -ge 4 ] || fail "only ${#legal[@]} legal sessions"
check 0 "${legal[@]}" # together: nothing says that they were open at the same time
says "${#legal[@]} files without times: compared with no other"

flagged() { # SESSION PLACE
    check 1 "$sessions/$1.hex"
    says "$1.hex:$2"
    [ "$(head -n 1 "$SCRATCH/out" | grep -cF "$1.hex:$2")" = 1 ] || fail "$1: not the first line"
    printf 'flagged: %s\n' "$(head -n 1 "$SCRATCH/out" | sed 's/.*hex:/line /')"
}
flagged bad_job_id_collision "17: frame 8 at byte 384, NewExtendedMiningJob: job-id-in-use: "
flagged bad_prevhash_nonfuture "19: frame 9 at byte 538, SetNewPrevHash: prev-hash-needs-future-job: "
flagged bad_order_prefix_after_job "19: frame 9 at byte 534, SetNewPrevHash: prefix-order: "
check 1 --verify "$sessions/bad_order_prefix_after_job.hex"
says "frame 10 at byte 588, SubmitSharesExtended: share-refused: difficulty-too-low"
found=$(find "$sessions" -name '*.hex' | wc -l)
[ "$found" -eq $((${#legal[@]} + 3)) ] || fail "$found sessions, not all of them were looked at"

# ---- the world, whole and broken ----

check 0 "$world"/*.hex
says "files 4, " "jobs traced to pools 9, violations 0"
cp "$SCRATCH/out" "$SCRATCH/first"
check 0 "$world/conn-2.hex" "$world/up-b.hex" "$world/conn-1.hex" "$world/up-a.hex"
cmp -s "$SCRATCH/first" "$SCRATCH/out" || fail "the order of the files makes a difference"
check 0 "$world/conn-1.hex" "$world/conn-2.hex"
says "jobs traced to pools 0"

# broken FILE SED RULE: a copy of the world with one file changed.
broken() {
    rm -rf "$SCRATCH/world"
    cp -r "$world" "$SCRATCH/world"
    sed -i "$2" "$SCRATCH/world/$1"
    ! cmp -s "$world/$1" "$SCRATCH/world/$1" || fail "nothing was changed by $2"
    check 1 "$SCRATCH/world"/*.hex
    says ": $3: "
    printf 'caught: %s\n' "$(grep -m 1 -F ": $3: " "$SCRATCH/out" | sed 's/.*hex:/line /')"
}
root=$(sed -n 's/^# S->C t=2.000 NewMiningJob .*merkle_root=//p' "$world/conn-1.hex")
[ "${#root}" -eq 64 ] || fail "no merkle root in conn-1.hex"
flipped=$(printf '%s' "$root" | tr '0123456789abcdef' '123456789abcdef0')
broken conn-1.hex "s/^\(0080152d.*\)$root/\1$flipped/" merkle-root
# The standard channel's prefix on b, one byte shorter (the length of the frame, too).
broken conn-1.hex 's/^0080191100000400\(.*\)0cbbbb\(.*\)00$/0080191000000400\10bbbbb\2/' prefix-length
broken conn-2.hex 's/08aaaaaaaa11000000/08aaaaaaaa01000000/' search-space-overlap
says "conn-2.hex" "conn-1.hex" "both for a"
broken conn-1.hex 's/t=20.000 SetTarget/t=19.000 SetTarget/' time-order
broken up-a.hex 's/t=21.000 UpdateChannel/t=20.500 UpdateChannel/' update-debounce
broken up-b.hex 's/C->S t=13.000/S->C t=13.000/' direction

# ---- what cannot be read ----

bad_input() { # WHAT TEXT ARGUMENT...
    local what=$1 text=$2
    shift 2
    check 2 "$@"
    says "$text"
    printf 'refused: %s\n' "$what"
}
bad_input "no files" "which files?"
bad_input "an unknown option" "there is no option '--fast'" --fast "$world/up-a.hex"
bad_input "a file that is not there" "cannot be opened" "$SCRATCH/nothing.hex"
bad_input "a folder" "is a folder" "$world"
echo "0000010600000200" >"$SCRATCH/x.hex"
bad_input "a frame that is cut" "x.hex:1: the frame has 8 bytes, and its header says 12" \
    "$SCRATCH/x.hex"
echo "00000106000002000000000g" >"$SCRATCH/x.hex"
bad_input "broken hex" "x.hex:1: the line holds something else than hex digits" "$SCRATCH/x.hex"
: >"$SCRATCH/x.hex"
bad_input "an empty file" "no frame is in it" "$SCRATCH/x.hex"
# What can be read is checked all the same, and status 2 wins over 1.
bad_input "one of several" "job-id-in-use" "$SCRATCH/x.hex" "$sessions/bad_job_id_collision.hex"
check 0 --help
says "usage: host_stub check [FILE...] [options]" "Status: 0 done; 1 there are violations; 2 "
check 0 --rules
[ "$(wc -l <"$SCRATCH/out")" -ge 40 ] || fail "only $(wc -l <"$SCRATCH/out") rules"

# Ten of a rule in a file are shown, all with --all.
{
    head -n 4 "$world/up-a.hex"
    for ((i = 0; i < 30; i++)); do echo "00801e04000001000000"; done
} >"$SCRATCH/many.hex"
check 1 "$SCRATCH/many.hex"
says "20 more violations are not shown" "malformed                   30" "violations 30"
check 1 --all "$SCRATCH/many.hex"
[ "$(grep -c ': malformed: ' "$SCRATCH/out")" -eq 30 ] || fail "--all does not show all"
