/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define EVERY_MS 100

ph_ms ph_progress_clock(void)
{
    struct timespec ts = {0};
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (ph_ms)ts.tv_sec * 1000 + (ph_ms)ts.tv_nsec / 1000000;
}

struct ph_progress ph_progress(const struct ph_cli *cli)
{
    return (struct ph_progress){.is_on = !cli->quiet && !cli->json && isatty(STDERR_FILENO)};
}

void ph_progress_show(struct ph_progress *progress, const char *format, ...)
{
    if (!progress->is_on || ph_progress_clock() < progress->next)
        return;
    va_list args;
    progress->next = ph_progress_clock() + EVERY_MS;
    progress->is_shown = true;
    fputs("\r\x1b[K", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(stderr);
}

void ph_progress_clear(struct ph_progress *progress)
{
    if (!progress->is_shown)
        return;
    fputs("\r\x1b[K", stderr);
    progress->is_shown = false;
}
