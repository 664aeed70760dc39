/* SPDX-License-Identifier: Apache-2.0 */
#include "store/layout.h"

#include "proto/base/assert.h"
#include "proto/base/hash.h"

void ph__counters_encode(uint8_t out[static PH_COUNTERS_LEN], const struct ph__counters *counters)
{
    ph_put_be64(out, counters->arrival);
    ph_put_be64(out + 8, counters->indexed);
    ph_put_be64(out + 16, counters->content);
    ph_put_be64(out + 24, counters->waiting);
    ph_put_be64(out + 32, counters->audit);
}

enum ph_err ph__counters_decode(struct ph__counters *out, struct ph_bytes value)
{
    if (value.n != PH_COUNTERS_LEN)
        return PH_ERR_CORRUPT;
    *out = (struct ph__counters){
        .arrival = ph_get_be64(value.p),
        .indexed = ph_get_be64(value.p + 8),
        .content = ph_get_be64(value.p + 16),
        .waiting = ph_get_be64(value.p + 24),
        .audit = ph_get_be64(value.p + 32),
    };
    return PH_OK;
}

void ph__org_key(uint8_t out[static PH_ORG_KEY], const struct ph_code *org)
{
    memcpy(out, org->s, PH_ORG_KEY);
}

void ph__org_decode(struct ph_code *out, const uint8_t key[static PH_ORG_KEY])
{
    memcpy(out->s, key, PH_ORG_KEY);
    out->s[PH_ORG_KEY] = '\0';
}

void ph__row_encode_fixed(uint8_t out[static PH_ROW_FIXED], const struct ph__row *row)
{
    out[0] = (uint8_t)row->state;
    out[1] = row->indexed;
    ph_put_be64(out + 2, row->arrival);
    ph_put_be32(out + 10, row->n_objects);
    ph__org_key(out + 14, &row->org);
    memcpy(out + 30, row->sig, 64);
}

enum ph_err ph__row_decode(struct ph__row *out, struct ph_bytes value)
{
    if (value.n <= PH_ROW_FIXED || value.n > PH_ROW_FIXED + PH_HEADER_MAX ||
        value.p[0] < PH_STATE_OPEN || value.p[0] > PH_STATE_ELSEWHERE || value.p[1] > 1)
        return PH_ERR_CORRUPT;
    out->state = (enum ph_state)value.p[0];
    out->indexed = value.p[1] != 0;
    out->arrival = ph_get_be64(value.p + 2);
    out->n_objects = ph_get_be32(value.p + 10);
    ph__org_decode(&out->org, value.p + 14);
    out->sig = value.p + 30;
    out->header = ph_bytes(value.p + PH_ROW_FIXED, value.n - PH_ROW_FIXED);
    return PH_OK;
}

void ph__channels_key(uint8_t out[static PH_CHANNELS_KEY], const struct ph_channel *channel,
                      const struct ph_id *id)
{
    ph_channel_key(out, channel);
    memcpy(out + PH_CHANNEL_KEY, id->b, 32);
}

void ph__sums_key(uint8_t out[static PH_SUMS_KEY], const uint8_t channel[static PH_CHANNEL_KEY],
                  unsigned level, uint64_t bucket)
{
    memcpy(out, channel, PH_CHANNEL_KEY);
    out[PH_CHANNEL_KEY] = (uint8_t)level;
    ph_put_be64(out + PH_CHANNEL_KEY + 1, bucket);
}

void ph__sums_encode(uint8_t out[static PH_SUMS_VALUE], const struct ph_sum *sum)
{
    ph_put_be64(out, sum->count);
    memcpy(out + 8, sum->b, 32);
}

enum ph_err ph__sums_decode(struct ph_sum *out, struct ph_bytes value)
{
    if (value.n != PH_SUMS_VALUE)
        return PH_ERR_CORRUPT;
    out->count = ph_get_be64(value.p);
    memcpy(out->b, value.p + 8, 32);
    return PH_OK;
}

