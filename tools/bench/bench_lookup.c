/* SPDX-License-Identifier: Apache-2.0
 *
 * One `posthorn lookup --json` process, values on standard input, from process start to exit. */
#include <errno.h>

#include "tools/bench/bench.h"

/* @n values of which every @every-th is stored (0: none). */
static void write_values(const char *path, size_t n, size_t stored, size_t every)
{
    FILE *f = fopen(path, "w");
    if (f == NULL)
        ph_bench_die("cannot write %s: %s", path, strerror(errno));
    for (size_t i = 0; i < n; i++) {
        if (every != 0 && i % every == 0)
            fprintf(f, "parcel-%zu.lookup-fee.example\n", (i * 2654435761u) % stored);
        else
            fprintf(f, "www.host-%zu.example.net\n", i);
    }
    if (fclose(f) != 0)
        ph_bench_die("cannot write %s: %s", path, strerror(errno));
}

static double look_up(const struct ph_bench *b, const char *home, const char *values, size_t n,
                      int want)
{
    static const char *const args[] = {"lookup", "--json", NULL};
    double start = ph_bench_now();
    int code = ph_bench_run(b, home, args, values);
    double seconds = ph_bench_now() - start;
    if (code != want)
        ph_bench_die("lookup exited %d, not %d", code, want);
    return (double)n / seconds;
}

void ph_bench_lookup(struct ph_bench *b)
{
    size_t stored = b->n ? b->n : 1000000, n = 2000000;
    char a[4200], other[4200], path[4200], values[4200];
    (void)ph_bench_bundle(b, "lookup", stored, path);
    ph_bench_pair(b, "lookup", a, other);
    ph_bench_must(
        b, a, (const char *const[]){"import", "--tlp", "GREEN", "--to", "community", path, NULL});
    snprintf(values, sizeof(values), "%s/values", b->dir);
    write_values(values, n, stored, 0);
    ph_bench_row("lookup: no hits", look_up(b, a, values, n, 1), "values/s", NULL);
    write_values(values, n, stored, 100);
    ph_bench_row("lookup: 1 % hits", look_up(b, a, values, n, 0), "values/s", NULL);
    n = 100000;
    write_values(values, n, stored, 1);
    ph_bench_row("lookup: all hits, printed as JSON", look_up(b, a, values, n, 0), "values/s",
                 NULL);
}
