/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose keys an audience key is sealed to. */
#include <stdlib.h>

#include "proto/trust/members_priv.h"

struct boxes {
    struct ph_box_key *v;
    size_t n;
    size_t cap;
};

static enum ph_err add(struct boxes *boxes, const struct ph_box_key *box)
{
    if (boxes->n == boxes->cap) {
        size_t cap = boxes->cap ? boxes->cap * 2 : 16;
        struct ph_box_key *grown = realloc(boxes->v, cap * sizeof(*grown));
        if (!grown)
            return PH_ERR_NOMEM;
        boxes->v = grown;
        boxes->cap = cap;
    }
    boxes->v[boxes->n++] = *box;
    return PH_OK;
}

/* In use at @now, by the card. A card made moments ago by a clock that runs ahead counts already:
 * the boxes of an epoch are made once, and who is left out of them waits for the next. */
static bool in_use(ph_ms since, ph_ms until, ph_ms now)
{
    return since <= now + PH_CLOCK_SKEW_MS && (until == 0 || now < until);
}

/* The card of a member, when it is under the organisation's current key. */
static const struct ph_card *current_card(const struct ph_members *members,
                                          const struct ph_roster_org *org)
{
    const struct ph__card_entry *entry = ph__cards_find(members, &org->code);
    return entry && ph_org_key_equal(&entry->key, &org->key) ? entry->card : NULL;
}

/* The reading keys of one member. One without a card has none yet, which is no error: it is granted
 * what it missed when its card comes. */
static enum ph_err add_org(struct boxes *boxes, const struct ph_members *members,
                           const struct ph_roster_org *org, ph_ms now)
{
    const struct ph_card *card = current_card(members, org);
    for (size_t i = 0; card && i < card->n_reading_keys; i++) {
        const struct ph_card_reading_key *key = &card->reading_keys[i];
        if (!in_use(key->since, key->until, now))
            continue;
        struct ph_box_key box = {.org = org->code};
        memcpy(box.key, key->key.b, sizeof(box.key));
        enum ph_err err = add(boxes, &box);
        if (err)
            return err;
    }
    return PH_OK;
}

/* The keys of one named person. A person without a key is an error: nobody could ever open the
 * record, since new keys of persons get no history. */
static enum ph_err add_person(struct boxes *boxes, const struct ph_members *members,
                              const struct ph_roster_org *org, const struct ph_handle *person,
                              ph_ms now, struct ph_why *why)
{
    const struct ph_card *card = current_card(members, org);
    size_t before = boxes->n;
    for (size_t i = 0; card && i < card->n_persons; i++) {
        const struct ph_card_person *entry = &card->persons[i];
        if (memcmp(entry->handle.s, person->s, sizeof(person->s)) != 0 || /* public */
            !in_use(entry->since, entry->until, now))
            continue;
        struct ph_box_key box = {.org = org->code, .person = *person};
        memcpy(box.key, entry->key.b, sizeof(box.key));
        enum ph_err err = add(boxes, &box);
        if (err)
            return err;
    }
    if (boxes->n == before)
        return ph_fail(why, PH_ERR_NOTFOUND, "%s/%s has no key on the card of %s", org->code.s,
                       person->s, org->code.s);
    return PH_OK;
}

static enum ph_err add_recipients(struct boxes *boxes, const struct ph_members *members, ph_ms now,
                                  const struct ph_recipient *recipients, size_t n,
                                  struct ph_why *why)
{
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < n && !err; i++) {
        const struct ph_recipient *recipient = &recipients[i];
        const struct ph_roster_org *org =
            ph_roster_org(ph_members_roster(members), &recipient->org);
        if (!org)
            return ph_fail(why, PH_ERR_OUTSIDE, "recipient %s is not a member", recipient->org.s);
        err = recipient->person.s[0] != '\0'
                  ? add_person(boxes, members, org, &recipient->person, now, why)
                  : add_org(boxes, members, org, now);
    }
    return err;
}

static enum ph_err add_group(struct boxes *boxes, const struct ph_members *members, ph_ms now,
                             const struct ph_hash *id, struct ph_why *why)
{
    const struct ph_roster *roster = ph_members_roster(members);
    const struct ph_group *group = ph_roster_group(roster, id);
    if (!group)
        return ph_fail(why, PH_ERR_OUTSIDE, "the group is not on the roster");
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < group->n_members && !err; i++)
        err = add_org(boxes, members, ph_roster_org(roster, &group->members[i]), now);
    return err;
}

static enum ph_err add_community(struct boxes *boxes, const struct ph_members *members, ph_ms now)
{
    const struct ph_roster *roster = ph_members_roster(members);
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < roster->n_orgs && !err; i++)
        err = add_org(boxes, members, &roster->orgs[i], now);
    return err;
}

enum ph_err ph_members_box_keys(struct ph_box_key **out, size_t *out_n,
                                const struct ph_members *members, ph_ms now,
                                const struct ph_audience *audience,
                                const struct ph_recipient *recipients, size_t n_recipients,
                                struct ph_why *why)
{
    struct boxes boxes = {0};
    enum ph_err err = PH_ERR_INTERNAL;
    switch (audience->kind) {
    case PH_AUDIENCE_COMMUNITY:
        err = add_community(&boxes, members, now);
        break;
    case PH_AUDIENCE_GROUP:
        err = add_group(&boxes, members, now, &audience->id, why);
        break;
    case PH_AUDIENCE_DIRECT:
        err = add_recipients(&boxes, members, now, recipients, n_recipients, why);
        break;
    }
    if (err) {
        free(boxes.v);
        return err == PH_ERR_NOMEM ? ph_fail(why, err, "out of memory for keys") : err;
    }
    *out = boxes.v;
    *out_n = boxes.n;
    return PH_OK;
}
