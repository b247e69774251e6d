/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * layout_print: prints the binary form of the ABI as this compiler makes it, one line per struct,
 * field and constant. tests/cli/layout.sh compares it with layout.golden. It also walks the list of
 * hmx_layout.def for completeness: the fields of a struct must touch each other and fill it, so a
 * field that is missing in the list leaves a gap that is named on standard error (exit status
 * 1). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "abi/hmx_layout.h"

/* The struct being walked: its name, its size, and the byte after its last listed field. */
struct walk {
    const char *name;
    size_t size;
    size_t end;
    int gaps;
};

static void finish_struct(struct walk *walk)
{
    if (walk->name != NULL && walk->end != walk->size) {
        fprintf(stderr, "%s: the listed fields end at byte %zu, the struct at %zu\n", walk->name,
                walk->end, walk->size);
        walk->gaps++;
    }
}

static void print_struct(struct walk *walk, const char *name, size_t size, size_t align)
{
    finish_struct(walk);
    walk->name = name;
    walk->size = size;
    walk->end = 0;
    printf("struct %s: size %zu, alignment %zu\n", name, size, align);
}

static void print_field(struct walk *walk, const char *owner, const char *field, const char *type,
                        size_t offset, size_t size)
{
    if (walk->name == NULL || strcmp(owner, walk->name) != 0) {
        fprintf(stderr, "%s.%s is not listed under its struct\n", owner, field);
        walk->gaps++;
        return;
    }
    if (offset != walk->end) {
        fprintf(stderr, "%s.%s is at byte %zu, the field listed before it ends at %zu\n", owner,
                field, offset, walk->end);
        walk->gaps++;
    }
    walk->end = offset + size;
    printf("  %4zu %4zu  %s: %s\n", offset, size, field, type);
}

int main(void)
{
    struct walk walk = {NULL, 0, 0, 0};
#define HMX_STRUCT(name, bytes, align) print_struct(&walk, #name, sizeof(name), HMX_ALIGNOF(name));
#define HMX_FIELD(owner, field, type, at)                                                          \
    print_field(&walk, #owner, #field, #type, offsetof(owner, field), sizeof(((owner *)0)->field));
#define HMX_HOOK(owner, field, at)                                                                 \
    print_field(&walk, #owner, #field, "hook", offsetof(owner, field), sizeof(((owner *)0)->field));
#define HMX_CONSTANT(name, value) printf("%s = %" PRId64 "\n", #name, (int64_t)(name));
#define HMX_TEXT(name)            printf("%s = \"%s\"\n", #name, name);
#include "abi/hmx_layout.def"
    finish_struct(&walk);
    return walk.gaps == 0 ? 0 : 1;
}
