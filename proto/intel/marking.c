/* SPDX-License-Identifier: Apache-2.0
 *
 * TLP in STIX: the markings that the specification (7.2.1.4) and OASIS' TLP 2.0 extension fix by
 * id. */
#include <string.h>
#include <strings.h>

#include "proto/intel/json.h"
#include "proto/intel/stix.h"

#define EXTENSION "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

/* Definitions by id. Of two with one label, the TLP 2.0 one is what we write. */
static const struct {
    const char *id;
    enum ph_tlp label;
    bool is_tlp2;
    const char *name;
    const char *value;
} definitions[] = {
    {"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", PH_TLP_CLEAR, true, "TLP:CLEAR",
     "clear"},
    {"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", PH_TLP_GREEN, true, "TLP:GREEN",
     "green"},
    {"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", PH_TLP_AMBER, true, "TLP:AMBER",
     "amber"},
    {"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", PH_TLP_AMBER_STRICT, true,
     "TLP:AMBER+STRICT", "amber+strict"},
    {"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", PH_TLP_RED, true, "TLP:RED",
     "red"},
    {"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", PH_TLP_CLEAR, false, "TLP:WHITE",
     "white"},
    {"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", PH_TLP_GREEN, false, "TLP:GREEN",
     "green"},
    {"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", PH_TLP_AMBER, false, "TLP:AMBER",
     "amber"},
    {"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", PH_TLP_RED, false, "TLP:RED",
     "red"},
};

/* Ids are compared without case: a UUID has two spellings, a loophole would need only one. */
static bool tlp_of_id(const char *id, enum ph_tlp *out)
{
    for (size_t i = 0; i < PH_LEN(definitions); i++)
        if (strcasecmp(definitions[i].id, id) == 0) {
            *out = definitions[i].label;
            return true;
        }
    return false;
}

/* "amber", as TLP definitions spell it. What is none of ours counts as an unknown marking. */
static enum ph_tlp tlp_of_value(const char *value)
{
    for (size_t i = 0; i < PH_LEN(definitions); i++)
        if (strcasecmp(definitions[i].value, value) == 0)
            return definitions[i].label;
    return PH_TLP_AMBER_STRICT;
}

/* "tlp:amber", as MISP and others write it into labels. */
static bool tlp_of_text(const char *text, enum ph_tlp *out)
{
    static const char prefix[] = "tlp:";
    if (strncasecmp(text, prefix, sizeof(prefix) - 1) != 0)
        return false;
    *out = tlp_of_value(text + sizeof(prefix) - 1);
    return true;
}

/* What is known of marking @id: true for a statement, a string for a TLP of foreign id, or NULL. */
static const json_t *known_marking(const json_t *known, const char *id)
{
    size_t i;
    const json_t *entry;
    if (json_is_object(known))
        return json_object_get(known, id);
    json_array_foreach (known, i, entry) {
        const char *text = json_string_value(entry);
        if (text && strcmp(text, id) == 0)
            return json_true();
    }
    return NULL;
}

/* The strictest so far. */
struct label {
    enum ph_tlp tlp;
    bool has;
};

static void tighten(struct label *label, enum ph_tlp tlp)
{
    label->tlp = label->has ? PH_MAX(label->tlp, tlp) : tlp;
    label->has = true;
}

/* What is no string, or an id of nothing we know, may stand for any restriction. */
static void tighten_by_ref(struct label *label, const json_t *ref, const json_t *known)
{
    enum ph_tlp tlp = PH_TLP_AMBER_STRICT;
    const char *id = json_string_value(ref);
    if (id && !tlp_of_id(id, &tlp)) {
        const json_t *meaning = known_marking(known, id);
        if (json_is_true(meaning))
            return;
        if (json_is_string(meaning))
            tlp = tlp_of_value(json_string_value(meaning));
    }
    tighten(label, tlp);
}

/* Entry @i of a list, or @value itself where a list was meant; NULL past the last. */
static const json_t *entry_at(const json_t *value, size_t i)
{
    return json_is_array(value) ? json_array_get(value, i) : i == 0 ? value : NULL;
}

static void tighten_by_granular(struct label *label, const json_t *marking, const json_t *known)
{
    const json_t *ref = json_object_get(marking, "marking_ref");
    /* without a marking_ref it names a language (section 7.2.3) */
    if (ref || !json_object_get(marking, "lang"))
        tighten_by_ref(label, ref, known);
}

static void tighten_by_text(struct label *label, const json_t *text)
{
    enum ph_tlp tlp;
    if (json_is_string(text) && tlp_of_text(json_string_value(text), &tlp))
        tighten(label, tlp);
}

