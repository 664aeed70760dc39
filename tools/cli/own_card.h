/* SPDX-License-Identifier: Apache-2.0
 *
 * Our organisation's own card: the draft that `init` leaves, and signing the next version of it. */
#ifndef PH_TOOLS_OWN_CARD_H
#define PH_TOOLS_OWN_CARD_H

#include "tools/cli/session.h"

/** Card lifetime: a year; the daemon warns 30 days before. */
#define PH_CARD_LIFETIME_MS (UINT64_C(365) * 86400000)

/** Write the unsigned first card of a new home (HOME/card.draft), to be signed when the community
 * is known. */
enum ph_err ph_own_card_save_draft(const struct ph_home *home, const struct ph_card *draft,
                                   struct ph_why *why);

/** Our newest card, as a copy to change; before the first was signed, the draft. Caller frees. */
enum ph_err ph_own_card_load(struct ph_card **out, const struct ph_session *session,
                             struct ph_why *why);
/** Sign @card as the next version (seq, issued, expires are set here) with the organisation key,
 * unlocked by
 * @org_passphrase, store it and tell peers. */
enum ph_err ph_own_card_publish(struct ph_session *session, struct ph_card *card,
                                struct ph_bytes org_passphrase, struct ph_why *why);

/** Unlock a steward or organisation key: asks for a passphrase only when its file needs one.
 * @file  passphrase file; NULL: the common one. */
enum ph_err ph_unlock(struct ph_secret *out, uint8_t out_public[static 32],
                      const struct ph_cli *cli, const struct ph_home *home,
                      enum ph_secret_kind kind, const char *file, const char *purpose,
                      struct ph_why *why);
/** As ph_unlock() but gives out the passphrase, tried on the key: a command that makes several
 * things knows before the first of them that it will come to the last. Empty when the file needs
 * none. */
enum ph_err ph_unlock_passphrase(struct ph_buf *out, const struct ph_cli *cli,
                                 const struct ph_home *home, enum ph_secret_kind kind,
                                 const char *file, const char *purpose, struct ph_why *why);

#endif
