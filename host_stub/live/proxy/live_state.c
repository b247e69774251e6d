/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/live_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/base/text.h"

enum { STATE_MAX = 64 << 20 };

int hs_proxy_state_read(const char *path, uint8_t **data, size_t *len, char *why, size_t capacity)
{
    struct stat about;
    int rc = -1;
    FILE *const file = fopen(path, "rb");
    *data = NULL;
    *len = 0;
    if (file == NULL) {
        return errno == ENOENT ? 0
                               : hs_refuse(why, capacity, "the state %s cannot be read: %s", path,
                                           strerror(errno));
    }
    if (fstat(fileno(file), &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > STATE_MAX) {
        (void)hs_refuse(why, capacity, "the state %s is no file of at most 64 MiB", path);
        goto cleanup;
    }
    *data = malloc((size_t)about.st_size + 1);
    *len = *data != NULL ? fread(*data, 1, (size_t)about.st_size, file) : 0;
    if (*data == NULL || *len != (size_t)about.st_size) {
        (void)hs_refuse(why, capacity, "the state %s cannot be read whole", path);
        free(*data);
        *data = NULL;
        goto cleanup;
    }
    rc = 0;
cleanup:
    (void)fclose(file);
    return rc;
}

int hs_proxy_state_write(const char *path, const uint8_t *data, size_t len, char *why,
                         size_t capacity)
{
    char beside[4096];
    const int size = snprintf(beside, sizeof beside, "%s.new", path);
    if (size < 0 || (size_t)size >= sizeof beside) {
        return hs_refuse(why, capacity, "the path of the state is too long: %s", path);
    }
    FILE *const file = fopen(beside, "wb");
    int good = file != NULL && fwrite(data, 1, len, file) == len;
    good = good && fflush(file) == 0 && fsync(fileno(file)) == 0;
    good = (file == NULL || fclose(file) == 0) && good;
    good = good && rename(beside, path) == 0;
    if (!good) {
        (void)hs_refuse(why, capacity, "the state %s cannot be written: %s", path, strerror(errno));
        (void)unlink(beside);
        return -1;
    }
    return 0;
}
