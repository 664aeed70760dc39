/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening bodies. The first byte chooses: the rest is a sealed body (0), a CLEAR one (1), or what
 * is inside the seal, encrypted here so that the fuzzer gets past it (2). What opens can be sealed
 * and opened again to the same. */
#include <sodium.h>
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/record/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

static struct ph_header header_of(enum ph_tlp label, const struct ph_audience_key *key)
{
    struct ph_header h = {.type = PH_RECORD_CONTENT, .label = label, .created = 1, .expires = 2};
    if (label != PH_TLP_CLEAR) {
        h.has_key = true;
        h.has_nonce = true;
        h.key_commitment = ph_key_commitment(key);
    }
    return h;
}

static struct ph_buf encrypt(const struct ph_header *h, const struct ph_audience_key *key,
                             struct ph_bytes inside)
{
    uint8_t label = (uint8_t)h->label;
    const struct ph_bytes pieces[] = {ph_bytes(&label, 1), ph_bytes(h->nonce.b, 24)};
    struct ph_hash record_key = ph_hash_keyed("record key", key->b, pieces, PH_LEN(pieces));
    struct ph_buf aad = ph_buf(PH_HEADER_MAX);
    struct ph_buf out = ph_buf(2 * PH_BODY_MAX);
    uint8_t *to;
    need(!ph_header_encode_aad(&aad, h));
    need(!ph_buf_extend(&out, inside.n + crypto_aead_xchacha20poly1305_ietf_ABYTES, &to));
    need(crypto_aead_xchacha20poly1305_ietf_encrypt(to, NULL, inside.p, inside.n, aad.p, aad.n,
                                                    NULL, h->nonce.b, record_key.b) == 0);
    ph_buf_done(&aad);
    return out;
}

static void try_body(const struct ph_header *h, const struct ph_audience_key *key,
                     struct ph_bytes body)
{
    struct ph_buf plain = ph_buf(PH_PLAIN_MAX);
    struct ph_why why = {.code = PH_OK};
    if (ph_unseal(&plain, h, body, key, &why)) {
        need(why.code != PH_OK && why.what[0] && plain.n == 0);
        return;
    }
    struct ph_buf sealed = ph_buf(PH_BODY_MAX);
    struct ph_buf again = ph_buf(PH_PLAIN_MAX);
    need(plain.n <= PH_PLAIN_MAX);
    if (ph_seal(&sealed, h, ph_buf_bytes(&plain), key, NULL) == PH_OK) {
        need(!ph_unseal(&again, h, ph_buf_bytes(&sealed), key, NULL));
        need(ph_bytes_equal(ph_buf_bytes(&plain), ph_buf_bytes(&again)));
    }
    ph_buf_done(&sealed);
    ph_buf_wipe(&again);
    ph_buf_wipe(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ph_audience_key key = {.b = {1}};
    if (size < 1 || size > PH_BODY_MAX)
        return 0;
    struct ph_header clear = header_of(PH_TLP_CLEAR, NULL);
    struct ph_header amber = header_of(PH_TLP_AMBER, &key);
    struct ph_bytes rest = ph_bytes(data + 1, size - 1);
    if (data[0] == 0) {
        try_body(&amber, &key, rest);
    } else if (data[0] == 1) {
        try_body(&clear, NULL, rest);
    } else if (data[0] == 2) {
        struct ph_buf sealed = encrypt(&amber, &key, rest);
        try_body(&amber, &key, ph_buf_bytes(&sealed));
        ph_buf_done(&sealed);
    }
    return 0;
}
