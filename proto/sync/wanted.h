/* SPDX-License-Identifier: Apache-2.0
 *
 * The ids this node is after: who announced each, who was asked, and since when.
 *
 * One table for the whole engine, so that a record announced by eight peers is fetched once. An
 * entry is *queued* with one peer, *asked* of it, or *here* (received, on its way through
 * verification and commit). One that was promised and not delivered in time moves to another peer
 * that has it; without such a peer it is forgotten, and reconciliation finds it again. Bounded:
 * when full, ids are not taken, and the caller has the channels compared later. */
#ifndef PH_SYNC_WANTED_H
#define PH_SYNC_WANTED_H

#include "proto/base/list.h"
#include "proto/base/map.h"
#include "proto/sync/effect.h"

#define PH__SOURCES_MAX 4

enum ph__want_state {
    PH__WANT_QUEUED,
    PH__WANT_ASKED,
    PH__WANT_HERE
};

struct ph__want {
    struct ph_link link; /* in the session's ask or asked list; in none when here */
    struct ph_id id;
    enum ph__want_state state;
    ph_conn with; /* whose list it is in */
    ph_ms asked_mono;
    ph_conn sources[PH__SOURCES_MAX]; /* peers that announced it, @with among them */
    uint8_t n_sources;
};

struct ph__wanted {
    struct ph_map map; /* id -> struct ph__want */
    size_t max;
    uint8_t seed[16];
};

/** PH_ERR_NOMEM. @seed: for the hash table, unknown to peers. */
enum ph_err ph__wanted_init(struct ph__wanted *wanted, size_t max, const uint8_t seed[static 16]);
/** Frees all entries; they must be in no list whose head is gone. */
void ph__wanted_done(struct ph__wanted *wanted);
struct ph__want *ph__wanted_get(const struct ph__wanted *wanted, const struct ph_id *id);
/** A new entry, in no list, without sources. PH_ERR_LIMIT when full, PH_ERR_NOMEM. The id must not
 * be in the table. */
enum ph_err ph__wanted_add(struct ph__wanted *wanted, const struct ph_id *id,
                           struct ph__want **out);
/** Unlink and free. */
void ph__wanted_remove(struct ph__wanted *wanted, struct ph__want *want);
/** Note that @conn has it; past PH__SOURCES_MAX it is not remembered. */
void ph__want_add_source(struct ph__want *want, ph_conn conn);
void ph__want_drop_source(struct ph__want *want, ph_conn conn);
bool ph__want_has_source(const struct ph__want *want, ph_conn conn);

/** Ids that were refused lately: not asked for again before their time. A ring with a table beside
 * it; the oldest makes room. */
struct ph__refusal {
    struct ph_id id;
    ph_ms until; /* mono */
};
#define PH__REFUSED_MAX 4096
struct ph__refused {
    struct ph_map map; /* id -> its slot + 1 in the ring */
    struct ph__refusal *ring;
    size_t next;
};
enum ph_err ph__refused_init(struct ph__refused *refused, size_t max,
                             const uint8_t seed[static 16]);
void ph__refused_done(struct ph__refused *refused);
void ph__refused_add(struct ph__refused *refused, const struct ph_id *id, ph_ms until);
bool ph__refused_has(const struct ph__refused *refused, const struct ph_id *id, ph_ms mono);

#endif
