/* SPDX-License-Identifier: Apache-2.0
 *
 * A roster's bytes: document, signatures, hash. Format: docs/protocol.md, "Roster". */
#include <stdlib.h>

#include "proto/base/hash.h"
#include "proto/trust/fields.h"
#include "proto/trust/roster_priv.h"

static void write_stewards(struct ph_writer *w, const struct ph_roster *r)
{
    ph_write_array(w, r->n_stewards);
    for (size_t i = 0; i < r->n_stewards; i++)
        ph__doc_write_key(w, r->stewards[i].b);
}

static void write_orgs(struct ph_writer *w, const struct ph_roster *r)
{
    ph_write_array(w, r->n_orgs);
    for (size_t i = 0; i < r->n_orgs; i++) {
        const struct ph_roster_org *org = &r->orgs[i];
        ph_write_array(w, 6);
        ph_write_str(w, org->code.s);
        ph_write_str(w, org->name);
        ph_write_str(w, org->country);
        ph_write_uint(w, (unsigned)org->kind);
        ph__doc_write_key(w, org->key.b);
        ph_write_uint(w, org->joined);
    }
}

static void write_groups(struct ph_writer *w, const struct ph_roster *r)
{
    ph_write_array(w, r->n_groups);
    for (size_t i = 0; i < r->n_groups; i++) {
        const struct ph_group *group = &r->groups[i];
        ph_write_array(w, 4);
        ph__doc_write_hash(w, &group->id);
        ph_write_str(w, group->name);
        ph_write_str(w, group->title);
        ph_write_array(w, group->n_members);
        for (size_t j = 0; j < group->n_members; j++)
            ph_write_str(w, group->members[j].s);
    }
}

static void write_removed(struct ph_writer *w, const struct ph_roster *r)
{
    ph_write_array(w, r->n_removed);
    for (size_t i = 0; i < r->n_removed; i++) {
        const struct ph_removed *entry = &r->removed[i];
        ph_write_array(w, 6);
        ph_write_str(w, entry->code.s);
        ph__doc_write_key(w, entry->key.b);
        ph_write_uint(w, entry->at);
        ph_write_uint(w, entry->back);
        ph__doc_write_hash(w, &entry->frontier);
        ph_write_str(w, entry->reason);
    }
}

enum ph_err ph__roster_document(struct ph_buf *out, const struct ph_roster *roster)
{
    struct ph_writer w = ph_writer(out);
    ph_write_array(&w, 10);
    ph_write_str(&w, roster->name);
    ph_write_uint(&w, roster->seq);
    ph__doc_write_hash(&w, &roster->prev);
    ph_write_uint(&w, roster->issued);
    ph_write_uint(&w, roster->review_by);
    write_stewards(&w, roster);
    ph_write_uint(&w, roster->threshold);
    write_orgs(&w, roster);
    write_groups(&w, roster);
    write_removed(&w, roster);
    return ph_writer_end(&w);
}

enum ph_err ph_roster_encode(struct ph_buf *out, const struct ph_roster *roster)
{
    enum ph_err err = ph__roster_check(roster, NULL);
    if (err)
        return err;
    struct ph_buf document = ph_buf(PH_ROSTER_MAX);
    struct ph_buf whole = ph_buf(PH_ROSTER_MAX);
    err = ph__roster_document(&document, roster);
    if (!err) {
        struct ph_writer w = ph_writer(&whole);
        ph_write_array(&w, 2);
        ph_write_bin(&w, ph_buf_bytes(&document));
        ph_write_array(&w, roster->n_sigs);
        for (size_t i = 0; i < roster->n_sigs; i++) {
            ph_write_array(&w, 2);
            ph__doc_write_key(&w, roster->sigs[i].steward.b);
            ph_write_bin(&w, ph_bytes(roster->sigs[i].sig, sizeof(roster->sigs[i].sig)));
        }
        err = ph_writer_end(&w);
    }
    if (!err)
        err = ph_buf_add(out, ph_buf_bytes(&whole));
    ph_buf_done(&document);
    ph_buf_done(&whole);
    return err;
}

struct ph_hash ph__roster_document_hash(struct ph_bytes document)
{
    return ph_hash_one("roster", document);
}

enum ph_err ph_roster_hash(struct ph_hash *out, const struct ph_roster *roster)
{
    struct ph_buf document = ph_buf(PH_ROSTER_MAX);
    enum ph_err err = ph__roster_document(&document, roster);
    if (!err)
        *out = ph__roster_document_hash(ph_buf_bytes(&document));
    ph_buf_done(&document);
    return err;
}

static void read_stewards(struct ph_reader *r, struct ph_roster *out, const struct ph_roster *known)
{
    out->stewards = ph__doc_read_list(r, PH_STEWARDS_MAX, sizeof(*out->stewards), &out->n_stewards);
    for (size_t i = 0; i < out->n_stewards && !r->err; i++) {
        bool is_known = known && i < known->n_stewards;
        ph__doc_read_ed25519(r, out->stewards[i].b, is_known ? known->stewards[i].b : NULL);
    }
}

