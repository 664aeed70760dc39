/* SPDX-License-Identifier: Apache-2.0
 *
 * What the roster's files share: the pure check of one document, and its bytes without signatures.
 */
#ifndef PH_TRUST_ROSTER_PRIV_H
#define PH_TRUST_ROSTER_PRIV_H

#include "proto/trust/roster.h"

#define PH__N_ORG_KINDS     4
#define PH__REMOVED_MAX     PH_ORGS_MAX
#define PH__ROSTER_SIGS_MAX (2 * PH_STEWARDS_MAX) /* the old stewards and the new */

/** Everything a roster must be by itself: limits, order, uniqueness, times, removed entries that
 * agree with the members. Not: points of keys (checked where they are read), signatures, the chain.
 * PH_ERR_FORMAT (order, a thing twice), PH_ERR_LIMIT, PH_ERR_RANGE, PH_ERR_NOMEM. */
enum ph_err ph__roster_check(const struct ph_roster *roster, struct ph_why *why);

/** As ph_roster_decode(). Keys of stewards and organisations that @known has too are not checked
 * for validity again; @known may be NULL. */
enum ph_err ph__roster_decode(struct ph_roster **out, struct ph_bytes bytes,
                              const struct ph_roster *known, struct ph_why *why);

/** The document: what hashes and signatures cover. */
enum ph_err ph__roster_document(struct ph_buf *out, const struct ph_roster *roster);

/** Hash of the document bytes. */
struct ph_hash ph__roster_document_hash(struct ph_bytes document);

#endif
