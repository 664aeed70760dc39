/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/base/text.h"

#define DAY_MS    ((int64_t)86400000)
#define TIME_LAST ((ph_ms)UINT64_C(253402300799999)) /* 9999-12-31T23:59:59.999Z */

struct date {
    int64_t year;
    unsigned month;
    unsigned day;
};

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back (Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms"): years begin in March, so that the leap day is a
 * year's last. */
static int64_t days_of(struct date d)
{
    int64_t year = d.year - (d.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month = d.month > 2 ? (int64_t)d.month - 3 : (int64_t)d.month + 9;
    int64_t day_of_year = (153 * month + 2) / 5 + (int64_t)d.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct date date_of(int64_t days)
{
    days += 719468; /* never negative: ph_ms starts in 1970 */
    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct date d = {.year = year_of_era + era * 400,
                     .month = (unsigned)(month < 10 ? month + 3 : month - 9),
                     .day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1)};
    d.year += d.month <= 2;
    return d;
}

static unsigned days_in_month(int64_t year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

void ph_time_text(char out[static PH_TIME_TEXT_MAX], ph_ms ms)
{
    int64_t t = (int64_t)PH_MIN(ms, TIME_LAST);
    struct date d = date_of(t / DAY_MS);
    unsigned rest = (unsigned)(t % DAY_MS);
    (void)snprintf(out, PH_TIME_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (unsigned)d.year % 10000, d.month % 100, d.day % 100, rest / 3600000 % 100,
                   rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
}

/* Two or four decimal digits at @p; false when one is none. */
static bool number(const uint8_t *p, size_t n, unsigned *out)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        v = v * 10 + (unsigned)(p[i] - '0');
    }
    *out = v;
    return true;
}

/* ".s+Z" or "Z", to nanoseconds; finer digits must be digits but do not count. */
static bool fraction(struct ph_bytes tail, unsigned *out_nanos)
{
    unsigned nanos = 0;
    unsigned weight = 100000000;
    if (tail.n == 0 || tail.p[tail.n - 1] != 'Z')
        return false;
    if (tail.n == 1) {
        *out_nanos = 0;
        return true;
    }
    if (tail.p[0] != '.' || tail.n < 3)
        return false;
    for (size_t i = 1; i < tail.n - 1; i++) {
        unsigned v;
        if (!number(tail.p + i, 1, &v))
            return false;
        nanos += v * weight;
        weight /= 10;
    }
    *out_nanos = nanos;
    return true;
}

bool ph_time_parse(struct ph_bytes text, ph_ms *out, uint32_t *out_nanos)
{
    static const char shape[] = "0000-00-00T00:00:00";
    const size_t length = sizeof(shape) - 1;
    if (text.n <= length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (shape[i] != '0' && text.p[i] != (uint8_t)shape[i])
            return false;

    unsigned year, month, day, hour, minute, second, nanos;
    const uint8_t *p = text.p;
    if (!number(p, 4, &year) || !number(p + 5, 2, &month) || !number(p + 8, 2, &day) ||
        !number(p + 11, 2, &hour) || !number(p + 14, 2, &minute) || !number(p + 17, 2, &second) ||
        !fraction(ph_bytes(p + length, text.n - length), &nanos))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    /* RFC 3339 allows second 60 for a leap second, which UTC has at 23:59 only. Our times have no
     * such second: it is counted as the instant that follows, as POSIX clocks do. */
    bool leap_second = second == 60 && hour == 23 && minute == 59;
    if (hour > 23 || minute > 59 || (second > 59 && !leap_second))
        return false;

    int64_t days = days_of((struct date){.year = year, .month = month, .day = day});
    int64_t ms = days * DAY_MS + (int64_t)hour * 3600000 + (int64_t)minute * 60000 +
                 (int64_t)second * 1000 + nanos / 1000000;
    *out = ms < 0 ? 0 : (ph_ms)ms;
    if (out_nanos)
        *out_nanos = ms < 0 ? 0 : nanos % 1000000;
    return true;
}
