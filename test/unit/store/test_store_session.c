/* What a session holds: its transcript, the prompts and requests that wait, its runs. */
#include "seen_fixture.h"

static void see_message(void *ctx, const struct mu_rec_message *m)
{
    see(ctx, text("%d", (int)m->seq));
}

static void messages_grow_and_fold(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(put_session(f->s, "p1", "s2"));
    OK(put_message(f->s, "s1", "m1", 1, ""));
    OK(put_message(f->s, "s1", "m2", 2, "Anfang: "));
    const char *wide = "äöü🚀";
    OK(mu_store_append_text(f->s, "m2", wide, strlen(wide)));
    OK(mu_store_append_text(f->s, "m2", "", 0));
    OK(mu_store_append_text(f->s, "m2", "\x01\n end|ignored", 6));
    OK(mu_store_append_text(f->s, "m1", "one", 3));
    check_text(f->s, "m2", "Anfang: äöü🚀\x01\n end");
    check_text(f->s, "m1", "one");
    OK(mu_store_commit(f->s));
    reopen_store(f);
    check_text(f->s, "m2", "Anfang: äöü🚀\x01\n end");
    OK(put_message(f->s, "s1", "m2", 2, "folded"));
    check_text(f->s, "m2", "folded");
    OK(mu_store_append_text(f->s, "m2", "!", 1));
    check_text(f->s, "m2", "folded!");
    OK(mu_store_commit(f->s));
    assert_int_equal(mu_store_append_text(f->s, "nobody", "x", 1), -ENOENT);
    mu_store_rollback(f->s);
    assert_int_equal(put_message(f->s, "s2", "m2", 1, "stolen"), -EEXIST);
    assert_int_equal(mu_store_commit(f->s), -EEXIST);
    assert_int_equal(put_message(f->s, "nobody", "m3", 1, "x"), -ENOENT);
    mu_store_rollback(f->s);
    check_text(f->s, "m2", "folded!");
}

static void ten_messages(struct fixture *f)
{
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    for (int i = 1; i <= 10; i++)
        OK(put_message(f->s, "s1", text("m%d", i), i * 2, "0123456789"));
    OK(mu_store_append_text(f->s, "m9", "0123456789", 10));
}

static void pages_are_bounded_by_count_and_bytes(void **state)
{
    struct fixture *f = *state;
    ten_messages(f);
    bool older;
#define PAGE(before, limit, bytes)                                                                 \
    mu_store_page_messages(f->s, "s1", before, limit, bytes, &older, see_message, &seen)
    SEES(PAGE(0, 3, 1000), "16 18 20 ");
    assert_true(older);
    SEES(PAGE(8, 3, 1000), "2 4 6 ");
    assert_false(older);
    SEES(PAGE(8, 2, 1000), "4 6 ");
    assert_true(older);
    SEES(PAGE(0, 10, 30), "18 20 "); /* 10 and, with its piece, 20 bytes */
    assert_true(older);
    SEES(PAGE(0, 10, 29), "20 ");
    SEES(PAGE(0, 10, 1), "20 "); /* at least one */
    SEES(PAGE(2, 10, 1000), "");
    assert_false(older);
    struct seen seen = {""};
    OK(mu_store_page_messages(f->s, "other", 0, 5, 100, &older, see_message, &seen));
    assert_string_equal(seen.list, "");
}

static void since_gives_what_is_newer_or_says_too_much(void **state)
{
    struct fixture *f = *state;
    ten_messages(f);
    int64_t rev = mu_store_rev(f->s);
#define SINCE(to, seq, rev, limit, bytes)                                                          \
    mu_store_messages_since(f->s, "s1", seq, rev, limit, bytes, see_message, to)
    SEES(SINCE(&seen, 14, INT64_MAX, 10, 1000), "16 18 20 ");
    SEES(SINCE(&seen, 20, INT64_MAX, 10, 1000), "");
    OK(put_message(f->s, "s1", "m2", 4, "changed"));
    SEES(SINCE(&seen, INT64_MAX, rev, 10, 1000), "4 ");
    SEES(SINCE(&seen, 18, rev, 2, 1000), "4 20 ");
    struct seen none = {""};
    assert_int_equal(SINCE(&none, 16, rev, 2, 1000), -E2BIG);
    assert_int_equal(SINCE(&none, 16, INT64_MAX, 5, 29), -E2BIG);
    assert_string_equal(none.list, "");
    SEES(SINCE(&seen, 16, INT64_MAX, 5, 30), "18 20 ");
    SEES(SINCE(&seen, 18, INT64_MAX, 5, 1), "20 "); /* one is never too large */
    struct mu_rec_message m = message(f->s, "s1", "m1", 2, "on its way");
    m.streaming = true;
    OK(mu_store_put_message(f->s, &m));
    SEES(SINCE(&seen, 18, INT64_MAX, 5, 1000), "2 20 "); /* a streaming one is always among them */
}

