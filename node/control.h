/* SPDX-License-Identifier: Apache-2.0
 *
 * The control socket: tools on this machine ask the daemon to write, and how it is doing.
 *
 * A Unix stream socket, mode 0660 in a 0700 or 0750 directory; the peer's credentials must be ours,
 * our group's, or root's. Bounded: 64 clients, one request of at most 8 MiB each at a time, 30 s
 * for a request to arrive whole. */
#ifndef PH_NODE_CONTROL_H
#define PH_NODE_CONTROL_H

#include "node/host.h"

struct ph_control;

/** Listen at @path. A socket left behind by a killed daemon is replaced: the store's lock says that
 * none lives. PH_ERR_LIMIT when the path is over 107 bytes, PH_ERR_IO, PH_ERR_PERM. */
enum ph_err ph_control_new(struct ph_control **out, uv_loop_t *loop, struct ph_host *host,
                           const char *path, struct ph_why *why);
/** Stop listening, close all clients, remove the socket. */
void ph_control_stop(struct ph_control *control);
/** After uv_run() has returned. */
void ph_control_free(struct ph_control *control);

#endif
