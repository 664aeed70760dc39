/* SPDX-License-Identifier: Apache-2.0
 *
 * A card's bytes: document and signature. Format: docs/protocol.md, "Card". */
#include <stdlib.h>

#include "proto/trust/card_priv.h"
#include "proto/trust/fields.h"

static void write_texts(struct ph_writer *w, const struct ph_texts *texts)
{
    ph_write_array(w, texts->n);
    for (size_t i = 0; i < texts->n; i++)
        ph_write_str(w, texts->v[i]);
}

static void write_node(struct ph_writer *w, const struct ph_card_node *node)
{
    ph_write_array(w, 9);
    ph_write_str(w, node->name);
    ph__doc_write_key(w, node->sign_key.b);
    ph__doc_write_key(w, node->transport_key.b);
    ph_write_array(w, node->n_addresses);
    for (size_t i = 0; i < node->n_addresses; i++)
        ph_write_str(w, node->addresses[i]);
    ph_write_bool(w, node->relay);
    ph_write_uint(w, node->since);
    ph_write_uint(w, node->until);
    ph_write_uint(w, node->lost);
    ph__doc_write_hash(w, &node->frontier);
}

static void write_reading_key(struct ph_writer *w, const struct ph_card_reading_key *key)
{
    ph_write_array(w, 3);
    ph__doc_write_key(w, key->key.b);
    ph_write_uint(w, key->since);
    ph_write_uint(w, key->until);
}

static void write_person(struct ph_writer *w, const struct ph_card_person *person)
{
    ph_write_array(w, 6);
    ph_write_str(w, person->handle.s);
    ph_write_str(w, person->name);
    ph_write_str(w, person->role);
    ph__doc_write_key(w, person->key.b);
    ph_write_uint(w, person->since);
    ph_write_uint(w, person->until);
}

enum ph_err ph__card_document(struct ph_buf *out, const struct ph_card *card)
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 12);
    ph_write_str(&w, card->org.s);
    ph_write_uint(&w, card->seq);
    ph_write_uint(&w, card->issued);
    ph_write_uint(&w, card->expires);
    ph_write_array(&w, card->n_nodes);
    for (size_t i = 0; i < card->n_nodes; i++)
        write_node(&w, &card->nodes[i]);
    ph_write_array(&w, card->n_reading_keys);
    for (size_t i = 0; i < card->n_reading_keys; i++)
        write_reading_key(&w, &card->reading_keys[i]);
    ph_write_array(&w, card->n_persons);
    for (size_t i = 0; i < card->n_persons; i++)
        write_person(&w, &card->persons[i]);
    write_texts(&w, &card->identities);
    write_texts(&w, &card->brands);
    write_texts(&w, &card->official_domains);
    write_texts(&w, &card->official_senders);
    ph_write_str(&w, card->contact);
    return ph_writer_end(&w);
}

enum ph_err ph_card_encode(struct ph_buf *out, const struct ph_card *card)
{
    enum ph_err err = ph__card_check(card, NULL);
    if (err)
        return err;
    struct ph_buf document = ph_buf(PH_CARD_MAX);
    struct ph_buf whole = ph_buf(PH_CARD_MAX);
    err = ph__card_document(&document, card);
    if (!err)
        err = ph__signed_encode(&whole, ph_buf_bytes(&document), card->sig);
    if (!err)
        err = ph_buf_add(out, ph_buf_bytes(&whole));
    ph_buf_done(&document);
    ph_buf_done(&whole);
    return err;
}

static char *read_text(struct ph_reader *r)
{
    struct ph_bytes text = ph_read_text(r, PH_CARD_TEXT_MAX);
    if (r->err)
        return NULL;
    char *copy = calloc(1, text.n + 1);
    if (!copy)
        ph_read_fail(r, PH_ERR_NOMEM, "out of memory");
    else if (text.n > 0)
        memcpy(copy, text.p, text.n);
    return copy;
}

static void read_texts(struct ph_reader *r, struct ph_texts *out)
{
    out->v = ph__doc_read_list(r, PH_CARD_TEXTS_MAX, sizeof(*out->v), &out->n);
    for (size_t i = 0; i < out->n && !r->err; i++)
        out->v[i] = read_text(r);
}

