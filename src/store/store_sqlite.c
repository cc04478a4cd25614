#include <errno.h>

#include "store/sqlite_db.h"

/* ---- projects ---- */

int mu_store_put_project(struct mu_store *s, const struct mu_rec_project *p)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_project);
    mu_sq_text(&q, p->id);
    mu_sq_text(&q, p->name);
    mu_sq_text(&q, p->path);
    mu_sq_int(&q, p->position);
    mu_sq_int(&q, p->pinned_at);
    mu_sq_int(&q, p->archived_at);
    mu_sq_int(&q, p->created_at);
    mu_sq_int(&q, p->updated_at);
    mu_sq_int(&q, p->rev);
    return mu_sq_run(&q);
}

/* Columns of a row's own in statements.def; what a statement adds comes behind them. */
enum { PROJECT_FIELDS = 9, SESSION_FIELDS = 27 };

static struct mu_rec_project project_row(struct mu_sq *q)
{
    struct mu_rec_project p = {0};
    int c = 0;
    p.id = mu_sq_get_text(q, c++);
    p.name = mu_sq_get_text(q, c++);
    p.path = mu_sq_get_text(q, c++);
    p.position = mu_sq_get_int(q, c++);
    p.pinned_at = mu_sq_get_int(q, c++);
    p.archived_at = mu_sq_get_int(q, c++);
    p.created_at = mu_sq_get_int(q, c++);
    p.updated_at = mu_sq_get_int(q, c++);
    p.rev = mu_sq_get_int(q, c++);
    return p;
}

static int each_project(struct mu_sq *q, int64_t *count, mu_project_cb *cb, void *ctx)
{
    for (; mu_sq_next(q); ++*count) {
        struct mu_rec_project p = project_row(q);
        cb(ctx, &p);
    }
    return mu_sq_end(q);
}

static int get_project(struct mu_store *s, enum mu_sq_id id, const char *key, mu_project_cb *cb,
                       void *ctx)
{
    struct mu_sq q = mu_sq_read(s, id);
    int64_t count = 0;
    mu_sq_text(&q, key);
    int rc = each_project(&q, &count, cb, ctx);
    return !rc && !count ? -ENOENT : rc;
}

int mu_store_get_project(struct mu_store *s, const char *id, mu_project_cb *cb, void *ctx)
{
    return get_project(s, MU_SQ_get_project, id, cb, ctx);
}

int mu_store_get_project_by_path(struct mu_store *s, const char *path, mu_project_cb *cb, void *ctx)
{
    return get_project(s, MU_SQ_get_project_by_path, path, cb, ctx);
}

int mu_store_each_project(struct mu_store *s, int64_t since, mu_project_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, since ? MU_SQ_each_project_since : MU_SQ_each_project);
    int64_t count = 0;
    if (since)
        mu_sq_int(&q, since);
    return each_project(&q, &count, cb, ctx);
}

int mu_store_slice_projects(struct mu_store *s, int64_t from, int64_t limit,
                            mu_project_slice_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_slice_projects);
    bool more = true;
    mu_sq_int(&q, from);
    mu_sq_int(&q, limit);
    while (more && mu_sq_next(&q)) {
        struct mu_rec_project p = project_row(&q);
        more = cb(ctx, mu_sq_get_int(&q, PROJECT_FIELDS), &p);
    }
    return mu_sq_end(&q);
}

/* ---- sessions ---- */

int mu_store_put_session(struct mu_store *s, const struct mu_rec_session *r,
                         const struct mu_session_private *priv)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_session);
    mu_sq_text(&q, r->id);
    mu_sq_text(&q, r->project_id);
    mu_sq_text(&q, r->name);
    mu_sq_text(&q, r->agent);
    mu_sq_text(&q, mu_session_state_text(r->state));
    mu_sq_text(&q, r->error_message);
    mu_sq_text(&q, mu_waiting_for_text(r->waiting_for));
    mu_sq_int(&q, r->waiting_since);
    mu_sq_int(&q, r->turn_started_at);
    mu_sq_int(&q, r->last_seq);
    mu_sq_int(&q, r->read_seq);
    mu_sq_int(&q, r->queue_length);
    mu_sq_text(&q, r->cli_session_id);
    mu_sq_text(&q, r->node);
    mu_sq_text(&q, r->metadata);
    mu_sq_int(&q, r->position);
    mu_sq_int(&q, r->pinned_at);
    mu_sq_int(&q, r->archived_at);
    mu_sq_int(&q, r->created_at);
    mu_sq_int(&q, r->updated_at);
    mu_sq_int(&q, r->rev);
    mu_sq_text(&q, r->options);
    mu_sq_text(&q, priv->run_id);
    mu_sq_text(&q, priv->turn_id);
    mu_sq_int(&q, priv->cancelling);
    mu_sq_int(&q, priv->user_named);
    mu_sq_text(&q, priv->now_id);
    return mu_sq_run(&q);
}