static struct ph__blind blind(const char *use, const uint8_t store_key[static 32],
                              const struct ph_bytes *pieces, size_t n)
{
    struct ph_hash hash = ph_hash_keyed(use, store_key, pieces, n);
    struct ph__blind out;
    memcpy(out.b, hash.b, PH_BLIND);
    return out;
}

struct ph__blind ph__blind_term(const uint8_t store_key[static 32], enum ph_observable_kind kind,
                                struct ph_bytes text)
{
    uint8_t k = (uint8_t)kind;
    return blind("index term", store_key, (struct ph_bytes[]){ph_bytes(&k, 1), text}, 2);
}

struct ph__blind ph__blind_stix(const uint8_t store_key[static 32], struct ph_bytes stix_id)
{
    return blind("index object", store_key, &stix_id, 1);
}

struct ph__blind ph__blind_words(const uint8_t store_key[static 32], enum ph_tlp label,
                                 const struct ph_audience *audience, struct ph_bytes encoding)
{
    uint8_t l = (uint8_t)label;
    uint8_t a[PH_AUDIENCE_KEY];
    ph__audience_key(a, audience);
    return blind("index words", store_key,
                 (struct ph_bytes[]){ph_bytes(&l, 1), ph_bytes(a, sizeof(a)), encoding}, 3);
}

void ph__object_org(uint8_t out[static 4], const struct ph_code *org)
{
    struct ph_hash hash = ph_hash_one("index org", ph_bytes(org->s, PH_ORG_KEY));
    memcpy(out, hash.b, 4);
}

void ph__objects_key(uint8_t out[static PH_OBJECTS_KEY], const struct ph__object_key *key)
{
    memcpy(out, key->stix.b, PH_BLIND);
    memcpy(out + 16, key->org, 4);
    ph_put_be64(out + 20, key->modified);
    ph_put_be32(out + 28, key->nanos);
    ph_put_be64(out + 32, key->arrival);
    ph_put_be16(out + 40, key->position);
}

enum ph_err ph__objects_key_decode(struct ph__object_key *out, struct ph_bytes key)
{
    if (key.n != PH_OBJECTS_KEY)
        return PH_ERR_CORRUPT;
    memcpy(out->stix.b, key.p, PH_BLIND);
    memcpy(out->org, key.p + 16, 4);
    out->modified = ph_get_be64(key.p + 20);
    out->nanos = ph_get_be32(key.p + 28);
    out->arrival = ph_get_be64(key.p + 32);
    out->position = ph_get_be16(key.p + 40);
    return PH_OK;
}

void ph__terms_key(uint8_t out[static PH_TERMS_KEY], const struct ph__blind *term,
                   const struct ph__posting *first)
{
    memcpy(out, term->b, PH_BLIND);
    ph_put_be64(out + 16, first->arrival);
    ph_put_be16(out + 24, first->position);
}

struct ph__posting ph__terms_key_posting(const uint8_t key[static PH_TERMS_KEY])
{
    return (struct ph__posting){ph_get_be64(key + 16), ph_get_be16(key + 24)};
}

static size_t varint_put(uint8_t *out, uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (uint8_t)(v | 0x80);
    out[n++] = (uint8_t)v;
    return n;
}

