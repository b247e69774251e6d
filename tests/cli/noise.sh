#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub pool, proxy and miner by Noise: pools that prove themselves, one that has no key and one
# that is another than it says; miners that know the proxy, and some that do not; and that nothing
# speaks in the plain where somebody could listen.
. "$(dirname "$0")/../tools/checks.sh"

PIDS=()
end_all() {
    for pid in "${PIDS[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true # it still writes its account
    done
    rm -rf "$SCRATCH"
}
trap end_all EXIT

refused() { # SENTENCE ARGUMENT...
    local sentence=$1 status=0
    shift
    timeout 20 "$HOST_STUB" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    [ "$status" -eq 2 ] || fail "$* ends with $status, not 2"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "$*: no '$sentence' in $(cat "$SCRATCH/err")"
}

address() { sed -n 's/^listening //p' "$SCRATCH/$1.out"; }

# One authority for the pools, one for the proxy.
for who in pools proxy; do
    "$HOST_STUB" keys "$SCRATCH/$who.secret" >"$SCRATCH/$who.key"
done
pools=$(cat "$SCRATCH/pools.key") proxy=$(cat "$SCRATCH/proxy.key")
for name in good keyless other plain; do
    secret=(--authority-secret "$SCRATCH/pools.secret")
    [ "$name" != plain ] || secret=()
    "$HOST_STUB" pool --name "$name" --shares-per-minute 600 "${secret[@]}" --json "$SCRATCH/$name.json" \
        >"$SCRATCH/$name.out" 2>&1 </dev/null &
    PIDS+=($!)
done
number=0
for name in good keyless other plain; do
    wait_for "$SCRATCH/$name.out" '^listening '
    number=$((number + 1))
    printf '[upstream.%s]\naddress = 127.0.0.1\nport = %s\npercentage = 25\npriority = %s\n' \
        "$name" "$(address "$name" | sed 's/.*://')" "$number"
    case "$name" in
    good | plain) printf 'authority_pubkey = %s\n' "$pools" ;;
    other) printf 'authority_pubkey = %s\n' "$proxy" ;; # whose certificate it has not
    esac
done >"$SCRATCH/farm.ini"

"$HOST_STUB" proxy --config "$SCRATCH/farm.ini" --authority-secret "$SCRATCH/proxy.secret" \
    --plain plain --listen '[::1]:0' --frames "$SCRATCH/frames" --json "$SCRATCH/proxy.json" \
    >"$SCRATCH/proxy.out" 2>"$SCRATCH/proxy.err" </dev/null &
PROXY=$!
PIDS+=("$PROXY")
for name in good keyless plain; do
    wait_for "$SCRATCH/proxy.out" "pool $name is up"
done
place=$(address proxy)
[[ $place == '[::1]:'* ]] || fail "listens at $place"
wait_for "$SCRATCH/proxy.out" \
    "pool keyless has no authority key: whoever answers at 127\\.0\\.0\\.1:[0-9]+ is taken for it"
[ "$(grep -c 'has no authority key' "$SCRATCH/proxy.out")" -eq 1 ] || fail "more than one warning"
wait_for "$SCRATCH/proxy.out" \
    "pool other is lost: its certificate is not signed with the authority key that is expected"
! grep -q 'pool other is up' "$SCRATCH/proxy.out" || fail "a pool that is another is used"

# Miners that know the proxy, that trust anybody, that know somebody else, that speak in the plain.
"$HOST_STUB" miner --connect "$place" --noise "$proxy" --count 4 --rate 2000 --seconds 4 \
    --json "$SCRATCH/miner.json" >"$SCRATCH/miner.out" 2>&1 || fail "miners: $(cat "$SCRATCH/miner.out")"
"$HOST_STUB" miner --connect "$place" --noise any --seconds 1 >"$SCRATCH/miner.out" 2>&1 ||
    fail "a miner: $(cat "$SCRATCH/miner.out")"
stranger() { # SENTENCE ARGUMENT...
    local sentence=$1 status=0
    shift
    "$HOST_STUB" miner --connect "$place" --seconds 1 "$@" >"$SCRATCH/miner.out" 2>&1 || status=$?
    [ "$status" -eq 1 ] || fail "miner $* ends with $status"
    grep -qE -- "$sentence" "$SCRATCH/miner.out" || fail "miner $*: $(cat "$SCRATCH/miner.out")"
}
stranger 'its certificate is not signed with the authority key that is expected' --noise "$pools"
stranger 'no channel was ever opened'
grep -q 'is over: the peer speaks plain frames, and Noise is spoken here$' "$SCRATCH/proxy.out" ||
    fail "plain frames are not found at once: $(cat "$SCRATCH/proxy.out")"
