#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/internal.h"

/* Rows gathered from the store's callbacks: an owned array of owned structs, as mu_rec_free wants
 * them. */
struct rows {
    const struct mu_rec_desc *desc;
    size_t size;
    char *items;
    size_t count, cap;
};

static void *rows_add(struct rows *r, const void *rec)
{
    if (r->count == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 16;
        r->items = mu_realloc(r->items, r->cap * r->size);
    }
    void *copy = mu_rec_clone(r->desc, rec);
    void *slot = r->items + r->count++ * r->size;
    memcpy(slot, copy, r->size);
    free(copy);
    return slot;
}

static struct mu_list rows_list(const struct rows *r)
{
    return (struct mu_list){r->items, r->count};
}

static void add_session(void *ctx, const struct mu_rec_session *row,
                        const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    rows_add(ctx, row);
}

static void add_project(void *ctx, const struct mu_rec_project *row)
{
    rows_add(ctx, row);
}

static void add_message(void *ctx, const struct mu_rec_message *m)
{
    rows_add(ctx, m);
}

static void add_queued(void *ctx, const struct mu_rec_queued_prompt *item)
{
    rows_add(ctx, item);
}

static void add_permission(void *ctx, const struct mu_rec_permission *p, const char *tool_id)
{
    MU_UNUSED(tool_id);
    rows_add(ctx, p);
}

#define ROWS(name)                                                                                 \
    (struct rows)                                                                                  \
    {                                                                                              \
        .desc = &mu_##name##_desc, .size = sizeof(struct mu_rec_##name)                            \
    }

static void add_nested(void *ctx, const struct mu_rec_project *row)
{
    struct mu_rec_project_with_sessions nested = mu_slice_nested(row);
    rows_add(ctx, &nested);
}

/* Fills in the sessions of the projects gathered. */
static int add_their_sessions(struct mu_store *store, struct rows *projects)
{
    struct mu_rec_project_with_sessions *p = (void *)projects->items;
    for (size_t i = 0; i < projects->count; i++) {
        struct rows sessions = ROWS(session);
        int rc = mu_store_each_session(store, p[i].id, 0, add_session, &sessions);
        free((void *)p[i].sessions.items);
        p[i].sessions = rows_list(&sessions);
        if (rc)
            return rc;
    }
    return 0;
}

struct ids {
    const char **items;
    size_t count, cap;
};

struct graves {
    struct ids projects, sessions;
};

static void ids_add(struct ids *ids, const char *id)
{
    if (ids->count == ids->cap) {
        ids->cap = ids->cap ? ids->cap * 2 : 16;
        ids->items = mu_realloc(ids->items, ids->cap * sizeof *ids->items);
    }
    ids->items[ids->count++] = mu_strdup(id);
}

static void add_grave(void *ctx, bool is_project, const char *id, int64_t rev)
{
    MU_UNUSED(rev);
    struct graves *g = ctx;
    ids_add(is_project ? &g->projects : &g->sessions, id);
}

static int delta(struct mu_store *store, int64_t since, struct mu_buf *out)
{
    struct rows projects = ROWS(project), sessions = ROWS(session);
    struct graves graves = {0};
    int rc = mu_store_each_project(store, since, add_project, &projects);
    if (!rc)
        rc = mu_store_each_session(store, NULL, since, add_session, &sessions);
    if (!rc)
        rc = mu_store_each_tombstone(store, since, add_grave, &graves);
    struct mu_rec_removed *removed = mu_alloc(sizeof *removed);
    removed->projects = (struct mu_list){graves.projects.items, graves.projects.count};
    removed->sessions = (struct mu_list){graves.sessions.items, graves.sessions.count};
    struct mu_rec_sync_delta *d = mu_alloc(sizeof *d);
    d->epoch = mu_strdup(mu_store_epoch(store));
    d->rev = mu_store_rev(store);
    d->projects = rows_list(&projects);
    d->sessions = rows_list(&sessions);
    d->removed = removed;
    d->since = since;
    d->has = MU_HAS(sync_delta, since);
    if (!rc)
        mu_rec_encode(out, &mu_sync_delta_desc, d);
    mu_rec_free(&mu_sync_delta_desc, d);
    return rc;
}

/* Why a delta cannot answer `since`; NONE when it can. */
static enum mu_snapshot_reason snapshot_reason(struct mu_store *store,
                                               const struct mu_rec_since *since)
{
    if (!since)
        return MU_snapshot_reason_NO_SINCE;
    if (strcmp(since->epoch, mu_store_epoch(store)) != 0)
        return MU_snapshot_reason_EPOCH_CHANGED;
    if (since->rev > mu_store_rev(store))
        return MU_snapshot_reason_AHEAD;
    if (since->rev < mu_store_oldest_since(store))
        return MU_snapshot_reason_TOO_OLD;
    return MU_snapshot_reason_NONE;
}

