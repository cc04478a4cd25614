/* What agents ask of their host: files, and how many requests and answers there may be. */
#include "serve_fixture.h"

static void serves_files(void **state)
{
    struct fixture *f;
    char params[256];
    begin(state, &f);
    snprintf(params, sizeof params, "{\"path\":\"%s/a/b\",\"content\":\"one\\ntwo \\u00e9\\n\"}",
             f->work);
    ask(f, "w", "fs/write_text_file", params);
    snprintf(params, sizeof params, "{\"path\":\"%s/a/b\",\"line\":2,\"limit\":1}", f->work);
    ask(f, "r", "fs/read_text_file", params); /* in order: it reads what was written */
    assert_string_equal(text_of(until_answer(f, "r"), "content"), "two é\n");
    assert_int_equal(json_object_size(until_answer(f, "w")->result), 0);
    assert_true(answers[0].id[0] == 'w');
    snprintf(params, sizeof params, "{\"path\":\"%s/../muster.db\"}", f->work);
    ask(f, "out", "fs/read_text_file", params);
    assert_part(error_of(f, "out"), "leads out of the project's directory");
    ask(f, "none", "fs/read_text_file", "{}");
    assert_part(error_of(f, "none"), "no path");
    ask(f, "nul", "fs/read_text_file", "{\"path\":\"/a\\u0000b\"}");
    assert_part(error_of(f, "nul"), "no path");
    snprintf(params, sizeof params, "{\"path\":\"%s/c\"}", f->work);
    ask(f, "empty", "fs/write_text_file", params);
    assert_part(error_of(f, "empty"), "no content");
    ask(f, "bad", "fs/read_text_file", "{");
    assert_part(error_of(f, "bad"), "no path");
    ask(f, "other", "fs/format_disk", "{}");
    assert_part(error_of(f, "other"), "no method fs/format_disk");
    finish(f);
}

/* Answers that the agent has not taken bound those that are made. */
static void does_not_answer_more_than_is_read(void **state)
{
    struct fixture *f;
    char id[16];
    begin(state, &f);
    answer_bytes = 5 << 20;
    for (int i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "%d", i);
        ask(f, id, "terminal/output", "{}");
    }
    assert_int_equal(answer_count, 1);
    until_answer(f, "5");
    assert_int_equal(answer_count, 6);
    assert_state(f, MU_session_state_WORKING, NULL);
    finish(f);
}

static void refuses_too_many_requests(void **state)
{
    struct fixture *f;
    char id[16];
    begin(state, &f);
    for (int i = 0; i < RUNNER_SERVE_MAX + 2; i++) {
        snprintf(id, sizeof id, "%d", i);
        ask(f, id, "fs/read_text_file", "{}");
        ask(f, id, "fs/read_text_file", "{}"); /* asked again: the same request */
    }
    assert_int_equal(answer_count, 1 + 1); /* the last one, and again */
    assert_part(answers[0].error, "Too many requests");
    snprintf(id, sizeof id, "%d", RUNNER_SERVE_MAX);
    until_answer(f, id);
    assert_int_equal(answer_count, RUNNER_SERVE_MAX + 3);
    finish(f);
}

/* Not of the host, but events by hand as well: names and notices of an agent are cut. */
static void what_an_agent_names_has_a_bound(void **state)
{
    struct fixture *f;
    enum { N = 100 * 1000 };
    char *big = mu_alloc(N + 1);
    memset(big, 'x', N);
    begin(state, &f);
    struct run *run = the_run(f);
    output_event(run, &(struct mu_agent_event){
                          .kind = MU_AG_TOOL_CALL, .id = big, .name = big, .parent = big});
    output_event(run, &(struct mu_agent_event){.kind = MU_AG_NOTICE, .text = big, .n = N});
    mu_runner_flush(f->runner);
    json_t *message = json_object_get(find_push(f, "message_added"), "message");
    size_t n = json_string_length(json_object_get(message, "text"));
    assert_true(n > 4000 && n <= RUNNER_NOTICE_BYTES);
    char *t = transcript(f);
    assert_true(strlen(t) < RUNNER_NOTICE_BYTES + 2000);
    free(t);
    free(big);
    finish(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    int status;
    if (is_holder(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        TEST(what_an_agent_names_has_a_bound),
        TEST(serves_files),
        TEST(does_not_answer_more_than_is_read),
        TEST(refuses_too_many_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
