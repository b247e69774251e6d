/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/page: what every page of the host has in common: its beginning with the style sheet, its
 * sections, cards, legends, and words for durations. One file, no script, nothing from the network;
 * light and dark, wide and narrow by CSS alone. Charts are report/plot's part.
 *
 * The markup is well-formed XML, so that a strict reader can check it. */
#ifndef HOST_STUB_REPORT_PAGE_H
#define HOST_STUB_REPORT_PAGE_H

#include <stdint.h>

#include "host_stub/report/html.h"

/* Pools and policies have one of so many colours: class c0 .. c7 by index. */
enum { HS_PAGE_COLOURS = 8 };

/* `kind` is above the title, `title` and `subtitle` are text of any origin. */
void hs_page_open(hs_html *out, const char *kind, const char *title, const char *subtitle);
void hs_page_close(hs_html *out);

/* A section; `intro` is markup of ours, or NULL. */
void hs_page_section(hs_html *out, const char *title, const char *intro);
void hs_page_section_end(hs_html *out);

/* A headline number: open, then the value's markup, then close with its unit and what it is. */
void hs_page_card(hs_html *out, const char *state); /* "", "good" or "bad" */
void hs_page_card_end(hs_html *out, const char *unit, const char *meaning);

/* A cell of a table that becomes a list on a narrow screen: `label` is its column's title. */
void hs_page_cell(hs_html *out, const char *label);

/* A dot of the colour of `index`. */
void hs_page_swatch(hs_html *out, uint32_t index);

/* "6 h 20 min", "45 s". */
void hs_page_duration(hs_html *out, uint64_t seconds);

/* The style sheet, in pieces, NULL at the end. */
extern const char *const HS_PAGE_STYLE[];

#endif
