/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/input: raw and hex files, and every refusal as a sentence with file and line. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/replay/input.h"

static char path[64];
static char why[512];
static hs_replay_recording recording;

static int read_text(const char *text, size_t len)
{
    snprintf(path, sizeof path, "/tmp/hs_replay_input_XXXXXX");
    const int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, len), (ssize_t)len);
    close(fd);
    why[0] = '\0';
    const int done = hs_replay_recording_read(path, &recording, why, sizeof why) == 0;
    unlink(path);
    return done;
}

static void refused(const char *text, const char *sentence)
{
    char want[256];
    cr_assert_not(read_text(text, strlen(text)));
    snprintf(want, sizeof want, "%s:%s", path, sentence);
    cr_assert_eq(strncmp(why, want, strlen(want)), 0, "%s", why);
    cr_assert_null(recording.data);
}

Test(replay_input, hex_with_comments)
{
    const char text[] = "# a comment with 00 in it\n00 01\tfF # behind\r\n\n0a0B";
    const uint8_t want[] = {0x00, 0x01, 0xff, 0x0a, 0x0b};
    cr_assert(read_text(text, sizeof text - 1), "%s", why);
    cr_assert(recording.was_hex);
    cr_assert_eq(recording.len, sizeof want);
    cr_assert_arr_eq(recording.data, want, sizeof want);
    hs_replay_recording_free(&recording);
}

Test(replay_input, raw_bytes_stay_as_they_are)
{
    const char raw[] = {'0', '0', 0, '1'};
    cr_assert(read_text(raw, sizeof raw), "%s", why);
    cr_assert_not(recording.was_hex);
    cr_assert_eq(recording.len, sizeof raw);
    cr_assert_arr_eq(recording.data, raw, sizeof raw);
    hs_replay_recording_free(&recording);
}

Test(replay_input, refusals_name_the_line)
{
    refused("", " is empty");
    refused("00\n01 xy\n", "2: byte 0x78 is no hex digit");
    refused("00\n0 1\n", "2: a hex digit without its second half");
    refused("00\n0\n1\n", "2: a hex digit without its second half");
    refused("0# comment\n0", "1: a hex digit without its second half");
    refused("000", "1: a hex digit without its second half");
    refused("# only\n# comments\n", "3: no frame");
    cr_assert(hs_replay_recording_read("/nonexistent/file", &recording, why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "cannot be opened"));
    cr_assert(hs_replay_recording_read("/tmp", &recording, why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "/tmp: is not a regular file"));
}
