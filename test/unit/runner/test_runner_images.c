/* Images, agents' own lines and usage in the runner: an agent's events are made by the test. */
#include "runner_fixture.h"

#include <sys/time.h>

#include "runner/internal.h"
#include "store/images.h"

#define PNG_BASE64 "iVBORw0KGgo="
static const char png[] = "\x89PNG\r\n\x1a\n";

/* A turn that goes on until the test ends it. */
static struct run *open_turn(struct fixture *f)
{
    make_session(f, "shell", NULL);
    assert_int_equal(prompt(f, "m1", "sleep 60"), MU_CODE_OK);
    struct run *run = sess_get(f->runner, f->session)->run;
    assert_non_null(run);
    return run;
}

static void say(struct run *run, struct mu_agent_event ev)
{
    if (ev.text && !ev.n)
        ev.n = strlen(ev.text);
    if (ev.raw && !ev.raw_n)
        ev.raw_n = strlen(ev.raw);
    output_event(run, &ev);
}

static void end_turn(struct fixture *f)
{
    assert_int_equal(cancel(f), MU_CODE_OK);
    until_quiet(f);
    until_no_runs(f);
}

static void on_tool(void *ctx, const struct mu_rec_message *m)
{
    if (m->kind == MU_message_kind_TOOL)
        *(struct mu_rec_message **)ctx = mu_rec_clone(&mu_message_desc, m);
}

static json_t *tool_meta(struct fixture *f, char id[65])
{
    struct mu_rec_message *m = NULL;
    bool older;
    assert_int_equal(
        mu_store_page_messages(f->store, f->session, 0, 100, INT64_MAX / 2, &older, on_tool, &m),
        0);
    assert_non_null(m);
    json_t *meta = json_loads(m->metadata, 0, NULL);
    if (id)
        snprintf(id, 65, "%s", m->id);
    mu_rec_free(&mu_message_desc, m);
    return meta;
}

static void until_idle_jobs(struct fixture *f)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (f->runner->image_jobs)
        turn(f);
    mu_runner_flush(f->runner);
    mu_timer_stop(f->watchdog);
}

static void call_tool(struct run *run, const char *images)
{
    say(run, (struct mu_agent_event){.kind = MU_AG_TOOL_CALL, .id = "t1", .name = "Look"});
    say(run, (struct mu_agent_event){
                 .kind = MU_AG_TOOL_RESULT, .id = "t1", .text = "seen", .images = images});
}

static void images_that_an_agent_shows_are_stored(void **state)
{
    struct fixture *f = *state;
    struct run *run = open_turn(f);
    char id[65];
    call_tool(run, "[{\"type\":\"image/gif\",\"data\":\"" PNG_BASE64 "\"},"
                   "{\"type\":\"image/png\",\"data\":\"bm8gaW1hZ2U=\"},"
                   "{\"type\":\"image/png\",\"data\":\"!\"},{\"data\":7}]");
    mu_runner_flush(f->runner);
    json_t *meta = tool_meta(f, NULL);
    assert_int_equal(json_integer_value(json_object_get(meta, "images_left_out")), 4);
    assert_null(json_object_get(meta, "images"));
    json_decref(meta);
    until_idle_jobs(f);
    meta = tool_meta(f, NULL);
    json_t *images = json_object_get(meta, "images");
    assert_int_equal(json_array_size(images), 1);
    json_t *image = json_array_get(images, 0);
    mu_image_id(png, 8, id);
    assert_string_equal(json_string_value(json_object_get(image, "id")), id);
    assert_string_equal(json_string_value(json_object_get(image, "type")), "image/png");
    assert_int_equal(json_integer_value(json_object_get(image, "bytes")), 8);
    assert_int_equal(json_integer_value(json_object_get(meta, "images_left_out")), 3);
    assert_string_equal(json_string_value(json_object_get(meta, "status")), "done");
    assert_string_equal(json_string_value(json_object_get(meta, "output")), "seen");
    assert_true(mu_store_image_used(f->store, id));
    json_decref(meta);
    end_turn(f);
}

static void at_most_so_many_of_a_result(void **state)
{
    struct fixture *f = *state;
    struct run *run = open_turn(f);
    struct mu_buf list = {0};
    for (int i = 0; i < MU_LIMIT_IMAGES_PER_PROMPT + 5; i++)
        mu_buf_printf(&list, "%c{\"data\":\"" PNG_BASE64 "\"}", i ? ',' : '[');
    mu_buf_char(&list, ']');
    call_tool(run, list.data);
    until_idle_jobs(f);
    json_t *meta = tool_meta(f, NULL);
    assert_int_equal(json_array_size(json_object_get(meta, "images")), MU_LIMIT_IMAGES_PER_PROMPT);
    assert_int_equal(json_integer_value(json_object_get(meta, "images_left_out")), 5);
    json_decref(meta);
    mu_buf_release(&list);
    end_turn(f);
}

