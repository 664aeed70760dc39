/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/workload.h"

#include <stdlib.h>

#include "proto/record/retract.h"

#define YEAR_MS (365 * PH_TEST_DAY_MS)

static struct ph_record *make(const struct ph_header *header, struct ph_bytes body,
                              const struct ph_test_org *org)
{
    struct ph_record *record;
    struct ph_why why = {.code = PH_OK};
    if (ph_record_make(&record, header, body, org->node_secret, &why) != PH_OK)
        sim_stop(why.what);
    record->author_org = org->code;
    return record;
}

/* The same header and body under a signature that covers neither. */
static struct ph_record *forge(struct ph_record *record)
{
    uint8_t sig[64];
    struct ph_record *forged;
    memcpy(sig, record->sig, sizeof(sig));
    sig[0] ^= 1;
    if (ph_record_new(&forged, record->raw_header, sig, record->body, true, NULL) != PH_OK)
        sim_stop("cannot forge");
    forged->author_org = record->author_org;
    ph_record_unref(record);
    return forged;
}

static void set_audience(struct ph_header *h, const struct sim_record *spec,
                         struct ph_recipient *recipient)
{
    if (spec->group) {
        h->audience = (struct ph_audience){.kind = PH_AUDIENCE_GROUP, .id = *spec->group};
    } else if (spec->to) {
        *recipient = (struct ph_recipient){.org = *spec->to};
        h->recipients = recipient;
        h->n_recipients = 1;
        if (ph_audience_direct(&h->audience, recipient, 1) != PH_OK)
            sim_stop("no audience");
    }
}

struct ph_record *sim_record(struct sim_world *world, const struct ph_test_community *community,
                             const struct ph_test_org *org, const struct sim_record *spec)
{
    struct ph_recipient recipient;
    struct ph_header h = {.type = PH_RECORD_CONTENT,
                          .community = community->id,
                          .author = org->node_key,
                          .label = spec->label};
    h.created = spec->created ? spec->created : world->wall_start + world->mono;
    h.expires = spec->expires ? spec->expires : h.created + YEAR_MS;
    set_audience(&h, spec, &recipient);
    if (!spec->no_carry && ph_tlp_default_carry(spec->label))
        h.flags |= PH_FLAG_CARRY;
    if (spec->label != PH_TLP_CLEAR) {
        h.has_key = true;
        h.has_nonce = true;
        ph_random_bytes(&world->random, h.key_commitment.b, 32);
        ph_random_bytes(&world->random, h.nonce.b, sizeof(h.nonce.b));
    }
    size_t n = spec->body ? spec->body : 200;
    uint8_t *body = sim_alloc(n, 1);
    ph_random_bytes(&world->random, body, n);
    struct ph_record *record = make(&h, ph_bytes(body, n), org);
    free(body);
    return spec->forged ? forge(record) : record;
}

struct ph_record *sim_retract(struct sim_world *world, const struct ph_test_community *community,
                              const struct ph_test_org *org, const struct ph_record *target)
{
    struct ph_header h = {.type = PH_RECORD_RETRACT,
                          .community = community->id,
                          .author = org->node_key,
                          .label = target->header.label,
                          .audience = target->header.audience,
                          .recipients = target->header.recipients,
                          .n_recipients = target->header.n_recipients,
                          .flags = target->header.flags,
                          .created = world->wall_start + world->mono,
                          .expires = target->header.expires};
    struct ph_retraction gone = {.id = target->id, .expires = target->header.expires};
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    if (ph_retract_build(&body, &gone, 1) != PH_OK)
        sim_stop("cannot retract");
    struct ph_record *record = make(&h, ph_buf_bytes(&body), org);
    ph_buf_done(&body);
    return record;
}
