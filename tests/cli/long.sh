#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# tests/tools/long, without its hours: each of its commands stands in the page whose figures it
# makes, each program of theirs is there, and what is no part is refused.
. "$(dirname "$0")/../tools/checks.sh"

"$SOURCE/tests/tools/long" --list >"$SCRATCH/list"
[ "$(head -n 1 "$SCRATCH/list")" = "part  minutes  command" ] || fail "--list: $(cat "$SCRATCH/list")"
count=0
while read -r part minutes command; do
    { [ -n "$command" ] && [ "$minutes" -gt 0 ]; } || fail "a row without a command: $part $minutes"
    grep -qxF -- "$command" "$SOURCE/tests/MEASURED.md" || grep -qF -- "$command" "$SOURCE/tests/README.md" ||
        fail "neither tests/MEASURED.md nor tests/README.md has the command of $part: $command"
    case "$command" in
    build/bin/host_stub\ *) ;;
    *) [ -x "$SOURCE/${command%% *}" ] || fail "$part: there is no program ${command%% *}" ;;
    esac
    count=$((count + 1))
done < <(tail -n +2 "$SCRATCH/list")
[ "$count" -ge 5 ] || fail "--list has only $count parts"
must_refuse "an unknown part" "there is no part 'bench9'; the parts are: bench8" "$SOURCE/tests/tools/long" bench9
"$SOURCE/tests/tools/long" --help | grep -q '^long \[PART' || fail "--help does not help"
printf 'long: %s parts, each in its page\n' "$count"
