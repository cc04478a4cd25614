#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

static void valid_utf8_is_told_from_the_rest(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *bytes;
        bool valid;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\x7f", true},
        {"\xc2\x80", true},          /* the first of two bytes */
        {"\xdf\xbf", true},          /* the last of two */
        {"\xe0\xa0\x80", true},      /* the first of three */
        {"\xef\xbf\xbf", true},      /* the last of three */
        {"\xf0\x90\x80\x80", true},  /* the first of four */
        {"\xf4\x8f\xbf\xbf", true},  /* U+10FFFF */
        {"\x80", false},             /* a continuation alone */
        {"a\xff", false},            /* no such byte */
        {"\xc0\xaf", false},         /* overlong */
        {"\xc1\xbf", false},         /* overlong */
        {"\xe0\x9f\xbf", false},     /* overlong */
        {"\xf0\x8f\xbf\xbf", false}, /* overlong */
        {"\xed\xa0\x80", false},     /* a surrogate */
        {"\xed\xbf\xbf", false},     /* a surrogate */
        {"\xf4\x90\x80\x80", false}, /* past U+10FFFF */
        {"\xf5\x80\x80\x80", false}, /* past U+10FFFF */
        {"\xc3", false},             /* cut short */
        {"\xe2\x82", false},         /* cut short */
        {"\xf0\x9f\x9a", false},     /* cut short */
        {"\xe2\x28\xa1", false},     /* a continuation is missing */
        {"\xc3\xa9\xa9", false},     /* one too many */
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++)
        if (mu_utf8_valid(cases[i].bytes, strlen(cases[i].bytes)) != cases[i].valid)
            fail_msg("case %zu", i);
    assert_true(mu_utf8_valid("a\0b", 3));
}

static void text_is_cut_between_characters(void **state)
{
    MU_UNUSED(state);
    static const char words[] = "aé€🚀z"; /* 1 + 2 + 3 + 4 + 1 bytes */
    static const size_t cut_at[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    assert_int_equal(MU_COUNT(cut_at), sizeof words);
    for (size_t n = 0; n < sizeof words; n++) {
        assert_int_equal(mu_utf8_cut(words, n), cut_at[n]);
        assert_true(mu_utf8_valid(words, mu_utf8_cut(words, n)));
    }
    /* What is not UTF-8 is not held back for ever: at most one character's bytes are. */
    static const char bad[] = "\x80\x80\x80\x80\x80\x80";
    for (size_t n = 0; n < sizeof bad; n++)
        assert_in_range(mu_utf8_cut(bad, n), n < 3 ? 0 : n - 3, n);
}

static void times_have_one_form(void **state)
{
    MU_UNUSED(state);
    static const struct {
        int64_t ms;
        const char *iso;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1795372430123, "2026-11-22T18:33:50.123Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char out[MU_ISO_SIZE];
        int64_t ms = 42;
        mu_iso_format(cases[i].ms, out);
        assert_string_equal(out, cases[i].iso);
        assert_int_equal(mu_iso_parse(cases[i].iso, &ms), 0);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void other_forms_of_time_are_refused(void **state)
{
    MU_UNUSED(state);
    static const char *const wrong[] = {
        "",
        "yesterday",
        "2026-11-22",
        "2026-11-22T18:33:50Z",
        "2026-11-22T18:33:50.123",
        "2026-11-22T18:33:50.123+01:00",
        "2026-11-22T18:33:50.123Z ",
        " 2026-11-22T18:33:50.12Z",
        "2026-11-22T18:33:50.12Z",
        "2026-11-22 18:33:50.123Z",
        "2026-02-30T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "2026-11-22T24:00:00.000Z",
        "2026-11-22T18:33:60.000Z",
        "2026-11-22T18:33:50.-12Z",
        "+026-11-22T18:33:50.123Z",
    };
    for (size_t i = 0; i < MU_COUNT(wrong); i++) {
        int64_t ms = 0;
        if (mu_iso_parse(wrong[i], &ms) != -EINVAL)
            fail_msg("taken: %s", wrong[i]);
    }
}

static void ids_are_uuids_and_differ(void **state)
{
    MU_UNUSED(state);
    char a[MU_ID_SIZE], b[MU_ID_SIZE];
    for (int i = 0; i < 1000; i++) {
        mu_id_new(a);
        mu_id_new(b);
        assert_string_not_equal(a, b);
        assert_int_equal(strlen(a), 36);
        assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
        assert_true(a[8] == '-' && a[13] == '-' && a[18] == '-' && a[23] == '-');
        assert_int_equal(a[14], '4');
        assert_non_null(strchr("89ab", a[19]));
        assert_true(mu_id_valid(a));
    }
}

static void ids_from_outside_are_checked(void **state)
{
    MU_UNUSED(state);
    char longest[66];
    memset(longest, 'x', sizeof longest);
    longest[64] = 0;
    assert_true(mu_id_valid("a"));
    assert_true(mu_id_valid("A-Z_0.9:b"));
    assert_true(mu_id_valid(longest));
    longest[64] = 'x';
    longest[65] = 0;
    static const char *const wrong[] = {"", "a b", "a/b", "a\n", "é", "a%", "\x7f"};
    assert_false(mu_id_valid(NULL));
    assert_false(mu_id_valid(longest));
    for (size_t i = 0; i < MU_COUNT(wrong); i++)
        assert_false(mu_id_valid(wrong[i]));
}

static void errors_have_words(void **state)
{
    MU_UNUSED(state);
    assert_string_equal(mu_strerror(MU_ECORRUPT), "the stored data is damaged");
    assert_string_equal(mu_strerror(-ENOENT), strerror(ENOENT));
    assert_string_equal(mu_strerror(ENOENT), strerror(ENOENT));
}

static void strings(void **state)
{
    MU_UNUSED(state);
    char *slot = NULL;
    mu_str_set(&slot, "one");
    assert_string_equal(slot, "one");
    mu_str_set(&slot, slot + 1); /* a part of itself */
    assert_string_equal(slot, "ne");
    mu_str_set(&slot, NULL);
    assert_null(slot);
    assert_null(mu_strdup(NULL));
    assert_true(mu_str_eq(NULL, NULL));
    assert_false(mu_str_eq(NULL, ""));
    assert_false(mu_str_eq("", NULL));
    assert_true(mu_str_eq("a", "a"));
    assert_false(mu_str_eq("a", "b"));
    char *made = mu_asprintf("%d-%s", 7, "x");
    assert_string_equal(made, "7-x");
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_utf8_is_told_from_the_rest),
        cmocka_unit_test(text_is_cut_between_characters),
        cmocka_unit_test(times_have_one_form),
        cmocka_unit_test(other_forms_of_time_are_refused),
        cmocka_unit_test(ids_are_uuids_and_differ),
        cmocka_unit_test(ids_from_outside_are_checked),
        cmocka_unit_test(errors_have_words),
        cmocka_unit_test(strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
