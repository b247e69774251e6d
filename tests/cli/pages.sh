#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The pages of the project say what is true:
#  - each command of a ```sh block is run, in a copy of the project with the build at hand; one that
#    takes long stands in the table below, with what is run instead or with who runs it;
#  - each option of host_stub that a page names is one; each path in backquotes is there;
#  - host_stub/README.md names each command, and the pages name each folder of code;
#  - each line of the log that host_stub/OPERATING.md explains is one that a program prints;
#  - each link leads somewhere, and from README.md every page can be reached;
#  - what stands behind <!-- what it prints --> is what the command before prints;
#  - what stands between <!-- begin FILE --> and <!-- end FILE --> is FILE, and tests/embed/embed.c
#    is quoted so; README.md is short;
#  - plugin/KEYS.md and tests/sim/SCENARIOS.md are what programs make of the plugin's table and of
#    the scenarios' files; `host_stub simulate --list` lists the same.
#
#   pages.sh [ROOT]      checks
#   pages.sh --refresh   writes the two pages anew
. "$(dirname "$0")/../tools/checks.sh"

# COMMAND, then indented `instead COMMAND`, or `elsewhere FILE: TEXT` where FILE runs it by TEXT.
table='
./host_stub/demo
    elsewhere .ci/run: stage demo fresh_demo
./tests/run
    elsewhere .ci/run: stage gcc tests/run
./tests/run --quick
    elsewhere .ci/run: tests/run --compiler clang --quick
./tests/run -- -R unit/control
    elsewhere .ci/run: --build-type Debug -- -L
./tests/run --sanitize
    elsewhere .ci/run: tests/run --sanitize
tests/tools/mutate --count 120 --seed 1
    elsewhere tests/tools/long: tests/tools/mutate --count 120 --seed 1
tests/tools/fuzz 600
    elsewhere tests/tools/long: tests/tools/fuzz 600
tests/tools/busy 3
    elsewhere tests/cli/e2e.sh: tests/tools/busy
tests/tools/world 8
    elsewhere tests/tools/long: tests/tools/world 8
build/bin/host_stub simulate --faults 1 --runs 10000 --quiet
    instead build/bin/host_stub simulate --faults 1 --runs 2 --quiet
./.ci/run
    elsewhere .ci/run: stage()
ctest --test-dir build -R unit/control/test_pid
    elsewhere tests/run: ctest --test-dir
bash tests/cli/determinism.sh
    elsewhere .ci/run: tests/cli/determinism.sh
tests/tools/world 8
    elsewhere tests/tools/long: tests/tools/world 8
curl -s http://127.0.0.1:24309/health
    elsewhere tests/cli/ops.sh: fetch /health
curl -s http://127.0.0.1:24309/metrics | head
    elsewhere tests/cli/ops.sh: fetch /metrics
tests/tools/package
    elsewhere .ci/run: stage package tests/tools/package
cmake -B build -DHMX_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr/local
    elsewhere tests/tools/package: -DHMX_SYSTEM=ON -DCMAKE_INSTALL_PREFIX=/usr
cmake --install build --prefix "$PWD/build/installed"
    elsewhere tests/cli/install.sh: cmake --install "$BUILD" --prefix
build/installed/bin/host_stub scan
    elsewhere tests/cli/install.sh: "$program" scan
tests/interop/run
    elsewhere .ci/run: tests/interop/run
build/bin/host_stub e2e --upstream per-channel --miners 12 --seconds 60
    elsewhere tests/cli/per_channel.sh: e2e --upstream per-channel
tests/interop/run noise live
    elsewhere .ci/run: tests/interop/run
tests/interop/run --seconds 300 translator_sv2
    elsewhere tests/tools/long: tests/interop/run --seconds 300 translator_sv2
cargo install --locked --no-default-features translator_sv2@0.6.0
    elsewhere tests/interop/run: published translator_sv2 0.6.0
