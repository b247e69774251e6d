/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/ini.h"
#include "host_stub/base/text.h"
#include "host_stub/bench/reality.h"

enum { CHANGE_SIZE = 512, WORD_SIZE = 128 };

static const char BASE[] = "[scenario]\nhours = 26\n"
                           "[farm]\ncount = 200\n"
                           "mix = 95:25 140:15 200:25 270:10 114:10 170:10 473:5\n"
                           "[pool.a]\ntarget = 60\n"
                           "[pool.b]\ntarget = 30\n"
                           "[pool.c]\ntarget = 10\n";

/* The text with the value in place of @, and its parts in place of @1 and @2. */
static void put_value(const char *text, const char *value, char *to, size_t capacity)
{
    const size_t first = strcspn(value, "/");
    size_t len = 0;
    for (const char *at = text; *at != '\0' && len + 1 < capacity; at++) {
        if (*at != '@') {
            to[len++] = *at;
            continue;
        }
        const int part = at[1] == '1' || at[1] == '2' ? at[1] - '0' : 0;
        const char *const from = part == 2 && value[first] == '/' ? value + first + 1 : value;
        const size_t most = part == 1 ? first : strlen(from);
        const size_t left = capacity - 1 - len;
        const size_t n = most < left ? most : left;
        memcpy(to + len, from, n);
        len += n;
        at += part > 0;
    }
    to[len] = '\0';
}

static void drop_section(hs_ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->count;) {
        if (strcmp(ini->entries[i].section, section) == 0) {
            hs_ini_unset(ini, section, ini->entries[i].key);
        } else {
            i++;
        }
    }
}

/* One change. 0, or -1 when it is none or memory ran out. */
static int change(hs_ini *ini, char *word)
{
    char *const equals = strchr(word, '=');
    char *point = NULL;
    if (word[0] == '-') {
        drop_section(ini, word + 1);
        return 0;
    }
    for (char *at = word; equals != NULL && at < equals; at++) {
        point = *at == '.' ? at : point;
    }
    if (point == NULL) {
        return -1;
    }
    *point = '\0';
    *equals = '\0';
    if (strcmp(equals + 1, "-") == 0) {
        hs_ini_unset(ini, word, point + 1);
        return 0;
    }
    if (strcmp(word, "farm") == 0 && strcmp(point + 1, "list") == 0) { /* instead of the mix */
        hs_ini_unset(ini, word, "count");
        hs_ini_unset(ini, word, "mix");
    }
    return hs_ini_set(ini, word, point + 1, equals + 1);
}

static int change_all(hs_ini *ini, const char *sets, const char *value)
{
    char word[CHANGE_SIZE];
    char filled[CHANGE_SIZE];
    for (const char *at = sets; *at != '\0';) {
        const size_t len = strcspn(at, ";");
        if (len >= sizeof word) {
            return -1;
        }
        memcpy(word, at, len);
        word[len] = '\0';
        put_value(word, value, filled, sizeof filled);
        if (len > 0 && change(ini, filled) != 0) {
            return -1;
        }
        at += len + (at[len] == ';');
    }
    return 0;
}

static int equal_pools(hs_ini *ini, uint32_t pools)
{
    char section[WORD_SIZE];
    char target[WORD_SIZE];
    if (pools == 0) {
        return 0;
    }
    drop_section(ini, "pool.a");
    drop_section(ini, "pool.b");
    drop_section(ini, "pool.c");
    hs_format_fixed(target, sizeof target, 100.0 / (double)pools, 6);
    for (uint32_t i = 0; i < pools; i++) {
        snprintf(section, sizeof section, "pool.p%u", (unsigned)i + 1);
        if (hs_ini_set(ini, section, "target", target) != 0) {
            return -1;
        }
    }
    return 0;
}

char *hs_reality_text(const hs_reality_row *row, const char *sets, const char *value, char *why,
                      size_t capacity)
{
    hs_ini ini;
    char *text = NULL;
    if (hs_ini_parse(&ini, "base", BASE, sizeof BASE - 1, why, capacity) != 0) {
        return NULL;
    }
    if (equal_pools(&ini, row->pools) == 0 && change_all(&ini, sets, value) == 0) {
        text = hs_ini_render(&ini);
    }
    hs_ini_free(&ini);
    if (text == NULL) {
        hs_refuse(why, capacity, "%s %s: its scenario cannot be made of '%s'", row->name, value,
                  sets);
    }
    return text;
}
