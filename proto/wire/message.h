/* SPDX-License-Identifier: Apache-2.0
 *
 * Every message two nodes send each other, as C structs, to and from canonical msgpack.
 *
 * A frame's payload is one array `[type, …]` of fixed length per type; the table below and the
 * structs give the fields in their order. Lists of ids travel as one binary of 32 bytes each.
 * Decoding gives views into the frame, plus arrays that ph_message_done() frees; a count is
 * compared with the bytes that are left before an array is allocated for it. Encoding appends to a
 * buffer; RECORD also encodes to pieces, so that bodies go from the store to the sender's buffer in
 * one copy.
 *
 * Nothing is checked here that needs to know the session: whether a type is allowed now, a channel
 * is shared, an id is known. Types this build does not know decode to PH_MESSAGE_UNKNOWN: the
 * session skips them when the peer's minor version is newer than ours, and ends otherwise. Format:
 * docs/protocol.md, "Messages". */
#ifndef PH_WIRE_MESSAGE_H
#define PH_WIRE_MESSAGE_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"
#include "proto/record/header.h"

/* Version of everything on the wire. A new minor version may add message types and features, a new
 * major one may change what there is. */
#define PH_WIRE_MAJOR   1
#define PH_WIRE_MINOR   0

#define PH_SOFTWARE_MAX 64
#define PH_BYE_TEXT_MAX 160
#define PH_HEADS_MAX    (1 + PH_GROUPS_MAX + PH_ORGS_MAX) /* channels in one HEADS */
#define PH_REJECTS_MAX  4096
#define PH_CREDIT_MAX   PH_MIB(1024) /* bytes in one CREDIT */

/* clang-format off */
/* X(NAME, number on the wire, elements of its array, type included) */
#define PH_MESSAGE_TABLE(X) \
    X(HELLO,   1, 11)       \
    X(HEADS,   2,  3)       \
    X(TRUST,   3,  4)       \
    X(RECON,   4,  5)       \
    X(HAVE,    5,  2)       \
    X(WANT,    6,  3)       \
    X(RECORD,  7,  2)       \
    X(REKEY,   8,  1)       \
    X(GONE,    9,  2)       \
    X(REJECT, 10,  2)       \
    X(CREDIT, 11,  2)       \
    X(PRUNE,  12,  2)       \
    X(GRAFT,  13,  3)       \
    X(PING,   14,  2)       \
    X(PONG,   15,  2)       \
    X(BYE,    16,  3)
/* clang-format on */

enum ph_message_type {
    PH_MESSAGE_UNKNOWN = 0, /* a type number this build does not know; never on the wire itself */
#define PH_MESSAGE_ENUM_(name, number, elements) PH_MESSAGE_##name = number,
    PH_MESSAGE_TABLE(PH_MESSAGE_ENUM_)
#undef PH_MESSAGE_ENUM_
};

/** Name for logs: "HELLO"; "UNKNOWN". Static. */
const char *ph_message_name(enum ph_message_type type);

/** A channel as named between two nodes. As fields: [kind, nil | bin 32 group, nil | text org].
 *
 * Direct: between nodes of two organisations no code travels, as only one such channel can be
 * meant; between nodes of one organisation the code names the other end. */
struct ph_wire_channel {
    enum ph_channel_kind kind;
    struct ph_hash group; /* GROUP only, else zero */
    bool has_org;         /* DIRECT only */
    struct ph_code org;   /* when @has_org, else zero */
};

bool ph_wire_channel_equal(const struct ph_wire_channel *a, const struct ph_wire_channel *b);

/** A list of ids as it travels, in any order. Decoded: a view into the frame. */
struct ph_ids {
    const struct ph_id *ids;
    size_t n; /* at most PH_IDS_MAX */
};

/** HELLO: first message both ways. */
struct ph_msg_hello {
    uint64_t major; /* at most 2^32-1, as is @minor */
    uint64_t minor;
    uint64_t features;
    struct ph_bytes software; /* text, at most PH_SOFTWARE_MAX bytes */
    ph_ms time;
    uint8_t store_id[16];
    uint64_t boot; /* counts the starts of this store's daemon */
    uint64_t roster_seq;
    struct ph_hash roster_hash;
    struct ph_hash cards_digest; /* over the newest card of each organisation */
};

struct ph_head {
    struct ph_wire_channel channel;
    uint64_t count;
    struct ph_hash fingerprint;
};

/** HEADS: what the sender's shared channels hold. */
struct ph_msg_heads {
    ph_ms time;
    const struct ph_head *heads;
    size_t n; /* at most PH_HEADS_MAX */
};

/** What the sender knows of one organisation: key counter, then the card's own. */
struct ph_trust_known {
    struct ph_code org;
    uint64_t key_seq;
    uint64_t card_seq;
    struct ph_hash card_hash;
};

/** TRUST: a summary ("this I have; send what I lack"), or documents, or both. */
struct ph_msg_trust {
    bool has_summary;
    uint64_t roster_seq;                /* with a summary, else 0 */
    const struct ph_trust_known *known; /* with a summary */
    size_t n_known;                     /* at most PH_ORGS_MAX */
    const struct ph_bytes *rosters;     /* each at most PH_ROSTER_MAX bytes, not empty */
    size_t n_rosters;                   /* at most PH_CHAIN_EXCHANGE_MAX */
    const struct ph_bytes *cards;       /* each at most PH_CARD_MAX bytes, not empty */
    size_t n_cards;                     /* at most PH_ORGS_MAX */
};

