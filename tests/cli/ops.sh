#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# What an operator has of a running proxy: host_stub ctl over its socket, the pages for monitoring,
# the audit and the state on the disk; each with what a mistake, a stranger and a kill -9 do to it.
. "$(dirname "$0")/../tools/checks.sh"

trap end_processes EXIT
cd "$SCRATCH"

cat >farm.ini <<INI
[controller]
evaluation_interval_secs = 1
min_reassignment_interval_secs = 1
measurement_window_secs = 10
[upstream.a]
address = 127.0.0.1
port = 1
percentage = 50
priority = 1
[upstream.b]
address = 127.0.0.1
port = 2
percentage = 50
priority = 2
INI
for name in a b; do
    "$HOST_STUB" pool --name "$name" --prefix "$name$name" --shares-per-minute 240 >"$name.out" 2>&1 </dev/null &
    PIDS+=($!)
done
wait_for a.out '^listening '
wait_for b.out '^listening '
address() { sed -n 's/^listening //p' "$1"; }
cat >proxy.ini <<INI
[proxy]
config = $SCRATCH/farm.ini
pool = a=$(address a.out) b=$(address b.out)
plain = a b
control = $SCRATCH/socket
http = 127.0.0.1:0
audit = $SCRATCH/audit
state = $SCRATCH/state
show-identities = yes
INI
start() {
    "$HOST_STUB" proxy --options proxy.ini >proxy.out 2>proxy.err </dev/null &
    PROXY=$!
    PIDS+=("$PROXY")
    wait_for proxy.out 'pool b is up'
}
start
"$HOST_STUB" miner --connect "$(address proxy.out)" --kind mixed --count 6 --rate 2000 --seconds 60 >miner.out 2>&1 </dev/null &
PIDS+=($!)

# says TEXT COMMAND...: the proxy does it; refuses TEXT COMMAND...: it does not.
ctl() { "$HOST_STUB" ctl --socket "$SCRATCH/socket" "$@"; }
says() {
    local text=$1
    shift
    ctl "$@" >said 2>&1 || fail "ctl $*: status $?: $(cat said)"
    grep -qF -- "$text" said || fail "ctl $*: no '$text' in: $(cat said)"
}
refuses() {
    local text=$1 status=0
    shift
    ctl "$@" >said 2>&1 || status=$?
    [ "$status" -eq 1 ] || fail "ctl $*: status $status: $(cat said)"
    grep -qF -- "$text" said || fail "ctl $*: no '$text' in: $(cat said)"
}
for _ in $(seq 100); do
    ctl status >said 2>&1 && grep -q '^mode live, 6 channels' said && break
    sleep 0.1
done
says 'mode live, 6 channels' status
grep -qE '^b +in +50.00 ' said || fail "no pool b in: $(cat said)"
says 'the targets are changed' targets a=90 b=10
says '90.00' status
refuses 'sum' targets a=90 b=90
refuses "there is no pool 'c'; there are: a b" targets a=50 c=50
refuses "targets takes POOL=PERCENT" targets a
says 'the tuning model is changed' tuning conservative
says 'tuning_model = conservative' config
refuses 'tuning takes one of: aggressive, balanced, conservative, proportional_only' tuning mad
says 'the gains are changed' tuning 1 0.1 0.05
says 'kp = 1' config
says 'the deadband is changed' deadband 2.5
says 'deadband_points = 2.5' config
says 'the deadband is changed' deadband auto
refuses 'deadband' deadband 101
says 'pinned' pin 'nobody.*' b
says 'not pinned any more' unpin 'nobody.*'
refuses '' unpin 'nobody.*'
says 'the pool is disabled' disable b
says 'disabled' status
refuses '' disable a
says 'the pool is enabled' enable b
wait_for proxy.out 'moved channel [0-9]+ \(0.000 TH/s\) from [ab] to [ab]$'
! grep '^t=[0-9]\{7\}' proxy.out || fail "a line before the beginning of time"
says 'mode is observe' mode observe
says 'mode observe' status
says 'mode is live' mode live
says 'the next tick evaluates' rebalance
says '"channel":' channels
says '"shares"' account
refuses "status takes nothing, not 'now'" status now
refuses "there is no command 'frobnicate'; there are:" frobnicate
sed -i 's/percentage = 50/percentage = 49/' farm.ini
refuses 'sum to 98: a 49, b 49; 2 is missing' reload
sed -i 's/percentage = 49/percentage = 50/' farm.ini
says 'the configuration is read again' reload
says '50.00' status

