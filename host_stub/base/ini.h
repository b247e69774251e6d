/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/ini: a small INI file as a list of (section, key, value, line), read strictly with inih,
 * changed and written again. Scenario files come in through it, and the plugin's configuration is
 * put together in it. What the keys mean is for its callers.
 *
 * inih 55 cuts lines at 199 characters, continues indented lines, forgets long section names and
 * says nothing of a NUL byte: so the lines are read, checked and stripped here, and inih sees one
 * at a time. */
#ifndef HOST_STUB_BASE_INI_H
#define HOST_STUB_BASE_INI_H

#include <stddef.h>
#include <stdint.h>

typedef struct hs_ini_entry {
    char *section; /* "" before the first one */
    char *key;
    char *value;
    uint32_t line; /* 0 = put there by hs_ini_set */
} hs_ini_entry;

typedef struct hs_ini {
    hs_ini_entry *entries; /* in file order */
    size_t count;
    size_t capacity;
} hs_ini;

/* Reads a file (regular, at most 1 MiB, UTF-8 without control characters, lines of at most 190
 * bytes, no key and no section twice). 0, or -1 with the sentence in `why` and *ini empty. */
int hs_ini_load(hs_ini *ini, const char *path, char *why, size_t capacity);

/* The same of a text; `name` stands for the file in refusals. */
int hs_ini_parse(hs_ini *ini, const char *name, const char *text, size_t len, char *why,
                 size_t capacity);

void hs_ini_free(hs_ini *ini);

/* The entry's value, or NULL. */
const char *hs_ini_get(const hs_ini *ini, const char *section, const char *key);

/* Replaces the value, or adds the entry behind the others of its section. 0, or -1 out of
 * memory. */
int hs_ini_set(hs_ini *ini, const char *section, const char *key, const char *value);

/* Removes the entry if it is there. */
void hs_ini_unset(hs_ini *ini, const char *section, const char *key);

/* The list as INI text, NUL-terminated; the caller frees it. NULL when out of memory. */
char *hs_ini_render(const hs_ini *ini);

#endif
