/* SPDX-License-Identifier: Apache-2.0
 *
 * What the indexes hold of an open record: one row for each object and for each of its terms. The
 * follower adds these rows, a retraction takes the same ones out, readers search those of the tail
 * that is not indexed yet, and verify compares. */
#ifndef PH_STORE_EXTRACT_H
#define PH_STORE_EXTRACT_H

#include "store/objects.h"
#include "store/terms.h"

/** Blind hashes of short terms met lately: words repeat from object to object, and hashing them is
 * a good part of the work. Direct-mapped; wiped when done. */
#define PH_MEMO_SLOTS 1024
#define PH_MEMO_TEXT  30
struct ph__memo {
    struct ph__memo_slot {
        uint8_t kind; /* 0: empty */
        uint8_t n;
        char text[PH_MEMO_TEXT];
        struct ph__blind blind;
    } slots[PH_MEMO_SLOTS];
};

/** Rows collected so far. Zero-initialise with @store_key set. */
struct ph__extract {
    const uint8_t *store_key;
    struct ph__object_row *objects;
    size_t n_objects, cap_objects;
    struct ph__term_row *terms;
    size_t n_terms, cap_terms;
    struct ph__memo *memo;      /* made when first needed */
    struct ph_bytes *encodings; /* PH_OBJECTS_MAX, likewise */
};

/** Append the rows of one content body.
 *
 * @plain  opened body.
 * @out_n  objects in it, also those that have no id to be indexed under.
 * PH_ERR_FORMAT, PH_ERR_LIMIT, … : the body is not valid content (its author's fault);
 * PH_ERR_NOMEM. On failure nothing was appended. */
enum ph_err ph__extract_add(struct ph__extract *x, struct ph_bytes plain, uint64_t arrival,
                            const struct ph_code *org, enum ph_tlp label,
                            const struct ph_audience *audience, uint32_t *out_n,
                            struct ph_why *why);
/** Sort both, and drop terms that came twice. */
void ph__extract_sort(struct ph__extract *x);
/** Forget the rows, keep the memory. */
void ph__extract_clear(struct ph__extract *x);
void ph__extract_done(struct ph__extract *x);

/** Whether @err, from opening or reading a body, is its author's fault and not this machine's. */
bool ph__is_unreadable(enum ph_err err);

#endif
