/* SPDX-License-Identifier: Apache-2.0 */
#include "node/clock.h"

#include <time.h>

static ph_ms read_clock(clockid_t id)
{
    struct timespec ts = {0};
    clock_gettime(id, &ts);
    return (ph_ms)ts.tv_sec * 1000 + (ph_ms)ts.tv_nsec / 1000000;
}

struct ph_now ph_clock_now(void)
{
    return (struct ph_now){.wall = read_clock(CLOCK_REALTIME), .mono = read_clock(CLOCK_MONOTONIC)};
}
