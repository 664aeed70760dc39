/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader cuts, json.c parses. What stands around the objects of a bundle is kept as well, with
 * its list of objects emptied, and parsed when it ends, so that a bundle is JSON as a whole or
 * refused. */
#include <stdlib.h>

#include "proto/base/text.h"
#include "proto/intel/json.h"
#include "proto/intel/json_scan.h"
#include "proto/intel/stix.h"

/* Most text given at once and not yet read. */
#define FEED_MAX PH_MIB(64)

enum state {
    AT_START,    /* before the first byte, or between documents */
    IN_ENVELOPE, /* inside a top-level object: a bundle, or the one object itself */
    AT_ELEMENT,  /* inside a list of objects: an element or ']' comes */
    IN_ELEMENT,
    AFTER_ELEMENT, /* ',' or ']' comes */
    AFTER_COMMA    /* an element comes */
};

/* Inside the envelope, on its first level: what comes next. */
enum member {
    MEMBER_KEY,
    MEMBER_COLON,
    MEMBER_VALUE,
    MEMBER_AFTER
};

/* One value being collected. */
struct piece {
    struct ph_json_scan scan;
    struct ph_buf text; /* white space outside strings shortened, line ends kept */
    bool is_too_big;
    size_t line; /* it starts on */
};

struct ph_stix_reader {
    struct ph_buf pending;
    size_t at; /* bytes of pending that are read */
    size_t line;
    size_t column; /* of the byte read next, from 1 */
    size_t offset; /* bytes read of the whole text */
    size_t index;  /* of the next object */
    enum state state;
    enum member member;
    size_t key_at;      /* in the envelope's text: where the last first-level key starts */
    bool is_objects;    /* that key is "objects" */
    bool is_bundle;     /* the envelope's list of objects has been met */
    bool has_documents; /* a first document has ended */
    const char *only;   /* objects without this word are passed over; NULL: none are */
    struct piece envelope;
    struct piece element;
    enum ph_err fatal;
    struct ph_why fatal_why;
};

/* What came out of one byte. */
struct found {
    bool is_object;
    json_t *object;
    enum ph_err err;
    struct ph_why why;
};

enum ph_err ph_stix_reader_new(struct ph_stix_reader **out)
{
    struct ph_stix_reader *r = calloc(1, sizeof(*r));
    if (!r)
        return PH_ERR_NOMEM;
    r->pending = ph_buf(FEED_MAX);
    r->envelope.text = ph_buf(PH_OBJECT_MAX);
    r->element.text = ph_buf(PH_OBJECT_MAX);
    r->line = 1;
    r->column = 1;
    *out = r;
    return PH_OK;
}

void ph_stix_reader_free(struct ph_stix_reader *reader)
{
    if (!reader)
        return;
    ph_buf_done(&reader->pending);
    ph_buf_done(&reader->envelope.text);
    ph_buf_done(&reader->element.text);
    free(reader);
}

enum ph_err ph_stix_reader_feed(struct ph_stix_reader *reader, struct ph_bytes text)
{
    ph_buf_drop(&reader->pending, reader->at);
    reader->at = 0;
    return ph_buf_add(&reader->pending, text);
}

static enum ph_err fatal(struct ph_stix_reader *r, const char *what)
{
    r->fatal =
        ph_fail(&r->fatal_why, PH_ERR_FORMAT, "line %zu, column %zu: %s", r->line, r->column, what);
    return r->fatal;
}

static void piece_start(struct piece *piece, size_t line)
{
    ph_buf_clear(&piece->text);
    piece->scan = (struct ph_json_scan){.depth = 0};
    piece->is_too_big = false;
    piece->line = line;
}

/* Keep @bytes of the piece, or, past the limit, the knowledge that it was too big. */
static enum ph_err piece_add(struct piece *piece, struct ph_bytes bytes)
{
    if (piece->is_too_big)
        return PH_OK;
    enum ph_err err = ph_buf_add(&piece->text, bytes);
    if (err == PH_ERR_LIMIT) {
        piece->is_too_big = true;
        return PH_OK;
    }
    return err;
}

/* A run of white space becomes its line ends, or one space: indentation does not count against the
 * limit, and the parser's line numbers stay right. */
