#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Dependencies point one way: plugin -> abi <- host_stub, tests -> all; and inside plugin/ and
# host_stub/ each folder includes only the folders that stand in its row of the table below, which
# all stand in rows above its own. Third-party plugins and the embedding example see abi/ (the
# fixtures also their own headers) and the system only. plugin/ may include only system headers that
# cannot lead to a clock, a thread or a socket. No headers include each other in a circle.
. "$(dirname "$0")/../tools/checks.sh"

# FOLDER: the folders that it may include beside itself and abi/.
table='
plugin/base:
plugin/config:          base
plugin/farm:            config base
plugin/control:         farm base
plugin/core:            control farm config base
plugin:                 core base

host_stub/base:
host_stub/load:         base
host_stub/guard:        load base
host_stub/link:         guard load base
host_stub/validate:     link guard load base
host_stub/faults:       link guard load base
host_stub/sv2:          base
host_stub/noise:        base
host_stub/session:      sv2 base
host_stub/jobs:         session sv2 base
host_stub/check:        session sv2 base
host_stub/replay:       link guard session sv2 base
host_stub/scenario:     base
host_stub/sim:          scenario link guard jobs sv2 load base
host_stub/bench:        sim scenario link load base
host_stub/report:       bench sim scenario base
host_stub/live/net:     noise sv2 base
host_stub/live/ops:     live/net link guard load base
host_stub/live/pool:    live/net noise jobs session sv2 base
host_stub/live/miner:   live/net noise session sv2 base
host_stub/live/proxy:   live/ops live/net noise jobs session link guard load sv2 base
host_stub/live/e2e:     live/net live/pool live/miner noise base
host_stub/live/stress:    live/e2e live/net noise sv2 base
host_stub/cmd:          live/stress live/e2e live/proxy live/ops live/miner live/pool live/net noise report bench sim scenario replay check faults validate jobs session sv2 link guard load base
host_stub:              cmd base
'

