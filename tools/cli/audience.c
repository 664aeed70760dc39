/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/audience.h"

#include <stdio.h>
#include <stdlib.h>

/* Names for an error's text: as many as fit, then an ellipsis. */
struct names {
    char text[120];
    size_t n;
    bool is_cut;
};

static void names_add(struct names *names, const char *name)
{
    size_t room = sizeof(names->text) - names->n, n = strlen(name);
    if (names->is_cut || n + sizeof(", …") > room - 4) {
        if (!names->is_cut)
            snprintf(names->text + names->n, room, "%s…", names->n ? ", " : "");
        names->is_cut = true;
        return;
    }
    names->n += (size_t)snprintf(names->text + names->n, room, "%s%s", names->n ? ", " : "", name);
}

static const char *names_text(const struct names *names)
{
    return names->text[0] ? names->text : "none";
}

static enum ph_err parse_group(struct ph_audience *out, const char *name,
                               const struct ph_roster *roster, struct ph_why *why)
{
    char safe[64];
    struct names there = {.n = 0};
    const struct ph_group *group = ph_roster_group_named(roster, ph_bytes_str(name));
    if (group != NULL) {
        *out = (struct ph_audience){.kind = PH_AUDIENCE_GROUP, .id = group->id};
        return PH_OK;
    }
    for (size_t i = 0; i < roster->n_groups; i++)
        names_add(&there, roster->groups[i].name);
    return ph_fail(why, PH_ERR_NOTFOUND, "no group \"%s\"; groups: %s",
                   ph_text_safe(safe, sizeof(safe), ph_bytes_str(name)), names_text(&there));
}

static enum ph_err check_member(const struct ph_code *code, const struct ph_roster *roster,
                                struct ph_why *why)
{
    struct names there = {.n = 0};
    if (ph_roster_org(roster, code) != NULL)
        return PH_OK;
    for (size_t i = 0; i < roster->n_orgs; i++)
        names_add(&there, roster->orgs[i].code.s);
    return ph_fail(why, PH_ERR_NOTFOUND, "no member \"%s\"; members: %s", code->s,
                   names_text(&there));
}

static enum ph_err check_person(const struct ph_recipient *recipient,
                                const struct ph_members *members, struct ph_why *why)
{
    struct names there = {.n = 0};
    const struct ph_card *card = ph_members_card(members, &recipient->org);
    if (card == NULL)
        return ph_fail(why, PH_ERR_NOTFOUND,
                       "the card of %s, which would name its persons, has not come yet",
                       recipient->org.s);
    for (size_t i = 0; i < card->n_persons; i++) {
        if (card->persons[i].until != 0)
            continue;
        if (strcmp(card->persons[i].handle.s, recipient->person.s) == 0)
            return PH_OK;
        names_add(&there, card->persons[i].handle.s);
    }
    return ph_fail(why, PH_ERR_NOTFOUND, "no person \"%s\" on the card of %s; persons: %s",
                   recipient->person.s, recipient->org.s, names_text(&there));
}

static enum ph_err parse_recipient(struct ph_recipient *out, struct ph_bytes text,
                                   const struct ph_members *members, struct ph_why *why)
{
    char safe[64];
    struct ph_recipient recipient;
    enum ph_err err = ph_recipient_parse(&recipient, text, why);
    if (err) {
        err = ph_why_wrap(why, err, "\"%s\"", ph_text_safe(safe, sizeof(safe), text));
        ph_hint(why, "--to takes community, group:NAME, or codes such as FR,IT/alice");
        return err;
    }
    err = check_member(&recipient.org, ph_members_roster(members), why);
    if (!err && recipient.person.s[0] != 0)
        err = check_person(&recipient, members, why);
    if (!err)
        *out = recipient;
    return err;
}

static int cmp(const void *a, const void *b)
{
    return ph_recipient_cmp((const struct ph_recipient *)a, (const struct ph_recipient *)b);
}

/* Sorted, each once. */
static size_t tidy(struct ph_recipient *list, size_t n)
{
    size_t kept = 0;
    qsort(list, n, sizeof(*list), cmp);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || ph_recipient_cmp(&list[kept - 1], &list[i]) != 0)
            list[kept++] = list[i];
    return kept;
}

static enum ph_err parse_direct(struct ph_recipient *list, size_t *out_n, const char *text,
                                const struct ph_members *members, struct ph_why *why)
{
    size_t n = 0;
    for (const char *p = text;; p += 1) {
        size_t len = strcspn(p, ",");
        if (n == PH_RECIPIENTS_MAX)
            return ph_fail(why, PH_ERR_LIMIT, "over %d recipients: make a group of them",
                           PH_RECIPIENTS_MAX);
        enum ph_err err = parse_recipient(&list[n], ph_bytes(p, len), members, why);
        if (err)
            return err;
        n++;
        p += len;
        if (*p == 0)
            break;
    }
    *out_n = tidy(list, n);
    return PH_OK;
}

enum ph_err ph_audience_parse(struct ph_audience *out, struct ph_recipient **out_recipients,
                              size_t *out_n, const char *text, const struct ph_members *members,
                              struct ph_why *why)
{
    *out_recipients = NULL;
    *out_n = 0;
    if (strcmp(text, "community") == 0) {
        *out = (struct ph_audience){.kind = PH_AUDIENCE_COMMUNITY};
        return PH_OK;
    }
    if (strncmp(text, "group:", 6) == 0)
        return parse_group(out, text + 6, ph_members_roster(members), why);
    struct ph_recipient *list = (struct ph_recipient *)calloc(PH_RECIPIENTS_MAX, sizeof(*list));
    size_t n = 0;
    if (list == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the recipients");
    enum ph_err err = parse_direct(list, &n, text, members, why);
    if (!err && ph_audience_direct(out, list, n))
        err = ph_fail(why, PH_ERR_INTERNAL, "recipients have no order");
    if (err) {
        free(list);
        return err;
    }
    *out_recipients = list;
    *out_n = n;
    return PH_OK;
}
