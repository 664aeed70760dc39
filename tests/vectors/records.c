/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vectors/records.h"

#include <sodium.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/hash.h"
#include "proto/base/text.h"
#include "proto/base/writer.h"
#include "proto/record/content.h"
#include "proto/record/grant.h"

#define T0       PH_TEST_VECTOR_T0
#define HALFYEAR PH_TEST_VECTOR_LIFETIME

/* A generator has no one to hand an error to. */
void ph_test_must(enum ph_err err)
{
    PH_ASSERT(err == PH_OK);
}

json_t *ph_test_hex(const void *p, size_t n)
{
    char *text = malloc(2 * n + 1);
    PH_ASSERT(text);
    ph_hex(text, ph_bytes(p, n));
    json_t *out = json_string(text);
    free(text);
    return out;
}

void ph_test_set(json_t *object, const char *key, json_t *value)
{
    PH_ASSERT(value && json_object_set_new(object, key, value) == 0);
}

void ph_test_append(json_t *array, json_t *value)
{
    PH_ASSERT(value && json_array_append_new(array, value) == 0);
}

/* 32 bytes that say what they are for. */
void ph_test_seed(uint8_t out[static 32], uint8_t what, uint8_t number)
{
    for (size_t i = 0; i < 32; i++)
        out[i] = (uint8_t)(what + i);
    out[0] = number;
}

struct ph_audience_key ph_test_vector_key(void)
{
    struct ph_audience_key key;
    ph_test_seed(key.b, 0xa0, 1);
    return key;
}

struct ph_header ph_test_vector_header(const struct ph_test_input *in,
                                       const uint8_t author[static 32])
{
    struct ph_header h = {
        .type = in->type,
        .created = T0,
        .expires = T0 + in->lifetime,
        .label = in->label,
        .audience = {.kind = in->audience},
        .flags = in->flags,
    };
    memset(h.community.b, 0xc0, sizeof(h.community.b));
    memcpy(h.author.b, author, sizeof(h.author.b));
    if (in->audience == PH_AUDIENCE_GROUP)
        memset(h.audience.id.b, 0x67, sizeof(h.audience.id.b));
    while (h.n_recipients < PH_LEN(in->recipients) && in->recipients[h.n_recipients])
        h.n_recipients++;
    if (h.n_recipients > 0) {
        h.recipients = calloc(h.n_recipients, sizeof(*h.recipients));
        PH_ASSERT(h.recipients);
        for (size_t i = 0; i < h.n_recipients; i++)
            ph_test_must(
                ph_recipient_parse(&h.recipients[i], ph_bytes_str(in->recipients[i]), NULL));
        ph_test_must(ph_audience_direct(&h.audience, h.recipients, h.n_recipients));
    }
    struct ph_audience_key key = ph_test_vector_key();
    h.has_nonce = ph_header_is_sealed(&h);
    h.has_key = h.has_nonce || in->type == PH_RECORD_GRANT;
    if (h.has_key)
        h.key_commitment = ph_key_commitment(&key);
    if (h.has_nonce)
        memset(h.nonce.b, 0x24, sizeof(h.nonce.b));
    return h;
}

static json_t *json_of_recipients(const struct ph_header *h)
{
    if (h->n_recipients == 0)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < h->n_recipients; i++) {
        char text[52];
        ph_recipient_text(text, &h->recipients[i]);
        ph_test_append(list, json_string(text));
    }
    return list;
}

static json_t *json_of_header(const struct ph_header *h)
{
    json_t *out = json_object();
    json_t *audience = json_array();
    ph_test_append(audience, json_integer(h->audience.kind));
    ph_test_append(audience, h->audience.kind == PH_AUDIENCE_COMMUNITY
                                 ? json_null()
                                 : ph_test_hex(h->audience.id.b, 32));
    ph_test_set(out, "version", json_integer(1));
    ph_test_set(out, "type", json_integer(h->type));
    ph_test_set(out, "community", ph_test_hex(h->community.b, 32));
    ph_test_set(out, "author", ph_test_hex(h->author.b, 32));
    ph_test_set(out, "created", json_integer((json_int_t)h->created));
    ph_test_set(out, "expires", json_integer((json_int_t)h->expires));
    ph_test_set(out, "label", json_integer(h->label));
    ph_test_set(out, "audience", audience);
    ph_test_set(out, "recipients", json_of_recipients(h));
    ph_test_set(out, "flags", json_integer(h->flags));
    ph_test_set(out, "key", h->has_key ? ph_test_hex(h->key_commitment.b, 32) : json_null());
    ph_test_set(out, "nonce", h->has_nonce ? ph_test_hex(h->nonce.b, 24) : json_null());
    ph_test_set(out, "body_size", json_integer(h->body_size));
    ph_test_set(out, "body_hash", ph_test_hex(h->body_hash.b, 32));
    return out;
}