check_tree() { # ROOT
    project_files "$1" | grep -E '\.(c|h)$' >"$SCRATCH/files" || fail "there are no C files in $1"
    python3 - "$1" "$SCRATCH/files" "$table" <<'PYTHON' || fail "an include points the wrong way"
import os
import re
import sys

root, list_file, table_text = sys.argv[1:]
C_HEADERS = ("assert.h|ctype.h|errno.h|float.h|inttypes.h|limits.h|math.h|stdalign.h|stdarg.h|"
             "stdbool.h|stddef.h|stdint.h|string.h")
# stdio.h for snprintf, arpa/inet.h for inet_pton: what plugin/ calls is checked by exports.sh.
PLUGIN_SYSTEM = C_HEADERS + ("|arpa/inet.h|fcntl.h|stdio.h|stdlib.h|sys/stat.h|sys/types.h|"
                             "unistd.h|ini.h|sodium.h|sodium/.*")
ANY_SYSTEM = r"[a-z0-9_./-]+\.h"
NAME = r"[a-z0-9_]+\.h"
mistakes = []

rows = {}
for line in table_text.split("\n"):
    if not line.strip():
        continue
    folder, uses = line.split(":")
    top = folder.split("/")[0]
    rows[folder] = [top + "/" + use for use in uses.split()]
    for use in rows[folder]:
        if use not in rows or use == folder:
            mistakes.append("the table: %s may not use %s, which stands below it" % (folder, use))


def rules(path):
    """What this file may include, as two patterns: of ours, of the system."""
    folder = os.path.dirname(path)
    if folder == "abi":
        return r"(abi/)?hmx_[a-z_]+\.(h|def)", C_HEADERS + "|type_traits"
    if path.startswith(("plugin/", "host_stub/")):
        if folder not in rows:
            return "nothing: the folder has no row in the table", "nothing"
        own = "(%s)/%s" % ("|".join(["abi", folder] + rows[folder]), NAME)
        return own, PLUGIN_SYSTEM if path.startswith("plugin/") else ANY_SYSTEM
    if path.startswith("tests/fixtures/good/good_min.") or folder == "tests/embed":
        return "abi/" + NAME, ANY_SYSTEM  # shown to others as complete
    if path.startswith("tests/fixtures/"):
        return "(abi|tests/fixtures)/" + NAME, ANY_SYSTEM
    if folder == "tests/poison":
        return r"plugin/farm/legality\.c|tests/poison/" + NAME, ANY_SYSTEM  # the real one, and a fault
    if folder == "tests/planted":
        return r"plugin/[a-z_/]+\.[ch]", ANY_SYSTEM
    return r"[a-z0-9_./-]+\.(h|def)", ANY_SYSTEM


INCLUDE = re.compile(r"^\s*#\s*include\s*(.*)$")
paths = open(list_file, encoding="utf-8").read().split()
graph = {}
for path in paths:
    own, system = rules(path)
    graph[path] = []
    for number, line in enumerate(open(os.path.join(root, path), encoding="utf-8"), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        where = "%s:%d: " % (path, number)
        quoted = re.match(r'"([^"]+)"', found.group(1))
        angled = re.match(r"<([^>]+)>", found.group(1))
        if quoted:
            target = quoted.group(1)
            graph[path].append(target)
            if not re.fullmatch(own, target):
                mistakes.append(where + 'may not include "%s"; allowed there: %s' % (target, own))
        elif angled:
            target = angled.group(1)
            if not re.fullmatch(system, target):
                mistakes.append(where + "may not include <%s>; allowed there: %s" % (target, system))
            if os.path.exists(os.path.join(root, target)):
                mistakes.append(where + '"%s" is ours, so it takes quotes' % target)
        else:
            mistakes.append(where + 'this include is neither "..." nor <...>')

state = {}
for start in graph:  # depth first, without recursion: a header that is met while open is a circle
    stack = [(start, iter(graph[start]))] if start not in state else []
    if stack:
        state[start] = "open"
    while stack:
        node, targets = stack[-1]
        for target in targets:
            if target in graph and state.get(target) == "open":
                mistakes.append("%s and %s include each other in a circle" % (node, target))
            elif target in graph and target not in state:
                state[target] = "open"
                stack.append((target, iter(graph[target])))
                break
        else:
            state[node] = "done"
            stack.pop()

for mistake in mistakes:
    print(mistake)
if not mistakes:
    print("includes of %d files point the right way" % len(paths))
sys.exit(1 if mistakes or not paths else 0)
PYTHON
}

if [ $# -eq 1 ]; then
    check_tree "$1"
    exit 0
fi
check_tree "$SOURCE"

planted=$(copy_project planted)
plant() { # FILE INCLUDE: one line at the end of a file that may not have it
    mkdir -p "$(dirname "$planted/$1")"
    [ ! -f "$planted/$1" ] || mv "$planted/$1" "$SCRATCH/kept"
    printf '#include %s\n' "$2" >"$planted/$1"
    must_refuse "$1 includes $2" "$1:1: may not include" bash "$0" "$planted"
    rm "$planted/$1"
    [ ! -f "$SCRATCH/kept" ] || mv "$SCRATCH/kept" "$planted/$1"
}
plant plugin/planted.c '"host_stub/load/loader.h"'
plant plugin/planted.c '"tests/planted.h"'
plant plugin/base/planted.h '"../../host_stub/load/loader.h"'
plant plugin/farm/planted.c '<time.h>'
plant plugin/planted.c '<jansson.h>'
plant plugin/base/planted.c '"plugin/core/core.h"'
plant plugin/farm/planted.h '"plugin/control/pid.h"'
plant plugin/nowhere/planted.h '"plugin/control/pid.h"'
plant host_stub/cmd/planted.c '"plugin/control/pid.h"'
plant host_stub/base/planted.c '"host_stub/sim/run.h"'
plant host_stub/live/net/planted.h '"host_stub/live/proxy/core.h"'
plant host_stub/sim/planted.c '"host_stub/report/report.h"'
plant abi/planted.h '"plugin/control/pid.h"'
plant abi/planted.h '<stdio.h>'
plant tests/fixtures/good/planted.c '"host_stub/guard/guard.h"'
plant tests/fixtures/good/good_min.c '"tests/fixtures/bad.h"'
plant tests/embed/embed.c '"host_stub/load/loader.h"'
echo '#include "host_stub/base/planted_b.h"' >"$planted/host_stub/base/planted_a.h"
echo '#include "host_stub/base/planted_a.h"' >"$planted/host_stub/base/planted_b.h"
must_refuse "two headers that include each other" "in a circle" bash "$0" "$planted"
