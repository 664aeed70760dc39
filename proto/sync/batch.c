/* SPDX-License-Identifier: Apache-2.0
 *
 * What any node checks of a record before it stores it. Runs on worker threads: touches nothing but
 * the batch, whose records no one else has yet, and its immutable view of the members. */
#include <stdlib.h>

#include "proto/record/grant.h"
#include "proto/record/retract.h"
#include "proto/sync/effect.h"

/* Bodies that are not sealed are read by every holder, so their form is the sender's duty too. */
static enum ph_err check_form(const struct ph_record *record, struct ph_retraction *targets)
{
    if (!record->has_body)
        return PH_OK;
    switch (record->header.type) {
    case PH_RECORD_GRANT: {
        uint64_t epoch;
        size_t n_boxes;
        return ph_grant_check(record, &epoch, &n_boxes, NULL);
    }
    case PH_RECORD_RETRACT: {
        size_t n;
        if (!targets)
            return PH_ERR_NOMEM;
        return ph_retract_parse(targets, PH_RETRACTIONS_MAX, &n, record->body, NULL);
    }
    case PH_RECORD_CONTENT:
    case PH_RECORD_BLOB:
    case PH_RECORD_RECEIPT:
    case PH_RECORD_ANCHOR:
        return PH_OK;
    }
    return PH_ERR_FORMAT;
}

static enum ph_err check_time(const struct ph_header *header, ph_ms now)
{
    if (header->created > now + PH_CLOCK_SKEW_MS)
        return PH_ERR_CLOCK;
    return header->expires <= now ? PH_ERR_EXPIRED : PH_OK;
}

/* First what is the sender's fault, last what only depends on the hour: a forged record is called
 * forged at any time of day. */
static enum ph_err verify(struct ph_record *record, const struct ph_batch *batch,
                          struct ph_retraction *targets)
{
    const struct ph_header *h = &record->header;
    if (!ph_hash_equal(&h->community, ph_members_community(batch->members)))
        return PH_ERR_COMMUNITY;
    enum ph_err err = ph_record_check(record, NULL);
    if (!err)
        err = check_form(record, targets);
    if (!err)
        err = ph_members_judge(batch->members, &h->author, h->created, &h->audience, h->recipients,
                               h->n_recipients, &record->author_org, NULL);
    if (!err)
        err = check_time(h, batch->now);
    return err;
}

void ph_batch_verify(struct ph_batch *batch)
{
    /* 160 KiB once a batch, too much for a worker's stack; without it retractions wait for memory.
     */
    struct ph_retraction *targets = NULL;
    for (size_t i = 0; i < batch->n; i++) {
        struct ph_record *record = batch->items[i].record;
        if (record->header.type == PH_RECORD_RETRACT && !targets)
            targets = calloc(PH_RETRACTIONS_MAX, sizeof(*targets));
        batch->items[i].verdict = verify(record, batch, targets);
    }
    free(targets);
}
