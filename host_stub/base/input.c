/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host_stub/base/text.h"

static int read_open(FILE *file, const char *path, size_t most, char **data, size_t *len, char *why,
                     size_t capacity)
{
    struct stat about;
    if (fstat(fileno(file), &about) != 0 || !S_ISREG(about.st_mode)) {
        return hs_refuse(why, capacity, "%s: is not a regular file", path);
    }
    const size_t size = (size_t)about.st_size;
    if (size > most) {
        return hs_refuse(why, capacity, "%s: has %zu bytes; at most %zu are read", path, size,
                         most);
    }
    *data = malloc(size + 1);
    if (*data == NULL || fread(*data, 1, size, file) != size) {
        free(*data);
        *data = NULL;
        return hs_refuse(why, capacity, "%s: its %zu bytes cannot be read", path, size);
    }
    (*data)[size] = '\0';
    *len = size;
    return 0;
}

int hs_input_read(const char *path, size_t most, char **data, size_t *len, char *why,
                  size_t capacity)
{
    *data = NULL;
    *len = 0;
    FILE *const file = fopen(path, "rbe");
    if (file == NULL) {
        const int error = errno;
        (void)hs_refuse(why, capacity, "%s: cannot be opened: %s", path, strerror(error));
        errno = error;
        return -1;
    }
    const int rc = read_open(file, path, most, data, len, why, capacity);
    (void)fclose(file);
    errno = 0;
    return rc;
}