/** RECON: one Negentropy message. */
struct ph_msg_recon {
    struct ph_wire_channel channel;
    uint64_t round;          /* from 0; at most PH_RECON_ROUNDS_MAX */
    bool from_initiator;     /* else it is the answer to one */
    struct ph_bytes message; /* 1 to PH_RECON_MAX bytes */
};

/** HAVE, GONE. At least one id. */
struct ph_msg_ids {
    struct ph_ids ids;
};

/** WANT: records asked for whole, and those of which the header will do. As fields: two lists. */
struct ph_msg_want {
    struct ph_ids whole;
    struct ph_ids header_only; /* both lists together 1 to PH_IDS_MAX */
};

/** One record of RECORD: [header, signature, body | nil]. */
struct ph_wire_record {
    struct ph_bytes header; /* 1 to PH_HEADER_MAX bytes */
    uint8_t signature[64];
    bool has_body;
    struct ph_bytes body; /* at most PH_BODY_MAX bytes */
};

struct ph_msg_record {
    const struct ph_wire_record *records;
    size_t n; /* 1 to PH_RECORDS_MAX */
};

struct ph_reject {
    struct ph_id id;
    enum ph_err code; /* number of the error table; numbers not in it decode as PH_ERR_INTERNAL */
};

/** REJECT: records that were refused, and why. */
struct ph_msg_reject {
    const struct ph_reject *rejects;
    size_t n; /* 1 to PH_REJECTS_MAX */
};

/** CREDIT: bytes of RECORD frames that the sender of this is ready for, on top of what was granted.
 */
struct ph_msg_credit {
    uint64_t bytes; /* 1 to PH_CREDIT_MAX */
};

struct ph_msg_prune {
    struct ph_wire_channel channel;
};

struct ph_msg_graft {
    struct ph_wire_channel channel;
    struct ph_ids ids;
};

/** PING, PONG. */
struct ph_msg_ping {
    uint64_t cookie;
};

/** BYE: last message before closing. */
struct ph_msg_bye {
    enum ph_err code;
    struct ph_bytes text; /* at most PH_BYE_TEXT_MAX bytes */
};

/** One message. Zero-initialise to build one for encoding. */
struct ph_message {
    enum ph_message_type type;
    uint64_t number; /* decoded: the type's number, also of an unknown type */
    union {
        struct ph_msg_hello hello;
        struct ph_msg_heads heads;
        struct ph_msg_trust trust;
        struct ph_msg_recon recon;
        struct ph_msg_ids ids; /* HAVE, GONE */
        struct ph_msg_want want;
        struct ph_msg_record record;
        struct ph_msg_reject reject;
        struct ph_msg_credit credit;
        struct ph_msg_prune prune;
        struct ph_msg_graft graft;
        struct ph_msg_ping ping; /* PING, PONG */
        struct ph_msg_bye bye;
    };
    void *owned[3]; /* arrays of a decoded message */
};

/** Decode one frame's payload.
 *
 * @out    untouched on failure; else free with ph_message_done().
 * @frame  borrowed as long as @out is in use.
 *
 * PH_ERR_FORMAT, _TRUNCATED, _LIMIT, _RANGE  as struct ph_reader says
 * PH_ERR_NOMEM */
enum ph_err ph_message_decode(struct ph_message *out, struct ph_bytes frame, struct ph_why *why);

/** Free what decoding allocated. Takes zeroed and built messages. */
void ph_message_done(struct ph_message *message);

/** Append @message to @out, which is the payload of a frame then.
 *
 * PH_ERR_LIMIT  over PH_FRAME_MAX, a list over its limit, or @out is full
 * PH_ERR_RANGE  a field out of its range; PH_ERR_NOMEM */
enum ph_err ph_message_encode(struct ph_buf *out, const struct ph_message *message);

/** Bytes that ph_message_encode() makes of one record, so that a sender can fill a frame. */
size_t ph_wire_record_size(const struct ph_wire_record *record);

/* What RECORD adds to the sizes of its records, at most. */
#define PH_RECORD_OVERHEAD 5

/* Pieces that ph_message_encode_records() makes of @n records, and bytes of scratch it needs, at
 * most. */
#define PH_RECORD_PIECES(n)  (4 * (size_t)(n))
#define PH_RECORD_SCRATCH(n) (PH_RECORD_OVERHEAD + 80 * (size_t)(n))

/** Encode RECORD without copying headers or bodies: as pieces for ph_tx_frame(), which in a row are
 * what ph_message_encode() would write.
 *
 * @scratch  holds the bytes in between; must outlive @pieces. Is cleared first; its maximum is at
 *           least PH_RECORD_SCRATCH(n).
 * @pieces   PH_RECORD_PIECES(n) of them.
 *
 * Errors as for ph_message_encode(). */
enum ph_err ph_message_encode_records(struct ph_buf *scratch, struct ph_bytes *pieces,
                                      size_t *out_n_pieces, const struct ph_wire_record *records,
                                      size_t n);

#endif
