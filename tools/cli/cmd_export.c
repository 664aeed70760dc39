/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn export: what may leave through a door, as one STIX bundle.
 *
 * Two walks over the records: the first chooses one version of each object and sees to the audit
 * entry, the second writes. So a relationship whose other end may not leave is left out, and
 * nothing leaves before it is logged. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/intel/json.h"
#include "proto/intel/stix.h"
#include "proto/intel/stix_write.h"
#include "proto/record/content.h"
#include "tools/cli/chosen.h"
#include "tools/cli/egress.h"
#include "tools/cli/outfile.h"
#include "tools/cli/progress.h"
#include "tools/cli/when.h"

/* Bundle text kept before it is written out, and room for one object more. */
#define TEXT_KEPT PH_KIB(256)
#define TEXT_MAX  PH_MIB(8)

static volatile int interrupted; /* the one thing a signal handler can tell us through */

struct exporting {
    struct ph_session session;
    struct ph_reading *reading;
    struct ph_egress egress;
    struct ph_chosen chosen;
    struct ph_list_filter filter;
    enum ph_door door;
    bool has_door;
    enum ph_tlp max;
    const char *format, *path;
    bool without_logged; /* no audit entry could be written */
    ph_ms now;
    struct ph_outfile out;
    struct ph_stix_writer writer;
    struct ph_buf text, json;
    bool labels[PH_N_TLP]; /* used */
    uint64_t n_written;
    struct ph_progress progress;
    enum ph_err err;
    struct ph_why why; /* of what went wrong in a callback */
};

static void on_signal(int signo)
{
    interrupted = signo;
}

static int take_option(struct ph_cli *cli, struct exporting *x, int option)
{
    struct ph_why why = {0};
    enum ph_err err = PH_OK;
    switch (option) {
    case 'f':
        x->format = optarg;
        break;
    case 'd':
        err = ph_door_parse(&x->door, ph_bytes_str(optarg), &why);
        if (!err && (x->door < PH_DOOR_INTERNAL || x->door > PH_DOOR_PUBLIC))
            err = PH_ERR_INPUT;
        if (err)
            return ph_cli_usage(cli, "--for takes internal, client, community or public");
        x->has_door = true;
        break;
    case 't':
        err = ph_tlp_parse(&x->max, ph_bytes_str(optarg), &why);
        break;
    case 's':
        err = ph_when_moment(&x->filter.since, optarg, x->now, &why);
        break;
    case 'o':
        x->path = strcmp(optarg, "-") == 0 ? NULL : optarg;
        break;
    default:
        return 2;
    }
    return err ? ph_cli_usage(cli, "%s", why.what) : 0;
}

static int parse(struct ph_cli *cli, struct exporting *x, int argc, char **argv)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'}, {"for", required_argument, NULL, 'd'},
        {"tlp", required_argument, NULL, 't'},    {"since", required_argument, NULL, 's'},
        {"out", required_argument, NULL, 'o'},    {NULL, 0, NULL, 0}};
    for (int c; (c = ph_cli_option(cli, argc, argv, options)) != -1;) {
        int code = take_option(cli, x, c);
        if (code != 0)
            return code;
    }
    if (optind < argc)
        return ph_cli_usage(cli, "unexpected argument \"%s\"", argv[optind]);
    if (x->format == NULL || strcmp(x->format, "stix") != 0)
        return ph_cli_usage(cli, "--format is needed, and the one there is is stix");
    if (!x->has_door)
        return ph_cli_usage(cli,
                            "--for is needed: who gets it? internal, client, community, public");
    return 0;
}

/* Whether the record may leave, and whether that must be logged. */
static bool may_leave(const struct exporting *x, const struct ph_entry *entry, bool *out_logged)
{
    const struct ph_header *h = &entry->record->header;
    if (entry->state != PH_STATE_OPEN || h->type != PH_RECORD_CONTENT || h->label > x->max ||
        h->expires <= x->now || (h->flags & PH_FLAG_EXERCISE))
        return false;
    struct ph_policy_answer answer = ph_egress_ask(&x->egress, entry);
    *out_logged = answer.logged;
    return answer.allowed && !(answer.logged && x->without_logged);
}

static bool card_lists(const struct exporting *x, const struct ph_code *org, const char *identity)
{
    const struct ph_card *card = ph_members_card(x->session.members, org);
    for (size_t i = 0; identity != NULL && card != NULL && i < card->identities.n; i++)
        if (strcmp(card->identities.v[i], identity) == 0)
            return true;
    return false;
}

