/* SPDX-License-Identifier: Apache-2.0
 *
 * What this machine can do at most: the walls that the jobs are measured against. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zstd.h>

#include "tools/bench/bench.h"

#define SECONDS 0.5
#define BLOCK   (256 * 1024)

/* Runs @fn, which returns the work it did, until the time is over; work a second. */
static double rate(double (*fn)(void *ctx), void *ctx)
{
    double start = ph_bench_now(), done = 0, elapsed = 0;
    do {
        done += fn(ctx);
        elapsed = ph_bench_now() - start;
    } while (elapsed < SECONDS);
    return done / elapsed;
}

struct verify {
    uint8_t pk[32], sig[64], message[200];
};

static double verify(void *ctx)
{
    const struct verify *v = (const struct verify *)ctx;
    for (int i = 0; i < 100; i++) {
        if (crypto_sign_verify_detached(v->sig, v->message, sizeof(v->message), v->pk) != 0)
            ph_bench_die("a signature does not verify");
    }
    return 100;
}

struct thread {
    pthread_t id;
    struct verify *v;
    double rate;
};

static void *verify_thread(void *ctx)
{
    struct thread *t = (struct thread *)ctx;
    t->rate = rate(verify, t->v);
    return NULL;
}

static double verify_all_cores(struct verify *v)
{
    struct thread threads[64];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = cores < 1 ? 1 : cores > 64 ? 64 : (size_t)cores;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        threads[i].v = v;
        if (pthread_create(&threads[i].id, NULL, verify_thread, &threads[i]) != 0)
            ph_bench_die("cannot start a thread");
    }
    for (size_t i = 0; i < n; i++) {
        pthread_join(threads[i].id, NULL);
        sum += threads[i].rate;
    }
    return sum;
}

static double hash_block(void *ctx)
{
    uint8_t out[32];
    (void)crypto_generichash(out, 32, (const uint8_t *)ctx, BLOCK, NULL, 0);
    return BLOCK / 1e6;
}

static double seal_block(void *ctx)
{
    static const uint8_t key[32] = {1}, nonce[24] = {2};
    uint8_t *block = (uint8_t *)ctx;
    unsigned long long n = 0;
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(block, &n, block, BLOCK, NULL, 0, NULL, nonce,
                                                     key);
    return BLOCK / 1e6;
}

struct text {
    char *p;
    size_t n;
    void *out;
    size_t cap;
    ZSTD_CCtx *zstd;
};

static double compress_text(void *ctx)
{
    const struct text *t = (const struct text *)ctx;
    size_t n = PH_MIN(t->n, (size_t)BLOCK);
    if (ZSTD_isError(ZSTD_compressCCtx(t->zstd, t->out, t->cap, t->p, n, 3)))
        ph_bench_die("zstd failed");
    return (double)n / 1e6;
}

static double parse_text(void *ctx)
{
    const struct text *t = (const struct text *)ctx;
    json_t *v = json_loadb(t->p, t->n, 0, NULL);
    if (v == NULL)
        ph_bench_die("jansson cannot read the sample");
    json_decref(v);
    return (double)t->n / 1e6;
}

static double sync_page(void *ctx)
{
    static const uint8_t page[4096];
    int fd = *(const int *)ctx;
    if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page) || fdatasync(fd) != 0)
        ph_bench_die("cannot write to the scratch directory: %s", strerror(errno));
    return 1;
}

static void *drain(void *ctx)
{
    uint8_t buffer[65536];
    while (read(*(const int *)ctx, buffer, sizeof(buffer)) > 0) {
    }
    return NULL;
}

static double send_block(void *ctx)
{
    static const uint8_t buffer[65536];
    if (write(*(const int *)ctx, buffer, sizeof(buffer)) != (ssize_t)sizeof(buffer))
        ph_bench_die("loopback: %s", strerror(errno));
    return sizeof(buffer) / 1e6;
}

static double loopback(void)
{
    struct sockaddr_storage addr;
    socklen_t size = sizeof(addr);
    int listener = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0);
    /* listen() without bind() takes a free port on every address; the loopback one is connected to.
     */
    if (listener < 0 || out < 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&addr, &size) != 0 ||
        connect(out, (struct sockaddr *)&addr, size) != 0)
        ph_bench_die("loopback: %s", strerror(errno));
    int in = accept(listener, NULL, NULL);
    pthread_t reader;
    if (in < 0 || pthread_create(&reader, NULL, drain, &in) != 0)
        ph_bench_die("loopback: %s", strerror(errno));
    double mb = rate(send_block, &out);
    close(out);
    pthread_join(reader, NULL);
    close(in);
    close(listener);
    return mb;
}

static void read_sample(const struct ph_bench *b, struct text *t)
{
    char path[4200];
    t->n = ph_bench_bundle(b, "sample", 2000, path);
    t->p = (char *)malloc(t->n);
    t->cap = ZSTD_compressBound(BLOCK);
    t->out = malloc(t->cap);
    t->zstd = ZSTD_createCCtx();
    FILE *f = fopen(path, "r");
    if (t->p == NULL || t->out == NULL || t->zstd == NULL || f == NULL ||
        fread(t->p, 1, t->n, f) != t->n)
        ph_bench_die("cannot read %s", path);
    fclose(f);
}

void ph_bench_primitives(struct ph_bench *b)
{
    struct ph_limits *l = &b->limits;
    struct verify v = {.message = {1}};
    struct text text = {0};
    uint8_t sk[64], *block = (uint8_t *)calloc(1, BLOCK + 64);
    char path[4200];
    snprintf(path, sizeof(path), "%s/sync", b->dir);
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    if (block == NULL || fd < 0 || crypto_sign_keypair(v.pk, sk) != 0 ||
        crypto_sign_detached(v.sig, NULL, v.message, sizeof(v.message), sk) != 0)
        ph_bench_die("cannot prepare the primitives");
    read_sample(b, &text);
    l->verify_one = rate(verify, &v);
    l->verify_all = verify_all_cores(&v);
    l->hash_mb = rate(hash_block, block);
    l->seal_mb = rate(seal_block, block);
    l->zstd_mb = rate(compress_text, &text);
    l->json_mb = rate(parse_text, &text);
    l->sync_second = rate(sync_page, &fd);
    l->loopback_mb = loopback();
    close(fd);
    ZSTD_freeCCtx(text.zstd);
    free(text.p);
    free(text.out);
    free(block);
    ph_bench_row("primitive: Ed25519 verify, one core", l->verify_one, "/s", NULL);
    ph_bench_row("primitive: Ed25519 verify, all cores", l->verify_all, "/s", NULL);
    ph_bench_row("primitive: BLAKE2b-256", l->hash_mb, "MB/s", NULL);
    ph_bench_row("primitive: XChaCha20-Poly1305", l->seal_mb, "MB/s", NULL);
    ph_bench_row("primitive: zstd -3 of STIX", l->zstd_mb, "MB/s", NULL);
    ph_bench_row("primitive: jansson reading STIX", l->json_mb, "MB/s", NULL);
    ph_bench_row("primitive: 4 KiB append + fdatasync", l->sync_second, "/s", NULL);
    ph_bench_row("primitive: TCP over loopback", l->loopback_mb, "MB/s", NULL);
}
