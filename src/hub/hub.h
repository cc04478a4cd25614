/*
 * Topics and who listens: fan-out of pushes, encoded once per serializer.
 *
 * Layer: hub. Loop thread only.
 *
 * A topic exists while somebody listens to it. Its head is the rev of the newest push on it; a push
 * carries `rev` and `prev` (the head before it), so that a listener sees what it missed. A listener
 * that is too slow is not sent pushes but marked (`behind`), and healed with one `sync` when it can
 * take more: what is healed from is the owner's callback (the channel, which reads the store).
 *
 * Pushes on a topic are gathered over a turn of the loop (mu_hub_gather) and handed to each
 * listener as one block: a listener costs the same for one push as for sixteen. Pushes of one topic
 * keep their order; a reply made in the same turn may go out before them.
 */
#ifndef MU_HUB_HUB_H
#define MU_HUB_HUB_H

#include "base/base.h"
#include "base/buf.h"
#include "io/conn.h"
#include "io/loop.h"
#include "wire/phoenix.h"

struct mu_hub;
struct mu_sub;

struct mu_hub *mu_hub_new(void);
void mu_hub_free(struct mu_hub *hub); /* all subscriptions are gone by then */
/* From now on pushes go out at the end of a turn, with the loop's hooks: to be called after the
 * hook of the one who publishes was added, and before that of the connections. Without it: at once.
 */
void mu_hub_gather(struct mu_hub *hub, struct mu_loop *loop);

/* Publishes an object given as JSON text (borrowed) to all who listen to the topic. No listener:
 * nothing happens, at the cost of one look-up. */
void mu_hub_publish(struct mu_hub *hub, const char *topic, const char *event, const char *json,
                    size_t n);
/* The same for a versioned push: the payload is {"rev":R,"prev":P,<fields>}; fields is the inside
 * of an object ("\"sessionId\":\"x\"", may be empty). Moves the topic's head to rev. */
void mu_hub_publish_rev(struct mu_hub *hub, const char *topic, const char *event, int64_t rev,
                        const char *fields, size_t n);
/* True when somebody listens: lets a publisher skip making a payload. */
bool mu_hub_has(const struct mu_hub *hub, const char *topic);
/* Ends every subscription of a topic with phx_close (its subject was deleted). */
void mu_hub_close_topic(struct mu_hub *hub, const char *topic);

/* ---- for the channels ---- */

/* What all subscriptions of one sort have in common. Static; borrowed. */
struct mu_sub_kind {
    /* Queues the frame for a connection (borrowed: take a reference). Lane 1: always; lane 2: false
     * when the connection has too much unsent. */
    bool (*send)(struct mu_conn *conn, int lane, struct mu_bytes *frame);
    /* The same, and it may be written at once, for no other topic has something in this turn. NULL:
     * send does. */
    bool (*send_now)(struct mu_conn *conn, int lane, struct mu_bytes *frame);
    /* Called when a subscription that was behind can be healed: `since` is the rev up to which it
     * has everything. Sends the sync itself, on lane 1. NULL: never healed, and no `head` is sent
     * on its topic (bench topics). */
    void (*heal)(struct mu_conn *conn, struct mu_sub *sub, int64_t since);
    /* Called when the hub ends the subscription (mu_hub_close_topic), before it is freed. */
    void (*closed)(struct mu_conn *conn, struct mu_sub *sub);
};

/* head: the store's rev at the join, which becomes the head of a topic that is made by it. */
struct mu_sub *mu_hub_subscribe(struct mu_hub *hub, const char *topic, struct mu_conn *conn,
                                const struct mu_sub_kind *kind, enum mu_phx_vsn vsn,
                                const struct mu_phx_ref *join_ref, int64_t head);
void mu_hub_unsubscribe(struct mu_hub *hub, struct mu_sub *sub); /* frees it */
const char *mu_sub_topic(const struct mu_sub *sub);
void mu_sub_join_ref(const struct mu_sub *sub, struct mu_phx_ref *out);
bool mu_sub_is_of(const struct mu_sub *sub, const struct mu_phx_ref *join_ref);
const struct mu_sub_kind *mu_sub_kind(const struct mu_sub *sub);
/* The connection can take lane 2 again: heals the subscription if it is behind. */
void mu_sub_drained(struct mu_sub *sub);
/* Sends `head {rev}` on topics that had no push for quiet_ms, the longest quiet first; of very many
 * only as many as keeps up with them. Called about every second. */
void mu_hub_sweep(struct mu_hub *hub, int64_t now_ms, int64_t quiet_ms);

struct mu_hub_stats {
    int64_t topics, subscriptions, published, delivered, dropped, healed;
};
void mu_hub_stats(const struct mu_hub *hub, struct mu_hub_stats *out);

#endif
