/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn show: one record (by the beginning of its id) or all versions of one STIX object. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/intel/json.h"
#include "proto/record/content.h"
#include "tools/cli/egress.h"
#include "tools/cli/hit.h"
#include "tools/cli/output.h"

/* Printed text of one record at most; a body has at most PH_PLAIN_MAX bytes, escapes double some.
 */
#define SHOWN_MAX PH_MIB(64)

struct show {
    struct ph_session session;
    struct ph_reading *reading;
    struct ph_egress egress;
    struct ph_hit_style style;
    struct ph_buf out;
    struct ph_entry entry; /* the record found, with a reference of our own */
    uint64_t n_found;
    json_t *content; /* objects of the record, for JSON */
    enum ph_err err;
};

static const char *why_state(enum ph_state state)
{
    switch (state) {
    case PH_STATE_OPEN:
        return "this node can read it";
    case PH_STATE_SEALED:
        return "held for others: none of this node's keys opens it";
    case PH_STATE_WAITING:
        return "meant for this organisation: the grant with its key has not come yet";
    case PH_STATE_RETRACTED:
        return "retracted by its author: the body is gone";
    case PH_STATE_REFUSED:
        return "counted, not taken: its author's key had ended, or it was purged here";
    case PH_STATE_UNREADABLE:
        return "opened and found malformed, which is its author's fault";
    case PH_STATE_ELSEWHERE:
        return "an attachment whose body was not fetched";
    }
    return "";
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = ph_json_str(object, key);
    return text ? text : "";
}

/* "indicator--…  name", safe to print. */
static bool on_summary(void *ctx, const struct ph_object *object)
{
    struct show *s = (struct show *)ctx;
    char id[160], name[200];
    s->err = ph_buf_printf(
        &s->out, "  %s  %s\n",
        ph_text_safe(id, sizeof(id), ph_bytes_str(text_of(object->json, "id"))),
        ph_text_safe(name, sizeof(name), ph_bytes_str(text_of(object->json, "name"))));
    return !s->err;
}

static bool on_content(void *ctx, const struct ph_object *object)
{
    struct show *s = (struct show *)ctx;
    s->err = json_array_append(s->content, object->json) ? PH_ERR_NOMEM : PH_OK;
    return !s->err;
}

static enum ph_err add_json(struct show *s, json_t *v)
{
    enum ph_err err = v ? ph_content_json(&s->out, v, 0) : PH_ERR_NOMEM;
    json_decref(v);
    return err ? err : ph_buf_add(&s->out, ph_bytes_str("\n"));
}

static enum ph_err record_json(struct show *s, const struct ph_entry *entry, struct ph_why *why)
{
    json_t *v = ph_hit_record_json(entry, s->session.members);
    s->content = json_array();
    enum ph_err err = v && s->content ? PH_OK : PH_ERR_NOMEM;
    if (!err && entry->state == PH_STATE_OPEN && entry->record->header.type == PH_RECORD_CONTENT)
        err = ph_entry_objects(s->reading, entry, on_content, s, why);
    if (!err)
        err = s->err;
    if (!err &&
        (json_object_set_new(v, "reason", json_string(why_state(entry->state))) ||
         json_object_set_new(v, "signature",
                             json_string(ph_record_check(entry->record, NULL) ? "bad" : "good")) ||
         json_object_set(v, "content", s->content)))
        err = PH_ERR_NOMEM;
    json_decref(s->content);
    s->content = NULL;
    if (err) {
        json_decref(v);
        return err;
    }
    return add_json(s, v);
}

static enum ph_err flags_text(struct ph_buf *out, uint32_t flags)
{
    return ph_buf_printf(
        out, "%s%s%s%s", flags & PH_FLAG_CARRY ? "carried sealed by others too" : "audience only",
        flags & PH_FLAG_URGENT ? ", urgent" : "", flags & PH_FLAG_EXERCISE ? ", EXERCISE" : "",
        flags & PH_FLAG_COMMUNITY_TOKENS ? ", community tokens allowed" : "");
}

