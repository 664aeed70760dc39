/* SPDX-License-Identifier: Apache-2.0
 *
 * Indicators made from observables. */
#include <stdio.h>

#include "proto/base/text.h"
#include "proto/intel/digest.h"
#include "proto/intel/ip.h"
#include "proto/intel/stix.h"
#include "proto/intel/stix_id.h"

/* Room for an object path, and each character of the value escaped. */
#define PATTERN_MAX (64 + 2 * PH_OBSERVABLE_MAX)

/* Random, once. The id of an indicator is UUIDv5 of "org/kind/value" in this space. */
static const struct ph_uuid indicator_space = {{0x5c, 0x0d, 0x7e, 0x41, 0x93, 0xb8, 0x4f, 0x2a,
                                                0x8d, 0x16, 0xe2, 0x7b, 0x0a, 0xc4, 0x59, 0x33}};

/* "type:path OPERATOR", up to the value. */
static enum ph_err path_of(char *out, size_t size, const struct ph_observable *o)
{
    struct ph_ip ip;
    switch (o->kind) {
    case PH_OBS_DOMAIN:
        snprintf(out, size, "domain-name:value =");
        return PH_OK;
    case PH_OBS_URL:
        snprintf(out, size, "url:value =");
        return PH_OK;
    case PH_OBS_MAIL:
        snprintf(out, size, "email-addr:value =");
        return PH_OK;
    case PH_OBS_HASH:
        snprintf(out, size, "file:hashes.'%s' =", ph_digest_name(o->n));
        return PH_OK;
    case PH_OBS_IP:
        if (ph_ip_parse(&ip, ph_bytes(o->text, o->n), NULL))
            return PH_ERR_INPUT;
        /* Section 9.6.1: whether an address lies in a network is asked with ISSUBSET */
        snprintf(out, size, "ipv%c-addr:value %s", ip.v6 ? '6' : '4',
                 ip.bits < (ip.v6 ? 128 : 32) ? "ISSUBSET" : "=");
        return PH_OK;
    case PH_OBS_WORD:
        break;
    }
    return PH_ERR_INPUT;
}

static enum ph_err pattern_of(char out[static PATTERN_MAX], const struct ph_observable *o)
{
    char path[64];
    enum ph_err err = path_of(path, sizeof(path), o);
    if (err)
        return err;
    size_t n = (size_t)snprintf(out, PATTERN_MAX, "[%s '", path);
    for (size_t i = 0; i < o->n; i++) {
        if (o->text[i] == '\'' || o->text[i] == '\\')
            out[n++] = '\\';
        out[n++] = o->text[i];
    }
    memcpy(out + n, "']", 3);
    return PH_OK;
}

static void id_of(char out[static PH_STIX_ID_MAX], const struct ph_observable *o, const char *org)
{
    char name[PH_CODE_MAX + 16 + PH_OBSERVABLE_MAX];
    char uuid[PH_UUID_TEXT_MAX];
    int n = snprintf(name, sizeof(name), "%.*s/%s/%s", PH_CODE_MAX, org,
                     ph_observable_kind_text(o->kind), o->text);
    ph_uuid5_text(uuid, &indicator_space, ph_bytes(name, (size_t)n));
    snprintf(out, PH_STIX_ID_MAX, "indicator--%s", uuid);
}

enum ph_err ph_stix_indicator(json_t **out, const struct ph_observable *o, const char *org,
                              const char *created_by_ref, const char *description, ph_ms now,
                              struct ph_why *why)
{
    char pattern[PATTERN_MAX];
    char id[PH_STIX_ID_MAX];
    char time[PH_TIME_TEXT_MAX];
    if (pattern_of(pattern, o))
        return ph_fail(why, PH_ERR_INPUT, "a %s makes no indicator",
                       ph_observable_kind_text(o->kind));
    id_of(id, o, org ? org : "");
    ph_time_text(time, now);
    /* s* leaves out what is NULL */
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s*, s:s, s:s, s:s%, s:s*, s:[s], s:s, s:s, s:s, s:s}", "type",
                  "indicator", "spec_version", "2.1", "id", id, "created_by_ref", created_by_ref,
                  "created", time, "modified", time, "name", o->text, o->n, "description",
                  description, "indicator_types", "malicious-activity", "pattern", pattern,
                  "pattern_type", "stix", "pattern_version", "2.1", "valid_from", time);
    if (!object)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    *out = object;
    return PH_OK;
}
