/* SPDX-License-Identifier: Apache-2.0
 *
 * The way out for everything that a command prints of a record: the egress table is asked first,
 * and where it says "logged" the audit entry is on disk before a byte leaves.
 *
 *     for each find: a = ph_egress_ask(&e, entry); if (a.allowed) ph_egress_print(&e, entry, a,
 * text); ph_egress_flush(&e); …; code = ph_egress_end(&e, code);
 *
 * What needs no entry is written as it comes. From the first find that needs one, output is held
 * back, in order, until ph_egress_flush() has seen to the entry: one for the whole batch. If none
 * can be written (another command holds the store and no daemon runs), those finds are left out and
 * the command ends with 3. */
#ifndef PH_TOOLS_EGRESS_H
#define PH_TOOLS_EGRESS_H

#include <stdio.h>

#include "proto/trust/policy.h"
#include "store/read.h"
#include "tools/cli/session.h"

/** Output held back at most; a batch is flushed long before, unless it cannot be. */
#define PH_EGRESS_HELD_MAX PH_MIB(256)
/** Record ids in one audit entry at most. */
#define PH_EGRESS_ENTRY_MAX 4096

struct ph_egress {
    struct ph_session *session;
    enum ph_door door;
    const char *command; /* for the entry: "lookup" */
    FILE *to;
    struct ph_buf text;  /* held back */
    struct ph_buf spans; /* struct ph_egress_span: the parts of @text that need an entry */
    struct ph_buf ids;   /* their records, 32 bytes each, neighbours once */
    uint64_t n_left_out;
    struct ph_why why; /* why they were left out */
    bool is_closed;    /* the reader of our output has gone */
};

struct ph_egress_span {
    size_t at, n;
};

struct ph_egress ph_egress(struct ph_session *session, enum ph_door door, const char *command,
                           FILE *to);
void ph_egress_done(struct ph_egress *egress);

/** What the table says about @entry at this door. A node's local command line is never the named
 * person of a RED record: that one is not allowed here. */
struct ph_policy_answer ph_egress_ask(const struct ph_egress *egress, const struct ph_entry *entry);
/** Print @text, which comes from @entry, as @answer (which allowed it) says. PH_ERR_LIMIT when too
 * much is held back, PH_ERR_CLOSED when nobody reads any more, PH_ERR_IO, PH_ERR_NOMEM. */
enum ph_err ph_egress_print(struct ph_egress *egress, const struct ph_entry *entry,
                            struct ph_policy_answer answer, struct ph_bytes text);
/** Note @entry for the next audit entry without printing: for output that goes elsewhere. */
enum ph_err ph_egress_note(struct ph_egress *egress, const struct ph_id *id);
/** Write the entry for what was noted. PH_OK also when there was nothing. Without a daemon the
 * store is opened anew for it: see ph_session_audit(). */
enum ph_err ph_egress_audit(struct ph_egress *egress, struct ph_why *why);
/** Entry, then output. No reading may be alive when there is something to log and no daemon: see
 * ph_session_audit(). The only errors are those of output: a missing entry shows at the end. */
enum ph_err ph_egress_flush(struct ph_egress *egress);
/** Flush, say what was left out and why; the exit code: @code, 3 for what was left out, or an error
 * of output. */
int ph_egress_end(struct ph_egress *egress, int code);

#endif
