/* SPDX-License-Identifier: Apache-2.0
 *
 * Effects: who frees what, and the ring in which they wait. It grows to its limit by doubling, so
 * that an idle engine holds little; SEND and CLOSE never stand in it (they are made from sessions
 * when the host asks), so its length is bounded by dials, batches and handshakes under way. */
#include "proto/sync/effect.h"

#include <stdlib.h>

#include "proto/sync/engine_priv.h"

void ph_batch_free(struct ph_batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->n; i++)
        ph_record_unref(batch->items[i].record);
    free(batch->items);
    if (batch->members)
        ph_members_unref(batch->members);
    free(batch);
}

void ph_trust_docs_done(struct ph_trust_docs *docs)
{
    for (size_t i = 0; i < docs->n_rosters; i++)
        ph_buf_done(&docs->rosters[i]);
    for (size_t i = 0; i < docs->n_cards; i++)
        ph_buf_done(&docs->cards[i]);
    free(docs->rosters);
    free(docs->cards);
    *docs = (struct ph_trust_docs){.from = docs->from};
}

void ph_effect_done(struct ph_effect *effect)
{
    switch (effect->kind) {
    case PH_EFFECT_SEND:
        ph_buf_done(&effect->send);
        break;
    case PH_EFFECT_VERIFY:
    case PH_EFFECT_COMMIT:
        ph_batch_free(effect->batch);
        effect->batch = NULL;
        break;
    case PH_EFFECT_TRUST:
        ph_trust_docs_done(&effect->trust);
        break;
    case PH_EFFECT_CLOSE:
    case PH_EFFECT_DIAL:
    case PH_EFFECT_HANDSHAKE:
    case PH_EFFECT_EVENT:
        break;
    }
}

void ph__effects_done(struct ph__effects *effects)
{
    struct ph_effect effect;
    while (ph__effects_pop(effects, &effect))
        ph_effect_done(&effect);
    free(effects->v);
    *effects = (struct ph__effects){.n = 0};
}

static enum ph_err grow(struct ph__effects *effects)
{
    if (effects->n == PH__EFFECTS_MAX)
        return PH_ERR_LIMIT;
    size_t cap = effects->cap ? effects->cap * 2 : 8;
    struct ph_effect *v = calloc(cap, sizeof(*v));
    if (!v)
        return PH_ERR_NOMEM;
    for (size_t i = 0; i < effects->n; i++)
        v[i] = effects->v[(effects->first + i) % effects->cap];
    free(effects->v);
    effects->v = v;
    effects->cap = cap;
    effects->first = 0;
    return PH_OK;
}

enum ph_err ph__effects_push(struct ph__effects *effects, const struct ph_effect *effect)
{
    bool is_event = effect->kind == PH_EFFECT_EVENT;
    if (is_event && effects->n_events == PH__EVENTS_MAX)
        return PH_ERR_LIMIT;
    if (effects->n == effects->cap) {
        enum ph_err err = grow(effects);
        if (err)
            return err;
    }
    effects->v[(effects->first + effects->n) % effects->cap] = *effect;
    effects->n++;
    effects->n_events += is_event;
    return PH_OK;
}

bool ph__effects_pop(struct ph__effects *effects, struct ph_effect *out)
{
    if (effects->n == 0)
        return false;
    *out = effects->v[effects->first];
    effects->first = (effects->first + 1) % effects->cap;
    effects->n--;
    effects->n_events -= out->kind == PH_EFFECT_EVENT;
    return true;
}