static void read_addresses(struct ph_reader *r, struct ph_card_node *node)
{
    uint32_t n = ph_read_array(r, PH_ADDRESSES_MAX);
    for (uint32_t i = 0; i < n && !r->err; i++)
        ph__doc_read_name(r, node->addresses[i], PH_ADDRESS_MAX);
    node->n_addresses = r->err ? 0 : n;
}

static void read_node(struct ph_reader *r, struct ph_card_node *node)
{
    ph_read_array_exact(r, 9);
    ph__doc_read_name(r, node->name, PH_NAME_MAX);
    ph__doc_read_ed25519(r, node->sign_key.b, NULL);
    ph__doc_read_x25519(r, node->transport_key.b);
    read_addresses(r, node);
    node->relay = ph_read_bool(r);
    node->since = ph__doc_read_ms(r);
    node->until = ph__doc_read_ms(r);
    node->lost = ph__doc_read_ms(r);
    ph_read_bin_exact(r, node->frontier.b, sizeof(node->frontier.b));
}

static void read_reading_key(struct ph_reader *r, struct ph_card_reading_key *key)
{
    ph_read_array_exact(r, 3);
    ph__doc_read_x25519(r, key->key.b);
    key->since = ph__doc_read_ms(r);
    key->until = ph__doc_read_ms(r);
}

static void read_person(struct ph_reader *r, struct ph_card_person *person)
{
    ph_read_array_exact(r, 6);
    ph__doc_read_handle(r, &person->handle);
    ph__doc_read_name(r, person->name, PH_NAME_MAX);
    ph__doc_read_line(r, person->role, PH_NAME_MAX);
    ph__doc_read_x25519(r, person->key.b);
    person->since = ph__doc_read_ms(r);
    person->until = ph__doc_read_ms(r);
}

static void read_document(struct ph_reader *r, struct ph_card *out)
{
    ph_read_array_exact(r, 12);
    ph__doc_read_code(r, &out->org);
    out->seq = ph__doc_read_seq(r);
    out->issued = ph__doc_read_ms(r);
    out->expires = ph__doc_read_ms(r);
    out->nodes = ph__doc_read_list(r, PH_NODES_MAX, sizeof(*out->nodes), &out->n_nodes);
    for (size_t i = 0; i < out->n_nodes && !r->err; i++)
        read_node(r, &out->nodes[i]);
    out->reading_keys =
        ph__doc_read_list(r, PH_READING_KEYS_MAX, sizeof(*out->reading_keys), &out->n_reading_keys);
    for (size_t i = 0; i < out->n_reading_keys && !r->err; i++)
        read_reading_key(r, &out->reading_keys[i]);
    out->persons = ph__doc_read_list(r, PH_PERSONS_MAX, sizeof(*out->persons), &out->n_persons);
    for (size_t i = 0; i < out->n_persons && !r->err; i++)
        read_person(r, &out->persons[i]);
    read_texts(r, &out->identities);
    read_texts(r, &out->brands);
    read_texts(r, &out->official_domains);
    read_texts(r, &out->official_senders);
    ph__doc_read_line(r, out->contact, PH_TEXT_MAX);
}

enum ph_err ph_card_decode(struct ph_card **out, struct ph_bytes bytes, struct ph_why *why)
{
    struct ph_bytes document;
    uint8_t sig[64];
    enum ph_err err = ph__signed_decode(&document, sig, bytes, PH_CARD_MAX, "card", why);
    if (err)
        return err;
    struct ph_card *card = calloc(1, sizeof(*card));
    if (!card)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a card");
    memcpy(card->sig, sig, sizeof(sig));
    struct ph_reader r = ph_reader(document);
    read_document(&r, card);
    err = ph_reader_end(&r, why);
    err = err ? ph_why_wrap(why, err, "card") : ph__card_check(card, why);
    if (err) {
        ph_card_free(card);
        return err;
    }
    *out = card;
    return PH_OK;
}