kill -TERM "$PROXY"
status=0
wait "$PROXY" || status=$?
[ "$status" -eq 0 ] || fail "the proxy ends with $status: $(cat "$SCRATCH/proxy.err")"
[ ! -s "$SCRATCH/proxy.err" ] || fail "all is well, and the proxy says: $(cat "$SCRATCH/proxy.err")"

# What was recorded is what was said, and it was said by Noise.
mapfile -t mined < <(grep -l SubmitShares "$SCRATCH"/frames/conn-*.hex)
[ "${#mined[@]}" -ge 4 ] || fail "recordings with shares: ${mined[*]}"
"$HOST_STUB" check --verify "${mined[@]}" "$SCRATCH"/frames/up-*.hex >"$SCRATCH/check" ||
    fail "the recordings: $(cat "$SCRATCH/check")"
[ ! -e "$SCRATCH/frames/up-other.hex" ] || fail "frames went to a pool that is another"
if PYTHON=$(first_command python3) && [ -n "$PYTHON" ]; then
    "$PYTHON" - "$SCRATCH" <<'PY' || fail "the account: $(cat "$SCRATCH/proxy.json")"
import json
import sys

read = lambda name: json.load(open("%s/%s.json" % (sys.argv[1], name)))
pools = {p["id"]: p for p in read("proxy")["pools"]}
miner = read("miner")
assert miner["accepted"] > 50 and miner["server_faults"] == 0, miner
for name in ("good", "keyless", "plain"):
    assert pools[name]["accepted"] > 0, name
assert pools["other"]["submitted"] == 0
assert all(p["lost"] == 0 for p in pools.values())
PY
fi

# The secret keys are in nothing that was written.
for who in pools proxy; do
    secret=$(cat "$SCRATCH/$who.secret")
    hits=$(grep -rlF -- "$secret" "$SCRATCH" | grep -v "/$who.secret$" || true)
    [ -z "$hits" ] || fail "the secret of $who is in $hits"
done

# In the plain only where nobody else can listen.
refused "--listen 0.0.0.0:0: others than this machine reach it, and without --authority-secret" \
    proxy --config "$SCRATCH/farm.ini" --listen 0.0.0.0:0
refused "--plain: the configuration has no pool 'c'" proxy --config "$SCRATCH/farm.ini" --plain c
refused "'pool.example' is no address" proxy --config "$SCRATCH/farm.ini" --listen pool.example:1
chmod 640 "$SCRATCH/proxy.secret"
refused "others than its owner may use $SCRATCH/proxy.secret (mode 640)" \
    proxy --config "$SCRATCH/farm.ini" --authority-secret "$SCRATCH/proxy.secret"
refused "others than its owner may use $SCRATCH/proxy.secret" pool --authority-secret "$SCRATCH/proxy.secret"
refused "--noise takes an authority key (51 characters that begin with 9), or any; this one" \
    miner --connect 127.0.0.1:1 --noise 9x

begin() { # ARGUMENT...: a proxy until it says the words of $2 in its log
    local words=$1
    shift
    "$HOST_STUB" proxy --config "$SCRATCH/farm.ini" "$@" >"$SCRATCH/short.out" 2>&1 </dev/null &
    PIDS+=($!)
    wait_for "$SCRATCH/short.out" "$words"
    kill -TERM "${PIDS[-1]}"
    wait "${PIDS[-1]}" || fail "the proxy ends with $?: $(cat "$SCRATCH/short.out")"
}
begin '^listening 0\.0\.0\.0:[1-9]' --listen 0.0.0.0:0 --plain-listen
begin 'pool plain is lost: plain frames go to loopback only, and 192\.0\.2\.1:3333 is not there' \
    --plain plain --pool plain=192.0.2.1:3333
begin "pool plain is lost: 'no-such-pool\\.invalid' cannot be looked up" --pool plain=no-such-pool.invalid:3333
# A pool that speaks in the plain, where Noise is expected.
begin 'pool plain is lost: the peer (closed it during|does not finish) the Noise handshake'
echo "pools, proxy and miners know each other by Noise"
