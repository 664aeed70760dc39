/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/output.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/record/content.h"

void ph_output_json(json_t *value, unsigned indent)
{
    struct ph_buf text = ph_buf(PH_MIB(64));
    if (value != NULL && ph_content_json(&text, value, indent) == PH_OK) {
        fwrite(text.p, 1, text.n, stdout);
        putchar('\n');
    }
    ph_buf_wipe(&text);
    json_decref(value);
}

json_t *ph_json_time(ph_ms ms)
{
    char text[PH_TIME_TEXT_MAX];
    ph_time_text(text, ms);
    return json_string(text);
}

json_t *ph_json_hex(const uint8_t *p, size_t n)
{
    char text[129];
    if (n > 64)
        return json_null();
    ph_hex(text, ph_bytes(p, n));
    return json_string(text);
}

json_t *ph_json_text(struct ph_bytes text)
{
    json_t *v = json_stringn((const char *)text.p, text.n);
    return v != NULL ? v : json_null();
}

static json_t *roster_json(const struct ph_roster *r)
{
    json_t *orgs = json_array(), *groups = json_array(), *stewards = json_array();
    struct ph_hash hash;
    char text[PH_KEY_TEXT_MAX];
    for (size_t i = 0; i < r->n_orgs; i++) {
        const struct ph_roster_org *o = &r->orgs[i];
        ph_org_key_text(text, &o->key);
        json_array_append_new(orgs, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "code", o->code.s,
                                              "name", o->name, "country", o->country, "kind",
                                              ph_org_kind_text(o->kind), "key", text, "joined",
                                              ph_json_time(o->joined)));
    }
    for (size_t i = 0; i < r->n_groups; i++) {
        json_t *members = json_array();
        for (size_t k = 0; k < r->groups[i].n_members; k++)
            json_array_append_new(members, json_string(r->groups[i].members[k].s));
        json_array_append_new(groups,
                              json_pack("{s:s, s:s, s:o, s:o}", "name", r->groups[i].name, "title",
                                        r->groups[i].title, "id",
                                        ph_json_hex(r->groups[i].id.b, 32), "members", members));
    }
    for (size_t i = 0; i < r->n_stewards; i++) {
        ph_steward_key_text(text, &r->stewards[i]);
        json_array_append_new(stewards, json_string(text));
    }
    json_t *v = json_pack("{s:s, s:I, s:o, s:o, s:i, s:o, s:o, s:o, s:i}", "name", r->name, "seq",
                          (json_int_t)r->seq, "issued", ph_json_time(r->issued), "review_by",
                          ph_json_time(r->review_by), "threshold", (int)r->threshold, "stewards",
                          stewards, "orgs", orgs, "groups", groups, "signatures", (int)r->n_sigs);
    if (v != NULL && ph_roster_hash(&hash, r) == PH_OK)
        json_object_set_new(v, "hash", ph_json_hex(hash.b, 32));
    return v;
}

void ph_output_roster(const struct ph_roster *r, bool json)
{
    if (json) {
        ph_output_json(roster_json(r), 0);
        return;
    }
    char name[2 * PH_NAME_MAX], issued[PH_TIME_TEXT_MAX], review[PH_TIME_TEXT_MAX];
    ph_time_text(issued, r->issued);
    ph_time_text(review, r->review_by);
    printf("Roster %llu of \"%s\"\nIssued %s, review by %s\n", (unsigned long long)r->seq,
           ph_text_safe(name, sizeof(name), ph_bytes_str(r->name)), issued, review);
    printf("%zu steward%s, %u must sign; %zu signature%s\n", r->n_stewards,
           r->n_stewards == 1 ? "" : "s", r->threshold, r->n_sigs, r->n_sigs == 1 ? "" : "s");
    for (size_t i = 0; i < r->n_orgs; i++)
        printf("  %-16s %s  %-10s %s\n", r->orgs[i].code.s, r->orgs[i].country,
               ph_org_kind_text(r->orgs[i].kind),
               ph_text_safe(name, sizeof(name), ph_bytes_str(r->orgs[i].name)));
    for (size_t i = 0; i < r->n_groups; i++) {
        printf("  group:%s =", r->groups[i].name);
        for (size_t k = 0; k < r->groups[i].n_members; k++)
            printf("%s%s", k ? "," : " ", r->groups[i].members[k].s);
        putchar('\n');
    }
}

void ph_audience_text(char *out, size_t size, const struct ph_header *h,
                      const struct ph_members *members)
{
    if (h->audience.kind == PH_AUDIENCE_COMMUNITY) {
        snprintf(out, size, "community");
        return;
    }
    if (h->audience.kind == PH_AUDIENCE_GROUP) {
        const struct ph_group *g = ph_roster_group(ph_members_roster(members), &h->audience.id);
        if (g != NULL)
            snprintf(out, size, "group:%s", g->name);
        else
            snprintf(out, size, "group:%02x%02x%02x%02x", h->audience.id.b[0], h->audience.id.b[1],
                     h->audience.id.b[2], h->audience.id.b[3]);
        return;
    }
    size_t at = 0;
    out[0] = 0;
    for (size_t i = 0; i < h->n_recipients; i++) {
        char one[52];
        ph_recipient_text(one, &h->recipients[i]);
        size_t n = strlen(one) + 1;
        if (at + n + 4 >= size) {
            snprintf(out + at, size - at, "…");
            return;
        }
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? "," : "", one);
    }
}
