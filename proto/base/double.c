/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/assert.h"
#include "proto/base/text.h"

/* 17 significant digits tell any two doubles apart. */
#define DIGITS_MAX 17

/* Same bits: 0.0 and -0.0 are two values here. */
static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Fewest digits that read back as @v, and the decimal exponent of that form. */
static int fewest_digits(double v, int *out_exponent)
{
    char text[PH_DOUBLE_TEXT_MAX];
    int digits = 0;
    do {
        digits++;
        (void)snprintf(text, sizeof(text), "%.*e", digits - 1, v);
    } while (digits < DIGITS_MAX && !same(strtod(text, NULL), v));
    const char *e = strchr(text, 'e');
    PH_ASSERT(e != NULL);
    *out_exponent = (int)strtol(e + 1, NULL, 10);
    return digits;
}

void ph_double_text(char out[static PH_DOUBLE_TEXT_MAX], double v)
{
    PH_ASSERT(isfinite(v));
    int exponent;
    int digits = fewest_digits(v, &exponent);
    int n;
    if (exponent >= -4 && exponent < 16)
        n = snprintf(out, PH_DOUBLE_TEXT_MAX, "%.*f", PH_MAX(digits - 1 - exponent, 1), v);
    else
        n = snprintf(out, PH_DOUBLE_TEXT_MAX, "%.*e", digits - 1, v);
    PH_ASSERT(n > 0 && n < PH_DOUBLE_TEXT_MAX);
    /* The host may have set a locale whose decimal point is another character; both ways above
     * obeyed it alike. JSON knows the full stop only. */
    char *comma = strchr(out, ',');
    if (comma)
        *comma = '.';
}
