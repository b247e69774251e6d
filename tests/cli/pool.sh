#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# host_stub pool as a process: the port that it prints, a connection over loopback, faults by the
# clock and by lines on standard input, counts at the end, and who ends it.
. "$(dirname "$0")/../tools/checks.sh"
. "$(dirname "$0")/../tools/odd_peers.sh"

pool_pid=
stop_pool() {
    [ -z "$pool_pid" ] || kill "$pool_pid" 2>/dev/null || true
    pool_pid=
}
trap 'stop_pool; rm -rf "$SCRATCH"' EXIT

# start_pool ARGUMENT...: runs it; its lines go to $SCRATCH/out, its input is descriptor 7, its port
# $port.
start_pool() {
    rm -f "$SCRATCH/in" "$SCRATCH/out"
    mkfifo "$SCRATCH/in"
    "$HOST_STUB" pool "$@" <"$SCRATCH/in" >"$SCRATCH/out" 2>"$SCRATCH/err" &
    pool_pid=$!
    exec 7>"$SCRATCH/in"
    wait_for '^listening 127\.0\.0\.1:[0-9]+$'
    port=$(sed -nE '1s/^listening 127\.0\.0\.1:([0-9]+)$/\1/p' "$SCRATCH/out")
    [ -n "$port" ] || fail "the first line is not the port: $(cat "$SCRATCH/out")"
}

# wait_for REGEX: in the pool's output, at most ten seconds.
wait_for() {
    for _ in $(seq 200); do
        grep -qE -- "$1" "$SCRATCH/out" 2>/dev/null && return 0
        sleep 0.05
    done
    fail "no '$1' in $(cat "$SCRATCH/out" "$SCRATCH/err")"
}

# end_pool SIGNAL: its status to $status.
end_pool() {
    kill -"$1" "$pool_pid"
    status=0
    wait "$pool_pid" || status=$?
    pool_pid=
    exec 7>&-
}

# member NAME: of the counts in $SCRATCH/counts.
member() {
    sed -nE "s/^  \"$1\": ([^,]*),?$/\1/p" "$SCRATCH/counts"
}

# SetupConnection of a miner, protocol 0, version 2, no flags, no texts; and its answer.
setup='\x00\x00\x00\x10\x00\x00\x00\x02\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00'
success='000001060000020000000000'

connect_and_set_up() {
    exec 8<>"/dev/tcp/127.0.0.1/$port" || fail "nobody listens on $port"
    # shellcheck disable=SC2059
    printf "$setup" >&8
    answer=$(head -c 12 <&8 | od -An -tx1 | tr -d ' \n')
    [ "$answer" = "$success" ] || fail "SetupConnection is answered by '$answer'"
}

# The port, a connection, the counts on SIGTERM.
start_pool --name alpha --prefix a1b2 --extranonce-size 8 --json "$SCRATCH/counts" --frames "$SCRATCH/frames"
connect_and_set_up
printf 'stats\n' >&7
wait_for '^stats \{"name":"alpha","prefix":"a1b2","extranonce_size":8,.*"connections":1,'
end_pool TERM
[ "$status" -eq 0 ] || fail "SIGTERM ends it with $status: $(cat "$SCRATCH/err")"
[ "$(head -c 1 <&8 | wc -c)" -eq 0 ] || fail "the connection goes on after the pool's end"
exec 8>&-
[ "$(member name)" = '"alpha"' ] || fail "no counts: $(cat "$SCRATCH/counts")"
[ "$(member connections)" = 1 ] && [ "$(member accepted)" = 0 ] && [ "$(member own_faults)" = 0 ] ||
    fail "wrong counts: $(cat "$SCRATCH/counts")"
grep -q '^# C->S t=.* SetupConnection ' "$SCRATCH/frames/pool-alpha-1.hex" &&
    grep -qx "$success" "$SCRATCH/frames/pool-alpha-1.hex" || fail "the recording lacks a frame"

# Down by a line and by the clock: nobody can connect, who was there is gone, and the port stays.
start_pool --fault down@1.5+0.5
before=$port
connect_and_set_up
printf 'down\n' >&7
wait_for ' down begins$'
[ "$(head -c 1 <&8 | wc -c)" -eq 0 ] || fail "the connection outlives the pool's fall"
exec 8>&-
if (exec 8<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    fail "a pool that is down takes a connection"
fi
printf 'up\n' >&7
wait_for ' down ends$'
connect_and_set_up
wait_for '^t=1\.[5-9].* down begins$'
wait_for '^t=2.* down ends$'
exec 8>&-
connect_and_set_up
[ "$port" = "$before" ] || fail "the port has changed"

# A line that is no command, a frame that is none, half a frame: said, and nobody else suffers.
printf 'melt 3\nprefix-change\n%0300d\n' 0 >&7
wait_for " error there is no command 'melt'; there are refuse, "
wait_for ' error the line is too long$'
exec 9<>"/dev/tcp/127.0.0.1/$port"
printf '\x00\x00\x00\x02\x00\x00\x00\x02' >&9
[ "$(head -c 1 <&9 | wc -c)" -eq 0 ] || fail "a malformed frame is answered"
exec 9>&-
wait_for ' a connection is over: malformed frame: SetupConnection: '
printf '\x12\x34\x00\x00\x00\x00' >&8 # an unknown extension is ignored
printf 'quit\n' >&7
status=0
wait "$pool_pid" || status=$?
pool_pid=
exec 7>&- 8>&-
[ "$status" -eq 0 ] || fail "quit ends it with $status"

# What odd miners say is answered, and nothing of it ends the pool.
start_pool
odd_peers "127.0.0.1:$port"
stop_pool
exec 7>&-

# Its standard input may end; its parent may not.
start_pool
exec 7>&-
sleep 0.2
kill -0 "$pool_pid" || fail "it ends with its standard input"
stop_pool
bash -c '"$0" pool </dev/null >"$1" & echo $! >"$2"; while [ ! -s "$1" ]; do sleep 0.05; done' \
    "$HOST_STUB" "$SCRATCH/orphan" "$SCRATCH/child"
child=$(cat "$SCRATCH/child")
is_running() { # a process that has ended and whom nobody has waited for does not run
    grep -qE '^State:\s+[^ZX]' "/proc/$1/status" 2>/dev/null
}
for _ in $(seq 100); do
    is_running "$child" || break
    sleep 0.05
done
if is_running "$child"; then
    kill "$child"
    fail "it outlives its parent"
fi

# Refusals.
refused() { # SENTENCE ARGUMENT...
    local sentence=$1
    shift
    status=0
    "$HOST_STUB" pool "$@" >"$SCRATCH/refused" 2>"$SCRATCH/err" </dev/null || status=$?
    [ "$status" -eq 2 ] || fail "pool $* ends with $status, not 2"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "pool $*: no '$sentence' in $(cat "$SCRATCH/err")"
    [ ! -s "$SCRATCH/refused" ] || fail "pool $* is refused and prints a result"
}
refused "there is no option '--melt'; host_stub pool --help lists them" --melt
refused "--port takes a whole number from 0 to 65535, not '70000'" --port 70000
refused "--prefix takes 0 to 30 bytes in hex, not 'xyz'" --prefix xyz
refused "there is no fault 'melt'; there are refuse, down," --fault melt@3
refused "make 35 bytes; 32 fit" --extranonce-size 32
start_pool
refused "cannot listen on 127.0.0.1:$port: Address already in use" --port "$port"
stop_pool
"$HOST_STUB" pool --help | grep '^usage: host_stub pool ' >/dev/null || fail "no usage"
