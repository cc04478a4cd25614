#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/naming.h"

static void a_prompt_gives_a_short_clean_line(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *prompt, *name;
    } cases[] = {
        {"Fix the login", "Fix the login"},
        {"  \n\n  Fix   the\tlogin  \nplease", "Fix the login"},
        {"# Heading", "Heading"},
        {"> > quoted", "quoted"},
        {"- item one\n- item two", "item one"},
        {"12. twelfth", "twelfth"},
        {"- **Bold** and `code`", "Bold and code"},
        {"```python\nprint(1)\n```", "print(1)"},
        {"```\n```\nwords", "words"},
        {"---\n***\nafter rules", "after rules"},
        {"", MU_NAMING_DEFAULT},
        {" \n\t\r\n", MU_NAMING_DEFAULT},
        {"!!! ???", MU_NAMING_DEFAULT},
        {"Größe ändern 日本語", "Größe ändern 日本語"},
        {"a * b ** c", "a * b c"},
        {"123456789 123456789 123456789 123456789 12345678",
         "123456789 123456789 123456789 123456789 12345678"},
        {"Please rewrite the whole of the parser so that it is fast and correct",
         "Please rewrite the whole of the parser so that…"},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"},
        {"\xff\xfe broken\nwhole", "whole"},
        {"日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日"
         "日日日日日日日日",
         "日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日"
         "日日日…"},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char name[MU_NAMING_SIZE];
        mu_naming_from_prompt(cases[i].prompt, name);
        assert_string_equal(name, cases[i].name);
        assert_true(mu_utf8_valid(name, strlen(name)));
    }
}

static void a_given_name_is_cleaned(void **state)
{
    MU_UNUSED(state);
    char out[12];
    assert_int_equal(mu_naming_clean("  a \n b ", out, sizeof out), 3);
    assert_string_equal(out, "a b");
    assert_int_equal(mu_naming_clean(" \n\x7f ", out, sizeof out), 0);
    assert_string_equal(out, "");
    assert_true(mu_naming_clean("éééééééééé", out, sizeof out) <= 11);
    assert_true(mu_utf8_valid(out, strlen(out)));
    char full[201];
    char name[201];
    memset(name, 'n', 200);
    name[200] = '\0';
    assert_int_equal(mu_naming_clean(name, full, sizeof full), 200);
}

static void a_given_name_is_taken_or_refused(void **state)
{
    MU_UNUSED(state);
    char out[MU_NAMING_GIVEN_SIZE], lengthy[MU_LIMIT_NAME_BYTES + 2];
    const char *why;
    assert_int_equal(mu_naming_take(" my\nname ", out, &why), MU_CODE_OK);
    assert_string_equal(out, "my name");
    assert_null(why);
    assert_int_equal(mu_naming_take(" \x01 ", out, &why), MU_CODE_INVALID_FIELD);
    assert_non_null(strstr(why, "visible character"));
    memset(lengthy, 'x', sizeof lengthy);
    lengthy[MU_LIMIT_NAME_BYTES + 1] = '\0';
    assert_int_equal(mu_naming_take(lengthy, out, &why), MU_CODE_TOO_LARGE);
    lengthy[MU_LIMIT_NAME_BYTES] = '\0';
    assert_int_equal(mu_naming_take(lengthy, out, &why), MU_CODE_OK);
    assert_string_equal(out, lengthy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_gives_a_short_clean_line),
        cmocka_unit_test(a_given_name_is_cleaned),
        cmocka_unit_test(a_given_name_is_taken_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
