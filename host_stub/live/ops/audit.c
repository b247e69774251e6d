/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/ops/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host_stub/base/text.h"

enum { PATH_SIZE = 4096 };

struct hs_ops_audit {
    char path[PATH_SIZE];
    uint64_t bytes_max;
    uint64_t bytes;
    uint64_t lost;
    int fd;
    int torn;    /* the file ends within a line */
    int failing; /* the last line could not be written */
};

/* Does the file end within a line, as a process that was killed leaves it? */
static int is_torn(int fd, uint64_t bytes)
{
    char last = '\n';
    return bytes > 0 && pread(fd, &last, 1, (off_t)(bytes - 1)) == 1 && last != '\n';
}

static int open_file(hs_ops_audit *audit)
{
    struct stat st;
    audit->fd = open(audit->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (audit->fd < 0 || fstat(audit->fd, &st) != 0) {
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    audit->bytes = (uint64_t)st.st_size;
    audit->torn = is_torn(audit->fd, audit->bytes);
    return 0;
}

hs_ops_audit *hs_ops_audit_open(const char *path, uint64_t bytes_max, char *why, size_t capacity)
{
    hs_ops_audit *const audit = calloc(1, sizeof *audit);
    if (audit == NULL || strlen(path) > sizeof audit->path - 8) {
        (void)hs_refuse(why, capacity, audit == NULL ? "no memory" : "the path is too long");
        free(audit);
        return NULL;
    }
    strcpy(audit->path, path);
    audit->bytes_max = bytes_max;
    if (open_file(audit) != 0) {
        (void)hs_refuse(why, capacity, "the audit %s cannot be written: %s", path,
                        errno == EINVAL ? "it is no regular file" : strerror(errno));
        hs_ops_audit_close(audit);
        return NULL;
    }
    return audit;
}

/* FILE.7 to FILE.8, ... FILE to FILE.1. */
static int rotate(hs_ops_audit *audit)
{
    char from[PATH_SIZE + 16];
    char to[PATH_SIZE + 16];
    for (int i = HS_OPS_AUDIT_KEPT; i > 0; i--) {
        (void)snprintf(to, sizeof to, "%s.%d", audit->path, i);
        (void)snprintf(from, sizeof from, i > 1 ? "%s.%d" : "%s", audit->path, i - 1);
        if (rename(from, to) != 0 && errno != ENOENT) {
            return -1;
        }
    }
    (void)fdatasync(audit->fd);
    (void)close(audit->fd);
    return open_file(audit);
}

static int write_line(hs_ops_audit *audit, const char *json, uint64_t len)
{
    static char newline[] = "\n";
    const struct iovec parts[] = {
        {newline, audit->torn ? 1u : 0u}, {(void *)(uintptr_t)json, (size_t)len}, {newline, 1}};
    const ssize_t all = (ssize_t)(len + 1 + (audit->torn ? 1 : 0));
    const ssize_t n = writev(audit->fd, parts, 3);
    audit->bytes += n > 0 ? (uint64_t)n : 0;
    audit->torn = n > 0 ? n < all : audit->torn;
    if (n >= 0 && n < all) {
        errno = ENOSPC;
    }
    return n == all ? 0 : -1;
}

int hs_ops_audit_line(hs_ops_audit *audit, const char *json, uint64_t len, char *why,
                      size_t capacity)
{
    if ((audit->bytes + len > audit->bytes_max && audit->bytes > 0 && rotate(audit) != 0) ||
        write_line(audit, json, len) != 0) {
        const int first = !audit->failing;
        audit->failing = 1;
        audit->lost++;
        return first
                   ? hs_refuse(why, capacity, "the audit %s cannot be written: %s; lines are lost",
                               audit->path, strerror(errno))
                   : hs_refuse(why, capacity, "%s", "");
    }
    audit->failing = 0;
    return 0;
}

int hs_ops_audit_sync(hs_ops_audit *audit, char *why, size_t capacity)
{
    return fdatasync(audit->fd) == 0
               ? 0
               : hs_refuse(why, capacity, "the audit %s is not safe on the disk: %s", audit->path,
                           strerror(errno));
}

uint64_t hs_ops_audit_lost(const hs_ops_audit *audit)
{
    return audit->lost;
}

void hs_ops_audit_close(hs_ops_audit *audit)
{
    if (audit != NULL && audit->fd >= 0) {
        (void)fdatasync(audit->fd);
        (void)close(audit->fd);
    }
    free(audit);
}
