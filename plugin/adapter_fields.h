/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_fields: the one table of all that a snapshot tells, for whoever writes it as text.
 *
 * Responsible for: what each member is called in JSON (as in hmx_metrics.h) and in Prometheus, its
 * unit there, and what it means. A new member of the snapshot is one row; a test misses it.
 */
#ifndef PLUGIN_ADAPTER_FIELDS_H
#define PLUGIN_ADAPTER_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_metrics.h"

typedef enum hm_field_type {
    HM_FIELD_U32,
    HM_FIELD_U64,
    HM_FIELD_DOUBLE,
    HM_FIELD_TALLY, /* hmx_tally: two metrics, of its shares and of their work */
    HM_FIELD_FLAG   /* a bit of a uint32_t */
} hm_field_type;

typedef struct hm_field {
    const char *name; /* in JSON: of the member, or the word of a flag */
    size_t offset;
    hm_field_type type;
    uint32_t flag;
    const char *metric; /* after hashmux_ or hashmux_upstream_, without _total */
    int is_counter;
    double unit; /* how much of the metric's unit is one of the member's */
    const char *help;
    const char *const
        *words; /* of a value from 0 on, in JSON; NULL at their end, and for a number */
} hm_field;

extern const hm_field HM_SNAPSHOT_FIELDS[];
extern const uint32_t HM_SNAPSHOT_FIELD_COUNT;
extern const hm_field HM_ROW_FIELDS[];
extern const uint32_t HM_ROW_FIELD_COUNT;

/* The value of a field that is no tally; `from` is the struct that it is of. */
double hm_field_number(const hm_field *field, const void *from);
/* The same of one that is a whole number. */
uint64_t hm_field_whole(const hm_field *field, const void *from);
hmx_tally hm_field_tally(const hm_field *field, const void *from);
/* The word of its value; NULL when it has none. */
const char *hm_field_word(const hm_field *field, const void *from);

#endif
