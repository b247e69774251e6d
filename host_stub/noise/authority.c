/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/noise/authority.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/noise/text.h"

/* In a page that is locked, left out of cores and wiped when it is freed. */
static hs_noise_authority *make_room(char *why, size_t capacity)
{
    hs_noise_authority *const authority =
        sodium_init() < 0 ? NULL : sodium_malloc(sizeof *authority);
    if (authority == NULL) {
        (void)hs_refuse(why, capacity, "no memory for a secret key");
    } else {
        memset(authority, 0, sizeof *authority);
    }
    return authority;
}

void hs_noise_authority_free(hs_noise_authority *authority)
{
    sodium_free(authority);
}

/* ---- into a file ---- */

static int write_text(int fd, const char *path, const hs_noise_authority *authority, char *why,
                      size_t capacity)
{
    char text[HS_NOISE_TEXT_SIZE];
    hs_noise_secret_write(authority->secret, text);
    const size_t len = strlen(text);
    text[len] = '\n';
    const int written = write(fd, text, len + 1) == (ssize_t)(len + 1) && fsync(fd) == 0;
    const int error = errno;
    sodium_memzero(text, sizeof text);
    return written ? 0
                   : hs_refuse(why, capacity, "%s cannot be written: %s", path, strerror(error));
}

static int save(const char *path, const hs_noise_authority *authority, char *why, size_t capacity)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return errno == EEXIST
                   ? hs_refuse(why, capacity, "%s is there already and is left as it is", path)
                   : hs_refuse(why, capacity, "%s cannot be made: %s", path, strerror(errno));
    }
    const int rc = write_text(fd, path, authority, why, capacity);
    (void)close(fd);
    if (rc != 0) {
        (void)unlink(path);
    }
    return rc;
}

int hs_noise_authority_create(const char *path, char *why, size_t capacity)
{
    hs_noise_key key;
    hs_noise_authority *const authority = make_room(why, capacity);
    if (authority == NULL) {
        return -1;
    }
    int rc = hs_noise_key_make(&key);
    if (rc != 0) {
        (void)hs_refuse(why, capacity, "no key could be made");
    } else {
        memcpy(authority->secret, key.secret, sizeof authority->secret);
        rc = save(path, authority, why, capacity);
    }
    sodium_memzero(&key, sizeof key);
    hs_noise_authority_free(authority);
    return rc;
}

/* ---- and out of it ---- */

/* May nobody but us read it? */
static int check_owner(int fd, const char *path, char *why, size_t capacity)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        return hs_refuse(why, capacity, "%s is not a regular file", path);
    }
    if (about.st_uid != geteuid()) {
        return hs_refuse(why, capacity, "%s belongs to somebody else; a secret key has to be ours",
                         path);
    }
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return hs_refuse(why, capacity,
                         "others than its owner may use %s (mode %o), which holds a secret key; "
                         "say: chmod 600 %s",
                         path, (unsigned)(about.st_mode & 07777), path);
    }
    return 0;
}

static int read_text(int fd, const char *path, hs_noise_authority *authority, char *why,
                     size_t capacity)
{
    char text[HS_NOISE_TEXT_SIZE + 1];
    char reason[200] = "cannot be read";
    int rc = -1;
    const ssize_t got = read(fd, text, sizeof text - 1);
    if (got >= 0) {
        text[got] = '\0';
        text[strcspn(text, "\r\n")] = '\0';
        rc = hs_noise_secret_read(text, authority->secret, reason, sizeof reason);
    }
    sodium_memzero(text, sizeof text);
    return rc == 0 ? hs_noise_public(authority->secret, authority->x)
                   : hs_refuse(why, capacity, "the secret key in %s %s", path, reason);
}

hs_noise_authority *hs_noise_authority_load(const char *path, char *why, size_t capacity)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)hs_refuse(why, capacity, "%s cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    hs_noise_authority *authority = make_room(why, capacity);
    if (authority != NULL && (check_owner(fd, path, why, capacity) != 0 ||
                              read_text(fd, path, authority, why, capacity) != 0)) {
        hs_noise_authority_free(authority);
        authority = NULL;
    }
    (void)close(fd);
    return authority;
}
