#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub config-check: each mistake of tests/data/ini gets the sentence that stands in
# tests/data/ini/SENTENCES, which is meant to be read as an operator would; colour and statuses.
#   config_check.sh            checks
#   config_check.sh --refresh  writes the sentences anew: read what changed
. "$(dirname "$0")/../tools/checks.sh"

sentences() {
    local file status
    cd "$SOURCE/tests/data/ini"
    for file in $(LC_ALL=C ls); do # in one order under every locale
        [[ $file = *.ini ]] || continue
        status=0
        "$HOST_STUB" config-check "$file" >"$SCRATCH/said" 2>&1 || status=$?
        printf '%s (status %s)\n' "$file" "$status"
        sed "s,$file:,line ,; s,line  ,,; s,^,    ," "$SCRATCH/said"
    done
}

listed=$SOURCE/tests/data/ini/SENTENCES
sentences >"$SCRATCH/sentences"
if [ "${1:-}" = --refresh ]; then
    cp "$SCRATCH/sentences" "$listed"
    exit 0
fi
diff "$listed" "$SCRATCH/sentences" >&2 || fail "other sentences; see config_check.sh --refresh"
files=$(grep -c '(status ' "$listed")
refused=$(grep -c '(status 1)' "$listed")
[ "$refused" -ge 100 ] || fail "only $refused of $files files are mistakes"
! grep -q 'status -' "$listed" || fail "a number of a status is no sentence"

# What it means is a configuration that says the same.
example=$SOURCE/plugin.ini.example
"$HOST_STUB" config-check "$example" --effective >"$SCRATCH/a.ini" 2>"$SCRATCH/said"
grep -q 'is good' "$SCRATCH/said" || fail "$(cat "$SCRATCH/said")"
grep -q '^evaluation_interval_secs = ' "$SCRATCH/a.ini" || fail "no key with its default"
"$HOST_STUB" config-check "$SCRATCH/a.ini" --effective >"$SCRATCH/b.ini" 2>/dev/null
diff "$SCRATCH/a.ini" "$SCRATCH/b.ini" || fail "what it wrote means something else"

# Statuses, and colour on a terminal only.
status=0
"$HOST_STUB" config-check "$SCRATCH/none.ini" 2>"$SCRATCH/said" || status=$?
[ "$status" -eq 2 ] || fail "a file that is not there: status $status"
grep -q 'cannot be read' "$SCRATCH/said" || fail "$(cat "$SCRATCH/said")"
status=0
"$HOST_STUB" config-check "$SCRATCH" 2>"$SCRATCH/said" || status=$?
[ "$status" -eq 1 ] || fail "a folder: status $status"
grep -q 'is a directory; a regular file is wanted' "$SCRATCH/said" || fail "$(cat "$SCRATCH/said")"
coloured() { # on a terminal of its own, which script makes
    env -u NO_COLOR "$@" script -qec "'$HOST_STUB' config-check '$SOURCE/tests/data/ini/empty.ini'" \
        /dev/null | grep -c $'\033\[31m' || true
}
[ "$(coloured)" -eq 1 ] || fail "no colour on a terminal"
[ "$(coloured NO_COLOR=1)" -eq 0 ] || fail "colour in spite of NO_COLOR"
grep -q $'\033' "$SCRATCH/said" && fail "colour in a file"

printf '%s configurations, %s of them refused: each with its sentence\n' "$files" "$refused"
