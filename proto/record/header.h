/* SPDX-License-Identifier: Apache-2.0
 *
 * The signed fields of a record: decode, encode, check, id. Format: docs/protocol.md, "Record".
 *
 * A record is three byte strings: header, signature, body. Id and signature need the header alone,
 * so a node can hold and reconcile a record whose body was retracted or was never fetched. */
#ifndef PH_RECORD_HEADER_H
#define PH_RECORD_HEADER_H

#include "proto/base/limits.h"
#include "proto/record/channel.h"

enum ph_record_type {
    PH_RECORD_CONTENT = 0,
    PH_RECORD_GRANT = 1,
    PH_RECORD_BLOB = 2,
    PH_RECORD_RETRACT = 3,
    PH_RECORD_RECEIPT = 4,
    PH_RECORD_ANCHOR = 5
};
#define PH_N_RECORD_TYPES 6
/** "content", "grant", "blob", "retract", "receipt", "anchor". */
const char *ph_record_type_text(enum ph_record_type type);

enum {
    PH_FLAG_CARRY = 1,
    PH_FLAG_URGENT = 2,
    PH_FLAG_EXERCISE = 4,
    PH_FLAG_COMMUNITY_TOKENS = 8,
    PH_FLAGS_ALL = 15
};

/** Nonce of XChaCha20-Poly1305. */
struct ph_nonce {
    uint8_t b[24];
};

/** One decoded header. @recipients is owned (ph_header_done()); NULL for other audiences. */
struct ph_header {
    enum ph_record_type type;
    struct ph_hash community;
    struct ph_node_key author;
    ph_ms created;
    ph_ms expires;
    enum ph_tlp label;
    struct ph_audience audience;
    struct ph_recipient *recipients; /* sorted, unique */
    size_t n_recipients;
    uint32_t flags;
    bool has_key;
    struct ph_hash key_commitment;
    bool has_nonce;
    struct ph_nonce nonce;
    uint32_t body_size;
    struct ph_hash body_hash;
};

/** Free what the header owns; takes a zeroed one. */
void ph_header_done(struct ph_header *header);
/** Deep copy. @out untouched on failure. PH_ERR_NOMEM. */
enum ph_err ph_header_copy(struct ph_header *out, const struct ph_header *header);

/** Canonical bytes, appended to @out. Runs ph_header_check() first: what we would refuse we never
 * make. @out as it was on failure. Errors of ph_header_check(), PH_ERR_LIMIT, PH_ERR_NOMEM. */
enum ph_err ph_header_encode(struct ph_buf *out, const struct ph_header *header,
                             struct ph_why *why);
/** Only fields 0 to 11, as one msgpack array of 12: the associated data of sealing. Checks nothing:
 * body size and hash are not known yet when a body is sealed. PH_ERR_LIMIT, PH_ERR_NOMEM. */
enum ph_err ph_header_encode_aad(struct ph_buf *out, const struct ph_header *header);
/** Decode and check. @out untouched on failure. PH_ERR_FORMAT, PH_ERR_TRUNCATED, PH_ERR_VERSION,
 * PH_ERR_LIMIT, PH_ERR_RANGE (created, expires, flags, numbers outside their enumeration),
 * PH_ERR_MISFIT (label and audience; type and label), PH_ERR_NOMEM. */
enum ph_err ph_header_decode(struct ph_header *out, struct ph_bytes bytes, struct ph_why *why);
/** The rules that need no knowledge but the header itself: ranges, lifetime at most ten years
 * (grants: and 31 days), label fits audience, audience id is the hash of the recipients, which
 * types are sealed, which have a key or nonce (the table in docs/protocol.md). Reads no clock. */
enum ph_err ph_header_check(const struct ph_header *header, struct ph_why *why);
/** Whether records of this type and label have a sealed body: content and blob unless CLEAR, and
 * receipts. */
bool ph_header_is_sealed(const struct ph_header *header);

/** Id of the record whose encoded header is @bytes: created || first 26 bytes of its hash. */
struct ph_id ph_header_id(struct ph_bytes bytes, ph_ms created);

#endif
