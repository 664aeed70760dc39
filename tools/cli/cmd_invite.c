/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn invite and join: how a newcomer gets the chain to check, and its own card into the
 * community. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/cli/own_card.h"

#define INVITE_MS (UINT64_C(14) * 86400000)

/* Every roster and every card that this node knows, as views; those of organisations that have left
 * too, since their old records are judged by them. */
static enum ph_err fill_invite(struct ph_invite *invite, const struct ph_members *members,
                               struct ph_why *why)
{
    const struct ph_roster *newest = ph_members_roster(members);
    invite->rosters = (struct ph_bytes *)calloc(newest->seq, sizeof(struct ph_bytes));
    size_t n_cards = ph_members_n_cards(members);
    invite->cards = (struct ph_bytes *)calloc(n_cards + 1, sizeof(struct ph_bytes));
    if (invite->rosters == NULL || invite->cards == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the invite");
    for (uint64_t seq = 1; seq <= newest->seq; seq++)
        invite->rosters[invite->n_rosters++] = ph_members_roster_bytes(members, seq);
    for (size_t i = 0; i < n_cards; i++)
        (void)ph_members_card_at(members, i, &invite->cards[invite->n_cards++]);
    return PH_OK;
}

static enum ph_err write_invite(const struct ph_session *s, const struct ph_code *code,
                                const char *path, ph_ms expires, struct ph_why *why)
{
    struct ph_buf bytes = ph_buf(PH_MIB(64));
    struct ph_invite invite = {.community = *ph_members_community(s->members),
                               .org = *code,
                               .inviter = s->identity->node,
                               .expires = expires};
    enum ph_err err = fill_invite(&invite, s->members, why);
    if (err == PH_OK) {
        err = ph_invite_encode(&bytes, &invite, s->identity->node_secret->b);
        if (err != PH_OK)
            err = ph_fail(why, err, "invite: %s", ph_err_text(err));
    }
    if (err == PH_OK)
        err = ph_file_replace(path, ph_buf_bytes(&bytes), 0644, why);
    ph_invite_done(&invite);
    ph_buf_done(&bytes);
    return err;
}

int ph_cmd_invite(struct ph_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {{"out", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    struct ph_why why = {0};
    struct ph_session s;
    struct ph_code code;
    const char *out = NULL;
    for (int c; (c = ph_cli_option(cli, argc, argv, options)) != -1; out = optarg) {
        if (c == '?')
            return 2;
    }
    if (argc - optind != 1 || out == NULL)
        return ph_cli_usage(cli, "give the organisation's code and --out FILE");
    if (ph_code_parse(&code, ph_bytes_str(argv[optind]), &why) != PH_OK)
        return ph_cli_usage(cli, "%s", why.what);
    enum ph_err err = ph_session_open(&s, cli, PH_SESSION_READ, true, &why);
    if (err == PH_OK && ph_roster_org(ph_members_roster(s.members), &code) == NULL) {
        err = ph_fail(&why, PH_ERR_NOTFOUND, "%s is not on the roster", code.s);
        ph_hint(&why, "First: posthorn roster edit --add %s.request, sign, apply", code.s);
    }
    ph_ms expires = ph_tool_now() + INVITE_MS;
    if (err == PH_OK)
        err = write_invite(&s, &code, out, expires, &why);
    if (err == PH_OK) {
        char when[PH_TIME_TEXT_MAX], words[PH_WORDS_TEXT_MAX];
        ph_time_text(when, expires);
        ph_words(words, ph_members_community(s.members));
        printf("Invite for %s is in %s, good until %s\n", code.s, out, when);
        printf("Fingerprint of the community, to read over a phone: %s\n", words);
    }
    ph_session_close(&s);
    return err == PH_OK ? 0 : ph_cli_fail(err, &why);
}

/* The roster must list us, under the key that we hold. */
static enum ph_err check_listed(const struct ph_session *s, const struct ph_invite *invite,
                                struct ph_why *why)
{
    struct ph_members *members = NULL;
    enum ph_err err = ph_members_new(&members, invite->rosters, invite->n_rosters, invite->cards,
                                     invite->n_cards, why);
    if (err != PH_OK)
        return err;
    const struct ph_roster_org *org = ph_roster_org(ph_members_roster(members), &s->self.code);
    if (org == NULL)
        err = ph_fail(why, PH_ERR_AUTHOR, "the invite's roster does not list %s", s->self.code.s);
    else if (!ph_org_key_equal(&org->key, &s->self.key))
        err = ph_fail(why, PH_ERR_AUTHOR,
                      "the roster lists %s under another organisation key than this home's",
                      s->self.code.s);
    if (err != PH_OK)
        ph_hint(why, "Have the stewards admit this home's request, then ask for a new invite");
    ph_members_unref(members);
    return err;
}

static enum ph_err join(struct ph_cli *cli, struct ph_session *s, struct ph_bytes bytes,
                        struct ph_why *why)
{
    struct ph_invite invite = {0};
    struct ph_buf passphrase = ph_buf(0);
    struct ph_card *card = NULL;
    enum ph_err err = ph_invite_decode(&invite, bytes, &s->self.code, ph_tool_now(), why);
    if (err == PH_OK)
        err = check_listed(s, &invite, why);
    if (err == PH_OK)
        err = ph_unlock_passphrase(&passphrase, cli, &s->home, PH_SECRET_ORG, NULL,
                                   "organisation key", why);
    if (err == PH_OK)
        err = ph_own_card_load(&card, s, why);
    if (err == PH_OK) {
        err = ph_session_trust(s, invite.rosters, invite.n_rosters, invite.cards, invite.n_cards,
                               why);
    }
    if (err == PH_OK)
        err = ph_own_card_publish(s, card, ph_buf_bytes(&passphrase), why);
    ph_card_free(card);
    ph_buf_wipe(&passphrase);
    ph_invite_done(&invite);
    return err;
}

int ph_cmd_join(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct ph_session s = {.daemon = -1};
    struct ph_buf bytes = ph_buf(PH_MIB(64));
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (argc - optind != 1)
        return ph_cli_usage(cli, "give the invite");
    enum ph_err err = ph_file_read(&bytes, argv[optind], &why);
    if (err == PH_OK)
        err = ph_session_open(&s, cli, PH_SESSION_WRITE, false, &why);
    if (err == PH_OK && s.members != NULL) {
        err = ph_fail(&why, PH_ERR_EXISTS, "this node is in a community already: \"%s\"",
                      ph_members_roster(s.members)->name);
        ph_hint(&why, "A home belongs to one community; use another --home for another");
    }
    if (err == PH_OK) {
        err = join(cli, &s, ph_buf_bytes(&bytes), &why);
        if (err != PH_OK)
            (void)ph_why_wrap(&why, err, "\"%s\"", argv[optind]);
    }
    if (err == PH_OK) {
        char words[PH_WORDS_TEXT_MAX], name[PH_NAME_MAX * 2];
        const struct ph_roster *roster = ph_members_roster(s.members);
        ph_words(words, ph_members_community(s.members));
        printf("%s has joined \"%s\" (roster %llu, %zu organisations)\n", s.self.code.s,
               ph_text_safe(name, sizeof(name), ph_bytes_str(roster->name)),
               (unsigned long long)roster->seq, roster->n_orgs);
        printf("Fingerprint of the community, to compare by phone: %s\n", words);
        printf("Next: posthornd --home %s\n", s.home.dir);
    }
    ph_session_close(&s);
    ph_buf_done(&bytes);
    return err == PH_OK ? 0 : ph_cli_fail(err, &why);
}
