/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/stix_value.h"

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/intel/json.h"
#include "proto/intel/stix_id.h"

#define KEY_MAX 250

static enum ph_err must(struct ph_why *why, const char *what)
{
    return ph_fail(why, PH_ERR_INPUT, "must be %s", what);
}

static enum ph_err check_time(const json_t *value, struct ph_why *why)
{
    ph_ms ms;
    uint32_t nanos;
    const char *text = json_string_value(value);
    if (!text || !ph_time_parse(ph_bytes_str(text), &ms, &nanos))
        return must(why, "a timestamp such as 2026-11-23T10:00:00.000Z");
    return PH_OK;
}

static enum ph_err check_id(const json_t *value, struct ph_why *why)
{
    const char *text = json_string_value(value);
    if (!text || !ph_stix_id_is_valid(text, NULL))
        return must(why, "an identifier of the form type--UUID");
    return PH_OK;
}

static bool is_base64(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' ||
           c == '/';
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

bool ph_stix_text_fits(enum ph_stix_kind kind, struct ph_bytes text)
{
    size_t n = 0;
    size_t padding = 0;
    bool is_text_base64 = kind == PH_PROPERTY_BASE64;
    while (n < text.n && (is_text_base64 ? is_base64(text.p[n]) : is_hex(text.p[n])))
        n++;
    while (is_text_base64 && n + padding < text.n && text.p[n + padding] == '=')
        padding++;
    return n + padding == text.n && padding <= 2 && text.n % (is_text_base64 ? 4 : 2) == 0;
}

static enum ph_err check_encoded(enum ph_stix_kind kind, const json_t *value, struct ph_why *why)
{
    if (json_is_string(value) && ph_stix_text_fits(kind, ph_bytes_str(json_string_value(value))))
        return PH_OK;
    return must(why, kind == PH_PROPERTY_HEX ? "a string of hex digits in pairs"
                                             : "base64 (RFC 4648, section 4)");
}

/* Section 2.3: keys are ASCII letters, digits, hyphen and underscore. Hash names (section 2.7) keep
 * to that too; only the members of extension objects are property names of their own. */
static bool key_is_valid(const char *key)
{
    size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && n <= KEY_MAX && key[n] == '\0';
}

static enum ph_err check_dict(const json_t *value, struct ph_why *why)
{
    const char *key;
    json_t *member;
    if (!json_is_object(value) || json_object_size(value) == 0)
        return must(why, "a dictionary with at least one key");
    json_object_foreach (ph_json_iterable(value), key, member) {
        if (!key_is_valid(key))
            return must(why, "a dictionary with keys of letters, digits, '-' and '_'");
        if (json_is_null(member))
            return must(why, "without null");
    }
    return PH_OK;
}

static enum ph_err check_hashes(const json_t *value, struct ph_why *why)
{
    const char *key;
    json_t *member;
    enum ph_err err = check_dict(value, why);
    if (err)
        return err;
    json_object_foreach (ph_json_iterable(value), key, member) {
        if (!json_is_string(member))
            return must(why, "a dictionary of strings");
    }
    return PH_OK;
}

/* At least one of @keys is a string in @value, or no keys are asked for. */
static bool has_text(const json_t *value, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ph_json_str(value, keys[i]))
            return true;
    return n == 0;
}

/* Section 2.5.2 */
static enum ph_err check_reference(const json_t *value, struct ph_why *why)
{
    static const char *const one_of[] = {"description", "url", "external_id"};
    if (!json_is_object(value) || !ph_json_str(value, "source_name"))
        return must(why, "a list of objects with a source_name");
    if (!has_text(value, one_of, PH_LEN(one_of)))
        return must(why, "a list of objects with a description, url or external_id");
    return PH_OK;
}

/* Section 2.11 */
static enum ph_err check_phase(const json_t *value, struct ph_why *why)
{
    if (!ph_json_str(value, "kill_chain_name") || !ph_json_str(value, "phase_name"))
        return must(why, "a list of objects with kill_chain_name and phase_name");
    return PH_OK;
}

