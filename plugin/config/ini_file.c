/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * ini_file: the bytes of a file, by open, fstat and read. stdio would allocate behind the host's
 * back, and fopen reads a directory without complaint until the first byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/config/ini.h"

#define INTERRUPTIONS_MAX 1000 /* signals that may break into one file before we give up */

/* strerror is neither reentrant nor independent of the locale. */
static const char *error_words(int error)
{
    switch (error) {
    case ENOENT:
        return "there is no such file";
    case ENOTDIR:
        return "a part of the path is not a directory";
    case EACCES:
    case EPERM:
        return "this user may not read it";
    case ELOOP:
        return "too many symbolic links";
    case ENAMETOOLONG:
        return "the path is too long";
    case EMFILE:
    case ENFILE:
        return "too many files are open";
    case EIO:
        return "the disk reports an error";
    default:
        return NULL;
    }
}

static hmx_status refuse_errno(hm_problems *problems, const char *what, int error)
{
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    const char *const words = error_words(error);
    hm_text_addf(&t, "cannot %s: ", what);
    if (words != NULL) {
        hm_text_add(&t, words);
    } else {
        hm_text_addf(&t, "system error %d", error);
    }
    hm_problems_add(problems, HM_PROBLEM_NO_LINE, sentence);
    return HMX_E_IO;
}

static hmx_status refuse(hm_problems *problems, const char *sentence)
{
    hm_problems_add(problems, HM_PROBLEM_NO_LINE, sentence);
    return HMX_E_IO;
}

static const char *kind_of(mode_t mode)
{
    if (S_ISDIR(mode)) {
        return "is a directory; a regular file is wanted";
    }
    if (S_ISFIFO(mode)) {
        return "is a pipe; a regular file is wanted";
    }
    if (S_ISCHR(mode) || S_ISBLK(mode)) {
        return "is a device; a regular file is wanted";
    }
    return "is not a regular file; a regular file is wanted";
}

/* Fills the buffer until the end of the file. One byte more than the file had tells growth. */
static hmx_status read_all(int fd, hm_ini_file *file, size_t expected, hm_problems *problems)
{
    int interruptions = 0;
    file->len = 0;
    while (file->len < file->allocated) {
        const ssize_t n = read(fd, file->data + file->len, file->allocated - file->len);
        if (n == 0) {
            break;
        }
        if (n > 0) {
            file->len += (size_t)n;
        } else if (errno != EINTR || ++interruptions > INTERRUPTIONS_MAX) {
            return refuse_errno(problems, "read it", errno);
        }
    }
    if (file->len != expected) {
        return refuse(problems, "changed while it was read; try again");
    }
    return HMX_OK;
}

hmx_status hm_ini_open(const hm_memory *memory, const char *path, hm_ini_file *out,
                       hm_problems *problems)
{
    hm_ini_file file = {NULL, 0, 0};
    hmx_status status = HMX_OK;
    struct stat about;
    /* Not blocking: opening a pipe that nobody writes to would hang the host. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return refuse_errno(problems, "open it", errno);
    }
    if (fstat(fd, &about) != 0) {
        status = refuse_errno(problems, "read it", errno);
        goto cleanup;
    }
    if (!S_ISREG(about.st_mode)) {
        status = refuse(problems, kind_of(about.st_mode));
        goto cleanup;
    }
    if (about.st_size < 0 || about.st_size > (off_t)HM_INI_FILE_MAX) {
        status = refuse(problems, "is larger than 1 MiB (1048576 bytes), the most that is read");
        goto cleanup;
    }
    const size_t size = (size_t)about.st_size;
    file.allocated = size + 1;
    file.data = (char *)hm_alloc(memory, file.allocated, 1, 1);
    if (file.data == NULL) {
        status = HMX_E_NOMEM;
        goto cleanup;
    }
    status = read_all(fd, &file, size, problems);
cleanup:
    if (status == HMX_OK) {
        *out = file;
    } else {
        hm_ini_close(memory, &file);
    }
    (void)close(fd);
    return status;
}

void hm_ini_close(const hm_memory *memory, hm_ini_file *file)
{
    hm_free(memory, file->data, file->allocated, 1, 1);
    file->data = NULL;
    file->len = 0;
    file->allocated = 0;
}