static int put_permission(struct mu_store *s, const char *session_id, const char *id,
                          const char *input)
{
    struct mu_rec_permission p = {.id = id,
                                  .session_id = session_id,
                                  .kind = MU_waiting_for_PERMISSION,
                                  .tool = "Bash",
                                  .title = "Bash: ls",
                                  .input = input,
                                  .suggestions = "[1]",
                                  .created_at = 7};
    return mu_store_put_permission(s, &p, "tool-1");
}

static void deletes_cascade(void **state)
{
    struct fixture *f = *state;
    char *before = dump(f->s->db);
    ten_messages(f);
    OK(mu_store_queue_put(f->s, "s1", "q1", "later", 1, NULL));
    OK(put_permission(f->s, "s1", "r1", "{}"));
    OK(mu_store_commit(f->s));
    OK(mu_store_delete_project(f->s, "p1", mu_store_next_rev(f->s)));
    OK(mu_store_prune_tombstones(f->s, INT64_MAX));
    OK(mu_store_commit(f->s));
    char *after = dump(f->s->db);
    assert_ptr_not_equal(strstr(before, "meta|"), NULL);
    assert_int_equal(strncmp(after, "meta|", 5), 0);
    assert_ptr_equal(strchr(after, '\n') + 1, after + strlen(after)); /* nothing but meta */
    free(before);
    free(after);
}

static void see_queued(void *ctx, const struct mu_rec_queued_prompt *item)
{
    see(ctx, text("%d:%s=%s", (int)item->position, item->id, item->text));
}

static void the_queue_keeps_its_order(void **state)
{
    struct fixture *f = *state;
    char owner[65];
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(mu_store_queue_put(f->s, "s1", "z", "first", 1, NULL));
    OK(mu_store_queue_put(f->s, "s1", "a", "second", 2, NULL));
    OK(mu_store_queue_put(f->s, "s1", "m", "third", 3, NULL));
    SEES(mu_store_queue_each(f->s, "s1", see_queued, &seen), "1:z=first 2:a=second 3:m=third ");
    OK(mu_store_queue_find(f->s, "a", owner));
    assert_string_equal(owner, "s1");
    OK(mu_store_queue_delete(f->s, "s1", "a"));
    OK(mu_store_queue_delete(f->s, "s1", "a"));
    OK(mu_store_queue_delete(f->s, "s2", "z"));
    SEES(mu_store_queue_each(f->s, "s1", see_queued, &seen), "1:z=first 2:m=third ");
    assert_int_equal(mu_store_queue_find(f->s, "a", owner), -ENOENT);
    OK(mu_store_commit(f->s));
    assert_int_equal(mu_store_queue_put(f->s, "s1", "z", "again", 4, NULL), -EEXIST);
    mu_store_rollback(f->s);
}

static void the_queue_can_be_edited(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(put_session(f->s, "p1", "s2"));
    for (int i = 1; i <= 4; i++) { /* of two sessions, in turns */
        OK(mu_store_queue_put(f->s, "s1", text("a%d", i), "-", i, NULL));
        OK(mu_store_queue_put(f->s, "s2", text("b%d", i), "-", i, NULL));
    }
    OK(mu_store_queue_set_text(f->s, "s1", "a1", "new"));
    OK(mu_store_queue_move(f->s, "s1", "a3", 1));
    SEES(mu_store_queue_each(f->s, "s1", see_queued, &seen), "1:a3=- 2:a1=new 3:a2=- 4:a4=- ");
    OK(mu_store_queue_move(f->s, "s1", "a3", 3));
    OK(mu_store_queue_move(f->s, "s1", "a1", 99));
    OK(mu_store_queue_move(f->s, "s1", "a2", 1));
    SEES(mu_store_queue_each(f->s, "s1", see_queued, &seen), "1:a2=- 2:a3=- 3:a4=- 4:a1=new ");
    SEES(mu_store_queue_each(f->s, "s2", see_queued, &seen), "1:b1=- 2:b2=- 3:b3=- 4:b4=- ");
    OK(mu_store_queue_put(f->s, "s1", "a5", "last", 5, NULL));
    SEES(mu_store_queue_each(f->s, "s1", see_queued, &seen),
         "1:a2=- 2:a3=- 3:a4=- 4:a1=new 5:a5=last ");
    OK(mu_store_commit(f->s));
    assert_int_equal(mu_store_queue_move(f->s, "s1", "b1", 1), -ENOENT);
    assert_int_equal(mu_store_commit(f->s), -ENOENT);
    assert_int_equal(mu_store_queue_set_text(f->s, "s2", "a1", "x"), -ENOENT);
    assert_int_equal(mu_store_commit(f->s), -ENOENT);
}

