/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every reason for which the loader refuses a file, each with a sentence that names the file.
 * (A plugin of another major version is in tests/cli/inspect.sh, since it needs its own
 * linking.) */
#define _XOPEN_SOURCE 700 /* mkdtemp, realpath */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/load/loader.h"

static void lib_path(char *out, size_t cap, const char *name)
{
    snprintf(out, cap, "%s/%s.so", HMX_LIB_DIR, name);
}

typedef struct refusal {
    char file[40];
    enum hs_load_result result;
    char says[64]; /* part of the sentence */
} refusal;

ParameterizedTestParameters(loader, refuses)
{
    static refusal rows[] = {
        {"no_such_file", HS_LOAD_NOT_FOUND, "cannot be found"},
        {"bad_load_null_descriptor", HS_LOAD_NULL_DESCRIPTOR, "returned NULL"},
        {"bad_load_impure", HS_LOAD_IMPURE, "another descriptor at its second call"},
        {"bad_load_misaligned", HS_LOAD_MISALIGNED, "not a multiple of 8"},
        {"bad_load_descriptor_size", HS_LOAD_DESCRIPTOR_SIZE, "has 12 bytes"},
        {"bad_load_magic", HS_LOAD_MAGIC, "0x12345678 where 0x31584d48"},
        {"bad_load_major", HS_LOAD_MAJOR, "contract version 2"},
        {"bad_load_min_host_minor", HS_LOAD_MIN_HOST_MINOR, "1.7 or newer; this host has 1.0"},
        {"bad_load_needs", HS_LOAD_NEEDS, "0x10000000000 is missing (partly unknown"},
        {"bad_load_strings", HS_LOAD_STRINGS, "the id in its descriptor has 0 bytes"},
        {"bad_load_string_null", HS_LOAD_STRINGS, "the build in its descriptor is NULL"},
        {"bad_load_string_bytes", HS_LOAD_STRINGS, "byte 4 of the version"},
        {"bad_load_string_utf8", HS_LOAD_STRINGS, "byte 4 of the name in its descriptor is 0xe9"},
        {"bad_load_string_cut", HS_LOAD_STRINGS, "byte 4 of the name in its descriptor is 0xe2"},
        {"bad_load_string_long", HS_LOAD_STRINGS, "the id in its descriptor has more bytes"},
        {"bad_load_ops", HS_LOAD_OPS, "its table of hooks is NULL"},
        {"bad_load_ops_size", HS_LOAD_OPS, "its table of hooks says that it has 16 bytes"},
        {"bad_load_required", HS_LOAD_REQUIRED, "its hook destroy is NULL"},
    };
    return cr_make_param_array(refusal, rows, sizeof rows / sizeof rows[0]);
}

/* 1 if every byte is zero. */
static int is_zero(const hs_plugin *p)
{
    const unsigned char *const bytes = (const unsigned char *)p;
    for (size_t i = 0; i < sizeof *p; i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }
    return 1;
}

static void expect_refusal(const char *path, enum hs_load_result result, const char *says)
{
    static hs_plugin plugin;
    char why[8192];
    const hs_load_options options = hs_loader_defaults();
    const enum hs_load_result got = hs_loader_open(path, &options, &plugin, why, sizeof why);
    cr_expect(got == result, "%s: %s instead of %s", path, hs_loader_result_name(got),
              hs_loader_result_name(result));
    cr_expect(strncmp(why, path, strlen(path)) == 0, "does not name the file: %s", why);
    cr_expect(strstr(why, says) != NULL, "does not say '%s': %s", says, why);
    cr_expect(is_zero(&plugin), "%s: something of it was kept", path);
}

ParameterizedTest(refusal *row, loader, refuses)
{
    char path[4096];
    lib_path(path, sizeof path, row->file);
    expect_refusal(path, row->result, row->says);
}

/* ---- files that are made here */

