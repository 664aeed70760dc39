/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/own_card.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/cli/term.h"

static enum ph_err draft_path(char out[static 4096], const struct ph_home *home, struct ph_why *why)
{
    int n = snprintf(out, 4096, "%s/card.draft", home->dir);
    return n < 4096 ? PH_OK : ph_fail(why, PH_ERR_LIMIT, "path of the home directory is too long");
}

enum ph_err ph_own_card_save_draft(const struct ph_home *home, const struct ph_card *draft,
                                   struct ph_why *why)
{
    char path[4096];
    struct ph_buf bytes = ph_buf(PH_CARD_MAX);
    enum ph_err err = draft_path(path, home, why);
    if (err == PH_OK) {
        err = ph_card_encode(&bytes, draft);
        if (err != PH_OK)
            err = ph_fail(why, err, "card: %s", ph_err_text(err));
    }
    if (err == PH_OK)
        err = ph_file_replace(path, ph_buf_bytes(&bytes), 0600, why);
    ph_buf_done(&bytes);
    return err;
}

enum ph_err ph_own_card_load(struct ph_card **out, const struct ph_session *session,
                             struct ph_why *why)
{
    const struct ph_card *newest =
        session->members ? ph_members_card(session->members, &session->self.code) : NULL;
    if (newest != NULL)
        return ph_card_copy(out, newest);
    char path[4096];
    struct ph_buf bytes = ph_buf(PH_CARD_MAX);
    enum ph_err err = draft_path(path, &session->home, why);
    if (err == PH_OK)
        err = ph_file_read(&bytes, path, why);
    if (err == PH_OK)
        err = ph_card_decode(out, ph_buf_bytes(&bytes), why);
    if (err == PH_OK)
        (*out)->seq = 0; /* no version was signed yet */
    ph_buf_done(&bytes);
    return err;
}

static enum ph_err sign(struct ph_session *s, struct ph_card *card, struct ph_bytes passphrase,
                        struct ph_why *why)
{
    uint8_t public_key[32];
    struct ph_secret *secret = ph_secret_new(s->identity->vault);
    if (secret == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no locked memory left");
    enum ph_err err =
        ph_key_load(secret, public_key, &s->home, PH_SECRET_ORG, NULL, passphrase, why);
    if (err == PH_OK)
        err = ph_card_sign(card, ph_members_community(s->members), secret->b, why);
    ph_secret_free(s->identity->vault, secret);
    return err;
}

enum ph_err ph_own_card_publish(struct ph_session *s, struct ph_card *card,
                                struct ph_bytes org_passphrase, struct ph_why *why)
{
    struct ph_buf bytes = ph_buf(PH_CARD_MAX);
    card->seq++;
    card->issued = ph_tool_now();
    card->expires = card->issued + PH_CARD_LIFETIME_MS;
    enum ph_err err = sign(s, card, org_passphrase, why);
    if (err == PH_OK) {
        err = ph_card_encode(&bytes, card);
        if (err != PH_OK)
            err = ph_fail(why, err, "card: %s", ph_err_text(err));
    }
    if (err == PH_OK) {
        struct ph_bytes view = ph_buf_bytes(&bytes);
        err = ph_session_trust(s, NULL, 0, &view, 1, why);
    }
    ph_buf_done(&bytes);
    return err;
}

/* Empty when the key file needs none. */
static enum ph_err get_passphrase(struct ph_buf *out, const struct ph_cli *cli,
                                  const struct ph_home *home, enum ph_secret_kind kind,
                                  const char *file, const char *purpose, struct ph_why *why)
{
    bool needed = false;
    *out = ph_buf(0);
    enum ph_err err = ph_key_needs_passphrase(home, kind, NULL, &needed, why);
    if (err != PH_OK || !needed)
        return err;
    err = ph_term_passphrase(out, cli, file, purpose, false, why);
    if (err == PH_OK && out->n == 0) {
        err = ph_fail(why, PH_ERR_PASS, "the %s is locked and no passphrase was given", purpose);
        ph_hint(why, "Use --passphrase-file FILE, or a terminal");
    }
    return err;
}

enum ph_err ph_unlock_passphrase(struct ph_buf *out, const struct ph_cli *cli,
                                 const struct ph_home *home, enum ph_secret_kind kind,
                                 const char *file, const char *purpose, struct ph_why *why)
{
    uint8_t public_key[32];
    struct ph_vault *vault = NULL;
    enum ph_err err = get_passphrase(out, cli, home, kind, file, purpose, why);
    if (err != PH_OK || out->n == 0)
        return err;
    err = ph_vault_new(&vault, 1, NULL);
    struct ph_secret *secret = err == PH_OK ? ph_secret_new(vault) : NULL;
    if (secret != NULL)
        err = ph_key_load(secret, public_key, home, kind, NULL, ph_buf_bytes(out), why);
    ph_vault_free(vault);
    return err;
}

enum ph_err ph_unlock(struct ph_secret *out, uint8_t out_public[static 32],
                      const struct ph_cli *cli, const struct ph_home *home,
                      enum ph_secret_kind kind, const char *file, const char *purpose,
                      struct ph_why *why)
{
    struct ph_buf passphrase;
    enum ph_err err = get_passphrase(&passphrase, cli, home, kind, file, purpose, why);
    if (err == PH_OK)
        err = ph_key_load(out, out_public, home, kind, NULL, ph_buf_bytes(&passphrase), why);
    ph_buf_wipe(&passphrase);
    return err;
}
