/* SPDX-License-Identifier: Apache-2.0 */
#include "node/alarms.h"

#include <stdarg.h>
#include <stdio.h>

static struct ph_alarm *find(struct ph_alarms *alarms, const char *topic)
{
    for (size_t i = 0; i < alarms->n; i++) {
        if (strcmp(alarms->v[i].topic, topic) == 0)
            return &alarms->v[i];
    }
    return NULL;
}

static struct ph_alarm *first_to_end(struct ph_alarms *alarms)
{
    struct ph_alarm *first = &alarms->v[0];
    for (size_t i = 1; i < alarms->n; i++) {
        if (alarms->v[i].until < first->until)
            first = &alarms->v[i];
    }
    return first;
}

bool ph_alarm_raise(struct ph_alarms *alarms, const char *topic, ph_ms until, const char *format,
                    ...)
{
    struct ph_alarm *a = find(alarms, topic);
    bool is_new = a == NULL;
    if (is_new)
        a = alarms->n < PH_LEN(alarms->v) ? &alarms->v[alarms->n++] : first_to_end(alarms);
    snprintf(a->topic, sizeof(a->topic), "%s", topic);
    va_list args;
    va_start(args, format);
    vsnprintf(a->text, sizeof(a->text), format, args);
    va_end(args);
    a->until = until;
    return is_new;
}

void ph_alarm_clear(struct ph_alarms *alarms, const char *topic)
{
    struct ph_alarm *a = find(alarms, topic);
    if (a != NULL)
        *a = alarms->v[--alarms->n];
}

void ph_alarms_expire(struct ph_alarms *alarms, ph_ms now)
{
    for (size_t i = alarms->n; i-- > 0;) {
        if (alarms->v[i].until <= now)
            alarms->v[i] = alarms->v[--alarms->n];
    }
}
