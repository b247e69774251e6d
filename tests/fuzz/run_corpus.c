/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * run_corpus: stands in for libFuzzer where there is none: feeds each file of the folders named on
 * the command line to the target, each from memory of exactly its size. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static int feed(const char *path)
{
    struct stat about;
    FILE *const file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &about) != 0) {
        fprintf(stderr, "run_corpus: %s: %s\n", path, strerror(errno));
        return 0;
    }
    const size_t size = (size_t)about.st_size;
    uint8_t *const data = malloc(size > 0 ? size : 1);
    const int read = data != NULL && fread(data, 1, size, file) == size;
    (void)fclose(file);
    if (read) {
        printf("%s, %zu bytes\n", path, size);
        (void)fflush(stdout); /* so that the last line names the input that crashed */
        (void)LLVMFuzzerTestOneInput(data, size);
    } else {
        fprintf(stderr, "run_corpus: %s: could not be read\n", path);
    }
    free(data);
    return read;
}

/* Returns how many files were fed, or -1 when one could not be. */
static int feed_folder(const char *folder)
{
    int count = 0;
    DIR *const stream = opendir(folder);
    struct dirent *entry = NULL;
    if (stream == NULL) {
        fprintf(stderr, "run_corpus: %s: %s\n", folder, strerror(errno));
        return -1;
    }
    while (count >= 0 && (entry = readdir(stream)) != NULL) {
        char path[4096];
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            count = feed(path) ? count + 1 : -1;
        }
    }
    (void)closedir(stream);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        const int count = feed_folder(argv[i]);
        if (count <= 0) {
            fprintf(stderr, "run_corpus: no inputs in %s\n", argv[i]);
            return 1;
        }
        total += count;
    }
    printf("%d inputs\n", total);
    return total > 0 ? 0 : 1;
}
