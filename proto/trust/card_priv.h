/* SPDX-License-Identifier: Apache-2.0
 *
 * What the card's files share: the pure check of one card, and its bytes without the signature. */
#ifndef PH_TRUST_CARD_PRIV_H
#define PH_TRUST_CARD_PRIV_H

#include "proto/trust/card.h"

/** Everything a card must be by itself: limits, addresses, times, no key or name twice. Not: points
 * of keys (checked where they are read), the signature, other cards. PH_ERR_FORMAT, PH_ERR_LIMIT,
 * PH_ERR_RANGE, PH_ERR_NOMEM. */
enum ph_err ph__card_check(const struct ph_card *card, struct ph_why *why);

/** The document: what hash and signature cover. */
enum ph_err ph__card_document(struct ph_buf *out, const struct ph_card *card);

#endif
