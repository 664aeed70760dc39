/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a key file. Canonical msgpack:
 *
 *     [[text "posthorn key 1", kind, public 32, wrap, salt 16 | nil, passes, memory bytes, nonce 24
 * | nil], secret]
 *
 * wrap 0: the secret as it is (the store key only); 1: sealed under the store key; 2: sealed under
 * a passphrase with Argon2id of these passes and memory. Sealed is XChaCha20-Poly1305-IETF with the
 * first array as associated data, so nothing in it can be changed without the secret failing to
 * open. */
#ifndef PH_STORE_KEYFILE_H
#define PH_STORE_KEYFILE_H

#include "store/keys.h"

#define PH_KEYFILE_MAX 512

enum ph__wrap {
    PH_WRAP_PLAIN = 0,
    PH_WRAP_STORE_KEY = 1,
    PH_WRAP_PASSPHRASE = 2
};

/** A key file taken apart. Views into the bytes it was read from. */
struct ph__keyfile {
    enum ph_secret_kind kind;
    uint8_t public_key[32];
    enum ph__wrap wrap;
    uint8_t salt[16];
    uint64_t passes;
    uint64_t memory;
    uint8_t nonce[24];
    struct ph_bytes head; /* associated data */
    struct ph_bytes secret;
};

/** Bytes of a secret of @kind: 32, or 64 for Ed25519. */
size_t ph__secret_len(enum ph_secret_kind kind);

/** Seal @secret into @out.
 *
 * @store_key   for wrap 1. @passphrase  for wrap 2. */
enum ph_err ph__keyfile_seal(struct ph_buf *out, enum ph_secret_kind kind, enum ph__wrap wrap,
                             const uint8_t public_key[static 32], const uint8_t *secret,
                             const uint8_t *store_key, struct ph_bytes passphrase,
                             struct ph_why *why);
/** PH_ERR_CORRUPT. */
enum ph_err ph__keyfile_parse(struct ph__keyfile *out, enum ph_secret_kind kind,
                              struct ph_bytes bytes, struct ph_why *why);
/** PH_ERR_PASS, PH_ERR_KEY (another store key), PH_ERR_NOMEM (Argon2id's). @out holds 64 bytes. */
enum ph_err ph__keyfile_open(uint8_t *out, const struct ph__keyfile *file, const uint8_t *store_key,
                             struct ph_bytes passphrase, struct ph_why *why);

#endif
