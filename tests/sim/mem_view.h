/* SPDX-License-Identifier: Apache-2.0
 *
 * A store in memory: what ph_view needs to read, and a commit. Survives its engine, as a disk
 * would. */
#ifndef PH_TESTS_SIM_MEM_VIEW_H
#define PH_TESTS_SIM_MEM_VIEW_H

#include "proto/base/map.h"
#include "proto/sync/effect.h"
#include "proto/sync/negentropy_vector.h"
#include "proto/sync/view.h"

struct sim_channel {
    struct ph_channel channel;
    struct ph_negentropy_vector set; /* sealed while @fresh */
    struct ph_id *ids;               /* in order of arrival */
    size_t n;
    size_t cap;
    bool fresh;
};

struct sim_retraction {
    struct ph_id id;
    struct ph_code org;
};

struct sim_store {
    struct ph_code org;       /* whose node this is */
    struct ph_map records;    /* id -> struct ph_record */
    struct ph_map handshakes; /* transport key -> ph_ms */
    struct sim_channel *channels;
    size_t n_channels;
    struct sim_retraction *retractions;
    size_t n_retractions;
    uint64_t n_commits;
    bool full;    /* refuses to write */
    bool in_view; /* between begin() and end() */
};

void sim_store_init(struct sim_store *store, const struct ph_code *org);
void sim_store_done(struct sim_store *store);
struct ph_view sim_store_view(struct sim_store *store);

/** Store what is PH_OK in @batch, as the effect COMMIT asks. PH_ERR_FULL. */
enum ph_err sim_store_commit(struct sim_store *store, struct ph_batch *batch);
/** Store one record of our own; keeps a reference. */
void sim_store_put(struct sim_store *store, struct ph_record *record);
void sim_store_remember(struct sim_store *store, const struct ph_transport_key *key, ph_ms at);

bool sim_store_has(const struct sim_store *store, const struct ph_id *id);
size_t sim_store_count(const struct sim_store *store);
/** Whether two stores hold the same records. */
bool sim_store_equal(const struct sim_store *a, const struct sim_store *b);

#endif
