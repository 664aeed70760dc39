/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/trust/card.h"

#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/trust/card_priv.h"
#include "proto/trust/fields.h"

static void free_texts(struct ph_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free(texts->v[i]);
    free(texts->v);
}

void ph_card_free(struct ph_card *card)
{
    if (!card)
        return;
    free(card->nodes);
    free(card->reading_keys);
    free(card->persons);
    free_texts(&card->identities);
    free_texts(&card->brands);
    free_texts(&card->official_domains);
    free_texts(&card->official_senders);
    free(card);
}

/* Deep copy; on failure @out holds what was copied so far, for free_texts(). */
static bool copy_texts(struct ph_texts *out, const struct ph_texts *texts)
{
    *out = (struct ph_texts){0};
    if (texts->n == 0)
        return true;
    out->v = calloc(texts->n, sizeof(*out->v));
    if (!out->v)
        return false;
    out->n = texts->n;
    for (size_t i = 0; i < texts->n; i++) {
        out->v[i] = ph__memdup(texts->v[i], strlen(texts->v[i]) + 1, 1);
        if (!out->v[i])
            return false;
    }
    return true;
}

enum ph_err ph_card_copy(struct ph_card **out, const struct ph_card *card)
{
    struct ph_card *copy = calloc(1, sizeof(*copy));
    if (!copy)
        return PH_ERR_NOMEM;
    *copy = *card;
    copy->nodes = ph__memdup(card->nodes, card->n_nodes, sizeof(*card->nodes));
    copy->reading_keys =
        ph__memdup(card->reading_keys, card->n_reading_keys, sizeof(*card->reading_keys));
    copy->persons = ph__memdup(card->persons, card->n_persons, sizeof(*card->persons));
    /* All four, even after one has failed: the copy must not share what the original owns. */
    bool ok = copy_texts(&copy->identities, &card->identities);
    ok = copy_texts(&copy->brands, &card->brands) && ok;
    ok = copy_texts(&copy->official_domains, &card->official_domains) && ok;
    ok = copy_texts(&copy->official_senders, &card->official_senders) && ok;
    if (!ok || (!copy->nodes && card->n_nodes > 0) ||
        (!copy->reading_keys && card->n_reading_keys > 0) ||
        (!copy->persons && card->n_persons > 0)) {
        ph_card_free(copy);
        return PH_ERR_NOMEM;
    }
    *out = copy;
    return PH_OK;
}

enum ph_err ph_card_hash(struct ph_hash *out, const struct ph_card *card)
{
    struct ph_buf document = ph_buf(PH_CARD_MAX);
    enum ph_err err = ph__card_document(&document, card);
    if (!err)
        *out = ph_hash_one("card", ph_buf_bytes(&document));
    ph_buf_done(&document);
    return err;
}

enum ph_err ph_card_sign(struct ph_card *card, const struct ph_hash *community,
                         const uint8_t org_secret[static 64], struct ph_why *why)
{
    enum ph_err err = ph__card_check(card, why);
    if (err)
        return err;
    struct ph_buf document = ph_buf(PH_CARD_MAX);
    err = ph__card_document(&document, card);
    if (err)
        err = ph_fail(why, err, "card of %s is over its limit of %d bytes, or out of memory",
                      card->org.s, PH_CARD_MAX);
    else if (!ph_sign(card->sig, "card", community, ph_buf_bytes(&document), org_secret))
        err = ph_fail(why, PH_ERR_NOMEM, "out of memory for a signature");
    ph_buf_done(&document);
    return err;
}

enum ph_err ph_card_check(const struct ph_card *card, const struct ph_hash *community,
                          const struct ph_org_key *key, struct ph_why *why)
{
    struct ph_buf document = ph_buf(PH_CARD_MAX);
    enum ph_err err = ph__card_document(&document, card);
    if (!err &&
        !ph_signature_is_valid(card->sig, "card", community, ph_buf_bytes(&document), key->b))
        err = ph_fail(why, PH_ERR_FORGED,
                      "card of %s: the organisation's signature does not verify in this community",
                      card->org.s);
    ph_buf_done(&document);
    return err;
}