/* False when the bytes end too early or the number has no place in 64 bits. */
static bool varint_get(struct ph_bytes *in, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; in->n > 0 && shift < 64; shift += 7) {
        uint8_t byte = *in->p;
        in->p++;
        in->n--;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

size_t ph__posting_encode(uint8_t out[static 13], const struct ph__posting *last,
                          const struct ph__posting *next)
{
    PH_ASSERT(ph__posting_cmp(last, next) < 0);
    uint64_t step = next->arrival - last->arrival;
    size_t n = varint_put(out, step);
    uint16_t position = step ? next->position : (uint16_t)(next->position - last->position);
    return n + varint_put(out + n, position);
}

enum ph_err ph__block_decode(struct ph__posting *out, size_t *out_n, struct ph_bytes key,
                             struct ph_bytes value)
{
    if (key.n != PH_TERMS_KEY || value.n > PH_TERMS_BLOCK_MAX)
        return PH_ERR_CORRUPT;
    size_t n = 0;
    out[n++] = ph__terms_key_posting(key.p);
    while (value.n > 0) {
        uint64_t step, position;
        if (n == PH_BLOCK_POSTINGS_MAX || !varint_get(&value, &step) ||
            !varint_get(&value, &position))
            return PH_ERR_CORRUPT;
        const struct ph__posting *last = &out[n - 1];
        if (!step)
            position += last->position;
        struct ph__posting next = {last->arrival + step, (uint16_t)position};
        if (position > UINT16_MAX || ph__posting_cmp(last, &next) >= 0)
            return PH_ERR_CORRUPT;
        out[n++] = next;
    }
    *out_n = n;
    return PH_OK;
}

void ph__expiry_key(uint8_t out[static PH_EXPIRY_KEY], ph_ms expires, const struct ph_id *id)
{
    ph_put_be64(out, expires);
    memcpy(out + 8, id->b, 32);
}

void ph__audience_key(uint8_t out[static PH_AUDIENCE_KEY], const struct ph_audience *audience)
{
    out[0] = (uint8_t)audience->kind;
    memcpy(out + 1, audience->id.b, 32);
}

void ph__grant_key(uint8_t out[static PH_GRANT_KEY], char kind, const struct ph_hash *commitment,
                   const struct ph_code *org, const struct ph_audience *audience)
{
    out[0] = (uint8_t)kind;
    memcpy(out + 1, commitment->b, 32);
    ph__org_key(out + 33, org);
    ph__audience_key(out + 49, audience);
}

void ph__epoch_key(uint8_t out[static PH_EPOCH_KEY], const struct ph_node_key *author,
                   const struct ph_audience *audience, uint64_t epoch)
{
    out[0] = 'E';
    memcpy(out + 1, author->b, 32);
    ph__audience_key(out + 33, audience);
    ph_put_be64(out + 66, epoch);
}

void ph__granted_key(uint8_t out[static PH_GRANTED_KEY], const struct ph_hash *commitment,
                     enum ph_tlp label, bool carry, const uint8_t key_id[static 16])
{
    out[0] = 'G';
    memcpy(out + 1, commitment->b, 32);
    out[33] = (uint8_t)label;
    out[34] = carry;
    memcpy(out + 35, key_id, 16);
}

void ph__waiting_key(uint8_t out[static PH_WAITING_KEY], const struct ph_hash *commitment,
                     const struct ph_id *id)
{
    out[0] = 'W';
    memcpy(out + 1, commitment->b, 32);
    memcpy(out + 33, id->b, 32);
}

void ph__retracts_key(uint8_t out[static PH_RETRACTS_KEY], const struct ph_id *target,
                      const struct ph_code *org)
{
    memcpy(out, target->b, 32);
    ph__org_key(out + 32, org);
}

void ph__peer_encode(uint8_t out[static PH_PEER_LEN], const struct ph__peer_row *peer)
{
    ph_put_be64(out, peer->handshake);
    ph_put_be64(out + 8, peer->contact);
    ph_put_be32(out + 16, peer->refusals);
    ph_put_be32(out + 20, peer->score);
}

enum ph_err ph__peer_decode(struct ph__peer_row *out, struct ph_bytes value)
{
    if (value.n != PH_PEER_LEN)
        return PH_ERR_CORRUPT;
    *out = (struct ph__peer_row){
        .handshake = ph_get_be64(value.p),
        .contact = ph_get_be64(value.p + 8),
        .refusals = ph_get_be32(value.p + 16),
        .score = ph_get_be32(value.p + 20),
    };
    return PH_OK;
}

void ph__deferred_encode(uint8_t out[static PH_DEFERRED_LEN], enum ph_err cause, ph_ms again)
{
    ph_put_be16(out, (uint16_t)cause);
    ph_put_be64(out + 2, again);
}

enum ph_err ph__deferred_decode(enum ph_err *out_cause, ph_ms *out_again, struct ph_bytes value)
{
    if (value.n != PH_DEFERRED_LEN)
        return PH_ERR_CORRUPT;
    *out_cause = ph_err_from_number(ph_get_be16(value.p));
    *out_again = ph_get_be64(value.p + 2);
    return PH_OK;
}