static void see_permission(void *ctx, const struct mu_rec_permission *p, const char *tool_id)
{
    see(ctx, text("%s/%s %s %s %s %d", p->session_id, p->id, tool_id, p->input ? p->input : "-",
                  p->suggestions, (int)p->created_at));
}

static void what_agents_wait_for_is_kept(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(put_session(f->s, "p1", "s2"));
    OK(put_permission(f->s, "s1", "r2", "{}"));
    OK(put_permission(f->s, "s1", "r1", "{\"a\":1}"));
    OK(put_permission(f->s, "s2", "r1", "{}"));
    OK(put_permission(f->s, "s1", "r2", "{\"b\":2}")); /* asked again: in its place */
    OK(mu_store_commit(f->s));
    reopen_store(f);
    SEES(mu_store_each_permission(f->s, "s1", SIZE_MAX, see_permission, &seen),
         "s1/r2 tool-1 {\"b\":2} [1] 7 s1/r1 tool-1 {\"a\":1} [1] 7 ");
    SEES(mu_store_each_permission(f->s, "s2", 3, see_permission, &seen), "s2/r1 tool-1 {} [1] 7 ");
    SEES(mu_store_each_permission(f->s, "s1", 6, see_permission, &seen),
         "s1/r2 tool-1 - [1] 7 s1/r1 tool-1 - [1] 7 ");
    SEES(mu_store_all_permissions(f->s, 9, 6, see_permission, &seen),
         "s1/r2 tool-1 - [1] 7 s1/r1 tool-1 - [1] 7 s2/r1 tool-1 {} [1] 7 ");
    SEES(mu_store_all_permissions(f->s, 1, 9, see_permission, &seen),
         "s1/r2 tool-1 {\"b\":2} [1] 7 ");
    OK(mu_store_delete_permission(f->s, "s1", "r2"));
    OK(mu_store_delete_permission(f->s, "s1", "r2"));
    SEES(mu_store_each_permission(f->s, "s1", SIZE_MAX, see_permission, &seen),
         "s1/r1 tool-1 {\"a\":1} [1] 7 ");
    OK(mu_store_delete_session(f->s, "s1", mu_store_next_rev(f->s)));
    SEES(mu_store_each_permission(f->s, "s1", SIZE_MAX, see_permission, &seen), "");
    OK(mu_store_commit(f->s));
    assert_int_equal(put_permission(f->s, "s1", "r1", "{}"), -ENOENT);
    mu_store_rollback(f->s);
}

static void see_run(void *ctx, const struct mu_run *r)
{
    see(ctx, text("%s %s %s %s %d+%d %d %s", r->id, r->session_id, r->agent, r->spec,
                  (int)r->offset, (int)r->skip, (int)r->last_input, r->decoder ? r->decoder : "-"));
}

static void see_input(void *ctx, int64_t seq, const char *data, size_t n, bool includes)
{
    see(ctx, text("%d:%.*s(%d)%s", (int)seq, (int)n, data, (int)n, includes ? "+" : ""));
}

static void runs_and_their_inputs(void **state)
{
    struct fixture *f = *state;
    struct mu_run r = {.id = "r1", .session_id = "s1", .agent = "shell", .spec = "{}"};
    OK(mu_store_put_run(f->s, &r));
    OK(mu_store_put_input(f->s, "r1", 1, "one", 3, false));
    OK(mu_store_put_input(f->s, "r1", 2, "a\0b", 3, true));
    OK(mu_store_put_input(f->s, "r1", 3, NULL, 0, false));
    r.offset = 100;
    r.skip = 7;
    r.last_input = 3;
    r.decoder = "{\"a\":1}";
    OK(mu_store_put_run(f->s, &r));
    OK(mu_store_commit(f->s));
    SEES(mu_store_each_run(f->s, see_run, &seen), "r1 s1 shell {} 100+7 3 {\"a\":1} ");
    SEES(mu_store_each_input(f->s, "r1", see_input, &seen), "1:one(3) 2:a(3)+ 3:(0) ");
    OK(mu_store_delete_inputs(f->s, "r1", 2));
    SEES(mu_store_each_input(f->s, "r1", see_input, &seen), "3:(0) ");
    OK(mu_store_delete_run(f->s, "r1"));
    SEES(mu_store_each_input(f->s, "r1", see_input, &seen), "");
    SEES(mu_store_each_run(f->s, see_run, &seen), "");
    assert_int_equal(mu_store_put_input(f->s, "r1", 4, "x", 1, false), -ENOENT);
    mu_store_rollback(f->s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_grow_and_fold),
        TEST(pages_are_bounded_by_count_and_bytes),
        TEST(since_gives_what_is_newer_or_says_too_much),
        TEST(deletes_cascade),
        TEST(the_queue_keeps_its_order),
        TEST(the_queue_can_be_edited),
        TEST(what_agents_wait_for_is_kept),
        TEST(runs_and_their_inputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