translator_sv2 -c translator.toml &
    elsewhere tests/interop/src/translator_sv2.rs: Running::start(scratch, "translator_sv2"
cmake -B build -DHMX_TESTS=OFF
    instead cmake -B fresh -DHMX_TESTS=OFF
cmake --build build
    elsewhere host_stub/demo: cmake --build
build/bin/host_stub bench control --seeds 8 --check
    instead build/bin/host_stub bench control --seeds 1, --scenarios solo1 --plugins hashmux --presets balanced --hours 8 --check
build/bin/host_stub bench control --seeds 101,102,103,104,105,106,107,108 --check --plugins hashmux
    instead build/bin/host_stub bench control --seeds 101, --scenarios solo1 --presets balanced --hours 8 --check --plugins hashmux
build/bin/host_stub bench control --world field --seeds 8 --check
    elsewhere tests/tools/long: bench control --world field --seeds 8 --check
build/bin/host_stub bench control --world field --seeds 101,102,103,104,105,106,107,108 --check
    elsewhere tests/tools/long: bench control --world field --seeds 101,102,103,104,105,106,107,108 --check
build/bin/host_stub bench control --reality --check
    elsewhere tests/tools/long: bench control --reality --check
build/bin/host_stub bench control --keys 500 --check
    instead build/bin/host_stub bench control --keys 1 --hours 1 deadband --check
build/bin/host_stub bench control --random 200 --check
    instead build/bin/host_stub bench control --random 2 --hours 3 --presets balanced
build/bin/host_stub bench control --seeds 2 --scenarios nine,pair
    instead build/bin/host_stub bench control --seeds 1, --scenarios nine,pair --hours 3
build/bin/host_stub bench control --seeds 2 --scenarios nine,pair --plugins hashmux,mine.so
    instead build/bin/host_stub bench control --seeds 1, --scenarios nine,pair --plugins hashmux,mine.so --hours 3
c++ -std=c++17 abi/cpp/example/first.cpp -o first -ldl
    elsewhere tests/cli/languages.sh: abi/cpp/example/first.cpp
./first build/lib/hashmux.so
    elsewhere tests/cli/languages.sh: check_first C++
cargo run --offline --manifest-path abi/rust/Cargo.toml --example first -- build/lib/hashmux.so
    elsewhere tests/cli/languages.sh: check_first Rust
cargo run --offline --release --manifest-path abi/rust/Cargo.toml --example overhead -- build/lib/hashmux.so
    elsewhere tests/cli/languages.sh: check_overhead
go -C abi/go run ./example/first ../../build/lib/hashmux.so
    elsewhere tests/cli/languages.sh: check_first Go
go -C abi/go run ./example/overhead ../../build/lib/hashmux.so
    elsewhere tests/cli/languages.sh: go vet
build/bin/host_stub bench live
    instead build/bin/host_stub bench live --connections 3 --seconds 0.5
build/bin/host_stub bench speed
    instead build/bin/host_stub bench speed --channels 1000 --quick
build/bin/host_stub bench speed --against before.so
    instead build/bin/host_stub bench speed --against before.so --channels 1000 --quick
build/bin/host_stub simulate --scenario b4
    instead build/bin/host_stub simulate --scenario b4 --hours 3
build/bin/host_stub simulate --scenario hetero200 --seed 1
    instead build/bin/host_stub simulate --scenario hetero200 --seed 1 --hours 1
build/bin/host_stub simulate --scenario example --config hashmux.ini
    instead build/bin/host_stub simulate --scenario example --config hashmux.ini --hours 1
build/bin/host_stub simulate --scenario outage --config hashmux.ini --report outage.html
    instead build/bin/host_stub simulate --scenario outage --config hashmux.ini --report outage.html --hours 1
build/bin/host_stub simulate --scenario outage --report outage.html
    instead build/bin/host_stub simulate --scenario outage --report outage.html --hours 1
build/bin/host_stub simulate --scenario outage --json -
    instead build/bin/host_stub simulate --scenario outage --json - --hours 1
build/bin/host_stub simulate --scenario outage --hours 4 --frames simulated
    instead build/bin/host_stub simulate --scenario outage --hours 0.2 --frames simulated
build/bin/host_stub simulate --scenario outage --plugin mine.so
    instead build/bin/host_stub simulate --scenario outage --plugin mine.so --hours 1
build/bin/host_stub simulate --scenario reject15
    instead build/bin/host_stub simulate --scenario reject15 --hours 1
build/bin/host_stub simulate --scenario reject15 --plugin build/lib/ablation_acceptance_correction.so
    instead build/bin/host_stub simulate --scenario reject15 --plugin build/lib/ablation_acceptance_correction.so --hours 1
build/bin/host_stub e2e --pools 3 --miners 24 --seconds 60
    elsewhere tests/cli/e2e.sh: e2e 0 --seconds 4 --miners 12
build/bin/host_stub e2e --pools 2 --miners 6 --seconds 30 --frames live
    instead build/bin/host_stub e2e --pools 2 --miners 4 --seconds 2 --frames live
build/bin/host_stub e2e --pools 3 --miners 8 --faults refuse,down,grey,flap,prefix-change,easier-target,slow,close
    elsewhere tests/cli/e2e.sh: --faults grey,restart
build/bin/host_stub e2e --miners 24 --ignore-prefix 8 --seconds 60
    instead build/bin/host_stub e2e --miners 6 --ignore-prefix 2 --seconds 2
tests/tools/mutate --count 120 --seed 2026
    instead tests/tools/mutate --count 120 --seed 2026 --list
build/bin/host_stub miner --connect 127.0.0.1:24300 --noise "$(cat proxy.key)" --count 4 --rate 2000 --seconds 30
    instead build/bin/host_stub miner --connect 127.0.0.1:24300 --noise "$(cat proxy.key)" --count 4 --rate 2000 --seconds 2
'

FILES=$(project_files "$SOURCE")
export FILES SCRATCH
if [ "${1:-}" = --refresh ]; then
    python3 "$SOURCE/tests/tools/pages.py" refresh "$SOURCE"
    echo "plugin/KEYS.md and tests/sim/SCENARIOS.md are written anew: look at their difference"
    exit 0
fi

# The compiler of the build, with its sanitizers: what the pages compile meets what was built.
mkdir "$SCRATCH/bin"
sanitizers=$(cmake_value HMX_SANITIZE)
printf '#!/bin/sh\nexec %s %s "$@"\n' "$CC" "${sanitizers:+-fsanitize=$sanitizers}" >"$SCRATCH/bin/cc"
chmod +x "$SCRATCH/bin/cc"

check_tree() { # ROOT
    FILES=$(project_files "$1")
    PATH=$SCRATCH/bin:$PATH python3 "$SOURCE/tests/tools/pages.py" check "$1" \
        <(printf '%s' "${2-$table}")
}
if [ $# -ge 1 ]; then
    check_tree "$@"
    exit 0
fi
check_tree "$SOURCE" || fail "a page says what does not hold"

# A small project that is in order, then one violation after the other.
planted=$SCRATCH/planted
fresh() { # a new one
    rm -rf "$planted"
    mkdir -p "$planted/abi" "$planted/plugin" "$planted/tests/embed" "$planted/tests/sim"
    printf 'int a;\n\nint b;\n' >"$planted/tests/embed/embed.c"
    cp "$SOURCE/plugin/KEYS.md" "$planted/plugin/"
    cp -r "$SOURCE/tests/sim/"{pair.ini,FORMAT.md,world} "$planted/tests/sim/"
    cp "$SOURCE/abi/hmx_tuning.h" "$planted/abi/"
    cp "$SOURCE/plugin.ini.example" "$planted/"
    printf '# Control\n' >"$planted/plugin/CONTROL.md"
    mkdir "$planted/host_stub"
    printf 'note("pool %%s is "\n     "up");\n' >"$planted/host_stub/log.c"
    printf '## The log\n| `pool a is up` | it is |\n## End\n' >"$planted/host_stub/OPERATING.md"
    cat >"$planted/README.md" <<'END'
# Small
[keys](plugin/KEYS.md), [scenarios](tests/sim/SCENARIOS.md), [itself](#small), [log](host_stub/OPERATING.md), `host_stub/`, `tests/sim/pair.ini`, `tests/embed`,
`host_stub simulate --seed 1`
```sh
echo "a b"
build/bin/host_stub simulate --scenario long
```
<!-- what it prints -->
```
a b
```
<!-- begin tests/embed/embed.c -->
```c
int a;

int b;
```
<!-- end tests/embed/embed.c -->
END
    FILES='' SCRATCH=$SCRATCH python3 "$SOURCE/tests/tools/pages.py" refresh "$planted"
}
small_table=$(printf 'build/bin/host_stub simulate --scenario long\n    instead true # instead of hours\n%s\n    %s\n' \
    'build/bin/host_stub simulate --scenario outage --report outage.html' 'elsewhere README.md: Small')
plant() { # WHAT TEXT SED-SCRIPT [FILE]
    local file=$planted/${4:-README.md}
    fresh
    sed -i -e "$3" "$file"
    must_refuse "$1" "$2" bash "$0" "$planted" "$small_table"
}
fresh
bash "$0" "$planted" "$small_table" >"$SCRATCH/out" || fail "a true project must pass: $(cat "$SCRATCH/out")"
plant "a link to nothing" "README.md:2: a link leads nowhere: none.md" 's/(plugin.KEYS.md)/(none.md)/'
plant "a link to no heading" "no such heading: #large" 's/#small/#large/'
plant "a page that nobody links" "plugin/KEYS.md: no page leads here" 's/\[keys\](plugin.KEYS.md)//'
plant "a path that is not there" "there is no tests/sim/pear.ini" 's/pair.ini/pear.ini/'
plant "a folder that no page names" "no page names the folder tests/embed" 's/`tests.embed`//'
plant "an option that is none" "--sead: the help of host_stub simulate" 's/--seed/--sead/'
plant "a command of host_stub that is none" "no command simmer" 's/host_stub simulate --seed/host_stub simmer --seed/'
plant "a line of the log that nobody prints" "no program prints 'is down'" 's/is up/is down/' host_stub/OPERATING.md
plant "a command that fails" "a command ends with 1: + false" 's/^echo/false; echo/'
plant "a command in a plain block" "commands stand in a block of" 's/^a b/.\/run/'
plant "an output that is another" "not what the command before prints" 's/^a b/a c/'
plant "a command of the table in no page" "no page has this command any more" '/scenario long/d'
plant "a changed quotation" "does not quote tests/embed/embed.c as it is" 's/^int b;/int c;/'
plant "a quotation that goes on" "does not quote tests/embed/embed.c as it is" 's/^int b;/&\nint c;/'
plant "no quotation" "no page quotes tests/embed/embed.c" '/^<!-- begin/d'
plant "a long README" "more than 220 lines" "1s/\$/$(printf '\\n%.0s' {1..210})/"
plant "a page of keys that is old" "plugin/KEYS.md is not what" 's/deadband/deadbond/' plugin/KEYS.md
plant "a scenario with another title" "tests/sim/SCENARIOS.md is not what" 's/^title = .*/title = a pear/' \
    tests/sim/pair.ini
small_table=${small_table/README.md: Small/README.md: Large}
plant "a command that nobody runs elsewhere" "is said to be run by README.md" ''
