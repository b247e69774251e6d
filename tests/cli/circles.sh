#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Calls between the object files of plugin/ and host_stub/, read with nm: no circle of folders, and
# no circle of files inside a folder. A call is an undefined symbol of one object that another
# defines; a pointer to a function counts the same.
#
#   circles.sh ARCHIVE...   checks these archives, each a folder, instead of those of the build
. "$(dirname "$0")/../tools/checks.sh"

check_archives() { # ARCHIVE...
    python3 - "$@" <<'PYTHON' || fail "calls run in a circle"
import subprocess
import sys

defined, wanted = {}, {}
for archive in sys.argv[1:]:
    folder = archive.rsplit("/", 1)[-1][len("lib"):-len(".a")]
    text = subprocess.run(["nm", "-A", "--format=posix", archive], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    for line in text.splitlines():
        # /build/libhost_sim.a[run.c.o]: hs_simulate T 0 10
        where, symbol, kind = line.split()[:3]
        file = folder + "/" + where[where.rindex("[") + 1:where.rindex("]")].removesuffix(".o")
        wanted.setdefault(file, set())
        if kind in "Uw":
            wanted[file].add(symbol)
        elif kind.isupper():
            defined[symbol] = file


def graph_of(name_of, keep):
    graph = {}
    for file, symbols in wanted.items():
        graph.setdefault(name_of(file), {})
        for symbol in sorted(symbols):
            target = defined.get(symbol)
            if target and name_of(target) != name_of(file) and keep(file, target):
                graph[name_of(file)].setdefault(name_of(target), []).append(symbol)
    return graph


def circles(graph):
    """What is left when all that calls nothing that is left has been taken away, and the other way."""
    graph = {node: dict(targets) for node, targets in graph.items()}
    while True:
        called = {target for targets in graph.values() for target in targets}
        loose = [node for node in graph if node not in called
                 or not any(target in graph for target in graph[node])]
        if not loose:
            return graph
        for node in loose:
            del graph[node]
        for targets in graph.values():
            for node in loose:
                targets.pop(node, None)


def folder_of(file):
    return file.split("/")[0]


found = 0
for what, graph in (("folders", graph_of(folder_of, lambda a, b: True)),
                    ("files", graph_of(lambda f: f, lambda a, b: folder_of(a) == folder_of(b)))):
    for node, targets in sorted(circles(graph).items()):
        for target, symbols in sorted(targets.items()):
            found += 1
            print("a circle of %s: %s -> %s (%s)" % (what, node, target, ", ".join(symbols[:4])))
if not found:
    print("no circle among %d files of %d folders" % (len(wanted), len(set(map(folder_of, wanted)))))
sys.exit(1 if found or len(wanted) < 2 else 0)
PYTHON
}

if [ $# -gt 0 ]; then
    check_archives "$@"
    exit 0
fi
[ -f "$BUILD/folders.txt" ] || fail "there is no $BUILD/folders.txt: build first"
mapfile -t archives < <(cut -d' ' -f3 "$BUILD/folders.txt")
[ "${#archives[@]}" -gt 10 ] || fail "$BUILD/folders.txt names only ${#archives[@]} folders"
check_archives "${archives[@]}"

self=$(realpath "$0")
cd "$SCRATCH"
compile() { # ARCHIVE FILE C-CODE
    printf '%s\n' "$3" >"$2.c"
    "$CC" -std=c11 -c "$2.c" -o "$2.c.o"
    ar rc "lib$1.a" "$2.c.o"
}
compile low ground 'int ground(void); int ground(void) { return 1; }'
compile low above 'int ground(void); int above(void); int above(void) { return ground(); }'
compile high top 'int above(void); int top(void); int top(void) { return above(); }'
bash "$self" liblow.a libhigh.a || fail "calls that run one way must pass"
compile low back 'int above(void); int sky(void); int sky(void) { return above(); }'
compile low above 'int sky(void); int above(void); int above(void) { return sky(); }'
must_refuse "two files that call each other" "a circle of files: low/above.c -> low/back.c" \
    bash "$self" liblow.a libhigh.a
compile low back 'int top(void); int sky(void); int sky(void) { return top(); }'
must_refuse "two folders that call each other" "a circle of folders: high -> low" \
    bash "$self" liblow.a libhigh.a