/* What is no list, and a session that is gone before its images are stored. */
static void nonsense_harms_nobody(void **state)
{
    struct fixture *f = *state;
    struct run *run = open_turn(f);
    call_tool(run, "{\"data\":");
    until_idle_jobs(f);
    call_tool(run, "[{\"data\":\"" PNG_BASE64 "\"}]");
    mu_runner_delete_session(f->runner, f->session, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    until_idle_jobs(f);
    until_no_runs(f);
    assert_int_equal(mu_store_image_bytes(f->store), 0);
}

struct lines {
    int count;
    size_t last;
    int64_t bytes;
    bool cut;
    char text[256];
};

static void on_line(void *ctx, const struct mu_rec_raw_line *raw)
{
    struct lines *l = ctx;
    l->count++;
    l->last = strlen(raw->line);
    l->bytes = raw->bytes;
    l->cut = raw->cut;
    snprintf(l->text + strlen(l->text), sizeof l->text - strlen(l->text), "%.8s ", raw->line);
}

static struct lines lines_of(struct fixture *f, const char *id)
{
    struct lines l = {0};
    assert_int_equal(mu_store_each_raw(f->store, id, on_line, &l), 0);
    return l;
}

static void lines_stand_beside_what_they_made(void **state)
{
    struct fixture *f = *state;
    struct run *run = open_turn(f);
    char id[65];
    say(run, (struct mu_agent_event){
                 .kind = MU_AG_TOOL_CALL, .id = "t1", .name = "Look", .raw = "call"});
    say(run, (struct mu_agent_event){
                 .kind = MU_AG_TOOL_UPDATE, .id = "t1", .text = "half", .raw = "update"});
    char *large = mu_alloc(2 * MU_LIMIT_RAW_BYTES + 1);
    memset(large, 'x', 2 * MU_LIMIT_RAW_BYTES);
    say(run,
        (struct mu_agent_event){.kind = MU_AG_TOOL_RESULT, .id = "t1", .text = "", .raw = large});
    json_decref(tool_meta(f, id));
    struct lines l = lines_of(f, id);
    assert_string_equal(l.text, "call xxxxxxxx ");
    assert_int_equal(l.last, MU_LIMIT_RAW_BYTES);
    assert_int_equal(l.bytes, 2 * MU_LIMIT_RAW_BYTES);
    assert_true(l.cut);

    for (int i = 0; i < 3; i++) /* of a plan the last one only */
        say(run, (struct mu_agent_event){.kind = MU_AG_PLAN,
                                         .input = "[{\"text\":\"a\",\"status\":\"pending\"}]",
                                         .raw = i == 2 ? "plan 3" : "plan"});
    l = lines_of(f, run->sess->tr.plan);
    assert_string_equal(l.text, "plan 3 ");
    free(large);
    end_turn(f);
}

/* An agent that floods does not fill the disk with its own lines. */
static void the_lines_of_a_turn_have_a_budget(void **state)
{
    struct fixture *f = *state;
    struct run *run = open_turn(f);
    char *line = mu_alloc(MU_LIMIT_RAW_BYTES + 1);
    memset(line, 'x', MU_LIMIT_RAW_BYTES);
    for (int i = 0; i < 100; i++)
        say(run, (struct mu_agent_event){.kind = MU_AG_NOTICE, .text = "again", .raw = line});
    assert_int_equal(run->sess->tr.raw_bytes, RUNNER_RAW_TURN_BYTES);
    free(line);
    end_turn(f);
}

static void on_sum(void *ctx, const char *id, const char *project_id,
                   const struct mu_rec_usage *sum)
{
    MU_UNUSED(id);
    MU_UNUSED(project_id);
    *(struct mu_rec_usage *)ctx = *sum;
}

static void counts_that_cannot_be_are_mended(void **state)
{
    struct fixture *f = *state;
    struct run *run = open_turn(f);
    struct mu_agent_usage used = {.input_tokens = -5,
                                  .output_tokens = INT64_MAX,
                                  .cache_read_tokens = 3,
                                  .cache_write_tokens = INT64_MIN,
                                  .cost_microusd = -1};
    say(run, (struct mu_agent_event){.kind = MU_AG_TURN_DONE, .usage = &used});
    mu_runner_flush(f->runner);
    struct mu_rec_usage sum = {0};
    assert_int_equal(
        mu_store_sum_usage(f->store, MU_USAGE_TOTAL, &(struct mu_usage_filter){0}, 1, on_sum, &sum),
        0);
    assert_int_equal(sum.turns, 1);
    assert_int_equal(sum.input_tokens, 0);
    assert_int_equal(sum.output_tokens, FACTS_COUNT_MAX);
    assert_int_equal(sum.cache_read_tokens, 3);
    assert_false(sum.cost_known);
    char *again = facts_usage("{\"usage_total\":{\"output_tokens\":9223372036854775807,"
                              "\"cache_read_tokens\":-7,\"turns\":1}}",
                              &used);
    json_t *meta = json_loads(again, 0, NULL), *total = json_object_get(meta, "usage_total");
    assert_int_equal(json_integer_value(json_object_get(total, "output_tokens")), FACTS_COUNT_MAX);
    assert_int_equal(json_integer_value(json_object_get(total, "cache_read_tokens")), 3);
    assert_int_equal(json_integer_value(json_object_get(total, "turns")), 2);
    json_decref(meta);
    free(again);
}

/* ---- uploads, when the store or the disk is not well ---- */

struct upload {
    bool answered, existed;
    enum mu_code code;
    char message[256];
};

static void on_uploaded(void *ctx, const struct mu_outcome *o)
{
    struct upload *u = ctx;
    assert_false(u->answered);
    *u = (struct upload){.answered = true, .existed = o->existed, .code = o->code};
    snprintf(u->message, sizeof u->message, "%s", o->message ? o->message : "");
    assert_true(o->code || o->image->bytes == 8);
}

static struct upload upload(struct fixture *f)
{
    struct upload u = {0};
    mu_runner_add_image(f->runner, "image/png", png, 8, on_uploaded, &u);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (!u.answered)
        turn(f);
    mu_timer_stop(f->watchdog);
    return u;
}

static void an_upload_that_fails_is_said(void **state)
{
    struct fixture *f = *state;
    until_idle_jobs(f);
    mu_store_fail_after(f->store, 1, -ENOSPC);
    struct upload u = upload(f);
    assert_int_equal(u.code, MU_CODE_STORE_FULL);
    mu_store_fail_after(f->store, 0, 0);
    u = upload(f);
    assert_int_equal(u.code, MU_CODE_OK);
    assert_false(u.existed);
    assert_true(upload(f).existed);
    char id[65], path[256];
    mu_image_id(png, 8, id);
    snprintf(path, sizeof path, "%s/%s", f->runner->images_dir, id);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(f->runner->images_dir), 0);
    assert_int_equal(symlink("/dev/null/nowhere", f->runner->images_dir), 0);
    u = upload(f);
    assert_int_equal(u.code, MU_CODE_STORE_FAILED);
    assert_string_equal(u.message, "The image could not be written to the disk.");
}

