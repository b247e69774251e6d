/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * fuzz: what the fuzz targets share. A target is one file fuzz_<name>.c with the function of
 * libFuzzer below, and a folder corpus/<name>/ with inputs to start from; the build finds it by its
 * name. In ordinary builds run_corpus.c feeds the corpus to it, with -DHMX_FUZZ=ON libFuzzer drives
 * it (tests/tools/fuzz). An input that once crashed becomes a file of the corpus. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that holds for every input. */
#define ALWAYS(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not for this input: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
