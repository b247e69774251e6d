/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sv2/table: what the specification's tables say, as data: for each message its name, its
 * channel_msg bit, who sends it, and its fields with their types and their places in the structs of
 * sv2/types.h. The codec, the text form and tools that list or mutate fields read it.
 *
 * Sources: sv2-spec 08-Message-Types (types, bits), 03 3.6 and 05 5.3 (fields). */
#ifndef HOST_STUB_SV2_TABLE_H
#define HOST_STUB_SV2_TABLE_H

#include "host_stub/sv2/types.h"

enum hs_sv2_kind {
    HS_SV2_U8,
    HS_SV2_U16,
    HS_SV2_U32,
    HS_SV2_X32, /* a U32 whose text is hexadecimal: flags, versions, nonces, nbits */
    HS_SV2_U64,
    HS_SV2_F32,
    HS_SV2_BOOL,
    HS_SV2_OPTION_U32,
    HS_SV2_U256,
    HS_SV2_STR0_255,
    HS_SV2_REASON, /* a STR0_255 that must not hold control characters (spec 3.5) */
    HS_SV2_B0_32,
    HS_SV2_B0_255,
    HS_SV2_B0_64K,
    HS_SV2_SEQ0_255_U256,
    HS_SV2_SEQ0_64K_U32,
    HS_SV2_SEQ0_64K_U16
};

typedef struct hs_sv2_field {
    const char *name;
    enum hs_sv2_kind kind;
    size_t offset; /* of the value in hs_sv2_message */
    uint32_t
        limit; /* integers: largest legal value; byte strings: most bytes; 0 = the type's own */
} hs_sv2_field;

/* Who sends a message. The client is the miner's side, the server the pool's. */
enum hs_sv2_sender { HS_SV2_CLIENT = 1, HS_SV2_SERVER = 2, HS_SV2_EITHER = 3 };

typedef struct hs_sv2_spec {
    enum hs_sv2_id id;
    const char *name;
    enum hs_sv2_sender sender;
    uint32_t channel_bit;
    uint32_t
        channel_bit_lax; /* older peers send it without the bit: even a strict reader takes it */
    const hs_sv2_field *fields;
    size_t field_count;
} hs_sv2_spec;

/* The message's entry, or NULL when the table has none. */
const hs_sv2_spec *hs_sv2_spec_of(uint32_t id);

/* The whole table, in order of id. */
const hs_sv2_spec *hs_sv2_specs(size_t *count);

#endif
