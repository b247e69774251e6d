/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/conn_send: a connection's output: encoding, bursts, and its limit. */
#ifndef HOST_STUB_LIVE_NET_CONN_SEND_H
#define HOST_STUB_LIVE_NET_CONN_SEND_H

#include "host_stub/live/net/conn_state.h"

/* Seals what waits for the end of the handshake, and sends what the socket takes. */
void hs_conn_flush(hs_conn *conn);

#endif
