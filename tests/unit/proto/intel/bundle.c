/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/intel/bundle.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/limits.h"
#include "tests/lib/test.h"

#define TEXT_MAX PH_MIB(64)

static void note(struct ph_buf *out, struct ph_bytes text)
{
    assert_int_equal(ph_buf_add(out, text), PH_OK);
}

static void note_str(struct ph_buf *out, const char *text)
{
    note(out, ph_bytes_str(text));
}

static void note_end(struct ph_buf *out, const char *what, enum ph_err err,
                     const struct ph_why *why)
{
    note_str(out, what);
    note_str(out, ph_err_token(err));
    note_str(out, err ? " " : "");
    note_str(out, err ? why->what : "");
    note_str(out, "\n");
}

static void note_object(struct ph_buf *out, size_t index, json_t *object, enum ph_err err,
                        const struct ph_why *why)
{
    char number[32];
    snprintf(number, sizeof(number), "%zu ", index);
    if (err) {
        note_end(out, number, err, why);
        return;
    }
    note_str(out, number);
    note_str(out, "ok ");
    char *text = json_dumps(object, JSON_COMPACT);
    assert_non_null(text);
    note_str(out, text);
    note_str(out, "\n");
    free(text);
    json_decref(object);
}

/* False when nothing more can be read. */
static bool drain(struct ph_buf *out, struct ph_stix_reader *reader)
{
    for (;;) {
        json_t *object;
        size_t index = SIZE_MAX;
        enum ph_err bad;
        struct ph_why why = {.code = PH_OK};
        enum ph_err err = ph_stix_reader_next(reader, &object, &index, &bad, &why);
        if (err) {
            note_end(out, "fatal ", err, &why);
            return false;
        }
        if (!object && !bad)
            return true;
        note_object(out, index, object, bad, &why);
    }
}

struct ph_buf ph_test_transcript(struct ph_bytes text, size_t piece)
{
    struct ph_buf out = ph_buf(TEXT_MAX);
    struct ph_stix_reader *reader = NULL;
    struct ph_why why = {.code = PH_OK};
    assert_int_equal(ph_stix_reader_new(&reader), PH_OK);
    bool go = true;
    for (size_t at = 0; go && at < text.n; at += piece) {
        size_t n = PH_MIN(piece, text.n - at);
        assert_int_equal(ph_stix_reader_feed(reader, ph_bytes(text.p + at, n)), PH_OK);
        go = drain(&out, reader);
    }
    if (go) {
        enum ph_err err = ph_stix_reader_finish(reader, &why);
        note_end(&out, "end ", err, &why);
    }
    note(&out, ph_bytes("", 1));
    ph_stix_reader_free(reader);
    return out;
}

struct ph_buf ph_test_file(const char *name)
{
    struct ph_buf out = ph_buf(TEXT_MAX);
    char path[512];
    char piece[4096];
    snprintf(path, sizeof(path), "%s/%s", PH_TEST_DATA, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    for (;;) {
        size_t n = fread(piece, 1, sizeof(piece), file);
        if (n == 0)
            break;
        note(&out, ph_bytes(piece, n));
    }
    fclose(file);
    return out;
}

void ph_test_each_object(const char *name, void (*fn)(const json_t *object))
{
    struct ph_buf file = ph_test_file(name);
    struct ph_stix_reader *reader = NULL;
    size_t n = 0;
    assert_int_equal(ph_stix_reader_new(&reader), PH_OK);
    assert_int_equal(ph_stix_reader_feed(reader, ph_buf_bytes(&file)), PH_OK);
    for (;; n++) {
        json_t *object;
        size_t index;
        enum ph_err bad;
        assert_int_equal(ph_stix_reader_next(reader, &object, &index, &bad, NULL), PH_OK);
        assert_int_equal(bad, PH_OK);
        if (!object)
            break;
        fn(object);
        json_decref(object);
    }
    assert_true(n > 0);
    assert_int_equal(ph_stix_reader_finish(reader, NULL), PH_OK);
    ph_stix_reader_free(reader);
    ph_buf_done(&file);
}
