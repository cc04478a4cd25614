#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utlist.h>

#include "base/log.h"
#include "runner/serve.h"

static const struct mu_holder_cb callbacks; /* below */

struct terminal *terminal_find(struct mu_runner *r, const char *id)
{
    struct terminal *t;
    HASH_FIND_STR(r->terminals, id, t);
    return t;
}

static char *rundir(const struct terminal *t)
{
    return mu_asprintf("%s/%s", t->r->runs_dir, t->id);
}

static void free_waiters(struct terminal *t)
{
    struct waiter *w, *next;
    DL_FOREACH_SAFE(t->waiters, w, next) free(w);
    t->waiters = NULL;
}

static void terminal_free(struct terminal *t)
{
    HASH_DEL(t->r->terminals, t);
    free_waiters(t);
    mu_buf_release(&t->tail);
    free(t->marks);
    free(t->request);
    free(t->spec);
    free(t->failure);
    free(t->exit);
    free(t);
}

static struct terminal *make(struct mu_runner *r, const char *id, const char *run_id)
{
    struct terminal *t = mu_alloc(sizeof *t);
    t->r = r;
    snprintf(t->id, sizeof t->id, "%s", id);
    snprintf(t->run_id, sizeof t->run_id, "%s", run_id);
    HASH_ADD_STR(r->terminals, id, t);
    return t;
}

static void act(struct terminal *t, enum effect_kind kind)
{
    struct effect *e = runner_effect(&t->r->actions, kind);
    snprintf(e->run_id, sizeof e->run_id, "%s", t->id);
}

struct terminal *terminal_new(struct run *run, const char *request, char *spec, const char *id,
                              int64_t byte_limit)
{
    struct terminal *t = make(run->r, id, run->id);
    t->request = mu_strdup(request);
    t->spec = spec;
    t->byte_limit = byte_limit;
    t->dirty = true;
    act(t, EFFECT_TERMINAL_START);
    return t;
}

/* The agent's run, while it can be answered. */
static struct run *run_of(const struct terminal *t)
{
    struct run *run = run_find(t->r, t->run_id);
    return run && run->sess && !run->ended && !t->removing && !t->gone ? run : NULL;
}

void terminal_answer_waiters(struct terminal *t)
{
    struct run *run = run_of(t);
    struct waiter *w, *next;
    DL_FOREACH_SAFE(t->waiters, w, next)
    {
        if (run && !t->exit)
            serve_answer(run, w->id, NULL, "The terminal was released.");
        else if (run)
            serve_answer(run, w->id, w->what == WAIT_EXIT ? t->exit : "{}", NULL);
        free(w);
    }
    t->waiters = NULL;
}

/* Read up to there; what was printed before a restart is known again. */
static void seen(struct terminal *t, uint64_t next)
{
    struct run *run = run_of(t);
    if (t->behind == 0 || next < t->behind)
        return;
    t->behind = 0;
    if (run)
        serve_go_on(run);
}

/* ---- its output ---- */

static uint64_t limit_of(const struct terminal *t)
{
    return (uint64_t)t->byte_limit;
}

static void add_mark(struct terminal *t, uint64_t offset)
{
    struct spool_mark *last = t->mark_count ? &t->marks[t->mark_count - 1] : NULL;
    if (last && t->total - last->at < RUNNER_TERMINAL_SLACK)
        return;
    t->marks = mu_realloc(t->marks, (t->mark_count + 1) * sizeof *t->marks);
    t->marks[t->mark_count++] = (struct spool_mark){offset, t->total};
}

/* What the tail does not need any more is told to the holder, after the row says so. */
static void pass_marks(struct terminal *t)
{
    uint64_t first = t->total - t->tail.len;
    size_t past = 0;
    while (past + 1 < t->mark_count && t->marks[past + 1].at <= first)
        past++;
    if (past == 0)
        return;
    t->mark_count -= past;
    memmove(t->marks, t->marks + past, t->mark_count * sizeof *t->marks);
    if (t->marks[0].offset - t->consumed >= RUNNER_TERMINAL_STEP)
        t->dirty = true;
}

