/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/record/grant.h"

#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/hash.h"
#include "proto/base/reader.h"
#include "proto/base/secret.h"
#include "proto/base/writer.h"

#define MESSAGE_MAX 160 /* [author, [kind, id], commitment, key] */
#define BOX_MAX     (MESSAGE_MAX + crypto_box_SEALBYTES)

_Static_assert(crypto_box_PUBLICKEYBYTES == 32 && crypto_box_SEEDBYTES == 32, "X25519");

struct ph_key_id ph_key_id(const uint8_t public_key[static 32])
{
    struct ph_key_id id;
    struct ph_hash hash = ph_hash_one("key id", ph_bytes(public_key, 32));
    memcpy(id.b, hash.b, sizeof(id.b));
    return id;
}

/* What a box holds. Its size depends on the kind of audience alone, which the header shows anyway.
 */
static enum ph_err write_message(struct ph_buf *out, const struct ph_node_key *author,
                                 const struct ph_audience *audience,
                                 const struct ph_audience_key *key)
{
    struct ph_hash commitment = ph_key_commitment(key);
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 4);
    ph_write_bin(&w, ph_bytes(author->b, sizeof(author->b)));
    ph_write_array(&w, 2);
    ph_write_uint(&w, (uint64_t)audience->kind);
    if (audience->kind == PH_AUDIENCE_COMMUNITY)
        ph_write_nil(&w);
    else
        ph_write_bin(&w, ph_bytes(audience->id.b, sizeof(audience->id.b)));
    ph_write_bin(&w, ph_bytes(commitment.b, sizeof(commitment.b)));
    ph_write_bin(&w, ph_bytes(key->b, sizeof(key->b)));
    return ph_writer_end(&w);
}

static size_t box_size(enum ph_audience_kind kind)
{
    size_t bin32 = 2 + 32;
    size_t audience = 1 + 1 + (kind == PH_AUDIENCE_COMMUNITY ? 1 : bin32);
    return crypto_box_SEALBYTES + 1 + bin32 + audience + bin32 + bin32;
}

/* crypto_box_seal() with a seed in place of its own random source: ephemeral key, then the box
 * under the nonce that both public keys give. False when @to is no point to agree on a secret with.
 */
static bool seal_to(uint8_t *out, struct ph_bytes message, const uint8_t to[static 32],
                    const uint8_t seed[static 32])
{
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    uint8_t nonce[crypto_box_NONCEBYTES];
    uint8_t both[2 * crypto_box_PUBLICKEYBYTES];
    (void)crypto_box_seed_keypair(both, secret, seed);
    memcpy(both + crypto_box_PUBLICKEYBYTES, to, crypto_box_PUBLICKEYBYTES);
    (void)crypto_generichash(nonce, sizeof(nonce), both, sizeof(both), NULL, 0);
    memcpy(out, both, crypto_box_PUBLICKEYBYTES);
    int rc =
        crypto_box_easy(out + crypto_box_PUBLICKEYBYTES, message.p, message.n, nonce, to, secret);
    ph_wipe(secret, sizeof(secret));
    return rc == 0;
}

/* Recipients in the order that they are written in. */
struct slot {
    struct ph_key_id id;
    size_t index;
};

static int slot_cmp(const void *a, const void *b)
{
    const struct slot *x = a;
    const struct slot *y = b;
    return memcmp(x->id.b, y->id.b, sizeof(x->id.b)); /* public */
}

static enum ph_err order(struct slot **out, const uint8_t (*keys)[32], size_t n, struct ph_why *why)
{
    struct slot *slots = calloc(n, sizeof(*slots));
    if (!slots)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for %zu boxes", n);
    for (size_t i = 0; i < n; i++)
        slots[i] = (struct slot){.id = ph_key_id(keys[i]), .index = i};
    qsort(slots, n, sizeof(*slots), slot_cmp);
    for (size_t i = 1; i < n; i++) {
        if (slot_cmp(&slots[i - 1], &slots[i]) == 0) {
            free(slots);
            return ph_fail(why, PH_ERR_CONFLICT, "a recipient's key is there twice");
        }
    }
    *out = slots;
    return PH_OK;
}

static enum ph_err write_boxes(struct ph_writer *w, struct ph_bytes message,
                               const struct slot *slots, const uint8_t (*keys)[32], size_t n,
                               const uint8_t (*seeds)[32], struct ph_why *why)
{
    ph_write_array(w, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t box[BOX_MAX];
        size_t at = slots[i].index;
        if (!seal_to(box, message, keys[at], seeds[at]))
            return ph_fail(why, PH_ERR_KEY, "key %zu is not one that can be sealed to", at);
        ph_write_array(w, 2);
        ph_write_bin(w, ph_bytes(slots[i].id.b, sizeof(slots[i].id.b)));
        ph_write_bin(w, ph_bytes(box, message.n + crypto_box_SEALBYTES));
    }
    return PH_OK;
}

