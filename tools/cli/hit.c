/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/hit.h"

#include <unistd.h>

#include "proto/intel/json.h"
#include "proto/intel/stix.h"
#include "proto/record/content.h"
#include "tools/cli/output.h"
#include "tools/cli/term.h"

#define NAME_TEXT_MAX 160

struct ph_hit_style ph_hit_style(const struct ph_cli *cli)
{
    return (struct ph_hit_style){.json = cli->json,
                                 .columns = isatty(STDOUT_FILENO),
                                 .colour = ph_term_colour(STDOUT_FILENO)};
}

static bool set_text(json_t *v, const char *key, const char *text)
{
    return text == NULL || json_object_set_new(v, key, json_string(text)) == 0;
}

static bool set_time(json_t *v, const char *key, ph_ms at)
{
    return json_object_set_new(v, key, ph_json_time(at)) == 0;
}

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = ph_json_str(object, key);
    return text ? text : otherwise;
}

static json_t *hit_json(const struct ph_object *o, struct ph_bytes value,
                        const struct ph_members *members)
{
    const struct ph_record *record = o->entry.record;
    char audience[2048], id[65];
    json_t *v = json_object();
    ph_hex(id, ph_bytes(record->id.b, 32));
    ph_audience_text(audience, sizeof(audience), &record->header, members);
    bool ok = v != NULL &&
              (value.n == 0 || json_object_set_new(v, "value", ph_json_text(value)) == 0) &&
              set_text(v, "stix_id", ph_json_str(o->json, "id")) && set_text(v, "record", id) &&
              set_text(v, "tlp", ph_tlp_text(record->header.label)) &&
              set_text(v, "audience", audience) && set_text(v, "org", record->author_org.s) &&
              set_text(v, "created", ph_json_str(o->json, "created")) &&
              set_text(v, "modified", ph_json_str(o->json, "modified")) &&
              set_text(v, "type", ph_json_str(o->json, "type")) &&
              set_text(v, "name", ph_json_str(o->json, "name")) &&
              set_time(v, "shared", record->header.created);
    /* An observable has no `created` of its own: when it was shared is what there is. */
    if (ok && json_object_get(v, "created") == NULL)
        ok = set_time(v, "created", record->header.created);
    if (ok && (record->header.flags & PH_FLAG_EXERCISE))
        ok = json_object_set_new(v, "exercise", json_true()) == 0;
    if (ok && json_is_true(json_object_get(o->json, "revoked")))
        ok = json_object_set_new(v, "revoked", json_true()) == 0;
    if (ok)
        return v;
    json_decref(v);
    return NULL;
}

static enum ph_err print_json(struct ph_buf *out, json_t *v)
{
    size_t before = out->n;
    enum ph_err err = v ? ph_content_json(out, v, 0) : PH_ERR_NOMEM;
    if (!err)
        err = ph_buf_add(out, ph_bytes_str("\n"));
    if (err)
        out->n = before;
    json_decref(v);
    return err;
}

/* "EXERCISE", "revoked", or nothing: what a reader must not overlook. */
static const char *warning(const struct ph_object *o)
{
    if (o->entry.record->header.flags & PH_FLAG_EXERCISE)
        return "  (exercise)";
    return json_is_true(json_object_get(o->json, "revoked")) ? "  (revoked)" : "";
}

static enum ph_err print_text(struct ph_buf *out, const struct ph_hit_style *style,
                              const struct ph_object *o, struct ph_bytes value)
{
    const struct ph_record *record = o->entry.record;
    char safe_value[NAME_TEXT_MAX], name[NAME_TEXT_MAX], id[65];
    const char *type = text_of(o->json, "type", "");
    const char *tlp = ph_tlp_text(record->header.label);
    ph_hex(id, ph_bytes(record->id.b, 32));
    ph_text_safe(safe_value, sizeof(safe_value), value);
    ph_text_safe(name, sizeof(name),
                 ph_bytes_str(text_of(o->json, "name", text_of(o->json, "id", ""))));
    if (!style->columns)
        return ph_buf_printf(out, "%s%s%s\t%s\t%.*s\t%s\t%s%s\n", safe_value, value.n ? "\t" : "",
                             tlp, record->author_org.s, PH_HIT_ID_DIGITS, id, type, name,
                             warning(o));
    return ph_buf_printf(out, "%s%-*s%s%-12s%s  %-8s %.*s  %-16s %s%s\n", safe_value,
                         value.n ? (int)PH_MAX(2, 40 - (int)PH_MIN(value.n, 38u)) : 0, "",
                         ph_term_tlp_on(record->header.label, style->colour), tlp,
                         ph_term_off(style->colour), record->author_org.s, PH_HIT_ID_DIGITS, id,
                         type, name, warning(o));
}

enum ph_err ph_hit_print(struct ph_buf *out, const struct ph_hit_style *style,
                         const struct ph_object *object, struct ph_bytes value,
                         const struct ph_members *members)
{
    return style->json ? print_json(out, hit_json(object, value, members))
                       : print_text(out, style, object, value);
}

static json_t *flags_json(uint32_t flags)
{
    static const char *const names[] = {"carry", "urgent", "exercise", "community-tokens"};
    json_t *v = json_array();
    for (size_t i = 0; i < PH_LEN(names); i++)
        if (flags & 1u << i)
            json_array_append_new(v, json_string(names[i]));
    return v;
}

json_t *ph_hit_record_json(const struct ph_entry *entry, const struct ph_members *members)
{
    const struct ph_record *r = entry->record;
    char audience[2048], node[PH_KEY_TEXT_MAX], id[65];
    ph_hex(id, ph_bytes(r->id.b, 32));
    ph_node_key_text(node, &r->header.author);
    ph_audience_text(audience, sizeof(audience), &r->header, members);
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "record", id,
                     "type", ph_record_type_text(r->header.type), "created",
                     ph_json_time(r->header.created), "expires", ph_json_time(r->header.expires),
                     "tlp", ph_tlp_text(r->header.label), "audience", audience, "org",
                     r->author_org.s, "node", node, "state", ph_state_text(entry->state), "objects",
                     (json_int_t)entry->n_objects, "bytes", (json_int_t)r->header.body_size,
                     "flags", flags_json(r->header.flags));
}
