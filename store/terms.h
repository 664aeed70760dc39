/* SPDX-License-Identifier: Apache-2.0
 *
 * `terms`: blind postings. Which objects (arrival number, position) contain an observable or a
 * word.
 *
 * Postings of one term are kept in blocks of up to PH_TERMS_BLOCK_MAX bytes, so that a word which a
 * million objects share costs two bytes an object and not an entry each. New postings always lie
 * after the old ones, so adding touches the last block only. */
#ifndef PH_STORE_TERMS_H
#define PH_STORE_TERMS_H

#include "store/store_priv.h"

/** One posting to be added or compared; rows sort with memcmp as the database does. */
struct ph__term_row {
    uint8_t key[PH_TERMS_KEY];
};

/** Add @rows, sorted and unique, each past what its term has already. */
enum ph_err ph__terms_add(struct ph__txn *txn, const struct ph__term_row *rows, size_t n);
/** Remove one posting; PH_OK also when it is not there. */
enum ph_err ph__terms_remove(struct ph__txn *txn, const struct ph__term_row *row);

/** Calls @fn with each of @rows (sorted) whose posting is not there. @c is on `terms`. */
enum ph_err ph__terms_missing(struct ph__cursor *c, const struct ph__term_row *rows, size_t n,
                              void (*fn)(void *ctx, const struct ph__term_row *row), void *ctx);
/** All postings there are, counted. */
enum ph_err ph__terms_count(struct ph__txn *txn, uint64_t *out);

/** Postings of one term, newest first. */
struct ph__postings {
    struct ph__cursor *c; /* borrowed; on `terms` */
    struct ph__blind term;
    struct ph__posting block[PH_BLOCK_POSTINGS_MAX];
    size_t left; /* of the block, counted from its start */
};
/** *found false when the term has none: one descent. */
enum ph_err ph__postings_open(struct ph__postings *p, struct ph__cursor *c,
                              const struct ph__blind *term, bool *found);
/** The next older posting. */
enum ph_err ph__postings_next(struct ph__postings *p, struct ph__posting *out, bool *found);
/** As next, but passes over everything newer than @limit. */
enum ph_err ph__postings_next_until(struct ph__postings *p, const struct ph__posting *limit,
                                    struct ph__posting *out, bool *found);

#endif
