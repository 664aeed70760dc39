/* SPDX-License-Identifier: Apache-2.0
 *
 * Negentropy between two sets in memory: what a reconciliation costs in bytes, round trips and CPU.
 */
#include <sodium.h>
#include <stdlib.h>

#include "proto/base/limits.h"
#include "proto/sync/negentropy_vector.h"
#include "tools/bench/bench.h"

struct bill {
    size_t bytes, rounds, found;
    double seconds;
};

static enum ph_err count_id(void *ctx, const struct ph_id *id)
{
    (void)id;
    ++*(size_t *)ctx;
    return PH_OK;
}

static struct bill reconcile(struct ph_negentropy_vector *ours, struct ph_negentropy_vector *theirs)
{
    struct bill bill = {0};
    struct ph_negentropy client, server;
    struct ph_buf up = ph_buf(PH_MIB(64)), down = ph_buf(PH_MIB(64));
    const struct ph_negentropy_set a = ph_negentropy_vector_set(ours);
    const struct ph_negentropy_set z = ph_negentropy_vector_set(theirs);
    const struct ph_negentropy_found found = {
        .ctx = &bill.found, .have = count_id, .need = count_id};
    double start = ph_bench_now();
    bool done = false;
    enum ph_err err = ph_negentropy_init(&client, &a, PH_RECON_MAX);
    if (err == PH_OK)
        err = ph_negentropy_init(&server, &z, PH_RECON_MAX);
    if (err == PH_OK)
        err = ph_negentropy_initiate(&client, &up);
    while (err == PH_OK && !done) {
        ph_buf_clear(&down);
        bill.bytes += up.n;
        bill.rounds++;
        err = ph_negentropy_answer(&server, ph_buf_bytes(&up), &down, NULL);
        ph_buf_clear(&up);
        bill.bytes += down.n;
        if (err == PH_OK)
            err = ph_negentropy_proceed(&client, ph_buf_bytes(&down), &found, &up, &done, NULL);
    }
    bill.seconds = ph_bench_now() - start;
    if (err != PH_OK)
        ph_bench_die("reconcile: %s", ph_err_text(err));
    ph_buf_done(&up);
    ph_buf_done(&down);
    return bill;
}

/* @n items a second apart but for the ids' order; those that @skip says are left out. */
static void fill(struct ph_negentropy_vector *v, size_t n, bool (*skip)(size_t i, size_t n))
{
    for (size_t i = 0; i < n; i++) {
        struct ph_id id;
        uint64_t created = UINT64_C(1767225600000) + i * 7;
        uint8_t seed[8];
        if (skip != NULL && skip(i, n))
            continue;
        ph_put_be64(seed, i);
        (void)crypto_generichash(id.b, 32, seed, sizeof(seed), NULL, 0);
        for (int k = 0; k < 6; k++)
            id.b[k] = (uint8_t)(created >> (40 - 8 * k));
        if (ph_negentropy_vector_add(v, created, &id) != PH_OK)
            ph_bench_die("out of memory");
    }
    if (ph_negentropy_vector_seal(v) != PH_OK)
        ph_bench_die("cannot seal the set");
}

static bool skip_newest(size_t i, size_t n)
{
    return i + 10000 >= n;
}

static bool skip_scattered(size_t i, size_t n)
{
    return i % (n / 10000 ? n / 10000 : 1) == 0;
}

static void report(const char *what, const struct bill *bill)
{
    char row[96], detail[96];
    snprintf(row, sizeof(row), "reconcile: %s", what);
    snprintf(detail, sizeof(detail), "%zu round trips, %.1f ms CPU both sides, %zu found",
             bill->rounds, bill->seconds * 1000, bill->found);
    ph_bench_row(row, (double)bill->bytes, "bytes", detail);
}

void ph_bench_reconcile(struct ph_bench *b)
{
    static const struct {
        const char *what;
        bool (*skip)(size_t i, size_t n);
    } cases[] = {{"equal sets", NULL},
                 {"newest 10,000 missing", skip_newest},
                 {"10,000 missing here and there", skip_scattered}};
    size_t n = b->n ? b->n : 1000000;
    struct ph_negentropy_vector whole = {0};
    fill(&whole, n, NULL);
    for (size_t i = 0; i < PH_LEN(cases); i++) {
        struct ph_negentropy_vector part = {0};
        fill(&part, n, cases[i].skip);
        struct bill bill = reconcile(&part, &whole);
        report(cases[i].what, &bill);
        ph_negentropy_vector_done(&part);
    }
    ph_negentropy_vector_done(&whole);
}
