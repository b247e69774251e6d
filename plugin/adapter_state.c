/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_state: the hooks save and load: the host's streams, and when they are legal. What is in a
 * state is state.h's business.
 */
#include <string.h>

#include "abi/hmx_access.h"
#include "plugin/adapter.h"
#include "plugin/core/state.h"
#include "plugin/core/state_bytes.h"

hmx_status hm_save(hmx_instance *self, const hmx_writer *to)
{
    if (hm_instance_check(self) != HMX_OK || to == NULL || to->size < HMX_WRITER_SIZE_VER0 ||
        to->write == NULL) {
        return hm_refusal(self);
    }
    return hm_answer(self, hm_state_save(&self->core, to));
}

/* Reads until `capacity` bytes are there or the stream ends. HMX_OK or HMX_E_IO. */
static hmx_status read_up_to(const hmx_reader *from, uint8_t *out, size_t capacity, size_t *got)
{
    *got = 0;
    while (*got < capacity) { /* each turn but the last brings a byte */
        uint64_t len = 0;
        const hmx_status status = from->read(from->ctx, out + *got, capacity - *got, &len);
        if (status < 0 || len > capacity - *got) {
            return HMX_E_IO;
        }
        if (len == 0) {
            break;
        }
        *got += (size_t)len;
    }
    return HMX_OK;
}

static hmx_status ends_early(hm_text *why, size_t got)
{
    if (got == 0) {
        hm_text_add(why, "it is empty");
    } else {
        hm_text_addf(why, "it ends after %lu bytes, in the middle", (unsigned long)got);
    }
    return HMX_E_CORRUPT;
}

/* Reads the rest of a state of `size` bytes and loads it. */
static hmx_status load_body(hmx_instance *self, const hmx_load_args *args, const uint8_t *head,
                            size_t size, hm_text *why)
{
    const size_t room = size + 1u; /* so that one byte too many is seen */
    size_t got = 0;
    uint8_t *const bytes = hm_alloc(&self->memory, 1, room, 1);
    if (bytes == NULL) {
        hm_text_add(why, "out of memory");
        return HMX_E_NOMEM;
    }
    memcpy(bytes, head, HM_STATE_HEAD_SIZE);
    hmx_status status =
        read_up_to(args->from, bytes + HM_STATE_HEAD_SIZE, room - HM_STATE_HEAD_SIZE, &got);
    got += HM_STATE_HEAD_SIZE;
    if (status != HMX_OK) {
        hm_text_add(why, "it could not be read");
    } else if (got < size) {
        status = ends_early(why, got);
    } else if (got > size) {
        hm_text_add(why, "it is longer than it says");
        status = HMX_E_CORRUPT;
    } else {
        status = hm_state_load(&self->core, bytes, size, args->now_ns, why);
    }
    hm_free(&self->memory, bytes, 1, room, 1);
    return status;
}

static hmx_status load_from(hmx_instance *self, const hmx_load_args *args, hm_text *why)
{
    uint8_t head[HM_STATE_HEAD_SIZE] = {0};
    size_t got = 0;
    size_t size = 0;
    hmx_status status = read_up_to(args->from, head, sizeof head, &got);
    if (status != HMX_OK) {
        hm_text_add(why, "it could not be read");
        return status;
    }
    if (got < sizeof head) {
        return ends_early(why, got);
    }
    status = hm_state_head(head, &size, why);
    return status == HMX_OK ? load_body(self, args, head, size, why) : status;
}

hmx_status hm_load(hmx_instance *self, const hmx_load_args *args_in)
{
    char line[256];
    hm_text why;
    hmx_load_args args;
    if (hm_instance_check(self) != HMX_OK ||
        hmx_copy_in(&args, sizeof args, HMX_LOAD_ARGS_SIZE_VER0, args_in) != HMX_OK ||
        args.from == NULL || args.from->size < HMX_READER_SIZE_VER0 || args.from->read == NULL ||
        args.now_ns < self->core.now_ns) {
        return hm_refusal(self);
    }
    hm_text_init(&why, line, sizeof line);
    hm_text_add(&why, "saved state refused, nothing of it is used: ");
    hmx_status status = HMX_OK;
    if (args.flags != 0 || !hmx_tail_is_zero(args_in, sizeof args)) {
        hm_text_add(&why, "hmx_load_args asks for something that this version does not know");
        status = HMX_E_UNSUPPORTED;
    } else if (self->last_seq != 0 || self->core.restored.loaded) {
        hm_text_add(&why, "load comes once, after create and before the first event");
        status = HMX_E_STATE;
    } else {
        status = hm_answer(self, load_from(self, &args, &why));
    }
    if (status == HMX_OK) {
        hm_note_clock(self, args.now_ns, args.unix_ms);
    }
    if (status != HMX_OK) {
        hm_text out;
        hm_core_log(&self->core, HMX_LOG_WARN, line);
        hm_text_from_abi(&out, args.why);
        hm_text_add(&out, line);
        hm_text_to_abi(&out, args.why);
    }
    return status;
}