static bool on_choice(void *ctx, const struct ph_object *object)
{
    struct exporting *x = (struct exporting *)ctx;
    struct ph_stix_head head;
    if (ph_stix_head(&head, object->json, NULL))
        return true; /* an object without type or id is of no use to anyone */
    struct ph_chosen_version version = {
        .record = object->entry.record->id,
        .position = object->position,
        .modified = head.modified,
        .modified_nanos = head.modified_nanos,
        .created = head.created,
        .org = object->entry.record->author_org,
        .is_owner = card_lists(x, &object->entry.record->author_org,
                               ph_json_str(object->json, "created_by_ref"))};
    ph_chosen_key(version.key, &x->chosen, head.id);
    x->err = ph_chosen_offer(&x->chosen, &version);
    return !x->err;
}

static bool on_first_walk(void *ctx, const struct ph_entry *entry)
{
    struct exporting *x = (struct exporting *)ctx;
    bool logged = false;
    if (!may_leave(x, entry, &logged))
        return !interrupted;
    ph_progress_show(&x->progress, "choosing: %zu objects", x->chosen.n);
    if (logged)
        x->err = ph_egress_note(&x->egress, &entry->record->id);
    if (!x->err) {
        enum ph_err err = ph_entry_objects(x->reading, entry, on_choice, x, &x->why);
        x->err = x->err ? x->err : err;
    }
    return !x->err && !interrupted;
}

static enum ph_err choose(struct exporting *x, struct ph_why *why)
{
    uint8_t seed[32];
    randombytes_buf(seed, sizeof(seed));
    ph_chosen_done(&x->chosen);
    ph_chosen_init(&x->chosen, seed);
    enum ph_err err = ph_list(x->reading, &x->filter, on_first_walk, x, why);
    return err ? err : x->err;
}

/* The other end of a relationship, or what was sighted, leaves too. */
static bool is_there(const struct exporting *x, const json_t *object, const char *key)
{
    const char *ref = ph_json_str(object, key);
    return ref != NULL && ph_chosen_find(&x->chosen, ref) != NULL;
}

static bool is_whole(const struct exporting *x, const json_t *object)
{
    const char *type = ph_json_str(object, "type");
    if (type != NULL && strcmp(type, "relationship") == 0)
        return is_there(x, object, "source_ref") && is_there(x, object, "target_ref");
    if (type != NULL && strcmp(type, "sighting") == 0)
        return is_there(x, object, "sighting_of_ref");
    return true;
}

static bool is_chosen(const struct exporting *x, const struct ph_object *object)
{
    const char *id = ph_json_str(object->json, "id");
    const struct ph_chosen_version *v = id ? ph_chosen_find(&x->chosen, id) : NULL;
    return v != NULL && v->position == object->position &&
           ph_id_equal(&v->record, &object->entry.record->id);
}

/* The five markings of TLP 2.0 are written by us, once, at the end. */
static bool is_tlp_definition(const json_t *object)
{
    const char *id = ph_json_str(object, "id");
    bool found = false;
    for (unsigned i = 0; i < PH_N_TLP && id != NULL && !found; i++) {
        json_t *definition = ph_stix_tlp_definition((enum ph_tlp)i);
        const char *own = definition ? ph_json_str(definition, "id") : NULL;
        found = own != NULL && strcmp(own, id) == 0;
        json_decref(definition);
    }
    return found;
}

static bool is_definition(const json_t *object)
{
    const char *type = ph_json_str(object, "type");
    return type != NULL && strcmp(type, "marking-definition") == 0;
}

static enum ph_err flush(struct exporting *x, size_t kept)
{
    if (x->text.n <= kept)
        return PH_OK;
    enum ph_err err = ph_outfile_write(&x->out, ph_buf_bytes(&x->text), &x->why);
    ph_buf_clear(&x->text);
    return err;
}

static enum ph_err write_object(struct exporting *x, const json_t *object)
{
    ph_buf_clear(&x->json);
    enum ph_err err = ph_content_json(&x->json, object, 0);
    if (!err)
        err = ph_stix_write_object(&x->writer, ph_buf_bytes(&x->json));
    return err ? err : flush(x, TEXT_KEPT);
}

static bool on_write(void *ctx, const struct ph_object *object)
{
    struct exporting *x = (struct exporting *)ctx;
    enum ph_tlp label = object->entry.record->header.label;
    json_t *marked = NULL;
    bool is_marking = is_definition(object->json);
    if (!is_chosen(x, object) || !is_whole(x, object->json) ||
        (is_marking && is_tlp_definition(object->json)))
        return true;
    if (is_marking)
        marked = json_incref(object->json); /* says what others mean; carries no mark itself */
    else
        x->err = ph_stix_mark(&marked, object->json, label);
    if (!x->err)
        x->err = write_object(x, marked);
    json_decref(marked);
    x->labels[label] |= !is_marking;
    x->n_written += !x->err;
    return !x->err;
}

