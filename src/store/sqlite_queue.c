#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite_db.h"

/* ---- prompt queue ---- */

int mu_store_queue_put(struct mu_store *s, const char *session_id, const char *id, const char *text,
                       int64_t created_at, const char *images)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_queue_put);
    mu_sq_text(&q, session_id);
    mu_sq_text(&q, id);
    mu_sq_text(&q, text);
    mu_sq_int(&q, created_at);
    mu_sq_text(&q, images);
    return mu_sq_run(&q);
}

int mu_store_queue_delete(struct mu_store *s, const char *session_id, const char *id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_queue_delete);
    mu_sq_text(&q, session_id);
    mu_sq_text(&q, id);
    return mu_sq_run(&q);
}

/* Gives the ids in a JSON array (NULL: none), in an owned array that borrows from *json. */
static struct mu_list id_list(const char *text, json_t **json)
{
    *json = text ? json_loads(text, 0, NULL) : NULL;
    size_t n = json_array_size(*json), count = 0;
    const char **ids = n ? mu_alloc(n * sizeof *ids) : NULL;
    for (size_t i = 0; i < n; i++) {
        const char *id = json_string_value(json_array_get(*json, i));
        if (id)
            ids[count++] = id;
    }
    return (struct mu_list){ids, count};
}

int mu_store_queue_each(struct mu_store *s, const char *session_id, mu_queue_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_queue_each);
    mu_sq_text(&q, session_id);
    for (int64_t position = 1; mu_sq_next(&q); position++) {
        json_t *json;
        struct mu_list images = id_list(mu_sq_get_text(&q, 3), &json);
        struct mu_rec_queued_prompt item = {.id = mu_sq_get_text(&q, 0),
                                            .text = mu_sq_get_text(&q, 1),
                                            .position = position,
                                            .created_at = mu_sq_get_int(&q, 2),
                                            .images = images};
        cb(ctx, &item);
        free((void *)images.items);
        json_decref(json);
    }
    return mu_sq_end(&q);
}

int mu_store_queue_find(struct mu_store *s, const char *id, char out[65])
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_queue_find);
    size_t n = 0;
    bool found = false;
    mu_sq_text(&q, id);
    if (mu_sq_next(&q)) {
        const char *session_id = mu_sq_get_text(&q, 0);
        n = strnlen(session_id, 64);
        memcpy(out, session_id, n);
        found = true;
    }
    out[n] = 0;
    int rc = mu_sq_end(&q);
    return !rc && !found ? -ENOENT : rc;
}

int mu_store_queue_set_text(struct mu_store *s, const char *session_id, const char *id,
                            const char *text)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_queue_set_text);
    mu_sq_text(&q, text);
    mu_sq_text(&q, session_id);
    mu_sq_text(&q, id);
    int rc = mu_sq_run(&q);
    if (rc)
        return rc;
    return mu_sq_changes(s) ? 0 : mu_sq_doom(s, -ENOENT);
}

/* The waiting prompts of a session with their numbers, which say the order. */
struct places {
    char (*ids)[65];
    int64_t *numbers;
    size_t count;
};

static int read_places(struct mu_store *s, const char *session_id, struct places *p)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_queue_numbers);
    mu_sq_text(&q, session_id);
    for (; mu_sq_next(&q); p->count++) {
        const char *id = mu_sq_get_text(&q, 0);
        size_t n = strnlen(id, 64);
        p->ids = mu_realloc(p->ids, (p->count + 1) * sizeof *p->ids);
        p->numbers = mu_realloc(p->numbers, (p->count + 1) * sizeof *p->numbers);
        memcpy(p->ids[p->count], id, n);
        p->ids[p->count][n] = '\0';
        p->numbers[p->count] = mu_sq_get_int(&q, 1);
    }
    return mu_sq_end(&q);
}

