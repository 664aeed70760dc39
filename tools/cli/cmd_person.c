/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn person add: a named person gets a key of their own, for TLP:RED. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/cli/own_card.h"
#include "tools/cli/term.h"

static enum ph_err append_person(struct ph_card *card, const struct ph_card_person *person,
                                 struct ph_why *why)
{
    for (size_t i = 0; i < card->n_persons; i++) {
        if (strcmp(card->persons[i].handle.s, person->handle.s) == 0 && card->persons[i].until == 0)
            return ph_fail(why, PH_ERR_EXISTS, "the card lists %s already", person->handle.s);
    }
    if (card->n_persons == PH_PERSONS_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "a card lists at most %d persons", PH_PERSONS_MAX);
    struct ph_card_person *more = (struct ph_card_person *)realloc(
        card->persons, (card->n_persons + 1) * sizeof(*card->persons));
    if (more == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the card");
    card->persons = more;
    card->persons[card->n_persons++] = *person;
    return PH_OK;
}

static enum ph_err add(struct ph_cli *cli, struct ph_session *s, struct ph_card_person *person,
                       const char *org_file, struct ph_why *why)
{
    struct ph_card *card = NULL;
    struct ph_buf own = ph_buf(0), org = ph_buf(0);
    enum ph_err err = ph_own_card_load(&card, s, why);
    if (err == PH_OK)
        err = append_person(card, person, why); /* refused before a key is made */
    if (err == PH_OK)
        err = ph_unlock_passphrase(&org, cli, &s->home, PH_SECRET_ORG, org_file, "organisation key",
                                   why);
    if (err == PH_OK)
        err = ph_term_passphrase(&own, cli, NULL, "person key", true, why);
    if (err == PH_OK && own.n == 0) {
        err = ph_fail(why, PH_ERR_PASS, "a person's key needs a passphrase");
        ph_hint(why, "Use --passphrase-file FILE, or a terminal");
    }
    if (err == PH_OK)
        err = ph_key_make(&s->home, PH_SECRET_PERSON, person->handle.s, ph_buf_bytes(&own),
                          card->persons[card->n_persons - 1].key.b, why);
    if (err == PH_OK)
        err = ph_own_card_publish(s, card, ph_buf_bytes(&org), why);
    ph_buf_wipe(&own);
    ph_buf_wipe(&org);
    ph_card_free(card);
    return err;
}

int ph_cmd_person_add(struct ph_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {{"name", required_argument, NULL, 'n'},
                                            {"role", required_argument, NULL, 'r'},
                                            {"org-passphrase-file", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    struct ph_why why = {0};
    struct ph_session s;
    struct ph_card_person person = {.since = ph_tool_now()};
    const char *name = NULL, *role = "", *org_file = NULL;
    for (int c; (c = ph_cli_option(cli, argc, argv, options)) != -1;) {
        if (c == '?')
            return 2;
        *(c == 'n' ? &name : c == 'r' ? &role : &org_file) = optarg;
    }
    if (argc - optind != 1 || name == NULL)
        return ph_cli_usage(cli, "give the person's handle and --name");
    if (strlen(name) > PH_NAME_MAX || strlen(role) > PH_NAME_MAX)
        return ph_cli_usage(cli, "--name and --role have at most %d bytes", PH_NAME_MAX);
    if (ph_handle_parse(&person.handle, ph_bytes_str(argv[optind]), &why) != PH_OK)
        return ph_cli_usage(cli, "%s", why.what);
    snprintf(person.name, sizeof(person.name), "%s", name);
    snprintf(person.role, sizeof(person.role), "%s", role);
    enum ph_err err = ph_session_open(&s, cli, PH_SESSION_WRITE, true, &why);
    if (err == PH_OK)
        err = add(cli, &s, &person, org_file, &why);
    if (err == PH_OK)
        printf("%s/%s is on the card of %s\n", s.self.code.s, person.handle.s, s.self.code.s);
    ph_session_close(&s);
    return err == PH_OK ? 0 : ph_cli_fail(err, &why);
}
