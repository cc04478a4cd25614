#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/jsonrpc.h"

static void a_line_is_what_it_looks_like(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *line;
        enum mu_rpc_kind kind;
        int64_t id;
        const char *method;
    } cases[] = {
        {"{\"id\":0,\"method\":\"fs/read\",\"params\":{}}", MU_RPC_REQUEST, 0, "fs/read"},
        {"{\"id\":\"a-1\",\"method\":\"x\"}", MU_RPC_REQUEST, 0, "x"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{}}", MU_RPC_NOTIFICATION, 0, "x"},
        {"{\"id\":null,\"method\":\"x\"}", MU_RPC_NOTIFICATION, 0, "x"},
        {"{\"id\":7,\"result\":{}}", MU_RPC_RESULT, 7, NULL},
        {"{\"id\":7,\"result\":null}", MU_RPC_RESULT, 7, NULL},
        {"{\"id\":7,\"error\":{\"code\":1,\"message\":\"m\"}}", MU_RPC_ERROR, 7, NULL},
        {"{\"id\":7,\"error\":null,\"result\":1}", MU_RPC_RESULT, 7, NULL},
        {"{\"id\":\"7\",\"result\":1}", MU_RPC_RESULT, 0, NULL},
        {"{\"id\":7.5,\"result\":1}", MU_RPC_NONE, 0, NULL},
        {"{\"id\":7}", MU_RPC_NONE, 0, NULL},
        {"{\"method\":5}", MU_RPC_NONE, 0, NULL},
        {"[1]", MU_RPC_NONE, 0, NULL},
        {"7", MU_RPC_NONE, 0, NULL},
    };
    struct mu_rpc_message m;
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        json_t *json = json_loads(cases[i].line, JSON_DECODE_ANY, NULL);
        mu_rpc_read(json, &m);
        if (m.kind != cases[i].kind || m.id != cases[i].id || !mu_str_eq(m.method, cases[i].method))
            fail_msg("%s", cases[i].line);
        json_decref(json);
    }
    mu_rpc_read(NULL, &m);
    assert_int_equal(m.kind, MU_RPC_NONE);
}

static void what_is_written_is_one_line(void **state)
{
    MU_UNUSED(state);
    struct mu_buf out = {0};
    json_t *their = json_string("x\n1");
    mu_rpc_request(&out, true, 3, "session/new", json_pack("{s:s}", "cwd", "/a\nb"));
    mu_rpc_request(&out, false, 4, "initialize", NULL);
    mu_rpc_notify(&out, false, "initialized", NULL);
    mu_rpc_result(&out, true, their, NULL);
    mu_rpc_error(&out, false, their, MU_RPC_METHOD_NOT_FOUND, "no \"x\"");
    assert_string_equal(
        out.data, "{\"method\":\"session/new\",\"params\":{\"cwd\":\"/a\\nb\"},\"id\":3,"
                  "\"jsonrpc\":\"2.0\"}\n"
                  "{\"method\":\"initialize\",\"id\":4}\n"
                  "{\"method\":\"initialized\"}\n"
                  "{\"id\":\"x\\n1\",\"result\":null,\"jsonrpc\":\"2.0\"}\n"
                  "{\"id\":\"x\\n1\",\"error\":{\"code\":-32601,\"message\":\"no \\\"x\\\"\"}}\n");
    json_decref(their);
    mu_buf_release(&out);
}

static void an_error_has_words(void **state)
{
    MU_UNUSED(state);
    static const char none[] = "The agent reported an error without a reason.";
    static const struct {
        const char *error, *text;
    } cases[] = {
        {"{\"code\":-32603,\"message\":\"Internal error\"}", "Internal error"},
        {"{\"message\":\"Internal error\",\"data\":{\"details\":\"no key\"}}",
         "Internal error: no key"},
        {"{\"message\":\"no key\",\"data\":\"no key\"}", "no key"},
        {"{\"message\":\"\",\"data\":{\"error\":{\"message\":\"deep\"}}}", "deep"},
        {"{\"data\":{\"details\":[1]}}", none},
        {"{}", none},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_buf out = {0};
        json_t *json = json_loads(cases[i].error, 0, NULL);
        mu_rpc_error_text(json, &out);
        assert_string_equal(out.data, cases[i].text);
        json_decref(json);
        mu_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_what_it_looks_like),
        cmocka_unit_test(what_is_written_is_one_line),
        cmocka_unit_test(an_error_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
