/* SPDX-License-Identifier: Apache-2.0
 *
 * TRUST: rosters and cards travel before any record does.
 *
 * Where the views differ both sides send a summary, and each answers the other's with what it
 * lacks: rosters from the next seq on, cards that are newer by (key seq, card seq). One answer is
 * one frame; what does not fit is asked for again, because taking documents in changes trust, which
 * sends HELLO, which compares. A fork of the roster shows as one seq with two hashes: each side
 * shows the other its branch, so that both hold the evidence. */
#include <stdlib.h>

#include "proto/sync/engine_priv.h"

/* Of the documents in one frame; the rest is framing. */
#define DOCS_BYTES_MAX (PH_FRAME_MAX - PH_KIB(64))

static void known_of(const struct ph_engine *engine, const struct ph_code *org,
                     struct ph_trust_known *out, bool *found)
{
    const struct ph_card *card = ph_members_card(engine->members, org);
    *found = card != NULL;
    if (!card)
        return;
    *out = (struct ph_trust_known){
        .org = *org, .key_seq = ph_members_key_seq(engine->members, org), .card_seq = card->seq};
    if (ph_card_hash(&out->card_hash, card) != PH_OK)
        *found = false;
}

static ph_ms retry_delay(struct ph_engine *engine, const struct ph__session *s)
{
    ph_ms delay = (ph_ms)PH__TRUST_RETRY_MS << PH_MIN(s->trust_tries, 6u);
    return ph__jitter(engine, PH_MIN(delay, (ph_ms)PH__RECONCILE_MAX_MS));
}

void ph__trust_ask(struct ph_engine *engine, struct ph__session *s)
{
    if (s->summary_is_current)
        return;
    const struct ph_roster *roster = ph_members_roster(engine->members);
    struct ph_trust_known *known = calloc(roster->n_orgs + 1, sizeof(*known));
    if (!known) {
        ph__session_close(engine, s, PH_ERR_NOMEM, false, ph_err_text(PH_ERR_NOMEM));
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < roster->n_orgs; i++) {
        bool found;
        known_of(engine, &roster->orgs[i].code, &known[n], &found);
        n += found;
    }
    struct ph_message message = {.type = PH_MESSAGE_TRUST};
    message.trust.has_summary = true;
    message.trust.roster_seq = engine->trust.roster_seq;
    message.trust.known = known;
    message.trust.n_known = n;
    s->summary_is_current = true;
    s->docs_expected = true;
    s->trust_retry = engine->now.mono + retry_delay(engine, s);
    s->trust_tries++;
    (void)ph__send_or_close(engine, s, &message);
    free(known);
}

/* Documents for one answer, while they fit. */
struct docs {
    struct ph_bytes *rosters;
    size_t n_rosters;
    struct ph_bytes *cards;
    size_t n_cards;
    size_t bytes;
};

static bool docs_fit(const struct docs *docs, struct ph_bytes doc)
{
    return doc.n > 0 && docs->bytes + doc.n + 8 <= DOCS_BYTES_MAX;
}

static void add_rosters(const struct ph_engine *engine, const struct ph__session *s,
                        uint64_t theirs, struct docs *docs)
{
    uint64_t ours = engine->trust.roster_seq;
    uint64_t seq = theirs + 1;
    if (theirs == ours && !ph_hash_equal(&s->trust.roster_hash, &engine->trust.roster_hash))
        seq = ours; /* a fork: our branch, as evidence */
    for (; seq <= ours && docs->n_rosters < PH_CHAIN_EXCHANGE_MAX; seq++) {
        struct ph_bytes roster = ph_members_roster_bytes(engine->members, seq);
        if (!docs_fit(docs, roster))
            return;
        docs->rosters[docs->n_rosters++] = roster;
        docs->bytes += roster.n + 8;
    }
}

/* Of two cards of one seq the lower hash counts, so the one with the lower hash is handed on. */
static bool is_newer(const struct ph_trust_known *ours, const struct ph_trust_known *theirs)
{
    if (ours->key_seq != theirs->key_seq)
        return ours->key_seq > theirs->key_seq;
    if (ours->card_seq != theirs->card_seq)
        return ours->card_seq > theirs->card_seq;
    return memcmp(ours->card_hash.b, theirs->card_hash.b, 32) < 0;
}

