/* The files of images, their rows, agents' own lines, and usage. */
#include "store_fixture.h"

#include "store/images.h"

static const char png[] = "\x89PNG\r\n\x1a\n rest";

static void an_image_is_known_by_its_first_bytes(void **state)
{
    MU_UNUSED(state);
    assert_string_equal(mu_image_sniff(png, sizeof png), "image/png");
    assert_string_equal(mu_image_sniff("\xff\xd8\xff\xe0", 4), "image/jpeg");
    assert_string_equal(mu_image_sniff("GIF89a", 6), "image/gif");
    assert_string_equal(mu_image_sniff("RIFF\0\0\0\0WEBPVP8 ", 16), "image/webp");
    assert_null(mu_image_sniff("RIFF\0\0\0\0WAVE", 12));
    assert_null(mu_image_sniff("<svg xmlns=", 11));
    for (size_t n = 0; n < 8; n++)
        assert_null(mu_image_sniff(png, n));
    assert_null(mu_image_sniff("", 0));
}

static void base64(void **state)
{
    MU_UNUSED(state);
    struct mu_buf out = {0};
    assert_true(mu_base64_decode("Zm9vYmE=", 8, &out));
    assert_true(out.len == 5 && memcmp(out.data, "fooba", 5) == 0);
    mu_buf_clear(&out);
    assert_true(mu_base64_decode("Zm9vYg", 6, &out));
    assert_string_equal(out.data, "foob");
    mu_buf_clear(&out);
    assert_true(mu_base64_decode("", 0, &out));
    static const char *const bad[] = {"Z", "Zm9v Zm9v", "Zm9v\n", "====", "Zm-_", "Zm=v"};
    for (size_t i = 0; i < MU_COUNT(bad); i++)
        assert_false(mu_base64_decode(bad[i], strlen(bad[i]), &out));
    mu_buf_release(&out);
}

static void collect(void *ctx, const char *id)
{
    mu_buf_printf(ctx, "%s ", id);
}

