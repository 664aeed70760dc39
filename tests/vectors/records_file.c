/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>

#include "proto/base/assert.h"
#include "proto/base/text.h"
#include "proto/base/writer.h"
#include "proto/record/content.h"
#include "tests/vectors/records.h"

#define HALFYEAR PH_TEST_VECTOR_LIFETIME

/* Headers that must be refused, each a good one with one thing changed. The bytes of a change that
 * no encoder makes are given whole. */
static json_t *refused_header(const char *name, struct ph_bytes bytes)
{
    struct ph_header h;
    enum ph_err err = ph_header_decode(&h, bytes, NULL);
    PH_ASSERT(err != PH_OK);
    json_t *out = json_object();
    ph_test_set(out, "name", json_string(name));
    ph_test_set(out, "header_bytes", ph_test_hex(bytes.p, bytes.n));
    ph_test_set(out, "error", json_string(ph_err_token(err)));
    return out;
}

/* Encoded without a check: the associated data's twelve fields, and two more. */
static struct ph_buf raw_header(const struct ph_header *h)
{
    struct ph_buf out = ph_buf(PH_HEADER_MAX);
    ph_test_must(ph_header_encode_aad(&out, h));
    out.p[0] = 0x9e;
    struct ph_writer w = ph_writer(&out);
    ph_write_uint(&w, h->body_size);
    ph_write_bin(&w, ph_bytes(h->body_hash.b, sizeof(h->body_hash.b)));
    ph_test_must(ph_writer_end(&w));
    return out;
}

static void refuse(json_t *list, const char *name, const struct ph_header *h)
{
    struct ph_buf raw = raw_header(h);
    ph_test_append(list, refused_header(name, ph_buf_bytes(&raw)));
    ph_buf_done(&raw);
}

/* @edit  what stands at offset @at for @cut bytes of the encoding of @h. */
static void refuse_edited(json_t *list, const char *name, const struct ph_header *h, size_t at,
                          size_t cut, struct ph_bytes edit)
{
    struct ph_buf raw = raw_header(h);
    struct ph_buf out = ph_buf(PH_HEADER_MAX);
    ph_test_must(ph_buf_add(&out, ph_bytes(raw.p, at)));
    ph_test_must(ph_buf_add(&out, edit));
    ph_test_must(ph_buf_add(&out, ph_bytes(raw.p + at + cut, raw.n - at - cut)));
    ph_test_append(list, refused_header(name, ph_buf_bytes(&out)));
    ph_buf_done(&out);
    ph_buf_done(&raw);
}

static json_t *refused_headers(void)
{
    static const uint8_t author[32] = {1};
    const struct ph_test_input in = {.type = PH_RECORD_CONTENT,
                                     .label = PH_TLP_AMBER_STRICT,
                                     .audience = PH_AUDIENCE_DIRECT,
                                     .recipients = {"CH-POST", "IT"},
                                     .lifetime = HALFYEAR};
    json_t *out = json_array();
    struct ph_header good = ph_test_vector_header(&in, author);
    good.body_size = 40;
    struct ph_header h = good;
    h.created = UINT64_C(1) << 48;
    h.expires = h.created + 1;
    refuse(out, "created at 2^48", &h);
    h = good;
    h.created = 0;
    h.expires = 1;
    refuse(out, "created at 0", &h);
    h = good;
    h.expires = h.created;
    refuse(out, "expires when created", &h);
    h = good;
    h.expires = h.created + PH_LIFETIME_MAX_MS + 1;
    refuse(out, "lives a millisecond longer than 3,653 days", &h);
    h = good;
    h.label = PH_TLP_CLEAR;
    refuse(out, "CLEAR, direct", &h);
    h = good;
    h.label = PH_TLP_RED;
    refuse(out, "RED, to organisations", &h);
    h = good;
    h.has_nonce = false;
    refuse(out, "sealed without nonce", &h);
    h = good;
    h.has_key = false;
    refuse(out, "sealed without key commitment", &h);
    h = good;
    h.audience.id.b[0] ^= 1;
    refuse(out, "audience id is not the hash of the recipients", &h);
    h = good;
    h.type = PH_RECORD_GRANT;
    refuse(out, "grant with a nonce", &h);
    h = good;
    h.type = PH_RECORD_ANCHOR;
    refuse(out, "anchor, direct", &h);
    h = good;
    h.body_size = 0;
    refuse(out, "no body", &h);
    h = good;
    h.body_size = PH_BODY_MAX + 1;
    refuse(out, "body of 1 MiB and a byte", &h);
    refuse_edited(out, "version 2", &good, 1, 1, ph_bytes("\x02", 1));
    refuse_edited(out, "version 1 in two bytes", &good, 1, 1, ph_bytes("\xcc\x01", 2));
    refuse_edited(out, "type 6", &good, 2, 1, ph_bytes("\x06", 1));
    refuse_edited(out, "array of 14 in three bytes", &good, 0, 1, ph_bytes("\xdc\x00\x0e", 3));
    refuse_edited(out, "created as a double", &good, 71, 9,
                  ph_bytes("\xcb\x42\x7a\x0c\x4f\x4b\x20\x00\x00", 9));
    struct ph_buf longer = raw_header(&good);
    ph_test_must(ph_buf_add(&longer, ph_bytes("\xc0", 1)));
    ph_test_append(out, refused_header("a nil behind", ph_buf_bytes(&longer)));
    ph_buf_done(&longer);
    ph_header_done(&good);
    return out;
}