static char folder[] = "/tmp/hmx-loader-XXXXXX";

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL, "no folder");
}

static void remove_folder(void)
{
    static const char *const NAMES[] = {"a.so", "b.so", "c.so", "notes.txt", "so", ".so"};
    char path[128];
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, NAMES[i]);
        (void)remove(path);
    }
    (void)rmdir(folder);
}

TestSuite(loader_files, .init = make_folder, .fini = remove_folder);

static void write_file(char *path, size_t cap, const char *name, const void *data, size_t size)
{
    snprintf(path, cap, "%s/%s", folder, name);
    FILE *const f = fopen(path, "wb");
    cr_assert(f != NULL && fwrite(data, 1, size, f) == size && fclose(f) == 0, "no file");
    cr_assert(chmod(path, 0644) == 0, "no mode");
}

/* The library's bytes; the caller frees them. */
static char *read_lib(const char *name, size_t *size)
{
    char path[4096];
    lib_path(path, sizeof path, name);
    FILE *const f = fopen(path, "rb");
    cr_assert(f != NULL && fseek(f, 0, SEEK_END) == 0, "no library");
    const long end = ftell(f);
    char *const bytes = malloc((size_t)end);
    cr_assert(end > 0 && bytes != NULL && fseek(f, 0, SEEK_SET) == 0 &&
                  fread(bytes, 1, (size_t)end, f) == (size_t)end,
              "not read");
    fclose(f);
    *size = (size_t)end;
    return bytes;
}

Test(loader_files, what_is_no_regular_file)
{
    char path[128];
    snprintf(path, sizeof path, "%s/a.so", folder);
    cr_assert(mkdir(path, 0755) == 0, "no folder");
    expect_refusal(path, HS_LOAD_NOT_REGULAR, "is a directory");
    cr_assert(rmdir(path) == 0 && mkfifo(path, 0644) == 0, "no pipe");
    expect_refusal(path, HS_LOAD_NOT_REGULAR, "not a regular file"); /* and did not wait on it */
}

Test(loader_files, what_everybody_may_write)
{
    char path[128];
    size_t size = 0;
    char *const bytes = read_lib("good_min", &size);
    write_file(path, sizeof path, "a.so", bytes, size);
    cr_assert(chmod(path, 0646) == 0, "no mode");
    expect_refusal(path, HS_LOAD_WORLD_WRITABLE, "mode 646");
    free(bytes);
}

Test(loader_files, what_is_no_shared_object)
{
    char path[128];
    write_file(path, sizeof path, "a.so", "not ELF", 7);
    expect_refusal(path, HS_LOAD_DLOPEN, "no shared object that can be loaded");
    size_t size = 0;
    char *const bytes = read_lib("good_min", &size);
    write_file(path, sizeof path, "a.so", bytes, 100);
    expect_refusal(path, HS_LOAD_DLOPEN, "no shared object that can be loaded");
    free(bytes);
}

/* A library whose entry has another name: the bytes of the name are changed in a copy. */
Test(loader_files, what_is_no_plugin)
{
    static const char ENTRY[] = HMX_ENTRY_SYMBOL;
    char path[128];
    size_t size = 0;
    int changed = 0;
    char *const bytes = read_lib("good_min", &size);
    for (size_t i = 0; i + sizeof ENTRY <= size; i++) {
        if (memcmp(bytes + i, ENTRY, sizeof ENTRY) == 0) {
            bytes[i] = 'x';
            changed++;
        }
    }
    cr_assert(changed > 0, "the name was not found");
    write_file(path, sizeof path, "a.so", bytes, size);
    expect_refusal(path, HS_LOAD_NO_ENTRY, "does not export hmx_plugin_entry_v1");
    free(bytes);
}

/* ---- what is accepted */

