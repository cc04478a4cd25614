#include "hub/hub.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "wire/records.h"

struct topic {
    struct mu_sub **subs;
    uint32_t count, cap;
    bool closing;
    int64_t head;      /* rev of the newest push */
    int64_t pushed_at; /* monotonic ms of the newest push or head */
    UT_hash_handle hh;
    char name[];
};

struct mu_sub {
    struct mu_hub *hub;
    struct topic *topic;
    void *conn;
    const struct mu_sub_kind *kind;
    int64_t behind_since; /* rev up to which it has everything; -1: not behind */
    uint32_t index;       /* in topic->subs */
    uint8_t vsn;
    struct mu_phx_ref join_ref;
};

struct mu_hub {
    struct topic *topics;
    struct mu_hub_stats stats;
    struct mu_buf scratch;
};

struct mu_hub *mu_hub_new(void)
{
    return mu_alloc(sizeof(struct mu_hub));
}

void mu_hub_free(struct mu_hub *hub)
{
    if (!hub)
        return;
    mu_buf_release(&hub->scratch);
    free(hub);
}

static struct topic *topic_find(const struct mu_hub *hub, const char *name)
{
    struct topic *t;
    HASH_FIND_STR(hub->topics, name, t);
    return t;
}

static struct topic *topic_make(struct mu_hub *hub, const char *name, int64_t head)
{
    size_t n = strlen(name);
    struct topic *t = mu_alloc(sizeof *t + n + 1);
    memcpy(t->name, name, n);
    t->head = head;
    t->pushed_at = mu_mono_ms();
    HASH_ADD_KEYPTR(hh, hub->topics, t->name, n, t);
    hub->stats.topics++;
    return t;
}

static void topic_free(struct mu_hub *hub, struct topic *t)
{
    assert(hub->topics); /* t is one of them */
    HASH_DEL(hub->topics, t);
    hub->stats.topics--;
    free(t->subs);
    free(t);
}

/* Hands one event to every subscriber, each serializer's frame made once, when first needed.
 * before: the head that a subscriber refused now has everything up to. */
static void fan_out(struct mu_hub *hub, struct topic *t, const char *event, const char *json,
                    size_t n, int64_t before)
{
    struct mu_bytes *frames[3] = {NULL};
    hub->stats.published++;
    t->pushed_at = mu_mono_ms();
    for (uint32_t i = 0; i < t->count; i++) {
        struct mu_sub *sub = t->subs[i];
        if (sub->behind_since >= 0) {
            hub->stats.dropped++;
            continue;
        }
        struct mu_bytes **frame = &frames[sub->vsn];
        if (!*frame)
            *frame = mu_phx_frame_broadcast((enum mu_phx_vsn)sub->vsn, t->name, event, json, n);
        if (sub->kind->send(sub->conn, 2, *frame)) {
            hub->stats.delivered++;
        } else {
            hub->stats.dropped++;
            if (sub->kind->heal)
                sub->behind_since = before;
        }
    }
    mu_bytes_unref(frames[MU_PHX_V1]);
    mu_bytes_unref(frames[MU_PHX_V2]);
}

void mu_hub_publish(struct mu_hub *hub, const char *topic, const char *event, const char *json,
                    size_t n)
{
    struct topic *t = topic_find(hub, topic);
    if (t)
        fan_out(hub, t, event, json, n, t->head);
}

void mu_hub_publish_rev(struct mu_hub *hub, const char *topic, const char *event, int64_t rev,
                        const char *fields, size_t n)
{
    struct topic *t = topic_find(hub, topic);
    if (!t)
        return;
    struct mu_buf *b = &hub->scratch;
    int64_t prev = t->head;
    mu_buf_clear(b);
    mu_buf_printf(b, "{\"rev\":%" PRId64 ",\"prev\":%" PRId64 "%s", rev, prev, n ? "," : "");
    mu_buf_add(b, fields, n);
    mu_buf_char(b, '}');
    t->head = rev;
    fan_out(hub, t, event, b->data, b->len, prev);
}

bool mu_hub_has(const struct mu_hub *hub, const char *topic)
{
    return topic_find(hub, topic) != NULL;
}

struct mu_sub *mu_hub_subscribe(struct mu_hub *hub, const char *topic, void *conn,
                                const struct mu_sub_kind *kind, enum mu_phx_vsn vsn,
                                const struct mu_phx_ref *join_ref, int64_t head)
{
    struct topic *t = topic_find(hub, topic);
    if (!t)
        t = topic_make(hub, topic, head);
    if (t->count == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 2;
        t->subs = mu_realloc(t->subs, t->cap * sizeof *t->subs);
    }
    struct mu_sub *sub = mu_alloc(sizeof *sub);
    sub->hub = hub;
    sub->topic = t;
    sub->conn = conn;
    sub->kind = kind;
    sub->behind_since = -1;
    sub->vsn = (uint8_t)vsn;
    sub->index = t->count;
    sub->join_ref = *join_ref;
    t->subs[t->count++] = sub;
    hub->stats.subscriptions++;
    return sub;
}

void mu_hub_unsubscribe(struct mu_hub *hub, struct mu_sub *sub)
{
    struct topic *t = sub->topic;
    struct mu_sub *last = t->subs[--t->count];
    t->subs[sub->index] = last;
    last->index = sub->index;
    hub->stats.subscriptions--;
    free(sub);
    if (t->count == 0 && !t->closing)
        topic_free(hub, t);
}

void mu_hub_close_topic(struct mu_hub *hub, const char *topic)
{
    struct topic *t = topic_find(hub, topic);
    if (!t)
        return;
    t->closing = true;
    while (t->count) {
        struct mu_sub *sub = t->subs[t->count - 1];
        struct mu_bytes *frame =
            mu_phx_frame_close((enum mu_phx_vsn)sub->vsn, &sub->join_ref, t->name);
        sub->kind->send(sub->conn, 1, frame);
        mu_bytes_unref(frame);
        sub->kind->closed(sub->conn, sub);
        mu_hub_unsubscribe(hub, sub);
    }
    topic_free(hub, t);
}

const char *mu_sub_topic(const struct mu_sub *sub)
{
    return sub->topic->name;
}

const struct mu_phx_ref *mu_sub_join_ref(const struct mu_sub *sub)
{
    return &sub->join_ref;
}

const struct mu_sub_kind *mu_sub_kind(const struct mu_sub *sub)
{
    return sub->kind;
}

void mu_sub_drained(struct mu_sub *sub)
{
    int64_t since = sub->behind_since;
    if (since < 0)
        return;
    sub->behind_since = -1;
    sub->hub->stats.healed++;
    sub->kind->heal(sub->conn, sub, since);
}

void mu_hub_sweep(struct mu_hub *hub, int64_t now_ms, int64_t quiet_ms)
{
    struct topic *t, *tmp;
    HASH_ITER(hh, hub->topics, t, tmp)
    {
        if (now_ms - t->pushed_at < quiet_ms || !t->subs[0]->kind->heal)
            continue;
        char json[48];
        int n = snprintf(json, sizeof json, "{\"rev\":%" PRId64 "}", t->head);
        fan_out(hub, t, MU_PUSH_projects_HEAD, json, (size_t)n, t->head);
    }
}

void mu_hub_stats(const struct mu_hub *hub, struct mu_hub_stats *out)
{
    *out = hub->stats;
}
