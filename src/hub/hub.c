#include "hub/hub.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "wire/records.h"

enum {
    GATHERED_MAX = 32768, /* bytes of a topic's pushes that are gathered, then they go out */
    HEADS_MIN = 500,      /* topics that get a `head` in one sweep, at the least */
};

struct topic {
    struct mu_hub *hub;
    struct mu_sub **subs;
    uint32_t count, cap;
    uint32_t by_vsn[3];         /* subscribers of each serializer */
    uint32_t gathered;          /* pushes in frames */
    struct mu_bytes *frames[3]; /* pushes of this turn, per serializer */
    int64_t before;             /* the head before the first of them */
    int64_t head;               /* rev of the newest push */
    int64_t pushed_at;          /* monotonic ms of the newest push or head */
    struct topic *prev, *next;  /* all topics, the longest quiet first */
    struct topic *waiting_next; /* topics with something gathered */
    bool waiting, closing;
    UT_hash_handle hh;
    char name[];
};

/* join_ref follows, ref_n bytes. */
struct mu_sub {
    struct topic *topic;
    struct mu_conn *conn;
    const struct mu_sub_kind *kind;
    uint32_t index; /* in topic->subs */
    uint8_t vsn;
    bool behind; /* a struct behind says since when */
    uint8_t ref_n;
    char ref[];
};

/* A subscription that was refused pushes. */
struct behind {
    const struct mu_sub *sub;
    int64_t since; /* rev up to which it has everything */
    UT_hash_handle hh;
};

struct mu_hub {
    struct topic *topics; /* by name */
    struct topic *quiet;  /* the same, in a list */
    struct topic *waiting, *waiting_last;
    struct behind *behind; /* by subscription */
    bool gathers;
    struct mu_hub_stats stats;
    struct mu_buf scratch;
};

struct mu_hub *mu_hub_new(void)
{
    return mu_alloc(sizeof(struct mu_hub));
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
    t->hub = hub;
    t->head = head;
    t->pushed_at = mu_mono_ms();
    HASH_ADD_KEYPTR(hh, hub->topics, t->name, n, t);
    DL_APPEND(hub->quiet, t);
    hub->stats.topics++;
    return t;
}

static void topic_touch(struct topic *t, int64_t now)
{
    t->pushed_at = now;
    if (!t->next)
        return; /* the last one already */
    DL_DELETE(t->hub->quiet, t);
    DL_APPEND(t->hub->quiet, t);
}

static void drop_gathered(struct topic *t)
{
    for (int vsn = MU_PHX_V1; vsn <= MU_PHX_V2; vsn++) {
        mu_bytes_unref(t->frames[vsn]);
        t->frames[vsn] = NULL;
    }
    t->gathered = 0;
}

/* A topic that waits is freed by the flush. */
static void topic_free(struct topic *t)
{
    struct mu_hub *hub = t->hub;
    assert(hub->topics); /* t is one of them */
    HASH_DEL(hub->topics, t);
    DL_DELETE(hub->quiet, t);
    hub->stats.topics--;
    drop_gathered(t);
    free(t->subs);
    t->subs = NULL;
    t->closing = true;
    if (!t->waiting)
        free(t);
}

/* ---- who is behind ---- */

static void fall_behind(struct mu_hub *hub, struct mu_sub *sub, int64_t since)
{
    struct behind *b = mu_alloc(sizeof *b);
    b->sub = sub;
    b->since = since;
    HASH_ADD_PTR(hub->behind, sub, b);
    sub->behind = true;
}

static int64_t catch_up(struct mu_hub *hub, struct mu_sub *sub)
{
    struct behind *b;
    HASH_FIND_PTR(hub->behind, &sub, b);
    assert(b);
    int64_t since = b->since;
    HASH_DEL(hub->behind, b);
    free(b);
    sub->behind = false;
    return since;
}

/* ---- fan-out ---- */

/* The next ones are fetched while the kernel works on this one, whose work pushes them out of the
 * cache. */
