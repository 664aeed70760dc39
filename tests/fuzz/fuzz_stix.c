/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a bundle. The first byte says in what pieces they come: the same objects and the
 * same errors must come out as from the whole. Every object is checked, indexed, labelled and
 * marked. */
#include <stdlib.h>

#include "proto/intel/stix.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    /* the same order of hash tables in every run */
    json_object_seed(1);
    return 0;
}

struct seen {
    size_t n_objects;
    size_t n_bad;
    size_t n_terms;
    enum ph_err end;
};

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static void demand_printable(const struct ph_why *why)
{
    demand(why->what[0] != '\0');
    for (const char *c = why->what; *c; c++)
        demand((unsigned char)*c >= ' ' && *c != 0x7f);
}

static bool on_term(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct seen *seen = ctx;
    demand(kind >= PH_OBS_DOMAIN && kind <= PH_OBS_WORD);
    demand(text.n > 0 && text.n < PH_OBSERVABLE_MAX);
    seen->n_terms++;
    return true;
}

static void use(const json_t *object, struct seen *seen)
{
    struct ph_why why = {.code = PH_OK};
    struct ph_stix_head head;
    enum ph_err err = ph_stix_check(object, &why);
    if (err)
        demand_printable(&why);
    if (ph_stix_head(&head, object, NULL) != PH_OK)
        demand(err != PH_OK);
    ph_stix_each_term(object, on_term, seen);

    enum ph_tlp before = PH_TLP_CLEAR;
    enum ph_tlp after = PH_TLP_CLEAR;
    bool has = false;
    json_t *marked = NULL;
    demand(ph_stix_label(&before, &has, object, NULL) == PH_OK);
    demand(ph_stix_mark(&marked, object, PH_TLP_GREEN) == PH_OK);
    demand(ph_stix_label(&after, &has, marked, NULL) == PH_OK);
    demand(has && after >= PH_TLP_GREEN);
    json_decref(marked);
}

static enum ph_err drain(struct ph_stix_reader *reader, struct seen *seen)
{
    for (;;) {
        json_t *object = NULL;
        size_t index = SIZE_MAX;
        enum ph_err bad = PH_OK;
        struct ph_why why = {.code = PH_OK};
        enum ph_err err = ph_stix_reader_next(reader, &object, &index, &bad, &why);
        if (err || bad)
            demand_printable(&why);
        if (err || (!object && !bad))
            return err;
        demand(!object != !bad);
        demand(index == seen->n_objects + seen->n_bad);
        seen->n_bad += bad != PH_OK;
        if (!object)
            continue;
        seen->n_objects++;
        use(object, seen);
        json_decref(object);
    }
}

static struct seen read_in(struct ph_bytes text, size_t piece)
{
    struct seen seen = {.n_objects = 0};
    struct ph_stix_reader *reader = NULL;
    demand(ph_stix_reader_new(&reader) == PH_OK);
    for (size_t at = 0; !seen.end && at < text.n; at += piece) {
        size_t n = PH_MIN(piece, text.n - at);
        demand(ph_stix_reader_feed(reader, ph_bytes(text.p + at, n)) == PH_OK);
        seen.end = drain(reader, &seen);
    }
    if (!seen.end) {
        struct ph_why why = {.code = PH_OK};
        seen.end = ph_stix_reader_finish(reader, &why);
        demand(seen.end != PH_ERR_INTERNAL);
        if (seen.end)
            demand_printable(&why);
    }
    ph_stix_reader_free(reader);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct ph_bytes text = ph_bytes(data + 1, size - 1);
    struct seen whole = read_in(text, text.n + 1);
    struct seen cut = read_in(text, 1 + data[0] % 64u);
    demand(whole.n_objects == cut.n_objects && whole.n_bad == cut.n_bad);
    demand(whole.n_terms == cut.n_terms && whole.end == cut.end);
    return 0;
}
