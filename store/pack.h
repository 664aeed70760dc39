/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing: which objects of a publication are new, and how they share records. */
#ifndef PH_STORE_PACK_H
#define PH_STORE_PACK_H

#include "store/publish.h"
#include "store/store_priv.h"

/** One content body to be sealed. */
struct ph__pack {
    struct ph_buf plain;
    size_t n_objects;
    ph_ms lifetime; /* longest default of its objects' types */
};
struct ph__packs {
    struct ph__pack *v;
    size_t n;
    size_t n_new;
    size_t n_known;
};

/** Leave out what @org has published in the same words under this label and audience (by the index:
 * run the follower to its end before) or what comes twice, and pack the rest. PH_ERR_FORMAT names
 * the object that is not one. */
enum ph_err ph__packs_make(struct ph__packs *out, struct ph_store *store,
                           const struct ph_publication *publication,
                           const struct ph_audience *audience, const struct ph_code *org,
                           struct ph_why *why);
void ph__packs_done(struct ph__packs *packs);

#endif
