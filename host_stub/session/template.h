/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/template: the coinbase parts and the path that the jobs of one NewExtendedMiningJob have
 * in common, kept once and counted, however many channels the group has. */
#ifndef HOST_STUB_SESSION_TEMPLATE_H
#define HOST_STUB_SESSION_TEMPLATE_H

#include "host_stub/session/session.h"

hs_template *hs_template_new(hs_sv2_bytes prefix, hs_sv2_bytes suffix, hs_sv2_seq path);
hs_template *hs_template_share(hs_template *body);
void hs_template_release(hs_template *body); /* NULL is fine */
hs_sv2_bytes hs_template_prefix(const hs_template *body);
hs_sv2_bytes hs_template_suffix(const hs_template *body);
hs_sv2_seq hs_template_path(const hs_template *body);

#endif
