/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/import.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/intel/json.h"
#include "proto/intel/stix.h"

/* Bad objects listed one by one; the rest is counted. */
#define SHOWN_MAX 20
/* Statement markings remembered of one bundle; more than that are unknown ones, and strict. */
#define STATEMENTS_MAX 65536

static enum ph_err add_input(struct ph_import *im, const char *dir, const char *name,
                             struct ph_why *why)
{
    struct ph_import_input *more =
        (struct ph_import_input *)realloc(im->inputs, (im->n_inputs + 1) * sizeof(*im->inputs));
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = (char *)malloc(size);
    if (more != NULL)
        im->inputs = more;
    if (more == NULL || path == NULL) {
        free(path);
        return ph_fail(why, PH_ERR_NOMEM, "no memory for the list of files");
    }
    snprintf(path, size, "%s%s%s", dir, dir[0] ? "/" : "", name);
    im->inputs[im->n_inputs++] = (struct ph_import_input){.path = path};
    return PH_OK;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static enum ph_err add_directory(struct ph_import *im, const char *dir, struct ph_why *why)
{
    struct dirent **names = NULL;
    struct stat st;
    char safe[160];
    int n = scandir(dir, &names, is_shown, alphasort);
    size_t before = im->n_inputs;
    enum ph_err err = PH_OK;
    for (int i = 0; i < n; i++) {
        if (!err)
            err = add_input(im, dir, names[i]->d_name, why);
        if (!err && (stat(im->inputs[im->n_inputs - 1].path, &st) != 0 || !S_ISREG(st.st_mode)))
            free(im->inputs[--im->n_inputs].path);
        free(names[i]);
    }
    free(names);
    if (!err && im->n_inputs == before)
        err = ph_fail(why, PH_ERR_INPUT, "no files to read in \"%s\"",
                      ph_text_safe(safe, sizeof(safe), ph_bytes_str(dir)));
    return err;
}

enum ph_err ph_import_add(struct ph_import *im, const char *path, struct ph_why *why)
{
    struct stat st;
    if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return add_directory(im, path, why);
    return add_input(im, "", path, why);
}

void ph_import_done(struct ph_import *im)
{
    for (size_t i = 0; i < im->n_inputs; i++) {
        ph_source_close(&im->inputs[i].source);
        json_decref(im->inputs[i].statements);
        free(im->inputs[i].path);
    }
    free(im->inputs);
    ph_packs_done(&im->packs);
    ph_reading_free(im->reading);
    ph_own_identity_done(&im->identity);
}

/* "FILE: object 12 (indicator--…): rule", for the first of them. */
static void report(struct ph_import *im, const struct ph_source *source,
                   const struct ph_source_item *item, const struct ph_why *why)
{
    char id[96] = "";
    const char *raw_id = ph_json_str(item->object, "id"), *rule = why->what;
    if (im->n_shown++ >= SHOWN_MAX)
        return;
    ph_progress_clear(&im->progress);
    if (raw_id != NULL)
        ph_text_safe(id, sizeof(id), ph_bytes_str(raw_id));
    size_t n = strlen(id);
    if (n > 0 && strncmp(rule, id, n) == 0 && strncmp(rule + n, ": ", 2) == 0)
        rule += n + 2; /* the checks put the id in front as well */
    fprintf(stderr, "posthorn: %s: %s %zu%s%s%s: %s\n", source->name,
            source->is_list ? "line" : "object", item->index, n ? " (" : "", id, n ? ")" : "",
            rule);
}

static bool is_statement(const json_t *object)
{
    const char *type = ph_json_str(object, "type");
    const char *kind = ph_json_str(object, "definition_type");
    return type != NULL && strcmp(type, "marking-definition") == 0 && kind != NULL &&
           strcmp(kind, "statement") == 0;
}

/* Its markings decide, and the strictest of them; --tlp fills in, and never loosens. */
static enum ph_tlp label_of(const struct ph_import *im, const struct ph_import_input *input,
                            const json_t *object)
{
    enum ph_tlp label = PH_TLP_RED;
    bool has = false;
    if (ph_stix_label(&label, &has, object, input->statements))
        return PH_TLP_RED;
    if (!has)
        return im->share->label;
    return im->share->has_label ? PH_MAX(label, im->share->label) : label;
}

/* Whether @item may be shared as asked; a bad or refused one is listed and counted. */
static bool judge(struct ph_import *im, const struct ph_import_input *input,
                  const struct ph_source_item *item, enum ph_tlp *out_label, struct ph_why *why)
{
    enum ph_err err = item->err;
    bool is_object = item->object != NULL;
    if (!err && is_object)
        err = ph_stix_check(item->object, why);
    if (err) {
        im->n_bad++;
        report(im, &input->source, item, why);
        return false;
    }
    *out_label = is_object ? label_of(im, input, item->object) : im->share->label;
    if (ph_share_check(im->share, *out_label, why) == PH_OK)
        return true;
    im->n_refused++;
    report(im, &input->source, item, why);
    return false;
}

static enum ph_err open_input(struct ph_import *im, struct ph_import_input *input,
                              struct ph_why *why)
{
    if (input->is_open)
        return ph_source_rewind(&input->source, why);
    enum ph_err err = ph_source_open(&input->source, input->path, im->session->home.dir, why);
    input->is_open = !err;
    return err;
}

static void close_input(struct ph_import_input *input)
{
    if (input->source.is_spooled)
        return; /* it could not be opened again */
    ph_source_close(&input->source);
    input->is_open = false;
}

static void show_progress(struct ph_import *im, const struct ph_source *source, const char *doing)
{
    if ((++im->n_seen & 255) != 0)
        return;
    ph_progress_show(&im->progress, "%s %s: %llu %%, %llu objects", doing, source->name,
                     (unsigned long long)(source->size ? source->n_read * 100 / source->size : 0),
                     (unsigned long long)im->n_seen);
}

static void survey_item(struct ph_import *im, struct ph_import_input *input,
                        const struct ph_source_item *item, struct ph_why *why)
{
    enum ph_tlp label;
    if (item->object != NULL && is_statement(item->object) &&
        json_object_size(input->statements) < STATEMENTS_MAX) {
        const char *id = ph_json_str(item->object, "id");
        (void)(id != NULL && json_object_set_new(input->statements, id, json_true()));
    }
    if (im->is_strict)
        (void)judge(im, input, item, &label, why);
}

/* @name in front of what is wrong with the whole. */
static enum ph_err blame(const struct ph_source *source, enum ph_err err, struct ph_why *why)
{
    return why->code == err && strncmp(why->what, "cannot ", 7) != 0
               ? ph_why_wrap(why, err, "%s", source->name)
               : err;
}

static enum ph_err survey_input(struct ph_import *im, struct ph_import_input *input,
                                struct ph_why *why)
{
    struct ph_source_item item;
    bool is_end = false;
    enum ph_err err = open_input(im, input, why);
    if (err)
        return err;
    input->statements = json_object();
    if (input->statements == NULL)
        return ph_fail(why, PH_ERR_NOMEM, "no memory for an import");
    /* A look at the shape of the whole, and for statements; only judging needs every object. */
    if (input->source.stix != NULL && !im->is_strict)
        ph_stix_reader_only(input->source.stix, "marking-definition");
    /* A list has no shape that could be broken, so only its lines could be judged. */
    while (!err && (!input->source.is_list || im->is_strict)) {
        struct ph_why bad = {0};
        err = ph_source_next(&input->source, &item, &is_end, &bad);
        if (err) {
            *why = bad;
            return blame(&input->source, err, why);
        }
        if (is_end || *im->stop)
            break;
        survey_item(im, input, &item, &bad);
        show_progress(im, &input->source, "checking");
        json_decref(item.object);
    }
    close_input(input);
    return err;
}

static void report_rest(struct ph_import *im)
{
    ph_progress_clear(&im->progress);
    if (im->n_shown > SHOWN_MAX)
        fprintf(stderr, "posthorn: … and %llu more\n",
                (unsigned long long)(im->n_shown - SHOWN_MAX));
}

enum ph_err ph_import_survey(struct ph_import *im, struct ph_why *why)
{
    enum ph_err err = PH_OK;
    for (size_t i = 0; i < im->n_inputs && !err && !*im->stop; i++)
        err = survey_input(im, &im->inputs[i], why);
    report_rest(im);
    im->n_seen = 0;
    return err;
}

/* Lists share the identity of their author along, in a record of its own: it is no finding, so it
 * is not counted with them. */
static enum ph_err begin_list(struct ph_import *im, struct ph_why *why)
{
    bool is_new = false;
    enum ph_err err = PH_OK;
    if (im->reading != NULL)
        return ph_reading_refresh(im->reading, why);
    err = ph_reading_new(&im->reading, im->session->store, im->session->members, why);
    if (!err)
        err = ph_own_identity(&im->identity, im->session, why);
    if (err || im->identity.object == NULL || ph_share_check(im->share, im->share->label, NULL))
        return err;
    return ph_packs_publish_one(im->session, im->share, im->share->label, im->identity.object,
                                &is_new, NULL, why);
}

static enum ph_err import_item(struct ph_import *im, struct ph_import_input *input,
                               struct ph_source_item *item, struct ph_why *bad_why,
                               struct ph_why *why)
{
    enum ph_tlp label = PH_TLP_RED;
    enum ph_err bad = PH_OK, err = PH_OK;
    if (!judge(im, input, item, &label, bad_why))
        return PH_OK;
    if (item->object == NULL)
        err = ph_own_indicator(&item->object, im->session, im->reading, &item->observable,
                               &im->identity, NULL, im->now, why);
    if (!err)
        err = ph_packs_add(&im->packs, label, item->object, &bad, why);
    if (!err && bad) {
        im->n_bad++;
        report(im, &input->source, item, why);
    }
    return err;
}

static enum ph_err import_input(struct ph_import *im, struct ph_import_input *input,
                                struct ph_why *why)
{
    struct ph_source_item item;
    bool is_end = false;
    enum ph_err err = open_input(im, input, why);
    if (!err && input->source.is_list)
        err = begin_list(im, why);
    while (!err && !*im->stop) {
        struct ph_why bad = {0};
        err = ph_source_next(&input->source, &item, &is_end, &bad);
        if (err) {
            *why = bad;
            return blame(&input->source, err, why);
        }
        if (is_end)
            break;
        err = import_item(im, input, &item, &bad, why);
        show_progress(im, &input->source, "importing");
        json_decref(item.object);
    }
    close_input(input);
    return err;
}

enum ph_err ph_import_run(struct ph_import *im, struct ph_why *why)
{
    enum ph_err err = PH_OK;
    im->packs = ph_packs(im->session, im->share, im->packs.single);
    for (size_t i = 0; i < im->n_inputs && !err && !*im->stop; i++)
        err = import_input(im, &im->inputs[i], why);
    if (!err && !*im->stop)
        err = ph_packs_flush(&im->packs, why);
    report_rest(im);
    return err;
}
