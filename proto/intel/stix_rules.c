/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/stix_rules.h"

#include "proto/base/text.h"
#include "proto/intel/json.h"
#include "proto/intel/pattern_terms.h"
#include "proto/intel/stix_id.h"

/* A rule for @type, or for every type when it is NULL. */
static bool is_for(const char *rule_type, const char *type)
{
    return !rule_type || strcmp(rule_type, type) == 0;
}

/* Times that must not go backwards; strict: must go forwards. */
static const struct {
    const char *type;
    const char *first;
    const char *last;
    bool is_strict;
} orders[] = {
    {NULL, "created", "modified", false},
    {"indicator", "valid_from", "valid_until", true},
    {"campaign", "first_seen", "last_seen", false},
    {"infrastructure", "first_seen", "last_seen", false},
    {"intrusion-set", "first_seen", "last_seen", false},
    {"malware", "first_seen", "last_seen", false},
    {"threat-actor", "first_seen", "last_seen", false},
    {"sighting", "first_seen", "last_seen", false},
    {"observed-data", "first_observed", "last_observed", false},
    {"malware-analysis", "analysis_started", "analysis_ended", false},
    {"relationship", "start_time", "stop_time", true},
    {"network-traffic", "start", "end", false},
};

static const struct {
    const char *type;
    const char *property;
    long long min;
    long long max;
} ranges[] = {
    {NULL, "confidence", 0, 100},
    {"location", "latitude", -90, 90},
    {"location", "longitude", -180, 180},
    {"observed-data", "number_observed", 1, 999999999},
    {"sighting", "count", 0, 999999999},
    {"network-traffic", "src_port", 0, 65535},
    {"network-traffic", "dst_port", 0, 65535},
    {"autonomous-system", "number", 0, 4294967295},
};

#define N_CHOICE 4

/* At least (exactly: only) one of these must be there. */
static const struct {
    const char *type;
    bool is_exact;
    const char *of[N_CHOICE];
    const char *text;
} choices[] = {
    {"artifact", true, {"payload_bin", "url"}, "needs either payload_bin or url"},
    {"file", false, {"hashes", "name"}, "needs hashes or name"},
    {"location",
     false,
     {"region", "country", "latitude"},
     "needs region, country, or latitude and longitude"},
    {"malware-analysis",
     false,
     {"result", "analysis_sco_refs"},
     "needs result or analysis_sco_refs"},
    {"marking-definition", false, {"definition", "extensions"}, "needs definition or extensions"},
    {"network-traffic", false, {"src_ref", "dst_ref"}, "needs src_ref or dst_ref"},
    {"observed-data", true, {"objects", "object_refs"}, "needs either objects or object_refs"},
};

/* If the first is there, the second must be too. */
static const struct {
    const char *type;
    const char *has;
    const char *needs;
} needs[] = {
    {"artifact", "url", "hashes"},
    {"extension-definition", "type", "created_by_ref"},
    {"location", "latitude", "longitude"},
    {"location", "longitude", "latitude"},
    {"location", "precision", "latitude"},
    {"marking-definition", "definition", "definition_type"},
    {"marking-definition", "definition_type", "definition"},
};

/* References whose target's type is fixed. */
static const struct {
    const char *type;
    const char *property;
    const char *target[2];
} targets[] = {
    {NULL, "created_by_ref", {"identity"}},
    {NULL, "object_marking_refs", {"marking-definition"}},
    {"sighting", "observed_data_refs", {"observed-data"}},
    {"sighting", "where_sighted_refs", {"identity", "location"}},
    {"malware", "sample_refs", {"file", "artifact"}},
    {"malware", "operating_system_refs", {"software"}},
};

static enum ph_err check_orders(const json_t *object, const char *type, const char **out,
                                struct ph_why *why)
{
    for (size_t i = 0; i < PH_LEN(orders); i++) {
        ph_ms first, last;
        uint32_t first_nanos, last_nanos;
        const char *a = ph_json_str(object, orders[i].first);
        const char *b = ph_json_str(object, orders[i].last);
        if (!a || !b || !is_for(orders[i].type, type) ||
            !ph_time_parse(ph_bytes_str(a), &first, &first_nanos) ||
            !ph_time_parse(ph_bytes_str(b), &last, &last_nanos))
            continue;
        bool is_before = last < first || (last == first && last_nanos < first_nanos);
        bool is_equal = last == first && last_nanos == first_nanos;
        if (!is_before && !(is_equal && orders[i].is_strict))
            continue;
        *out = orders[i].last;
        return ph_fail(why, PH_ERR_INPUT, "must %s than %s",
                       orders[i].is_strict ? "be later" : "not be earlier", orders[i].first);
    }
    return PH_OK;
}

