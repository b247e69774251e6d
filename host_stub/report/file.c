/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _XOPEN_SOURCE 700 /* realpath */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/report/html.h"

enum { PATH_SIZE = 4096 };

/* Where the page really goes: a symbolic link stays a link. 0, or -1 with `why`. */
static int resolve(const char *path, char *to, char *why, size_t capacity)
{
    struct stat there;
    char *const real = realpath(path, NULL);
    const int n = snprintf(to, PATH_SIZE, "%s", real != NULL ? real : path);
    free(real);
    if (path[0] == '\0' || n < 0 || n >= PATH_SIZE - 8) {
        return hs_refuse(why, capacity, "the report needs the name of a file, of 1 to %d bytes",
                         PATH_SIZE - 9);
    }
    if (stat(to, &there) == 0 && !S_ISREG(there.st_mode)) {
        return hs_refuse(why, capacity, "%s is not a regular file: the report is not written there",
                         path);
    }
    return 0;
}

int hs_html_check_path(const char *path, char *why, size_t capacity)
{
    char folder[PATH_SIZE];
    if (resolve(path, folder, why, capacity) != 0) {
        return -1;
    }
    char *const slash = strrchr(folder, '/');
    if (slash == NULL) {
        snprintf(folder, sizeof folder, ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    if (slash != NULL && path[strlen(path) - 1] == '/') {
        return hs_refuse(why, capacity, "%s names a folder; the report needs the name of a file",
                         path);
    }
    if (access(folder, W_OK | X_OK) != 0) {
        return hs_refuse(why, capacity, "%s cannot be written: %s: %s", path, folder,
                         strerror(errno));
    }
    return 0;
}

static int write_all(int to, const char *data, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(to, data, len);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int hs_html_save(const hs_html *page, const char *path, char *why, size_t capacity)
{
    char target[PATH_SIZE];
    char temporary[PATH_SIZE + 8];
    if (page->failed || page->data == NULL) {
        return hs_refuse(why, capacity, "%s is not written: out of memory", path);
    }
    if (hs_html_check_path(path, why, capacity) != 0 || resolve(path, target, why, capacity) != 0) {
        return -1;
    }
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", target);
    const int to = mkstemp(temporary);
    if (to < 0) {
        return hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(errno));
    }
    /* mkstemp makes a private file; a page is as open as any other file of this person. */
    const mode_t mask = umask(0);
    (void)umask(mask);
    int rc = fchmod(to, 0666 & ~mask) != 0 || write_all(to, page->data, page->len) != 0;
    int error = errno;
    if (close(to) != 0 && rc == 0) {
        rc = 1;
        error = errno;
    }
    if (rc == 0 && rename(temporary, target) != 0) {
        rc = 1;
        error = errno;
    }
    if (rc != 0) {
        (void)unlink(temporary);
        return hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(error));
    }
    return 0;
}
