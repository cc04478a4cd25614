/* Every project with its sessions, in slices. A slice ends where it is full; `next` names its last
 * row by the numbers of the project and of the session, which outlive moves and deletions, so
 * nothing is kept for who reads them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "server/internal.h"

const char mu_slice_wrong[] =
    "`after` must be the `next` of a slice of this list. Without it the list begins anew.";

/* After this row; session 0: after the project, before its sessions. */
struct place {
    int64_t project, session;
};

enum { PLACE_SIZE = 48 };

struct slice {
    struct mu_store *store;
    struct mu_buf *out;
    size_t begin; /* of the rows in out */
    int64_t rows;
    struct place after, at;               /* where it begins; what was written last */
    const struct mu_rec_project *project; /* whose sessions are read */
    int64_t project_n;
    bool open; /* the project is written, and its list of sessions is open */
    bool more; /* it is full, and there is another row */
    int rc;
};

static int read_number(const char **p, int64_t *out)
{
    char *end;
    if (**p < '0' || **p > '9')
        return -EINVAL;
    errno = 0;
    *out = strtoll(*p, &end, 10);
    *p = end;
    return errno ? -EINVAL : 0;
}

static int read_place(const char *text, struct place *out)
{
    const char *p = text;
    if (read_number(&p, &out->project) || *p++ != '.' || read_number(&p, &out->session) || *p)
        return -EINVAL;
    return 0;
}

static bool is_full(const struct slice *s)
{
    return s->rows >= MU_LIMIT_SLICE_ROWS || s->out->len - s->begin >= MU_LIMIT_SLICE_BYTES;
}

struct mu_rec_project_with_sessions mu_slice_nested(const struct mu_rec_project *row)
{
    return (struct mu_rec_project_with_sessions){
        .id = row->id,
        .name = row->name,
        .path = row->path,
        .position = row->position,
        .pinned_at = row->pinned_at,
        .archived_at = row->archived_at,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .rev = row->rev,
    };
}

/* Takes back the end of what was encoded with a list that is empty and stands last. */
static void open_list(struct mu_buf *out)
{
    out->len -= strlen("]}");
}

static void write_project(struct slice *s)
{
    struct mu_rec_project_with_sessions nested = mu_slice_nested(s->project);
    if (s->out->len > s->begin)
        mu_buf_char(s->out, ',');
    mu_rec_encode(s->out, &mu_project_with_sessions_desc, &nested);
    open_list(s->out);
    s->rows++;
    s->open = true;
    s->at = (struct place){s->project_n, 0};
}

static bool on_session(void *ctx, int64_t n, const struct mu_rec_session *row)
{
    struct slice *s = ctx;
    if (is_full(s)) {
        s->more = true;
        return false;
    }
    bool first = !s->open || !s->at.session;
    if (!s->open)
        write_project(s);
    if (!first)
        mu_buf_char(s->out, ',');
    mu_rec_encode(s->out, &mu_session_desc, row);
    s->rows++;
    s->at.session = n;
    return true;
}

static bool on_project(void *ctx, int64_t n, const struct mu_rec_project *row)
{
    struct slice *s = ctx;
    bool again = n == s->after.project; /* only if it has further sessions */
    if (is_full(s)) {
        s->more = true;
        return false;
    }
    s->project = row;
    s->project_n = n;
    if (!again)
        write_project(s);
    s->rc = mu_store_slice_sessions(s->store, row->id, again ? s->after.session : 0,
                                    MU_LIMIT_SLICE_ROWS + 1, on_session, s);
    if (s->open)
        mu_buf_str(s->out, "]}");
    s->open = false;
    return !s->rc && !s->more;
}

/* Appends the rows to out, which ends with an empty list that stands last. */
static int write_rows(struct slice *s)
{
    open_list(s->out);
    s->begin = s->out->len;
    /* Beside a full slice: the project that it begins in, and one that shows that there is more. */
    int rc =
        mu_store_slice_projects(s->store, s->after.project, MU_LIMIT_SLICE_ROWS + 2, on_project, s);
    return rc ? rc : s->rc;
}

static void write_place(const struct slice *s, char out[PLACE_SIZE])
{
    snprintf(out, PLACE_SIZE, "%" PRId64 ".%" PRId64, s->at.project, s->at.session);
}