static void on_output(void *ctx, enum mu_stream stream, const char *data, size_t n, uint64_t offset,
                      uint64_t next, int64_t time_ms)
{
    struct terminal *t = ctx;
    MU_UNUSED(stream);
    MU_UNUSED(time_ms);
    t->started = true;
    if (t->gone)
        return;
    add_mark(t, offset);
    mu_buf_add(&t->tail, data, n);
    t->total += n;
    if (t->tail.len > limit_of(t) + RUNNER_TERMINAL_SLACK) {
        mu_buf_drop(&t->tail, t->tail.len - (size_t)limit_of(t));
        pass_marks(t);
    }
    seen(t, next);
}

/* ---- its beginning and its end ---- */

void terminal_answer_create(struct terminal *t)
{
    struct run *run = run_of(t);
    if (!t->request || t->answering || !run || (!t->started && !t->failure))
        return;
    t->answering = t->dirty = true;
    if (t->failure) {
        serve_fail(run, t->request, "The command cannot be run: %s.", t->failure);
        terminal_remove(t);
        return;
    }
    char *result = mu_asprintf("{\"terminalId\":\"%s\"}", t->id);
    serve_answer(run, t->request, result, NULL);
    free(result);
}

static void on_start(void *ctx, const struct mu_spool_start *start, uint64_t offset, uint64_t next,
                     int64_t time_ms)
{
    struct terminal *t = ctx;
    MU_UNUSED(start);
    MU_UNUSED(offset);
    MU_UNUSED(time_ms);
    t->started = true;
    terminal_answer_create(t);
    seen(t, next);
}

static void on_eof(void *ctx, enum mu_stream stream, uint64_t offset, uint64_t next,
                   int64_t time_ms)
{
    MU_UNUSED(stream);
    MU_UNUSED(offset);
    MU_UNUSED(time_ms);
    seen(ctx, next);
}

struct removal {
    struct mu_runner *r;
    char *dir;
};

static void on_removable(void *ctx)
{
    struct removal *rm = ctx;
    int rc = mu_holder_remove(rm->dir);
    if (rc)
        mu_log(MU_LOG_WARN, "terminal_dir_kept", "dir", rm->dir, "error", mu_strerror(rc), NULL);
    rm->r->holders--;
    runner_check_closed(rm->r);
    free(rm->dir);
    free(rm);
}

static void let_go(struct terminal *t)
{
    if (!t->holder)
        return;
    struct removal *rm = mu_alloc(sizeof *rm);
    *rm = (struct removal){t->r, rundir(t)};
    mu_holder_ack(t->holder, t->end);
    mu_holder_close(t->holder, on_removable, rm);
    t->holder = NULL;
}

static void ended(struct terminal *t, const char *exit)
{
    t->over = true;
    if (t->gone) {
        let_go(t);
        terminal_free(t);
        return;
    }
    mu_str_set(&t->exit, exit);
    t->started = t->dirty = true;
    terminal_answer_create(t);
    terminal_answer_waiters(t);
    seen(t, UINT64_MAX);
}

static void on_exit_(void *ctx, const struct mu_exit *how, uint64_t offset, uint64_t next,
                     int64_t time_ms)
{
    struct terminal *t = ctx;
    char exit[96];
    MU_UNUSED(offset);
    MU_UNUSED(time_ms);
    t->end = next;
    if (how->kind == MU_EXIT_FAILED && !t->gone && !t->started) {
        t->over = true;
        mu_str_set(&t->failure, how->reason);
        terminal_answer_create(t);
        return;
    }
    const char *name = how->kind == MU_EXIT_SIGNAL ? sigabbrev_np(how->signal) : NULL;
    if (how->kind == MU_EXIT_SIGNAL)
        snprintf(exit, sizeof exit, "{\"exitCode\":null,\"signal\":\"SIG%s\"}", name ? name : "?");
    else
        snprintf(exit, sizeof exit, "{\"exitCode\":%d,\"signal\":null}",
                 how->kind == MU_EXIT_CODE ? how->code & 0xff : 127);
    ended(t, exit);
}

