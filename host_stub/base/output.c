/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "host_stub/base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/base/text.h"

enum { PATH_SIZE = 4096, TAIL_SIZE = 8 };

static int refuse(const char *path, int error, char *why, size_t capacity)
{
    return hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(error));
}

/* Where a path really leads, and what is there: mode 0 = nothing. */
typedef struct target {
    char path[PATH_SIZE];
    char folder[PATH_SIZE];
    mode_t mode;
} target;

static int find(const char *path, target *to, char *why, size_t capacity)
{
    struct stat there;
    const size_t len = strlen(path);
    if (len == 0 || len >= PATH_SIZE - TAIL_SIZE) {
        return hs_refuse(why, capacity, "the name of a file has 1 to %d bytes",
                         PATH_SIZE - TAIL_SIZE - 1);
    }
    char *const real = realpath(path, NULL);
    (void)snprintf(to->path, sizeof to->path, "%s", real != NULL ? real : path);
    free(real);
    to->mode = stat(to->path, &there) == 0 ? there.st_mode : 0;
    if (S_ISDIR(to->mode) || path[len - 1] == '/') {
        return hs_refuse(why, capacity, "%s is a folder; the name of a file is needed", path);
    }
    memcpy(to->folder, to->path, sizeof to->folder);
    char *const slash = strrchr(to->folder, '/');
    if (slash == NULL) {
        memcpy(to->folder, ".", sizeof ".");
    } else {
        slash[slash == to->folder ? 1 : 0] = '\0';
    }
    return 0;
}

/* It can be replaced by a file that is written beside it. */
static int is_replaced(const target *to)
{
    return (to->mode == 0 || S_ISREG(to->mode)) && access(to->folder, W_OK | X_OK) == 0;
}

int hs_output_check(const char *path, char *why, size_t capacity)
{
    target to;
    if (strcmp(path, "-") == 0) {
        return 0;
    }
    if (find(path, &to, why, capacity) != 0) {
        return -1;
    }
    if (is_replaced(&to) || (to.mode != 0 && access(to.path, W_OK) == 0)) {
        return 0;
    }
    return refuse(path, errno, why, capacity);
}

int hs_output_folder(const char *path, char *why, size_t capacity)
{
    struct stat there;
    if (stat(path, &there) != 0) {
        if (mkdir(path, 0777) == 0 && rmdir(path) == 0) {
            return 0;
        }
        return hs_refuse(why, capacity, "the folder %s cannot be made: %s", path, strerror(errno));
    }
    if (!S_ISDIR(there.st_mode)) {
        return hs_refuse(why, capacity, "%s is not a folder", path);
    }
    return access(path, W_OK | X_OK) == 0 ? 0 : refuse(path, errno, why, capacity);
}

/* Closes `fd` in any case. 0, or an errno. */
static int write_all(int fd, const char *data, size_t len)
{
    int error = 0;
    while (len > 0 && error == 0) {
        const ssize_t n = write(fd, data, len);
        error = n < 0 && errno != EINTR ? errno : 0;
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    /* On the disk before it takes a name: a crash leaves the old file or the new one. */
    if (error == 0 && fsync(fd) != 0 && errno != EINVAL && errno != EROFS) {
        error = errno;
    }
    return close(fd) != 0 && error == 0 ? errno : error;
}

/* 0, or an errno. */
static int replace(const target *to, const void *data, size_t len)
{
    char beside[PATH_SIZE + TAIL_SIZE];
    (void)snprintf(beside, sizeof beside, "%s.XXXXXX", to->path);
    const int fd = mkstemp(beside);
    if (fd < 0) {
        return errno;
    }
    /* mkstemp makes a private file; a new one is as open as any other file of this person. */
    const mode_t mask = umask(0);
    (void)umask(mask);
    int error = fchmod(fd, to->mode != 0 ? to->mode & 07777 : 0666 & ~mask) != 0 ? errno : 0;
    const int written = write_all(fd, data, len);
    error = error != 0 ? error : written;
    if (error == 0 && rename(beside, to->path) != 0) {
        error = errno;
    }
    if (error != 0) {
        (void)unlink(beside);
    }
    return error;
}

int hs_output_save(const char *path, const void *data, size_t len, char *why, size_t capacity)
{
    target to;
    int error = 0;
    if (strcmp(path, "-") == 0) {
        const int good = fwrite(data, 1, len, stdout) == len && fflush(stdout) == 0;
        return good ? 0 : refuse("standard output", errno, why, capacity);
    }
    if (find(path, &to, why, capacity) != 0) {
        return -1;
    }
    if (is_replaced(&to)) {
        error = replace(&to, data, len);
    } else {
        const int fd = open(to.path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        error = fd >= 0 ? write_all(fd, data, len) : errno;
    }
    return error == 0 ? 0 : refuse(path, error, why, capacity);
}

int hs_output_save_text(const char *path, char *text, char *why, size_t capacity)
{
    const size_t len = text != NULL ? strlen(text) : 0;
    char *const line = text != NULL ? realloc(text, len + 2) : NULL;
    if (line == NULL) {
        free(text);
        return hs_refuse(why, capacity, "%s is not written: out of memory", path);
    }
    memcpy(line + len, "\n", sizeof "\n");
    const int rc = hs_output_save(path, line, len + 1, why, capacity);
    free(line);
    return rc;
}

int hs_output_finish(char *why, size_t capacity)
{
    if (fflush(stdout) != 0) {
        return refuse("standard output", errno, why, capacity);
    }
    /* An earlier line, whose error nobody kept. */
    return ferror(stdout) ? hs_refuse(why, capacity,
                                      "standard output cannot be written: not all "
                                      "that was printed has arrived")
                          : 0;
}