static bool reorder(struct places *p, const char *id, int64_t position)
{
    char moved[65];
    size_t from = 0;
    while (from < p->count && strcmp(p->ids[from], id) != 0)
        from++;
    if (from == p->count)
        return false;
    size_t to = position < 1                  ? 0
                : (size_t)position > p->count ? p->count - 1
                                              : (size_t)position - 1;
    memcpy(moved, p->ids[from], sizeof moved);
    if (to < from)
        memmove(p->ids[to + 1], p->ids[to], (from - to) * sizeof *p->ids);
    else
        memmove(p->ids[from], p->ids[from + 1], (to - from) * sizeof *p->ids);
    memcpy(p->ids[to], moved, sizeof moved);
    return true;
}

/* The same numbers, given anew: all are set aside first, as no two may be equal in between. */
static int write_places(struct mu_store *s, const char *session_id, const struct places *p)
{
    struct mu_sq aside = mu_sq_write(s, MU_SQ_queue_set_aside);
    mu_sq_text(&aside, session_id);
    int rc = mu_sq_run(&aside);
    for (size_t i = 0; !rc && i < p->count; i++) {
        struct mu_sq q = mu_sq_write(s, MU_SQ_queue_set_number);
        mu_sq_int(&q, p->numbers[i]);
        mu_sq_text(&q, p->ids[i]);
        rc = mu_sq_run(&q);
    }
    return rc;
}

int mu_store_queue_move(struct mu_store *s, const char *session_id, const char *id,
                        int64_t position)
{
    struct places p = {0};
    int rc = read_places(s, session_id, &p);
    if (!rc)
        rc = reorder(&p, id, position) ? write_places(s, session_id, &p) : mu_sq_doom(s, -ENOENT);
    free(p.ids);
    free(p.numbers);
    return rc;
}

/* ---- what agents wait for ---- */

int mu_store_put_permission(struct mu_store *s, const struct mu_rec_permission *p,
                            const char *tool_id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_permission);
    mu_sq_text(&q, p->id);
    mu_sq_text(&q, p->session_id);
    mu_sq_text(&q, mu_waiting_for_text(p->kind));
    mu_sq_text(&q, p->tool);
    mu_sq_text(&q, p->title);
    mu_sq_int(&q, p->created_at);
    mu_sq_text(&q, tool_id);
    mu_sq_text(&q, p->suggestions);
    mu_sq_text(&q, p->questions);
    mu_sq_text(&q, p->input);
    return mu_sq_run(&q);
}

int mu_store_delete_permission(struct mu_store *s, const char *session_id, const char *id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_delete_permission);
    mu_sq_text(&q, session_id);
    mu_sq_text(&q, id);
    return mu_sq_run(&q);
}

static const char *bounded(struct mu_sq *q, int column, size_t max)
{
    const char *text = mu_sq_get_text(q, column);
    return text && strlen(text) > max ? NULL : text;
}

static int each_permission(struct mu_sq *q, size_t max, mu_permission_cb *cb, void *ctx)
{
    while (mu_sq_next(q)) {
        struct mu_rec_permission p = {.id = mu_sq_get_text(q, 0),
                                      .session_id = mu_sq_get_text(q, 1),
                                      .kind = mu_waiting_for_parse(mu_sq_get_text(q, 2)),
                                      .tool = mu_sq_get_text(q, 3),
                                      .title = mu_sq_get_text(q, 4),
                                      .created_at = mu_sq_get_int(q, 5),
                                      .suggestions = bounded(q, 7, max),
                                      .questions = bounded(q, 8, max),
                                      .input = bounded(q, 9, max)};
        cb(ctx, &p, mu_sq_get_text(q, 6));
    }
    return mu_sq_end(q);
}

int mu_store_each_permission(struct mu_store *s, const char *session_id, size_t max,
                             mu_permission_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_permission);
    mu_sq_text(&q, session_id);
    return each_permission(&q, max, cb, ctx);
}

int mu_store_all_permissions(struct mu_store *s, int64_t limit, size_t max, mu_permission_cb *cb,
                             void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_permission_of_all);
    mu_sq_int(&q, limit);
    return each_permission(&q, max, cb, ctx);
}
