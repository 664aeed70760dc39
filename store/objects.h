/* SPDX-License-Identifier: Apache-2.0
 *
 * `objects`: all versions of each STIX id, by organisation and time, with where they are. */
#ifndef PH_STORE_OBJECTS_H
#define PH_STORE_OBJECTS_H

#include "store/store_priv.h"

/** One object to be added or removed; rows sort with memcmp as the database does. */
struct ph__object_row {
    uint8_t key[PH_OBJECTS_KEY];
    struct ph__blind words;
};

/** Add @rows, sorted. */
enum ph_err ph__objects_add(struct ph__txn *txn, const struct ph__object_row *rows, size_t n);
/** *out_found says whether it was there. */
enum ph_err ph__objects_remove(struct ph__txn *txn, const struct ph__object_row *row,
                               bool *out_found);
/** Whether @org has published these words under this STIX id, label and audience. */
enum ph_err ph__objects_has_words(struct ph__cursor *c, const struct ph__blind *stix,
                                  const struct ph_code *org, const struct ph__blind *words,
                                  bool *out);

#endif