/* "key commitment": one body that opens under two audience keys, were it not for field 10. How such
 * a body is found is in check_records.py, two_readings(). */
static const char TWO_READINGS[] =
    "8c509d372f28e53e26cf3cde1c0ad9ac9dde4839848aeed1e28c688f871e5a1bf77ff5bf13ccb819"
    "0ef293fc976c254239d200d362b494dd2eac23ce26e4cf6854a09f80eb5ba936256b053a04409d76";

static json_t *two_readings(void)
{
    static const struct ph_test_input in = {"two readings", PH_RECORD_BLOB,
                                            PH_TLP_GREEN,   PH_AUDIENCE_COMMUNITY,
                                            {NULL},         0,
                                            HALFYEAR,       NULL};
    uint8_t author[32];
    uint8_t secret[64];
    uint8_t seed[32];
    uint8_t body[sizeof(TWO_READINGS) / 2];
    struct ph_audience_key first = ph_test_vector_key();
    struct ph_audience_key second;
    ph_test_seed(second.b, 0xa0, 2);
    ph_test_seed(seed, 0x10, 1);
    PH_ASSERT(crypto_sign_seed_keypair(author, secret, seed) == 0);
    PH_ASSERT(ph_hex_parse(body, sizeof(body), ph_bytes_str(TWO_READINGS)));
    struct ph_header h = ph_test_vector_header(&in, author);
    json_t *out = ph_test_vector_record(&in, &h, ph_bytes(body, sizeof(body)), secret);
    struct ph_buf plain = ph_buf(PH_PLAIN_MAX);
    ph_test_must(ph_unseal(&plain, &h, ph_bytes(body, sizeof(body)), &first, NULL));
    PH_ASSERT(ph_unseal(&plain, &h, ph_bytes(body, sizeof(body)), &second, NULL) == PH_ERR_KEY);
    ph_test_set(out, "plain", ph_test_hex(plain.p, plain.n));
    ph_test_set(out, "other_audience_key", ph_test_hex(second.b, 32));
    ph_test_set(out, "error", json_string(ph_err_token(PH_ERR_KEY)));
    ph_buf_wipe(&plain);
    return out;
}

static json_t *padme(void)
{
    static const uint64_t lengths[] = {1,    2,    7,     8,      9,       10,     15,
                                       16,   17,   100,   255,    256,     257,    1000,
                                       1025, 4000, 65537, 262145, 1000000, 1048560};
    json_t *out = json_array();
    for (size_t i = 0; i < PH_LEN(lengths); i++) {
        json_t *pair = json_array();
        ph_test_append(pair, json_integer((json_int_t)lengths[i]));
        ph_test_append(pair, json_integer((json_int_t)ph_padme(lengths[i])));
        ph_test_append(out, pair);
    }
    return out;
}

static json_t *content(void)
{
    static const char *const texts[] = {
        "{\"type\":\"indicator\",\"a\":1,\"b\":1.0,\"c\":-1,\"d\":0.1,\"e\":[true,false,null]}",
        "{\"z\":{\"y\":[],\"x\":{}},\"a\":9223372036854775807,\"b\":-9223372036854775808}",
        "{\"\":\"\",\"text\":\"caf\\u00e9 \\ud83d\\udcef\",\"n\":[127,128,255,256,65535,65536,-32,-33]}",
    };
    json_t *out = json_array();
    for (size_t i = 0; i < PH_LEN(texts); i++) {
        json_t *object = json_loads(texts[i], JSON_REJECT_DUPLICATES, NULL);
        struct ph_buf encoded = ph_buf(PH_OBJECT_MAX);
        struct ph_buf body = ph_buf(PH_PLAIN_MAX);
        ph_test_must(ph_content_add(&encoded, object, NULL));
        ph_test_must(ph_content_finish(&body, 1, ph_buf_bytes(&encoded)));
        json_t *entry = json_object();
        ph_test_set(entry, "object", object);
        ph_test_set(entry, "plain", ph_test_hex(body.p, body.n));
        ph_test_append(out, entry);
        ph_buf_done(&encoded);
        ph_buf_done(&body);
    }
    return out;
}

json_t *ph_test_records(void)
{
    json_t *out = json_object();
    ph_test_set(
        out, "about",
        json_string("Vectors of Posthorn records, format 1: docs/protocol.md. Byte strings are "
                    "hex. A second implementation need not compress to the same bytes, only "
                    "decompress them."));
    ph_test_set(out, "records", ph_test_vector_records());
    ph_test_set(out, "two_readings", two_readings());
    ph_test_set(out, "refused_headers", refused_headers());
    ph_test_set(out, "content", content());
    ph_test_set(out, "padme", padme());
    return out;
}

struct ph_buf ph_test_records_text(void)
{
    struct ph_buf text = ph_buf(PH_MIB(4));
    json_t *all = ph_test_records();
    ph_test_must(ph_content_json(&text, all, 2));
    ph_test_must(ph_buf_add(&text, ph_bytes_str("\n")));
    json_decref(all);
    return text;
}
