/* SPDX-License-Identifier: Apache-2.0 */
#include "store/filter.h"

#include <stdlib.h>

#define PH_FILTER_BITS 12 /* per term */
#define PH_FILTER_SET  6  /* bits set for each, all in one line */

/* Reading one entry of `terms` costs about a fiftieth of a look-up; small stores wait for a while
 * anyway. */
#define PH_FILTER_SHARE     50
#define PH_FILTER_ASKED_MIN 2000

static uint8_t *line_of(const struct ph__filter *filter, const uint8_t term[static PH_BLIND])
{
    /* The high half of a 32 by 32 bit product: even over the lines, without a division. */
    return filter->lines + (ph_get_be32(term) * filter->n_lines >> 32) * PH_FILTER_LINE;
}

static void add(struct ph__filter *filter, const uint8_t term[static PH_BLIND])
{
    uint8_t *line = line_of(filter, term);
    uint64_t bits = ph_get_be64(term + 8);
    for (unsigned i = 0; i < PH_FILTER_SET; i++, bits >>= 9)
        line[(bits & 511) / 8] |= (uint8_t)(1u << (bits & 7));
}

static enum ph_err fill(struct ph__filter *filter, struct ph__cursor *c)
{
    enum ph_err err = ph__cursor_first(c);
    while (!err && c->at) {
        if (c->key.n != PH_TERMS_KEY)
            return ph__corrupt(c->txn, PH_DB_TERMS);
        add(filter, c->key.p);
        err = ph__cursor_next(c);
    }
    return err;
}

enum ph_err ph__filter_tick(struct ph__filter *filter, struct ph__cursor *c)
{
    uint64_t n;
    filter->asked++;
    if (filter->lines || filter->asked % PH_FILTER_ASKED_MIN != 0)
        return PH_OK;
    enum ph_err err = ph__db_count(c->txn, PH_DB_TERMS, &n);
    if (err || filter->asked < n / PH_FILTER_SHARE)
        return err;
    filter->n_lines = PH_MIN(n * PH_FILTER_BITS / (8 * PH_FILTER_LINE) + 1, (uint64_t)UINT32_MAX);
    filter->lines = aligned_alloc(PH_FILTER_LINE, filter->n_lines * PH_FILTER_LINE);
    if (!filter->lines)
        return PH_OK;
    memset(filter->lines, 0, filter->n_lines * PH_FILTER_LINE);
    err = fill(filter, c);
    if (err)
        ph__filter_done(filter);
    return err;
}

bool ph__filter_may_have(const struct ph__filter *filter, const struct ph__blind *term)
{
    if (!filter->lines)
        return true;
    const uint8_t *line = line_of(filter, term->b);
    uint64_t bits = ph_get_be64(term->b + 8);
    for (unsigned i = 0; i < PH_FILTER_SET; i++, bits >>= 9) {
        if (!(line[(bits & 511) / 8] & 1u << (bits & 7)))
            return false;
    }
    return true;
}

void ph__filter_done(struct ph__filter *filter)
{
    free(filter->lines);
    *filter = (struct ph__filter){0};
}
