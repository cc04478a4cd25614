#include <errno.h>
#include <string.h>

#include "store/sqlite_db.h"

/* ---- messages: a row, and the pieces by which its text grew since ---- */

static int fold(struct mu_store *s, const char *message_id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_fold_message);
    mu_sq_text(&q, message_id);
    return mu_sq_run(&q);
}

int mu_store_put_message(struct mu_store *s, const struct mu_rec_message *m)
{
    size_t n = m->text ? strlen(m->text) : 0;
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_message);
    mu_sq_text(&q, m->id);
    mu_sq_text(&q, m->session_id);
    mu_sq_int(&q, m->seq);
    mu_sq_int(&q, m->rev);
    mu_sq_text(&q, mu_message_kind_text(m->kind));
    mu_sq_int(&q, m->streaming);
    mu_sq_int(&q, m->created_at);
    mu_sq_text(&q, m->metadata);
    mu_sq_text_n(&q, m->text ? m->text : "", n);
    mu_sq_int(&q, (int64_t)n);
    int rc = mu_sq_run(&q);
    if (rc)
        return rc;
    return mu_sq_changes(s) ? fold(s, m->id) : mu_sq_doom(s, -EEXIST);
}

int mu_store_append_text(struct mu_store *s, const char *message_id, const char *text, size_t n)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_append_text);
    mu_sq_text_n(&q, n ? text : "", n);
    mu_sq_int(&q, (int64_t)n);
    mu_sq_text(&q, message_id);
    int rc = mu_sq_run(&q);
    if (rc)
        return rc;
    return mu_sq_changes(s) ? 0 : mu_sq_doom(s, -ENOENT);
}

static void message_row(struct mu_sq *q, int64_t *n, struct mu_rec_message *m)
{
    int c = 0;
    *m = (struct mu_rec_message){0};
    *n = mu_sq_get_int(q, c++);
    m->id = mu_sq_get_text(q, c++);
    m->session_id = mu_sq_get_text(q, c++);
    m->seq = mu_sq_get_int(q, c++);
    m->rev = mu_sq_get_int(q, c++);
    m->kind = mu_message_kind_parse(mu_sq_get_text(q, c++));
    m->streaming = mu_sq_get_int(q, c++);
    m->created_at = mu_sq_get_int(q, c++);
    m->metadata = mu_sq_get_text(q, c++);
    m->text = mu_sq_get_text(q, c++);
}

/* Fills whole with the text and its pieces, when there are any. */
static int join_pieces(struct mu_store *s, int64_t n, const char *text, struct mu_buf *whole)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_pieces);
    mu_sq_int(&q, n);
    while (mu_sq_next(&q)) {
        if (!whole->len)
            mu_buf_str(whole, text);
        mu_buf_str(whole, mu_sq_get_text(&q, 0));
    }
    return mu_sq_end(&q);
}

static int each_message(struct mu_sq *q, int64_t *count, mu_message_cb *cb, void *ctx)
{
    struct mu_buf whole = {0};
    int rc = 0;
    for (; !rc && mu_sq_next(q); ++*count) {
        struct mu_rec_message m;
        int64_t n;
        message_row(q, &n, &m);
        mu_buf_clear(&whole);
        rc = join_pieces(q->s, n, m.text, &whole);
        if (whole.len)
            m.text = whole.data;
        if (!rc)
            cb(ctx, &m);
    }
    mu_buf_release(&whole);
    int end = mu_sq_end(q);
    return rc ? rc : end;
}

int mu_store_get_message(struct mu_store *s, const char *id, mu_message_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_get_message);
    int64_t count = 0;
    mu_sq_text(&q, id);
    int rc = each_message(&q, &count, cb, ctx);
    return !rc && !count ? -ENOENT : rc;
}

/* The lowest seq of the page, by the rows' sizes alone. */
static int page_start(struct mu_store *s, const char *session_id, int64_t before, int64_t limit,
                      int64_t max_bytes, int64_t *low, bool *has_older)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_page_sizes);
    int64_t count = 0, bytes = 0;
    mu_sq_text(&q, session_id);
    mu_sq_int(&q, before);
    mu_sq_int(&q, limit + 1);
    *has_older = false;
    *low = before;
    while (!*has_older && mu_sq_next(&q)) {
        bytes += mu_sq_get_int(&q, 1);
        *has_older = count == limit || (count > 0 && bytes > max_bytes);
        if (!*has_older)
            *low = mu_sq_get_int(&q, 0);
        count++;
    }
    return mu_sq_end(&q);
}