static void read_org(struct ph_reader *r, struct ph_roster_org *org, const struct ph_roster *known)
{
    ph_read_array_exact(r, 6);
    ph__doc_read_code(r, &org->code);
    ph__doc_read_name(r, org->name, PH_NAME_MAX);
    ph__doc_read_country(r, org->country);
    org->kind = (enum ph_org_kind)ph_read_uint(r, PH__N_ORG_KINDS - 1);
    const struct ph_roster_org *before = known && !r->err ? ph_roster_org(known, &org->code) : NULL;
    ph__doc_read_ed25519(r, org->key.b, before ? before->key.b : NULL);
    org->joined = ph__doc_read_ms(r);
}

static void read_group(struct ph_reader *r, struct ph_group *group)
{
    ph_read_array_exact(r, 4);
    ph_read_bin_exact(r, group->id.b, sizeof(group->id.b));
    ph__doc_read_name(r, group->name, PH_HANDLE_MAX);
    ph__doc_read_line(r, group->title, PH_NAME_MAX);
    group->members = ph__doc_read_list(r, PH_ORGS_MAX, sizeof(*group->members), &group->n_members);
    for (size_t i = 0; i < group->n_members && !r->err; i++)
        ph__doc_read_code(r, &group->members[i]);
}

static void read_removed(struct ph_reader *r, struct ph_removed *entry)
{
    ph_read_array_exact(r, 6);
    ph__doc_read_code(r, &entry->code);
    ph_read_bin_exact(r, entry->key.b, sizeof(entry->key.b));
    entry->at = ph__doc_read_ms(r);
    entry->back = ph__doc_read_ms(r);
    ph_read_bin_exact(r, entry->frontier.b, sizeof(entry->frontier.b));
    ph__doc_read_line(r, entry->reason, PH_NAME_MAX);
}

static void read_document(struct ph_reader *r, struct ph_roster *out, const struct ph_roster *known)
{
    ph_read_array_exact(r, 10);
    ph__doc_read_name(r, out->name, PH_NAME_MAX);
    out->seq = ph__doc_read_seq(r);
    ph_read_bin_exact(r, out->prev.b, sizeof(out->prev.b));
    out->issued = ph__doc_read_ms(r);
    out->review_by = ph__doc_read_ms(r);
    read_stewards(r, out, known);
    out->threshold = (uint32_t)ph_read_uint(r, PH_STEWARDS_MAX);
    out->orgs = ph__doc_read_list(r, PH_ORGS_MAX, sizeof(*out->orgs), &out->n_orgs);
    for (size_t i = 0; i < out->n_orgs && !r->err; i++)
        read_org(r, &out->orgs[i], known);
    out->groups = ph__doc_read_list(r, PH_GROUPS_MAX, sizeof(*out->groups), &out->n_groups);
    for (size_t i = 0; i < out->n_groups && !r->err; i++)
        read_group(r, &out->groups[i]);
    out->removed = ph__doc_read_list(r, PH__REMOVED_MAX, sizeof(*out->removed), &out->n_removed);
    for (size_t i = 0; i < out->n_removed && !r->err; i++)
        read_removed(r, &out->removed[i]);
}

static void read_sigs(struct ph_reader *r, struct ph_roster *out)
{
    out->sigs = ph__doc_read_list(r, PH__ROSTER_SIGS_MAX, sizeof(*out->sigs), &out->n_sigs);
    for (size_t i = 0; i < out->n_sigs && !r->err; i++) {
        ph_read_array_exact(r, 2);
        ph_read_bin_exact(r, out->sigs[i].steward.b, sizeof(out->sigs[i].steward.b));
        ph_read_bin_exact(r, out->sigs[i].sig, sizeof(out->sigs[i].sig));
    }
}

static enum ph_err decode_into(struct ph_roster *roster, struct ph_bytes bytes,
                               const struct ph_roster *known, struct ph_why *why)
{
    struct ph_reader outer = ph_reader(bytes);
    ph_read_array_exact(&outer, 2);
    struct ph_bytes document = ph_read_bin(&outer, PH_ROSTER_MAX);
    read_sigs(&outer, roster);
    enum ph_err err = ph_reader_end(&outer, why);
    if (err)
        return ph_why_wrap(why, err, "roster");
    struct ph_reader inner = ph_reader(document);
    read_document(&inner, roster, known);
    err = ph_reader_end(&inner, why);
    if (err)
        return ph_why_wrap(why, err, "roster: document");
    return ph__roster_check(roster, why);
}

enum ph_err ph__roster_decode(struct ph_roster **out, struct ph_bytes bytes,
                              const struct ph_roster *known, struct ph_why *why)
{
    if (bytes.n > PH_ROSTER_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "roster is %zu bytes, limit is %d", bytes.n,
                       PH_ROSTER_MAX);
    struct ph_roster *roster = calloc(1, sizeof(*roster));
    if (!roster)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory for a roster");
    enum ph_err err = decode_into(roster, bytes, known, why);
    if (err) {
        ph_roster_free(roster);
        return err;
    }
    *out = roster;
    return PH_OK;
}

enum ph_err ph_roster_decode(struct ph_roster **out, struct ph_bytes bytes, struct ph_why *why)
{
    return ph__roster_decode(out, bytes, NULL, why);
}