static enum ph_err piece_add_space(struct piece *piece, uint8_t c)
{
    uint8_t *last = piece->text.n > 0 ? piece->text.p + piece->text.n - 1 : NULL;
    if (c != '\n' && last && ph_json_is_space(*last))
        return PH_OK;
    if (c == '\n' && last && *last == ' ') {
        *last = '\n';
        return PH_OK;
    }
    return piece_add(piece, ph_bytes(c == '\n' ? "\n" : " ", 1));
}

static enum ph_err piece_add_byte(struct piece *piece, uint8_t c, bool was_in_string)
{
    if (!was_in_string && ph_json_is_space(c))
        return piece_add_space(piece, c);
    return piece_add(piece, ph_bytes(&c, 1));
}

static enum ph_err piece_parse(json_t **out, const struct piece *piece, struct ph_why *why)
{
    if (piece->is_too_big)
        return ph_fail(why, PH_ERR_LIMIT, "line %zu: object is over %d bytes", piece->line,
                       PH_OBJECT_MAX);
    json_t *value = NULL;
    enum ph_err err =
        ph_json_parse(&value, ph_buf_bytes(&piece->text), PH_OBJECT_MAX, piece->line, why);
    if (err)
        return err;
    if (!json_is_object(value)) {
        json_decref(value);
        return ph_fail(why, PH_ERR_FORMAT, "line %zu: not a JSON object", piece->line);
    }
    *out = value;
    return PH_OK;
}

static bool has_word(const struct piece *piece, const char *word)
{
    return memmem(piece->text.p, piece->text.n, word, strlen(word)) != NULL;
}

static void emit(struct ph_stix_reader *r, struct found *found, const struct piece *piece)
{
    if (r->only && !has_word(piece, r->only)) {
        r->index++;
        return;
    }
    found->is_object = true;
    found->err = piece_parse(&found->object, piece, &found->why);
}

/* The envelope, closed by @closing, must be JSON and may not say that it is something else. A TAXII
 * envelope has no type. */
static enum ph_err check_envelope(struct ph_stix_reader *r, const char *closing)
{
    json_t *value = NULL;
    struct ph_why why = {.code = PH_OK};
    struct piece *piece = &r->envelope;
    size_t n = piece->text.n;
    enum ph_err err = piece_add(piece, ph_bytes_str(closing));
    if (!err)
        err = piece_parse(&value, piece, &why);
    piece->text.n = n;
    if (err == PH_ERR_NOMEM)
        return err;
    if (err) {
        r->fatal = ph_fail(&r->fatal_why, PH_ERR_FORMAT, "bundle: %s", why.what);
        return r->fatal;
    }
    const json_t *type = json_object_get(value, "type");
    bool is_other = type && (!json_is_string(type) || strcmp(json_string_value(type), "bundle"));
    json_decref(value);
    return is_other ? fatal(r, "has a list of objects but is not of type bundle") : PH_OK;
}

static bool is_objects_key(const struct ph_stix_reader *r)
{
    struct ph_bytes text = ph_buf_bytes(&r->envelope.text);
    if (r->envelope.is_too_big || text.n < r->key_at)
        return false;
    /* the closing quote is not added yet */
    return ph_bytes_equal(ph_bytes(text.p + r->key_at, text.n - r->key_at),
                          ph_bytes_str("objects"));
}

/* Follow keys on the envelope's first level. True when @c opens the list of objects. */
static bool follow_member(struct ph_stix_reader *r, uint8_t c, bool was_in_string)
{
    const struct ph_json_scan *scan = &r->envelope.scan;
    if (was_in_string) {
        if (scan->depth == 1 && !scan->in_string && r->member == MEMBER_KEY) {
            r->is_objects = is_objects_key(r);
            r->member = MEMBER_COLON;
        }
        return false;
    }
    if (ph_json_is_space(c))
        return false;
    bool opens = r->member == MEMBER_VALUE && r->is_objects && c == '[';
    if (c == '"' && scan->depth == 1 && r->member == MEMBER_KEY)
        r->key_at = r->envelope.text.n + 1;
    else if (c == ':' && scan->depth == 1 && r->member == MEMBER_COLON)
        r->member = MEMBER_VALUE;
    else if (c == ',' && scan->depth == 1)
        r->member = MEMBER_KEY;
    else if (r->member == MEMBER_VALUE)
        r->member = MEMBER_AFTER;
    return opens;
}

