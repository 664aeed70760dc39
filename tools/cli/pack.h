/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects on their way into the store, sorted into packs of one label and one lifetime and sent off
 * when a pack is full, so that memory stays bounded whatever the size of the import. */
#ifndef PH_TOOLS_PACK_H
#define PH_TOOLS_PACK_H

#include <jansson.h>

#include "tools/cli/share.h"

/** Objects and bytes at which a pack is sent: large enough that a commit is worth its sync, far
 * enough below PH_CONTROL_MAX. */
#define PH_PACK_OBJECTS 4000
#define PH_PACK_BYTES   PH_MIB(3)
/** Labels times lifetimes that there are (180 days, 2 years, 5 years). */
#define PH_PACKS_MAX (PH_N_TLP * 3)

struct ph_pack {
    enum ph_tlp label;
    ph_ms lifetime;
    struct ph_buf bytes;      /* encodings of ph_content_add() */
    struct ph_bytes *objects; /* their places; views into @bytes once they are sent */
    size_t n;
};

struct ph_packs {
    struct ph_session *session;
    const struct ph_share *share;
    bool single; /* one object a record */
    struct ph_pack packs[PH_PACKS_MAX];
    size_t n;
    uint64_t n_new, n_known; /* acknowledged so far */
    struct ph_buf ids;       /* of the content records made, 32 bytes each */
};

struct ph_packs ph_packs(struct ph_session *session, const struct ph_share *share, bool single);
/** Add @object under @label. A full pack is published first.
 *
 * @out_err  PH_OK, or what is wrong with the object itself (PH_ERR_LIMIT, PH_ERR_RANGE), with @why.
 * Returns the errors of publishing: what was acknowledged before stays. */
enum ph_err ph_packs_add(struct ph_packs *packs, enum ph_tlp label, const json_t *object,
                         enum ph_err *out_err, struct ph_why *why);
/** Publish what is left. */
enum ph_err ph_packs_flush(struct ph_packs *packs, struct ph_why *why);
void ph_packs_done(struct ph_packs *packs);

/** Publish one object by itself.
 * @out_ids  ids of the content records made, appended; may be NULL.
 * Errors of ph_packs_add() and of publishing. */
enum ph_err ph_packs_publish_one(struct ph_session *session, const struct ph_share *share,
                                 enum ph_tlp label, const json_t *object, bool *out_new,
                                 struct ph_buf *out_ids, struct ph_why *why);

#endif
