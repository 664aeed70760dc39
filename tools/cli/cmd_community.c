/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn community create: one steward, roster 1, own card. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/cli/own_card.h"
#include "tools/cli/term.h"

#define REVIEW_MS (UINT64_C(365) * 86400000)

/* The genesis: we are its first member and only steward. */
static enum ph_err make_genesis(struct ph_buf *out, const char *name,
                                const struct ph_roster_org *self,
                                const struct ph_steward_key *steward,
                                const uint8_t secret[static 64], struct ph_why *why)
{
    struct ph_steward_key stewards[] = {*steward};
    struct ph_roster_org orgs[] = {*self};
    ph_ms now = ph_tool_now();
    struct ph_roster roster = {.seq = 1,
                               .issued = now,
                               .review_by = now + REVIEW_MS,
                               .stewards = stewards,
                               .n_stewards = 1,
                               .threshold = 1,
                               .orgs = orgs,
                               .n_orgs = 1};
    struct ph_roster *copy = NULL;
    orgs[0].joined = now;
    snprintf(roster.name, sizeof(roster.name), "%s", name);
    enum ph_err err = ph_roster_copy(&copy, &roster);
    if (err == PH_OK)
        err = ph_roster_sign(copy, NULL, secret, why);
    if (err == PH_OK)
        err = ph_roster_encode(out, copy);
    ph_roster_free(copy);
    return err;
}

static enum ph_err steward_genesis(struct ph_cli *cli, struct ph_session *s, const char *name,
                                   struct ph_buf *out, struct ph_steward_key *steward,
                                   bool *out_locked, struct ph_why *why)
{
    struct ph_buf passphrase;
    uint8_t public_key[32];
    struct ph_secret *secret = ph_secret_new(s->identity->vault);
    if (secret == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no locked memory left");
    enum ph_err err = ph_term_passphrase(&passphrase, cli, NULL, "steward key", true, why);
    if (err == PH_OK)
        err = ph_key_make(&s->home, PH_SECRET_STEWARD, NULL, ph_buf_bytes(&passphrase), steward->b,
                          why);
    if (err == PH_OK)
        err = ph_key_load(secret, public_key, &s->home, PH_SECRET_STEWARD, NULL,
                          ph_buf_bytes(&passphrase), why);
    *out_locked = passphrase.n > 0;
    ph_buf_wipe(&passphrase);
    if (err == PH_OK)
        err = make_genesis(out, name, &s->self, steward, secret->b, why);
    ph_secret_free(s->identity->vault, secret);
    return err;
}

static enum ph_err create(struct ph_cli *cli, struct ph_session *s, const char *name,
                          struct ph_steward_key *steward, bool *locked, struct ph_why *why)
{
    struct ph_buf genesis = ph_buf(PH_ROSTER_MAX), passphrase = ph_buf(0);
    struct ph_card *card = NULL;
    /* Everything that a person can get wrong comes before the first thing that is written. */
    enum ph_err err = ph_unlock_passphrase(&passphrase, cli, &s->home, PH_SECRET_ORG, NULL,
                                           "organisation key", why);
    if (err == PH_OK)
        err = ph_own_card_load(&card, s, why);
    if (err == PH_OK)
        err = steward_genesis(cli, s, name, &genesis, steward, locked, why);
    if (err == PH_OK) {
        struct ph_bytes view = ph_buf_bytes(&genesis);
        err = ph_session_trust(s, &view, 1, NULL, 0, why);
    }
    if (err == PH_OK)
        err = ph_own_card_publish(s, card, ph_buf_bytes(&passphrase), why);
    ph_card_free(card);
    ph_buf_wipe(&passphrase);
    ph_buf_done(&genesis);
    return err;
}

int ph_cmd_community_create(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s;
    struct ph_steward_key steward;
    bool locked = false;
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (argc - optind != 1)
        return ph_cli_usage(cli, "give the community's name");
    const char *name = argv[optind];
    if (strlen(name) == 0 || strlen(name) > PH_NAME_MAX || !ph_utf8_is_valid(ph_bytes_str(name)))
        return ph_cli_usage(cli, "a name has 1 to %d bytes of UTF-8", PH_NAME_MAX);
    enum ph_err err = ph_session_open(&s, cli, PH_SESSION_WRITE, false, &why);
    if (err == PH_OK && s.members != NULL) {
        err = ph_fail(&why, PH_ERR_EXISTS, "this node is in a community already: \"%s\"",
                      ph_members_roster(s.members)->name);
        ph_hint(&why, "A home belongs to one community; use another --home for another");
    }
    if (err == PH_OK)
        err = create(cli, &s, name, &steward, &locked, &why);
    if (err == PH_OK) {
        char id[65], key[PH_KEY_TEXT_MAX];
        ph_hex(id, ph_bytes(ph_members_community(s.members)->b, 32));
        ph_steward_key_text(key, &steward);
        printf("Community \"%s\" founded, with %s as its first member\n", name, s.self.code.s);
        printf("Id: %s\nSteward: %s (key in %s/steward)\n", id, key, s.home.keys);
        if (!locked)
            fputs("posthorn: warning: the steward key has no passphrase; keep it offline\n",
                  stderr);
    }
    ph_session_close(&s);
    return err == PH_OK ? 0 : ph_cli_fail(err, &why);
}
