#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The audit lines of the plugin are what abi/audit.schema.json says, and abi/AUDIT.md names each
# field and each word of it; a line that is not so is refused.
. "$(dirname "$0")/../tools/checks.sh"
python3 -c 'import jsonschema' 2>/dev/null || skip "python3 has no jsonschema here"

validate() { # FILE: prints how many lines of each event, or what is wrong
    python3 - "$SOURCE/abi/audit.schema.json" "$1" <<'PYTHON'
import collections
import json
import sys

import jsonschema

schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
counts = collections.Counter()
for number, text in enumerate(open(sys.argv[2], encoding="utf-8"), 1):
    line = json.loads(text)
    errors = [error.message for error in validator.iter_errors(line)]
    if errors:
        sys.exit("line %d: %s: %s" % (number, errors[0], text))
    counts[line["event"]] += 1
    counts[line["event"], line.get("result", line.get("reason"))] += 1
    counts["withheld"] += line.get("withheld", False)
for key in sorted(counts, key=str):
    print(key if isinstance(key, str) else " ".join(key), counts[key])
PYTHON
}

run() { # ARGUMENT...: the simulation's lines are in $SCRATCH/audit, what they are in $SCRATCH/counts
    "$HOST_STUB" simulate --quiet --audit "$SCRATCH/audit" "$@" || fail "simulate $*"
    validate "$SCRATCH/audit" >"$SCRATCH/counts" || fail "simulate $*: not what the schema says"
}
has() { # WHAT
    grep -qE "^$1 [1-9]" "$SCRATCH/counts" || fail "no '$1' among: $(paste -sd' ' "$SCRATCH/counts")"
}

cat >"$SCRATCH/farm.ini" <<'INI'
[scenario]
hours = 0.5
warmup = 5min
[farm]
list = 30x100
extended_pct = 100
deaf_pct = 30
[pool.a]
target = 60
refuses_pct = 20
fails_pct = 20
[pool.b]
target = 40
[controller]
reopen = deaf
[event.out]
at = 10min
kind = down
pools = a
for = 5min
[event.other]
at = 20min
kind = targets
targets = a:20 b:80
INI
run --scenario "$SCRATCH/farm.ini"
for what in 'placement arrival' 'decision evacuation' 'decision balance' \
    'outcome applied' 'outcome refused' 'outcome failed'; do
    has "$what"
done
run --scenario "$SCRATCH/farm.ini" --set controller.mode=observe
for what in 'placement observe' 'decision evacuation' 'outcome forced' withheld; do
    has "$what"
done
grep -q '^outcome applied' "$SCRATCH/counts" && fail "a move was applied in observe mode"

# The page tells of everything that the schema has, and of nothing else.
python3 - "$SOURCE" <<'PYTHON' || fail "abi/AUDIT.md and abi/audit.schema.json differ"
import json
import re
import sys

schema = json.load(open(sys.argv[1] + "/abi/audit.schema.json", encoding="utf-8"))
page = open(sys.argv[1] + "/abi/AUDIT.md", encoding="utf-8").read()
named = set(re.findall(r"`([a-z_]+)`", page))
known = set()


def collect(part):
    if isinstance(part, dict):
        known.update(part.get("properties", {}))
        known.update(x for x in part.get("enum", []) if isinstance(x, str))
        known.update([part["const"]] if isinstance(part.get("const"), str) else [])
        for value in part.values():
            collect(value)
    elif isinstance(part, list):
        for value in part:
            collect(value)


collect(schema)
for word in sorted(known - named):
    print("the page does not tell of", word)
for word in sorted(named - known):
    print("the schema does not have", word)
sys.exit(known != named)
PYTHON

# A line that is not so is seen.
tail -n 1 "$SCRATCH/audit" >"$SCRATCH/line"
for change in 's/"v":1/"v":2/' 's/"now_ns":/"then_ns":/' 's/"channel":/"more":1,&/' 's/"event":"[a-z]*"/"event":"x"/'; do
    sed "$change" "$SCRATCH/line" >"$SCRATCH/bad"
    validate "$SCRATCH/bad" >/dev/null 2>&1 && fail "a line changed by $change passes"
done
echo "the audit is what its schema and its page say"
