/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/ops/audit: the plugin's audit in a file. Lines are only ever added, each by one write, so
 * that a process that is killed leaves at most its last line in pieces. A file that has grown
 * beyond its size is renamed to FILE.1 (FILE.1 to FILE.2, and so on) and a new one begun. What was
 * written is safe from a failing machine once a minute (hs_ops_audit_sync), and at the end. */
#ifndef HOST_STUB_LIVE_OPS_AUDIT_H
#define HOST_STUB_LIVE_OPS_AUDIT_H

#include <stddef.h>
#include <stdint.h>

enum { HS_OPS_AUDIT_KEPT = 8 }; /* renamed files that are kept */

typedef struct hs_ops_audit hs_ops_audit;

/* NULL with a sentence. */
hs_ops_audit *hs_ops_audit_open(const char *path, uint64_t bytes_max, char *why, size_t capacity);
/* A line, without its end. Returns 0; or -1, with a sentence the first time since one was written:
 * the disk is full, say. The line is lost, later ones are tried. */
int hs_ops_audit_line(hs_ops_audit *audit, const char *json, uint64_t len, char *why,
                      size_t capacity);
/* Onto the disk. 0, or -1 with a sentence. */
int hs_ops_audit_sync(hs_ops_audit *audit, char *why, size_t capacity);
/* Lines that were lost. */
uint64_t hs_ops_audit_lost(const hs_ops_audit *audit);
/* Syncs and closes; NULL is fine. */
void hs_ops_audit_close(hs_ops_audit *audit);

#endif
