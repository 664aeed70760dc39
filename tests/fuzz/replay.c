/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target without libFuzzer: every file of the corpus, then a bounded number of
 * mutations of each, the same ones on every run.
 *
 * This keeps the fuzz label meaningful where clang is missing, and repeats old findings under gcc's
 * sanitizers. Usage: fuzz_NAME DIRECTORY-OR-FILE… ; PH_FUZZ_MUTATIONS sets the number a file. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

enum {
    INPUT_MAX = 1 << 20,
    GROWTH_MAX = 64,
    MUTATIONS = 200
};

static size_t n_files;
static size_t n_runs;

/* xorshift64*: chance that is the same tomorrow. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t below(uint64_t *state, size_t n)
{
    return n == 0 ? 0 : (size_t)(next(state) % n);
}

/* Each run gets a block of exactly its size, so that a read past the end is seen. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        fprintf(stderr, "replay: no memory for %zu bytes\n", size);
        exit(1);
    }
    if (size > 0) {
        memcpy(copy, data, size);
    }
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    n_runs++;
}

/* Changes @data (room for GROWTH_MAX more) in one to four places; returns the new size. */
static size_t mutate(uint8_t *data, size_t size, uint64_t *state)
{
    static const uint8_t telling[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xc0,
                                      0xc6, 0xdd, 0xdf, '"',  '{'};

    for (size_t n = 1 + below(state, 4); n > 0; n--) {
        size_t at = below(state, size);
        switch (next(state) % 6) {
        case 0:
            if (size > 0) {
                data[at] ^= (uint8_t)(1U << (next(state) % 8));
            }
            break;
        case 1:
            if (size > 0) {
                data[at] = telling[below(state, sizeof(telling))];
            }
            break;
        case 2: /* cut the end off */
            size = at;
            break;
        case 3: /* take a byte out */
            if (size > 0) {
                memmove(data + at, data + at + 1, size - at - 1);
                size--;
            }
            break;
        case 4: /* put a byte in */
            memmove(data + at + 1, data + at, size - at);
            data[at] = (uint8_t)next(state);
            size++;
            break;
        default: /* write one stretch over another */
            if (size > 0) {
                size_t from = below(state, size);
                size_t len = below(state, size - (at > from ? at : from));
                memmove(data + at, data + from, len);
            }
            break;
        }
    }
    return size;
}

static size_t mutations(void)
{
    const char *text = getenv("PH_FUZZ_MUTATIONS");
    if (text == NULL) {
        return MUTATIONS;
    }
    return (size_t)strtoul(text, NULL, 10);
}

static int replay_file(const char *path)
{
    static uint8_t input[INPUT_MAX];
    static uint8_t changed[INPUT_MAX + GROWTH_MAX];

    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "replay: cannot read \"%s\": %s\n", path, strerror(errno));
        return 1;
    }
    size_t size = fread(input, 1, sizeof(input), file);
    fclose(file);

    n_files++;
    run(input, size);
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) + size;
    for (size_t i = mutations(); i > 0; i--) {
        memcpy(changed, input, size);
        run(changed, mutate(changed, size, &state));
    }
    return 0;
}

static int replay_directory(const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort);
    if (n < 0) {
        fprintf(stderr, "replay: cannot list \"%s\": %s\n", path, strerror(errno));
        return 1;
    }
    int failed = 0;
    for (int i = 0; i < n; i++) {
        char name[4096];
        int len = snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && len > 0 && (size_t)len < sizeof(name)) {
            failed |= replay_file(name);
        }
        free(entries[i]);
    }
    free(entries);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY-OR-FILE…\n", argv[0]);
        return 2;
    }
    if (LLVMFuzzerInitialize != NULL) {
        (void)LLVMFuzzerInitialize(&argc, &argv);
    }
    run((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
            failed |= replay_directory(argv[i]);
        } else {
            failed |= replay_file(argv[i]);
        }
    }
    printf("%zu files, %zu runs\n", n_files, n_runs);
    return failed;
}
