/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/text.h"
#include "proto/intel/json.h"
#include "proto/intel/stix.h"
#include "proto/intel/stix_id.h"
#include "proto/intel/stix_rules.h"
#include "proto/intel/stix_types.h"
#include "proto/intel/stix_value.h"

#define SPEC_VERSION "2.1"

/* How messages call the object: its id, else its type. */
static const char *noun(const json_t *object)
{
    const char *id = ph_json_str(object, "id");
    const char *type = ph_json_str(object, "type");
    return id && *id ? id : type && *type ? type : "object";
}

static enum ph_err blame(struct ph_why *why, enum ph_err err, const json_t *object,
                         const char *property)
{
    char object_text[96];
    char property_text[64];
    if (err == PH_ERR_NOMEM)
        return err;
    return ph_why_wrap(why, err, "%s: %s",
                       ph_text_safe(object_text, sizeof(object_text), ph_bytes_str(noun(object))),
                       ph_text_safe(property_text, sizeof(property_text), ph_bytes_str(property)));
}

static enum ph_err required(struct ph_why *why, const json_t *object, const char *property)
{
    return blame(why, ph_fail(why, PH_ERR_INPUT, "required"), object, property);
}

static enum ph_err check_type_and_id(const json_t *object, struct ph_why *why)
{
    const json_t *type = json_object_get(object, "type");
    const json_t *id = json_object_get(object, "id");
    enum ph_err err = PH_OK;
    if (!type)
        return required(why, object, "type");
    const char *name = json_string_value(type);
    if (!name || !ph_stix_type_is_valid(name))
        err = ph_fail(why, PH_ERR_INPUT, "must be a type name such as indicator");
    else if (strcmp(name, "bundle") == 0)
        err = ph_fail(why, PH_ERR_INPUT, "a bundle is no object to share: it only carries some");
    if (err)
        return blame(why, err, object, "type");
    if (!id)
        return required(why, object, "id");
    if (!json_is_string(id) || !ph_stix_id_is_valid(json_string_value(id), name))
        return blame(why, ph_fail(why, PH_ERR_INPUT, "must be of the form %.40s--UUID", name),
                     object, "id");
    return PH_OK;
}

/* Property names (section 3.1, 11.1): a to z, digits, underscore, at most 250. */
static enum ph_err check_names(const json_t *object, struct ph_why *why)
{
    const char *key;
    json_t *value;
    json_object_foreach (ph_json_iterable(object), key, value) {
        size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (n > 0 && n <= 250 && key[n] == '\0')
            continue;
        return blame(
            why, ph_fail(why, PH_ERR_INPUT, "property names are of a-z, 0-9 and '_', at most 250"),
            object, key);
    }
    return PH_OK;
}

static enum ph_err check_properties(const json_t *object, const struct ph_stix_property *list,
                                    size_t n, struct ph_why *why)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_object_get(object, list[i].name);
        if (!value && list[i].is_required)
            return required(why, object, list[i].name);
        if (!value)
            continue;
        enum ph_err err = ph_stix_value_check(list[i].kind, value, why);
        if (err)
            return blame(why, err, object, list[i].name);
    }
    return PH_OK;
}

/* Section 3.2: which of the versioning properties the object must carry. Extensions may be of
 * either sort: they are taken for versioned as soon as they have one of the two times. */
static enum ph_err check_version(const json_t *object, const char *type, struct ph_why *why)
{
    const struct ph_stix_type *known = ph_stix_type_find(type);
    bool has_created = json_object_get(object, "created") != NULL;
    bool has_modified = json_object_get(object, "modified") != NULL;
    bool is_sco = known ? known->class == PH_STIX_SCO : !has_created && !has_modified;
    const char *version = ph_json_str(object, "spec_version");
    if (!version && !is_sco)
        return blame(why, ph_fail(why, PH_ERR_INPUT, "required (STIX 2.0 has none)"), object,
                     "spec_version");
    if (version && strcmp(version, SPEC_VERSION) != 0)
        return blame(why, ph_fail(why, PH_ERR_INPUT, "must be \"" SPEC_VERSION "\""), object,
                     "spec_version");
    if (!is_sco && !has_created)
        return required(why, object, "created");
    if (!is_sco && !has_modified && strcmp(type, "marking-definition") != 0)
        return required(why, object, "modified");
    return PH_OK;
}

enum ph_err ph_stix_check(const json_t *object, struct ph_why *why)
{
    size_t n_common;
    const struct ph_stix_property *common = ph_stix_common(&n_common);
    if (!json_is_object(object))
        return ph_fail(why, PH_ERR_INPUT, "not a JSON object");
    enum ph_err err = check_type_and_id(object, why);
    if (err)
        return err;
    err = ph_stix_value_limits(object, why);
    if (err)
        return blame(why, err, object, "object");
    const char *type = ph_json_str(object, "type");
    const struct ph_stix_type *known = ph_stix_type_find(type);
    err = check_names(object, why);
    if (!err)
        err = check_properties(object, common, n_common, why);
    if (!err)
        err = check_version(object, type, why);
    if (!err && known)
        err = check_properties(object, known->properties, known->n_properties, why);
    if (err)
        return err;
    const char *property = "object";
    err = ph_stix_rules_check(object, type, &property, why);
    return err ? blame(why, err, object, property) : PH_OK;
}

static bool time_of(const json_t *object, const char *key, ph_ms *out, uint32_t *out_nanos)
{
    const char *text = ph_json_str(object, key);
    return text && ph_time_parse(ph_bytes_str(text), out, out_nanos);
}

enum ph_err ph_stix_head(struct ph_stix_head *out, const json_t *object, struct ph_why *why)
{
    struct ph_stix_head head = {
        .type = ph_json_str(object, "type"),
        .id = ph_json_str(object, "id"),
        .name = ph_json_str(object, "name"),
        .revoked = json_is_true(json_object_get(object, "revoked")),
    };
    uint32_t created_nanos = 0;
    if (!head.type || !head.id)
        return ph_fail(why, PH_ERR_INPUT, "object has no type or no id");
    if (!time_of(object, "created", &head.created, &created_nanos))
        head.created = 0;
    if (!time_of(object, "modified", &head.modified, &head.modified_nanos)) {
        head.modified = head.created;
        head.modified_nanos = head.created ? created_nanos : 0;
    }
    *out = head;
    return PH_OK;
}
