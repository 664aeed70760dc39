/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/sync/negentropy_vector.h"

#include <stdlib.h>

#define FIRST_CAP 64

enum ph_err ph_negentropy_vector_add(struct ph_negentropy_vector *v, uint64_t created,
                                     const struct ph_id *id)
{
    if (v->sealed)
        return PH_ERR_PROTOCOL;
    if (created == UINT64_MAX)
        return PH_ERR_RANGE;
    if (v->n == v->cap) {
        size_t cap = v->cap ? 2 * v->cap : FIRST_CAP;
        struct ph_item *items = NULL;

        if (cap <= SIZE_MAX / sizeof(*items))
            items = realloc(v->items, cap * sizeof(*items));
        if (!items)
            return PH_ERR_NOMEM;
        v->items = items;
        v->cap = cap;
    }
    v->items[v->n++] = (struct ph_item){.created = created, .id = *id};
    return PH_OK;
}

static int compare(const void *a, const void *b)
{
    return ph_item_cmp(a, b);
}

enum ph_err ph_negentropy_vector_seal(struct ph_negentropy_vector *v)
{
    struct ph_sum *before;

    if (v->sealed)
        return PH_ERR_PROTOCOL;
    before = calloc(v->n + 1, sizeof(*before));
    if (!before)
        return PH_ERR_NOMEM;
    if (v->n)
        qsort(v->items, v->n, sizeof(*v->items), compare);
    for (size_t i = 0; i < v->n; i++) {
        if (i > 0 && ph_item_cmp(&v->items[i - 1], &v->items[i]) == 0) {
            free(before);
            return PH_ERR_CONFLICT;
        }
        before[i + 1] = before[i];
        ph_sum_add_id(&before[i + 1], &v->items[i].id);
    }
    v->before = before;
    v->sealed = true;
    return PH_OK;
}

/* Index of the first item that is not below @bound. */
static size_t index_of(const struct ph_negentropy_vector *v, const struct ph_bound *bound)
{
    size_t low = 0;
    size_t high = v->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ph_item_is_below(&v->items[middle], bound))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum ph_err vector_sum(void *ctx, const struct ph_bound *from, const struct ph_bound *to,
                              struct ph_sum *out)
{
    const struct ph_negentropy_vector *v = ctx;

    *out = v->before[index_of(v, to)];
    ph_sum_remove(out, &v->before[index_of(v, from)]);
    return PH_OK;
}

static enum ph_err vector_select(void *ctx, const struct ph_bound *from, uint64_t k,
                                 struct ph_item *out)
{
    const struct ph_negentropy_vector *v = ctx;
    size_t at = index_of(v, from);

    if (k >= v->n - at)
        return PH_ERR_INTERNAL;
    *out = v->items[at + (size_t)k];
    return PH_OK;
}

static enum ph_err vector_list(void *ctx, const struct ph_bound *from, const struct ph_bound *to,
                               size_t max, struct ph_item *out, size_t *out_n)
{
    const struct ph_negentropy_vector *v = ctx;
    size_t at = index_of(v, from);
    size_t end = index_of(v, to);
    size_t n = end > at ? PH_MIN(end - at, max) : 0;

    if (n)
        memcpy(out, v->items + at, n * sizeof(*out));
    *out_n = n;
    return PH_OK;
}

struct ph_negentropy_set ph_negentropy_vector_set(struct ph_negentropy_vector *v)
{
    return (struct ph_negentropy_set){
        .ctx = v, .sum = vector_sum, .select = vector_select, .list = vector_list};
}

void ph_negentropy_vector_done(struct ph_negentropy_vector *v)
{
    free(v->items);
    free(v->before);
    *v = (struct ph_negentropy_vector){.items = NULL};
}
