/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * noise/handshake: whole handshakes of another implementation in both roles, byte by byte, and what
 * has to be refused. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "host_stub/noise/handshake.h"
#include "tests/host/noise/vectors.h"

enum { NOW = 1790000000 };

typedef struct recorded {
    uint8_t authority[32]; /* secret */
    uint8_t x[32];
    hs_noise_key initiator;
    hs_noise_key responder;
    hs_noise_identity identity;
    uint64_t now_s;
    uint8_t act1[HS_NOISE_ACT1_SIZE];
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    unsigned messages; /* that were compared */
} recorded;

/* One line of a handshake's secrets and messages. 0: it is something else. */
static int take(recorded *r, const vector *v)
{
    const struct {
        const char *name;
        uint8_t *to;
        size_t len;
    } rows[] = {
        {"authority-secret", r->authority, 32},
        {"authority-x", r->x, 32},
        {"initiator-ephemeral-secret", r->initiator.secret, 32},
        {"responder-ephemeral-secret", r->responder.secret, 32},
        {"responder-static-secret", r->identity.key.secret, 32},
        {"act1", r->act1, sizeof r->act1},
        {"act2", r->act2, sizeof r->act2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (vectors_is(v, rows[i].name)) {
            vectors_bytes(v->word[1], rows[i].to, rows[i].len);
            return 1;
        }
    }
    if (vectors_is(v, "responder-now")) {
        r->now_s = strtoull(v->word[1], NULL, 10);
        return 1;
    }
    return 0;
}

/* Both roles, with the keys that were recorded. */
static void shake(recorded *r, hs_noise_ciphers *ours, hs_noise_ciphers *theirs)
{
    hs_noise_handshake h;
    uint8_t act1[HS_NOISE_ACT1_SIZE];
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    uint8_t x[32];
    char why[200] = "";
    memcpy(r->initiator.encoded, r->act1, HS_ELLSWIFT_SIZE);
    memcpy(r->responder.encoded, r->act2, HS_ELLSWIFT_SIZE);
    hs_noise_initiate(&h, &r->initiator, act1);
    cr_assert_arr_eq(act1, r->act1, sizeof act1);
    cr_assert_eq(hs_noise_complete(&h, r->act2, r->x, r->now_s, ours, why, sizeof why), 0, "%s",
                 why);
    memcpy(r->identity.key.encoded, h.encoded, sizeof h.encoded);
    memcpy(r->identity.certificate, h.certificate, sizeof h.certificate);
    hs_ellswift_decode(h.encoded, act1);
    cr_assert_eq(hs_noise_public(r->identity.key.secret, x), 0);
    cr_assert_arr_eq(x, act1, sizeof x);
    cr_assert_eq(hs_noise_public(r->authority, x), 0);
    cr_assert_arr_eq(x, r->x, sizeof x);
    cr_assert_eq(hs_noise_respond(r->act1, &r->responder, &r->identity, act2, theirs), 0);
    cr_assert_arr_eq(act2, r->act2, sizeof act2);
}

static void compare_message(recorded *r, const vector *v, hs_noise_ciphers *from,
                            hs_noise_ciphers *to)
{
    uint8_t plain[1024];
    uint8_t sealed[1024];
    uint8_t wanted[1024];
    const size_t len = vectors_hex(v->word[1], plain, sizeof plain);
    const size_t sealed_len = vectors_hex(v->word[2], wanted, sizeof wanted);
    cr_assert_eq(sealed_len, len + HS_NOISE_TAG_SIZE);
    hs_noise_seal(&from->send, NULL, 0, plain, len, sealed);
    cr_assert_arr_eq(sealed, wanted, sealed_len);
    cr_assert_eq(hs_noise_open(&to->receive.cipher, NULL, 0, wanted, sealed_len, sealed), 0);
    cr_assert_arr_eq(sealed, plain, len);
    r->messages++;
}

Test(handshake, all_vectors_in_both_roles)
{
    static recorded r;
    static hs_noise_ciphers initiator;
    static hs_noise_ciphers responder;
    vector v;
    unsigned count = 0;
    vectors_open(&v);
    while (vectors_next(&v)) {
        if (!take(&r, &v)) {
            if (vectors_is(&v, "i>r")) {
                compare_message(&r, &v, &initiator, &responder);
            } else if (vectors_is(&v, "r>i")) {
                compare_message(&r, &v, &responder, &initiator);
            } else if (vectors_is(&v, "end")) {
                count++;
            }
        } else if (vectors_is(&v, "act2")) {
            shake(&r, &initiator, &responder);
        }
    }
    cr_assert_eq(count, 6u);
    cr_assert_eq(r.messages, 72u);
}

/* ---- handshakes of our own ---- */

static hs_noise_key authority;
static uint8_t authority_x[32];
static hs_noise_identity identity;

static void setup(void)
{
    cr_assert_eq(hs_noise_key_make(&authority), 0);
    cr_assert_eq(hs_noise_public(authority.secret, authority_x), 0);
    memset(&identity, 0, sizeof identity);
    cr_assert_eq(hs_noise_identity_renew(&identity, authority.secret, NOW), 0);
}

TestSuite(noise, .init = setup);

/* Up to act 2. */
static void begin(hs_noise_handshake *h, uint8_t act2[HS_NOISE_ACT2_SIZE], hs_noise_ciphers *server)
{
    hs_noise_key one;
    hs_noise_key two;
    uint8_t act1[HS_NOISE_ACT1_SIZE];
    cr_assert_eq(hs_noise_key_make(&one), 0);
    cr_assert_eq(hs_noise_key_make(&two), 0);
    hs_noise_initiate(h, &one, act1);
    cr_assert_eq(hs_noise_respond(act1, &two, &identity, act2, server), 0);
}

Test(noise, both_ends_agree)
{
    static const uint8_t FRAME[6 + 3] = {0, 0, 1, 3, 0, 0, 'a', 'b', 'c'};
    hs_noise_handshake h;
    hs_noise_ciphers client;
    hs_noise_ciphers server;
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    uint8_t sealed[64];
    uint8_t opened[64];
    char why[200] = "";
    begin(&h, act2, &server);
    cr_assert_eq(hs_noise_complete(&h, act2, authority_x, NOW, &client, why, sizeof why), 0, "%s",
                 why);
    hs_noise_seal_frame(&client.send, FRAME, sizeof FRAME, sealed);
    cr_assert_eq(hs_noise_open_piece(&server.receive, sealed, opened), 0);
    cr_assert_eq(hs_noise_open_piece(&server.receive, sealed + 22, opened + 6), 0);
    cr_assert_arr_eq(opened, FRAME, sizeof FRAME);
    /* The other way it is another key. */
    hs_noise_seal_frame(&server.send, FRAME, sizeof FRAME, opened);
    cr_assert_neq(memcmp(sealed, opened, 22), 0);
}

Test(noise, nothing_secret_is_left_in_the_handshake)
{
    hs_noise_handshake h;
    hs_noise_ciphers client;
    hs_noise_ciphers server;
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    char why[200];
    for (int good = 0; good < 2; good++) {
        begin(&h, act2, &server);
        act2[200] ^= good ? 0 : 1;
        cr_assert_eq(hs_noise_complete(&h, act2, NULL, NOW, &client, why, sizeof why),
                     good ? 0 : -1);
        cr_assert(sodium_is_zero((const uint8_t *)&h.own, sizeof h.own));
        cr_assert(sodium_is_zero(h.chaining, sizeof h.chaining));
        cr_assert(sodium_is_zero((const uint8_t *)&h.cipher, sizeof h.cipher));
    }
}

Test(noise, every_byte_of_act_2_counts)
{
    hs_noise_ciphers client;
    hs_noise_ciphers server;
    hs_noise_handshake h;
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    for (size_t i = 0; i < HS_NOISE_ACT2_SIZE; i++) {
        char why[200] = "";
        begin(&h, act2, &server);
        act2[i] ^= (uint8_t)(1u << (i % 8));
        cr_assert_eq(hs_noise_complete(&h, act2, NULL, NOW, &client, why, sizeof why), -1,
                     "byte %zu", i);
        cr_assert_str_eq(why, "what it answers to the handshake is no Noise of Stratum V2");
    }
}

/* Who changes act 1 on its way is found out in act 2. */
Test(noise, act_1_counts)
{
    hs_noise_key one;
    hs_noise_key two;
    hs_noise_handshake h;
    hs_noise_ciphers client;
    hs_noise_ciphers server;
    uint8_t act1[HS_NOISE_ACT1_SIZE];
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    char why[200] = "";
    cr_assert_eq(hs_noise_key_make(&one), 0);
    cr_assert_eq(hs_noise_key_make(&two), 0);
    hs_noise_initiate(&h, &one, act1);
    act1[5] ^= 1;
    cr_assert_eq(hs_noise_respond(act1, &two, &identity, act2, &server), 0);
    cr_assert_eq(hs_noise_complete(&h, act2, NULL, NOW, &client, why, sizeof why), -1);
}

Test(noise, a_certificate_of_another_authority_is_refused_and_without_a_key_taken)
{
    hs_noise_handshake h;
    hs_noise_ciphers client;
    hs_noise_ciphers server;
    hs_noise_key other;
    uint8_t x[32];
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    char why[200] = "";
    cr_assert_eq(hs_noise_key_make(&other), 0);
    cr_assert_eq(hs_noise_public(other.secret, x), 0);
    begin(&h, act2, &server);
    cr_assert_eq(hs_noise_complete(&h, act2, x, NOW, &client, why, sizeof why), -1);
    cr_assert_str_eq(why, "its certificate is not signed with the authority key that is expected");
    begin(&h, act2, &server);
    cr_assert_eq(hs_noise_complete(&h, act2, NULL, NOW, &client, why, sizeof why), 0);
}

Test(noise, a_responder_without_an_identity_does_not_answer)
{
    static const hs_noise_identity NONE;
    hs_noise_key one;
    hs_noise_key two;
    hs_noise_ciphers server;
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    cr_assert_eq(hs_noise_key_make(&one), 0);
    cr_assert_eq(hs_noise_key_make(&two), 0);
    cr_assert_eq(hs_noise_respond(one.encoded, &two, &NONE, act2, &server), -1);
}
