#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/base.h"
#include "base/natural.h"

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void names_stand_as_a_person_expects(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"a", "b", -1},
        {"a", "a", 0},
        {"", "", 0},
        {"", "a", -1},
        {"a", "ab", -1},
        {"part 9", "part 10", -1},
        {"part 010", "part 9", 1},
        {"v1.9.2", "v1.10.0", -1},
        {"a1b2", "a1b10", -1},
        {"Alpha", "beta", -1},
        {"alpha", "Beta", -1},
        {"Zeta", "alpha", 1},
        {"a", "A", 1},
        {"a1", "a01", 1},
        {"a01x", "a1y", -1},
        {"a0", "a00", -1},
        {"a", "a0", -1},
        {"99999999999999999999999998", "99999999999999999999999999", -1},
        {"x100000000000000000000000000", "x99999999999999999999999999", 1},
        {"z", "ä", -1},
        {"ä", "ö", -1},
        {"a-b", "a_b", -1},
        {"1", "a", -1},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        int order = sign(mu_natural_cmp(cases[i].a, cases[i].b));
        if (order != cases[i].order)
            fail_msg("%s and %s: %d", cases[i].a, cases[i].b, order);
        assert_int_equal(sign(mu_natural_cmp(cases[i].b, cases[i].a)), -cases[i].order);
    }
}

/* Every order of three names agrees with the others: what qsort needs. */
static void the_order_is_total(void **state)
{
    MU_UNUSED(state);
    static const char *const names[] = {"a",    "A",   "a0", "a00", "a1", "a01", "A1", "a10",
                                        "a01b", "a1b", "",   "0",   "00", "1",   "é",  "É"};
    for (size_t i = 0; i < MU_COUNT(names); i++)
        for (size_t j = 0; j < MU_COUNT(names); j++)
            for (size_t k = 0; k < MU_COUNT(names); k++)
                if (mu_natural_cmp(names[i], names[j]) < 0 &&
                    mu_natural_cmp(names[j], names[k]) < 0)
                    assert_true(mu_natural_cmp(names[i], names[k]) < 0);
    for (size_t i = 0; i < MU_COUNT(names); i++)
        for (size_t j = 0; j < MU_COUNT(names); j++)
            assert_int_equal(mu_natural_cmp(names[i], names[j]) == 0, i == j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_as_a_person_expects),
        cmocka_unit_test(the_order_is_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
