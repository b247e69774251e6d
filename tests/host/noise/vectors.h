/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The lines of tests/data/noise/vectors.txt, word by word. */
#ifndef TESTS_HOST_NOISE_VECTORS_H
#define TESTS_HOST_NOISE_VECTORS_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { VECTOR_WORDS_MAX = 8, VECTOR_LINE_MAX = 4096 };

typedef struct vector {
    FILE *file;
    char line[VECTOR_LINE_MAX];
    char *word[VECTOR_WORDS_MAX];
    size_t count;
} vector;

static inline void vectors_open(vector *v)
{
    v->file = fopen(HMX_TEST_DATA "/data/noise/vectors.txt", "r");
    cr_assert_not_null(v->file);
}

/* The next line that is no comment. 0 at the end of the file, which is closed then. */
static inline int vectors_next(vector *v)
{
    do {
        if (fgets(v->line, sizeof v->line, v->file) == NULL) {
            fclose(v->file);
            return 0;
        }
    } while (v->line[0] == '#');
    v->count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(v->line, " \n", &rest); word != NULL;
         word = strtok_r(NULL, " \n", &rest)) {
        cr_assert_lt(v->count, (size_t)VECTOR_WORDS_MAX);
        v->word[v->count++] = word;
    }
    return 1;
}

static inline int vectors_is(const vector *v, const char *name)
{
    return strcmp(v->word[0], name) == 0;
}

/* The hex of a word, "-" = nothing. Returns the bytes. */
static inline size_t vectors_hex(const char *word, uint8_t *out, size_t capacity)
{
    const size_t len = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
    cr_assert_leq(len, capacity);
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;
        cr_assert_eq(sscanf(word + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
    return len;
}

/* The same for a word of a known length. */
static inline void vectors_bytes(const char *word, uint8_t *out, size_t len)
{
    cr_assert_eq(vectors_hex(word, out, len), len);
}

#endif
