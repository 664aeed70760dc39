/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of key, each a type of its own, so that none can pass as another; and their text forms.
 *
 * Public halves only; secrets are `struct ph_secret` in a vault (base/secret.h). Ed25519 secrets
 * are libsodium's 64 bytes (seed || public), X25519 secrets 32 bytes. */
#ifndef PH_TRUST_KEYS_H
#define PH_TRUST_KEYS_H

#include "proto/base/text.h"

/* clang-format off */
/* X(type, PREFIX, "text prefix", "noun") */
#define PH_KEY_TABLE(X)                                          \
    X(steward,   "phstew", "steward key")                        \
    X(org,       "phorg",  "organisation key")                   \
    X(node,      "phnode", "node key")                           \
    X(transport, "phtran", "transport key")                      \
    X(reading,   "phread", "reading key")                        \
    X(person,    "phpers", "person key")
/* clang-format on */

struct ph_steward_key {
    uint8_t b[32];
}; /* Ed25519: signs rosters */
struct ph_org_key {
    uint8_t b[32];
}; /* Ed25519: signs cards and join requests */
struct ph_node_key {
    uint8_t b[32];
}; /* Ed25519: signs records */
struct ph_transport_key {
    uint8_t b[32];
}; /* X25519: Noise static key */
struct ph_reading_key {
    uint8_t b[32];
}; /* X25519: opens what is sealed to an organisation */
struct ph_person_key {
    uint8_t b[32];
}; /* X25519: opens TLP:RED sealed to one person */

/* For each kind: text form into @out, and back. Parsing returns PH_ERR_INPUT with the reason
 * (another kind of key is named). Keys that are not valid points (small order, non-canonical) are
 * refused. */
#define PH_KEY_DECLARE_(kind, prefix, noun)                                              \
    void ph_##kind##_key_text(char out[static PH_KEY_TEXT_MAX],                          \
                              const struct ph_##kind##_key *key);                        \
    enum ph_err ph_##kind##_key_parse(struct ph_##kind##_key *out, struct ph_bytes text, \
                                      struct ph_why *why);                               \
    static inline bool ph_##kind##_key_equal(const struct ph_##kind##_key *a,            \
                                             const struct ph_##kind##_key *b)            \
    {                                                                                    \
        return memcmp(a->b, b->b, 32) == 0; /* public */                                 \
    }
PH_KEY_TABLE(PH_KEY_DECLARE_)
#undef PH_KEY_DECLARE_

/** A canonical Ed25519 public key of the prime-order group's order: what documents may contain. */
bool ph_ed25519_is_valid(const uint8_t key[static 32]);
/** A canonical X25519 public key (below 2^255 - 19, top bit clear, not of small order). One key has
 * one spelling, or a revoked one would come back in its other. */
bool ph_x25519_is_valid(const uint8_t key[static 32]);

/** Six words, each from a list of 256 (words.c), that stand for a fingerprint, to read over a
 * phone.
 * @out holds at least PH_WORDS_TEXT_MAX bytes: "anvil basin …". */
#define PH_WORDS_TEXT_MAX 64
void ph_words(char out[static PH_WORDS_TEXT_MAX], const struct ph_hash *hash);

/** An organisation's short code: 2 to 16 of A-Z 0-9 '-', NUL-terminated and zero-filled, so that
 * codes compare with memcmp. */
struct ph_code {
    char s[17];
};
/** Parse; PH_ERR_INPUT says which rule was broken. */
enum ph_err ph_code_parse(struct ph_code *out, struct ph_bytes text, struct ph_why *why);
static inline int ph_code_cmp(const struct ph_code *a, const struct ph_code *b)
{
    return memcmp(a->s, b->s, sizeof(a->s)); /* public */
}

/** A person's handle: 1 to 32 of a-z 0-9 '.' '_' '-', zero-filled. */
struct ph_handle {
    char s[33];
};
enum ph_err ph_handle_parse(struct ph_handle *out, struct ph_bytes text, struct ph_why *why);

#endif