static void fetch_ahead(const struct topic *t, uint32_t at)
{
    if (at + 2 < t->count)
        __builtin_prefetch(t->subs[at + 2]);
    if (at + 1 < t->count) {
        const char *conn = (const char *)t->subs[at + 1]->conn;
        __builtin_prefetch(conn);
        __builtin_prefetch(conn + 64);
    }
}

/* Hands a block of pushes to every subscriber. Nothing that is called from here changes who is
 * subscribed. */
static void fan_out(struct topic *t, struct mu_bytes *const frames[3], uint32_t pushes, bool now)
{
    struct mu_hub *hub = t->hub;
    for (uint32_t i = 0; i < t->count; i++) {
        struct mu_sub *sub = t->subs[i];
        fetch_ahead(t, i);
        if (sub->behind) {
            hub->stats.dropped += pushes;
            continue;
        }
        const struct mu_sub_kind *kind = sub->kind;
        bool sent = now && kind->send_now ? kind->send_now(sub->conn, 2, frames[sub->vsn])
                                          : kind->send(sub->conn, 2, frames[sub->vsn]);
        if (sent) {
            hub->stats.delivered += pushes;
        } else {
            hub->stats.dropped += pushes;
            if (kind->heal)
                fall_behind(hub, sub, t->before);
        }
    }
}

/* Sends what is gathered. now: see send_now. */
static void topic_flush(struct topic *t, bool now)
{
    if (!t->gathered)
        return;
    topic_touch(t, mu_mono_ms());
    fan_out(t, t->frames, t->gathered, now);
    drop_gathered(t);
}

static void flush_all(void *ctx)
{
    struct mu_hub *hub = ctx;
    struct topic *t;
    bool only = hub->waiting && !hub->waiting->waiting_next;
    while ((t = hub->waiting)) {
        hub->waiting = t->waiting_next;
        t->waiting = false;
        if (t->closing)
            free(t);
        else
            topic_flush(t, only);
    }
}

void mu_hub_free(struct mu_hub *hub)
{
    if (!hub)
        return;
    flush_all(hub); /* frees topics that were gone before their turn's end */
    mu_buf_release(&hub->scratch);
    free(hub);
}

void mu_hub_gather(struct mu_hub *hub, struct mu_loop *loop)
{
    hub->gathers = true;
    mu_loop_on_turn(loop, flush_all, hub);
}

static void topic_wait(struct topic *t)
{
    struct mu_hub *hub = t->hub;
    if (t->waiting)
        return;
    t->waiting = true;
    t->waiting_next = NULL;
    if (hub->waiting)
        hub->waiting_last->waiting_next = t;
    else
        hub->waiting = t;
    hub->waiting_last = t;
}

static void gather(struct topic *t, const char *event, const char *json, size_t n, int64_t before)
{
    size_t bytes = 0;
    t->hub->stats.published++;
    if (!t->gathered++)
        t->before = before;
    for (int vsn = MU_PHX_V1; vsn <= MU_PHX_V2; vsn++) {
        if (!t->by_vsn[vsn])
            continue;
        struct mu_bytes *frame =
            mu_phx_frame_broadcast((enum mu_phx_vsn)vsn, t->name, event, json, n);
        if (t->frames[vsn]) {
            mu_bytes_append(&t->frames[vsn], frame->data, frame->len);
            mu_bytes_unref(frame);
        } else {
            t->frames[vsn] = frame;
        }
        bytes += t->frames[vsn]->len;
    }
    if (t->hub->gathers && bytes < GATHERED_MAX)
        topic_wait(t);
    else
        topic_flush(t, false);
}

void mu_hub_publish(struct mu_hub *hub, const char *topic, const char *event, const char *json,
                    size_t n)
{
    struct topic *t = topic_find(hub, topic);
    if (t)
        gather(t, event, json, n, t->head);
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
    gather(t, event, b->data, b->len, prev);
}

bool mu_hub_has(const struct mu_hub *hub, const char *topic)
{
    return topic_find(hub, topic) != NULL;
}

/* ---- subscriptions ---- */

