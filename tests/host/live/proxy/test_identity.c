/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/identity: the name of a miner at a pool. */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/live/proxy/identity.h"
#include "host_stub/sv2/codec.h"

static void becomes(const char *text, const char *user, const char *name)
{
    uint8_t to[HS_IDENTITY_MAX];
    const int len = hs_identity_expand(text, hs_sv2_bytes_of(user), to);
    cr_expect_eq(len, (int)strlen(name), "'%s' of '%s' has %d bytes", text, user, len);
    cr_expect(len >= 0 && memcmp(to, name, (size_t)len) == 0, "'%s' of '%s' is '%.*s'", text, user,
              len, (const char *)to);
}

Test(identity, of_a_miner_is_put_where_the_template_says)
{
    becomes("%u", "farm.rig7", "farm.rig7");
    becomes("acc.%w", "farm.rig7", "acc.rig7");
    becomes("%w", "farm.row1.rig7", "row1.rig7");
    becomes("acc.%w", "rig7", "acc.rig7");
    becomes("acc.%w", "farm.", "acc.");
    becomes("acc.%w", ".rig7", "acc.rig7");
    becomes("acc.%w", "", "acc.");
    becomes("acc", "farm.rig7", "acc");
    becomes("100%%", "farm.rig7", "100%");
    becomes("%%u%%%u%%%%w", "x", "%u%x%%w");
    becomes("%u-%w-%u", "a.b", "a.b-b-a.b");
    becomes("%u", "100%w.%u", "100%w.%u");
    becomes("", "farm.rig7", "farm.rig7");
}

Test(identity, is_no_longer_than_a_pool_can_be_told)
{
    char user[HS_IDENTITY_MAX + 1];
    uint8_t to[HS_IDENTITY_MAX];
    memset(user, 'x', sizeof user);
    user[HS_IDENTITY_MAX] = '\0';
    becomes("%u", user, user);
    cr_assert_eq(hs_identity_expand("a%u", hs_sv2_bytes_of(user), to), -1);
    cr_assert_eq(hs_identity_expand("%u%%", hs_sv2_bytes_of(user), to), -1);
    cr_assert_eq(hs_identity_expand("%x", hs_sv2_bytes_of("m"), to), -1, "no template");
}

static void refuses(const char *text, int per_channel, const char *words)
{
    char why[300] = "";
    cr_expect_eq(hs_identity_check(text, per_channel, why, sizeof why), -1, "'%s' was taken", text);
    cr_expect_not_null(strstr(why, words), "'%s' was refused with: %s", text, why);
}

static void takes(const char *text, int per_channel)
{
    char why[300] = "";
    cr_expect_eq(hs_identity_check(text, per_channel, why, sizeof why), 0, "'%s': %s", text, why);
}

Test(identity, is_judged_before_anybody_needs_it)
{
    takes("", 0);
    takes("", 1);
    takes("acc.%w", 1);
    takes("%u%%%w", 1);
    takes("acc.100%", 0);
    takes("acc.%x", 0);
    refuses("acc.%w", 0, "user_identity 'acc.%w': %w stands for a miner");
    refuses("acc.%x%u", 0, "%u stands for a miner");
    refuses("100%%", 0, "say --upstream per-channel");
    refuses("acc.%x", 1, "behind % comes u, w or another %");
    refuses("acc.%w%", 1, "behind % comes u, w or another %");
}
