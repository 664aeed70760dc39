/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as an observable, its kind guessed and given. What is taken is in normal form: it comes
 * out of a second pass unchanged, prints as it is, and makes an indicator that is indexed under it.
 */
#include <stdlib.h>

#include "proto/intel/stix.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    json_object_seed(1);
    return 0;
}

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static bool is_same(const struct ph_observable *a, const struct ph_observable *b)
{
    return a->kind == b->kind && ph_bytes_equal(ph_bytes(a->text, a->n), ph_bytes(b->text, b->n));
}

struct search {
    const struct ph_observable *o;
    size_t n_found;
};

static bool on_term(void *ctx, enum ph_observable_kind kind, struct ph_bytes text)
{
    struct search *search = ctx;
    search->n_found +=
        kind == search->o->kind && ph_bytes_equal(text, ph_bytes(search->o->text, search->o->n));
    return true;
}

static void check_indicator(const struct ph_observable *o)
{
    json_t *object = NULL;
    struct search search = {.o = o};
    demand(ph_stix_indicator(&object, o, "IT", NULL, NULL, 1, NULL) == PH_OK);
    demand(ph_stix_check(object, NULL) == PH_OK);
    ph_stix_each_term(object, on_term, &search);
    demand(search.n_found > 0);
    json_decref(object);
    search.n_found = 0;
    ph_observable_each_parent(o, on_term, &search);
    demand(search.n_found == 1);
}

static void check(const struct ph_observable *o)
{
    struct ph_observable again;
    demand(o->n > 0 && o->n < sizeof(o->text) && strlen(o->text) == o->n);
    for (size_t i = 0; i < o->n; i++) {
        unsigned char c = (unsigned char)o->text[i];
        demand(c >= ' ' && c != 0x7f);
        demand(c < 0x80 || o->kind == PH_OBS_MAIL);
    }
    /* a name that looks defanged, or a quoted mailbox with brackets, may change once more */
    if (strpbrk(o->text, "([{"))
        return;
    demand(ph_observable_normalise(&again, o->kind, ph_bytes(o->text, o->n), NULL) == PH_OK);
    demand(is_same(o, &again));
    check_indicator(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ph_observable_kind kinds[] = {PH_OBS_DOMAIN, PH_OBS_IP, PH_OBS_URL,
                                                    PH_OBS_MAIL, PH_OBS_HASH};
    struct ph_observable o;
    struct ph_why why = {.code = PH_OK};
    struct ph_bytes text = ph_bytes(data, size);
    if (ph_observable_parse(&o, text, &why) == PH_OK)
        check(&o);
    else
        demand(why.code == PH_ERR_INPUT && why.what[0] != '\0');
    for (size_t i = 0; i < PH_LEN(kinds); i++)
        if (ph_observable_normalise(&o, kinds[i], text, NULL) == PH_OK)
            check(&o);
    return 0;
}