static enum ph_err envelope_text(struct show *s, const struct ph_entry *entry)
{
    const struct ph_record *r = entry->record;
    const struct ph_header *h = &r->header;
    char id[65], node[PH_KEY_TEXT_MAX], created[PH_TIME_TEXT_MAX], expires[PH_TIME_TEXT_MAX];
    char to[1024], name[PH_NAME_MAX * 2] = "";
    struct ph_member_node author;
    ph_hex(id, ph_bytes(r->id.b, 32));
    ph_node_key_text(node, &h->author);
    ph_time_text(created, h->created);
    ph_time_text(expires, h->expires);
    ph_audience_text(to, sizeof(to), h, s->session.members);
    if (ph_members_by_sign_key(s->session.members, &h->author, &author))
        ph_text_safe(name, sizeof(name), ph_bytes_str(author.node->name));
    enum ph_err err = ph_buf_printf(
        &s->out,
        "Record     %s\nType       %s, %u bytes\nLabel      TLP:%s\nAudience   %s\nFrom       %s, "
        "node %s\n           %s\nSignature  %s\nCreated    %s\nExpires    %s\nHandling   ",
        id, ph_record_type_text(h->type), (unsigned)h->body_size, ph_tlp_text(h->label), to,
        r->author_org.s, name, node, ph_record_check(r, NULL) ? "BAD" : "good", created, expires);
    if (!err)
        err = flags_text(&s->out, h->flags);
    return err ? err
               : ph_buf_printf(&s->out, "\nState      %s: %s\n", ph_state_text(entry->state),
                               why_state(entry->state));
}

static enum ph_err record_text(struct show *s, const struct ph_entry *entry, struct ph_why *why)
{
    enum ph_err err = envelope_text(s, entry);
    if (err || entry->state != PH_STATE_OPEN || entry->record->header.type != PH_RECORD_CONTENT)
        return err;
    err = ph_buf_printf(&s->out, "Objects    %u\n", (unsigned)entry->n_objects);
    if (!err)
        err = ph_entry_objects(s->reading, entry, on_summary, s, why);
    return err ? err : s->err;
}

static bool on_entry(void *ctx, const struct ph_entry *entry)
{
    struct show *s = (struct show *)ctx;
    if (!ph_egress_ask(&s->egress, entry).allowed)
        return true;
    if (s->n_found++ == 0) {
        s->entry = *entry;
        s->entry.record = ph_record_ref(entry->record);
    }
    return true;
}

static enum ph_err show_record(struct show *s, const char *prefix, struct ph_why *why)
{
    enum ph_err err = ph_find(s->reading, prefix, on_entry, s, why);
    if (err || s->n_found == 0)
        return err;
    if (s->n_found > 1) {
        err = ph_fail(why, PH_ERR_INPUT, "%llu records begin with %s",
                      (unsigned long long)s->n_found, prefix);
        ph_hint(why, "Give more digits; posthorn ls shows %d", PH_HIT_ID_DIGITS);
        return err;
    }
    err = s->style.json ? record_json(s, &s->entry, why) : record_text(s, &s->entry, why);
    if (err)
        return err;
    return ph_egress_print(&s->egress, &s->entry, ph_egress_ask(&s->egress, &s->entry),
                           ph_buf_bytes(&s->out));
}

/* Pretty JSON, each line made safe: escapes that a terminal would obey are visible. */
static enum ph_err add_pretty(struct ph_buf *out, const json_t *object)
{
    struct ph_buf text = ph_buf(SHOWN_MAX);
    enum ph_err err = ph_content_json(&text, object, 2);
    for (size_t at = 0; !err && at < text.n;) {
        const uint8_t *end = (const uint8_t *)memchr(text.p + at, '\n', text.n - at);
        size_t n = end ? (size_t)(end - text.p) - at : text.n - at, room = n * 10 + 4;
        char *safe = (char *)malloc(room);
        if (safe == NULL)
            err = PH_ERR_NOMEM;
        else
            err = ph_buf_printf(out, "%s\n", ph_text_safe(safe, room, ph_bytes(text.p + at, n)));
        free(safe);
        at += n + 1;
    }
    ph_buf_wipe(&text);
    return err;
}

