/* SPDX-License-Identifier: Apache-2.0
 *
 * Every limit of records, trust documents and the wire, in one place. Each is enforced before
 * memory is taken. Sizes in bytes unless the name says otherwise. Source: docs/protocol.md. */
#ifndef PH_BASE_LIMITS_H
#define PH_BASE_LIMITS_H

#define PH_KIB(n) ((n)*1024)
#define PH_MIB(n) ((n)*1024 * 1024)

/* Records */
#define PH_HEADER_MAX            PH_KIB(64)
#define PH_BODY_MAX              PH_MIB(1)   /* as stored and sent, sealed */
#define PH_PLAIN_MAX             PH_MIB(4)   /* a body opened */
#define PH_ZSTD_RATIO_MAX        200         /* plain bytes per compressed byte */
#define PH_BLOB_PIECE_MAX        PH_KIB(960) /* plain bytes of one attachment piece */
#define PH_OBJECTS_MAX           4096        /* STIX objects in one record */
#define PH_OBJECT_MAX            PH_KIB(256) /* one STIX object, as JSON */
#define PH_PACK_TARGET           PH_KIB(256) /* plain size at which an author's tool starts a new record */
#define PH_RECIPIENTS_MAX        512
#define PH_BOXES_MAX             4096 /* sealed boxes in one grant record */
#define PH_DEPTH_MAX             32   /* nesting of STIX objects and of any msgpack read */
#define PH_CREATED_MAX           ((UINT64_C(1) << 48) - 1)
#define PH_LIFETIME_MAX_MS       (UINT64_C(3653) * 86400000) /* ten years, leap days too */
#define PH_EPOCH_MS              (UINT64_C(30) * 86400000)
#define PH_GRANT_LIFETIME_MAX_MS (PH_LIFETIME_MAX_MS + UINT64_C(31) * 86400000)
#define PH_HISTORY_DAYS          90
#define PH_CLOCK_SKEW_MS         (UINT64_C(10) * 60000)

/* Trust documents */
#define PH_CODE_MAX           16  /* an organisation's code, characters */
#define PH_NAME_MAX           128 /* names of organisations, groups, nodes, persons */
#define PH_HANDLE_MAX         32
#define PH_TEXT_MAX           1024       /* contact, reason */
#define PH_ROSTER_MAX         PH_MIB(1)  /* one roster with its signatures */
#define PH_CARD_MAX           PH_KIB(48) /* fits the first handshake message */
#define PH_ORGS_MAX           4096
#define PH_GROUPS_MAX         512
#define PH_STEWARDS_MAX       32
#define PH_NODES_MAX          64 /* nodes on one card */
#define PH_ADDRESSES_MAX      8  /* addresses of one node */
#define PH_ADDRESS_MAX        96
#define PH_READING_KEYS_MAX   64
#define PH_PERSONS_MAX        256
#define PH_CHAIN_EXCHANGE_MAX 1024 /* rosters in one exchange */

/* Wire */
#define PH_NOISE_MAX             65535
#define PH_NOISE_TAG             16
#define PH_HANDSHAKE_PAYLOAD_MAX PH_KIB(60)
#define PH_FRAME_MAX             (PH_MIB(5) / 4) /* 1.25 MiB, without its 4-byte length */
#define PH_RECON_MAX             PH_MIB(1)
#define PH_IDS_MAX               16384 /* ids in one HAVE, WANT or GONE */
#define PH_RECORDS_MAX           4096  /* records in one RECORD message */
#define PH_RECON_ROUNDS_MAX      64
#define PH_SESSION_BUDGET        PH_MIB(4) /* bytes in each direction */
#define PH_SESSIONS_MAX          32
#define PH_HALF_OPEN_MAX         64
#define PH_PER_ADDRESS_MAX       16
#define PH_HANDSHAKE_MS          5000
#define PH_REKEY_MESSAGES        (UINT64_C(1) << 20)
#define PH_REKEY_MS              (UINT64_C(3600) * 1000)

_Static_assert(PH_FRAME_MAX > PH_BODY_MAX + PH_HEADER_MAX + 128, "a frame holds any one record");
_Static_assert(PH_RECON_MAX < PH_FRAME_MAX, "a frame holds any one Negentropy message");
_Static_assert(PH_SESSION_BUDGET > 2 * PH_FRAME_MAX, "a session can always receive a whole frame");
_Static_assert(PH_IDS_MAX * 34 + 16 < PH_FRAME_MAX, "a frame holds any list of ids");
_Static_assert(PH_CARD_MAX < PH_HANDSHAKE_PAYLOAD_MAX, "a card fits the first handshake message");
_Static_assert(PH_BOXES_MAX * 192 < PH_BODY_MAX, "a full grant fits a body");

#endif