/* Both lists are sorted by code: one pass over the two. */
static void add_cards(const struct ph_engine *engine, const struct ph_msg_trust *trust,
                      struct docs *docs)
{
    const struct ph_roster *roster = ph_members_roster(engine->members);
    size_t k = 0;
    for (size_t i = 0; i < roster->n_orgs; i++) {
        const struct ph_code *org = &roster->orgs[i].code;
        while (k < trust->n_known && ph_code_cmp(&trust->known[k].org, org) < 0)
            k++;
        bool known = k < trust->n_known && ph_code_cmp(&trust->known[k].org, org) == 0;
        struct ph_trust_known ours;
        bool found;
        known_of(engine, org, &ours, &found);
        if (!found || (known && !is_newer(&ours, &trust->known[k])))
            continue;
        struct ph_bytes card = ph_members_card_bytes(engine->members, org);
        if (!docs_fit(docs, card))
            return;
        docs->cards[docs->n_cards++] = card;
        docs->bytes += card.n + 8;
    }
}

static bool is_sorted(const struct ph_msg_trust *trust)
{
    for (size_t i = 1; i < trust->n_known; i++)
        if (ph_code_cmp(&trust->known[i - 1].org, &trust->known[i].org) >= 0)
            return false;
    return true;
}

static void answer_summary(struct ph_engine *engine, struct ph__session *s,
                           const struct ph_msg_trust *trust)
{
    if (!is_sorted(trust)) {
        ph__session_close(engine, s, PH_ERR_FORMAT, true, "trust summary is not sorted");
        return;
    }
    size_t n_orgs = ph_members_roster(engine->members)->n_orgs;
    struct docs docs = {.n_rosters = 0};
    docs.rosters = calloc(PH_CHAIN_EXCHANGE_MAX, sizeof(*docs.rosters));
    docs.cards = calloc(n_orgs + 1, sizeof(*docs.cards));
    if (docs.rosters && docs.cards) {
        add_rosters(engine, s, trust->roster_seq, &docs);
        add_cards(engine, trust, &docs);
        struct ph_message message = {.type = PH_MESSAGE_TRUST};
        message.trust = (struct ph_msg_trust){.rosters = docs.rosters,
                                              .n_rosters = docs.n_rosters,
                                              .cards = docs.cards,
                                              .n_cards = docs.n_cards};
        if (docs.n_rosters + docs.n_cards > 0)
            (void)ph__send_or_close(engine, s, &message);
    }
    free(docs.rosters);
    free(docs.cards);
}

static enum ph_err copy_docs(struct ph_buf **out, size_t *out_n, const struct ph_bytes *docs,
                             size_t n, size_t max)
{
    if (n == 0)
        return PH_OK;
    *out = calloc(n, sizeof(**out));
    if (!*out)
        return PH_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        (*out)[i] = ph_buf(max);
        *out_n = i + 1;
        enum ph_err err = ph_buf_add(&(*out)[i], docs[i]);
        if (err)
            return err;
    }
    return PH_OK;
}

/* Copies, as they outlive the frame. */
static enum ph_err push_docs(struct ph_engine *engine, struct ph__session *s,
                             const struct ph_bytes *rosters, size_t n_rosters,
                             const struct ph_bytes *cards, size_t n_cards)
{
    struct ph_effect effect = {.kind = PH_EFFECT_TRUST, .conn = s->conn};
    struct ph_trust_docs *docs = &effect.trust;
    *docs = (struct ph_trust_docs){.from = s->conn};
    enum ph_err err =
        copy_docs(&docs->rosters, &docs->n_rosters, rosters, n_rosters, PH_ROSTER_MAX);
    if (!err)
        err = copy_docs(&docs->cards, &docs->n_cards, cards, n_cards, PH_CARD_MAX);
    if (!err)
        err = ph__effects_push(&engine->effects, &effect);
    if (err)
        ph_trust_docs_done(docs);
    return err;
}

enum ph_err ph__trust_hand_over(struct ph_engine *engine, struct ph__session *s,
                                struct ph_buf *roster, struct ph_buf *card)
{
    struct ph_bytes r = ph_buf_bytes(roster), c = ph_buf_bytes(card);
    enum ph_err err = push_docs(engine, s, &r, r.n ? 1 : 0, &c, c.n ? 1 : 0);
    ph_buf_done(roster);
    ph_buf_done(card);
    return err;
}

void ph__on_trust(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                  size_t frame_bytes)
{
    const struct ph_msg_trust *trust = &message->trust;
    (void)frame_bytes;
    if (trust->has_summary)
        answer_summary(engine, s, trust);
    /* Unasked documents are passed over: checking signatures is work that a peer does not order. */
    if (s->state != PH__TRUST || !s->docs_expected || trust->n_rosters + trust->n_cards == 0)
        return;
    s->docs_expected = false;
    enum ph_err err =
        push_docs(engine, s, trust->rosters, trust->n_rosters, trust->cards, trust->n_cards);
    if (err)
        ph__session_close(engine, s, err, false, ph_err_text(err));
}
