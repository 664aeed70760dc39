/* SPDX-License-Identifier: Apache-2.0
 *
 * The two clocks, and randomness for keys: what proto/ is handed. */
#ifndef PH_NODE_CLOCK_H
#define PH_NODE_CLOCK_H

#include "proto/sync/engine.h"

/** Wall and monotonic time now. */
struct ph_now ph_clock_now(void);

#endif
