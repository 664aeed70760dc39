/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: one LMDB environment, one writer (the daemon, or one tool when no daemon runs), any
 * number of readers in other processes. The only header of store/ that others need first.
 *
 * Readers and the writer never block one another. A struct ph_store may be used from several
 * threads: writing functions are serialised inside; each read opens its own short transaction. What
 * a reading function gives out is copied. Layout: docs/architecture.md, "Store"; store/layout.h. */
#ifndef PH_STORE_STORE_H
#define PH_STORE_STORE_H

#include "proto/sync/effect.h"
#include "proto/sync/view.h"
#include "store/keys.h"

struct ph_store;

enum ph_store_mode {
    PH_STORE_READ,
    PH_STORE_WRITE
};

struct ph_store_config {
    enum ph_store_mode mode;
    uint64_t max_size; /* bytes of the map; 0: 16 GiB */
    bool create;       /* WRITE: make it when it is not there */
};

/** Open. PH_ERR_BUSY names the holder's pid; PH_ERR_VERSION; PH_ERR_NOTFOUND; PH_ERR_CORRUPT;
 * PH_ERR_PERM.
 * @identity  borrowed for the store's life; the store key in it keys every index. */
enum ph_err ph_store_open(struct ph_store **out, const struct ph_home *home,
                          const struct ph_identity *identity, const struct ph_store_config *config,
                          struct ph_why *why);
void ph_store_close(struct ph_store *store);

/** Random id of this store (16 bytes) and how often it was opened for writing. */
void ph_store_id(const struct ph_store *store, uint8_t out_id[static 16], uint64_t *out_boot);

/* Who we are and whom we trust. */

/** Our organisation's entry as `init` wrote it (code, name, country, kind, key). PH_ERR_NOTFOUND.
 */
enum ph_err ph_store_self(struct ph_store *store, struct ph_roster_org *out, struct ph_why *why);
enum ph_err ph_store_set_self(struct ph_store *store, const struct ph_roster_org *self,
                              struct ph_why *why);
/** The members view from the stored chain and cards; PH_ERR_NOTFOUND ("no community yet: run
 * posthorn community create or posthorn join"). One reference for the caller. */
enum ph_err ph_store_members(struct ph_store *store, struct ph_members **out, struct ph_why *why);
/** Take in trust documents: extends the stored view, stores what is new, keeps evidence of
 * equivocation.
 * @out  the new view, one reference. All or nothing. Errors of ph_members_extend(). With an empty
 * store the rosters start with the genesis, and @community (may be NULL) must be its id. */
enum ph_err ph_store_take_trust(struct ph_store *store, const struct ph_hash *community,
                                const struct ph_bytes *rosters, size_t n_rosters,
                                const struct ph_bytes *cards, size_t n_cards,
                                struct ph_members **out, struct ph_members_result *result,
                                struct ph_why *why);

/* Records in. */

/** Store every item whose verdict is PH_OK, in one transaction, durable on return; opens grants
 * meant for us and what waited for them. Sets item verdicts (PH_ERR_EXISTS known already,
 * PH_ERR_CONFLICT same id other header, PH_ERR_RETRACTED header kept only) and is_new. @batches are
 * several at once: group commit. PH_ERR_FULL, PH_ERR_IO: nothing was stored. */
enum ph_err ph_store_commit(struct ph_store *store, struct ph_batch *const *batches, size_t n,
                            ph_ms now, struct ph_why *why);
/** Remember a peer's handshake timestamp. */
enum ph_err ph_store_handshake(struct ph_store *store, const struct ph_transport_key *key, ph_ms at,
                               struct ph_why *why);

/** Index records that arrived since the last call (objects, terms), at most @max records, in a
 * transaction of its own. *out_more: there is more to do. Called by the writer after commits. */
enum ph_err ph_store_index(struct ph_store *store, const struct ph_members *members, size_t max,
                           bool *out_more, struct ph_why *why);

/** What the engine may ask, answered from this store. The view is one per store and thread. */
enum ph_err ph_store_view_new(struct ph_view *out, struct ph_store *store);
void ph_store_view_free(struct ph_view *view);

#endif
