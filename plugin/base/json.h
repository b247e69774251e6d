/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * json: JSON into a text, member by member, and numbers of any size as JSON and the Prometheus text
 * format have them.
 *
 * Responsible for: commas, escapes, and that what is written is valid JSON whatever bytes a text
 * holds. Leaves to others: to close what they open. Never allocates, never depends on the locale. A
 * text that was cut (text.h) is no JSON any more.
 */
#ifndef PLUGIN_BASE_JSON_H
#define PLUGIN_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "plugin/base/text.h"

/* A finite number: six decimals at most below a thousand million, whole above, with an exponent
 * from 1.8e19 on and below a thousandth. One that is not finite is written as 0. */
void hm_text_add_number(hm_text *t, double value);

/* Each adds one member of the object, or with name NULL one element of the array, that is open. */
void hm_json_open(hm_text *t, const char *name, char bracket); /* { or [ */
void hm_json_close(hm_text *t, char bracket);                  /* } or ] */
void hm_json_number(hm_text *t, const char *name, double value);
void hm_json_count(hm_text *t, const char *name, uint64_t value);
void hm_json_truth(hm_text *t, const char *name, int value);
void hm_json_null(hm_text *t, const char *name);
/* A NUL and bytes that are not UTF-8 become \xNN in the value, as in the log. */
void hm_json_text(hm_text *t, const char *name, const void *bytes, size_t len);
void hm_json_word(hm_text *t, const char *name, const char *word); /* terminated */

#endif
