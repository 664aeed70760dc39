/* SPDX-License-Identifier: Apache-2.0
 *
 * Which version of each STIX object goes into an export, when several records carry one id: of one
 * organisation the latest by `modified`, then by record id; between organisations the one whose
 * card lists the object's `created_by_ref`, else the one whose object was created first.
 *
 * An open hash table by a hash of the id; about 120 bytes an object. */
#ifndef PH_TOOLS_CHOSEN_H
#define PH_TOOLS_CHOSEN_H

#include "proto/base/hash.h"
#include "proto/trust/tlp.h"

/** One version, and where it lies. */
struct ph_chosen_version {
    uint8_t key[16]; /* of the STIX id: ph_chosen_key() */
    struct ph_id record;
    uint32_t position;
    uint32_t modified_nanos;
    ph_ms modified;
    ph_ms created;
    struct ph_code org;
    bool is_owner; /* that organisation's card lists the identity that created the object */
    bool is_used;
};

struct ph_chosen {
    struct ph_chosen_version *v; /* @cap places */
    size_t n, cap;
    uint8_t seed[32];
};

/** @seed is random: ids come from strangers. */
void ph_chosen_init(struct ph_chosen *chosen, const uint8_t seed[static 32]);
void ph_chosen_done(struct ph_chosen *chosen);
void ph_chosen_key(uint8_t out[static 16], const struct ph_chosen *chosen, const char *stix_id);
/** Offer a version: it is kept when there is none of that id, or when it goes before the one that
 * there is. PH_ERR_NOMEM. */
enum ph_err ph_chosen_offer(struct ph_chosen *chosen, const struct ph_chosen_version *version);
/** The version kept of @stix_id, or NULL. Good until the next offer. */
const struct ph_chosen_version *ph_chosen_find(const struct ph_chosen *chosen, const char *stix_id);

#endif
