/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * ini: a strict reader of INI files.
 *
 * Responsible for: getting the bytes (a regular file of at most 1 MiB, without stdio), cutting them
 * into whole physical lines, refusing every line that could be read in two ways, and calling back
 * with sections and keys. inih does the splitting into section, key and value; it is given only
 * lines that it cannot misread, because by itself it splits long lines into new keys, joins
 * indented lines to the key before, loses what follows a NUL and reads a directory as an empty
 * file. Leaves to others: which sections and keys there are, and a key that comes twice.
 *
 * The language: one `[section]` or `key = value` per line, at most 190 bytes. A line whose first
 * character is # or ; is a comment, and so is the rest of a line from a ; that follows a blank.
 * Blanks around names and values do not count, a value may be empty. UTF-8; names are
 * ASCII. No line is continued. A byte order mark at the start and CRLF line ends are fine.
 * Section and key names: at most 48 characters; a section comes once.
 *
 * Reentrant: inih's global options (a patch of Debian's) are never touched nor relied on.
 */
#ifndef PLUGIN_CONFIG_INI_H
#define PLUGIN_CONFIG_INI_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/memory.h"
#include "plugin/base/problems.h"

#define HM_INI_FILE_MAX     (1024u * 1024u) /* bytes */
#define HM_INI_LINE_MAX     190u            /* bytes without the line end; inih takes 198 */
#define HM_INI_NAME_MAX     48u             /* characters of a section or key; inih takes 49 */
#define HM_INI_SECTIONS_MAX 256u

/* Who wants to know. Called in the order of the lines; strings live during the call only. No
 * member may be NULL. A refused section is reported with the name NULL, its keys not at all; a line
 * that is neither a section nor a key as torn. */
typedef struct hm_ini_handler {
    void *ctx;
    void (*section)(void *ctx, const char *section, uint32_t line);
    void (*key)(void *ctx, const char *section, const char *key, const char *value, uint32_t line);
    void (*torn)(void *ctx);
} hm_ini_handler;

/* Bytes of a file, owned by whoever called hm_ini_open. */
typedef struct hm_ini_file {
    char *data;
    size_t len;       /* bytes of the file */
    size_t allocated; /* bytes at data */
} hm_ini_file;

/* Reads the whole file. HMX_E_IO: it cannot be read (problems says why); HMX_E_NOMEM. On HMX_OK the
 * caller gives it back with hm_ini_close. */
hmx_status hm_ini_open(const hm_memory *memory, const char *path, hm_ini_file *out,
                       hm_problems *problems);
void hm_ini_close(const hm_memory *memory, hm_ini_file *file);

/* Reads `len` bytes of INI text. Every bad line is added to `problems` and left out, the others are
 * reported. HMX_OK says that all of it was looked at, not that there was no problem; HMX_E_NOMEM;
 * HMX_E_CONFIG for text of more than HM_INI_FILE_MAX bytes (and a problem). */
hmx_status hm_ini_parse(const hm_memory *memory, const char *data, size_t len,
                        const hm_ini_handler *handler, hm_problems *problems);

#endif
