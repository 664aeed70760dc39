/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn ls: records, newest first. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/intel/json.h"
#include "proto/intel/stix_id.h"
#include "proto/record/content.h"
#include "tools/cli/audience.h"
#include "tools/cli/egress.h"
#include "tools/cli/hit.h"
#include "tools/cli/output.h"
#include "tools/cli/term.h"
#include "tools/cli/when.h"

#define RECORD_TYPES 6

struct listing {
    struct ph_session session;
    struct ph_reading *reading;
    struct ph_egress egress;
    struct ph_hit_style style;
    struct ph_list_filter filter;
    const char *to, *type;
    int record_type; /* of --type; -1: it names a STIX type, or nothing */
    struct ph_buf line;
    uint64_t n_printed, limit;
    enum ph_err err;
};

static int take_option(struct ph_cli *cli, struct listing *l, int option)
{
    struct ph_why why = {0};
    struct ph_list_filter *f = &l->filter;
    enum ph_err err = PH_OK;
    switch (option) {
    case 't':
        err = ph_tlp_parse(&f->label, ph_bytes_str(optarg), &why);
        f->has_label = true;
        break;
    case 'o':
        l->to = optarg;
        break;
    case 'g':
        err = ph_code_parse(&f->org, ph_bytes_str(optarg), &why);
        f->has_org = true;
        break;
    case 's':
        err = ph_when_moment(&f->since, optarg, ph_tool_now(), &why);
        break;
    case 'u':
        err = ph_when_moment(&f->until, optarg, ph_tool_now(), &why);
        break;
    case 'y':
        l->type = optarg;
        break;
    case 'l':
        if (!ph_cli_number(optarg, &l->limit))
            return ph_cli_usage(cli, "--limit takes a number");
        break;
    case 'a':
        f->all_types = true;
        break;
    default:
        return 2;
    }
    return err ? ph_cli_usage(cli, "%s", why.what) : 0;
}

/* --type takes the types of records, and of what is in them. */
static int take_type(struct ph_cli *cli, struct listing *l)
{
    char safe[48];
    l->record_type = -1;
    for (unsigned i = 0; l->type != NULL && i < RECORD_TYPES; i++) {
        if (strcmp(ph_record_type_text((enum ph_record_type)i), l->type) == 0) {
            l->record_type = (int)i;
            l->filter.all_types = true;
        }
    }
    if (l->type != NULL && l->record_type < 0 && !ph_stix_type_is_valid(l->type))
        return ph_cli_usage(cli, "no type is called \"%s\"",
                            ph_text_safe(safe, sizeof(safe), ph_bytes_str(l->type)));
    return 0;
}

static int parse(struct ph_cli *cli, struct listing *l, int argc, char **argv)
{
    static const struct option options[] = {{"tlp", required_argument, NULL, 't'},
                                            {"to", required_argument, NULL, 'o'},
                                            {"org", required_argument, NULL, 'g'},
                                            {"since", required_argument, NULL, 's'},
                                            {"until", required_argument, NULL, 'u'},
                                            {"type", required_argument, NULL, 'y'},
                                            {"limit", required_argument, NULL, 'l'},
                                            {"all", no_argument, NULL, 'a'},
                                            {NULL, 0, NULL, 0}};
    for (int c; (c = ph_cli_option(cli, argc, argv, options)) != -1;) {
        int code = take_option(cli, l, c);
        if (code != 0)
            return code;
    }
    if (optind < argc)
        return ph_cli_usage(cli, "unexpected argument \"%s\"; to look for words: posthorn search",
                            argv[optind]);
    return take_type(cli, l);
}

struct type_search {
    const char *type;
    bool found;
};

static bool on_object(void *ctx, const struct ph_object *object)
{
    struct type_search *s = (struct type_search *)ctx;
    const char *type = ph_json_str(object->json, "type");
    s->found = type != NULL && strcmp(type, s->type) == 0;
    return !s->found;
}

static bool has_type(struct listing *l, const struct ph_entry *entry)
{
    struct type_search search = {.type = l->type};
    if (l->type == NULL)
        return true;
    if (l->record_type >= 0)
        return (int)entry->record->header.type == l->record_type;
    if (entry->state != PH_STATE_OPEN || entry->record->header.type != PH_RECORD_CONTENT)
        return false;
    l->err = ph_entry_objects(l->reading, entry, on_object, &search, NULL);
    return search.found;
}

