/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of the control socket: how a tool asks the daemon beside it to write, and how it is
 * doing.
 *
 * A Unix stream; each message is `uint32 length (big-endian) || msgpack array`, at most
 * PH_CONTROL_MAX. Request: [PH_CONTROL_VERSION, op, …]. Answer: [PH_CONTROL_VERSION, error number,
 * …]: 0 and the operation's fields, or an error of base/error.h with its text and hint. One answer
 * for each request, in order. Access is by the socket's mode and the peer's credentials; there is
 * no other authentication. */
#ifndef PH_WIRE_CONTROL_H
#define PH_WIRE_CONTROL_H

#include "proto/base/reader.h"
#include "proto/record/header.h"

#define PH_CONTROL_VERSION     1
#define PH_CONTROL_MAX         PH_MIB(8)
#define PH_CONTROL_PEERS_MAX   16384
#define PH_CONTROL_ALARMS_MAX  64
#define PH_CONTROL_OBJECTS_MAX 16384

enum ph_control_op {
    PH_CONTROL_STATUS = 1,  /* → struct ph_control_status */
    PH_CONTROL_PUBLISH = 2, /* struct ph_control_publish → struct ph_control_published */
    PH_CONTROL_TRUST = 3,   /* struct ph_control_trust → nothing: stored and told to all peers */
    PH_CONTROL_AUDIT = 4    /* struct ph_control_audit → nothing: the entry is on disk */
};

/** Objects to publish: encodings of ph_content_add(), one view each. */
struct ph_control_publish {
    enum ph_tlp label;
    struct ph_audience audience;
    const struct ph_recipient *recipients;
    size_t n_recipients;
    uint32_t flags;
    ph_ms expires;
    bool single;
    const struct ph_bytes *objects;
    size_t n_objects;
};

struct ph_control_published {
    uint64_t n_new;
    uint64_t n_known;
    struct ph_bytes ids; /* of the content records made: 32 bytes each */
};

/** Trust documents, encoded. */
struct ph_control_trust {
    const struct ph_bytes *rosters;
    size_t n_rosters;
    const struct ph_bytes *cards;
    size_t n_cards;
};

struct ph_control_audit {
    struct ph_bytes who;  /* at most PH_NAME_MAX bytes of text */
    struct ph_bytes door; /* likewise */
    struct ph_bytes ids;  /* 32 bytes each */
};

struct ph_control_peer {
    struct ph_code org;
    struct ph_node_key node;
    bool connected, outgoing, in_sync;
    ph_ms since; /* wall time of the session's start; 0 when not connected */
    uint64_t rtt_ms, bytes_in, bytes_out, records_in, records_out, refused;
    ph_ms next_dial_in; /* ms from now; 0: none planned */
    enum ph_err last_error;
};

struct ph_control_status {
    struct ph_bytes software;
    ph_ms started;
    struct ph_bytes listen; /* text; empty when it only dials */
    bool locked_memory;
    struct ph_control_peer *peers;
    size_t n_peers;
    struct ph_bytes alarms[PH_CONTROL_ALARMS_MAX]; /* text */
    size_t n_alarms;
};

/** One decoded request. Views into the bytes given; arrays are owned: ph_control_request_done(). */
struct ph_control_request {
    enum ph_control_op op;
    union {
        struct ph_control_publish publish;
        struct ph_control_trust trust;
        struct ph_control_audit audit;
    };
    void *owned[3];
};

/** Append the request with its length in front. PH_ERR_LIMIT past PH_CONTROL_MAX. */
enum ph_err ph_control_request_encode(struct ph_buf *out, const struct ph_control_request *request);
/** Decode one request without its length. PH_ERR_FORMAT, PH_ERR_VERSION, PH_ERR_PROTOCOL (unknown
 * operation), PH_ERR_NOMEM. */
enum ph_err ph_control_request_decode(struct ph_control_request *out, struct ph_bytes bytes,
                                      struct ph_why *why);
void ph_control_request_done(struct ph_control_request *request);

/* Answers, appended with their length in front. */
enum ph_err ph_control_answer_error(struct ph_buf *out, enum ph_err err, const struct ph_why *why);
enum ph_err ph_control_answer_ok(struct ph_buf *out);
enum ph_err ph_control_answer_published(struct ph_buf *out, const struct ph_control_published *p);
enum ph_err ph_control_answer_status(struct ph_buf *out, const struct ph_control_status *status);

/** Read the head of an answer, without its length: PH_OK and @r stands at the operation's fields,
 * or the error that the daemon gave, its text and hint in @why. */
enum ph_err ph_control_answer_begin(struct ph_reader *r, struct ph_bytes bytes, struct ph_why *why);
/** Read the operation's fields; views into the bytes. */
enum ph_err ph_control_read_published(struct ph_control_published *out, struct ph_reader *r,
                                      struct ph_why *why);
/** @out->peers is allocated: free(). */
enum ph_err ph_control_read_status(struct ph_control_status *out, struct ph_reader *r,
                                   struct ph_why *why);

#endif
