/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/json.h"
#include "proto/intel/pattern_terms.h"
#include "proto/intel/stix.h"
#include "proto/intel/word.h"

/* SCOs whose `value` is an observable. */
static const struct {
    const char *type;
    enum ph_observable_kind kind;
} values[] = {
    {"domain-name", PH_OBS_DOMAIN}, {"url", PH_OBS_URL},         {"ipv4-addr", PH_OBS_IP},
    {"ipv6-addr", PH_OBS_IP},       {"email-addr", PH_OBS_MAIL},
};

/* SCOs that have `hashes`. */
static const char *const hashed[] = {"file", "artifact", "x509-certificate"};

/* Properties whose words can be searched: strings, or lists of strings. */
static const char *const worded[] = {"name",     "description", "aliases",        "labels",
                                     "abstract", "content",     "x_mitre_aliases"};

static bool give(enum ph_observable_kind kind, const json_t *value, ph_observable_fn fn, void *ctx)
{
    struct ph_observable o;
    const char *text = json_string_value(value);
    if (!text || ph_observable_normalise(&o, kind, ph_bytes_str(text), NULL))
        return true;
    return fn(ctx, o.kind, ph_bytes(o.text, o.n));
}

static bool each_hash(const json_t *object, ph_observable_fn fn, void *ctx)
{
    const char *key;
    json_t *value;
    json_object_foreach (ph_json_iterable(json_object_get(object, "hashes")), key, value) {
        if (!give(PH_OBS_HASH, value, fn, ctx))
            return false;
    }
    return true;
}

/* One cyber-observable object, also of the deprecated container in observed-data. */
static bool each_of_sco(const json_t *object, const char *type, ph_observable_fn fn, void *ctx)
{
    for (size_t i = 0; i < PH_LEN(values); i++)
        if (strcmp(values[i].type, type) == 0)
            return give(values[i].kind, json_object_get(object, "value"), fn, ctx);
    for (size_t i = 0; i < PH_LEN(hashed); i++)
        if (strcmp(hashed[i], type) == 0)
            return each_hash(object, fn, ctx);
    return true;
}

static bool each_contained(const json_t *object, ph_observable_fn fn, void *ctx)
{
    const char *key;
    json_t *member;
    json_object_foreach (ph_json_iterable(json_object_get(object, "objects")), key, member) {
        const char *type = ph_json_str(member, "type");
        if (type && !each_of_sco(member, type, fn, ctx))
            return false;
    }
    return true;
}

/* Remembers that the caller wants no more, across the parts of an object. */
struct tap {
    ph_observable_fn fn;
    void *ctx;
    bool go;
};

static bool tap(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct tap *t = ctx;
    t->go = t->go && t->fn(t->ctx, kind, text);
    return t->go;
}

static bool each_in_pattern(const json_t *object, ph_observable_fn fn, void *ctx)
{
    struct tap t = {.fn = fn, .ctx = ctx, .go = true};
    const char *language = ph_json_str(object, "pattern_type");
    const char *pattern = ph_json_str(object, "pattern");
    if (pattern && language && strcmp(language, "stix") == 0)
        ph_pattern_each_term(ph_bytes_str(pattern), tap, &t);
    return t.go;
}

static bool each_word_of(const json_t *value, ph_observable_fn fn, void *ctx)
{
    size_t i;
    json_t *element;
    if (json_is_string(value))
        return ph_word_each(ph_bytes(json_string_value(value), json_string_length(value)), fn, ctx);
    json_array_foreach (value, i, element) {
        if (json_is_string(element) && !each_word_of(element, fn, ctx))
            return false;
    }
    return true;
}

void ph_stix_each_term(const json_t *object, ph_observable_fn fn, void *ctx)
{
    const char *type = ph_json_str(object, "type");
    if (!type)
        return;
    bool go = true;
    if (strcmp(type, "indicator") == 0)
        go = each_in_pattern(object, fn, ctx);
    else if (strcmp(type, "observed-data") == 0)
        go = each_contained(object, fn, ctx);
    else
        go = each_of_sco(object, type, fn, ctx);
    for (size_t i = 0; go && i < PH_LEN(worded); i++)
        go = each_word_of(json_object_get(object, worded[i]), fn, ctx);
}

void ph_stix_each_word(struct ph_bytes text, ph_observable_fn fn, void *ctx)
{
    ph_word_each(text, fn, ctx);
}
