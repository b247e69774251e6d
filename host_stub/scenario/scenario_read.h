/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/scenario_read: what every section of a scenario is read with: a place in the file to blame, a
 * table of keys, words of a list. */
#ifndef HOST_STUB_SCENARIO_SCENARIO_READ_H
#define HOST_STUB_SCENARIO_SCENARIO_READ_H

#include "host_stub/scenario/scenario.h"

struct hs_blame {
    const char *file;
    char *why;
    size_t capacity;
};

enum hs_key_type {
    HS_KEY_DECIMAL, /* double */
    HS_KEY_COUNT,   /* uint32_t */
    HS_KEY_SWITCH,  /* uint32_t, yes = 1 and no = 0 */
    HS_KEY_TIME     /* uint64_t, seconds */
};

/* One key that is a number: where it goes, and what it may be (times in seconds). */
struct hs_key {
    const char *name;
    enum hs_key_type type;
    size_t offset;
    double min;
    double max;
    const char *allowed; /* for people */
};

/* Refuses the entry: "file:line: [section] key: 'value': what". Returns -1. */
int hs_blame_entry(const struct hs_blame *blame, const hs_ini_entry *entry, const char *what);

/* The same for a value that is not `allowed`. Returns -1. */
int hs_blame_allowed(const struct hs_blame *blame, const hs_ini_entry *entry, const char *allowed);

/* Stores the entry if the table has its key: 1 stored, 0 not in the table, -1 refused. */
int hs_key_store(const struct hs_blame *blame, const struct hs_key *keys, size_t count,
                 const hs_ini_entry *entry, void *object);

/* Next word of a list separated by blanks or commas: 1 and the word, 0 at the end, -1 when longer
 * than `capacity` - 1. */
int hs_next_word(const char **at, char *word, size_t capacity);

#endif
