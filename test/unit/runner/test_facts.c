#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/internal.h"

static void members_are_set_and_taken_away(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *before, *facts, *after;
    } cases[] = {
        {NULL, "{\"model\":\"m\"}", "{\"model\":\"m\"}"},
        {"{\"model\":\"m\",\"mode\":\"a\"}", "{\"mode\":\"b\"}",
         "{\"model\":\"m\",\"mode\":\"b\"}"},
        {"{\"model\":\"m\"}", "{\"model\":null}", NULL},
        {"{\"model\":\"m\"}", "[]", "{\"model\":\"m\"}"},
        {"no json", "{\"model\":\"m\"}", "{\"model\":\"m\"}"},
        {NULL, NULL, NULL},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char *after = facts_merge(cases[i].before, cases[i].facts);
        if (!mu_str_eq(after, cases[i].after))
            fail_msg("case %zu: %s", i, after);
        free(after);
    }
}

static void what_is_too_long_is_left_out(void **state)
{
    MU_UNUSED(state);
    struct mu_buf facts = {0};
    mu_buf_str(&facts, "{\"mode\":\"b\",\"model\":\"");
    for (int i = 0; i < MU_FACT_BYTES; i++)
        mu_buf_char(&facts, 'x');
    mu_buf_str(&facts, "\"}");
    char *after = facts_merge("{\"model\":\"m\"}", facts.data);
    assert_string_equal(after, "{\"model\":\"m\",\"mode\":\"b\"}");
    free(after);
    mu_buf_release(&facts);
}

static void a_prompt_tells_of_its_turn(void **state)
{
    MU_UNUSED(state);
    struct mu_agent_usage used = {.input_tokens = 7,
                                  .output_tokens = 0,
                                  .cache_read_tokens = -1,
                                  .cache_write_tokens = -1,
                                  .cost_microusd = -1};
    struct mu_agent_usage none = {-1, -1, -1, -1, -1};
    char *told = facts_used(&used);
    assert_string_equal(told, "{\"input_tokens\":7,\"output_tokens\":0}");
    assert_null(facts_used(&none));
    struct facts_turn turn = {.started_at = 1000,
                              .ended_at = 2500,
                              .outcome = MU_TURN_CANCELLED,
                              .row_metadata = "{\"model\":\"m\",\"mode\":\"x\"}",
                              .usage = told};
    char *all = facts_turn("{\"queued\":true}", &turn);
    assert_string_equal(all, "{\"queued\":true,\"turn\":{\"started_at\":"
                             "\"1970-01-01T00:00:01.000Z\",\"ended_at\":"
                             "\"1970-01-01T00:00:02.500Z\",\"outcome\":\"cancelled\","
                             "\"model\":\"m\",\"usage\":{\"input_tokens\":7,"
                             "\"output_tokens\":0}}}");
    turn = (struct facts_turn){.started_at = 1, .ended_at = 2, .outcome = MU_TURN_OK};
    char *bare = facts_turn(NULL, &turn);
    assert_string_equal(bare, "{\"turn\":{\"started_at\":\"1970-01-01T00:00:00.001Z\","
                              "\"ended_at\":\"1970-01-01T00:00:00.002Z\","
                              "\"outcome\":\"done\"}}");
    free(told);
    free(all);
    free(bare);
}

static void turns_add_up(void **state)
{
    MU_UNUSED(state);
    struct mu_agent_usage used = {.input_tokens = 100,
                                  .output_tokens = 10,
                                  .cache_read_tokens = -1,
                                  .cache_write_tokens = -1,
                                  .cost_microusd = 600};
    char *one = facts_usage("{\"model\":\"m\"}", &used);
    assert_string_equal(one, "{\"model\":\"m\","
                             "\"usage_total\":{\"input_tokens\":100,\"output_tokens\":10,"
                             "\"cost_microusd\":600,\"turns\":1},"
                             "\"usage\":{\"input_tokens\":100,\"output_tokens\":10,"
                             "\"cost_microusd\":600}}");
    used.input_tokens = INT64_MAX;
    used.cost_microusd = -1;
    char *two = facts_usage(one, &used);
    json_t *json = json_loads(two, 0, NULL);
    json_t *total = json_object_get(json, "usage_total");
    assert_int_equal(json_integer_value(json_object_get(total, "input_tokens")), FACTS_COUNT_MAX);
    assert_int_equal(json_integer_value(json_object_get(total, "output_tokens")), 20);
    assert_int_equal(json_integer_value(json_object_get(total, "cost_microusd")), 600);
    assert_int_equal(json_integer_value(json_object_get(total, "turns")), 2);
    assert_null(json_object_get(json_object_get(json, "usage"), "cost_microusd"));
    json_decref(json);
    free(two);
    free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_set_and_taken_away),
        cmocka_unit_test(what_is_too_long_is_left_out),
        cmocka_unit_test(a_prompt_tells_of_its_turn),
        cmocka_unit_test(turns_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
