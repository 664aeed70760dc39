/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/intel/stix_write.h"

#include "proto/intel/stix_id.h"

/* Random, once: the space of bundle ids made from content. */
static const struct ph_uuid bundle_space = {{0x1b, 0x6f, 0xd3, 0x90, 0x22, 0x5e, 0x4c, 0x87, 0xa4,
                                             0x0c, 0x7d, 0x31, 0xf8, 0x9b, 0x65, 0xee}};

static enum ph_err add(struct ph_stix_writer *w, const char *text)
{
    return ph_buf_add(w->out, ph_bytes_str(text));
}

enum ph_err ph_stix_write_begin(struct ph_stix_writer *w, struct ph_buf *out, const char *id,
                                struct ph_why *why)
{
    if (id && !ph_stix_id_is_valid(id, "bundle"))
        return ph_fail(why, PH_ERR_INPUT, "bundle id must be of the form bundle--UUID");
    *w = (struct ph_stix_writer){.out = out, .has_id = id != NULL, .n = 0};
    sha1_init(&w->content);
    sha1_update(&w->content, sizeof(bundle_space.b), bundle_space.b);
    enum ph_err err = add(w, "{\"type\":\"bundle\"");
    return err || !id ? err : ph_buf_printf(out, ",\"id\":\"%s\"", id);
}

enum ph_err ph_stix_write_object(struct ph_stix_writer *w, struct ph_bytes json)
{
    size_t before = w->out->n;
    enum ph_err err = add(w, w->n == 0 ? ",\"objects\":[\n" : ",\n");
    if (!err)
        err = ph_buf_add(w->out, json);
    if (err) {
        w->out->n = before;
        return err;
    }
    /* the separator keeps "12","3" apart from "1","23" */
    sha1_update(&w->content, json.n, json.p);
    sha1_update(&w->content, 1, (const uint8_t *)"\n");
    w->n++;
    return PH_OK;
}

enum ph_err ph_stix_write_end(struct ph_stix_writer *w)
{
    uint8_t digest[SHA1_DIGEST_SIZE];
    char uuid[PH_UUID_TEXT_MAX];
    enum ph_err err = w->n > 0 ? add(w, "\n]") : PH_OK;
    if (err)
        return err;
    if (w->has_id)
        return add(w, "}\n");
    sha1_digest(&w->content, sizeof(digest), digest);
    ph_uuid_text(uuid, digest);
    return ph_buf_printf(w->out, ",\"id\":\"bundle--%s\"}\n", uuid);
}