static void on_lost(void *ctx, const char *reason)
{
    struct terminal *t = ctx;
    mu_log(MU_LOG_WARN, "terminal_lost", "terminal", t->id, "reason", reason, NULL);
    if (!t->gone) {
        struct mu_buf note = {0};
        mu_buf_printf(&note, "\n[The command was lost: %s]\n", reason);
        mu_buf_add(&t->tail, note.data, note.len);
        t->total += note.len;
        mu_buf_release(&note);
    }
    ended(t, "{\"exitCode\":null,\"signal\":\"SIGKILL\"}");
}

static void on_closed(void *ctx)
{
    struct mu_runner *r = ctx;
    r->holders--;
    runner_check_closed(r);
}

static void start(struct terminal *t)
{
    struct mu_hold_spec_owned spec;
    char *dir = rundir(t);
    if (mu_hold_spec_get(t->spec, strlen(t->spec), &spec) == 0) {
        struct mu_holder_start how = {.exe = t->r->exe, .rundir = dir, .spec = spec.spec};
        t->holder = mu_holder_start(mu_loop_uv(t->r->loop), &how, &callbacks, t);
        t->r->holders++;
        mu_hold_spec_release(&spec);
    } else {
        on_lost(t, "its command line cannot be read");
    }
    free(dir);
}

/* A server ended between the commit of its row and its start. */
static void on_never_started(void *ctx)
{
    struct terminal *t = ctx;
    if (t->gone) {
        ended(t, NULL);
        return;
    }
    mu_holder_close(t->holder, on_closed, t->r);
    t->holder = NULL;
    if (t->consumed > 0)
        on_lost(t, "the files of its run are gone");
    else
        start(t);
}

static const struct mu_holder_cb callbacks = {
    .on_start = on_start,
    .on_output = on_output,
    .on_eof = on_eof,
    .on_exit = on_exit_,
    .on_lost = on_lost,
    .on_never_started = on_never_started,
};

/* ---- what is done with it ---- */

bool terminal_wait(struct terminal *t, enum waiting what, const char *id)
{
    struct waiter *w;
    size_t count = 0;
    DL_FOREACH(t->waiters, w)
    {
        count++;
        if (strcmp(w->id, id) == 0)
            return true;
    }
    if (count >= RUNNER_TERMINAL_WAITERS)
        return false;
    w = mu_alloc(sizeof *w + strlen(id) + 1);
    w->what = what;
    memcpy(w->id, id, strlen(id) + 1);
    DL_APPEND(t->waiters, w);
    return true;
}

void terminal_kill(struct terminal *t)
{
    if (t->holder && !t->exit)
        mu_holder_kill(t->holder);
}

void terminal_remove(struct terminal *t)
{
    if (t->removing || t->gone)
        return;
    t->removing = true;
    free_waiters(t);
    runner_note(t->r, mu_store_delete_terminal(t->r->store, t->id));
    act(t, EFFECT_TERMINAL_REMOVE);
}

/* Its row is gone: its processes follow. */
static void carry_removal_out(struct terminal *t)
{
    t->gone = true;
    if (t->holder && !t->over) {
        mu_holder_kill(t->holder);
        return;
    }
    let_go(t);
    terminal_free(t);
}

void terminal_carry_out(struct mu_runner *r, const struct effect *e)
{
    struct terminal *t = terminal_find(r, e->run_id);
    if (t && e->kind == EFFECT_TERMINAL_REMOVE)
        carry_removal_out(t);
    else if (t && !t->holder && !t->exit && !t->removing)
        start(t);
}

size_t terminals_of_run(const struct run *run)
{
    size_t n = 0;
    for (const struct terminal *t = run->r->terminals; t; t = t->hh.next)
        n += strcmp(t->run_id, run->id) == 0;
    return n;
}

void terminals_of_run_end(struct run *run)
{
    for (struct terminal *t = run->r->terminals; t; t = t->hh.next)
        if (strcmp(t->run_id, run->id) == 0)
            terminal_remove(t);
}

/* ---- its row ---- */

