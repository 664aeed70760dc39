/* SPDX-License-Identifier: Apache-2.0
 *
 * TCP under libuv: accepting with caps, dialling, and one stream's reads and writes. Knows nothing
 * of the protocol: it reports to a table of functions, which is the host's. */
#ifndef PH_NODE_NET_H
#define PH_NODE_NET_H

#include <uv.h>

#include "proto/base/limits.h"
#include "proto/sync/effect.h"

struct ph_net;

/** What happens on connections. All on the loop thread. */
struct ph_net_events {
    void *ctx;
    /** Up. @dial is whom we called, NULL when they called us. */
    void (*connected)(void *ctx, ph_conn conn, const struct ph_dial *dial);
    void (*dial_failed)(void *ctx, const struct ph_dial *dial, const char *reason);
    void (*bytes)(void *ctx, ph_conn conn, struct ph_bytes bytes);
    void (*sent)(void *ctx, ph_conn conn, size_t n);
    /** Gone; not called for connections that ph_net_close() ended. */
    void (*closed)(void *ctx, ph_conn conn);
    /** A caller was turned away before a byte was read: "per-address", "half-open", "full". */
    void (*turned_away)(void *ctx, const char *address, const char *cap);
};

enum ph_err ph_net_new(struct ph_net **out, uv_loop_t *loop, const struct ph_net_events *events);
/** Listen on "host:port". PH_ERR_INPUT (not an address), PH_ERR_BUSY (in use), PH_ERR_PERM,
 * PH_ERR_IO. */
enum ph_err ph_net_listen(struct ph_net *net, const char *address, struct ph_why *why);
/** The bound address; "" when not listening. */
const char *ph_net_address(const struct ph_net *net);
/** Connect to @dial->address; answered by connected() or dial_failed(), within 10 s. */
void ph_net_dial(struct ph_net *net, const struct ph_dial *dial);
/** Write; takes the buffer. Writing to a connection that is gone frees it quietly. */
void ph_net_send(struct ph_net *net, ph_conn conn, struct ph_buf *bytes);
/** Close once what is queued is written, at most 2 s from now. */
void ph_net_close(struct ph_net *net, ph_conn conn);
/** The peer has proved itself: it no longer counts as half-open. */
void ph_net_established(struct ph_net *net, ph_conn conn);
/** Peer's address, for logs; "" when gone. */
const char *ph_net_peer(const struct ph_net *net, ph_conn conn);
/** Stop listening, dialling and reading; close everything. The loop ends when nothing else holds
 * it. */
void ph_net_stop(struct ph_net *net);
void ph_net_free(struct ph_net *net);

#endif
