/* SPDX-License-Identifier: Apache-2.0
 *
 * The host: the only part that knows both the engine and libuv. It feeds connections, bytes and
 * time to the engine, does what the engine's effects say, and arms the engine's one timer.
 *
 * Everything runs on the loop thread; verification runs on libuv's workers and storing on the
 * committer. */
#ifndef PH_NODE_HOST_H
#define PH_NODE_HOST_H

#include <uv.h>

#include "node/committer.h"
#include "node/config.h"
#include "proto/wire/control.h"

struct ph_host;

struct ph_host_config {
    uv_loop_t *loop;
    struct ph_log *log;
    struct ph_store *store;
    const struct ph_identity *identity;
    const struct ph_config *config;
    const char *software;
    bool locked_memory;
};

/** Start: members from the store, engine, listener, committer. PH_ERR_NOTFOUND before a community
 * was joined; PH_ERR_BUSY "port in use" with who could hold it. */
enum ph_err ph_host_new(struct ph_host **out, const struct ph_host_config *config,
                        struct ph_why *why);
/** Say goodbye to peers, finish what is queued for the disk, then call @done. At most four seconds.
 */
void ph_host_stop(struct ph_host *host, void (*done)(void *ctx), void *ctx);
/** After @done and uv_run() has returned. */
void ph_host_free(struct ph_host *host);

/* For the control socket. */

/** Queue a job of a client; the host fills in members, and announces what came of it before the
 * client's `done` runs. */
void ph_host_job(struct ph_host *host, struct ph_job *job);
/** How the node is doing. Text in @out lives in the host until the next call; free(out->peers). */
enum ph_err ph_host_status(struct ph_host *host, struct ph_control_status *out);
/** What this node is, for audit entries and logs. */
struct ph_log *ph_host_log(struct ph_host *host);
/** "host:port" it listens on, the kernel's choice filled in for port 0; "" when it only dials. */
const char *ph_host_listen(const struct ph_host *host);

#endif