struct mu_sub *mu_hub_subscribe(struct mu_hub *hub, const char *topic, struct mu_conn *conn,
                                const struct mu_sub_kind *kind, enum mu_phx_vsn vsn,
                                const struct mu_phx_ref *join_ref, int64_t head)
{
    struct topic *t = topic_find(hub, topic);
    if (!t)
        t = topic_make(hub, topic, head);
    topic_flush(t, false); /* the new one has it from its join */
    if (t->count == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 1;
        t->subs = mu_realloc(t->subs, t->cap * sizeof *t->subs);
    }
    struct mu_sub *sub = mu_alloc(offsetof(struct mu_sub, ref) + join_ref->n);
    sub->topic = t;
    sub->conn = conn;
    sub->kind = kind;
    sub->vsn = (uint8_t)vsn;
    sub->index = t->count;
    sub->ref_n = join_ref->n;
    memcpy(sub->ref, join_ref->text, join_ref->n);
    t->subs[t->count++] = sub;
    t->by_vsn[vsn]++;
    hub->stats.subscriptions++;
    return sub;
}

void mu_hub_unsubscribe(struct mu_hub *hub, struct mu_sub *sub)
{
    struct topic *t = sub->topic;
    topic_flush(t, false); /* what was published while it listened is also the leaver's */
    if (sub->behind)
        catch_up(hub, sub);
    struct mu_sub *last = t->subs[--t->count];
    t->subs[sub->index] = last;
    last->index = sub->index;
    t->by_vsn[sub->vsn]--;
    hub->stats.subscriptions--;
    free(sub);
    if (t->count == 0 && !t->closing)
        topic_free(t);
}

void mu_hub_close_topic(struct mu_hub *hub, const char *topic)
{
    struct topic *t = topic_find(hub, topic);
    if (!t)
        return;
    topic_flush(t, false);
    t->closing = true;
    while (t->count) {
        struct mu_sub *sub = t->subs[t->count - 1];
        struct mu_phx_ref join_ref;
        mu_sub_join_ref(sub, &join_ref);
        struct mu_bytes *frame = mu_phx_frame_close((enum mu_phx_vsn)sub->vsn, &join_ref, t->name);
        sub->kind->send(sub->conn, 1, frame);
        mu_bytes_unref(frame);
        sub->kind->closed(sub->conn, sub);
        mu_hub_unsubscribe(hub, sub);
    }
    topic_free(t);
}

const char *mu_sub_topic(const struct mu_sub *sub)
{
    return sub->topic->name;
}

void mu_sub_join_ref(const struct mu_sub *sub, struct mu_phx_ref *out)
{
    out->n = sub->ref_n;
    memcpy(out->text, sub->ref, sub->ref_n);
    out->text[sub->ref_n] = 0;
}

bool mu_sub_is_of(const struct mu_sub *sub, const struct mu_phx_ref *join_ref)
{
    return sub->ref_n == join_ref->n && memcmp(sub->ref, join_ref->text, sub->ref_n) == 0;
}

const struct mu_sub_kind *mu_sub_kind(const struct mu_sub *sub)
{
    return sub->kind;
}

/* What is gathered is left out for it: the sync holds it. */
void mu_sub_drained(struct mu_sub *sub)
{
    struct mu_hub *hub = sub->topic->hub;
    if (!sub->behind)
        return;
    topic_flush(sub->topic, false);
    hub->stats.healed++;
    sub->kind->heal(sub->conn, sub, catch_up(hub, sub));
}

void mu_hub_sweep(struct mu_hub *hub, int64_t now_ms, int64_t quiet_ms)
{
    int64_t left = HEADS_MIN + hub->stats.topics * 1000 / quiet_ms;
    struct topic *t;
    while ((t = hub->quiet) && now_ms - t->pushed_at >= quiet_ms && left-- > 0) {
        topic_touch(t, now_ms);
        if (!t->subs[0]->kind->heal)
            continue;
        char json[48];
        int n = snprintf(json, sizeof json, "{\"rev\":%" PRId64 "}", t->head);
        gather(t, MU_PUSH_projects_HEAD, json, (size_t)n, t->head);
    }
}

void mu_hub_stats(const struct mu_hub *hub, struct mu_hub_stats *out)
{
    *out = hub->stats;
}
