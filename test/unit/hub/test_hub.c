#include "hub/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

/* A listener in place of a connection: it keeps what it was sent. */
struct ear {
    struct mu_buf got;
    int sends, lane1, closed;
    bool full;      /* refuses lane 2 */
    int64_t healed; /* since; -1: not */
    bool at_once;   /* the last came by send_now */
};

static bool take(struct mu_conn *conn, int lane, struct mu_bytes *frame)
{
    struct ear *e = (void *)conn;
    if (lane == 2 && e->full)
        return false;
    e->sends++;
    e->lane1 += lane == 1;
    e->at_once = false;
    mu_buf_add(&e->got, frame->data, frame->len);
    return true;
}

static bool take_now(struct mu_conn *conn, int lane, struct mu_bytes *frame)
{
    bool taken = take(conn, lane, frame);
    ((struct ear *)(void *)conn)->at_once = true;
    return taken;
}

static void heal(struct mu_conn *conn, struct mu_sub *sub, int64_t since)
{
    MU_UNUSED(sub);
    ((struct ear *)(void *)conn)->healed = since;
}

static void on_closed(struct mu_conn *conn, struct mu_sub *sub)
{
    MU_UNUSED(sub);
    ((struct ear *)(void *)conn)->closed++;
}

static const struct mu_sub_kind kind = {
    .send = take, .send_now = take_now, .heal = heal, .closed = on_closed};

static struct mu_sub *listen_on(struct mu_hub *hub, const char *topic, struct ear *e,
                                enum mu_phx_vsn vsn)
{
    struct mu_phx_ref ref = {.n = 3, .text = "\"7\""};
    e->healed = -1;
    return mu_hub_subscribe(hub, topic, (void *)e, &kind, vsn, &ref, 10);
}

static size_t count(const struct ear *e, const char *word)
{
    size_t n = 0, len = strlen(word);
    for (const char *p = e->got.data; p && e->got.len >= len; p++) {
        p = memmem(p, e->got.len - (size_t)(p - e->got.data), word, len);
        if (!p)
            break;
        n++;
    }
    return n;
}

struct gathering {
    struct mu_loop *loop;
    struct mu_timer *alive; /* a loop with nothing to wait for makes no turn */
    struct mu_hub *hub;
};

static void on_alive(void *ctx)
{
    MU_UNUSED(ctx);
}

static int begin(void **state)
{
    struct gathering *g = mu_alloc(sizeof *g);
    g->loop = mu_loop_new();
    g->hub = mu_hub_new();
    mu_hub_gather(g->hub, g->loop);
    g->alive = mu_timer_new(g->loop, on_alive, g);
    mu_timer_start(g->alive, 1000 * 1000, 0);
    *state = g;
    return 0;
}

static int end(void **state)
{
    struct gathering *g = *state;
    mu_timer_free(g->alive);
    mu_loop_free(g->loop);
    mu_hub_free(g->hub);
    free(g);
    return 0;
}

static void turn(struct gathering *g)
{
    uv_run(mu_loop_uv(g->loop), UV_RUN_NOWAIT);
}

static void pushes_of_a_turn_are_one_block_in_order(void **state)
{
    struct gathering *g = *state;
    struct ear two = {0}, one = {0};
    struct mu_sub *a = listen_on(g->hub, "t", &two, MU_PHX_V2);
    struct mu_sub *b = listen_on(g->hub, "t", &one, MU_PHX_V1);
    for (int i = 0; i < 16; i++) {
        char fields[32];
        int n = snprintf(fields, sizeof fields, "\"n\":%d", i);
        mu_hub_publish_rev(g->hub, "t", "session_updated", 11 + i, fields, (size_t)n);
    }
    assert_int_equal(two.sends, 0);
    turn(g);
    assert_int_equal(two.sends, 1);
    assert_int_equal(one.sends, 1);
    assert_true(two.at_once);
    assert_int_equal(count(&two, "[null,null,\"t\",\"session_updated\""), 16);
    assert_int_equal(count(&one, "\"event\":\"session_updated\""), 16);
    const char *first = strstr(two.got.data + 4, "\"prev\":10"), *last;
    last = memmem(two.got.data, two.got.len, "\"rev\":26,\"prev\":25", 18);
    assert_non_null(first);
    assert_non_null(last);
    assert_true(first < last);
    mu_hub_unsubscribe(g->hub, a);
    mu_hub_unsubscribe(g->hub, b);
    mu_buf_release(&two.got);
    mu_buf_release(&one.got);
}