static bool on_second_walk(void *ctx, const struct ph_entry *entry)
{
    struct exporting *x = (struct exporting *)ctx;
    bool logged = false;
    if (!may_leave(x, entry, &logged))
        return !interrupted;
    ph_progress_show(&x->progress, "writing: %llu objects", (unsigned long long)x->n_written);
    enum ph_err err = ph_entry_objects(x->reading, entry, on_write, x, &x->why);
    x->err = x->err ? x->err : err;
    return !x->err && !interrupted;
}

static enum ph_err write_definitions(struct exporting *x)
{
    enum ph_err err = PH_OK;
    for (unsigned i = 0; i < PH_N_TLP && !err; i++) {
        if (!x->labels[i])
            continue;
        json_t *definition = ph_stix_tlp_definition((enum ph_tlp)i);
        err = definition ? write_object(x, definition) : PH_ERR_NOMEM;
        json_decref(definition);
    }
    return err;
}

static enum ph_err write_bundle(struct exporting *x, struct ph_why *why)
{
    unsigned mode = x->door == PH_DOOR_PUBLIC ? 0644 : 0640;
    enum ph_err err = ph_outfile_open(&x->out, x->path, mode, why);
    if (!err)
        err = ph_stix_write_begin(&x->writer, &x->text, NULL, why);
    if (!err)
        err = ph_list(x->reading, &x->filter, on_second_walk, x, why);
    if (!err)
        err = x->err;
    if (!err)
        err = write_definitions(x);
    if (!err)
        err = ph_stix_write_end(&x->writer);
    if (!err)
        err = flush(x, 0);
    return err || interrupted ? err : ph_outfile_commit(&x->out, why);
}

/* Without a daemon the store is opened anew for the entry, so the reading goes and comes again. */
static enum ph_err log_it(struct exporting *x, struct ph_why *why)
{
    if (x->egress.ids.n == 0)
        return PH_OK;
    ph_reading_free(x->reading);
    x->reading = NULL;
    x->without_logged = ph_egress_audit(&x->egress, &x->egress.why) != PH_OK;
    if (x->session.store == NULL)
        return ph_fail(why, PH_ERR_IO, "cannot open the store again");
    enum ph_err err = ph_reading_new(&x->reading, x->session.store, x->session.members, why);
    if (err || !x->without_logged)
        return err;
    x->egress.n_left_out = 1; /* ends with 3, and says why */
    return choose(x, why);    /* without them, other versions and ends may be chosen */
}

static enum ph_err run(struct exporting *x, struct ph_why *why)
{
    enum ph_err err = ph_reading_new(&x->reading, x->session.store, x->session.members, why);
    x->filter.oldest_first = true;
    if (!err)
        err = choose(x, why);
    if (!err && !interrupted)
        err = log_it(x, why);
    if (!err && !interrupted)
        err = write_bundle(x, why);
    ph_reading_free(x->reading);
    ph_progress_clear(&x->progress);
    if (err && why->what[0] == 0 && x->why.what[0] != 0)
        *why = x->why;
    return err;
}

static int end(struct exporting *x, const struct ph_cli *cli)
{
    char safe[160];
    if (interrupted) {
        (void)signal(interrupted, SIG_DFL);
        (void)raise(interrupted);
    }
    if (x->n_written == 0)
        fputs("posthorn: nothing to export\n", stderr);
    else if (x->path != NULL && !cli->quiet)
        printf("%llu objects written to %s\n", (unsigned long long)x->n_written,
               ph_text_safe(safe, sizeof(safe), ph_bytes_str(x->path)));
    return ph_egress_end(&x->egress, x->n_written > 0 ? 0 : 1);
}

int ph_cmd_export(struct ph_cli *cli, int argc, char **argv)
{
    static const struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct ph_why why = {0};
    struct exporting x = {.session = {.daemon = -1},
                          .max = PH_TLP_RED,
                          .now = ph_tool_now(),
                          .text = ph_buf(TEXT_MAX),
                          .json = ph_buf(TEXT_MAX),
                          .progress = ph_progress(cli)};
    int code = parse(cli, &x, argc, argv);
    if (code != 0)
        return code;
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    enum ph_err err = ph_session_open(&x.session, cli, PH_SESSION_READ, true, &why);
    x.egress = ph_egress(&x.session, x.door, "export", stdout);
    if (!err)
        err = run(&x, &why);
    ph_outfile_done(&x.out);
    if (err == PH_ERR_CLOSED)
        code = 0;
    else
        code = err ? ph_cli_fail(err, &why) : end(&x, cli);
    ph_chosen_done(&x.chosen);
    ph_egress_done(&x.egress);
    ph_buf_wipe(&x.text);
    ph_buf_wipe(&x.json);
    ph_session_close(&x.session);
    return code;
}