static void end_document(struct ph_stix_reader *r)
{
    r->state = AT_START;
    r->has_documents = true;
    r->is_bundle = false;
}

/* A second list of the same name is a duplicate key, which the check finds. */
static enum ph_err open_objects(struct ph_stix_reader *r)
{
    r->is_bundle = true;
    r->state = AT_ELEMENT;
    return check_envelope(r, "]}");
}

static enum ph_err on_envelope(struct ph_stix_reader *r, uint8_t c, struct found *found)
{
    struct piece *piece = &r->envelope;
    bool was_in_string = piece->scan.in_string;
    enum ph_json_step step = ph_json_scan_byte(&piece->scan, c);
    if (step == PH_JSON_BROKEN)
        return fatal(r, "this bracket closes nothing that is open");
    if (c == '\0' && !was_in_string)
        return fatal(r, "a NUL byte: text must be UTF-8");
    bool opens = follow_member(r, c, was_in_string);
    enum ph_err err = piece_add_byte(piece, c, was_in_string);
    if (err)
        return err;
    if (opens)
        return open_objects(r);
    if (step != PH_JSON_DONE)
        return PH_OK;
    if (r->is_bundle)
        err = check_envelope(r, "");
    else
        emit(r, found, piece);
    end_document(r);
    return err;
}

static enum ph_err close_objects(struct ph_stix_reader *r)
{
    if (!r->is_bundle) {
        end_document(r);
        return PH_OK;
    }
    r->state = IN_ENVELOPE;
    r->member = MEMBER_AFTER;
    r->envelope.scan.depth = 1;
    return piece_add(&r->envelope, ph_bytes("]", 1));
}

/* @c is a byte inside an element. *out_again when the byte belongs to what follows. */
static enum ph_err on_element(struct ph_stix_reader *r, uint8_t c, struct found *found,
                              bool *out_again)
{
    struct piece *piece = &r->element;
    bool was_in_string = piece->scan.in_string;
    enum ph_json_step step = ph_json_scan_byte(&piece->scan, c);
    if (step == PH_JSON_BROKEN)
        return fatal(r, "this bracket closes nothing that is open");
    if (step != PH_JSON_BEFORE) {
        enum ph_err err = piece_add_byte(piece, c, was_in_string);
        if (err)
            return err;
    }
    if (step == PH_JSON_MORE)
        return PH_OK;
    emit(r, found, piece);
    r->state = AFTER_ELEMENT;
    *out_again = step == PH_JSON_BEFORE;
    return PH_OK;
}

static enum ph_err on_list(struct ph_stix_reader *r, uint8_t c, struct found *found,
                           bool *out_again)
{
    if (ph_json_is_space(c))
        return PH_OK;
    if (c == ']' && r->state != AFTER_COMMA)
        return close_objects(r);
    if (r->state == AFTER_ELEMENT) {
        if (c != ',')
            return fatal(r, "expected ',' or ']' after an object");
        r->state = AFTER_COMMA;
        return PH_OK;
    }
    if (c == ',' || c == ']' || c == '}' || c == ':' || c == '\0')
        return fatal(r, "expected an object");
    piece_start(&r->element, r->line);
    r->state = IN_ELEMENT;
    return on_element(r, c, found, out_again);
}

static enum ph_err on_start(struct ph_stix_reader *r, uint8_t c)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    if (r->offset < sizeof(mark) && c == mark[r->offset])
        return PH_OK; /* RFC 8259, 8.1: a byte order mark may be ignored */
    if (ph_json_is_space(c))
        return PH_OK;
    if (c == '[') {
        r->state = AT_ELEMENT;
        return PH_OK;
    }
    if (c == '{') {
        r->state = IN_ENVELOPE;
        r->member = MEMBER_KEY;
        r->is_objects = false;
        piece_start(&r->envelope, r->line);
        r->envelope.scan.depth = 1;
        r->envelope.scan.arrays = 0;
        return piece_add(&r->envelope, ph_bytes("{", 1));
    }
    if (c == '\0' || c == 0xfe || c == 0xff)
        return fatal(r, "looks like UTF-16 or binary data: text must be UTF-8");
    return fatal(r, r->has_documents ? "text after the end of the JSON"
                                     : "expected '{' or '[': not a STIX bundle");
}

