/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Session files: their form, their folder, and what happens when the disk says no. */
#include "host_stub/sv2/frame_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/replay/input.h"
#include "host_stub/sv2/codec.h"

static char dir[64];
static char why[512];

static void begin(void)
{
    snprintf(dir, sizeof dir, "/tmp/hmx_frames_XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
}

static void end(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    cr_assert_eq(system(command), 0);
}

static const char *in_dir(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static char *contents(const char *name)
{
    static char text[4096];
    FILE *const from = fopen(in_dir(name), "rb");
    cr_assert_not_null(from);
    text[fread(text, 1, sizeof text - 1, from)] = '\0';
    fclose(from);
    return text;
}

static hs_sv2_message close_message(uint32_t channel)
{
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    m.as.close_channel.channel_id = channel;
    m.as.close_channel.reason_code = (hs_sv2_bytes){(const uint8_t *)"bye", 3};
    return m;
}

TestSuite(frame_file, .init = begin, .fini = end);

Test(frame_file, a_message_is_a_comment_and_a_line_of_hex)
{
    hs_frame_file file;
    const hs_sv2_message m = close_message(7);
    cr_assert(hs_frame_file_begin(&file, dir, "conn-1.hex", why, sizeof why) == 0, "%s", why);
    cr_assert(hs_frame_file_message(&file, HS_FRAME_FROM_CLIENT, 12500, &m) == 0);
    cr_assert(hs_frame_file_note(&file, 60007, "the connection is lost") == 0);
    cr_assert(hs_frame_file_message(&file, HS_FRAME_FROM_SERVER, 3600000, &m) == 0);
    cr_assert_eq(file.frames, 2);
    cr_assert(hs_frame_file_end(&file) == 0);
    cr_assert_str_eq(contents("conn-1.hex"),
                     "# C->S t=12.500 CloseChannel | channel_id=7,reason_code=\"bye\"\n"
                     "00801808000007000000"
                     "03627965\n"
                     "# -- t=60.007 the connection is lost\n"
                     "# S->C t=3600.000 CloseChannel | channel_id=7,reason_code=\"bye\"\n"
                     "00801808000007000000"
                     "03627965\n");
}

Test(frame_file, a_frame_that_is_none_is_kept_as_it_came)
{
    static const uint8_t FRAME[] = {0x00, 0x00, 0xee, 0x01, 0x00, 0x00, 0x55};
    uint8_t wire[64];
    size_t len = 0;
    hs_sv2_error error;
    hs_frame_file file;
    const hs_sv2_message m = close_message(7);
    cr_assert(hs_sv2_encode(&m, wire, sizeof wire, &len, &error) == 0);
    cr_assert(hs_frame_file_begin(&file, dir, "up-a.hex", why, sizeof why) == 0);
    cr_assert(hs_frame_file_frame(&file, HS_FRAME_FROM_SERVER, 1, FRAME, sizeof FRAME) == 0);
    cr_assert(hs_frame_file_frame(&file, HS_FRAME_FROM_SERVER, 2, wire, len) == 0);
    cr_assert(hs_frame_file_end(&file) == 0);
    const char *const text = contents("up-a.hex");
    cr_assert_not_null(strstr(text, "\n0000ee01000055\n"));
    cr_assert_not_null(strstr(text, "# S->C t=0.002 CloseChannel | channel_id=7"));
}

Test(frame_file, large_files_are_written_piece_by_piece_and_read_back_whole)
{
    enum { FRAMES = 5000 };
    static uint8_t big[20000];
    hs_frame_file file;
    hs_replay_recording back;
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    memset(big, 0x5a, sizeof big);
    m.as.new_extended_job.coinbase_tx_prefix = (hs_sv2_bytes){big, sizeof big};
    cr_assert(hs_frame_file_begin(&file, dir, "conn-2.hex", why, sizeof why) == 0);
    cr_assert(hs_frame_file_message(&file, HS_FRAME_FROM_SERVER, 0, &m) == 0);
    size_t most = 0;
    for (uint32_t i = 0; i < FRAMES; i++) {
        m = close_message(i);
        cr_assert(hs_frame_file_message(&file, HS_FRAME_FROM_CLIENT, i, &m) == 0);
        most = file.len > most ? file.len : most;
    }
    cr_assert_lt(most, 200000, "it does not collect everything in memory");
    cr_assert(hs_frame_file_end(&file) == 0);
    cr_assert(hs_replay_recording_read(in_dir("conn-2.hex"), &back, why, sizeof why) == 0, "%s",
              why);
    size_t at = 0;
    uint32_t count = 0;
    while (at < back.len) {
        size_t size = 0;
        hs_sv2_error error;
        cr_assert(hs_sv2_frame_size(back.data + at, back.len - at, &size, NULL) == 0);
        cr_assert(hs_sv2_decode(back.data + at, size, HS_SV2_STRICT, &m, &error) == 0, "%s",
                  error.text);
        at += size;
        count++;
    }
    cr_assert_eq(count, FRAMES + 1);
    hs_replay_recording_free(&back);
}

Test(frame_file, a_folder_is_made_and_cleared_of_earlier_frames_only)
{
    char made[96];
    snprintf(made, sizeof made, "%s/new", dir);
    cr_assert(hs_frame_folder(made, why, sizeof why) == 0, "%s", why);
    static const char *const NAMES[] = {"new/conn-1.hex", "new/up-a.hex", "new/notes.hex",
                                        "new/conn-1.txt"};
    for (int i = 0; i < 4; i++) {
        FILE *const f = fopen(in_dir(NAMES[i]), "w");
        cr_assert_not_null(f);
        fclose(f);
    }
    cr_assert(hs_frame_folder(made, why, sizeof why) == 0, "%s", why);
    cr_assert_neq(access(in_dir(NAMES[0]), F_OK), 0);
    cr_assert_neq(access(in_dir(NAMES[1]), F_OK), 0);
    cr_assert_eq(access(in_dir(NAMES[2]), F_OK), 0);
    cr_assert_eq(access(in_dir(NAMES[3]), F_OK), 0);
}

Test(frame_file, what_cannot_be_written_is_said)
{
    hs_frame_file file;
    cr_assert(hs_frame_folder("/no/such/place", why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "/no/such/place"));
    cr_assert(hs_frame_folder("/dev/null", why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "not a folder"));
    cr_assert(hs_frame_file_begin(&file, "/no/such", "conn-1.hex", why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "/no/such/conn-1.hex"));
    const hs_sv2_message m = close_message(1);
    cr_assert(hs_frame_file_message(&file, HS_FRAME_FROM_CLIENT, 0, &m) == 0,
              "one that writes nowhere");
    cr_assert(hs_frame_file_end(&file) == 0);
}

Test(frame_file, a_disk_that_is_full_is_noticed)
{
    hs_frame_file file;
    const hs_sv2_message m = close_message(1);
    cr_assert(hs_frame_file_begin(&file, dir, "conn-3.hex", why, sizeof why) == 0);
    cr_assert_eq(unlink(in_dir("conn-3.hex")), 0);
    cr_assert_eq(symlink("/dev/full", in_dir("conn-3.hex")), 0);
    int ok = 1;
    for (int i = 0; i < 5000 && ok; i++) {
        ok = hs_frame_file_message(&file, HS_FRAME_FROM_CLIENT, 0, &m) == 0;
    }
    cr_assert_not(ok);
    cr_assert(hs_frame_file_end(&file) != 0);
}

Test(frame_file, a_message_that_is_illegal_is_refused)
{
    hs_frame_file file;
    hs_sv2_message m = {.id = 0xffff};
    cr_assert(hs_frame_file_begin(&file, dir, "conn-4.hex", why, sizeof why) == 0);
    cr_assert(hs_frame_file_message(&file, HS_FRAME_FROM_CLIENT, 0, &m) != 0);
    cr_assert(hs_frame_file_end(&file) != 0);
}
