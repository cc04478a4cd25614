#include <errno.h>
#include <stdio.h>

#include "store/sqlite_db.h"

static const char *kind_name(enum mu_access_kind kind)
{
    return kind == MU_access_kind_TOKEN ? "token" : "login";
}

int mu_store_put_access(struct mu_store *s, const struct mu_store_access *a)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_access);
    mu_sq_text(&q, kind_name(a->kind));
    mu_sq_text(&q, a->hash);
    mu_sq_text(&q, a->id);
    mu_sq_text(&q, a->name);
    mu_sq_int(&q, a->created_at);
    mu_sq_int(&q, a->last_used_at);
    mu_sq_int(&q, a->expires_at);
    return mu_sq_run(&q);
}

static struct mu_store_access read_row(struct mu_sq *q)
{
    return (struct mu_store_access){
        .kind = mu_str_eq(mu_sq_get_text(q, 0), "token") ? MU_access_kind_TOKEN
                                                         : MU_access_kind_BROWSER,
        .hash = mu_sq_get_text(q, 1),
        .id = mu_sq_get_text(q, 2),
        .name = mu_sq_get_text(q, 3),
        .created_at = mu_sq_get_int(q, 4),
        .last_used_at = mu_sq_get_int(q, 5),
        .expires_at = mu_sq_get_int(q, 6),
    };
}

int mu_store_find_access(struct mu_store *s, enum mu_access_kind kind, const char *hash,
                         int64_t now, mu_access_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_find_access);
    bool found = false;
    mu_sq_text(&q, kind_name(kind));
    mu_sq_text(&q, hash);
    mu_sq_int(&q, now);
    if (mu_sq_next(&q)) {
        struct mu_store_access row = read_row(&q);
        found = true;
        cb(ctx, &row);
    }
    int rc = mu_sq_end(&q);
    return !rc && !found ? -ENOENT : rc;
}

int mu_store_each_access(struct mu_store *s, int64_t now, mu_access_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_access);
    mu_sq_int(&q, now);
    while (mu_sq_next(&q)) {
        struct mu_store_access row = read_row(&q);
        cb(ctx, &row);
    }
    return mu_sq_end(&q);
}

int64_t mu_store_count_access(struct mu_store *s, enum mu_access_kind kind)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_count_access);
    mu_sq_text(&q, kind_name(kind));
    return mu_sq_one(&q, INT64_MAX);
}

int mu_store_oldest_access(struct mu_store *s, enum mu_access_kind kind, int64_t newer,
                           char id[MU_ID_SIZE])
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_oldest_access);
    bool found = false;
    mu_sq_text(&q, kind_name(kind));
    mu_sq_int(&q, newer);
    if (mu_sq_next(&q)) {
        found = true;
        snprintf(id, MU_ID_SIZE, "%s", mu_sq_get_text(&q, 0));
    }
    int rc = mu_sq_end(&q);
    return !rc && !found ? -ENOENT : rc;
}

int mu_store_use_access(struct mu_store *s, const char *id, int64_t at)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_use_access);
    mu_sq_int(&q, at);
    mu_sq_text(&q, id);
    return mu_sq_run(&q);
}

int mu_store_delete_access(struct mu_store *s, const char *id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_delete_access);
    mu_sq_text(&q, id);
    int rc = mu_sq_run(&q);
    return !rc && mu_sq_changes(s) == 0 ? -ENOENT : rc;
}
