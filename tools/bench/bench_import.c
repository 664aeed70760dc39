/* SPDX-License-Identifier: Apache-2.0
 *
 * One `posthorn import` of a bundle, from process start to exit: read, checked, sealed, durable,
 * indexed. */
#include "tools/bench/bench.h"

void ph_bench_import(struct ph_bench *b)
{
    size_t n = b->n ? b->n : 100000;
    char a[4200], other[4200], path[4200], share[64];
    size_t size = ph_bench_bundle(b, "import", n, path);
    const char *const args[] = {"import", "--tlp", "GREEN", "--to", "community", path, NULL};
    ph_bench_pair(b, "import", a, other);
    double start = ph_bench_now();
    ph_bench_must(b, a, args);
    double seconds = ph_bench_now() - start;
    uint64_t records = 0, objects = 0;
    ph_bench_counts(a, &records, &objects);
    if (objects < n)
        ph_bench_die("import: %llu of %zu objects are indexed", (unsigned long long)objects, n);
    ph_bench_row(
        "import: indicators, sealed, durable, indexed", (double)n / seconds, "objects/s",
        ph_bench_share(share, (double)size / 1e6 / seconds, b->limits.json_mb, "jansson, as MB/s"));
    start = ph_bench_now();
    ph_bench_must(b, a, args);
    ph_bench_row("import: the same file again, nothing stored",
                 (double)n / (ph_bench_now() - start), "objects/s", NULL);
}