Test(loader, copies_everything)
{
    static hs_plugin plugin;
    static hs_plugin copy;
    char path[4096];
    char why[8192];
    const hs_load_options options = hs_loader_defaults();
    lib_path(path, sizeof path, "good_min");
    cr_assert(hs_loader_open(path, &options, &plugin, why, sizeof why) == HS_LOAD_OK, "%s", why);
    cr_expect(why[0] == '\0', "says %s", why);
    cr_expect_str_eq(plugin.id, "org.example.good-min", "id");
    cr_expect_str_eq(plugin.version, "1.0.0", "version");
    cr_expect_str_eq(plugin.name, "first that is up", "name");
    cr_expect(plugin.descriptor.id == plugin.id && plugin.descriptor.ops == &plugin.ops,
              "the descriptor points into the library");
    cr_expect(plugin.ops.create != NULL && plugin.ops.on_channel_open != NULL, "hooks are missing");
    cr_expect(plugin.ops.on_tick == NULL && plugin.ops.save == NULL, "hooks that it does not have");
    cr_expect(plugin.path[0] == '/', "the path is whole: %s", plugin.path);
    copy = plugin;
    hs_loader_close(&plugin);
    cr_expect(is_zero(&plugin), "something is left");
    cr_expect_str_eq(copy.name, "first that is up", "still readable after unloading");
    hs_loader_close(&plugin);
    hs_loader_close(NULL);
}

/* A shorter table of hooks has no others; a longer one, and a longer descriptor, are cut. */
Test(loader, other_sizes_are_extended_and_cut)
{
    static hs_plugin plugin;
    char path[4096];
    char why[8192];
    const hs_load_options options = hs_loader_defaults();
    lib_path(path, sizeof path, "good_older");
    cr_assert(hs_loader_open(path, &options, &plugin, why, sizeof why) == HS_LOAD_OK, "%s", why);
    cr_expect(plugin.ops.on_share != NULL, "the last one inside");
    cr_expect(plugin.ops.on_tick == NULL && plugin.ops.get_extension == NULL, "beyond its size");
    hs_loader_close(&plugin);
    lib_path(path, sizeof path, "good_newer");
    cr_assert(hs_loader_open(path, &options, &plugin, why, sizeof why) == HS_LOAD_OK, "%s", why);
    cr_expect(plugin.descriptor.size == sizeof(hmx_descriptor), "%u", plugin.descriptor.size);
    cr_expect(plugin.ops.size == sizeof(hmx_ops), "%u", plugin.ops.size);
    cr_expect(plugin.descriptor.abi_minor == 9 && plugin.ops.get_extension != NULL, "not copied");
    hs_loader_close(&plugin);
}

/* An older host, and one that can do less than the plugin needs. */
Test(loader, options_decide)
{
    static hs_plugin plugin;
    char path[4096];
    char why[8192];
    hs_load_options options = hs_loader_defaults();
    lib_path(path, sizeof path, "bad_load_min_host_minor");
    options.host_minor = 7;
    cr_expect(hs_loader_open(path, &options, &plugin, why, sizeof why) == HS_LOAD_OK, "%s", why);
    hs_loader_close(&plugin);
    lib_path(path, sizeof path, "bad_load_needs");
    options.host_caps = UINT64_MAX; /* a host cannot promise what it does not know */
    cr_expect(hs_loader_open(path, &options, &plugin, why, sizeof why) == HS_LOAD_NEEDS, "taken");
}

/* What a plugin defines is nobody else's to find. */
Test(loader, symbols_stay_inside)
{
    static hs_plugin plugin;
    char path[4096];
    char why[8192];
    const hs_load_options options = hs_loader_defaults();
    lib_path(path, sizeof path, "good_min");
    cr_assert(hs_loader_open(path, &options, &plugin, why, sizeof why) == HS_LOAD_OK, "%s", why);
    void *const program = dlopen(NULL, RTLD_NOW);
    cr_expect(program != NULL && dlsym(program, HMX_ENTRY_SYMBOL) == NULL, "visible to all");
    hs_loader_close(&plugin);
}

