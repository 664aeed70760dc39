/* SPDX-License-Identifier: Apache-2.0
 *
 * Grants and retractions. The first byte chooses: the rest is a grant's body for each kind of
 * audience (0 to 2), what a box holds, sealed here so that the fuzzer gets past the seal (3), or
 * the body of a retraction (4). */
#include <sodium.h>
#include <stdlib.h>

#include "proto/base/writer.h"
#include "proto/record/grant.h"
#include "proto/record/retract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

static struct ph_audience_key audience_key(void)
{
    struct ph_audience_key key;
    for (size_t i = 0; i < sizeof(key.b); i++)
        key.b[i] = (uint8_t)(0xa0 + i);
    key.b[0] = 1;
    return key;
}

static struct ph_record grant_with(enum ph_audience_kind kind, struct ph_bytes body)
{
    struct ph_audience_key key = audience_key();
    struct ph_record record = {.body = body, .has_body = true};
    record.header.type = PH_RECORD_GRANT;
    record.header.audience.kind = kind;
    record.header.key_commitment = ph_key_commitment(&key);
    return record;
}

/* Whatever opens is the key that the header commits to. */
static bool opens(const struct ph_record *grant)
{
    uint8_t public_key[32];
    uint8_t secret[32];
    const uint8_t seed[32] = {0, 0x71, 0x72};
    struct ph_audience_key expected = audience_key();
    struct ph_audience_key key;
    uint64_t epoch;
    size_t n;
    bool found = false;
    need(crypto_box_seed_keypair(public_key, secret, seed) == 0);
    enum ph_err checked = ph_grant_check(grant, &epoch, &n, NULL);
    enum ph_err opened = ph_grant_open(&key, &epoch, &found, grant, public_key, secret, NULL);
    need(checked == PH_OK || opened == checked);
    if (opened || !found)
        return false;
    need(memcmp(key.b, expected.b, sizeof(key.b)) == 0); /* public */
    return true;
}

static void try_message(struct ph_bytes message)
{
    uint8_t public_key[32];
    uint8_t secret[32];
    uint8_t box[160 + crypto_box_SEALBYTES];
    const uint8_t seed[32] = {0, 0x71, 0x72};
    struct ph_buf body = ph_buf(1024);
    struct ph_writer w = ph_writer(&body);
    if (message.n > 160)
        return;
    need(crypto_box_seed_keypair(public_key, secret, seed) == 0);
    need(crypto_box_seal(box, message.p, message.n, public_key) == 0);
    struct ph_key_id id = ph_key_id(public_key);
    ph_write_array(&w, 2);
    ph_write_uint(&w, 1);
    ph_write_array(&w, 1);
    ph_write_array(&w, 2);
    ph_write_bin(&w, ph_bytes(id.b, sizeof(id.b)));
    ph_write_bin(&w, ph_bytes(box, message.n + crypto_box_SEALBYTES));
    need(!ph_writer_end(&w));
    for (unsigned kind = PH_AUDIENCE_COMMUNITY; kind <= PH_AUDIENCE_DIRECT; kind++) {
        struct ph_record grant = grant_with((enum ph_audience_kind)kind, ph_buf_bytes(&body));
        (void)opens(&grant);
    }
    ph_buf_done(&body);
}

static void try_retraction(struct ph_bytes body)
{
    static struct ph_retraction targets[PH_RETRACTIONS_MAX];
    struct ph_buf again = ph_buf(PH_BODY_MAX);
    size_t n;
    if (ph_retract_parse(targets, PH_LEN(targets), &n, body, NULL) == PH_OK) {
        need(!ph_retract_build(&again, targets, n));
        need(ph_bytes_equal(ph_buf_bytes(&again), body));
    }
    ph_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > PH_BODY_MAX)
        return 0;
    struct ph_bytes rest = ph_bytes(data + 1, size - 1);
    if (data[0] <= PH_AUDIENCE_DIRECT) {
        struct ph_record grant = grant_with((enum ph_audience_kind)data[0], rest);
        (void)opens(&grant);
    } else if (data[0] == 3) {
        try_message(rest);
    } else if (data[0] == 4) {
        try_retraction(rest);
    }
    return 0;
}
