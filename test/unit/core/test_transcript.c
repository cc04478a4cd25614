#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/transcript.h"

/* What the operations make of a transcript, as the store would hold it. */
enum { MESSAGES = 64 };
struct held {
    struct mu_transcript t;
    struct {
        enum mu_message_kind kind;
        struct mu_buf text;
        bool streaming;
    } m[MESSAGES];
    int count;
    int open;
};

static int add(struct held *h, enum mu_message_kind kind)
{
    assert_true(h->count < MESSAGES);
    h->m[h->count].kind = kind;
    return h->count++;
}

static void on_op(void *ctx, const struct mu_transcript_op *op)
{
    struct held *h = ctx;
    if (op->kind == MU_TR_ADD) {
        mu_buf_add(&h->m[add(h, op->message)].text, op->text, op->n);
        return;
    }
    if (op->kind == MU_TR_OPEN) {
        assert_int_equal(h->open, -1);
        h->open = add(h, op->message);
        h->m[h->open].streaming = true;
        snprintf(h->t.id, sizeof h->t.id, "m%d", h->open);
        return;
    }
    assert_true(h->open >= 0);
    struct mu_buf *text = &h->m[h->open].text;
    if (op->kind == MU_TR_APPEND) {
        assert_int_equal(op->at, mu_transcript_units(text->data, text->len));
        mu_buf_add(text, op->text, op->n);
    } else if (op->kind == MU_TR_RENEW) {
        mu_buf_clear(text);
        h->m[h->open].kind = op->message;
    } else {
        if (op->kind == MU_TR_REPLACE) {
            mu_buf_clear(text);
            mu_buf_add(text, op->text, op->n);
        }
        h->m[h->open].streaming = false;
        h->open = -1;
    }
    assert_true(text->len <= MU_LIMIT_MESSAGE_BYTES);
}

static struct held *new_held(void)
{
    struct held *h = mu_alloc(sizeof *h);
    h->open = -1;
    return h;
}

static void free_held(struct held *h)
{
    for (int i = 0; i < h->count; i++)
        mu_buf_release(&h->m[i].text);
    free(h);
}

static void expect(const struct held *h, const char *all)
{
    struct mu_buf b = {0};
    for (int i = 0; i < h->count; i++)
        mu_buf_printf(&b, "%s%s:%s|", mu_message_kind_text(h->m[i].kind),
                      h->m[i].streaming ? "*" : "", h->m[i].text.data ? h->m[i].text.data : "");
    assert_string_equal(b.data ? b.data : "", all);
    mu_buf_release(&b);
}

static void text(struct held *h, enum mu_message_kind kind, const char *s)
{
    mu_transcript_text(&h->t, kind, s, strlen(s), on_op, h);
}

static void final(struct held *h, enum mu_message_kind kind, const char *s)
{
    mu_transcript_final(&h->t, kind, s, strlen(s), on_op, h);
}

#define TEXT MU_message_kind_TEXT
#define THINKING MU_message_kind_THINKING

static void pieces_join_and_kinds_part(void **state)
{
    MU_UNUSED(state);
    struct held *h = new_held();
    text(h, THINKING, "hm");
    text(h, THINKING, "m");
    text(h, TEXT, "a é");
    text(h, TEXT, "😀");
    text(h, TEXT, "b");
    expect(h, "thinking:hmm|text*:a é😀b|");
    assert_int_equal(h->t.units, 6);
    mu_transcript_end_turn(&h->t, on_op, h);
    expect(h, "thinking:hmm|text:a é😀b|");
    free_held(h);
}

static void the_whole_block_has_the_last_word(void **state)
{
    MU_UNUSED(state);
    struct held *h = new_held();
    text(h, TEXT, "helo");
    final(h, TEXT, "hello");
    final(h, TEXT, "a second block");
    text(h, TEXT, "third");
    final(h, THINKING, "fourth");
    expect(h, "text:hello|text:a second block|text:third|thinking:fourth|");
    assert_int_equal(h->t.turn_bytes, 5 + 14 + 5 + 6);
    free_held(h);
}

static void a_retry_streams_again(void **state)
{
    MU_UNUSED(state);
    struct held *h = new_held();
    mu_transcript_reset(&h->t, on_op, h);
    text(h, THINKING, "partial");
    mu_transcript_reset(&h->t, on_op, h);
    mu_transcript_reset(&h->t, on_op, h);
    text(h, TEXT, "again");
    expect(h, "text*:again|");
    assert_int_equal(h->t.turn_bytes, 5);
    free_held(h);
}