static enum ph_err on_byte(struct ph_stix_reader *r, uint8_t c, struct found *found,
                           bool *out_again)
{
    switch (r->state) {
    case AT_START:
        return on_start(r, c);
    case IN_ENVELOPE:
        return on_envelope(r, c, found);
    case IN_ELEMENT:
        return on_element(r, c, found, out_again);
    case AT_ELEMENT:
    case AFTER_ELEMENT:
    case AFTER_COMMA:
        return on_list(r, c, found, out_again);
    }
    return PH_ERR_INTERNAL;
}

static void advance(struct ph_stix_reader *r, size_t n)
{
    const uint8_t *p = r->pending.p + r->at;
    for (size_t i = 0; i < n; i++) {
        bool is_end = p[i] == '\n';
        r->line += is_end;
        r->column = is_end ? 1 : r->column + 1;
    }
    r->at += n;
    r->offset += n;
}

/* The inside of a string is taken in one go: most bytes of real bundles stand there. */
static enum ph_err take_string(struct ph_stix_reader *r, struct piece *piece)
{
    const uint8_t *p = r->pending.p + r->at;
    size_t n = 0;
    size_t left = r->pending.n - r->at;
    while (n < left && p[n] != '"' && p[n] != '\\' && p[n] != '\0')
        n++;
    enum ph_err err = piece_add(piece, ph_bytes(p, n));
    if (!err)
        advance(r, n);
    return err;
}

static struct piece *piece_in_string(struct ph_stix_reader *r)
{
    struct piece *piece = r->state == IN_ELEMENT    ? &r->element
                          : r->state == IN_ENVELOPE ? &r->envelope
                                                    : NULL;
    return piece && piece->scan.in_string && !piece->scan.is_escaped ? piece : NULL;
}

static enum ph_err step(struct ph_stix_reader *r, struct found *found)
{
    struct piece *piece = piece_in_string(r);
    if (piece) {
        enum ph_err err = take_string(r, piece);
        if (err || r->at == r->pending.n)
            return err;
    }
    bool again = false;
    enum ph_err err = on_byte(r, r->pending.p[r->at], found, &again);
    if (!err && !again)
        advance(r, 1);
    return err;
}

void ph_stix_reader_only(struct ph_stix_reader *reader, const char *word)
{
    reader->only = word;
}

enum ph_err ph_stix_reader_next(struct ph_stix_reader *reader, json_t **out_object,
                                size_t *out_index, enum ph_err *out_err, struct ph_why *why)
{
    struct found found = {.is_object = false};
    enum ph_err err = reader->fatal;
    *out_object = NULL;
    *out_err = PH_OK;
    while (!err && !found.is_object && reader->at < reader->pending.n)
        err = step(reader, &found);
    if (err) {
        json_decref(found.object);
        if (why)
            *why = reader->fatal_why;
        return err == reader->fatal ? err : ph_fail(why, err, "%s", ph_err_text(err));
    }
    if (!found.is_object)
        return PH_OK;
    if (found.err == PH_ERR_NOMEM)
        return ph_fail(why, PH_ERR_NOMEM, "out of memory");
    *out_index = reader->index++;
    *out_object = found.object;
    *out_err = found.err;
    if (found.err && why)
        *why = found.why;
    return PH_OK;
}

enum ph_err ph_stix_reader_finish(struct ph_stix_reader *reader, struct ph_why *why)
{
    if (reader->fatal) {
        if (why)
            *why = reader->fatal_why;
        return reader->fatal;
    }
    if (reader->at < reader->pending.n)
        return ph_fail(why, PH_ERR_INTERNAL, "text was left unread");
    switch (reader->state) {
    case AT_START:
        if (reader->has_documents)
            return PH_OK;
        return ph_fail(why, PH_ERR_FORMAT, "text is empty: no STIX in it");
    case IN_ENVELOPE:
        return ph_fail(why, PH_ERR_TRUNCATED, "ends inside the object that starts on line %zu",
                       reader->envelope.line);
    case IN_ELEMENT:
        return ph_fail(why, PH_ERR_TRUNCATED, "ends inside object %zu, which starts on line %zu",
                       reader->index, reader->element.line);
    case AT_ELEMENT:
    case AFTER_ELEMENT:
    case AFTER_COMMA:
        return ph_fail(why, PH_ERR_TRUNCATED, "ends inside the list of objects, after %zu",
                       reader->index);
    }
    return PH_ERR_INTERNAL;
}
