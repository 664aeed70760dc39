/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/when.h"

#include <stdio.h>

#include "proto/base/limits.h"
#include "proto/base/text.h"

/* More digits than any duration of use has, and few enough that nothing overflows. */
#define DIGITS_MAX 12

static ph_ms unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return 60000;
    case 'h':
        return 3600000;
    case 'd':
        return 86400000;
    case 'w':
        return 7 * 86400000;
    default:
        return 0;
    }
}

enum ph_err ph_when_duration(ph_ms *out, const char *text, struct ph_why *why)
{
    char safe[64];
    size_t n = strlen(text), digits = strspn(text, "0123456789");
    ph_ms unit = n == digits + 1 ? unit_ms(text[digits]) : 0;
    if (digits == 0 || digits > DIGITS_MAX || unit == 0)
        return ph_fail(why, PH_ERR_INPUT,
                       "\"%s\" is no duration: give a number with s, m, h, d or w",
                       ph_text_safe(safe, sizeof(safe), ph_bytes(text, n)));
    ph_ms v = 0;
    for (size_t i = 0; i < digits; i++)
        v = v * 10 + (ph_ms)(text[i] - '0');
    *out = v * unit;
    return PH_OK;
}

enum ph_err ph_when_moment(ph_ms *out, const char *text, ph_ms now, struct ph_why *why)
{
    char full[40], safe[64];
    ph_ms ago;
    size_t n = strlen(text);
    if (ph_when_duration(&ago, text, NULL) == PH_OK) {
        *out = ago < now ? now - ago : 0;
        return PH_OK;
    }
    if (n == strlen("2026-11-23")) {
        snprintf(full, sizeof(full), "%sT00:00:00Z", text);
        text = full;
        n = strlen(full);
    }
    if (ph_time_parse(ph_bytes(text, n), out, NULL))
        return PH_OK;
    return ph_fail(why, PH_ERR_INPUT,
                   "\"%s\" is no time: give a duration such as 24h, a day such as 2026-11-23, or "
                   "2026-11-23T10:00:00Z",
                   ph_text_safe(safe, sizeof(safe), ph_bytes(text, n)));
}