static void a_file_is_whole_or_not_there(void **state)
{
    struct fixture *f = *state;
    char id[MU_IMAGE_ID_SIZE], *dir = mu_strdup(text("%s/images", f->dir));
    struct mu_buf out = {0}, old = {0};
    struct stat st;
    mu_image_id("abc", 3, id);
    assert_string_equal(id, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(mu_image_id_valid(id));
    assert_false(mu_image_id_valid("../../etc/passwd"));
    OK(mu_image_write(dir, id, "abc", 3));
    OK(mu_image_write(dir, id, "abc", 3));
    const char *path = text("%s/%s", dir, id);
    OK(stat(path, &st));
    assert_int_equal(st.st_mode & 0777, 0600);
    OK(mu_image_read(dir, id, 3, &out));
    assert_string_equal(out.data, "abc");
    assert_int_equal(mu_image_read(dir, id, 4, &out), MU_ECORRUPT);
    assert_int_equal(mu_image_read(dir, id, 2, &out), MU_ECORRUPT);
    OK(truncate(path, 1)); /* a file that is not what it says is written anew */
    OK(mu_image_write(dir, id, "abc", 3));
    mu_buf_clear(&out);
    OK(mu_image_read(dir, id, 3, &out));
    assert_string_equal(out.data, "abc");

    int half = open(text("%s/%s.new", dir, id), O_WRONLY | O_CREAT, 0600);
    close(half);
    mu_images_older(dir, mu_now_ms() - 60000, collect, &old);
    assert_int_equal(old.len, 0);
    mu_images_older(dir, mu_now_ms() + 60000, collect, &old);
    assert_string_equal(old.data, text("%s ", id));
    assert_int_equal(access(text("%s/%s.new", dir, id), F_OK), -1);
    mu_image_delete(dir, id);
    assert_int_equal(mu_image_read(dir, id, 3, &out), -ENOENT);
    mu_images_older("/nonexistent", INT64_MAX, collect, &old);
    mu_buf_release(&out);
    mu_buf_release(&old);
    free(dir);
}

static void see_image(void *ctx, const struct mu_rec_image *image)
{
    mu_buf_printf(ctx, "%.4s %s %d %d", image->id, image->type, (int)image->bytes,
                  (int)image->created_at);
}

static void rows_say_who_names_an_image(void **state)
{
    struct fixture *f = *state;
    struct mu_buf seen = {0};
    char id[2][MU_IMAGE_ID_SIZE];
    for (int i = 0; i < 2; i++) {
        mu_image_id(&i, sizeof i, id[i]);
        OK(mu_store_put_image(
            f->s, &(struct mu_rec_image){
                      .id = id[i], .type = "image/png", .bytes = 7, .created_at = 9 + i}));
        OK(mu_store_put_image(
            f->s, &(struct mu_rec_image){.id = id[i], .type = "image/gif", .bytes = 8}));
    }
    OK(mu_store_get_image(f->s, id[0], see_image, &seen));
    assert_string_equal(seen.data, text("%.4s image/png 7 9", id[0]));
    assert_int_equal(mu_store_image_bytes(f->s), 14);
    assert_int_equal(mu_store_get_image(f->s, "x", see_image, &seen), -ENOENT);
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(put_message(f->s, "s1", "m1", 1, "look"));
    assert_false(mu_store_image_used(f->s, id[0]));
    OK(mu_store_use_image(f->s, "m1", id[0]));
    OK(mu_store_use_image(f->s, "m1", id[0]));
    OK(put_message(f->s, "s1", "m1", 1, "look again")); /* a message that is written anew */
    OK(mu_store_queue_put(f->s, "s1", "q1", "", 1, text("[\"%s\"]", id[1])));
    OK(mu_store_commit(f->s));
    assert_true(mu_store_image_used(f->s, id[0]));
    assert_true(mu_store_image_used(f->s, id[1]));
    assert_int_equal(mu_store_delete_image(f->s, id[0]), -ENOENT);
    mu_store_rollback(f->s);
    OK(mu_store_delete_session(f->s, "s1", mu_store_next_rev(f->s)));
    assert_false(mu_store_image_used(f->s, id[0]));
    assert_false(mu_store_image_used(f->s, id[1]));
    OK(mu_store_delete_image(f->s, id[0]));
    OK(mu_store_delete_image(f->s, id[1]));
    OK(mu_store_commit(f->s));
    assert_int_equal(mu_store_image_bytes(f->s), 0);
    mu_buf_release(&seen);
}

static void see_queued_images(void *ctx, const struct mu_rec_queued_prompt *item)
{
    const char *const *ids = item->images.items;
    mu_buf_printf(ctx, "%s:", item->id);
    for (size_t i = 0; i < item->images.count; i++)
        mu_buf_printf(ctx, "%s,", ids[i]);
}

static void queued_prompts_keep_their_images(void **state)
{
    struct fixture *f = *state;
    struct mu_buf seen = {0};
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(mu_store_queue_put(f->s, "s1", "q1", "", 1, "[\"a\",\"b\"]"));
    OK(mu_store_queue_put(f->s, "s1", "q2", "words", 2, NULL));
    OK(mu_store_queue_set_text(f->s, "s1", "q1", "other words"));
    OK(mu_store_queue_move(f->s, "s1", "q1", 2));
    OK(mu_store_commit(f->s));
    OK(mu_store_queue_each(f->s, "s1", see_queued_images, &seen));
    assert_string_equal(seen.data, "q2:q1:a,b,");
    mu_buf_release(&seen);
}

static void see_raw(void *ctx, const struct mu_rec_raw_line *raw)
{
    mu_buf_printf(ctx, "%s/%d%s ", raw->line, (int)raw->bytes, raw->cut ? "!" : "");
}

static void lines_are_kept_beside_a_message(void **state)
{
    struct fixture *f = *state;
    struct mu_buf seen = {0};
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    OK(put_message(f->s, "s1", "m1", 1, "text"));
    OK(mu_store_put_raw(f->s, "m1", "{\"ä\"}", 6, 6));
    OK(mu_store_put_raw(f->s, "m1", "begin", 5, 1000));
    OK(mu_store_put_raw(f->s, "gone", "x", 1, 1));
    OK(mu_store_each_raw(f->s, "m1", see_raw, &seen));
    assert_string_equal(seen.data, "{\"ä\"}/6 begin/1000! ");
    for (int i = 0; i < 2 * MU_STORE_RAW_LINES; i++)
        OK(mu_store_put_raw(f->s, "m1", "x", 1, 1));
    mu_buf_clear(&seen);
    OK(mu_store_each_raw(f->s, "m1", see_raw, &seen));
    assert_string_equal(seen.data, "{\"ä\"}/6 begin/1000! x/1 x/1 x/1 x/1 x/1 x/1 ");
    OK(mu_store_drop_raw(f->s, "m1"));
    mu_buf_clear(&seen);
    OK(mu_store_each_raw(f->s, "m1", see_raw, &seen));
    assert_int_equal(seen.len, 0);
    mu_buf_release(&seen);
}

static int put_usage(struct mu_store *s, const char *turn, const char *session_id,
                     const char *project_id, int64_t at, int64_t n, int64_t cost)
{
    return mu_store_put_usage(s, &(struct mu_store_usage){.turn_id = turn,
                                                          .session_id = session_id,
                                                          .project_id = project_id,
                                                          .agent = "claude",
                                                          .model = n > 5 ? "big" : NULL,
                                                          .started_at = at - 1,
                                                          .ended_at = at,
                                                          .input_tokens = n,
                                                          .output_tokens = 2 * n,
                                                          .cache_read_tokens = -1,
                                                          .cache_write_tokens = n,
                                                          .cost_microusd = cost});
}

static void see_sum(void *ctx, const char *id, const char *project_id, const struct mu_rec_usage *u)
{
    mu_buf_printf(ctx, "%s/%s:%d,%lld,%d,%d,%d,$%lld%s ", id ? id : "-",
                  project_id ? project_id : "-", (int)u->turns, (long long)u->input_tokens,
                  (int)u->output_tokens, (int)u->cache_read_tokens, (int)u->cache_write_tokens,
                  (long long)u->cost_microusd, u->cost_known ? "" : "?");
}

static void see_turn(void *ctx, const struct mu_rec_turn_usage *t)
{
    mu_buf_printf(ctx, "%s %s ", t->turn_id, t->model ? t->model : "-");
    see_sum(ctx, t->session_id, NULL, t->usage);
}

#define SUMS(by, filter, limit, expected)                                                          \
    do {                                                                                           \
        struct mu_buf seen_ = {0};                                                                 \
        OK(mu_store_sum_usage(f->s, by, &(struct mu_usage_filter)filter, limit, see_sum, &seen_)); \
        assert_string_equal(seen_.data ? seen_.data : "", expected);                               \
        mu_buf_release(&seen_);                                                                    \
    } while (0)
#define FILTER(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void usage_adds_up(void **state)
{
    struct fixture *f = *state;
    struct mu_buf seen = {0};
    SUMS(MU_USAGE_TOTAL, FILTER(0), 1, "-/-:0,0,0,0,0,$0? ");
    OK(put_project(f->s, "p1"));
    OK(put_project(f->s, "p2"));
    OK(put_usage(f->s, "t1", "s1", "p1", 100, 1, 10));
    OK(put_usage(f->s, "t2", "s1", "p1", 200, 10, -1));
    OK(put_usage(f->s, "t3", "s2", "p1", 300, 100, 7));
    OK(put_usage(f->s, "t1", "s2", "p1", 900, 999, 999)); /* the turn of another session stays */
    OK(put_usage(f->s, "t4", "s3", "p2", 250, 1000, 0));
    OK(put_usage(f->s, "t4", "s3", "p2", 251, 2000, 0)); /* the turn's last word counts */
    OK(mu_store_commit(f->s));
    SUMS(MU_USAGE_TOTAL, FILTER(0), 1, "-/-:4,2111,4222,0,2111,$17? ");
    SUMS(MU_USAGE_BY_PROJECT, FILTER(0), 9,
         "p1/p1:3,111,222,0,111,$17? p2/p2:1,2000,4000,0,2000,$0 ");
    SUMS(MU_USAGE_BY_SESSION, FILTER(0), 9,
         "s2/p1:1,100,200,0,100,$7 s3/p2:1,2000,4000,0,2000,$0 s1/p1:2,11,22,0,11,$10? ");
    SUMS(MU_USAGE_BY_SESSION, FILTER(0), 1, "s2/p1:1,100,200,0,100,$7 ");
    SUMS(MU_USAGE_BY_SESSION, FILTER(.project_id = "p2"), 9, "s3/p2:1,2000,4000,0,2000,$0 ");
    SUMS(MU_USAGE_TOTAL, FILTER(.session_id = "s1", .since = 200), 1, "-/-:1,10,20,0,10,$0? ");
    OK(mu_store_each_usage(f->s, &(struct mu_usage_filter){.session_id = "s1"}, 9, see_turn,
                           &seen));
    assert_string_equal(seen.data, "t2 big s1/-:1,10,20,0,10,$0? t1 - s1/-:1,1,2,0,1,$10 ");
    OK(mu_store_delete_project(f->s, "p1", mu_store_next_rev(f->s)));
    OK(mu_store_commit(f->s));
    SUMS(MU_USAGE_TOTAL, FILTER(0), 1, "-/-:1,2000,4000,0,2000,$0 ");
    mu_buf_release(&seen);
}

static void sums_do_not_overflow(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    for (int i = 0; i < 3; i++)
        OK(put_usage(f->s, text("t%d", i), "s1", "p1", i, 4000000000000000000, INT64_MAX));
    struct mu_buf seen = {0};
    OK(mu_store_sum_usage(f->s, MU_USAGE_TOTAL, &(struct mu_usage_filter){0}, 1, see_sum, &seen));
    assert_non_null(strstr(seen.data, "3,9007199254740991,"));
    assert_non_null(strstr(seen.data, "$9007199254740991 "));
    mu_buf_release(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_known_by_its_first_bytes),
        cmocka_unit_test(base64),
        cmocka_unit_test_setup_teardown(a_file_is_whole_or_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_say_who_names_an_image, setup, teardown),
        cmocka_unit_test_setup_teardown(queued_prompts_keep_their_images, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_are_kept_beside_a_message, setup, teardown),
        cmocka_unit_test_setup_teardown(usage_adds_up, setup, teardown),
        cmocka_unit_test_setup_teardown(sums_do_not_overflow, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