/* Section 7.2.3 */
static enum ph_err check_marking(const json_t *value, struct ph_why *why)
{
    const char *ref = ph_json_str(value, "marking_ref");
    const char *lang = ph_json_str(value, "lang");
    const json_t *selectors = json_object_get(value, "selectors");
    if (!ref == !lang)
        return must(why, "a list of objects with either marking_ref or lang");
    if (ref && !ph_stix_id_is_valid(ref, "marking-definition"))
        return must(why, "a list whose marking_ref is marking-definition--UUID");
    enum ph_err err = ph_stix_value_check(PH_PROPERTY_TEXTS, selectors, NULL);
    return err ? must(why, "a list of objects with selectors, a list of strings") : PH_OK;
}

static enum ph_err check_text(const json_t *value, struct ph_why *why)
{
    return json_is_string(value) ? PH_OK : must(why, "a list of strings");
}

static enum ph_err check_object(const json_t *value, struct ph_why *why)
{
    return json_is_object(value) && json_object_size(value) > 0 ? PH_OK
                                                                : must(why, "a list of objects");
}

/* Section 2.12: a list has at least one value. */
static enum ph_err check_list(const json_t *value,
                              enum ph_err (*check)(const json_t *, struct ph_why *),
                              struct ph_why *why)
{
    size_t i;
    json_t *element;
    if (!json_is_array(value) || json_array_size(value) == 0)
        return must(why, "a list with at least one value");
    json_array_foreach (value, i, element) {
        enum ph_err err = check(element, why);
        if (err)
            return err;
    }
    return PH_OK;
}

enum ph_err ph_stix_value_check(enum ph_stix_kind kind, const json_t *value, struct ph_why *why)
{
    switch (kind) {
    case PH_PROPERTY_TEXT:
        return json_is_string(value) ? PH_OK : must(why, "a string");
    case PH_PROPERTY_BOOL:
        return json_is_boolean(value) ? PH_OK : must(why, "true or false");
    case PH_PROPERTY_INT:
        return json_is_integer(value) ? PH_OK : must(why, "an integer");
    case PH_PROPERTY_REAL:
        return json_is_number(value) ? PH_OK : must(why, "a number");
    case PH_PROPERTY_TIME:
        return check_time(value, why);
    case PH_PROPERTY_ID:
        return check_id(value, why);
    case PH_PROPERTY_HEX:
    case PH_PROPERTY_BASE64:
        return check_encoded(kind, value, why);
    case PH_PROPERTY_HASHES:
        return check_hashes(value, why);
    case PH_PROPERTY_DICT:
        return check_dict(value, why);
    case PH_PROPERTY_TEXTS:
        return check_list(value, check_text, why);
    case PH_PROPERTY_IDS:
        return check_list(value, check_id, why);
    case PH_PROPERTY_DICTS:
        return check_list(value, check_object, why);
    case PH_PROPERTY_REFERENCES:
        return check_list(value, check_reference, why);
    case PH_PROPERTY_PHASES:
        return check_list(value, check_phase, why);
    case PH_PROPERTY_MARKINGS:
        return check_list(value, check_marking, why);
    }
    return ph_fail(why, PH_ERR_INTERNAL, "unknown property type");
}

/* Adds to @size; false when a limit is passed. Recursion ends at the depth that it checks. */
static bool within(const json_t *value, size_t depth, size_t *size)
{
    const char *key;
    size_t i;
    json_t *member;
    if (depth > PH_DEPTH_MAX)
        return false;
    *size += json_is_string(value) ? json_string_length(value) + 2 : 1;
    json_object_foreach (ph_json_iterable(value), key, member) {
        *size += strlen(key) + 3;
        if (!within(member, depth + (json_is_object(member) || json_is_array(member)), size))
            return false;
    }
    json_array_foreach (value, i, member) {
        if (!within(member, depth + (json_is_object(member) || json_is_array(member)), size))
            return false;
    }
    return *size <= PH_OBJECT_MAX;
}

enum ph_err ph_stix_value_limits(const json_t *value, struct ph_why *why)
{
    size_t size = 0;
    if (!within(value, 1, &size))
        return ph_fail(why, PH_ERR_LIMIT, "nested over %d deep or larger than %d bytes",
                       PH_DEPTH_MAX, PH_OBJECT_MAX);
    return PH_OK;
}
