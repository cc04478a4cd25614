#include "store/sqlite_db.h"

/* ---- what turns used ---- */

int mu_store_put_usage(struct mu_store *s, const struct mu_store_usage *u)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_usage);
    mu_sq_text(&q, u->turn_id);
    mu_sq_text(&q, u->session_id);
    mu_sq_text(&q, u->project_id);
    mu_sq_text(&q, u->agent);
    mu_sq_text(&q, u->model);
    mu_sq_int(&q, u->started_at);
    mu_sq_int(&q, u->ended_at);
    mu_sq_int(&q, u->input_tokens);
    mu_sq_int(&q, u->output_tokens);
    mu_sq_int(&q, u->cache_read_tokens);
    mu_sq_int(&q, u->cache_write_tokens);
    mu_sq_int(&q, u->cost_microusd);
    return mu_sq_run(&q);
}

static void bind_filter(struct mu_sq *q, const struct mu_usage_filter *f)
{
    mu_sq_text(q, f->session_id);
    mu_sq_text(q, f->project_id);
    mu_sq_int(q, f->since);
}

/* The seven columns of a sum, from column c. */
static struct mu_rec_usage sums(struct mu_sq *q, int c)
{
    struct mu_rec_usage u = {0};
    u.turns = mu_sq_get_int(q, c++);
    u.input_tokens = mu_sq_get_int(q, c++);
    u.output_tokens = mu_sq_get_int(q, c++);
    u.cache_read_tokens = mu_sq_get_int(q, c++);
    u.cache_write_tokens = mu_sq_get_int(q, c++);
    u.cost_microusd = mu_sq_get_int(q, c++);
    u.cost_known = mu_sq_get_int(q, c) != 0;
    return u;
}

int mu_store_sum_usage(struct mu_store *s, enum mu_usage_by by, const struct mu_usage_filter *f,
                       int64_t limit, mu_usage_cb *cb, void *ctx)
{
    static const enum mu_sq_id ids[] = {[MU_USAGE_TOTAL] = MU_SQ_usage_total,
                                        [MU_USAGE_BY_PROJECT] = MU_SQ_usage_by_project,
                                        [MU_USAGE_BY_SESSION] = MU_SQ_usage_by_session};
    struct mu_sq q = mu_sq_read(s, ids[by]);
    bind_filter(&q, f);
    mu_sq_int(&q, limit);
    while (mu_sq_next(&q)) {
        struct mu_rec_usage u = sums(&q, 2);
        cb(ctx, mu_sq_get_text(&q, 0), mu_sq_get_text(&q, 1), &u);
    }
    return mu_sq_end(&q);
}

int mu_store_each_usage(struct mu_store *s, const struct mu_usage_filter *f, int64_t limit,
                        mu_turn_usage_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_usage);
    bind_filter(&q, f);
    mu_sq_int(&q, limit);
    while (mu_sq_next(&q)) {
        struct mu_rec_usage u = sums(&q, 5);
        struct mu_rec_turn_usage turn = {.turn_id = mu_sq_get_text(&q, 0),
                                         .session_id = mu_sq_get_text(&q, 1),
                                         .model = mu_sq_get_text(&q, 2),
                                         .started_at = mu_sq_get_int(&q, 3),
                                         .ended_at = mu_sq_get_int(&q, 4),
                                         .usage = &u};
        cb(ctx, &turn);
    }
    return mu_sq_end(&q);
}

/* ---- agents' own lines ---- */

int mu_store_put_raw(struct mu_store *s, const char *message_id, const char *line, size_t n,
                     int64_t bytes)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_raw);
    mu_sq_text_n(&q, line, n);
    mu_sq_int(&q, bytes);
    mu_sq_text(&q, message_id);
    mu_sq_int(&q, MU_STORE_RAW_LINES);
    return mu_sq_run(&q);
}

int mu_store_drop_raw(struct mu_store *s, const char *message_id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_drop_raw);
    mu_sq_text(&q, message_id);
    return mu_sq_run(&q);
}

int mu_store_each_raw(struct mu_store *s, const char *message_id, mu_raw_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_raw);
    mu_sq_text(&q, message_id);
    while (mu_sq_next(&q)) {
        struct mu_rec_raw_line raw = {.line = mu_sq_get_text(&q, 1),
                                      .bytes = mu_sq_get_int(&q, 0),
                                      .cut = mu_sq_get_int(&q, 2) != 0};
        cb(ctx, &raw);
    }
    return mu_sq_end(&q);
}
