/* SPDX-License-Identifier: Apache-2.0
 *
 * Secret key files. One secret a file, 0600 in keys/ 0700, made with O_EXCL | O_NOFOLLOW.
 *
 * `store` is 32 random bytes and wraps the node's other secrets (node, transport, reading);
 * steward, organisation and person keys are wrapped under a passphrase with Argon2id (moderate),
 * or, where the operator gives none for steward and organisation keys, under the store key with a
 * warning. */
#ifndef PH_STORE_KEYS_H
#define PH_STORE_KEYS_H

#include "store/home.h"

enum ph_secret_kind {
    PH_SECRET_STORE,     /* keys/store */
    PH_SECRET_NODE,      /* keys/node: Ed25519, 64 bytes */
    PH_SECRET_TRANSPORT, /* keys/transport: X25519, 32 bytes */
    PH_SECRET_READING,   /* keys/reading-<first 8 of the public key> */
    PH_SECRET_ORG,       /* keys/org */
    PH_SECRET_STEWARD,   /* keys/steward, more: keys/steward-NAME */
    PH_SECRET_PERSON     /* keys/person-HANDLE */
};

/** Everything the node itself uses, in locked memory. */
struct ph_identity {
    struct ph_vault *vault;
    struct ph_secret *store_key;        /* 32 bytes */
    struct ph_secret *node_secret;      /* 64 */
    struct ph_secret *transport_secret; /* 32 */
    struct ph_node_key node;
    struct ph_transport_key transport;
    size_t n_reading;
    struct ph_reading_key reading[PH_READING_KEYS_MAX];
    struct ph_secret *reading_secret[PH_READING_KEYS_MAX]; /* 32 each */
};

/** Make a new secret of @kind and write its file.
 * @name        for kinds with several files: steward name or person handle; else NULL.
 * @passphrase  for steward, organisation and person keys; empty: none (persons must have one).
 * @out_public  the public half.
 * PH_ERR_EXISTS when the file is there: nothing is overwritten, ever. */
enum ph_err ph_key_make(const struct ph_home *home, enum ph_secret_kind kind, const char *name,
                        struct ph_bytes passphrase, uint8_t out_public[static 32],
                        struct ph_why *why);
/** Whether that key file needs a passphrase; PH_ERR_NOTFOUND. */
enum ph_err ph_key_needs_passphrase(const struct ph_home *home, enum ph_secret_kind kind,
                                    const char *name, bool *out, struct ph_why *why);
/** Unlock one secret. PH_ERR_PASS, PH_ERR_PERM (wide mode, with the chmod), PH_ERR_NOTFOUND,
 * PH_ERR_CORRUPT. */
enum ph_err ph_key_load(struct ph_secret *out, uint8_t out_public[static 32],
                        const struct ph_home *home, enum ph_secret_kind kind, const char *name,
                        struct ph_bytes passphrase, struct ph_why *why);
/** Load all that the node uses. */
enum ph_err ph_identity_load(struct ph_identity **out, const struct ph_home *home, bool *out_locked,
                             struct ph_why *why);
void ph_identity_free(struct ph_identity *identity);

#endif
