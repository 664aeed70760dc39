/* SPDX-License-Identifier: Apache-2.0
 *
 * Two daemons on loopback, both on this machine: one has the records, the other starts empty. The
 * clock runs from the start of the second daemon's process until everything is verified and durable
 * there. */
#include <unistd.h>

#include "tools/bench/bench.h"

static void wait_for(const char *home, uint64_t records, double until)
{
    for (uint64_t have = 0, objects = 0; have < records; usleep(5000)) {
        ph_bench_counts(home, &have, &objects);
        if (ph_bench_now() > until)
            ph_bench_die("replicate: %llu of %llu records after ten minutes",
                         (unsigned long long)have, (unsigned long long)records);
    }
}

static void replicate(struct ph_bench *b, const char *name, size_t n, bool single)
{
    char a[4200], other[4200], path[4200], share[64], what[64];
    uint64_t records = 0, objects = 0;
    (void)ph_bench_bundle(b, name, n, path);
    ph_bench_pair(b, name, a, other);
    ph_bench_must(b, a,
                  (const char *const[]){"import", "--tlp", "GREEN", "--to", "community", path,
                                        single ? "--single" : NULL, NULL});
    int pid_a = ph_bench_start(b, a);
    ph_bench_counts(a, &records, &objects);
    double start = ph_bench_now();
    int pid_b = ph_bench_start(b, other);
    wait_for(other, records, start + 600);
    double seconds = ph_bench_now() - start;
    ph_bench_stop(pid_b);
    ph_bench_stop(pid_a);
    double per_second = (double)(single ? records : objects) / seconds;
    snprintf(what, sizeof(what), "replicate: %s, verified and durable", name);
    ph_bench_row(what, per_second, single ? "records/s" : "objects/s",
                 single
                     ? ph_bench_share(share, per_second, b->limits.verify_all, "verify, all cores")
                     : NULL);
}

void ph_bench_replicate(struct ph_bench *b)
{
    replicate(b, "single", b->n ? b->n : 50000, true);
    replicate(b, "packed", b->n ? b->n : 400000, false);
}
