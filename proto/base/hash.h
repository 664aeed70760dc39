/* SPDX-License-Identifier: Apache-2.0
 *
 * BLAKE2b-256, one rule for every use: hash over `"posthorn <use> 1" NUL || inputs`, keyed where a
 * key is named. The use keeps a hash made for one purpose from standing for another. */
#ifndef PH_BASE_HASH_H
#define PH_BASE_HASH_H

#include <sodium.h>

#include "proto/base/error.h"

/** Hash @n pieces, concatenated, under @use (such as "record id"). Callers keep inputs of fixed
 * length but the last, so that pieces cannot run into each other. */
struct ph_hash ph_hash_of(const char *use, const struct ph_bytes *pieces, size_t n);
/** As ph_hash_of(), over one piece. */
struct ph_hash ph_hash_one(const char *use, struct ph_bytes piece);
/** Keyed (32 bytes): for derivation and blind indexes. */
struct ph_hash ph_hash_keyed(const char *use, const uint8_t key[static 32],
                             const struct ph_bytes *pieces, size_t n);

/** Incremental form, for what does not lie in one place. */
struct ph_hasher {
    crypto_generichash_state state;
};
void ph_hasher_init(struct ph_hasher *h, const char *use);
void ph_hasher_add(struct ph_hasher *h, struct ph_bytes bytes);
struct ph_hash ph_hasher_end(struct ph_hasher *h);

/** The message that a signature covers: `"posthorn <kind> 1" NUL || community || bytes`, signed
 * with Ed25519. One function makes it, so no signature can serve two kinds or two communities.
 *
 * @kind       "record", "roster", "card", "request", "invite", …
 * @community  community id; NULL means 32 zero bytes (genesis rosters, join requests).
 * @secret     libsodium Ed25519 secret key, 64 bytes.
 * @out        signature.
 * Deterministic; returns false only when memory for the message runs out. */
bool ph_sign(uint8_t out[static 64], const char *kind, const struct ph_hash *community,
             struct ph_bytes bytes, const uint8_t secret[static 64]);
/** True when @signature by @public_key covers exactly that. Small-order and non-canonical keys and
 * S >= L are refused (libsodium's rules, pinned by edge vectors in the tests). */
bool ph_signature_is_valid(const uint8_t signature[static 64], const char *kind,
                           const struct ph_hash *community, struct ph_bytes bytes,
                           const uint8_t public_key[static 32]);
/** As ph_signature_is_valid(), for callers that blame whoever signed: PH_ERR_FORGED says that the
 * signature is bad, PH_ERR_NOMEM that memory ran out here (messages past 1 KiB are copied). */
enum ph_err ph_signature_check(const uint8_t signature[static 64], const char *kind,
                               const struct ph_hash *community, struct ph_bytes bytes,
                               const uint8_t public_key[static 32]);

#endif
