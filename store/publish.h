/* SPDX-License-Identifier: Apache-2.0
 *
 * Publishing: objects of one label and audience become sealed, signed records in the store.
 *
 * Does what only the author's node does: picks or makes the audience key of the current epoch,
 * grants it to every reading key of the audience, leaves out objects it already holds in the same
 * words under the same label and audience, packs the rest to about PH_PACK_TARGET a record, seals,
 * signs, commits durably. Used by the daemon for its control socket, and by tools when no daemon
 * runs. */
#ifndef PH_STORE_PUBLISH_H
#define PH_STORE_PUBLISH_H

#include "store/store.h"

struct ph_publication {
    enum ph_tlp label;
    struct ph_audience audience;
    const struct ph_recipient *recipients; /* sorted; direct audiences */
    size_t n_recipients;
    uint32_t flags;                 /* PH_FLAG_…; carry as the author chose */
    ph_ms expires;                  /* 0: by the longest default of its objects' types */
    const struct ph_bytes *objects; /* encodings of ph_content_add() */
    size_t n_objects;
    bool single; /* one object a record (benchmarks, urgent warnings) */
};

struct ph_published {
    size_t n_new;               /* objects stored */
    size_t n_known;             /* objects left out: already here in the same words */
    struct ph_record **records; /* grants first; one reference each */
    size_t n_records;
};
void ph_published_done(struct ph_published *published);

/** PH_ERR_MISFIT, PH_ERR_OUTSIDE (not in that group), PH_ERR_NOTFOUND (no such group, organisation,
 * person), PH_ERR_FULL, PH_ERR_IO: nothing was stored. PH_OK: on disk. */
enum ph_err ph_store_publish(struct ph_store *store, const struct ph_members *members,
                             const struct ph_publication *publication, ph_ms now,
                             struct ph_published *out, struct ph_why *why);

/** Grant own audience keys of the last PH_HISTORY_DAYS to reading keys that are newly in their
 * audience (a member joined, its card arrived, a key was rotated). Called after every change of
 * trust and at start.
 * @out gets the grant records, to announce; may be empty. */
enum ph_err ph_store_grant_newcomers(struct ph_store *store, const struct ph_members *members,
                                     ph_ms now, struct ph_published *out, struct ph_why *why);

#endif
