/* SPDX-License-Identifier: Apache-2.0
 *
 * The k-of-n rule that leads from roster n to n + 1, and the chain that starts at the genesis.
 *
 * seq n + 1 is valid when `prev` is the hash of seq n, at least `threshold` of seq n's stewards
 * signed it, and, where stewards or threshold change, at least the new threshold of the new
 * stewards signed it too. A genesis is signed by at least its own threshold. */
#ifndef PH_TRUST_CHAIN_H
#define PH_TRUST_CHAIN_H

#include "proto/trust/roster.h"

/** Check @genesis alone and give the community's id. PH_ERR_THRESHOLD, PH_ERR_FORGED (a signature
 * that does not verify), PH_ERR_FORMAT (seq or prev). */
enum ph_err ph_chain_check_genesis(struct ph_hash *out_community, const struct ph_roster *genesis,
                                   struct ph_why *why);
/** Check @next against @last. PH_ERR_ROLLBACK (lower seq), PH_ERR_CONFLICT (same seq, other
 * document: equivocation), PH_ERR_GAP (seq beyond last + 1), PH_ERR_FORMAT (prev does not match),
 * PH_ERR_THRESHOLD, PH_ERR_FORGED (bad signature, or one made for another community), and
 * PH_ERR_RANGE for rules between documents (a code given to another organisation, `removed` entries
 * dropped, issued before the last). PH_OK with identical documents too: nothing to do. */
enum ph_err ph_chain_check_next(const struct ph_hash *community, const struct ph_roster *last,
                                const struct ph_roster *next, struct ph_why *why);

/** Whether a signature by @key may stand on @next: it is a steward of @last or of @next. @last is
 * NULL for a genesis. */
bool ph_chain_may_sign(const struct ph_roster *last, const struct ph_roster *next,
                       const struct ph_steward_key *key);

#endif
