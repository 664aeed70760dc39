/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator should look at: raised by events, cleared when their cause is gone or a day has
 * passed. */
#ifndef PH_NODE_ALARMS_H
#define PH_NODE_ALARMS_H

#include "proto/base/error.h"
#include "proto/wire/control.h"

#define PH_ALARM_TEXT_MAX 200

struct ph_alarm {
    char topic[32]; /* such as "clock IT": one alarm a topic */
    char text[PH_ALARM_TEXT_MAX];
    ph_ms until; /* wall time; PH_NEVER_MS: until cleared */
};

/** Zero-initialise. */
struct ph_alarms {
    struct ph_alarm v[PH_CONTROL_ALARMS_MAX];
    size_t n;
};

/** Raise or renew. A full list drops the one that ends first. Returns true when the topic is new.
 */
bool ph_alarm_raise(struct ph_alarms *alarms, const char *topic, ph_ms until, const char *format,
                    ...) PH_PRINTF(4, 5);
void ph_alarm_clear(struct ph_alarms *alarms, const char *topic);
/** Drop what has ended at @now. */
void ph_alarms_expire(struct ph_alarms *alarms, ph_ms now);

#endif