static enum ph_err print_json(struct listing *l, const struct ph_entry *entry)
{
    json_t *v = ph_hit_record_json(entry, l->session.members);
    enum ph_err err = v ? ph_content_json(&l->line, v, 0) : PH_ERR_NOMEM;
    json_decref(v);
    return err ? err : ph_buf_add(&l->line, ph_bytes_str("\n"));
}

static const char *drill(const struct ph_header *h)
{
    return h->flags & PH_FLAG_EXERCISE ? "  (exercise)" : "";
}

static enum ph_err print_line(struct listing *l, const struct ph_entry *entry)
{
    const struct ph_header *h = &entry->record->header;
    char id[65], created[PH_TIME_TEXT_MAX], to[64];
    ph_hex(id, ph_bytes(entry->record->id.b, 32));
    ph_time_text(created, h->created);
    ph_audience_text(to, sizeof(to), h, l->session.members);
    const char *kind =
        h->type == PH_RECORD_CONTENT ? ph_state_text(entry->state) : ph_record_type_text(h->type);
    if (!l->style.columns)
        return ph_buf_printf(&l->line, "%.*s\t%s\t%s\t%s\t%u\t%s\t%s%s\n", PH_HIT_ID_DIGITS, id,
                             created, ph_tlp_text(h->label), entry->record->author_org.s,
                             (unsigned)entry->n_objects, kind, to, drill(h));
    if (l->n_printed == 0 &&
        ph_buf_printf(&l->line, "%-*s  %-20s  %-12s  %-8s  %7s  %-10s  %s\n", PH_HIT_ID_DIGITS,
                      "RECORD", "CREATED", "TLP", "FROM", "OBJECTS", "STATE", "TO"))
        return PH_ERR_NOMEM;
    return ph_buf_printf(&l->line, "%.*s  %.19sZ  %s%-12s%s  %-8s  %7u  %-10s  %s%s\n",
                         PH_HIT_ID_DIGITS, id, created, ph_term_tlp_on(h->label, l->style.colour),
                         ph_tlp_text(h->label), ph_term_off(l->style.colour),
                         entry->record->author_org.s, (unsigned)entry->n_objects, kind, to,
                         drill(h));
}

static bool on_entry(void *ctx, const struct ph_entry *entry)
{
    struct listing *l = (struct listing *)ctx;
    struct ph_policy_answer answer = ph_egress_ask(&l->egress, entry);
    if (!answer.allowed || !has_type(l, entry))
        return !l->err;
    ph_buf_clear(&l->line);
    if (!l->err)
        l->err = l->style.json ? print_json(l, entry) : print_line(l, entry);
    if (!l->err)
        l->err = ph_egress_print(&l->egress, entry, answer, ph_buf_bytes(&l->line));
    l->n_printed += !l->err;
    return !l->err && (l->limit == 0 || l->n_printed < l->limit);
}

static enum ph_err run(struct listing *l, struct ph_why *why)
{
    struct ph_recipient *recipients = NULL;
    size_t n = 0;
    enum ph_err err = PH_OK;
    if (l->to != NULL) {
        err =
            ph_audience_parse(&l->filter.audience, &recipients, &n, l->to, l->session.members, why);
        l->filter.has_audience = true;
        free(recipients);
    }
    if (!err)
        err = ph_reading_new(&l->reading, l->session.store, l->session.members, why);
    if (!err)
        err = ph_list(l->reading, &l->filter, on_entry, l, why);
    ph_reading_free(l->reading);
    return err ? err : l->err;
}

int ph_cmd_ls(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct listing l = {.session = {.daemon = -1}, .line = ph_buf(PH_MIB(1))};
    int code = parse(cli, &l, argc, argv);
    if (code != 0)
        return code;
    enum ph_err err = ph_session_open(&l.session, cli, PH_SESSION_READ, true, &why);
    l.style = ph_hit_style(cli);
    l.egress = ph_egress(&l.session, PH_DOOR_INTERNAL, "ls", stdout);
    if (!err)
        err = run(&l, &why);
    if (err && err != PH_ERR_CLOSED)
        code = ph_cli_fail(err, &why);
    else
        code = ph_egress_end(&l.egress, l.n_printed > 0 ? 0 : 1);
    ph_egress_done(&l.egress);
    ph_buf_done(&l.line);
    ph_session_close(&l.session);
    return code;
}
