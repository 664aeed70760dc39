/* SPDX-License-Identifier: Apache-2.0
 *
 * noise-vectors FILE.json: runs every vector of our suite in a file in the cacophony/snow layout,
 * both sides, handshake and transport messages, and prints `N passed, N failed, N skipped`; vectors
 * of other suites are skipped. Exit status 0 when at least one was run and all passed. */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/text.h"
#include "proto/wire/noise.h"

#define SUITE    "Noise_IK_25519_ChaChaPoly_BLAKE2b"
#define DATA_MAX ((size_t)1 << 20)

struct side {
    struct ph_noise handshake;
    struct ph_cipher tx;
    struct ph_cipher rx;
};

static const char *string_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* The bytes of a hex member, in new memory; false when it is no hex. */
static bool hex_of(const json_t *object, const char *name, struct ph_buf *out)
{
    struct ph_bytes text = ph_bytes_str(string_of(object, name));
    uint8_t *p;

    *out = ph_buf(DATA_MAX);
    if (ph_buf_extend(out, text.n / 2, &p))
        return false;
    return text.n == 0 || ph_hex_parse(p, text.n / 2, text);
}

static bool key_of(const json_t *vector, const char *name, uint8_t out[static 32])
{
    return ph_hex_parse(out, 32, ph_bytes_str(string_of(vector, name)));
}

static bool fail(size_t i, const char *what)
{
    fprintf(stderr, "noise-vectors: vector %zu: %s\n", i, what);
    return false;
}

static bool begin(const json_t *vector, size_t i, struct side *init, struct side *resp)
{
    struct ph_buf init_prologue;
    struct ph_buf resp_prologue;
    uint8_t init_static[32];
    uint8_t init_ephemeral[32];
    uint8_t resp_static[32];
    uint8_t resp_ephemeral[32];
    struct ph_transport_key remote;
    bool ok;

    ok = hex_of(vector, "init_prologue", &init_prologue);
    ok = hex_of(vector, "resp_prologue", &resp_prologue) && ok;
    ok = ok && key_of(vector, "init_static", init_static) &&
         key_of(vector, "init_ephemeral", init_ephemeral) &&
         key_of(vector, "init_remote_static", remote.b) &&
         key_of(vector, "resp_static", resp_static) &&
         key_of(vector, "resp_ephemeral", resp_ephemeral);
    ok = ok &&
         ph_noise_initiate(&init->handshake, ph_buf_bytes(&init_prologue), init_static, &remote,
                           init_ephemeral, NULL) == PH_OK &&
         ph_noise_respond(&resp->handshake, ph_buf_bytes(&resp_prologue), resp_static,
                          resp_ephemeral, NULL) == PH_OK;
    ph_buf_done(&init_prologue);
    ph_buf_done(&resp_prologue);
    return ok || fail(i, "keys or prologue");
}

/* Write on one side, read on the other. */
static bool pass(struct side *from, struct side *to, struct ph_bytes plain, struct ph_buf *wire,
                 struct ph_buf *read)
{
    uint8_t *p;

    if (!ph_noise_is_complete(&from->handshake) && from->handshake.state != PH_NOISE_DEAD)
        return ph_noise_write(&from->handshake, plain, wire, NULL) == PH_OK &&
               ph_noise_read(&to->handshake, ph_buf_bytes(wire), read, NULL) == PH_OK;
    return ph_buf_extend(wire, plain.n + PH_NOISE_TAG, &p) == PH_OK &&
           ph_cipher_encrypt(&from->tx, p, plain) == PH_OK &&
           ph_buf_extend(read, plain.n, &p) == PH_OK &&
           ph_cipher_decrypt(&to->rx, p, ph_buf_bytes(wire)) == PH_OK;
}