static enum ph_err version_json(struct show *s, const struct ph_object *object)
{
    json_t *v = ph_hit_record_json(&object->entry, s->session.members);
    if (v != NULL && json_object_set(v, "object", object->json)) {
        json_decref(v);
        v = NULL;
    }
    return add_json(s, v);
}

static enum ph_err version_text(struct show *s, const struct ph_object *object)
{
    const struct ph_record *r = object->entry.record;
    char id[65], to[256];
    ph_hex(id, ph_bytes(r->id.b, 32));
    ph_audience_text(to, sizeof(to), &r->header, s->session.members);
    enum ph_err err =
        ph_buf_printf(&s->out, "%sTLP:%s to %s, from %s, record %.*s%s\n", s->n_found ? "\n" : "",
                      ph_tlp_text(r->header.label), to, r->author_org.s, PH_HIT_ID_DIGITS, id,
                      r->header.flags & PH_FLAG_EXERCISE ? " (exercise)" : "");
    return err ? err : add_pretty(&s->out, object->json);
}

static bool on_version(void *ctx, const struct ph_object *object)
{
    struct show *s = (struct show *)ctx;
    struct ph_policy_answer answer = ph_egress_ask(&s->egress, &object->entry);
    if (!answer.allowed)
        return true;
    ph_buf_clear(&s->out);
    s->err = s->style.json ? version_json(s, object) : version_text(s, object);
    if (!s->err)
        s->err = ph_egress_print(&s->egress, &object->entry, answer, ph_buf_bytes(&s->out));
    s->n_found++;
    return !s->err;
}

static enum ph_err run(struct show *s, const char *what, struct ph_why *why)
{
    bool is_stix = strstr(what, "--") != NULL;
    enum ph_err err = ph_reading_new(&s->reading, s->session.store, s->session.members, why);
    if (!err)
        err =
            is_stix ? ph_versions(s->reading, what, on_version, s, why) : show_record(s, what, why);
    ph_reading_free(s->reading); /* before an audit entry may open the store anew */
    s->reading = NULL;
    return err ? err : s->err;
}

static int not_found(const char *what)
{
    char safe[160];
    fprintf(stderr, "posthorn: no record or object \"%s\" here\n",
            ph_text_safe(safe, sizeof(safe), ph_bytes_str(what)));
    return 1;
}

int ph_cmd_show(struct ph_cli *cli, int argc, char **argv)
{
    struct ph_why why = {0};
    struct show s = {.session = {.daemon = -1}, .out = ph_buf(SHOWN_MAX)};
    if (ph_cli_option(cli, argc, argv, NULL) != -1)
        return 2;
    if (argc - optind != 1)
        return ph_cli_usage(cli, "give a record id (4 digits or more) or a STIX id");
    const char *what = argv[optind];
    enum ph_err err = ph_session_open(&s.session, cli, PH_SESSION_READ, true, &why);
    int code;
    s.style = ph_hit_style(cli);
    s.egress = ph_egress(&s.session, PH_DOOR_INTERNAL, "show", stdout);
    if (!err)
        err = run(&s, what, &why);
    if (err && err != PH_ERR_CLOSED)
        code = ph_cli_fail(err, &why);
    else
        code = ph_egress_end(&s.egress, s.n_found > 0 ? 0 : not_found(what));
    ph_record_unref(s.entry.record);
    ph_egress_done(&s.egress);
    ph_buf_wipe(&s.out);
    ph_session_close(&s.session);
    return code;
}
