/* SPDX-License-Identifier: Apache-2.0
 *
 * Making records here: the sealed content and the grants that open it, before any of it is stored.
 */
#ifndef PH_STORE_GRANTING_H
#define PH_STORE_GRANTING_H

#include "store/commit.h"
#include "store/epoch.h"
#include "store/pack.h"

/** What a publication is made of, and what it has made so far. Zero-initialise what is not given.
 */
struct ph__making {
    struct ph_store *store;
    const struct ph_members *members;
    ph_ms now;
    struct ph_zstd zstd;
    struct ph_code self;

    enum ph_tlp label;
    struct ph_audience audience;
    const struct ph_recipient *recipients;
    size_t n_recipients;
    uint32_t flags;

    /* Noted in the same transaction as the records. */
    struct ph__granted {
        struct ph_hash commitment;
        enum ph_tlp label;
        bool carry;
        struct ph_key_id id;
    } * granted;
    size_t n_granted, cap_granted;

    struct ph_record **records; /* one reference each */
    size_t n_records, cap_records;
};
/** Find out who we are. PH_ERR_NOTFOUND. */
enum ph_err ph__making_start(struct ph__making *m, struct ph_why *why);
void ph__making_done(struct ph__making *m);

/** Seal and sign one body; appended to records. @key NULL for CLEAR. */
enum ph_err ph__make_content(struct ph__making *m, struct ph_bytes plain, ph_ms expires,
                             const struct ph_audience_key *key, struct ph_why *why);
/** Grant @key to the boxes numbered in @which; grant records are appended to records, the boxes
 * noted. */
enum ph_err ph__make_grants(struct ph__making *m, const struct ph_audience_key *key, uint64_t epoch,
                            ph_ms expires, const struct ph__boxes *boxes, const size_t *which,
                            size_t n, struct ph_why *why);
/** Bytes that storing it may add. */
uint64_t ph__making_growth(const struct ph__making *m);
/** Store all of it; what an earlier publication made byte for byte is no error. */
enum ph_err ph__making_put(struct ph__making *m, struct ph__commit *c);
/** Move the records to @out. */
void ph__making_hand_out(struct ph__making *m, struct ph_published *out);

#endif
