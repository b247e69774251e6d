#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Each header of abi/ compiles alone, and when included twice, as C11, C17, C++17 and C++20, with
# gcc and with clang, silently under every warning that a careful proxy author might use, -Wpadded
# included.
. "$(dirname "$0")/../tools/checks.sh"

warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wpadded -Werror)

check_language() { # ROOT COMPILER STANDARD LANGUAGE
    local header name
    for header in "$1"/abi/*.h; do
        name=abi/${header##*/}
        printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
            "$2" -std="$3" "${warnings[@]}" -I "$1" -x "$4" -fsyntax-only - ||
            fail "$name is not silent as $3 with $2"
    done
    printf '%s %s: silent\n' "$2" "$3"
}

check_tree() { # ROOT
    local compiler standard found=0
    for compiler in $(c_compilers); do
        for standard in c11 c17; do
            check_language "$1" "$compiler" "$standard" c
        done
        found=$((found + 1))
    done
    for compiler in $(first_command g++) $(first_command clang++-14 clang++); do
        for standard in c++17 c++20; do
            check_language "$1" "$compiler" "$standard" c++
        done
        found=$((found + 1))
    done
    [ "$found" -eq 4 ] || skip "gcc, g++, clang and clang++ are needed, only $found of them are here"
}

if [ $# -eq 1 ]; then
    check_tree "$1"
    exit 0
fi
check_tree "$SOURCE"

mkdir -p "$SCRATCH/planted"
plant() { # TEXT: a copy of abi/ with one more header
    rm -rf "$SCRATCH/planted/abi"
    cp -r "$SOURCE/abi" "$SCRATCH/planted/abi"
    printf '%s\n' "$1" >"$SCRATCH/planted/abi/planted.h"
}
plant 'typedef uint32_t planted;'
must_refuse "a header that forgets an include" planted.h bash "$0" "$SCRATCH/planted"
plant '#pragma once
struct planted { char a; long b; };'
must_refuse "a struct with padding" Werror=padded bash "$0" "$SCRATCH/planted"
plant '#pragma once
struct planted { int class; };'
must_refuse "a C++ keyword" "as c++17" bash "$0" "$SCRATCH/planted"
plant 'struct planted { int a; };'
must_refuse "a header without a guard" redefinition bash "$0" "$SCRATCH/planted"
