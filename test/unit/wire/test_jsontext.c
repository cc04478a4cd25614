#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "wire/jsontext.h"

/* Scans a copy of its own size, so that the sanitizer sees a step beyond it. */
static int scan(const char *text, size_t n, unsigned depth)
{
    char *copy = malloc(n + 1);
    memcpy(copy, text, n);
    copy = realloc(copy, n ? n : 1);
    struct mu_jsontext t = {.p = copy, .end = copy + n};
    const char *begin;
    int rc = mu_jsontext_value(&t, depth, &begin);
    if (!rc && !mu_jsontext_ended(&t))
        rc = MU_EPROTO;
    free(copy);
    return rc;
}

static void test_valid(void **state)
{
    MU_UNUSED(state);
    static const char *const good[] = {
        "null",
        " true ",
        "false",
        "0",
        "-0",
        "-12.5e+3",
        "1E9",
        "0.0e-1",
        "\"\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\x7f caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"",
        "[]",
        " [ ] ",
        "{}",
        "{ }",
        "[1,[2,[]],{}]",
        "{\"a\":{\"b\":[{},1]},\"c\":null}",
        "\t\r\n{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }\n",
        "\"a string that is longer than a few machine words, without anything special\"",
    };
    for (size_t i = 0; i < MU_COUNT(good); i++)
        assert_int_equal(scan(good[i], strlen(good[i]), 8), 0);
}

static void test_invalid(void **state)
{
    MU_UNUSED(state);
    static const char *const bad[] = {
        "",
        " ",
        "nul",
        "True",
        "nan",
        "+1",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "'a'",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud83d\"",
        "\"\\ud83dx\\ude00\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ude00\"",
        "\"tab\there\"",
        "\"line\nhere, behind eight bytes\"",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1]",
        "{,}",
        "1 1",
        "[]]",
        "// x\n1",
    };
    for (size_t i = 0; i < MU_COUNT(bad); i++)
        assert_int_equal(scan(bad[i], strlen(bad[i]), 8), MU_EPROTO);
    assert_int_equal(scan("\"a\\\0\"", 5, 8), MU_EPROTO);
    assert_int_equal(scan("\"a\0\"", 4, 8), MU_EPROTO);
}

static void test_utf8(void **state)
{
    MU_UNUSED(state);
    static const char *const bad[] = {
        "\"\xff\"",         "\"\xc3\"",         "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"", "\"1234567\x80 \"", "\"\xf0\x9f\x98",
    };
    for (size_t i = 0; i < MU_COUNT(bad); i++)
        assert_int_equal(scan(bad[i], strlen(bad[i]), 8), MU_EUTF8);
}

static int scan_nested(unsigned levels, unsigned depth)
{
    struct mu_buf b = {0};
    for (unsigned i = 0; i < levels; i++)
        mu_buf_str(&b, i % 2 ? "{\"k\":" : "[");
    mu_buf_char(&b, '1');
    for (unsigned i = levels; i-- > 0;)
        mu_buf_char(&b, i % 2 ? '}' : ']');
    int rc = scan(b.data, b.len, depth);
    mu_buf_release(&b);
    return rc;
}

static void test_depth(void **state)
{
    MU_UNUSED(state);
    assert_int_equal(scan("1", 1, 0), 0);
    assert_int_equal(scan("[]", 2, 0), MU_ETOOBIG);
    assert_int_equal(scan_nested(5, 5), 0);
    assert_int_equal(scan_nested(6, 5), MU_ETOOBIG);
    assert_int_equal(scan_nested(MU_JSONTEXT_DEPTH_MAX, 1000), 0);
    assert_int_equal(scan_nested(MU_JSONTEXT_DEPTH_MAX + 1, 1000), MU_ETOOBIG);
}

static void test_the_slice_is_exact(void **state)
{
    MU_UNUSED(state);
    const char *text = "  {\"a\": [1, 2]}  ,x";
    struct mu_jsontext t = {.p = text, .end = text + strlen(text)};
    const char *begin;
    assert_int_equal(mu_jsontext_value(&t, 4, &begin), 0);
    assert_ptr_equal(begin, text + 2);
    assert_ptr_equal(t.p, text + 15);
    assert_true(mu_jsontext_take(&t, ','));
    assert_false(mu_jsontext_take(&t, 'y'));
    assert_false(mu_jsontext_ended(&t));
}

static void test_strings_are_decoded(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *text, *want;
        int rc;
    } cases[] = {
        {"\"\"", "", 0},
        {"\"plain\"", "plain", 0},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 0},
        {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 0},
        {"\"a\\u0000b\"", NULL, MU_EPROTO},
        {"12", NULL, MU_EPROTO},
        {"null", NULL, MU_EPROTO},
        {"\"exactly fifteen\"", "exactly fifteen", 0},
        {"\"sixteen letters!\"", NULL, MU_ETOOBIG},
        {"\"fourteen bytes\\u00e9\"", NULL, MU_ETOOBIG},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char out[16];
        int rc = mu_jsontext_string(cases[i].text, strlen(cases[i].text), out, sizeof out);
        assert_int_equal(rc, cases[i].rc);
        if (!rc)
            assert_string_equal(out, cases[i].want);
    }
}

/* Every prefix and every one-byte change of a text: the scanner must accept whatever jansson does,
 * and refuse what jansson refuses, same keys twice and \u0000 aside. */
static void test_agrees_with_jansson(void **state)
{
    MU_UNUSED(state);
    static const char text[] = "{\"a\":[1,-2.5e3,true,null],\"b\\u00e9\":{\"c\":\"\xc3\xa9\\n\"}}";
    static const char letters[] = "\"\\{}[]:,019-+.eEu\x01 \xc3x";
    size_t n = sizeof text - 1;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < sizeof letters; j++) {
            char copy[sizeof text];
            memcpy(copy, text, sizeof text);
            copy[i] = letters[j];
            json_error_t e;
            json_t *tree = json_loadb(copy, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
            int rc = scan(copy, n, 16);
            assert_int_equal(rc == 0, tree != NULL);
            json_decref(tree);
        }
        assert_int_not_equal(scan(text, i, 16), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_the_slice_is_exact),
        cmocka_unit_test(test_strings_are_decoded),
        cmocka_unit_test(test_agrees_with_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
