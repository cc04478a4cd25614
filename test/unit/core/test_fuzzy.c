#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/fuzzy.h"

static void what_matches(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *query, *path;
        bool matches;
    } cases[] = {
        {"", "a", true},
        {"a", "a", true},
        {"A", "a", true},
        {"a", "A", true},
        {"ab", "ba", false},
        {"abc", "ab", false},
        {"srvapi", "src/server/api.c", true},
        {"src/api", "src/server/api.c", true},
        {"api/src", "src/server/api.c", false},
        {"aa", "a", false},
        {"..", "a.b", false},
        {"..", "../x", true},
        {"é", "café.txt", true},
        {"é", "cafè.txt", false},
        {"é", "Ãx©", false}, /* the bytes of é, apart */
        {"é", "Ãmm/xé", true},
        {"日本", "日x本", true},
        {"a\nb", "a\nb.txt", true},
        {" ", "two words", true},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++)
        if ((mu_fuzzy_score(cases[i].query, cases[i].path) != MU_FUZZY_NONE) != cases[i].matches)
            fail_msg("%s in %s", cases[i].query, cases[i].path);
}

/* In each list the paths stand in the order in which the query must give them. */
static const struct {
    const char *query;
    const char *paths[8];
} orders[] = {
    /* the name that is the query */
    {"main.c", {"src/main.c", "main.c.orig", "src/domain.c"}},
    {"readme", {"readme", "README.md", "docs/readme.md", "docs/readme-first.md", "readme/x.c"}},
    {"api", {"src/server/api.c", "test/api.test.mjs", "src/api/index.ts", "src/app/icon.ts"}},
    /* together, and at the beginning of words */
    {"fs", {"fs.c", "src/files_search.c", "folders.c", "offset.c"}},
    {"filesea", {"src/files_search.c", "src/fine/less/seal.c"}},
    {"UMS", {"web/use-mark-seen.ts", "docs/aluminium-sheet.md"}},
    {"usm", {"web/useSendMessage.ts", "web/used-some.ts", "web/customs.ts"}},
    /* the name before the folders */
    {"store", {"src/store.c", "src/store/store.h", "src/store/seal.c"}},
    {"test", {"test.c", "lib/test.c", "test/lib/wait.mjs"}},
    /* with a slash, the folders count as much */
    {"server/api", {"src/server/api.c", "server/web/api/index.ts"}},
    {"s/a", {"s/a", "src/api.c"}},
    /* case, then length, then natural order */
    {"Makefile", {"Makefile", "makefile"}},
    {"x", {"x/9", "x/10"}},
    {"a1", {"a1", "a10", "ab1"}},
    {"part", {"part9", "part10", "part100"}},
    /* nothing asked for: the shallowest, in natural order */
    {"", {"a", "B", "c10", "a/z", "b/a", "a/b/c"}},
};

static void the_best_comes_first(void **state)
{
    MU_UNUSED(state);
    for (size_t i = 0; i < MU_COUNT(orders); i++) {
        struct mu_buf text = {0};
        uint32_t at[8], best[8];
        size_t n = 0;
        while (n < 8 && orders[i].paths[n])
            n++;
        for (size_t k = 0; k < n; k++) { /* the last first, so that order is not given */
            at[k] = (uint32_t)text.len;
            mu_buf_str(&text, orders[i].paths[n - 1 - k]);
            mu_buf_char(&text, '\0');
        }
        struct mu_fuzzy_paths paths = {text.data, at, n};
        size_t found = mu_fuzzy_best(orders[i].query, &paths, best, 8);
        if (found != n)
            fail_msg("%s: %zu of %zu match", orders[i].query, found, n);
        for (size_t k = 0; k < n; k++)
            if (strcmp(text.data + at[best[k]], orders[i].paths[k]) != 0)
                fail_msg("%s: number %zu is %s, not %s", orders[i].query, k + 1,
                         text.data + at[best[k]], orders[i].paths[k]);
        mu_buf_release(&text);
    }
}

static void only_the_best_are_kept(void **state)
{
    MU_UNUSED(state);
    struct mu_buf text = {0};
    uint32_t at[1000], best[10];
    for (int i = 0; i < 1000; i++) {
        at[i] = (uint32_t)text.len;
        mu_buf_printf(&text, "dir/file%d.c", (i * 7919) % 1000);
        mu_buf_char(&text, '\0');
    }
    struct mu_fuzzy_paths paths = {text.data, at, 1000};
    assert_int_equal(mu_fuzzy_best("file", &paths, best, 10), 10);
    for (int i = 0; i < 10; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "dir/file%d.c", i);
        assert_string_equal(text.data + at[best[i]], expected);
    }
    assert_int_equal(mu_fuzzy_best("file", &paths, best, 0), 0);
    assert_int_equal(mu_fuzzy_best("nothing like it", &paths, best, 10), 0);
    paths.count = 0;
    assert_int_equal(mu_fuzzy_best("", &paths, best, 10), 0);
    mu_buf_release(&text);
}

static void limits_hold(void **state)
{
    MU_UNUSED(state);
    static char path[MU_FUZZY_PATH_MAX + 2], query[MU_FUZZY_QUERY_MAX + 2];
    memset(path, 'a', MU_FUZZY_PATH_MAX);
    memset(query, 'a', MU_FUZZY_QUERY_MAX);
    assert_int_not_equal(mu_fuzzy_score(query, path), MU_FUZZY_NONE);
    query[MU_FUZZY_QUERY_MAX] = 'a';
    assert_int_equal(mu_fuzzy_score(query, path), MU_FUZZY_NONE);
    path[MU_FUZZY_PATH_MAX] = 'a';
    assert_int_equal(mu_fuzzy_score("a", path), MU_FUZZY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matches),
        cmocka_unit_test(the_best_comes_first),
        cmocka_unit_test(only_the_best_are_kept),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