/* The record of @in around @body, with its inputs. */
json_t *ph_test_vector_record(const struct ph_test_input *in, const struct ph_header *header,
                              struct ph_bytes body, const uint8_t secret[static 64])
{
    struct ph_record *record;
    struct ph_audience_key key = ph_test_vector_key();
    json_t *out = json_object();
    ph_test_must(ph_record_make(&record, header, body, secret, NULL));
    ph_test_must(ph_record_check(record, NULL));
    ph_test_set(out, "name", json_string(in->name));
    ph_test_set(out, "author_seed", ph_test_hex(secret, 32));
    ph_test_set(out, "header", json_of_header(&record->header));
    ph_test_set(out, "audience_key", header->has_key ? ph_test_hex(key.b, 32) : json_null());
    ph_test_set(out, "plain", in->plain ? ph_test_hex(in->plain, strlen(in->plain)) : json_null());
    ph_test_set(out, "body", ph_test_hex(body.p, body.n));
    ph_test_set(out, "header_bytes", ph_test_hex(record->raw_header.p, record->raw_header.n));
    ph_test_set(out, "id", ph_test_hex(record->id.b, 32));
    ph_test_set(out, "signature", ph_test_hex(record->sig, 64));
    ph_record_unref(record);
    return out;
}

/* Inputs. */

static const char TEXT[] = "What is compressed: in a content record a msgpack array of objects.";

static const struct ph_test_input SEALED[] = {
    {"content, CLEAR, community",
     PH_RECORD_CONTENT,
     PH_TLP_CLEAR,
     PH_AUDIENCE_COMMUNITY,
     {NULL},
     PH_FLAG_CARRY,
     HALFYEAR,
     TEXT},
    {"content, GREEN, community",
     PH_RECORD_CONTENT,
     PH_TLP_GREEN,
     PH_AUDIENCE_COMMUNITY,
     {NULL},
     PH_FLAG_CARRY,
     HALFYEAR,
     TEXT},
    {"content, GREEN, group, with all flags",
     PH_RECORD_CONTENT,
     PH_TLP_GREEN,
     PH_AUDIENCE_GROUP,
     {NULL},
     PH_FLAGS_ALL,
     HALFYEAR,
     TEXT},
    {"content, AMBER, group",
     PH_RECORD_CONTENT,
     PH_TLP_AMBER,
     PH_AUDIENCE_GROUP,
     {NULL},
     0,
     HALFYEAR,
     TEXT},
    {"content, AMBER+STRICT, two organisations",
     PH_RECORD_CONTENT,
     PH_TLP_AMBER_STRICT,
     PH_AUDIENCE_DIRECT,
     {"CH-POST", "IT"},
     PH_FLAG_URGENT,
     HALFYEAR,
     TEXT},
    {"content, RED, two persons",
     PH_RECORD_CONTENT,
     PH_TLP_RED,
     PH_AUDIENCE_DIRECT,
     {"CH-POST/alice", "IT/bob.b"},
     0,
     HALFYEAR,
     TEXT},
    {"blob, AMBER, community, one byte",
     PH_RECORD_BLOB,
     PH_TLP_AMBER,
     PH_AUDIENCE_COMMUNITY,
     {NULL},
     PH_FLAG_CARRY,
     UINT64_C(3653) * 86400000,
     "x"},
    {"receipt",
     PH_RECORD_RECEIPT,
     PH_TLP_AMBER_STRICT,
     PH_AUDIENCE_DIRECT,
     {"IT"},
     0,
     HALFYEAR,
     TEXT},
};

static const struct ph_test_input GRANT = {"grant, AMBER, group, two boxes",
                                           PH_RECORD_GRANT,
                                           PH_TLP_AMBER,
                                           PH_AUDIENCE_GROUP,
                                           {NULL},
                                           0,
                                           HALFYEAR,
                                           NULL};
static const struct ph_test_input GRANT_COMMUNITY = {"grant, GREEN, community, one box",
                                                     PH_RECORD_GRANT,
                                                     PH_TLP_GREEN,
                                                     PH_AUDIENCE_COMMUNITY,
                                                     {NULL},
                                                     PH_FLAG_CARRY,
                                                     UINT64_C(3684) * 86400000,
                                                     NULL};
static const struct ph_test_input RETRACT = {"retract, CLEAR, two targets",
                                             PH_RECORD_RETRACT,
                                             PH_TLP_CLEAR,
                                             PH_AUDIENCE_COMMUNITY,
                                             {NULL},
                                             PH_FLAG_CARRY,
                                             HALFYEAR,
                                             NULL};
static const struct ph_test_input ANCHOR = {
    "anchor", PH_RECORD_ANCHOR, PH_TLP_GREEN, PH_AUDIENCE_COMMUNITY,
    {NULL},   PH_FLAG_CARRY,    HALFYEAR,     NULL};

