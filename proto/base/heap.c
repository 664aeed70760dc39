/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/heap.h"

#include <stdlib.h>

#include "proto/base/assert.h"

enum ph_err ph_heap_init(struct ph_heap *heap, size_t max)
{
    if (max == 0 || max > SIZE_MAX / sizeof(struct ph_timer *))
        return PH_ERR_LIMIT;
    struct ph_timer **timers = calloc(max, sizeof(*timers));
    if (!timers)
        return PH_ERR_NOMEM;
    *heap = (struct ph_heap){.timers = timers, .max = max};
    return PH_OK;
}

void ph_heap_done(struct ph_heap *heap)
{
    for (size_t i = 0; i < heap->n; i++)
        heap->timers[i]->position = 0;
    free(heap->timers);
    *heap = (struct ph_heap){.n = 0};
}

static bool goes_before(const struct ph_timer *a, const struct ph_timer *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void place(struct ph_heap *heap, size_t i, struct ph_timer *timer)
{
    heap->timers[i] = timer;
    timer->position = i + 1;
}

/* Let the timer at @i rise or sink to where it belongs. */
static void settle(struct ph_heap *heap, size_t i)
{
    struct ph_timer *timer = heap->timers[i];
    for (; i > 0 && goes_before(timer, heap->timers[(i - 1) / 2]); i = (i - 1) / 2)
        place(heap, i, heap->timers[(i - 1) / 2]);
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < heap->n && goes_before(heap->timers[child + 1], heap->timers[child]))
            child++;
        if (child >= heap->n || !goes_before(heap->timers[child], timer))
            break;
        place(heap, i, heap->timers[child]);
        i = child;
    }
    place(heap, i, timer);
}

enum ph_err ph_heap_set(struct ph_heap *heap, struct ph_timer *timer, ph_ms at)
{
    if (timer->position == 0) {
        if (heap->n == heap->max)
            return PH_ERR_LIMIT;
        place(heap, heap->n++, timer);
    }
    PH_ASSERT(heap->timers[timer->position - 1] == timer);
    timer->at = at;
    timer->order = heap->next_order++;
    settle(heap, timer->position - 1);
    return PH_OK;
}

void ph_heap_stop(struct ph_heap *heap, struct ph_timer *timer)
{
    if (timer->position == 0)
        return;
    size_t i = timer->position - 1;
    PH_ASSERT(i < heap->n && heap->timers[i] == timer);
    timer->position = 0;
    struct ph_timer *last = heap->timers[--heap->n];
    heap->timers[heap->n] = NULL;
    if (last == timer)
        return;
    place(heap, i, last);
    settle(heap, i);
}

ph_ms ph_heap_deadline(const struct ph_heap *heap)
{
    return heap->n ? heap->timers[0]->at : PH_NEVER_MS;
}

struct ph_timer *ph_heap_take_due(struct ph_heap *heap, ph_ms now)
{
    if (heap->n == 0 || heap->timers[0]->at > now)
        return NULL;
    struct ph_timer *timer = heap->timers[0];
    ph_heap_stop(heap, timer);
    return timer;
}