enum ph_err ph_grant_build(struct ph_buf *out, uint64_t epoch, const struct ph_node_key *author,
                           const struct ph_audience *audience, const struct ph_audience_key *key,
                           const uint8_t (*keys)[32], size_t n, const uint8_t (*seeds)[32],
                           struct ph_why *why)
{
    if (n == 0 || n > PH_BOXES_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "%zu boxes; a grant has 1 to %d", n, PH_BOXES_MAX);
    if (epoch > PH_EPOCH_NUMBER_MAX)
        return ph_fail(why, PH_ERR_RANGE, "epoch number is past its limit");
    struct slot *slots;
    enum ph_err err = order(&slots, keys, n, why);
    if (err)
        return err;
    size_t before = out->n;
    struct ph_buf message = ph_buf(MESSAGE_MAX);
    err = write_message(&message, author, audience, key);
    struct ph_writer w = ph_writer(out);
    if (!err) {
        ph_write_array(&w, 2);
        ph_write_uint(&w, epoch);
        err = write_boxes(&w, ph_buf_bytes(&message), slots, keys, n, seeds, why);
    }
    if (!err && ph_writer_end(&w))
        err = ph_fail(why, ph_writer_end(&w), "cannot hold a grant of %zu boxes", n);
    if (err)
        out->n = before;
    ph_buf_wipe(&message);
    free(slots);
    return err;
}

/* Reads the whole body; @find, which may be NULL, is looked for on the way. */
struct found {
    uint64_t epoch;
    size_t n_boxes;
    struct ph_bytes box; /* p == NULL: none for that key */
};

static void read_box(struct ph_reader *r, struct ph_key_id *last, bool is_first, size_t size,
                     const struct ph_key_id *find, struct found *found)
{
    struct ph_key_id id;
    ph_read_array_exact(r, 2);
    ph_read_bin_exact(r, id.b, sizeof(id.b));
    struct ph_bytes box = ph_read_bin(r, size);
    if (r->err)
        return;
    if (!is_first && memcmp(last->b, id.b, sizeof(id.b)) >= 0) /* public */
        ph_read_fail(r, PH_ERR_FORMAT, "boxes are not sorted by key id, each once");
    if (box.n != size)
        ph_read_fail(r, PH_ERR_FORMAT, "a box is shorter than it must be");
    *last = id;
    if (find && memcmp(find->b, id.b, sizeof(id.b)) == 0) /* public */
        found->box = box;
}

static enum ph_err read_body(struct found *out, const struct ph_record *grant,
                             const struct ph_key_id *find, struct ph_why *why)
{
    if (grant->header.type != PH_RECORD_GRANT || !grant->has_body)
        return ph_fail(why, PH_ERR_INPUT, "not a grant record with its body");
    struct found found = {0};
    struct ph_key_id last = {0};
    size_t size = box_size(grant->header.audience.kind);
    struct ph_reader r = ph_reader(grant->body);
    ph_read_array_exact(&r, 2);
    found.epoch = ph_read_uint(&r, PH_EPOCH_NUMBER_MAX);
    found.n_boxes = ph_read_array(&r, PH_BOXES_MAX);
    if (found.n_boxes == 0)
        ph_read_fail(&r, PH_ERR_FORMAT, "a grant has at least one box");
    for (size_t i = 0; i < found.n_boxes && !r.err; i++)
        read_box(&r, &last, i == 0, size, find, &found);
    enum ph_err err = ph_reader_end(&r, why);
    if (err)
        return ph_why_wrap(why, err, "grant");
    *out = found;
    return PH_OK;
}

enum ph_err ph_grant_check(const struct ph_record *grant, uint64_t *out_epoch, size_t *out_boxes,
                           struct ph_why *why)
{
    struct found found;
    enum ph_err err = read_body(&found, grant, NULL, why);
    if (err)
        return err;
    *out_epoch = found.epoch;
    *out_boxes = found.n_boxes;
    return PH_OK;
}

/* An opened box is right when it is what we would have written: one encoding, so compare bytes. */
static enum ph_err check_message(struct ph_audience_key *out, const struct ph_header *header,
                                 struct ph_bytes message, struct ph_why *why)
{
    struct ph_audience_key key;
    if (PH_NEVER(message.n < sizeof(key))) /* boxes have one size */
        return ph_fail(why, PH_ERR_INTERNAL, "box holds too little for a key");
    memcpy(key.b, message.p + message.n - sizeof(key), sizeof(key));
    struct ph_hash commitment = ph_key_commitment(&key);
    struct ph_buf expected = ph_buf(MESSAGE_MAX);
    enum ph_err err = write_message(&expected, &header->author, &header->audience, &key);
    if (err)
        err = ph_fail(why, err, "no memory to check a box");
    else if (!ph_hash_equal(&commitment, &header->key_commitment))
        err = ph_fail(why, PH_ERR_FORGED, "box holds another key than the grant commits to");
    else if (expected.n != message.n || !ph_secret_equal(expected.p, message.p, message.n))
        err = ph_fail(why, PH_ERR_FORGED, "box was made for another author or audience");
    else
        *out = key;
    ph_buf_wipe(&expected);
    ph_wipe(&key, sizeof(key));
    return err;
}

enum ph_err ph_grant_open(struct ph_audience_key *out, uint64_t *out_epoch, bool *out_found,
                          const struct ph_record *grant, const uint8_t public_key[static 32],
                          const uint8_t secret[static 32], struct ph_why *why)
{
    struct ph_key_id id = ph_key_id(public_key);
    struct found found;
    enum ph_err err = read_body(&found, grant, &id, why);
    if (err)
        return err;
    if (!found.box.p) {
        *out_found = false;
        return PH_OK;
    }
    uint8_t message[MESSAGE_MAX];
    size_t n = found.box.n - crypto_box_SEALBYTES;
    if (crypto_box_seal_open(message, found.box.p, found.box.n, public_key, secret) != 0)
        err = ph_fail(why, PH_ERR_FORGED, "box does not open with the key that it names");
    else
        err = check_message(out, &grant->header, ph_bytes(message, n), why);
    ph_wipe(message, sizeof(message));
    if (err)
        return err;
    *out_epoch = found.epoch;
    *out_found = true;
    return PH_OK;
}
