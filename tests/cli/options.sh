#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Every command of host_stub and its table of options: what --help, refusals, statuses, completion
# and output that cannot be written have in common.
. "$(dirname "$0")/../tools/checks.sh"

# Runs host_stub; its output goes to $SCRATCH/out and $SCRATCH/err, its status to $status.
stub() {
    status=0
    timeout 60 "$HOST_STUB" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
}

# refused SENTENCE ARGUMENT...: status 2, one sentence that begins with the command, and no output.
refused() {
    local sentence=$1
    shift
    stub "$@"
    [ "$status" -eq 2 ] || fail "host_stub $* ends with $status, not 2: $(cat "$SCRATCH/err")"
    grep -qF -- "$sentence" "$SCRATCH/err" || fail "host_stub $*: no '$sentence' in $(cat "$SCRATCH/err")"
    [ ! -s "$SCRATCH/out" ] || fail "host_stub $* is refused and prints: $(cat "$SCRATCH/out")"
}

stub --help
[ "$status" -eq 0 ] || fail "--help ends with $status"
mapfile -t commands < <(sed -nE 's/^  host_stub ((bench )?[a-z0-9]+) .*/\1/p' "$SCRATCH/out")
[ "${#commands[@]}" -ge 12 ] || fail "--help lists ${#commands[@]} commands"
for i in 0 1 2; do
    grep -qE "^  $i  " "$SCRATCH/out" || fail "--help does not tell of status $i"
done

"$HOST_STUB" completion bash >"$SCRATCH/completion.bash"
ranges=0 options=0
for command in "${commands[@]}"; do
    read -ra words <<<"$command"
    stub "${words[@]}" --help
    cp "$SCRATCH/out" "$SCRATCH/help"
    [ "$status" -eq 0 ] && grep -q "^usage: host_stub $command" "$SCRATCH/help" || fail "$command --help: $status"
    [ "$(wc -L <"$SCRATCH/help")" -le 100 ] || fail "$command --help is wider than 100 columns"
    grep -q '^Status: 0 done; ' "$SCRATCH/help" || fail "$command --help tells no status"
    stub help "${words[@]}"
    cmp -s "$SCRATCH/out" "$SCRATCH/help" || fail "help $command and $command --help differ"

    # The options of help are those that are taken and those that are completed.
    sed -nE 's/^  (--[a-z-]+).*/\1/p' "$SCRATCH/help" >"$SCRATCH/listed"
    sed -n "s/^ *'$command') words='--help \{0,1\}\([^']*\)'.*/\1/p" "$SCRATCH/completion.bash" |
        tr ' ' '\n' | sed '/^$/d' >"$SCRATCH/completed"
    cmp -s "$SCRATCH/listed" "$SCRATCH/completed" || fail "$command completes $(paste -sd' ' "$SCRATCH/completed")"
    options=$((options + $(wc -l <"$SCRATCH/listed")))

    refused "host_stub $command: there is no option '--no-such-thing'; host_stub $command --help lists them" \
        "${words[@]}" --no-such-thing
    while read -r name value; do
        case "$value" in
        [A-Z0-9]*) refused "host_stub $command: $name needs a value: ${value%% *}" "${words[@]}" "$name" ;;
        *) refused "host_stub $command: $name takes no value, not 'x'" "${words[@]}" "$name=x" ;;
        esac
    done < <(sed -nE 's/^  (--[a-z-]+( [A-Z0-9][^ ]*)?)  .*/\1/p' "$SCRATCH/help")

    # A value below and above each range, in both ways of writing.
    tr '\n' ' ' <"$SCRATCH/help" | sed -E 's/ +/ /g; s/ (--[a-z-]+ [A-Z])/\n\1/g' >"$SCRATCH/rows"
    while read -r name least most; do
        what="host_stub $command: $name takes a (whole )?number from $least to $most, not '999999999999'"
        stub "${words[@]}" "$name=999999999999"
        [ "$status" -eq 2 ] && grep -qE "^$what\$" "$SCRATCH/err" ||
            fail "$command $name=999999999999: $status, $(cat "$SCRATCH/err")"
        refused "$name takes a " "${words[@]}" "$name" -1
        ranges=$((ranges + 1))
    done < <(sed -nE 's/^(--[a-z-]+) .*\(([0-9.]+) to ([0-9.]+)\).*/\1 \2 \3/p' "$SCRATCH/rows")

    # What is printed and does not arrive.
    status=0
    "$HOST_STUB" "${words[@]}" --help >/dev/full 2>"$SCRATCH/err" || status=$?
    [ "$status" -eq 2 ] && grep -q 'standard output cannot be written: No space left on device' "$SCRATCH/err" ||
        fail "$command --help into /dev/full: $status, $(cat "$SCRATCH/err")"

    # Outputs are refused before anything else happens.
    while read -r name; do
        arguments=("${words[@]}" "$name" "$SCRATCH/none/x")
        case "$command" in
        simulate) arguments+=(--scenario nine) ;;
        proxy) arguments+=(--config "$SOURCE/plugin.ini.example") ;;
        validate) arguments+=("$LIB/hashmux.so") ;;
        miner) arguments+=(--connect 127.0.0.1:1) ;;
        esac
        refused "host_stub $command: $name: " "${arguments[@]}"
        grep -q 'No such file or directory$' "$SCRATCH/err" || fail "$command $name: $(cat "$SCRATCH/err")"
    done < <(grep -xE -- '--(json|report|frames|logs|state)' "$SCRATCH/listed" | grep -v "^$([ "$command" = inspect ] && echo --json)\$")
