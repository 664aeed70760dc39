/* SPDX-License-Identifier: Apache-2.0
 *
 * The cards inside the view: which card of an organisation counts. */
#include <stdlib.h>

#include "proto/trust/fields.h"
#include "proto/trust/members_priv.h"

void ph__card_entry_unref(struct ph__card_entry *entry)
{
    if (!entry || atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel) > 1)
        return;
    ph_card_free(entry->card);
    ph_buf_done(&entry->bytes);
    free(entry);
}

size_t ph__cards_place(const struct ph_members *members, const struct ph_code *code)
{
    size_t low = 0;
    size_t high = members->n_cards;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ph_code_cmp(&members->cards[middle]->card->org, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct ph__card_entry *ph__cards_find(const struct ph_members *members, const struct ph_code *code)
{
    size_t at = ph__cards_place(members, code);
    if (at == members->n_cards || ph_code_cmp(&members->cards[at]->card->org, code) != 0)
        return NULL;
    return members->cards[at];
}

static enum ph_err decode_entry(struct ph__card_entry **out, struct ph_bytes bytes,
                                struct ph_why *why)
{
    struct ph__card_entry *entry = calloc(1, sizeof(*entry));
    if (!entry)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a card");
    atomic_init(&entry->refs, 1);
    entry->bytes = ph_buf(PH_CARD_MAX);
    enum ph_err err = ph_card_decode(&entry->card, bytes, why);
    if (!err)
        err = ph_buf_add(&entry->bytes, bytes);
    if (!err)
        err = ph_card_hash(&entry->hash, entry->card);
    if (err) {
        ph__card_entry_unref(entry);
        return err;
    }
    *out = entry;
    return PH_OK;
}

/* Finds the newest of the organisation's keys that signed the card, and puts it into @entry. */
static enum ph_err find_key(const struct ph__chain *chain, struct ph__card_entry *entry,
                            struct ph_why *why)
{
    size_t n;
    const struct ph__era *eras = ph__chain_eras(chain, &entry->card->org, &n);
    if (n == 0)
        return ph_fail(why, PH_ERR_AUTHOR, "card of %s, which never was a member",
                       entry->card->org.s);
    enum ph_err err = PH_ERR_FORGED;
    for (size_t i = n; i-- > 0 && err == PH_ERR_FORGED;) {
        err = ph_card_check(entry->card, &chain->community, &eras[i].key, why);
        if (!err)
            entry->key = eras[i].key;
    }
    return err;
}

/* Cards order by the seq of the roster that set their key, then by their own. */
static int card_cmp(const struct ph__chain *chain, const struct ph__card_entry *a,
                    const struct ph__card_entry *b)
{
    uint64_t a_era = ph__chain_era(chain, &a->card->org, &a->key)->seq;
    uint64_t b_era = ph__chain_era(chain, &b->card->org, &b->key)->seq;
    if (a_era != b_era)
        return a_era < b_era ? -1 : 1;
    return (a->card->seq > b->card->seq) - (a->card->seq < b->card->seq);
}

/* An organisation that was removed still holds its key: what it says after that is not heard. */
static bool is_too_late(const struct ph__chain *chain, const struct ph_card *card)
{
    const struct ph_roster *newest = ph__chain_newest(chain);
    if (ph_roster_org(newest, &card->org))
        return false;
    const struct ph_removed *removed = ph_roster_removed(newest, &card->org);
    return !removed || card->issued > removed->at;
}

/* Puts @entry (taken, also on failure) where @known stands, or among the others when it is the
 * first. */
static enum ph_err put(struct ph_members *members, struct ph__card_entry *entry, bool is_first,
                       struct ph_why *why)
{
    size_t at = ph__cards_place(members, &entry->card->org);
    if (!is_first) {
        ph__card_entry_unref(members->cards[at]);
        members->cards[at] = entry;
        return PH_OK;
    }
    struct ph__card_entry **grown =
        realloc(members->cards, (members->n_cards + 1) * sizeof(*grown));
    if (!grown) {
        ph__card_entry_unref(entry);
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a card");
    }
    members->cards = grown;
    memmove(&grown[at + 1], &grown[at], (members->n_cards - at) * sizeof(*grown));
    grown[at] = entry;
    members->n_cards++;
    return PH_OK;
}

/* Whether a valid card comes before the one known: a higher number, or, of two different cards of
 * one number (evidence that someone signs twice), the one with the lower hash, so that all agree.
 */
static bool counts(const struct ph__chain *chain, const struct ph__card_entry *entry,
                   const struct ph__card_entry *known, bool *out_equivocation)
{
    int order = card_cmp(chain, entry, known);
    if (order != 0)
        return order > 0;
    *out_equivocation = true;
    return ph__key_cmp(&entry->hash, &known->hash) < 0;
}

/* Whether @bytes are those of the card known: then there is nothing to check. Peers offer known
 * cards often, and the points of their keys cost as much to check as signatures. */
static bool is_known_already(const struct ph_members *members, struct ph_bytes bytes)
{
    struct ph_code code = {0};
    struct ph_reader outer = ph_reader(bytes);
    ph_read_array_exact(&outer, 2);
    struct ph_reader document = ph_reader(ph_read_bin(&outer, PH_CARD_MAX));
    (void)ph_read_array(&document, UINT32_MAX);
    ph__doc_read_code(&document, &code);
    const struct ph__card_entry *known = document.err ? NULL : ph__cards_find(members, &code);
    return known && ph_bytes_equal(ph_buf_bytes(&known->bytes), bytes);
}

enum ph_err ph__cards_add(struct ph_members *members, struct ph_bytes bytes, enum ph__taken *out,
                          bool *out_equivocation, struct ph_why *why)
{
    *out = PH__PASSED_OVER;
    if (is_known_already(members, bytes))
        return PH_OK;
    struct ph__card_entry *entry = NULL;
    enum ph_err err = decode_entry(&entry, bytes, why);
    if (err)
        return err;
    const struct ph__card_entry *known = ph__cards_find(members, &entry->card->org);
    bool is_known = known && ph_hash_equal(&known->hash, &entry->hash);
    if (!is_known)
        err = find_key(members->chain, entry, why);
    if (err || is_known || is_too_late(members->chain, entry->card) ||
        (known && !counts(members->chain, entry, known, out_equivocation))) {
        ph__card_entry_unref(entry);
        return err;
    }
    *out = PH__TAKEN;
    return put(members, entry, !known, why);
}