static void all_images_have_a_limit(void **state)
{
    struct fixture *f = *state;
    struct mu_rec_image huge = {
        .id = "00000000000000000000000000000000000000000000000000000000000000ff",
        .type = "image/png",
        .bytes = RUNNER_IMAGES_BYTES - 8};
    assert_int_equal(mu_store_put_image(f->store, &huge), 0);
    assert_int_equal(upload(f).code, MU_CODE_OK);
    struct upload u = upload(f);
    assert_int_equal(u.code, MU_CODE_LIMIT_REACHED);
    assert_non_null(strstr(u.message, "10 GiB, which is their limit"));
}

/* A clean-up whose commit fails deletes no file, and is not in the way of what comes after it. */
static void a_clean_up_that_fails_deletes_nothing(void **state)
{
    struct fixture *f = *state;
    char id[65], path[256];
    struct timeval old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(upload(f).code, MU_CODE_OK);
    mu_image_id(png, 8, id);
    snprintf(path, sizeof path, "%s/%s", f->runner->images_dir, id);
    assert_int_equal(utimes(path, old), 0);
    mu_store_fail_after(f->store, 1, -EIO);
    images_clean(f->runner);
    until_idle_jobs(f);
    mu_store_fail_after(f->store, 0, 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(mu_store_image_bytes(f->store), 8);
    images_clean(f->runner);
    until_idle_jobs(f);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(mu_store_image_bytes(f->store), 0);
}

/* Work that is under way or waits when the server stops. */
static void an_end_in_the_midst(void **state)
{
    struct fixture *f = *state;
    struct upload u[3] = {0};
    for (int i = 0; i < 3; i++)
        mu_runner_add_image(f->runner, "image/png", png, 8, on_uploaded, &u[i]);
    stop(f);
    for (int i = 0; i < 3; i++)
        assert_int_equal(u[i].answered ? u[i].code : MU_CODE_OK, MU_CODE_SHUTTING_DOWN);
    serve(f);
}

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(images_that_an_agent_shows_are_stored),
        TEST(at_most_so_many_of_a_result),
        TEST(nonsense_harms_nobody),
        TEST(lines_stand_beside_what_they_made),
        TEST(the_lines_of_a_turn_have_a_budget),
        TEST(counts_that_cannot_be_are_mended),
        TEST(an_upload_that_fails_is_said),
        TEST(all_images_have_a_limit),
        TEST(a_clean_up_that_fails_deletes_nothing),
        TEST(an_end_in_the_midst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