done
[ "$ranges" -ge 25 ] && [ "$options" -ge 70 ] || fail "only $ranges ranges of $options options were found"
printf '%s commands, %s options, %s ranges\n' "${#commands[@]}" "$options" "$ranges"

# Runs whose results do not arrive.
full() { # ARGUMENT...
    status=0
    timeout 60 "$HOST_STUB" "$@" >/dev/full 2>"$SCRATCH/err" </dev/null || status=$?
    [ "$status" -eq 2 ] && grep -qE 'cannot be written: (No space left on device|not all )' "$SCRATCH/err" ||
        fail "host_stub $* into /dev/full: $status, $(cat "$SCRATCH/err")"
}
recording=$SOURCE/tests/data/sv2/sessions/ext_hard_move.hex
full inspect "$LIB/hashmux.so"
full inspect --json "$LIB/hashmux.so"
full scan "$LIB"
full validate "$LIB/hashmux.so" --only 'load.*'
full simulate --scenario nine --hours 0.1
full simulate --scenario nine --hours 0.1 --json -
full simulate --list
full bench control --scenarios nine --seeds 1, --plugins hashmux --presets balanced --hours 0.1
full bench control --scenarios nine --seeds 1, --plugins hashmux --presets balanced --hours 0.1 --json -
full bench speed --channels 100 --quick
full replay "$recording"
full check "$recording"
full check --rules
full completion zsh
full --version
full --help
for arguments in "simulate --scenario nine --hours 0.1 --quiet" "bench speed --channels 100 --quick" \
    "bench control --scenarios nine --seeds 1, --plugins hashmux --presets balanced --hours 0.1 --quiet"; do
    read -ra words <<<"$arguments"
    stub "${words[@]}" --json /dev/full
    [ "$status" -eq 2 ] && grep -q '/dev/full cannot be written: No space left on device' "$SCRATCH/err" ||
        fail "$arguments --json /dev/full: $status, $(cat "$SCRATCH/err")"
done
# What was there stays when the result cannot be had.
echo old >"$SCRATCH/old"
stub simulate --scenario nine --config /no/such.ini --json "$SCRATCH/old"
[ "$status" -eq 2 ] && [ "$(cat "$SCRATCH/old")" = old ] || fail "a run that fails destroys what was there"

# Commands that are none.
refused "host_stub: there is no command 'simulat'; did you mean simulate? host_stub --help lists them" simulat
refused "host_stub: there is no command 'frobnicate'; host_stub --help lists them" frobnicate
refused "host_stub bench: say which, one of:" bench
stub --version
grep -qE '^host_stub [0-9]+\.[0-9]+\.[0-9]+, contract [0-9]+\.[0-9]+$' "$SCRATCH/out" || fail "--version: $(cat "$SCRATCH/out")"
stub miner --connect 127.0.0.1:1 --seconds 0.5
[ "$status" -eq 1 ] && grep -q 'no channel was ever opened at 127.0.0.1:1: ' "$SCRATCH/err" ||
    fail "a miner whom nobody answers: $status, $(cat "$SCRATCH/err")"

# Completion.
complete_as() { # WORD...: the last one is to be completed
    # shellcheck disable=SC2016
    bash -c 'source "$1"; shift; complete -p host_stub >/dev/null || exit 3
        COMP_WORDS=(host_stub "$@"); COMP_CWORD=$#; _host_stub; printf "%s\n" "${COMPREPLY[@]}"' \
        bash "$SCRATCH/completion.bash" "$@"
}
expect_completion() { # EXPECTED WORD...
    local expected=$1 got
    shift
    got=$(complete_as "$@" | paste -sd' ')
    [ "$got" = "$expected" ] || fail "completing '$*' gives '$got', not '$expected'"
}
expect_completion "simulate" sim
expect_completion "control speed live" bench ""
expect_completion "--seeds --set" bench control --se
expect_completion "--kind" miner --ki
expect_completion "standard extended mixed" miner --kind ""
expect_completion "bash zsh" completion ""
expect_completion "$SOURCE/plugin.ini.example" proxy --config "$SOURCE/plugin.ini.e"
if command -v zsh >/dev/null 2>&1; then
    "$HOST_STUB" completion zsh >"$SCRATCH/completion.zsh"
    # shellcheck disable=SC2016
    got=$(zsh -f -c 'autoload -Uz compinit && compinit -u -D && source "$1" &&
        [ "$_comps[host_stub]" = _host_stub ] && local words argument &&
        _host_stub_choose miner "" --kind && print -r -- $words &&
        _host_stub_choose bench control "" && print -r -- ${${=words}[2]}' zsh "$SCRATCH/completion.zsh" | paste -sd' ') ||
        fail "zsh does not take its completion"
    [ "$got" = "standard extended mixed --seeds" ] || fail "zsh completes '$got'"
else
    printf 'SKIPPED: zsh is not here, its completion was not loaded\n'
fi
printf 'every command reads, helps, refuses and ends in the same way\n'