static void a_full_message_goes_on_in_the_next(void **state)
{
    MU_UNUSED(state);
    struct held *h = new_held();
    size_t n = MU_LIMIT_MESSAGE_BYTES * 2 + 100;
    char *big = mu_alloc(n + 1);
    memset(big, 'x', n);
    for (size_t at = 0; at < n; at += 5000)
        mu_transcript_text(&h->t, TEXT, big + at, n - at < 5000 ? n - at : 5000, on_op, h);
    assert_int_equal(h->count, 3);
    final(h, TEXT, big); /* the same again, whole: nothing comes twice */
    size_t total = 0;
    for (int i = 0; i < h->count; i++)
        total += h->m[i].text.len;
    assert_int_equal(total, n);
    assert_int_equal(h->count, 3);
    final(h, TEXT, big); /* never streamed: pages of its own */
    assert_int_equal(h->count, 6);
    free(big);
    free_held(h);
}

static void a_turn_has_an_end(void **state)
{
    MU_UNUSED(state);
    struct held *h = new_held();
    char piece[10007];
    size_t fed = 0;
    for (int i = 0; fed < 6 * 1024 * 1024; i++) {
        memset(piece, 'a' + i % 26, sizeof piece);
        mu_transcript_text(&h->t, TEXT, piece, sizeof piece, on_op, h);
        fed += sizeof piece;
    }
    text(h, TEXT, "é the very end");
    fed += strlen("é the very end");
    struct mu_buf json = {0};
    mu_transcript_save(&h->t, &json);
    json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    struct mu_transcript *again = mu_alloc(sizeof *again);
    mu_transcript_load(again, saved);
    assert_memory_equal(again, &h->t, sizeof *again);
    mu_transcript_end_turn(&h->t, on_op, h);
    size_t kept = 0;
    for (int i = 0; i < h->count - 2; i++)
        kept += h->m[i].text.len;
    assert_int_equal(kept, MU_LIMIT_TURN_BYTES);
    char notice[64];
    const struct mu_buf *tail = &h->m[h->count - 1].text;
    snprintf(notice, sizeof notice, "… %zu bytes of output", fed - kept - tail->len);
    assert_non_null(strstr(h->m[h->count - 2].text.data, notice));
    assert_int_equal(h->m[h->count - 2].kind, MU_message_kind_NOTICE);
    assert_string_equal(tail->data + tail->len - 15, "é the very end");
    assert_int_equal(h->t.dropped, 0);
    assert_true(mu_transcript_charge(&h->t, 10));
    assert_false(mu_transcript_charge(&h->t, MU_LIMIT_TURN_BYTES));
    json_decref(saved);
    free(again);
    mu_buf_release(&json);
    free_held(h);
}

static void tools_find_their_message(void **state)
{
    MU_UNUSED(state);
    struct mu_transcript *t = mu_alloc(sizeof *t);
    char id[MU_ID_SIZE], lost[MU_ID_SIZE] = "";
    char name[32], lengthy[MU_TRANSCRIPT_TOOL_ID + 1];
    for (int i = 0; i < MU_TRANSCRIPT_TOOLS + 1; i++) {
        char message[MU_ID_SIZE];
        snprintf(name, sizeof name, "tool%d", i);
        snprintf(message, sizeof message, "message%d", i);
        assert_int_equal(mu_transcript_tool_put(t, name, message, lost), i == MU_TRANSCRIPT_TOOLS);
    }
    assert_string_equal(lost, "message0");
    memset(lengthy, 'x', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_true(mu_transcript_tool_put(t, lengthy, "message", lost));
    assert_string_equal(lost, "message");
    struct mu_buf json = {0};
    mu_transcript_save(t, &json);
    json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    mu_transcript_load(t, saved);
    assert_false(mu_transcript_tool_take(t, "tool0", id)); /* the oldest made room */
    assert_false(mu_transcript_tool_find(t, "tool0", id));
    assert_true(mu_transcript_tool_find(t, "tool7", id));
    assert_string_equal(id, "message7");
    id[0] = '\0';
    assert_true(mu_transcript_tool_take(t, "tool7", id)); /* find left it there */
    assert_string_equal(id, "message7");
    assert_false(mu_transcript_tool_take(t, "tool7", id));
    json_decref(saved);
    mu_buf_release(&json);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_join_and_kinds_part),
        cmocka_unit_test(the_whole_block_has_the_last_word),
        cmocka_unit_test(a_retry_streams_again),
        cmocka_unit_test(a_full_message_goes_on_in_the_next),
        cmocka_unit_test(a_turn_has_an_end),
        cmocka_unit_test(tools_find_their_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
