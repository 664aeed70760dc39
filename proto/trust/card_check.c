/* SPDX-License-Identifier: Apache-2.0
 *
 * What one card must be, whatever other cards say. */
#include "proto/trust/address.h"
#include "proto/trust/card_priv.h"
#include "proto/trust/fields.h"

/* Ends are 0 (none) or not before the start. */
static bool is_span(ph_ms since, ph_ms end)
{
    return since <= PH_CREATED_MAX && end <= PH_CREATED_MAX && (end == 0 || end >= since);
}

static enum ph_err unique(const void *first, size_t stride, size_t n, const char *noun,
                          struct ph_why *why)
{
    if (n == 0)
        return PH_OK;
    enum ph_err err = ph__keys_unique(first, stride, n);
    if (err == PH_ERR_CONFLICT)
        return ph_fail(why, PH_ERR_FORMAT, "one %s is listed twice", noun);
    return err;
}

static enum ph_err check_head(const struct ph_card *card, struct ph_why *why)
{
    if (ph_code_parse(&(struct ph_code){0}, ph_bytes_str(card->org.s), NULL))
        return ph_fail(why, PH_ERR_FORMAT, "the organisation's code is malformed");
    if (card->seq == 0 || card->seq > PH__SEQ_MAX)
        return ph_fail(why, PH_ERR_RANGE, "seq is outside 1 to 2^48 - 1");
    if (card->issued > PH_CREATED_MAX || card->expires > PH_CREATED_MAX ||
        card->expires < card->issued)
        return ph_fail(why, PH_ERR_RANGE, "expires before it was issued, or out of range");
    if (!ph__is_line(card->contact, PH_TEXT_MAX))
        return ph_fail(why, PH_ERR_FORMAT, "contact is not one line of text");
    return PH_OK;
}

static enum ph_err check_node(const struct ph_card_node *node, struct ph_why *why)
{
    if (node->name[0] == '\0' || !ph__is_line(node->name, PH_NAME_MAX))
        return ph_fail(why, PH_ERR_FORMAT, "a node's name is empty or not one line of text");
    if (!is_span(node->since, node->until) || !is_span(node->since, node->lost))
        return ph_fail(why, PH_ERR_RANGE, "a node ends before it begins, or out of range");
    if (node->n_addresses > PH_ADDRESSES_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "a node has %zu addresses, limit is %d",
                       node->n_addresses, PH_ADDRESSES_MAX);
    for (size_t i = 0; i < node->n_addresses; i++) {
        enum ph_err err = ph_address_check(ph_bytes_str(node->addresses[i]), why);
        if (err) {
            if (why)
                why->code = PH_ERR_FORMAT; /* in a document, not typed by a person */
            return PH_ERR_FORMAT;
        }
        for (size_t j = 0; j < i; j++)
            if (strcmp(node->addresses[i], node->addresses[j]) == 0)
                return ph_fail(why, PH_ERR_FORMAT, "a node lists one address twice");
    }
    return PH_OK;
}

static enum ph_err check_nodes(const struct ph_card *card, struct ph_why *why)
{
    if (card->n_nodes > PH_NODES_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu nodes, limit is %d", card->n_nodes, PH_NODES_MAX);
    for (size_t i = 0; i < card->n_nodes; i++) {
        enum ph_err err = check_node(&card->nodes[i], why);
        if (err)
            return ph_why_wrap(why, err, "node %zu", i + 1);
    }
    if (card->n_nodes == 0)
        return PH_OK;
    enum ph_err err = unique(&card->nodes[0].sign_key, sizeof(card->nodes[0]), card->n_nodes,
                             "node's signing key", why);
    return err ? err
               : unique(&card->nodes[0].transport_key, sizeof(card->nodes[0]), card->n_nodes,
                        "node's transport key", why);
}

static enum ph_err check_reading_keys(const struct ph_card *card, struct ph_why *why)
{
    if (card->n_reading_keys > PH_READING_KEYS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu reading keys, limit is %d", card->n_reading_keys,
                       PH_READING_KEYS_MAX);
    for (size_t i = 0; i < card->n_reading_keys; i++)
        if (!is_span(card->reading_keys[i].since, card->reading_keys[i].until))
            return ph_fail(why, PH_ERR_RANGE, "reading key %zu ends before it begins", i + 1);
    return unique(card->reading_keys, sizeof(*card->reading_keys), card->n_reading_keys,
                  "reading key", why);
}

static enum ph_err check_persons(const struct ph_card *card, struct ph_why *why)
{
    if (card->n_persons > PH_PERSONS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu persons, limit is %d", card->n_persons,
                       PH_PERSONS_MAX);
    for (size_t i = 0; i < card->n_persons; i++) {
        const struct ph_card_person *person = &card->persons[i];
        if (ph_handle_parse(&(struct ph_handle){0}, ph_bytes_str(person->handle.s), NULL))
            return ph_fail(why, PH_ERR_FORMAT, "person %zu: handle is malformed", i + 1);
        if (person->name[0] == '\0' || !ph__is_line(person->name, PH_NAME_MAX) ||
            !ph__is_line(person->role, PH_NAME_MAX))
            return ph_fail(why, PH_ERR_FORMAT, "person %s: name or role is not one line of text",
                           person->handle.s);
        if (!is_span(person->since, person->until))
            return ph_fail(why, PH_ERR_RANGE, "person %s: ends before it begins", person->handle.s);
    }
    if (card->n_persons == 0)
        return PH_OK;
    return unique(&card->persons[0].key, sizeof(card->persons[0]), card->n_persons, "person's key",
                  why);
}

static enum ph_err check_texts(const struct ph_texts *texts, const char *noun, struct ph_why *why)
{
    if (texts->n > PH_CARD_TEXTS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu %s, limit is %d", texts->n, noun, PH_CARD_TEXTS_MAX);
    for (size_t i = 0; i < texts->n; i++)
        if (texts->v[i][0] == '\0' || !ph__is_line(texts->v[i], PH_CARD_TEXT_MAX))
            return ph_fail(why, PH_ERR_FORMAT, "%s: entry %zu is not one line of 1 to %d bytes",
                           noun, i + 1, PH_CARD_TEXT_MAX);
    return PH_OK;
}

static enum ph_err check_all(const struct ph_card *card, struct ph_why *why)
{
    enum ph_err err = check_head(card, why);
    if (!err)
        err = check_nodes(card, why);
    if (!err)
        err = check_reading_keys(card, why);
    if (!err)
        err = check_persons(card, why);
    if (!err)
        err = check_texts(&card->identities, "identities", why);
    if (!err)
        err = check_texts(&card->brands, "brands", why);
    if (!err)
        err = check_texts(&card->official_domains, "official domains", why);
    if (!err)
        err = check_texts(&card->official_senders, "official senders", why);
    return err;
}

enum ph_err ph__card_check(const struct ph_card *card, struct ph_why *why)
{
    enum ph_err err = check_all(card, why);
    return err ? ph_why_wrap(why, err, "card of %.16s", card->org.s) : PH_OK;
}
