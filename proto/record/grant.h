/* SPDX-License-Identifier: Apache-2.0
 *
 * Grants: records that hand an audience key to the recipients, one sealed box for each reading or
 * person key. Body: [epoch, [[key id, sealed box] …]] sorted by key id; each box holds
 * [author, audience, commitment, key] and all of it is checked on opening: a box cannot be lifted
 * into another's grant, nor a grant hand out a key under another's name.
 *
 * The author in a box is the grant's author. Where a node hands on an audience key of another node
 * of its organisation, that is its own name; records are opened by a key that their author's
 * *organisation* granted, found by its commitment.
 *
 * Boxes are made with seeds from the host (crypto_box_seed_keypair), never with libsodium's own
 * random source; the layout is crypto_box_seal's, so crypto_box_seal_open opens them. */
#ifndef PH_RECORD_GRANT_H
#define PH_RECORD_GRANT_H

#include "proto/record/seal.h"

/** Epochs of an audience key are counted from 0 to this. */
#define PH_EPOCH_NUMBER_MAX PH_CREATED_MAX

/** Id of a reading or person key in grants: first 16 bytes of hash("key id", key). */
struct ph_key_id {
    uint8_t b[16];
};
struct ph_key_id ph_key_id(const uint8_t public_key[static 32]);

/** Build a grant body and append it to @out, which is as it was on failure.
 *
 * @author @audience  as in the header that the body is for.
 * @keys   recipients' X25519 public keys, @n of them, 1 to PH_BOXES_MAX, no duplicates; any order.
 * @seeds  @n * 32 fresh random bytes; wiped by the caller.
 *
 * PH_ERR_LIMIT, PH_ERR_RANGE (@epoch), PH_ERR_CONFLICT (a key twice), PH_ERR_KEY (not a point that
 * can be sealed to), PH_ERR_NOMEM. */
enum ph_err ph_grant_build(struct ph_buf *out, uint64_t epoch, const struct ph_node_key *author,
                           const struct ph_audience *audience, const struct ph_audience_key *key,
                           const uint8_t (*keys)[32], size_t n, const uint8_t (*seeds)[32],
                           struct ph_why *why);

/** Find the box for @public_key in the body of @grant and open it with @secret (X25519, 32 bytes).
 *
 * @out        the audience key; wiped by the caller. Untouched unless found.
 * @out_found  false, with PH_OK, when there is no box for that key.
 *
 * PH_ERR_FORMAT and the others of ph_grant_check(); PH_ERR_FORGED when the box does not open, or
 * what it holds names another author, audience or key than the header. */
enum ph_err ph_grant_open(struct ph_audience_key *out, uint64_t *out_epoch, bool *out_found,
                          const struct ph_record *grant, const uint8_t public_key[static 32],
                          const uint8_t secret[static 32], struct ph_why *why);

/** Whole body checked for form (what any node checks before it stores a grant), epoch and number of
 * boxes given. PH_ERR_FORMAT, PH_ERR_TRUNCATED, PH_ERR_LIMIT, PH_ERR_RANGE; PH_ERR_INPUT when the
 * record is no grant or has no body. */
enum ph_err ph_grant_check(const struct ph_record *grant, uint64_t *out_epoch, size_t *out_boxes,
                           struct ph_why *why);

#endif