static bool run_message(const json_t *message, size_t i, struct side *from, struct side *to)
{
    struct ph_buf payload;
    struct ph_buf expected;
    struct ph_buf wire = ph_buf(DATA_MAX);
    struct ph_buf read = ph_buf(DATA_MAX);
    bool ok = hex_of(message, "payload", &payload);

    ok = hex_of(message, "ciphertext", &expected) && ok;
    if (!ok || expected.n == 0)
        ok = fail(i, "payload or ciphertext is missing");
    else if (!pass(from, to, ph_buf_bytes(&payload), &wire, &read))
        ok = fail(i, "a message was refused");
    else if (!ph_bytes_equal(ph_buf_bytes(&wire), ph_buf_bytes(&expected)))
        ok = fail(i, "a ciphertext differs");
    else if (!ph_bytes_equal(ph_buf_bytes(&read), ph_buf_bytes(&payload)))
        ok = fail(i, "a payload differs");
    ph_buf_done(&payload);
    ph_buf_done(&expected);
    ph_buf_done(&wire);
    ph_buf_done(&read);
    return ok;
}

/* Both sides' handshake hash against each other and against the file's, which not all files have.
 */
static bool end(const json_t *vector, size_t i, struct side *init, struct side *resp)
{
    uint8_t a[64];
    uint8_t b[64];
    uint8_t expected[64];
    const char *text = string_of(vector, "handshake_hash");

    if (!ph_noise_is_complete(&init->handshake) || !ph_noise_is_complete(&resp->handshake))
        return fail(i, "two messages do not complete the handshake");
    ph_noise_hash(&init->handshake, a);
    ph_noise_hash(&resp->handshake, b);
    if (memcmp(a, b, sizeof(a)) != 0)
        return fail(i, "the sides disagree on the handshake hash");
    if (*text && (!ph_hex_parse(expected, sizeof(expected), ph_bytes_str(text)) ||
                  memcmp(a, expected, sizeof(a)) != 0))
        return fail(i, "the handshake hash differs");
    if (ph_noise_split(&init->handshake, &init->tx, &init->rx) ||
        ph_noise_split(&resp->handshake, &resp->tx, &resp->rx))
        return fail(i, "cannot split");
    return true;
}

static bool run_vector(const json_t *vector, size_t i)
{
    const json_t *messages = json_object_get(vector, "messages");
    size_t n = json_array_size(messages);
    struct side init = {.handshake = {.state = PH_NOISE_DEAD}};
    struct side resp = {.handshake = {.state = PH_NOISE_DEAD}};
    bool ok = begin(vector, i, &init, &resp);

    if (ok && n < 2)
        ok = fail(i, "fewer than two messages");
    for (size_t k = 0; k < n && ok; k++) {
        bool from_init = k % 2 == 0;

        ok = run_message(json_array_get(messages, k), i, from_init ? &init : &resp,
                         from_init ? &resp : &init);
        if (ok && k == 1)
            ok = end(vector, i, &init, &resp);
    }
    ph_noise_done(&init.handshake);
    ph_noise_done(&resp.handshake);
    return ok;
}

static bool is_ours(const json_t *vector)
{
    const char *name = string_of(vector, "protocol_name");

    if (!*name)
        name = string_of(vector, "name");
    return strcmp(name, SUITE) == 0 && json_array_size(json_object_get(vector, "init_psks")) == 0;
}

int main(int argc, char **argv)
{
    json_error_t error;
    json_t *file;
    const json_t *vectors;
    size_t passed = 0, failed = 0, skipped = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: noise-vectors FILE.json\n");
        return 2;
    }
    if (sodium_init() < 0)
        return 1;
    file = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error);
    if (!file) {
        fprintf(stderr, "noise-vectors: %s: line %d: %s\n", argv[1], error.line, error.text);
        return 1;
    }
    vectors = json_is_array(file) ? file : json_object_get(file, "vectors");
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);

        if (!is_ours(vector))
            skipped++;
        else if (run_vector(vector, i))
            passed++;
        else
            failed++;
    }
    json_decref(file);
    printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
    if (passed + failed == 0)
        fprintf(stderr, "noise-vectors: %s: no vector of %s\n", argv[1], SUITE);
    return failed == 0 && passed > 0 ? 0 : 1;
}
