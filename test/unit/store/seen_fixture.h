/* What callbacks of the store have seen, in order, as one text. */
#ifndef MU_TEST_SEEN_FIXTURE_H
#define MU_TEST_SEEN_FIXTURE_H

#include "store_fixture.h"

struct seen {
    char list[512];
};

SHARED void see(void *ctx, const char *what)
{
    struct seen *seen = ctx;
    size_t n = strlen(seen->list);
    snprintf(seen->list + n, sizeof seen->list - n, "%s ", what);
}

#define SEES(call, expected)                                                                       \
    do {                                                                                           \
        struct seen seen = {""};                                                                   \
        OK(call);                                                                                  \
        assert_string_equal(seen.list, expected);                                                  \
    } while (0)

#endif