static void session_row(struct mu_sq *q, struct mu_rec_session *r, struct mu_session_private *priv)
{
    int c = 0;
    *r = (struct mu_rec_session){0};
    r->id = mu_sq_get_text(q, c++);
    r->project_id = mu_sq_get_text(q, c++);
    r->name = mu_sq_get_text(q, c++);
    r->agent = mu_sq_get_text(q, c++);
    r->state = mu_session_state_parse(mu_sq_get_text(q, c++));
    r->error_message = mu_sq_get_text(q, c++);
    r->waiting_for = mu_waiting_for_parse(mu_sq_get_text(q, c++));
    r->waiting_since = mu_sq_get_int(q, c++);
    r->turn_started_at = mu_sq_get_int(q, c++);
    r->last_seq = mu_sq_get_int(q, c++);
    r->read_seq = mu_sq_get_int(q, c++);
    r->queue_length = mu_sq_get_int(q, c++);
    r->cli_session_id = mu_sq_get_text(q, c++);
    r->node = mu_sq_get_text(q, c++);
    r->metadata = mu_sq_get_text(q, c++);
    r->position = mu_sq_get_int(q, c++);
    r->pinned_at = mu_sq_get_int(q, c++);
    r->archived_at = mu_sq_get_int(q, c++);
    r->created_at = mu_sq_get_int(q, c++);
    r->updated_at = mu_sq_get_int(q, c++);
    r->rev = mu_sq_get_int(q, c++);
    r->options = mu_sq_get_text(q, c++);
    priv->run_id = mu_sq_get_text(q, c++);
    priv->turn_id = mu_sq_get_text(q, c++);
    priv->cancelling = mu_sq_get_int(q, c++);
    priv->user_named = mu_sq_get_int(q, c++);
    priv->now_id = mu_sq_get_text(q, c++);
}

static int each_session(struct mu_sq *q, int64_t *count, mu_session_cb *cb, void *ctx)
{
    for (; mu_sq_next(q); ++*count) {
        struct mu_rec_session row;
        struct mu_session_private priv;
        session_row(q, &row, &priv);
        cb(ctx, &row, &priv);
    }
    return mu_sq_end(q);
}

int mu_store_get_session(struct mu_store *s, const char *id, mu_session_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_get_session);
    int64_t count = 0;
    mu_sq_text(&q, id);
    int rc = each_session(&q, &count, cb, ctx);
    return !rc && !count ? -ENOENT : rc;
}

int mu_store_each_session(struct mu_store *s, const char *project_id, int64_t since,
                          mu_session_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, project_id ? MU_SQ_each_session_of
                                   : since    ? MU_SQ_each_session_since
                                              : MU_SQ_each_session);
    int64_t count = 0;
    if (since || project_id)
        mu_sq_int(&q, since);
    if (project_id)
        mu_sq_text(&q, project_id);
    return each_session(&q, &count, cb, ctx);
}

int mu_store_each_in_flight(struct mu_store *s, mu_session_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_session_in_flight);
    int64_t count = 0;
    return each_session(&q, &count, cb, ctx);
}

int mu_store_slice_sessions(struct mu_store *s, const char *project_id, int64_t after,
                            int64_t limit, mu_session_slice_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_slice_sessions);
    bool more = true;
    mu_sq_text(&q, project_id);
    mu_sq_int(&q, after);
    mu_sq_int(&q, limit);
    while (more && mu_sq_next(&q)) {
        struct mu_rec_session row;
        struct mu_session_private priv;
        session_row(&q, &row, &priv);
        more = cb(ctx, mu_sq_get_int(&q, SESSION_FIELDS), &row);
    }
    return mu_sq_end(&q);
}

/* ---- places ---- */

int mu_store_each_place(struct mu_store *s, const char *project_id, mu_place_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, project_id ? MU_SQ_each_place_of : MU_SQ_each_place);
    if (project_id)
        mu_sq_text(&q, project_id);
    while (mu_sq_next(&q))
        cb(ctx, mu_sq_get_text(&q, 0), mu_sq_get_int(&q, 1));
    return mu_sq_end(&q);
}