static void two_topics_are_not_written_at_once(void **state)
{
    struct gathering *g = *state;
    struct ear e = {0};
    struct mu_sub *a = listen_on(g->hub, "a", &e, MU_PHX_V2);
    struct mu_sub *b = listen_on(g->hub, "b", &e, MU_PHX_V2);
    mu_hub_publish(g->hub, "a", "x", "{}", 2);
    mu_hub_publish(g->hub, "b", "x", "{}", 2);
    turn(g);
    assert_int_equal(e.sends, 2);
    assert_false(e.at_once);
    mu_hub_unsubscribe(g->hub, a);
    mu_hub_unsubscribe(g->hub, b);
    mu_buf_release(&e.got);
}

static void who_comes_gets_nothing_older_and_who_goes_loses_nothing(void **state)
{
    struct gathering *g = *state;
    struct ear old = {0}, fresh = {0};
    struct mu_sub *a = listen_on(g->hub, "t", &old, MU_PHX_V2);
    mu_hub_publish_rev(g->hub, "t", "session_updated", 11, "", 0);
    struct mu_sub *b = listen_on(g->hub, "t", &fresh, MU_PHX_V2);
    assert_int_equal(count(&old, "\"rev\":11"), 1);
    mu_hub_publish_rev(g->hub, "t", "session_updated", 12, "", 0);
    mu_hub_unsubscribe(g->hub, a);
    turn(g);
    assert_int_equal(count(&old, "\"rev\":12"), 1);
    assert_int_equal(count(&fresh, "\"rev\":12"), 1);
    assert_int_equal(count(&fresh, "\"rev\":11"), 0);
    mu_hub_unsubscribe(g->hub, b);
    mu_buf_release(&old.got);
    mu_buf_release(&fresh.got);
}

static void a_listener_that_is_full_is_healed_from_before_the_block(void **state)
{
    struct gathering *g = *state;
    struct mu_hub_stats stats;
    struct ear slow = {.full = true}, quick = {0};
    struct mu_sub *a = listen_on(g->hub, "t", &slow, MU_PHX_V2);
    struct mu_sub *b = listen_on(g->hub, "t", &quick, MU_PHX_V2);
    for (int64_t rev = 11; rev <= 13; rev++)
        mu_hub_publish_rev(g->hub, "t", "session_updated", rev, "", 0);
    turn(g);
    mu_hub_publish_rev(g->hub, "t", "session_updated", 14, "", 0);
    slow.full = false;
    mu_sub_drained(a);
    assert_int_equal(slow.healed, 10);
    turn(g);
    assert_int_equal(slow.sends, 0); /* rev 14 is in the sync */
    mu_hub_publish_rev(g->hub, "t", "session_updated", 15, "", 0);
    turn(g);
    assert_int_equal(count(&slow, "\"rev\":15,\"prev\":14"), 1);
    assert_int_equal(count(&quick, "session_updated"), 5);
    mu_hub_stats(g->hub, &stats);
    assert_int_equal(stats.published, 5);
    assert_int_equal(stats.delivered, 6);
    assert_int_equal(stats.dropped, 4);
    assert_int_equal(stats.healed, 1);
    mu_hub_unsubscribe(g->hub, a);
    mu_hub_unsubscribe(g->hub, b);
    mu_buf_release(&slow.got);
    mu_buf_release(&quick.got);
}