int mu_sync_projects(struct mu_store *store, const struct mu_rec_since *since, struct mu_buf *out)
{
    enum mu_snapshot_reason reason = snapshot_reason(store, since);
    if (reason)
        return mu_slice_snapshot(store, reason, out);
    int64_t changed = since->rev == mu_store_rev(store)
                          ? 0
                          : mu_store_count_since(store, since->rev, MU_LIMIT_DELTA_ROWS + 1);
    if (changed > MU_LIMIT_DELTA_ROWS)
        return mu_slice_snapshot(store, MU_snapshot_reason_TOO_LARGE, out);
    if (changed)
        return delta(store, since->rev, out);
    struct mu_rec_sync_current current = {.epoch = mu_store_epoch(store),
                                          .rev = mu_store_rev(store)};
    mu_rec_encode(out, &mu_sync_current_desc, &current);
    return 0;
}

static void take_session(void *ctx, const struct mu_rec_session *row,
                         const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    *(void **)ctx = mu_rec_clone(&mu_session_desc, row);
}

int mu_sync_session(struct mu_store *store, const char *id, const struct mu_sync_from *from,
                    struct mu_buf *out)
{
    struct mu_rec_session *session = NULL;
    int rc = mu_store_get_session(store, id, take_session, &session);
    if (rc)
        return rc;
    struct mu_rec_subscribe_success *s = mu_alloc(sizeof *s);
    struct rows messages = ROWS(message), queue = ROWS(queued_prompt);
    struct rows permissions = ROWS(permission);
    enum mu_snapshot_reason reason = snapshot_reason(store, from->since);
    s->sessionId = mu_strdup(id);
    s->epoch = mu_strdup(mu_store_epoch(store));
    s->rev = mu_store_rev(store);
    s->session = session;
    s->mode = MU_sync_mode_DELTA;
    if (!reason) {
        rc = mu_store_messages_since(store, id, from->has_seq ? from->seq : INT64_MAX,
                                     from->since->rev, MU_LIMIT_PAGE_MESSAGES, MU_LIMIT_PAGE_BYTES,
                                     add_message, &messages);
        if (rc == -E2BIG)
            reason = MU_snapshot_reason_TOO_LARGE;
        s->since = from->since->rev;
        s->has |= MU_HAS(subscribe_success, since);
    }
    if (reason) {
        s->mode = MU_sync_mode_SNAPSHOT;
        s->reason = reason;
        s->has |= MU_HAS(subscribe_success, reason);
        rc = mu_store_page_messages(store, id, 0, MU_LIMIT_PAGE_MESSAGES, MU_LIMIT_PAGE_BYTES,
                                    &s->has_older, add_message, &messages);
    }
    if (!rc)
        rc = mu_store_queue_each(store, id, add_queued, &queue);
    if (!rc)
        rc = mu_store_each_permission(store, id, MU_LIMIT_MESSAGE_BYTES, add_permission,
                                      &permissions);
    s->messages = rows_list(&messages);
    s->queue = rows_list(&queue);
    s->permissions = rows_list(&permissions);
    if (!rc)
        mu_rec_encode(out, &mu_subscribe_success_desc, s);
    mu_rec_free(&mu_subscribe_success_desc, s);
    return rc;
}

/* What waits, and how much of what agents gave with it still has room. */
struct inbox {
    struct rows rows;
    size_t room;
};

static const char *with_room(struct inbox *box, const char *json)
{
    size_t n = json ? strlen(json) : 0;
    if (n > box->room)
        return NULL;
    box->room -= n;
    return json;
}

static void add_waiting(void *ctx, const struct mu_rec_permission *p, const char *tool_id)
{
    MU_UNUSED(tool_id);
    struct inbox *box = ctx;
    struct mu_rec_permission shown = *p;
    shown.questions = with_room(box, p->questions);
    shown.suggestions = with_room(box, p->suggestions);
    shown.input = with_room(box, p->input);
    rows_add(&box->rows, &shown);
}

int mu_sync_inbox(struct mu_store *store, struct mu_buf *out)
{
    struct inbox box = {.rows = ROWS(permission), .room = MU_LIMIT_PAGE_BYTES};
    int rc = mu_store_all_permissions(store, MU_LIMIT_INBOX_REQUESTS, MU_LIMIT_MESSAGE_BYTES,
                                      add_waiting, &box);
    struct mu_rec_inbox_reply *reply = mu_alloc(sizeof *reply);
    reply->requests = rows_list(&box.rows);
    if (!rc)
        mu_rec_encode(out, &mu_inbox_reply_desc, reply);
    mu_rec_free(&mu_inbox_reply_desc, reply);
    return rc;
}