# The socket is this user's alone; what else is there is not touched; who says nothing is left.
[ "$(stat -c %a socket)" = 600 ] || fail "the socket has mode $(stat -c %a socket)"
status=0
"$HOST_STUB" ctl --socket "$SCRATCH/none" status 2>said || status=$?
[ "$status" -eq 2 ] && grep -q 'is the proxy running with --control?' said || fail "$status: $(cat said)"
status=0
"$HOST_STUB" proxy --options proxy.ini --listen 127.0.0.1:0 --audit other >/dev/null 2>said </dev/null || status=$?
[ "$status" -eq 2 ] && grep -q 'somebody listens at .*socket already' said || fail "$status: $(cat said)"
python3 - "$SCRATCH/socket" <<'PY'
import socket, sys, time
def speak(data):
    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(10)
    try:
        s.sendall(data)
        while s.recv(65536):
            pass
    except OSError:
        pass
    s.close()
speak(b"x" * 100000)
speak(b"\0\n")
speak(b"\xff\xfe%s%n\n")
idle = [socket.socket(socket.AF_UNIX) for _ in range(30)]
for s in idle:
    s.connect(sys.argv[1])
time.sleep(6)
PY
says 'mode live' status

# Monitoring.
page=$(sed -n 's,.*monitoring at \(http://[^/]*\)/metrics.*,\1,p' proxy.out)
fetch() { python3 - "$page$1" "${2:-}" <<'PY'
import sys, urllib.request, urllib.error
request = urllib.request.Request(sys.argv[1], headers={"Host": sys.argv[2]} if sys.argv[2] else {})
try:
    answer = urllib.request.urlopen(request, timeout=10)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status, answer.read().decode())
PY
}
fetch /metrics >said
grep -q '^hashmux_.*upstream="a"' said || fail "no metrics: $(head -5 said)"
if command -v promtool >/dev/null; then
    tail -n +1 said | sed '1s/^200 //' | promtool check metrics >promtool 2>&1 || fail "$(cat promtool)"
fi
fetch /status.json >said
sed '1s/^200 //' said | python3 -c 'import json, sys; json.load(sys.stdin)' || fail "no JSON"
fetch /channels.json >said
grep -q '^200 ' said || fail "no channels: $(cat said)"
fetch /health >said
grep -q '^200 miners can work' said || fail "not well: $(cat said)"
fetch /nothing >said
grep -q '^404 here are' said || fail "404: $(cat said)"
fetch /metrics evil.example >said
grep -q '^421 ' said || fail "another site's name is served: $(cat said)"
fetch /metrics localhost:80 >said
grep -q '^200 ' said || fail "localhost is not served: $(cat said)"
python3 - "$page" <<'PY'
import sys, urllib.request, urllib.error
for method in ("POST", "PUT", "DELETE"):
    try:
        urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/metrics", method=method, data=b"x"), timeout=10)
        sys.exit(method + " was answered")
    except urllib.error.HTTPError as error:
        assert error.code in (405, 413, 501), error.code
    except OSError:
        pass
PY

# SIGUSR1 prints the account, and nothing dies. A kill -9: the audit reads back, the state is there.
kill -USR1 "$PROXY"
wait_for proxy.out '"shares"'
says 'mode live' status
[ -s audit ] || fail "no audit"
kill -KILL "$PROXY"
wait "$PROXY" 2>/dev/null || true
printf '{"v":1,"event":"deci' >>audit # killed in the middle of a line
"$HOST_STUB" audit audit >said || fail "the audit does not read back: $(cat said)"
grep -qE '^[0-9]+ lines: 6 placements, ' said || fail "$(cat said)"
start # replaces the socket that is left, and begins a line of its own
says 'mode live' status
"$HOST_STUB" miner --connect "$(address proxy.out)" --kind standard --count 1 --rate 2000 --seconds 1 >miner.out 2>&1 </dev/null ||
    fail "$(cat miner.out)"
"$HOST_STUB" audit audit >said || fail "$(cat said)"
grep -q '^1 lines in pieces, where a process was killed' said || fail "$(cat said)"
grep -q ' 7 placements' said || fail "the first line after a kill is lost: $(cat said)"
"$HOST_STUB" audit audit --identity . >said
grep -q 'came to [ab]: ' said || fail "why is a miner where it is? $(cat said)"
echo nonsense >>audit
"$HOST_STUB" audit audit >said && fail "nonsense is taken for an audit"
grep -q '^1 lines are no lines of an audit' said || fail "$(cat said)"
kill -TERM "$PROXY"
wait "$PROXY" || fail "the proxy ends with $?: $(cat proxy.err)"
[ -s state ] || fail "no state"
[ ! -e socket ] || fail "the socket is left behind"

# A full disk is said once, and stops nothing.
if [ -w /dev/full ]; then
    ln -sf /dev/full full
    status=0
    "$HOST_STUB" proxy --options proxy.ini --audit full >/dev/null 2>said </dev/null || status=$?
    [ "$status" -eq 2 ] && grep -q 'is no regular file' said || fail "$status: $(cat said)"
fi
echo "watched, retuned, killed and read back"
