/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers' files share: a snapshot, the bodies opened last, and the rows of the tail that
 * the follower has not indexed yet. */
#ifndef PH_STORE_READING_H
#define PH_STORE_READING_H

#include "proto/record/compress.h"
#include "store/extract.h"
#include "store/filter.h"
#include "store/store_priv.h"

#define PH_BODY_CACHE       128        /* bodies kept open */
#define PH_BODY_CACHE_BYTES PH_MIB(32) /* and their plain bytes, together */

/** One opened body. */
struct ph__body {
    struct ph_id id;
    struct ph_record *entry; /* header alone; NULL: unused slot */
    struct ph_buf plain;
    struct ph_bytes *encodings; /* views into @plain */
    size_t n;
    uint64_t used; /* tick of its last use */
};

struct ph_reading {
    struct ph_store *store;
    struct ph_members *members;
    struct ph__txn txn;
    struct ph_zstd zstd;
    struct ph__cursor terms;
    struct ph__cursor objects;
    struct ph__counters counters;
    struct ph__body bodies[PH_BODY_CACHE];
    size_t body_bytes; /* plain bytes of all of them */
    uint64_t tick;
    bool has_tail;
    struct ph__extract tail;
    struct ph__filter filter;
};

/** The record at @id as an entry, header alone. *found false when it is not here. */
enum ph_err ph__reading_entry(struct ph_reading *r, const struct ph_id *id, struct ph_entry *out,
                              bool *found);
/** Its opened body, kept until it is pushed out. *out NULL when it is not open or unreadable. */
enum ph_err ph__reading_body(struct ph_reading *r, const struct ph_id *id, struct ph__body **out);
/** Call @fn with the object at @at. *stop set when it said so. Passes over what is not open. */
enum ph_err ph__reading_emit(struct ph_reading *r, const struct ph__posting *at, ph_object_fn fn,
                             void *ctx, bool *stop);
/** Make sure the rows of the tail are there. */
enum ph_err ph__reading_tail(struct ph_reading *r);
/** The tail's postings of @term: rows [*from, *to). */
void ph__tail_range(const struct ph_reading *r, const struct ph__blind *term, size_t *from,
                    size_t *to);

#endif
