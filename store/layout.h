/* SPDX-License-Identifier: Apache-2.0
 *
 * Every key and value of the store, both ways, in this one place. docs/architecture.md, "Store",
 * has the same as a table. A change here is a new format version (PH_FORMAT).
 *
 * Numbers are big-endian, so that keys sort as numbers do. `…_key` writes a key of fixed size. A
 * value that does not have the shape it must have is PH_ERR_CORRUPT. Keys of indexes are blind:
 * BLAKE2b keyed with the store key, cut to 16 bytes, so a stolen file shows neither contents nor
 * what is looked for. */
#ifndef PH_STORE_LAYOUT_H
#define PH_STORE_LAYOUT_H

#include "proto/record/record.h"
#include "proto/sync/fingerprint.h"
#include "store/env.h"
#include "store/read.h"

#define PH_FORMAT 1

/* meta: name -> value */
#define PH_META_FORMAT    "format"    /* be32 */
#define PH_META_STORE     "store"     /* 16 random bytes */
#define PH_META_BOOT      "boot"      /* be64: openings for writing */
#define PH_META_COUNTERS  "counters"  /* struct ph__counters */
#define PH_META_COMMUNITY "community" /* community id */
#define PH_META_SELF      "self"      /* our organisation, msgpack */
#define PH_META_CHECK     "check"     /* keyed hash of the store id: is this the right store key? */

/** Numbers that change with every transaction, kept together so that they cost one write. */
struct ph__counters {
    uint64_t arrival; /* last arrival number given */
    uint64_t indexed; /* objects and terms are complete up to this arrival number */
    uint64_t content; /* headers of content records held */
    uint64_t waiting; /* records in state waiting */
    uint64_t audit;   /* entries in the audit log */
};
#define PH_COUNTERS_LEN 40
void ph__counters_encode(uint8_t out[static PH_COUNTERS_LEN], const struct ph__counters *counters);
enum ph_err ph__counters_decode(struct ph__counters *out, struct ph_bytes value);

/* records: id -> state, indexed, arrival be64, n_objects be32, org 16, signature 64, header */
#define PH_ROW_FIXED 94
struct ph__row {
    enum ph_state state;
    bool indexed; /* objects and terms have entries of it */
    uint64_t arrival;
    uint32_t n_objects;
    struct ph_code org; /* the author's */
    const uint8_t *sig; /* 64 */
    struct ph_bytes header;
};
/** The bytes before the header. */
void ph__row_encode_fixed(uint8_t out[static PH_ROW_FIXED], const struct ph__row *row);
/** Views into @value. */
enum ph_err ph__row_decode(struct ph__row *out, struct ph_bytes value);

/* bodies: id -> body as stored and sent */

/* channels: channel 33, id -> nothing */
#define PH_CHANNELS_KEY (PH_CHANNEL_KEY + 32)
void ph__channels_key(uint8_t out[static PH_CHANNELS_KEY], const struct ph_channel *channel,
                      const struct ph_id *id);

/* sums: channel 33, level u8, bucket be64 -> count be64, sum 32 (little-endian) */
#define PH_SUMS_KEY   (PH_CHANNEL_KEY + 9)
#define PH_SUMS_VALUE 40
void ph__sums_key(uint8_t out[static PH_SUMS_KEY], const uint8_t channel[static PH_CHANNEL_KEY],
                  unsigned level, uint64_t bucket);
void ph__sums_encode(uint8_t out[static PH_SUMS_VALUE], const struct ph_sum *sum);
enum ph_err ph__sums_decode(struct ph_sum *out, struct ph_bytes value);

/** Blind hashes. */
#define PH_BLIND 16
struct ph__blind {
    uint8_t b[PH_BLIND];
};
struct ph__blind ph__blind_term(const uint8_t store_key[static 32], enum ph_observable_kind kind,
                                struct ph_bytes text);
struct ph__blind ph__blind_stix(const uint8_t store_key[static 32], struct ph_bytes stix_id);
/** One object's encoding under one label and audience: equal tags are the same words for the same
 * people. */
struct ph__blind ph__blind_words(const uint8_t store_key[static 32], enum ph_tlp label,
                                 const struct ph_audience *audience, struct ph_bytes encoding);

/* objects: blind STIX id 16, blind org 4, modified be64 (ms), nanos be32, arrival be64, position
 * be16
 *          -> blind words 16 */
#define PH_OBJECTS_KEY 42
struct ph__object_key {
    struct ph__blind stix;
    uint8_t org[4];
    ph_ms modified;
    uint32_t nanos;
    uint64_t arrival;
    uint16_t position;
};
void ph__object_org(uint8_t out[static 4], const struct ph_code *org);
void ph__objects_key(uint8_t out[static PH_OBJECTS_KEY], const struct ph__object_key *key);
enum ph_err ph__objects_key_decode(struct ph__object_key *out, struct ph_bytes key);

/* terms: blind term 16, arrival be64, position be16 of a block's first posting -> the block's
 * others, each as varint(arrival - arrival before), then varint(position, or position - position
 * before when the arrival is the same) */