int mu_slice_list(struct mu_store *store, const char *after, struct mu_buf *out)
{
    char next[PLACE_SIZE];
    struct slice s = {.store = store, .out = out};
    struct mu_rec_project_list list = {
        .epoch = mu_store_epoch(store), .rev = mu_store_rev(store), .next = next};
    if (after && read_place(after, &s.after))
        return -EINVAL;
    mu_rec_encode(out, &mu_project_list_desc, &list);
    int rc = write_rows(&s);
    mu_buf_char(out, ']');
    if (s.more) {
        uint32_t mask = list.has = MU_HAS(project_list, next);
        if (!after)
            mask = list.has |=
                MU_HAS(project_list, total_projects) | MU_HAS(project_list, total_sessions);
        write_place(&s, next);
        list.total_projects = mu_store_count_projects(store);
        list.total_sessions = mu_store_count_sessions(store);
        mu_buf_char(out, ',');
        mu_rec_encode_fields(out, &mu_project_list_desc, &list, mask);
    }
    mu_buf_char(out, '}');
    return rc;
}

int mu_slice_snapshot(struct mu_store *store, enum mu_snapshot_reason reason, struct mu_buf *out)
{
    char next[PLACE_SIZE];
    struct slice s = {.store = store, .out = out};
    struct mu_rec_sync_snapshot snapshot = {
        .epoch = mu_store_epoch(store), .rev = mu_store_rev(store), .reason = reason, .next = next};
    mu_rec_encode(out, &mu_sync_snapshot_desc, &snapshot);
    int rc = write_rows(&s);
    mu_buf_char(out, ']');
    if (s.more) {
        snapshot.has = MU_HAS(sync_snapshot, next) | MU_HAS(sync_snapshot, total_projects) |
                       MU_HAS(sync_snapshot, total_sessions);
        write_place(&s, next);
        snapshot.total_projects = mu_store_count_projects(store);
        snapshot.total_sessions = mu_store_count_sessions(store);
        mu_buf_char(out, ',');
        mu_rec_encode_fields(out, &mu_sync_snapshot_desc, &snapshot, snapshot.has);
    }
    mu_buf_char(out, '}');
    return rc;
}

/* ---- who asks for the next one ---- */

struct asked {
    struct mu_client *client;
    struct mu_phx_msg *msg; /* envelope only */
    char after[PLACE_SIZE];
    struct asked *prev, *next;
};

struct mu_slices {
    struct mu_server *server;
    struct mu_timer *timer; /* runs while one was answered in this turn, or others wait */
    struct asked *waiting;
};

static void drop(struct mu_slices *w, struct asked *a)
{
    DL_DELETE(w->waiting, a);
    mu_client_unref(a->client);
    free(a->msg);
    free(a);
}

static void answer(struct mu_slices *w, struct asked *a)
{
    struct mu_client *c = a->client;
    struct mu_buf json = {0};
    mu_runner_flush(w->server->opts.runner);
    int rc = mu_slice_list(w->server->opts.store, a->after, &json);
    if (rc)
        mu_socket_reply_error(c, a->msg, rc == -EINVAL ? MU_CODE_INVALID_FIELD : mu_sync_code(rc),
                              rc == -EINVAL ? mu_slice_wrong : NULL);
    else
        mu_socket_reply(c, a->msg, "ok", json.data, json.len);
    mu_buf_release(&json);
    drop(w, a);
    mu_timer_start(w->timer, 1, 0);
}

static void on_next_turn(void *ctx)
{
    struct mu_slices *w = ctx;
    while (w->waiting && !w->waiting->client->socket)
        drop(w, w->waiting); /* it has gone */
    if (w->waiting)
        answer(w, w->waiting);
}

struct mu_slices *mu_slices_new(struct mu_server *s)
{
    struct mu_slices *w = mu_alloc(sizeof *w);
    w->server = s;
    w->timer = mu_timer_new(s->opts.loop, on_next_turn, w);
    return w;
}

static bool waits(const struct mu_slices *w, const struct mu_client *c)
{
    const struct asked *a;
    DL_FOREACH(w->waiting, a)
    {
        if (a->client == c)
            return true;
    }
    return false;
}

void mu_slices_ask(struct mu_slices *w, struct mu_client *c, struct mu_phx_msg *msg,
                   const char *after)
{
    struct place place;
    if (strlen(after) >= PLACE_SIZE || read_place(after, &place)) {
        mu_socket_reply_error(c, msg, MU_CODE_INVALID_FIELD, mu_slice_wrong);
        return;
    }
    if (waits(w, c)) {
        mu_socket_reply_error(
            c, msg, MU_CODE_LIMIT_REACHED,
            "A slice was asked for already: ask for the next one when it is here.");
        return;
    }
    struct asked *a = mu_alloc(sizeof *a);
    a->client = c;
    a->msg = mu_channel_envelope(msg);
    snprintf(a->after, sizeof a->after, "%s", after);
    mu_client_ref(c);
    DL_APPEND(w->waiting, a);
    if (!mu_timer_active(w->timer))
        answer(w, a);
}

void mu_slices_close(struct mu_slices *w)
{
    while (w->waiting)
        drop(w, w->waiting);
    mu_timer_free(w->timer);
    w->timer = NULL;
}

void mu_slices_free(struct mu_slices *w)
{
    free(w);
}
