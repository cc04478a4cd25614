#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define FFFD "\xEF\xBF\xBD"

static void a_buffer_grows_and_gives(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    for (int i = 0; i < 1000; i++)
        mu_buf_printf(&b, "%d,", i);
    mu_buf_char(&b, '!');
    mu_buf_add(&b, "\0x", 2);
    mu_buf_add(&b, NULL, 0);
    assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4 + 3);
    assert_int_equal(b.data[b.len], 0);
    assert_int_equal(strncmp(b.data, "0,1,2,", 6), 0);
    assert_memory_equal(b.data + b.len - 3, "!\0x", 3);
    mu_buf_drop(&b, 4);
    assert_int_equal(strncmp(b.data, "2,3,", 4), 0);
    mu_buf_drop(&b, b.len + 5);
    assert_int_equal(b.len, 0);
    mu_buf_str(&b, "taken");
    char *taken = mu_buf_take(&b);
    assert_string_equal(taken, "taken");
    assert_null(b.data);
    free(taken);
    taken = mu_buf_take(&b);
    assert_string_equal(taken, "");
    free(taken);
    mu_buf_release(&b);
}

static void json_strings(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"\"\\/", "\"\\\"\\\\/\""},
        {"\n\r\t", "\"\\n\\r\\t\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        {"é€🚀", "\"é€🚀\""},
        {"a\xff"
         "b",
         "\"a" FFFD "b\""},
        {"\xc3", "\"" FFFD "\""},                       /* cut short */
        {"\xf0\x9f\x9a", "\"" FFFD FFFD FFFD "\""},     /* cut short */
        {"\xed\xa0\x80", "\"" FFFD FFFD FFFD "\""},     /* a surrogate */
        {"\xc0\xaf\"", "\"" FFFD FFFD "\\\"\""},        /* overlong, then a quote */
        {"\x80\xc3\xa9\x80", "\"" FFFD "é" FFFD "\""},  /* good between bad */
        {"\xe2\x82\xac\xe2\x82", "\"€" FFFD FFFD "\""}, /* good, then cut short */
    };
    struct mu_buf b = {0};
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        mu_buf_clear(&b);
        mu_buf_json(&b, cases[i].in);
        assert_string_equal(b.data, cases[i].out);
    }
    mu_buf_clear(&b);
    mu_buf_json(&b, NULL);
    assert_string_equal(b.data, "null");
    mu_buf_clear(&b);
    mu_buf_json_n(&b, "a\0b", 3);
    assert_string_equal(b.data, "\"a\\u0000b\"");
    mu_buf_release(&b);
}

/* Any bytes give a string that a strict parser takes. */
static void json_strings_are_always_valid(void **state)
{
    MU_UNUSED(state);
    struct mu_buf b = {0};
    for (int round = 0; round < 3000; round++) {
        unsigned char bytes[48];
        mu_random(bytes, sizeof bytes);
        size_t n = bytes[0] % sizeof bytes;
        for (size_t i = 0; round % 2 && i < n; i++)
            bytes[i] |= 0x80; /* more of what could be UTF-8 */
        mu_buf_clear(&b);
        mu_buf_json_n(&b, (const char *)bytes, n);
        json_t *parsed = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_true(json_is_string(parsed));
        if (mu_utf8_valid((const char *)bytes, n)) {
            assert_int_equal(json_string_length(parsed), n);
            if (n)
                assert_memory_equal(json_string_value(parsed), bytes, n);
        }
        json_decref(parsed);
    }
    mu_buf_release(&b);
}

static void shared_bytes_live_as_long_as_someone_holds_them(void **state)
{
    MU_UNUSED(state);
    struct mu_bytes *one = mu_bytes_new("a\0b", 3);
    struct mu_bytes *two = mu_bytes_ref(one);
    assert_ptr_equal(one, two);
    mu_bytes_unref(one);
    assert_int_equal(two->refs, 1);
    assert_int_equal(two->len, 3);
    assert_memory_equal(two->data, "a\0b", 3);
    mu_bytes_unref(two);
    mu_bytes_unref(NULL);
    mu_bytes_unref(mu_bytes_new(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows_and_gives),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(json_strings_are_always_valid),
        cmocka_unit_test(shared_bytes_live_as_long_as_someone_holds_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