static void a_long_turn_sends_before_it_ends(void **state)
{
    struct gathering *g = *state;
    struct ear e = {0};
    struct mu_sub *a = listen_on(g->hub, "t", &e, MU_PHX_V2);
    char big[5000];
    memset(big, 'x', sizeof big);
    memcpy(big, "{\"a\":\"", 6);
    memcpy(big + sizeof big - 2, "\"}", 2);
    for (int i = 0; i < 7; i++)
        mu_hub_publish(g->hub, "t", "e", big, sizeof big);
    assert_int_equal(e.sends, 1);
    turn(g);
    assert_int_equal(count(&e, "\"t\",\"e\""), 7);
    mu_hub_unsubscribe(g->hub, a);
    mu_buf_release(&e.got);
}

static void a_topic_that_closes_sends_what_it_has_and_is_gone(void **state)
{
    struct gathering *g = *state;
    struct mu_hub_stats stats;
    struct ear e = {0};
    listen_on(g->hub, "t", &e, MU_PHX_V2);
    mu_hub_publish_rev(g->hub, "t", "session_updated", 11, "", 0);
    mu_hub_close_topic(g->hub, "t");
    assert_int_equal(count(&e, "session_updated"), 1);
    assert_int_equal(count(&e, "phx_close"), 1);
    assert_int_equal(e.closed, 1);
    assert_false(mu_hub_has(g->hub, "t"));
    struct mu_sub *again = listen_on(g->hub, "t", &e, MU_PHX_V2);
    turn(g);
    mu_hub_stats(g->hub, &stats);
    assert_int_equal(stats.topics, 1);
    assert_int_equal(stats.subscriptions, 1);
    mu_hub_unsubscribe(g->hub, again);
    mu_buf_release(&e.got);
}

static void quiet_topics_get_a_head_the_longest_quiet_first(void **state)
{
    struct gathering *g = *state;
    enum { TOPICS = 700 };
    static struct ear ears[TOPICS];
    struct mu_sub *subs[TOPICS];
    int heads = 0;
    for (int i = 0; i < TOPICS; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        ears[i] = (struct ear){0};
        subs[i] = listen_on(g->hub, name, &ears[i], MU_PHX_V2);
    }
    int64_t now = mu_mono_ms();
    mu_hub_sweep(g->hub, now, 25000);
    turn(g);
    assert_int_equal(ears[0].sends, 0);
    mu_hub_sweep(g->hub, now + 26000, 25000);
    turn(g);
    for (int i = 0; i < TOPICS; i++)
        heads += ears[i].sends;
    assert_int_equal(heads, 500 + TOPICS / 25);
    assert_int_equal(count(&ears[0], "\"head\",{\"rev\":10}"), 1);
    assert_int_equal(ears[TOPICS - 1].sends, 0);
    mu_hub_sweep(g->hub, now + 27000, 25000);
    turn(g);
    assert_int_equal(ears[TOPICS - 1].sends, 1);
    for (int i = 0; i < TOPICS; i++) {
        mu_hub_unsubscribe(g->hub, subs[i]);
        mu_buf_release(&ears[i].got);
    }
}

static void a_subscription_knows_its_join_ref(void **state)
{
    struct gathering *g = *state;
    struct ear e = {0};
    struct mu_phx_ref out, other = {.n = 1, .text = "7"};
    struct mu_sub *a = listen_on(g->hub, "t", &e, MU_PHX_V2);
    mu_sub_join_ref(a, &out);
    assert_string_equal(out.text, "\"7\"");
    assert_true(mu_sub_is_of(a, &out));
    assert_false(mu_sub_is_of(a, &other));
    mu_hub_unsubscribe(g->hub, a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(pushes_of_a_turn_are_one_block_in_order),
        TEST(two_topics_are_not_written_at_once),
        TEST(who_comes_gets_nothing_older_and_who_goes_loses_nothing),
        TEST(a_listener_that_is_full_is_healed_from_before_the_block),
        TEST(a_long_turn_sends_before_it_ends),
        TEST(a_topic_that_closes_sends_what_it_has_and_is_gone),
        TEST(quiet_topics_get_a_head_the_longest_quiet_first),
        TEST(a_subscription_knows_its_join_ref),
    };
    return cmocka_run_group_tests_name("hub/hub", tests, NULL, NULL);
}
