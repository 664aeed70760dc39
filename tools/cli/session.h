/* SPDX-License-Identifier: Apache-2.0
 *
 * A command's hold on the node: its home, keys, store and members; and the way to write, which is
 * the daemon's control socket when one runs and the store itself when none does. */
#ifndef PH_TOOLS_SESSION_H
#define PH_TOOLS_SESSION_H

#include "proto/wire/control.h"
#include "store/publish.h"
#include "store/read.h"
#include "tools/cli/command.h"

enum ph_session_mode {
    PH_SESSION_READ, /* look only; works beside a daemon and without one */
    PH_SESSION_WRITE /* may write: daemon, or the store's own lock */
};

struct ph_session {
    struct ph_home home;
    struct ph_identity *identity;
    struct ph_store *store;
    struct ph_roster_org self;
    struct ph_members *members; /* NULL before a community was joined, where that is allowed */
    bool writes;                /* the store is open for writing, and its lock is ours */
    int daemon;                 /* connected control socket, or -1 */
    struct ph_buf in;           /* the daemon's last answer */
};

/** Open. @need_community: without one it is PH_ERR_NOTFOUND with what to run. */
enum ph_err ph_session_open(struct ph_session *out, const struct ph_cli *cli,
                            enum ph_session_mode mode, bool need_community, struct ph_why *why);
/** Takes zeroed and half-opened ones. */
void ph_session_close(struct ph_session *session);

/** Publish; the daemon or the store does it. @out_ids (may be NULL) receives the ids of the content
 * records, 32 bytes each. */
enum ph_err ph_session_publish(struct ph_session *session, const struct ph_publication *publication,
                               uint64_t *out_new, uint64_t *out_known, struct ph_buf *out_ids,
                               struct ph_why *why);
/** Store trust documents and tell peers. */
enum ph_err ph_session_trust(struct ph_session *session, const struct ph_bytes *rosters,
                             size_t n_rosters, const struct ph_bytes *cards, size_t n_cards,
                             struct ph_why *why);
/** Have an audit entry on disk before anything leaves. A reading session without a daemon takes the
 * store's lock for it: the store is closed and opened anew, so that no reading may be alive, and
 * session->store is another one afterwards. PH_ERR_BUSY names who has the lock. When the store
 * cannot be opened again, session->store is NULL. */
enum ph_err ph_session_audit(struct ph_session *session, const char *who, const char *door,
                             const struct ph_id *ids, size_t n, struct ph_why *why);
/** Ask the daemon how it is; PH_ERR_CONNECT when none runs. Free out->peers. Texts live in
 * session->in. */
enum ph_err ph_session_status(struct ph_session *session, struct ph_control_status *out,
                              struct ph_why *why);

/** Wall time now. */
ph_ms ph_tool_now(void);

#endif
