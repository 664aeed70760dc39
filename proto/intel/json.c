/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/json.h"

#include "proto/base/limits.h"
#include "proto/base/text.h"

/* Nesting of brackets outside strings: enough to know before parsing how deep a parser would go. */
static size_t depth_of(struct ph_bytes text)
{
    size_t depth = 0;
    size_t deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (in_string && c == '\\') {
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            depth++;
            deepest = PH_MAX(deepest, depth);
        } else if (!in_string && (c == '}' || c == ']')) {
            depth -= depth > 0;
        }
    }
    return deepest;
}

static enum ph_err explain(const json_error_t *error, size_t line, struct ph_why *why)
{
    char safe[200];
    /* jansson says nothing at all when most allocations fail, and "invalid token" when its lexer's
     * do */
    if (json_error_code(error) == json_error_out_of_memory || error->text[0] == '\0')
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    size_t at = line + (error->line > 0 ? (size_t)error->line - 1 : 0);
    return ph_fail(why, PH_ERR_FORMAT, "line %zu: %s", at,
                   ph_text_safe(safe, sizeof(safe), ph_bytes_str(error->text)));
}

enum ph_err ph_json_parse(json_t **out, struct ph_bytes text, size_t max, size_t line,
                          struct ph_why *why)
{
    json_error_t error = {.line = 0};
    if (text.n > max)
        return ph_fail(why, PH_ERR_LIMIT, "JSON of %zu bytes, limit is %zu", text.n, max);
    size_t depth = depth_of(text);
    if (depth > PH_DEPTH_MAX)
        return ph_fail(why, PH_ERR_LIMIT, "nested %zu deep, limit is %d", depth, PH_DEPTH_MAX);
    json_t *value = json_loadb(text.n ? (const char *)text.p : "", text.n,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        return explain(&error, line, why);
    *out = value;
    return PH_OK;
}

const char *ph_json_str(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}