int64_t mu_store_last_place(struct mu_store *s, const char *project_id)
{
    struct mu_sq q = mu_sq_read(s, project_id ? MU_SQ_last_place_of : MU_SQ_last_place);
    if (project_id)
        mu_sq_text(&q, project_id);
    return mu_sq_one(&q, 0);
}

/* ---- deleting ---- */

static int bury(struct mu_store *s, enum mu_sq_id id, int64_t rev, const char *key)
{
    struct mu_sq q = mu_sq_write(s, id);
    mu_sq_int(&q, rev);
    mu_sq_int(&q, mu_now_ms());
    mu_sq_text(&q, key);
    return mu_sq_run(&q);
}

static int delete_by(struct mu_store *s, enum mu_sq_id id, const char *key)
{
    struct mu_sq q = mu_sq_write(s, id);
    mu_sq_text(&q, key);
    return mu_sq_run(&q);
}

int mu_store_delete_project(struct mu_store *s, const char *id, int64_t rev)
{
    int rc = bury(s, MU_SQ_bury_sessions_of, rev, id);
    if (!rc)
        rc = bury(s, MU_SQ_bury_project, rev, id);
    return rc ? rc : delete_by(s, MU_SQ_delete_project, id);
}

int mu_store_delete_session(struct mu_store *s, const char *id, int64_t rev)
{
    int rc = bury(s, MU_SQ_bury_session, rev, id);
    return rc ? rc : delete_by(s, MU_SQ_delete_session, id);
}

int mu_store_each_tombstone(struct mu_store *s, int64_t since, mu_tombstone_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_tombstone);
    mu_sq_int(&q, since);
    while (mu_sq_next(&q))
        cb(ctx, mu_sq_get_int(&q, 0), mu_sq_get_text(&q, 1), mu_sq_get_int(&q, 2));
    return mu_sq_end(&q);
}

int64_t mu_store_oldest_since(const struct mu_store *s)
{
    return s->oldest_since;
}

int mu_store_prune_tombstones(struct mu_store *s, int64_t before_ms)
{
    struct mu_sq newest = mu_sq_read(s, MU_SQ_newest_pruned);
    mu_sq_int(&newest, before_ms);
    int64_t rev = mu_sq_one(&newest, -1);
    if (rev == 0)
        return 0;
    if (rev < 0)
        return -EIO;
    if (rev > s->oldest_since) {
        struct mu_sq q = mu_sq_write(s, MU_SQ_set_oldest);
        mu_sq_int(&q, rev);
        int rc = mu_sq_run(&q);
        if (rc)
            return rc;
        s->oldest_since = rev;
    }
    struct mu_sq q = mu_sq_write(s, MU_SQ_prune_tombstones);
    mu_sq_int(&q, before_ms);
    return mu_sq_run(&q);
}

/* ---- counts ---- */

int64_t mu_store_count_projects(struct mu_store *s)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_count_projects);
    return mu_sq_one(&q, 0);
}

int64_t mu_store_count_sessions(struct mu_store *s)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_count_sessions);
    return mu_sq_one(&q, 0);
}

int64_t mu_store_count_since(struct mu_store *s, int64_t since, int64_t max)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_count_since);
    mu_sq_int(&q, since);
    mu_sq_int(&q, max);
    return mu_sq_one(&q, INT64_MAX); /* too many for a delta */
}

/* ---- access ---- */

int mu_store_put_secret(struct mu_store *s, const char *kind, const char *sha256_hex,
                        int64_t created_at, int64_t expires_at)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_secret);
    mu_sq_text(&q, kind);
    mu_sq_text(&q, sha256_hex);
    mu_sq_int(&q, created_at);
    mu_sq_int(&q, expires_at);
    return mu_sq_run(&q);
}

bool mu_store_has_secret(struct mu_store *s, const char *kind, const char *sha256_hex, int64_t now)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_has_secret);
    mu_sq_text(&q, kind);
    mu_sq_text(&q, sha256_hex);
    mu_sq_int(&q, now);
    return mu_sq_one(&q, 0) == 1;
}

int mu_store_delete_secrets(struct mu_store *s, const char *kind)
{
    return delete_by(s, MU_SQ_delete_secrets, kind);
}

int mu_store_prune_secrets(struct mu_store *s, int64_t now)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_prune_secrets);
    mu_sq_int(&q, now);
    return mu_sq_run(&q);
}