int mu_sync_project(struct mu_store *store, const char *id, struct mu_buf *out)
{
    struct rows projects = ROWS(project_with_sessions);
    int rc = mu_store_get_project(store, id, add_nested, &projects);
    if (!rc)
        rc = add_their_sessions(store, &projects);
    if (!rc)
        mu_rec_encode(out, &mu_project_with_sessions_desc, projects.items);
    struct mu_rec_project_list *owner = mu_alloc(sizeof *owner);
    owner->projects = rows_list(&projects);
    mu_rec_free(&mu_project_list_desc, owner);
    return rc;
}

int mu_sync_messages(struct mu_store *store, const char *id, int64_t before, int64_t limit,
                     struct mu_buf *out)
{
    struct rows messages = ROWS(message);
    struct mu_rec_message_list *list = mu_alloc(sizeof *list);
    int rc = mu_store_page_messages(store, id, before, limit, MU_LIMIT_PAGE_BYTES, &list->has_older,
                                    add_message, &messages);
    list->messages = rows_list(&messages);
    if (!rc)
        mu_rec_encode(out, &mu_message_list_desc, list);
    mu_rec_free(&mu_message_list_desc, list);
    return rc;
}

/* ---- agents' own lines, usage ---- */

static void add_raw(void *ctx, const struct mu_rec_raw_line *raw)
{
    rows_add(ctx, raw);
}

static void note_message(void *ctx, const struct mu_rec_message *m)
{
    MU_UNUSED(ctx);
    MU_UNUSED(m);
}

int mu_sync_raw(struct mu_store *store, const char *id, struct mu_buf *out)
{
    struct rows lines = ROWS(raw_line);
    int rc = mu_store_get_message(store, id, note_message, NULL);
    if (!rc)
        rc = mu_store_each_raw(store, id, add_raw, &lines);
    struct mu_rec_raw_lines *all = mu_alloc(sizeof *all);
    all->lines = rows_list(&lines);
    if (!rc)
        mu_rec_encode(out, &mu_raw_lines_desc, all);
    mu_rec_free(&mu_raw_lines_desc, all);
    return rc;
}

static void take_total(void *ctx, const char *id, const char *project_id,
                       const struct mu_rec_usage *sum)
{
    MU_UNUSED(id);
    MU_UNUSED(project_id);
    *(struct mu_rec_usage **)ctx = mu_rec_clone(&mu_usage_desc, sum);
}

static void add_sum(void *ctx, const char *id, const char *project_id,
                    const struct mu_rec_usage *sum)
{
    rows_add(ctx, &(struct mu_rec_usage_sum){.id = id, .project_id = project_id, .usage = sum});
}

static void add_turn(void *ctx, const struct mu_rec_turn_usage *turn)
{
    rows_add(ctx, turn);
}

int mu_sync_usage(struct mu_store *store, const struct mu_usage_filter *f, struct mu_buf *out)
{
    struct rows projects = ROWS(usage_sum), sessions = ROWS(usage_sum), turns = ROWS(turn_usage);
    struct mu_rec_usage *total = NULL;
    int rc = mu_store_sum_usage(store, MU_USAGE_TOTAL, f, 1, take_total, &total);
    if (!rc)
        rc = mu_store_sum_usage(store, MU_USAGE_BY_PROJECT, f, MU_LIMIT_USAGE_ROWS, add_sum,
                                &projects);
    if (!rc)
        rc = mu_store_sum_usage(store, MU_USAGE_BY_SESSION, f, MU_LIMIT_USAGE_ROWS, add_sum,
                                &sessions);
    if (!rc && f->session_id)
        rc = mu_store_each_usage(store, f, MU_LIMIT_USAGE_ROWS, add_turn, &turns);
    struct mu_rec_usage_report *report = mu_alloc(sizeof *report);
    report->total = total;
    report->projects = rows_list(&projects);
    report->sessions = rows_list(&sessions);
    report->turns = rows_list(&turns);
    if (!rc)
        mu_rec_encode(out, &mu_usage_report_desc, report);
    mu_rec_free(&mu_usage_report_desc, report);
    return rc;
}

enum mu_code mu_sync_code(int err)
{
    return err == -ENOSPC ? MU_CODE_STORE_FULL : MU_CODE_STORE_FAILED;
}
