/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines in order: a bounded binary heap of timers that live in their owners.
 *
 * A `struct ph_timer` is its own handle: set it, move it, stop it. Equal deadlines come out in the
 * order in which they were set, so that runs repeat. The heap takes its memory at birth. */
#ifndef PH_BASE_HEAP_H
#define PH_BASE_HEAP_H

#include "proto/base/error.h"

/** One deadline. Zero-initialise; @owner is the caller's. Stop it before its memory goes. */
struct ph_timer {
    void *owner;
    ph_ms at;
    uint64_t order;  /* of setting, among equal deadlines */
    size_t position; /* in the heap, from 1; 0 when not set */
};

struct ph_heap {
    struct ph_timer **timers; /* n of max, the earliest first */
    size_t n;
    size_t max;
    uint64_t next_order;
};

/** An empty heap for at most @max timers, at least 1. PH_ERR_LIMIT, PH_ERR_NOMEM. */
enum ph_err ph_heap_init(struct ph_heap *heap, size_t max);
/** Free; takes a zeroed heap. Timers still set are forgotten, and say so. */
void ph_heap_done(struct ph_heap *heap);

/** Set @timer to go off at @at, or move it there. PH_ERR_LIMIT when it is new and the heap full. */
enum ph_err ph_heap_set(struct ph_heap *heap, struct ph_timer *timer, ph_ms at);
/** Stop @timer; does nothing when it is not set. */
void ph_heap_stop(struct ph_heap *heap, struct ph_timer *timer);
/** The earliest deadline, PH_NEVER_MS when there is none. */
ph_ms ph_heap_deadline(const struct ph_heap *heap);
/** Stop and return the earliest timer if it is due (at <= @now), else NULL. */
struct ph_timer *ph_heap_take_due(struct ph_heap *heap, ph_ms now);

static inline bool ph_timer_is_set(const struct ph_timer *timer)
{
    return timer->position != 0;
}

#endif