int mu_store_page_messages(struct mu_store *s, const char *session_id, int64_t before,
                           int64_t limit, int64_t max_bytes, bool *has_older, mu_message_cb *cb,
                           void *ctx)
{
    int64_t low = 0, count = 0;
    if (before <= 0)
        before = INT64_MAX;
    if (limit < 1)
        limit = 1;
    int rc = page_start(s, session_id, before, limit, max_bytes, &low, has_older);
    if (rc || low == before)
        return rc;
    struct mu_sq q = mu_sq_read(s, MU_SQ_page_rows);
    mu_sq_text(&q, session_id);
    mu_sq_int(&q, before);
    mu_sq_int(&q, low);
    return each_message(&q, &count, cb, ctx);
}

static struct mu_sq since_query(struct mu_store *s, enum mu_sq_id id, const char *session_id,
                                int64_t since_seq, int64_t since_rev)
{
    struct mu_sq q = mu_sq_read(s, id);
    mu_sq_text(&q, session_id);
    mu_sq_int(&q, since_seq);
    mu_sq_int(&q, since_rev);
    return q;
}

int mu_store_messages_since(struct mu_store *s, const char *session_id, int64_t since_seq,
                            int64_t since_rev, int64_t limit, int64_t max_bytes, mu_message_cb *cb,
                            void *ctx)
{
    struct mu_sq sizes = since_query(s, MU_SQ_since_sizes, session_id, since_seq, since_rev);
    int64_t count = 0, bytes = 0;
    mu_sq_int(&sizes, limit + 1);
    while (count <= limit && (count < 2 || bytes <= max_bytes) && mu_sq_next(&sizes)) {
        bytes += mu_sq_get_int(&sizes, 0);
        count++;
    }
    int rc = mu_sq_end(&sizes);
    if (rc || count == 0)
        return rc;
    if (count > limit || (count > 1 && bytes > max_bytes))
        return -E2BIG;
    struct mu_sq rows = since_query(s, MU_SQ_since_rows, session_id, since_seq, since_rev);
    count = 0;
    return each_message(&rows, &count, cb, ctx);
}

/* ---- runs ---- */

int mu_store_put_run(struct mu_store *s, const struct mu_run *r)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_run);
    mu_sq_text(&q, r->id);
    mu_sq_text(&q, r->session_id);
    mu_sq_text(&q, r->agent);
    mu_sq_text(&q, r->spec);
    mu_sq_int(&q, r->offset);
    mu_sq_int(&q, r->skip);
    mu_sq_int(&q, r->last_input);
    mu_sq_text(&q, r->decoder);
    mu_sq_int(&q, r->created_at);
    return mu_sq_run(&q);
}

int mu_store_delete_run(struct mu_store *s, const char *id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_delete_run);
    mu_sq_text(&q, id);
    return mu_sq_run(&q);
}

int mu_store_each_run(struct mu_store *s, mu_run_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_run);
    while (mu_sq_next(&q)) {
        struct mu_run r = {0};
        int c = 0;
        r.id = mu_sq_get_text(&q, c++);
        r.session_id = mu_sq_get_text(&q, c++);
        r.agent = mu_sq_get_text(&q, c++);
        r.spec = mu_sq_get_text(&q, c++);
        r.offset = mu_sq_get_int(&q, c++);
        r.skip = mu_sq_get_int(&q, c++);
        r.last_input = mu_sq_get_int(&q, c++);
        r.decoder = mu_sq_get_text(&q, c++);
        r.created_at = mu_sq_get_int(&q, c++);
        cb(ctx, &r);
    }
    return mu_sq_end(&q);
}

int mu_store_put_input(struct mu_store *s, const char *run_id, int64_t seq, const char *data,
                       size_t n, bool includes)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_input);
    mu_sq_text(&q, run_id);
    mu_sq_int(&q, seq);
    mu_sq_blob(&q, data, n);
    mu_sq_int(&q, includes);
    return mu_sq_run(&q);
}

int mu_store_delete_inputs(struct mu_store *s, const char *run_id, int64_t up_to)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_delete_inputs);
    mu_sq_text(&q, run_id);
    mu_sq_int(&q, up_to);
    return mu_sq_run(&q);
}

int mu_store_each_input(struct mu_store *s, const char *run_id, mu_input_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_input);
    mu_sq_text(&q, run_id);
    while (mu_sq_next(&q)) {
        size_t n = 0;
        const char *data = mu_sq_get_blob(&q, 1, &n);
        cb(ctx, mu_sq_get_int(&q, 0), data, n, mu_sq_get_int(&q, 2) != 0);
    }
    return mu_sq_end(&q);
}
