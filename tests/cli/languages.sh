#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# One farm in four languages: tests/embed/farm.c, and the examples of the packages abi/cpp, abi/rust
# and abi/go. Each builds without a warning, and from the same seed all print the same lines, byte
# for byte. The bindings of abi/rust are those of the headers. A language without a toolchain is
# left out, and said.
#
#   languages.sh                 checks
#   languages.sh --compare A B   compares two logs
. "$(dirname "$0")/../tools/checks.sh"

compare() { # A B
    cmp "$1" "$2" >"$SCRATCH/difference" 2>&1 || {
        diff -u "$1" "$2" | head -n 12 || true
        fail "the logs differ: $(cat "$SCRATCH/difference")"
    }
}
if [ "${1:-}" = --compare ]; then
    compare "$2" "$3"
    exit 0
fi

left_out() { # WHAT WHY
    printf 'SKIPPED: %s: %s\n' "$1" "$2"
}

# NAME:PROGRAM of each farm that could be built.
farms=()

# The example of each package's README.
check_first() { # NAME PROGRAM
    "$2" "$LIB/hashmux.so" >"$SCRATCH/first.log" 2>&1 || fail "first in $1: $(cat "$SCRATCH/first.log")"
    printf 'channel 1 opens on upstream 1\nchannel 1 goes from 1 to 2\n' |
        cmp -s - "$SCRATCH/first.log" || fail "first in $1 prints: $(cat "$SCRATCH/first.log")"
}

build_cpp() {
    local compiler
    for compiler in $(first_command g++) $(first_command clang++-14 clang++); do
        "$compiler" -std=c++17 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
            "$SOURCE/abi/cpp/example/farm.cpp" -o "$SCRATCH/farm-$compiler" -ldl ||
            fail "abi/cpp is not clean C++17 with $compiler"
        farms+=("C++ ($compiler):$SCRATCH/farm-$compiler")
        "$compiler" -std=c++17 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
            "$SOURCE/abi/cpp/example/first.cpp" -o "$SCRATCH/first" -ldl ||
            fail "abi/cpp/example/first.cpp is not clean C++17 with $compiler"
        check_first C++ "$SCRATCH/first"
    done
    [ -n "${compiler:-}" ] || left_out C++ "no g++ and no clang++"
}

# What cargo and go build is kept between runs, outside of the project.
cache=${XDG_CACHE_HOME:-${HOME:-$SCRATCH}/.cache}/hashmux
mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] || cache=$SCRATCH

# What the wrapper of Rust costs is measured, not judged: how long something takes is no test's
# business. tests/MEASURED.md has the figure and the command.
check_overhead() { # PROGRAM
    "$1" "$LIB/hashmux.so" >"$SCRATCH/overhead" || fail "on_share in Rust is not measured"
    grep -E '^ratio of neighbouring rounds [0-9]+\.[0-9]+$' "$SCRATCH/overhead" ||
        fail "on_share in Rust: $(cat "$SCRATCH/overhead")"
}

build_rust() {
    local packages
    packages=$(grep -c '^\[\[package\]\]' "$SOURCE/abi/rust/Cargo.lock")
    [ "$packages" -eq 1 ] || fail "abi/rust has dependencies: Cargo.lock names $packages packages"
    command -v cargo >/dev/null || {
        left_out Rust "no cargo"
        return 0
    }
    CARGO_TARGET_DIR=$cache/cargo cargo build --quiet --locked --offline --release --examples \
        --manifest-path "$SOURCE/abi/rust/Cargo.toml" >"$SCRATCH/cargo" 2>&1 || {
        cat "$SCRATCH/cargo"
        fail "abi/rust does not build without a network"
    }
    [ ! -s "$SCRATCH/cargo" ] || fail "abi/rust does not build silently: $(cat "$SCRATCH/cargo")"
    cp "$cache/cargo/release/examples/farm" "$SCRATCH/farm-rust"
    farms+=("Rust:$SCRATCH/farm-rust")
    check_first Rust "$cache/cargo/release/examples/first"
    check_overhead "$cache/cargo/release/examples/overhead"
}

# rustfmt, where it is, changes white space and commas only.
check_bindings() {
    case "$(bindgen --version 2>/dev/null)" in
    *" 0.60."*) ;;
    *)
        left_out "the bindings of abi/rust" "no bindgen 0.60"
        return 0
        ;;
    esac
    bash "$SOURCE/abi/rust/make-bindings" "$SCRATCH/bindings.rs" 2>"$SCRATCH/bindgen" ||
        fail "make-bindings: $(cat "$SCRATCH/bindgen")"
    cmp <(tr -d ' \t\n,' <"$SCRATCH/bindings.rs") \
        <(tr -d ' \t\n,' <"$SOURCE/abi/rust/src/bindings.rs") ||
        fail "abi/rust/src/bindings.rs is not what the headers give; run abi/rust/make-bindings"
    printf 'the bindings of abi/rust are those of the headers\n'
}

build_go() {
    local version
    command -v go >/dev/null || {
        left_out Go "no go"
        return 0
    }
    export GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=readonly CGO_ENABLED=1
    version=$(go env GOVERSION)
    [ "$(printf '%s\n' go1.21 "$version" | sort -V | head -n 1)" = go1.21 ] || {
        left_out Go "$version is older than go1.21"
        return 0
    }
    version=$(cd "$SOURCE/abi/go" && gofmt -l .)
    [ -z "$version" ] || fail "not formatted; mend with: gofmt -w $version"
    (cd "$SOURCE/abi/go" && go vet ./...) || fail "go vet has something to say of abi/go"
    (cd "$SOURCE/abi/go" && go build -o "$SCRATCH/farm-go" ./example/farm) ||
        fail "abi/go does not build"
    farms+=("Go:$SCRATCH/farm-go")
    (cd "$SOURCE/abi/go" && go build -o "$SCRATCH/first" ./example/first) ||
        fail "abi/go/example/first does not build"
    check_first Go "$SCRATCH/first"
}

run() { # NAME PROGRAM SEED LOG
    timeout 60 "$2" "$LIB/hashmux.so" "$3" >"$4" 2>&1 || {
        tail -n 5 "$4"
        fail "the farm in $1 failed with seed $3"
    }
}

for seed in 1 2026; do
    run C "$BUILD/tests/farm" "$seed" "$SCRATCH/c-$seed"
    [ "$(grep -c ' decision [0-9]* channel' "$SCRATCH/c-$seed")" -ge 20 ] ||
        fail "the farm makes no decisions, so its logs compare nothing"
    grep -qx 'blocks left 0' "$SCRATCH/c-$seed" || fail "memory is left over in the farm in C"
done
check_bindings
# A sanitized plugin runs only in a host of the same kind: the one above.
if [ -n "$(cmake_value HMX_SANITIZE)" ]; then
    echo "the farm in C runs; the other languages are not run against a sanitized plugin"
    exit 0
fi
build_cpp
build_rust
build_go
for seed in 1 2026; do
    for farm in "${farms[@]}"; do
        run "${farm%%:*}" "${farm#*:}" "$seed" "$SCRATCH/other"
        compare "$SCRATCH/c-$seed" "$SCRATCH/other"
        printf 'seed %s: %s as C, %s lines\n' "$seed" "${farm%%:*}" "$(wc -l <"$SCRATCH/other")"
    done
done
must_refuse "the log of another seed" "the logs differ" \
    bash "$0" --compare "$SCRATCH/c-1" "$SCRATCH/c-2026"
