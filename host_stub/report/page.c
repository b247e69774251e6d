/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/page.h"

#include <inttypes.h>

void hs_page_open(hs_html *out, const char *kind, const char *title, const char *subtitle)
{
    hs_html_raw(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                     "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>");
    hs_html_text(out, title);
    hs_html_raw(out, " - hashmux</title>\n<style>\n");
    for (size_t i = 0; HS_PAGE_STYLE[i] != NULL; i++) {
        hs_html_raw(out, HS_PAGE_STYLE[i]);
    }
    hs_html_raw(out, "</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"kind\">");
    hs_html_raw(out, kind);
    hs_html_raw(out, "</p>\n<h1>");
    hs_html_text(out, title);
    hs_html_raw(out, "</h1>\n");
    if (subtitle[0] != '\0') {
        hs_html_raw(out, "<p class=\"lead\">");
        hs_html_text(out, subtitle);
        hs_html_raw(out, "</p>\n");
    }
    hs_html_raw(out, "</header>\n");
}

void hs_page_close(hs_html *out)
{
    hs_html_raw(out, "</main>\n</body>\n</html>\n");
}

void hs_page_section(hs_html *out, const char *title, const char *intro)
{
    hs_html_print(out, "<section>\n<h2>%s</h2>\n", title);
    if (intro != NULL) {
        hs_html_raw(out, "<p class=\"intro\">");
        hs_html_raw(out, intro);
        hs_html_raw(out, "</p>\n");
    }
}

void hs_page_section_end(hs_html *out)
{
    hs_html_raw(out, "</section>\n");
}

void hs_page_card(hs_html *out, const char *state)
{
    hs_html_print(out, "<div class=\"card %s\"><p class=\"value\"><b>", state);
}

void hs_page_card_end(hs_html *out, const char *unit, const char *meaning)
{
    hs_html_print(out, "</b> <span>%s</span></p><p class=\"meaning\">%s</p></div>\n", unit,
                  meaning);
}

void hs_page_cell(hs_html *out, const char *label)
{
    hs_html_raw(out, "<td data-l=\"");
    hs_html_text(out, label);
    hs_html_raw(out, "\">");
}

void hs_page_swatch(hs_html *out, uint32_t index)
{
    hs_html_print(out, "<i class=\"dot c%" PRIu32 "\"></i>", index % HS_PAGE_COLOURS);
}

void hs_page_duration(hs_html *out, uint64_t seconds)
{
    const uint64_t hours = seconds / 3600;
    const uint64_t minutes = seconds / 60 % 60;
    const uint64_t rest = seconds % 60;
    const char *space = "";
    if (hours > 0) {
        hs_html_print(out, "%" PRIu64 "&#160;h", hours);
        space = " ";
    }
    if (minutes > 0) {
        hs_html_print(out, "%s%" PRIu64 "&#160;min", space, minutes);
        space = " ";
    }
    if (rest > 0 || seconds == 0) {
        hs_html_print(out, "%s%" PRIu64 "&#160;s", space, rest);
    }
}