static enum ph_err check_ranges(const json_t *object, const char *type, const char **out,
                                struct ph_why *why)
{
    for (size_t i = 0; i < PH_LEN(ranges); i++) {
        const json_t *value = json_object_get(object, ranges[i].property);
        if (!json_is_number(value) || !is_for(ranges[i].type, type))
            continue;
        double v = json_number_value(value);
        if (v >= (double)ranges[i].min && v <= (double)ranges[i].max)
            continue;
        *out = ranges[i].property;
        return ph_fail(why, PH_ERR_INPUT, "must be from %lld to %lld", ranges[i].min,
                       ranges[i].max);
    }
    return PH_OK;
}

static enum ph_err check_choices(const json_t *object, const char *type, const char **out,
                                 struct ph_why *why)
{
    for (size_t i = 0; i < PH_LEN(choices); i++) {
        size_t n = 0;
        if (!is_for(choices[i].type, type))
            continue;
        for (size_t k = 0; k < N_CHOICE && choices[i].of[k]; k++)
            n += json_object_get(object, choices[i].of[k]) != NULL;
        if (n == 1 || (n > 1 && !choices[i].is_exact))
            continue;
        *out = choices[i].of[0];
        return ph_fail(why, PH_ERR_INPUT, "%s", choices[i].text);
    }
    return PH_OK;
}

static enum ph_err check_needs(const json_t *object, const char *type, const char **out,
                               struct ph_why *why)
{
    for (size_t i = 0; i < PH_LEN(needs); i++) {
        if (!is_for(needs[i].type, type) || !json_object_get(object, needs[i].has) ||
            json_object_get(object, needs[i].needs))
            continue;
        *out = needs[i].needs;
        return ph_fail(why, PH_ERR_INPUT, "required with %s", needs[i].has);
    }
    return PH_OK;
}

static bool is_target(const json_t *id, const char *const *types)
{
    const char *text = json_string_value(id);
    for (size_t i = 0; text && i < 2 && types[i]; i++)
        if (ph_stix_id_is_valid(text, types[i]))
            return true;
    return false;
}

static enum ph_err check_targets(const json_t *object, const char *type, const char **out,
                                 struct ph_why *why)
{
    for (size_t i = 0; i < PH_LEN(targets); i++) {
        const json_t *value = json_object_get(object, targets[i].property);
        if (!value || !is_for(targets[i].type, type))
            continue;
        const char *const *types = targets[i].target;
        bool fits = !json_is_array(value) && is_target(value, types);
        for (size_t k = 0; k < json_array_size(value); k++) {
            fits = is_target(json_array_get(value, k), types);
            if (!fits)
                break;
        }
        if (fits)
            continue;
        *out = targets[i].property;
        return ph_fail(why, PH_ERR_INPUT, "must refer to %s%s%s--UUID", types[0],
                       types[1] ? "--UUID or " : "", types[1] ? types[1] : "");
    }
    return PH_OK;
}

/* Section 10.18 */
static enum ph_err check_opinion(const json_t *object, const char *type, const char **out,
                                 struct ph_why *why)
{
    static const char *const values[] = {"strongly-disagree", "disagree", "neutral", "agree",
                                         "strongly-agree"};
    const char *opinion = ph_json_str(object, "opinion");
    if (!opinion || strcmp(type, "opinion") != 0)
        return PH_OK;
    for (size_t i = 0; i < PH_LEN(values); i++)
        if (strcmp(values[i], opinion) == 0)
            return PH_OK;
    *out = "opinion";
    return ph_fail(why, PH_ERR_INPUT, "must be one of opinion-enum (agree, disagree, …)");
}

/* Section 6.6.1: body is for mails of one part, body_multipart for the others. */
static enum ph_err check_mail(const json_t *object, const char *type, const char **out,
                              struct ph_why *why)
{
    if (strcmp(type, "email-message") != 0)
        return PH_OK;
    bool is_multipart = json_is_true(json_object_get(object, "is_multipart"));
    *out = is_multipart ? "body" : "body_multipart";
    if (!json_object_get(object, *out))
        return PH_OK;
    return ph_fail(why, PH_ERR_INPUT, "not allowed when is_multipart is %s",
                   is_multipart ? "true" : "false");
}

static enum ph_err check_pattern(const json_t *object, const char *type, const char **out,
                                 struct ph_why *why)
{
    const char *language = ph_json_str(object, "pattern_type");
    if (strcmp(type, "indicator") != 0 || !language || strcmp(language, "stix") != 0)
        return PH_OK;
    *out = "pattern";
    return ph_pattern_check(ph_bytes_str(ph_json_str(object, "pattern")), why);
}

enum ph_err ph_stix_rules_check(const json_t *object, const char *type, const char **out_property,
                                struct ph_why *why)
{
    static enum ph_err (*const checks[])(const json_t *, const char *, const char **,
                                         struct ph_why *) = {
        check_orders,  check_ranges,  check_choices, check_needs,
        check_targets, check_opinion, check_mail,    check_pattern,
    };
    for (size_t i = 0; i < PH_LEN(checks); i++) {
        enum ph_err err = checks[i](object, type, out_property, why);
        if (err)
            return err;
    }
    return PH_OK;
}
