/* SPDX-License-Identifier: Apache-2.0
 *
 * Observables in normal form: what look-ups and indexes compare. One kind, one spelling a value.
 *
 * The kinds of the first release are domain, IPv4 and IPv6 (addresses and networks), URL, mail
 * address and file hashes. Defanged text (hxxp, [.]) is understood on the way in. */
#ifndef PH_INTEL_OBSERVABLE_H
#define PH_INTEL_OBSERVABLE_H

#include "proto/base/error.h"

enum ph_observable_kind {
    PH_OBS_DOMAIN = 1,
    PH_OBS_IP = 2, /* address or network, v4 or v6, canonical text */
    PH_OBS_URL = 3,
    PH_OBS_MAIL = 4,
    PH_OBS_HASH = 5, /* MD5, SHA-1, SHA-256, SHA-512 by length; lower-case hex */
    PH_OBS_WORD = 6  /* a word of a name or description, folded: search only */
};
/** "domain", "ip", "url", "mail", "hash", "word". */
const char *ph_observable_kind_text(enum ph_observable_kind kind);

#define PH_OBSERVABLE_MAX 2048
/** A value in normal form. */
struct ph_observable {
    enum ph_observable_kind kind;
    size_t n;
    char text[PH_OBSERVABLE_MAX];
};

/** Normal form of @value, which is known to be of @kind. PH_ERR_INPUT says why it is none. */
enum ph_err ph_observable_normalise(struct ph_observable *out, enum ph_observable_kind kind,
                                    struct ph_bytes value, struct ph_why *why);
/** Guess the kind from the text (what `lookup` and plain lists take) and normalise. PH_ERR_INPUT.
 */
enum ph_err ph_observable_parse(struct ph_observable *out, struct ph_bytes value,
                                struct ph_why *why);

/** Calls @fn for every index term that looking for @o should try, most exact first: a domain and
 * its parents down to (not including) the public suffix; an address and each enclosing network;
 * else itself. Indexing stores only the value itself. Stops when @fn returns false. */
typedef bool (*ph_observable_fn)(void *ctx, enum ph_observable_kind kind, struct ph_bytes text);
void ph_observable_each_parent(const struct ph_observable *o, ph_observable_fn fn, void *ctx);

#endif
