/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a STIX pattern: taken, or refused with a column inside the text and a line that
 * prints. */
#include <stdlib.h>

#include "proto/intel/pattern_terms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static bool on_comparison(void *ctx, const struct ph_comparison *comparison)
{
    struct ph_bytes *text = ctx;
    demand(comparison->path.n >= 2 && comparison->path.n < PH_PATTERN_PATH_MAX);
    demand(comparison->literal.text.p >= text->p &&
           comparison->literal.text.p + comparison->literal.text.n <= text->p + text->n);
    return true;
}

static bool on_term(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    size_t *n = ctx;
    demand(kind < PH_OBS_WORD && text.n > 0);
    ++*n;
    return *n < 3;
}

static void check_message(const struct ph_why *why, size_t size)
{
    demand(why->code == PH_ERR_INPUT);
    for (const char *c = why->what; *c; c++)
        demand((unsigned char)*c >= ' ' && *c != 0x7f);
    if (strncmp(why->what, "column ", 7) == 0)
        demand(strtoul(why->what + 7, NULL, 10) <= size + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_bytes text = ph_bytes(data, size);
    struct ph_why why = {.code = PH_OK};
    size_t n = 0;
    enum ph_err err = ph_pattern_check(text, &why);
    if (err)
        check_message(&why, size);
    demand(ph_pattern_each(text, on_comparison, &text, NULL) == err);
    ph_pattern_each_term(text, on_term, &n);
    demand(n <= 3 && (!err || n == 0));
    return 0;
}