/* A name without a slash is a file here, never one of the system's libraries. */
Test(loader, a_bare_name_is_a_file_of_this_folder)
{
    static hs_plugin plugin;
    char why[8192];
    const hs_load_options options = hs_loader_defaults();
    cr_assert(chdir(HMX_LIB_DIR) == 0, "no folder");
    cr_expect(hs_loader_open("good_min.so", &options, &plugin, why, sizeof why) == HS_LOAD_OK, "%s",
              why);
    hs_loader_close(&plugin);
    cr_expect(hs_loader_open("libm.so.6", &options, &plugin, why, sizeof why) == HS_LOAD_NOT_FOUND,
              "found %s", why);
}

Test(loader, a_short_buffer_cuts_the_sentence)
{
    static hs_plugin plugin;
    char why[9];
    const hs_load_options options = hs_loader_defaults();
    cr_expect(hs_loader_open("/no/such.so", &options, &plugin, why, sizeof why) ==
                  HS_LOAD_NOT_FOUND,
              "found");
    cr_expect_str_eq(why, "/no/such", "cut at its end");
}

/* ---- scan */

typedef struct seen {
    int count;
    enum hs_load_result results[8];
    char names[8][32];
} seen;

static void note_file(void *ctx, const char *path, enum hs_load_result result,
                      const hs_plugin *plugin, const char *why)
{
    seen *const s = ctx;
    cr_expect((plugin != NULL) == (result == HS_LOAD_OK), "plugin and result differ");
    cr_expect((why[0] != '\0') == (result != HS_LOAD_OK), "reason and result differ: %s", why);
    if (s->count < 8) {
        snprintf(s->names[s->count], sizeof s->names[0], "%s", strrchr(path, '/') + 1);
        s->results[s->count++] = result;
    }
}

Test(loader_files, scan_goes_on_after_a_bad_file)
{
    char path[128];
    char why[8192];
    size_t size = 0;
    seen s = {.count = 0};
    const hs_load_options options = hs_loader_defaults();
    char *const good = read_lib("good_min", &size);
    write_file(path, sizeof path, "c.so", good, size);
    write_file(path, sizeof path, "a.so", "rubbish", 7);
    write_file(path, sizeof path, "notes.txt", "no plugin", 9);
    write_file(path, sizeof path, "so", "no plugin", 9);
    write_file(path, sizeof path, ".so", "hidden", 6);
    free(good);
    char *const magic = read_lib("bad_load_magic", &size);
    write_file(path, sizeof path, "b.so", magic, size);
    free(magic);
    cr_expect(hs_loader_scan(folder, &options, note_file, &s, why, sizeof why) == 3, "%s", why);
    cr_assert(s.count == 3, "%d files", s.count);
    cr_expect_str_eq(s.names[0], "a.so", "in order");
    cr_expect_str_eq(s.names[2], "c.so", "in order");
    cr_expect(s.results[0] == HS_LOAD_DLOPEN && s.results[1] == HS_LOAD_MAGIC &&
                  s.results[2] == HS_LOAD_OK,
              "results");
}

Test(loader, scan_of_what_is_no_folder)
{
    char why[8192];
    seen s = {.count = 0};
    const hs_load_options options = hs_loader_defaults();
    cr_expect(hs_loader_scan("/no/such", &options, note_file, &s, why, sizeof why) == -1, "read");
    cr_expect(strstr(why, "/no/such: cannot be read as a directory") != NULL, "%s", why);
}

Test(loader, every_result_has_a_name)
{
    for (int i = HS_LOAD_OK; i <= HS_LOAD_REQUIRED; i++) {
        cr_expect_str_neq(hs_loader_result_name((enum hs_load_result)i), "unknown", "%d", i);
    }
    cr_expect_str_eq(hs_loader_result_name((enum hs_load_result)99), "unknown", "99");
}
