#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub keys as a person runs it: what is printed, what is in the file, and that the secret is
# nowhere else.
. "$(dirname "$0")/../tools/checks.sh"

file=$SCRATCH/authority.secret
(umask 0 && "$HOST_STUB" keys "$file" >"$SCRATCH/out" 2>"$SCRATCH/err") ||
    fail "keys: $(cat "$SCRATCH/err")"
public=$(cat "$SCRATCH/out")
grep -qxE '9[1-9A-HJ-NP-Za-km-z]{50}' "$SCRATCH/out" || fail "no public key of 51 characters: $public"
[ "$(stat -c %a "$file")" = 600 ] || fail "the file's mode is $(stat -c %a "$file")"
grep -qxE '[1-9A-HJ-NP-Za-km-z]{48,52}' "$file" || fail "no secret key in the file"
! grep -qF "$(cat "$file")" "$SCRATCH/out" "$SCRATCH/err" || fail "the secret is printed"

[ "$("$HOST_STUB" keys --public "$file")" = "$public" ] || fail "--public prints another key"

# The plugin takes what is printed.
sed "s/^authority_pubkey = .*/authority_pubkey = $public/" "$SOURCE/plugin.ini.example" >"$SCRATCH/farm.ini"
grep -qF "$public" "$SCRATCH/farm.ini" || fail "plugin.ini.example has no authority_pubkey"
"$HOST_STUB" simulate --scenario example --hours 0.1 --config "$SCRATCH/farm.ini" >"$SCRATCH/out" 2>&1 ||
    fail "the plugin does not take the key: $(cat "$SCRATCH/out")"

refused() { # SENTENCE ARGUMENT...
    local sentence=$1 status=0
    shift
    "$HOST_STUB" keys "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
    [ "$status" -eq 2 ] && [ ! -s "$SCRATCH/out" ] || fail "keys $*: $status, $(cat "$SCRATCH/out")"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "keys $*: no '$sentence' in $(cat "$SCRATCH/err")"
}
refused "FILE" # none is given
refused "$file is there already and is left as it is" "$file"
refused "none cannot be opened: No such file" --public "$SCRATCH/none"
refused "none/x cannot be made: No such file" "$SCRATCH/none/x"
chmod 644 "$file"
refused "others than its owner may use $file (mode 644), which holds a secret key; say: chmod 600 $file" --public "$file"
sed 's/^./l/' "$file" >"$SCRATCH/broken" && chmod 600 "$SCRATCH/broken"
refused "has a character that is not of Base58" --public "$SCRATCH/broken"
! grep -qF "$(cut -c2-20 "$file")" "$SCRATCH/err" || fail "a refusal shows the secret"

# Another key each time.
[ "$("$HOST_STUB" keys "$SCRATCH/second")" != "$public" ] || fail "the same key again"
echo "keys are made, kept and shown as they should be"
