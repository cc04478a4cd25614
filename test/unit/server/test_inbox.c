/* The reply to a join of `inbox`: how much of what waits is in it. */
#include "../store/store_fixture.h"

#include "server/internal.h"

static void put(struct mu_store *s, const char *session_id, const char *id, const char *input)
{
    struct mu_rec_permission p = {.id = id,
                                  .session_id = session_id,
                                  .kind = MU_waiting_for_PERMISSION,
                                  .tool = "Bash",
                                  .title = "Bash: true",
                                  .input = input,
                                  .created_at = 7};
    OK(mu_store_put_permission(s, &p, NULL));
}

static json_t *read_inbox(struct mu_store *s)
{
    struct mu_buf json = {0};
    OK(mu_sync_inbox(s, &json));
    json_t *all = json_loadb(json.data, json.len, 0, NULL);
    assert_non_null(all);
    mu_buf_release(&json);
    return all;
}

static const char *member(const json_t *inbox, size_t at, const char *key)
{
    const json_t *request = json_array_get(json_object_get(inbox, "requests"), at);
    return json_string_value(json_object_get(request, key));
}

static void the_oldest_are_in_it_up_to_the_limit(void **state)
{
    struct fixture *f = *state;
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s0"));
    OK(put_session(f->s, "p1", "s1"));
    json_t *none = read_inbox(f->s);
    assert_int_equal(json_array_size(json_object_get(none, "requests")), 0);
    for (int i = 0; i < MU_LIMIT_INBOX_REQUESTS + 10; i++)
        put(f->s, i % 2 ? "s1" : "s0", text("r%d", i / 2), "{}");
    json_t *all = read_inbox(f->s);
    assert_int_equal(json_array_size(json_object_get(all, "requests")), MU_LIMIT_INBOX_REQUESTS);
    for (int i = 0; i < MU_LIMIT_INBOX_REQUESTS; i++) {
        assert_string_equal(member(all, (size_t)i, "id"), text("r%d", i / 2));
        assert_string_equal(member(all, (size_t)i, "session_id"), i % 2 ? "s1" : "s0");
    }
    json_decref(none);
    json_decref(all);
}

/* Those that come first have the room; a small one after a large one may still fit. */
static void inputs_are_in_it_while_there_is_room(void **state)
{
    struct fixture *f = *state;
    enum { FITS = MU_LIMIT_PAGE_BYTES / MU_LIMIT_MESSAGE_BYTES };
    char *input = mu_alloc(MU_LIMIT_MESSAGE_BYTES + 2);
    memset(input, ' ', MU_LIMIT_MESSAGE_BYTES + 1);
    input[0] = '{';
    input[1] = '}';
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s0"));
    put(f->s, "s0", "one byte too long", input);
    input[MU_LIMIT_MESSAGE_BYTES] = '\0';
    for (int i = 0; i < FITS - 1; i++)
        put(f->s, "s0", text("r%d", i), input);
    put(f->s, "s0", "small", "{\"a\":1}");
    put(f->s, "s0", "too late", input);
    put(f->s, "s0", "small too", "{}");
    json_t *all = read_inbox(f->s);
    const json_t *requests = json_object_get(all, "requests");
    assert_int_equal(json_array_size(requests), FITS + 3);
    for (size_t i = 0; i < FITS + 3; i++) {
        bool left_out = i == 0 || i == FITS + 1;
        const json_t *given = json_object_get(json_array_get(requests, i), "input");
        assert_int_equal(json_is_null(given), left_out);
        assert_string_equal(member(all, i, "title"), "Bash: true");
    }
    json_decref(all);
    free(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_oldest_are_in_it_up_to_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(inputs_are_in_it_while_there_is_room, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
