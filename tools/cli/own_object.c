/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/own_object.h"

#include <stdio.h>

#include "proto/intel/json.h"
#include "proto/intel/stix.h"

/* STIX times are compared as instants of milliseconds: a new version is at least one later. */
#define VERSION_STEP_MS 1

static const char *listed_identity(const struct ph_session *s)
{
    const struct ph_card *card = ph_members_card(s->members, &s->self.code);
    for (size_t i = 0; card != NULL && i < card->identities.n; i++)
        if (ph_stix_id_is_valid(card->identities.v[i], "identity"))
            return card->identities.v[i];
    return NULL;
}

/* UUIDv5 of the code, in the space that the community's id spans: codes are never given away anew.
 */
static void derive_id(char out[static PH_STIX_ID_MAX], const struct ph_session *s)
{
    struct ph_uuid space;
    char uuid[PH_UUID_TEXT_MAX];
    memcpy(space.b, ph_members_community(s->members)->b, sizeof(space.b));
    ph_uuid5_text(uuid, &space, ph_bytes_str(s->self.code.s));
    snprintf(out, PH_STIX_ID_MAX, "identity--%s", uuid);
}

enum ph_err ph_own_identity(struct ph_own_identity *out, const struct ph_session *s,
                            struct ph_why *why)
{
    const char *listed = listed_identity(s);
    char time[PH_TIME_TEXT_MAX];
    struct ph_own_identity identity = {.object = NULL};
    if (listed != NULL) {
        snprintf(identity.id, sizeof(identity.id), "%s", listed);
        *out = identity;
        return PH_OK;
    }
    const struct ph_roster_org *org = ph_roster_org(ph_members_roster(s->members), &s->self.code);
    if (org == NULL)
        org = &s->self;
    derive_id(identity.id, s);
    ph_time_text(time, org->joined);
    identity.object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "type", "identity", "spec_version", "2.1",
                  "id", identity.id, "created", time, "modified", time, "name", org->name,
                  "identity_class", "organization");
    if (identity.object == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the identity of %s", org->code.s);
    *out = identity;
    return PH_OK;
}

void ph_own_identity_done(struct ph_own_identity *identity)
{
    json_decref(identity->object);
    identity->object = NULL;
}

struct search {
    const struct ph_code *org;
    json_t *found;
};

static bool on_version(void *ctx, const struct ph_object *object)
{
    struct search *s = (struct search *)ctx;
    if (ph_code_cmp(&object->entry.record->author_org, s->org) != 0)
        return true;
    s->found = json_incref(object->json); /* each organisation's newest comes first */
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool says_the_same(const json_t *stored, const json_t *fresh)
{
    return !json_is_true(json_object_get(stored, "revoked")) &&
           same_text(ph_json_str(stored, "pattern"), ph_json_str(fresh, "pattern")) &&
           same_text(ph_json_str(stored, "description"), ph_json_str(fresh, "description"));
}

/* Make @fresh the next version of @stored. */
static enum ph_err follow(json_t *fresh, json_t *stored, ph_ms now, struct ph_why *why)
{
    struct ph_stix_head head;
    char time[PH_TIME_TEXT_MAX];
    enum ph_err err = ph_stix_head(&head, stored, why);
    if (err)
        return err;
    ph_time_text(time, PH_MAX(now, head.modified + VERSION_STEP_MS));
    if (json_object_set(fresh, "created", json_object_get(stored, "created")) ||
        json_object_set(fresh, "valid_from", json_object_get(stored, "valid_from")) ||
        json_object_set_new(fresh, "modified", json_string(time)))
        return ph_fail(why, PH_ERR_NOMEM, "no memory for an indicator");
    return PH_OK;
}

enum ph_err ph_own_indicator(json_t **out, const struct ph_session *s, struct ph_reading *reading,
                             const struct ph_observable *o, const struct ph_own_identity *identity,
                             const char *note, ph_ms now, struct ph_why *why)
{
    json_t *fresh = NULL;
    struct search search = {.org = &s->self.code};
    enum ph_err err = ph_stix_indicator(&fresh, o, s->self.code.s, identity->id, note, now, why);
    if (!err)
        err = ph_versions(reading, ph_json_str(fresh, "id"), on_version, &search, why);
    if (!err && search.found != NULL && says_the_same(search.found, fresh)) {
        json_decref(fresh);
        fresh = json_incref(search.found);
    } else if (!err && search.found != NULL) {
        err = follow(fresh, search.found, now, why);
    }
    json_decref(search.found);
    if (err) {
        json_decref(fresh);
        return err;
    }
    *out = fresh;
    return PH_OK;
}
