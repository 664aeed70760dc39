/* SPDX-License-Identifier: Apache-2.0
 *
 * HELLO: first word of both sides, and again whenever trust has changed. Records move only while
 * the last HELLO each way names the same roster and cards. */
#include <stdio.h>

#include "proto/base/text.h"
#include "proto/sync/engine_priv.h"

void ph__hello_send(struct ph_engine *engine, struct ph__session *s)
{
    const struct ph_engine_config *config = &engine->config;
    struct ph_message message = {.type = PH_MESSAGE_HELLO};
    message.hello = (struct ph_msg_hello){
        .major = PH_WIRE_MAJOR,
        .minor = PH_WIRE_MINOR,
        .software = ph_bytes_str(config->software),
        .time = engine->now.wall,
        .boot = config->boot,
        .roster_seq = engine->trust.roster_seq,
        .roster_hash = engine->trust.roster_hash,
        .cards_digest = engine->trust.cards_digest,
    };
    memcpy(message.hello.store_id, config->store_id, sizeof(config->store_id));
    (void)ph__send_or_close(engine, s, &message);
}

static bool trust_equal(const struct ph__trust *a, const struct ph__trust *b)
{
    return a->roster_seq == b->roster_seq && ph_hash_equal(&a->roster_hash, &b->roster_hash) &&
           ph_hash_equal(&a->cards_digest, &b->cards_digest);
}

static void become_live(struct ph_engine *engine, struct ph__session *s)
{
    ph__session_move(s, PH__LIVE);
    s->trust_tries = 0;
    s->in_sync = false;
    s->interval = engine->config.reconcile_ms;
    s->heads_wanted = true;
    s->heads_at = engine->now.mono;
    s->heads_sent = 0;
    s->moved_mark = UINT64_MAX;
    if (s->peer)
        s->peer->has_our_card = true;
}

void ph__trust_compare(struct ph_engine *engine, struct ph__session *s)
{
    if (!s->hello_heard || s->state == PH__CLOSING)
        return;
    if (trust_equal(&s->trust, &engine->trust) && !s->unlisted) {
        if (s->state != PH__LIVE)
            become_live(engine, s);
        return;
    }
    if (s->state != PH__TRUST) {
        ph__session_move(s, PH__TRUST);
        ph__recon_stop(s);
        s->in_sync = false;
    }
    ph__trust_ask(engine, s);
}

/* Two live stores with one node key: a clone, or a backup started beside its original. A store that
 * was copied as a whole keeps its id, but two that go on from one boot counter cannot both count up
 * in our eyes. */
static void check_clone(struct ph_engine *engine, struct ph__session *s,
                        const struct ph_msg_hello *hello)
{
    struct ph__peer *peer = s->peer;
    if (!peer)
        return;
    bool differs = peer->has_store_id &&
                   (memcmp(peer->store_id, hello->store_id, 16) != 0 || hello->boot < peer->boot);
    bool was_alive = s->replaced && engine->now.mono - s->replaced_heard < PH__PING_MS + 5000;
    if (differs && was_alive)
        ph__event(engine, PH_EVENT_CLONE, PH_ERR_DUPLICATE, s, NULL,
                  "two live stores use one node key");
    peer->has_store_id = true;
    memcpy(peer->store_id, hello->store_id, 16);
    peer->boot = hello->boot;
}

static bool clocks_agree(struct ph_engine *engine, struct ph__session *s, ph_ms theirs)
{
    char text[96];
    ph_ms ours = engine->now.wall;
    ph_ms apart = theirs > ours ? theirs - ours : ours - theirs;
    if (apart <= PH_CLOCK_SKEW_MS)
        return true;
    (void)snprintf(text, sizeof(text), "clocks are %llu s apart",
                   (unsigned long long)(apart / 1000));
    ph__event(engine, PH_EVENT_CLOCK, PH_ERR_CLOCK, s, NULL, text);
    ph__session_close(engine, s, PH_ERR_CLOCK, false, text);
    return false;
}

static void come_up(struct ph_engine *engine, struct ph__session *s,
                    const struct ph_msg_hello *hello)
{
    char software[PH_SOFTWARE_MAX + 1];
    s->hello_heard = true;
    s->deadline = PH_NEVER_MS;
    check_clone(engine, s, hello);
    s->came_up = true;
    ph__event(engine, PH_EVENT_SESSION_UP, PH_OK, s, NULL,
              ph_text_safe(software, sizeof(software), hello->software));
    ph__credit_pump(engine, s);
    if (s->state != PH__CLOSING)
        ph__ping_send(engine, s); /* for the round trip */
}

void ph__on_hello(struct ph_engine *engine, struct ph__session *s, const struct ph_message *message,
                  size_t frame_bytes)
{
    const struct ph_msg_hello *hello = &message->hello;
    (void)frame_bytes;
    if (hello->major != PH_WIRE_MAJOR) {
        ph__session_close(engine, s, PH_ERR_VERSION, false, "speaks another version");
        return;
    }
    if (!clocks_agree(engine, s, hello->time))
        return;
    s->peer_minor = hello->minor;
    struct ph__trust trust = {.roster_seq = hello->roster_seq,
                              .roster_hash = hello->roster_hash,
                              .cards_digest = hello->cards_digest};
    if (!trust_equal(&trust, &s->trust)) {
        s->trust = trust;
        s->summary_is_current = false;
        s->trust_tries = 0;
    }
    if (!s->hello_heard)
        come_up(engine, s, hello);
    ph__trust_compare(engine, s);
}
