/* SPDX-License-Identifier: Apache-2.0
 *
 * posthorn-bench: measures whole jobs on this machine, beside what this machine's primitives allow.
 *
 * Only ratios inside one run mean something; absolute times drift from hour to hour and machine to
 * machine. Every benchmark prints rows of one table: what, figure, unit, and the share of a
 * primitive's rate. */
#ifndef PH_BENCH_BENCH_H
#define PH_BENCH_BENCH_H

#include <stdio.h>

#include "proto/base/error.h"

/** Rates of this machine's primitives, measured first; 0 until then. */
struct ph_limits {
    double verify_one;  /* Ed25519 verifications a second, one core */
    double verify_all;  /* the same on all cores */
    double hash_mb;     /* BLAKE2b-256, MB/s, one core */
    double seal_mb;     /* XChaCha20-Poly1305, MB/s, one core */
    double zstd_mb;     /* zstd level 3 of STIX, MB/s, one core */
    double json_mb;     /* jansson reading STIX, MB/s, one core */
    double sync_second; /* 4 KiB appends made durable, a second */
    double loopback_mb; /* TCP over loopback, MB/s */
};

struct ph_bench {
    char bin[4096]; /* where posthorn and posthornd are */
    char dir[4096]; /* scratch, removed at the end */
    size_t n;       /* --n: objects or records; 0: the benchmark's own */
    struct ph_limits limits;
};

/** Monotonic seconds. */
double ph_bench_now(void);
/** One row. @ratio may be NULL. */
void ph_bench_row(const char *what, double figure, const char *unit, const char *ratio);
/** "12 % of verify, all cores" into @out. */
const char *ph_bench_share(char out[static 64], double figure, double limit, const char *of);
/** Print to standard error and exit 5: a benchmark that cannot run must not print a figure. */
_Noreturn void ph_bench_die(const char *format, ...) PH_PRINTF(1, 2);

/** Run posthorn on home @home with @args (NULL-ended), standard input from @in (NULL: none), output
 * dropped. Returns its exit code. */
int ph_bench_run(const struct ph_bench *b, const char *home, const char *const *args,
                 const char *in);
/** As ph_bench_run(), and dies unless it exits 0. */
void ph_bench_must(const struct ph_bench *b, const char *home, const char *const *args);
/** Start posthornd on @home; its pid. And stop it, in order. */
int ph_bench_start(const struct ph_bench *b, const char *home);
void ph_bench_stop(int pid);
/** Write a bundle of @n indicators to scratch file @name; its path in @out and its size. */
size_t ph_bench_bundle(const struct ph_bench *b, const char *name, size_t n, char out[static 4200]);
/** Homes "a" and "b" of a new community under scratch folder @sub, both joined; ports of their own.
 */
void ph_bench_pair(const struct ph_bench *b, const char *sub, char home_a[static 4200],
                   char home_b[static 4200]);
/** Objects indexed and records held in @home's store now, read beside the daemon. */
void ph_bench_counts(const char *home, uint64_t *records, uint64_t *objects);

void ph_bench_primitives(struct ph_bench *b);
void ph_bench_import(struct ph_bench *b);
void ph_bench_replicate(struct ph_bench *b);
void ph_bench_lookup(struct ph_bench *b);
void ph_bench_reconcile(struct ph_bench *b);

#endif