#define PH_TERMS_KEY       26
#define PH_TERMS_BLOCK_MAX 1000 /* bytes: blocks stay inside a page */
struct ph__posting {
    uint64_t arrival;
    uint16_t position;
};
static inline int ph__posting_cmp(const struct ph__posting *a, const struct ph__posting *b)
{
    if (a->arrival != b->arrival)
        return a->arrival < b->arrival ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}
void ph__terms_key(uint8_t out[static PH_TERMS_KEY], const struct ph__blind *term,
                   const struct ph__posting *first);
struct ph__posting ph__terms_key_posting(const uint8_t key[static PH_TERMS_KEY]);
/** Append what leads from @last to @next to @out; returns bytes written, at most 13. */
size_t ph__posting_encode(uint8_t out[static 13], const struct ph__posting *last,
                          const struct ph__posting *next);
/** All postings of a block, ascending. PH_ERR_CORRUPT. @out holds PH_BLOCK_POSTINGS_MAX. */
#define PH_BLOCK_POSTINGS_MAX (PH_TERMS_BLOCK_MAX / 2 + 1)
enum ph_err ph__block_decode(struct ph__posting *out, size_t *out_n, struct ph_bytes key,
                             struct ph_bytes value);

/* recent: arrival be64 -> id. A record has one entry, under its newest arrival number. */
/* expiry: expires be64, id -> nothing */
#define PH_EXPIRY_KEY 40
void ph__expiry_key(uint8_t out[static PH_EXPIRY_KEY], ph_ms expires, const struct ph_id *id);

/* grants, by first byte of the key:
 *   'K' commitment 32, org 16, audience 33 -> nonce 24, wrapped audience key 48
 *   'E' author node 32, audience 33, epoch be64 -> commitment 32 (own epochs: more, see epoch.h)
 *   'G' commitment 32, label u8, carry u8, key id 16 -> nothing: own key granted to that key
 *   'W' commitment 32, id 32 -> nothing: record that waits for a key
 *   'O' commitment 32, org 16, audience 33 -> nothing: key came, records under it are still to be
 * opened */
#define PH_AUDIENCE_KEY 33 /* kind byte, id */
#define PH_GRANT_KEY    82 /* 'K' and 'O' */
#define PH_EPOCH_KEY    74
#define PH_GRANTED_KEY  51
#define PH_WAITING_KEY  65
#define PH_WRAPPED      72
void ph__audience_key(uint8_t out[static PH_AUDIENCE_KEY], const struct ph_audience *audience);
void ph__grant_key(uint8_t out[static PH_GRANT_KEY], char kind, const struct ph_hash *commitment,
                   const struct ph_code *org, const struct ph_audience *audience);
void ph__epoch_key(uint8_t out[static PH_EPOCH_KEY], const struct ph_node_key *author,
                   const struct ph_audience *audience, uint64_t epoch);
void ph__granted_key(uint8_t out[static PH_GRANTED_KEY], const struct ph_hash *commitment,
                     enum ph_tlp label, bool carry, const uint8_t key_id[static 16]);
void ph__waiting_key(uint8_t out[static PH_WAITING_KEY], const struct ph_hash *commitment,
                     const struct ph_id *id);

/* retracts: target id 32, org 16 -> id of the retract record. Kept also while the target is
 * unknown. */
#define PH_RETRACTS_KEY 48
void ph__retracts_key(uint8_t out[static PH_RETRACTS_KEY], const struct ph_id *target,
                      const struct ph_code *org);

/* rosters: seq be64 -> signed document; cards: org 16 -> newest card */
#define PH_ORG_KEY 16
void ph__org_key(uint8_t out[static PH_ORG_KEY], const struct ph_code *org);
void ph__org_decode(struct ph_code *out, const uint8_t key[static PH_ORG_KEY]);

/* evidence: kind u8, hash 32 -> bytes (a roster, a card, or a record's header and signature) */
enum ph__evidence {
    PH_EVIDENCE_ROSTER = 'R',
    PH_EVIDENCE_CARD = 'C',
    PH_EVIDENCE_RECORD = 'X'
};

/* peers: transport key -> last handshake be64, last contact be64, refusals be32, score be32 */
#define PH_PEER_LEN 24
struct ph__peer_row {
    ph_ms handshake;
    ph_ms contact;
    uint32_t refusals;
    uint32_t score;
};
void ph__peer_encode(uint8_t out[static PH_PEER_LEN], const struct ph__peer_row *peer);
enum ph_err ph__peer_decode(struct ph__peer_row *out, struct ph_bytes value);

/* deferred: id -> cause be16 (error number), ask again at be64 */
#define PH_DEFERRED_LEN 10
void ph__deferred_encode(uint8_t out[static PH_DEFERRED_LEN], enum ph_err cause, ph_ms again);
enum ph_err ph__deferred_decode(enum ph_err *out_cause, ph_ms *out_again, struct ph_bytes value);

/* audit: number be64 -> msgpack [hash of the entry before, time, who, door, [ids]] */

#endif