static json_t *sealed_record(const struct ph_test_input *in, const uint8_t author[static 32],
                             const uint8_t secret[static 64])
{
    struct ph_header h = ph_test_vector_header(in, author);
    struct ph_audience_key key = ph_test_vector_key();
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    ph_test_must(ph_seal(&body, &h, ph_bytes_str(in->plain), h.has_key ? &key : NULL, NULL));
    json_t *out = ph_test_vector_record(in, &h, ph_buf_bytes(&body), secret);
    ph_buf_done(&body);
    ph_header_done(&h);
    return out;
}

static json_t *grant_record(const struct ph_test_input *in, size_t n,
                            const uint8_t author[static 32], const uint8_t secret[static 64])
{
    enum {
        MOST = 2
    };
    uint8_t keys[MOST][32];
    uint8_t secrets[MOST][32];
    uint8_t seeds[MOST][32];
    json_t *boxes = json_array();
    PH_ASSERT(n <= MOST);
    for (size_t i = 0; i < n; i++) {
        uint8_t seed[32];
        ph_test_seed(seed, 0x70, (uint8_t)i);
        ph_test_seed(seeds[i], 0x50, (uint8_t)i);
        PH_ASSERT(crypto_box_seed_keypair(keys[i], secrets[i], seed) == 0);
        struct ph_key_id id = ph_key_id(keys[i]);
        json_t *box = json_object();
        ph_test_set(box, "public", ph_test_hex(keys[i], 32));
        ph_test_set(box, "secret", ph_test_hex(secrets[i], 32));
        ph_test_set(box, "key_id", ph_test_hex(id.b, sizeof(id.b)));
        ph_test_set(box, "seed", ph_test_hex(seeds[i], 32));
        ph_test_append(boxes, box);
    }
    struct ph_header h = ph_test_vector_header(in, author);
    struct ph_audience_key key = ph_test_vector_key();
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    ph_test_must(ph_grant_build(&body, 300, &h.author, &h.audience, &key,
                                (const uint8_t(*)[32])keys, n, (const uint8_t(*)[32])seeds, NULL));
    json_t *out = ph_test_vector_record(in, &h, ph_buf_bytes(&body), secret);
    ph_test_set(out, "epoch", json_integer(300));
    ph_test_set(out, "boxes", boxes);
    ph_buf_done(&body);
    return out;
}

static json_t *retract_record(const uint8_t author[static 32], const uint8_t secret[static 64])
{
    struct ph_retraction targets[2] = {{.expires = T0 + 1}, {.expires = T0 + HALFYEAR}};
    json_t *list = json_array();
    for (size_t i = 0; i < PH_LEN(targets); i++) {
        json_t *pair = json_array();
        targets[i].id = ph_header_id(ph_bytes_str("a header"), T0 - 10 + i);
        ph_test_append(pair, ph_test_hex(targets[i].id.b, 32));
        ph_test_append(pair, json_integer((json_int_t)targets[i].expires));
        ph_test_append(list, pair);
    }
    struct ph_header h = ph_test_vector_header(&RETRACT, author);
    struct ph_buf body = ph_buf(PH_BODY_MAX);
    ph_test_must(ph_retract_build(&body, targets, PH_LEN(targets)));
    json_t *out = ph_test_vector_record(&RETRACT, &h, ph_buf_bytes(&body), secret);
    ph_test_set(out, "targets", list);
    ph_buf_done(&body);
    return out;
}

static json_t *anchor_record(const uint8_t author[static 32], const uint8_t secret[static 64])
{
    struct ph_header h = ph_test_vector_header(&ANCHOR, author);
    struct ph_buf body = ph_buf(64);
    struct ph_hash head;
    memset(head.b, 0xaa, sizeof(head.b));
    struct ph_writer w = ph_writer(&body);
    ph_write_array(&w, 2);
    ph_write_uint(&w, 1000);
    ph_write_bin(&w, ph_bytes(head.b, sizeof(head.b)));
    ph_test_must(ph_writer_end(&w));
    json_t *out = ph_test_vector_record(&ANCHOR, &h, ph_buf_bytes(&body), secret);
    ph_buf_done(&body);
    return out;
}

json_t *ph_test_vector_records(void)
{
    uint8_t author[32];
    uint8_t secret[64];
    uint8_t seed[32];
    ph_test_seed(seed, 0x10, 1);
    PH_ASSERT(crypto_sign_seed_keypair(author, secret, seed) == 0);
    json_t *out = json_array();
    for (size_t i = 0; i < PH_LEN(SEALED); i++)
        ph_test_append(out, sealed_record(&SEALED[i], author, secret));
    ph_test_append(out, grant_record(&GRANT, 2, author, secret));
    ph_test_append(out, grant_record(&GRANT_COMMUNITY, 1, author, secret));
    ph_test_append(out, retract_record(author, secret));
    ph_test_append(out, anchor_record(author, secret));
    return out;
}
