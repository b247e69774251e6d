/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/json: how results become JSON, the same in every command: whole numbers as they are, others
 * rounded and printed with at most 15 digits, null for what is not finite. What there is to tell is
 * each command's business. A value without memory is left out. */
#ifndef HOST_STUB_BASE_JSON_H
#define HOST_STUB_BASE_JSON_H

#include <jansson.h>
#include <stdint.h>

json_t *hs_json_real(double value, unsigned decimals);

/* Members of an object; `value` is taken over. */
void hs_json_put(json_t *object, const char *name, json_t *value);
void hs_json_count(json_t *object, const char *name, uint64_t value);
void hs_json_text(json_t *object, const char *name, const char *text);
void hs_json_number(json_t *object, const char *name, double value, unsigned decimals);

/* The value, which is freed, as text for free(): in one line, or indented. NULL = no memory. */
char *hs_json_line(json_t *value);
char *hs_json_page(json_t *value);

#endif