static void write_row(struct terminal *t)
{
    if (t->mark_count && !t->exit && t->marks[0].at > 0)
        t->consumed = t->marks[0].offset;
    size_t over = t->tail.len > limit_of(t) ? t->tail.len - (size_t)limit_of(t) : 0;
    struct mu_terminal row = {.id = t->id,
                              .run_id = t->run_id,
                              .request = t->answering ? NULL : t->request,
                              .spec = t->spec,
                              .byte_limit = t->byte_limit,
                              .offset = (int64_t)t->consumed,
                              .truncated = t->cut || t->total > limit_of(t),
                              .output = t->exit && t->tail.len ? t->tail.data + over : NULL,
                              .n = t->tail.len - over,
                              .exit = t->exit};
    runner_note(t->r, mu_store_put_terminal(t->r->store, &row));
    t->dirty = false;
    t->written = true;
}

void terminals_write(struct mu_runner *r)
{
    for (struct terminal *t = r->terminals; t; t = t->hh.next)
        if (t->dirty && !t->removing && !t->gone)
            write_row(t);
}

void terminals_are_stored(struct mu_runner *r)
{
    for (struct terminal *t = r->terminals; t; t = t->hh.next) {
        if (!t->written)
            continue;
        t->written = false;
        t->stored = true;
        if (t->answering) {
            mu_str_set(&t->request, NULL);
            t->answering = false;
        }
        if (t->exit && !t->gone)
            let_go(t);
        else if (t->holder && !t->gone)
            mu_holder_ack(t->holder, t->consumed);
    }
}

/* The transaction did not happen: what was not stored before never was. */
void terminals_start_over(struct mu_runner *r)
{
    for (struct terminal *t = r->terminals, *next; t; t = next) {
        next = t->hh.next;
        if (!t->stored && !t->gone) {
            terminal_free(t);
            continue;
        }
        t->failed |= t->written || t->dirty;
        t->written = t->dirty = t->answering = false;
        t->removing = t->gone;
        free_waiters(t);
    }
}

void terminals_retry(struct mu_runner *r)
{
    for (struct terminal *t = r->terminals; t; t = t->hh.next) {
        t->dirty |= t->failed && !t->gone;
        t->failed = false;
    }
}

/* ---- restarts ---- */

static void on_row(void *ctx, const struct mu_terminal *row)
{
    struct mu_runner *r = ctx;
    struct terminal *t = make(r, row->id, row->run_id);
    t->request = mu_strdup(row->request);
    t->spec = mu_strdup(row->spec);
    t->byte_limit = row->byte_limit;
    t->consumed = (uint64_t)row->offset;
    t->cut = row->truncated;
    t->stored = true;
    t->started = t->consumed > 0;
    t->exit = mu_strdup(row->exit);
    if (t->exit)
        mu_buf_add(&t->tail, row->output, row->n);
    t->total = t->tail.len;
}

static uint64_t size_of_spool(const char *dir)
{
    struct stat st;
    char *path = mu_asprintf("%s/spool", dir);
    uint64_t size = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
    free(path);
    return size;
}

/* What its holder left, or the holder itself. */
static void take_up(struct terminal *t)
{
    struct run *run = run_find(t->r, t->run_id);
    char *dir = rundir(t);
    int rc = t->exit ? mu_holder_remove(dir) : 0;
    if (rc)
        mu_log(MU_LOG_WARN, "terminal_dir_kept", "dir", dir, "error", mu_strerror(rc), NULL);
    if (!t->exit) {
        t->behind = size_of_spool(dir);
        t->holder = mu_holder_attach(mu_loop_uv(t->r->loop), dir, t->consumed, &callbacks, t);
        t->r->holders++;
    }
    free(dir);
    if (!run || !run->sess)
        terminal_remove(t);
}

void terminals_load(struct mu_runner *r)
{
    int rc = mu_store_each_terminal(r->store, on_row, r);
    if (rc)
        mu_log(MU_LOG_ERROR, "terminals_unreadable", "error", mu_strerror(rc), NULL);
    for (struct terminal *t = r->terminals; t; t = t->hh.next)
        take_up(t);
}

void terminals_close(struct mu_runner *r)
{
    for (struct terminal *t = r->terminals, *next; t; t = next) {
        next = t->hh.next;
        if (t->holder)
            mu_holder_close(t->holder, on_closed, r);
        terminal_free(t);
    }
}