enum ph_err ph_stix_label(enum ph_tlp *out, bool *out_has, const json_t *object,
                          const json_t *known)
{
    const json_t *refs = json_object_get(object, "object_marking_refs");
    const json_t *granular = json_object_get(object, "granular_markings");
    const json_t *labels = json_object_get(object, "labels");
    const json_t *entry;
    struct label label = {.tlp = PH_TLP_CLEAR, .has = false};
    for (size_t i = 0; (entry = entry_at(refs, i)) != NULL; i++)
        tighten_by_ref(&label, entry, known);
    for (size_t i = 0; (entry = entry_at(granular, i)) != NULL; i++)
        tighten_by_granular(&label, entry, known);
    for (size_t i = 0; (entry = entry_at(labels, i)) != NULL; i++)
        tighten_by_text(&label, entry);
    *out = label.tlp;
    *out_has = label.has;
    return PH_OK;
}

/* Statements are below every label. */
static int strictness(const json_t *meaning)
{
    return json_is_string(meaning) ? (int)tlp_of_value(json_string_value(meaning)) : -1;
}

enum ph_err ph_stix_label_learn(json_t *known, const json_t *definition)
{
    const char *type = ph_json_str(definition, "type");
    const char *id = ph_json_str(definition, "id");
    const char *kind = ph_json_str(definition, "definition_type");
    if (!type || !id || strcmp(type, "marking-definition") != 0)
        return PH_OK;
    const json_t *extensions = json_object_get(definition, "extensions");
    const json_t *tlp = json_object_get(json_object_get(extensions, EXTENSION), "tlp_2_0");
    if (!tlp && kind && strcmp(kind, "tlp") == 0)
        tlp = json_object_get(json_object_get(definition, "definition"), "tlp");
    json_t *meaning = NULL;
    if (json_is_string(tlp))
        meaning = json_string(json_string_value(tlp));
    else if (!tlp && !extensions && kind && strcmp(kind, "statement") == 0)
        meaning = json_true();
    else
        return PH_OK;
    /* defined twice, a marking means the stricter of both */
    const json_t *before = json_object_get(known, id);
    if (before && strictness(before) >= strictness(meaning)) {
        json_decref(meaning);
        return PH_OK;
    }
    return json_object_set_new(known, id, meaning) ? PH_ERR_NOMEM : PH_OK;
}

static const char *id_of(enum ph_tlp label)
{
    for (size_t i = 0; i < PH_LEN(definitions); i++)
        if (definitions[i].label == label && definitions[i].is_tlp2)
            return definitions[i].id;
    return NULL;
}

/* The references of @object without TLP, the new one first. New reference, NULL without memory. */
static json_t *refs_with(const json_t *object, const char *id)
{
    size_t i;
    json_t *entry;
    enum ph_tlp tlp;
    json_t *refs = json_array();
    if (!refs || json_array_append_new(refs, json_string(id)))
        goto fail;
    json_array_foreach (json_object_get(object, "object_marking_refs"), i, entry) {
        const char *text = json_string_value(entry);
        if (text && tlp_of_id(text, &tlp))
            continue;
        if (json_array_append(refs, entry))
            goto fail;
    }
    return refs;
fail:
    json_decref(refs);
    return NULL;
}

enum ph_err ph_stix_mark(json_t **out, const json_t *object, enum ph_tlp label)
{
    const char *id = id_of(label);
    if (!id || !json_is_object(object))
        return PH_ERR_INTERNAL;
    /* members are shared, not copied: nobody changes them */
    json_t *copy = json_copy(ph_json_iterable(object));
    if (!copy)
        return PH_ERR_NOMEM;
    if (json_object_set_new(copy, "object_marking_refs", refs_with(object, id))) {
        json_decref(copy);
        return PH_ERR_NOMEM;
    }
    *out = copy;
    return PH_OK;
}

json_t *ph_stix_tlp_definition(enum ph_tlp label)
{
    for (size_t i = 0; i < PH_LEN(definitions); i++) {
        if (definitions[i].label != label || !definitions[i].is_tlp2)
            continue;
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:{s:s, s:s}}}", "type",
                         "marking-definition", "spec_version", "2.1", "id", definitions[i].id,
                         "created", "2022-10-01T00:00:00.000Z", "name", definitions[i].name,
                         "extensions", EXTENSION, "extension_type", "property-extension", "tlp_2_0",
                         definitions[i].value);
    }
    return NULL;
}
