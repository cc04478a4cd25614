#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <utlist.h>

#include "base/log.h"
#include "runner/internal.h"
#include "runner/serve.h"

/* ---- effects ---- */

struct effect *runner_effect(struct effect **list, enum effect_kind kind)
{
    struct effect *e = mu_alloc(sizeof *e);
    e->kind = kind;
    DL_APPEND(*list, e);
    return e;
}

static void effect_free(struct effect *e)
{
    free(e->topic);
    mu_buf_release(&e->payload);
    mu_rec_free(&mu_project_desc, (void *)e->outcome.project);
    mu_rec_free(&mu_session_desc, (void *)e->outcome.session);
    mu_rec_free(&mu_image_desc, (void *)e->outcome.image);
    free(e);
}

bool runner_hears(struct mu_runner *r, const char *topic)
{
    return mu_hub_has(r->hub, topic);
}

void runner_push(struct mu_runner *r, const char *topic, const char *event, int64_t rev,
                 struct mu_buf *payload)
{
    struct effect *e = runner_effect(&r->pushes, rev ? EFFECT_PUSH_REV : EFFECT_PUSH);
    e->topic = mu_strdup(topic);
    e->event = event;
    e->n = rev;
    e->payload = *payload;
    *payload = (struct mu_buf){0};
}

void runner_action(struct mu_runner *r, enum effect_kind kind, const struct run *run)
{
    struct effect *e = runner_effect(&r->actions, kind);
    snprintf(e->run_id, sizeof e->run_id, "%s", run->id);
}

void runner_note(struct mu_runner *r, int rc)
{
    MU_UNUSED(r); /* the store has doomed the transaction: the commit returns the error */
    if (rc)
        mu_log(MU_LOG_DEBUG, "store_write_failed", "error", mu_strerror(rc), NULL);
}

static void send_input(struct run *run, const struct effect *e)
{
    if (!run->holder || run->ended)
        return;
    int rc =
        mu_holder_input(run->holder, (uint64_t)e->n, e->payload.data, e->payload.len, e->includes);
    if (rc && rc != -EALREADY && rc != -EPIPE)
        mu_log(MU_LOG_ERROR, "agent_input_refused", "run", run->id, "error", mu_strerror(rc), NULL);
}

/* A turn that ended in this transaction needs no ladder: it would be that of the next one. */
static void interrupt(struct run *run, const struct effect *e)
{
    if (run->ended || !run->sess || !run->sess->s.cancelling)
        return;
    run_climb(run);
    if (e->n == 0 || run->waiting)
        run_stop(run);
}

static void act_on_run(struct mu_runner *r, struct effect *e)
{
    struct run *run = run_find(r, e->run_id);
    if (!run)
        return;
    if (e->kind == EFFECT_START) {
        run_start(run);
    } else if (e->kind == EFFECT_INPUT) {
        send_input(run, e);
    } else if (e->kind == EFFECT_INTERRUPT) {
        interrupt(run, e);
    } else if (e->kind == EFFECT_STOP) {
        run_stop(run);
    } else if (e->kind == EFFECT_RETIRE) {
        run_retire(run);
    } else if (e->kind == EFFECT_REMOVE) {
        run_remove(run);
    }
}

static void carry_out(struct mu_runner *r, struct effect *e)
{
    switch (e->kind) {
    case EFFECT_PUSH:
        mu_hub_publish(r->hub, e->topic, e->event, e->payload.data, e->payload.len);
        break;
    case EFFECT_PUSH_REV:
        mu_hub_publish_rev(r->hub, e->topic, e->event, e->n, e->payload.data, e->payload.len);
        break;
    case EFFECT_CLOSE_TOPIC:
        mu_hub_close_topic(r->hub, e->topic);
        break;
    case EFFECT_REPLY:
        e->cb(e->ctx, &e->outcome);
        break;
    case EFFECT_START:
    case EFFECT_INPUT:
    case EFFECT_INTERRUPT:
    case EFFECT_STOP:
    case EFFECT_RETIRE:
    case EFFECT_REMOVE:
        act_on_run(r, e);
        break;
    case EFFECT_TERMINAL_START:
    case EFFECT_TERMINAL_REMOVE:
        terminal_carry_out(r, e);
        break;
    case EFFECT_IMAGES:
        images_committed(r);
        break;
    }
}

static void carry_out_all(struct mu_runner *r, struct effect **list)
{
    struct effect *all = *list;
    struct effect *e;
    struct effect *next;
    *list = NULL;
    DL_FOREACH_SAFE(all, e, next)
    {
        carry_out(r, e);
        effect_free(e);
    }
}

static void drop_all(struct effect **list)
{
    struct effect *e;
    struct effect *next;
    DL_FOREACH_SAFE(*list, e, next) effect_free(e);
    *list = NULL;
}

/* ---- commit ---- */

static void fail_replies(struct mu_runner *r, int rc)
{
    enum mu_code code = rc == -ENOSPC || rc == -EDQUOT ? MU_CODE_STORE_FULL : MU_CODE_STORE_FAILED;
    struct effect *e;
    DL_FOREACH(r->replies, e)
    {
        mu_rec_free(&mu_project_desc, (void *)e->outcome.project);
        mu_rec_free(&mu_session_desc, (void *)e->outcome.session);
        mu_rec_free(&mu_image_desc, (void *)e->outcome.image);
        e->outcome = (struct mu_outcome){.code = code, .message = mu_code_text(code)};
    }
}

static void on_row_again(void *ctx, const struct mu_run *row)
{
    struct mu_runner *r = ctx;
    struct run *run = run_find(r, row->id);
    struct sess *s = sess_get(r, row->session_id);
    if (!run || (!run->holder && !run->lost && !run->waiting))
        return;
    if (s && mu_str_eq(s->s.run_id, run->id)) {
        run->sess = s;
        s->run = run;
    }
    if (run->holder)
        run_rewind(run, row);
    else if (run->waiting)
        run_load(run, row);
    else
        run->ended = false;
}

/* Nothing of this turn happened: everything is read again, agents' output too, a second later. */
static void start_over(struct mu_runner *r, int rc)
{
    r->stats.commit_failures++;
    mu_log(MU_LOG_ERROR, "commit_failed", "error", mu_strerror(rc), NULL);
    fail_replies(r, rc);
    images_failed(r);
    drop_all(&r->pushes);
    drop_all(&r->actions);
    for (struct sess *s = r->sessions, *next; s; s = next) {
        next = s->hh.next;
        sess_free(r, s);
    }
    for (struct run *run = r->runs, *next; run; run = next) {
        next = run->hh.next;
        if (!run->stored && !run->holder)
            run_free(run);
    }
    terminals_start_over(r);
    int bad = mu_store_each_run(r->store, on_row_again, r);
    if (bad)
        mu_log(MU_LOG_ERROR, "runs_unreadable", "error", mu_strerror(bad), NULL);
    mu_timer_start(r->retry, RUNNER_RETRY_MS, 0);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void commit(struct mu_runner *r)
{
    if (!mu_store_dirty(r->store))
        return;
    int64_t start = now_us();
    int rc = mu_store_commit(r->store);
    int64_t us = now_us() - start;
    r->stats.commits++;
    if (us > r->stats.commit_us_max)
        r->stats.commit_us_max = us;
    if (rc) {
        start_over(r, rc);
        return;
    }
    runs_are_stored(r);
}

static void on_checkpoint(void *ctx)
{
    struct mu_runner *r = ctx;
    int rc = mu_store_checkpoint(r->data_dir);
    if (rc)
        mu_log(MU_LOG_WARN, "checkpoint_failed", "error", mu_strerror(rc), NULL);
}

static void on_checkpoint_done(void *ctx)
{
    struct mu_runner *r = ctx;
    r->checkpointing = false;
    r->works--;
    runner_check_closed(r);
}

static void checkpoint_if_due(struct mu_runner *r)
{
    if (r->checkpointing || r->closing || mu_store_wal_pages(r->store) < MU_STORE_CHECKPOINT_PAGES)
        return;
    r->checkpointing = true;
    r->works++;
    mu_loop_work(r->loop, on_checkpoint, on_checkpoint_done, r);
}

static bool settled(const struct mu_runner *r)
{
    return !mu_store_dirty(r->store) && !r->pushes && !r->actions && !r->replies;
}

void mu_runner_flush(struct mu_runner *r)
{
    if (r->flushing)
        return;
    r->flushing = true;
    runs_write(r, false);
    bool any = !settled(r);
    while (!settled(r)) {
        commit(r);
        carry_out_all(r, &r->pushes);
        carry_out_all(r, &r->actions);
        r->flushing = false; /* who is answered may ask for more, and read: a flush of its own */
        carry_out_all(r, &r->replies);
        r->flushing = true;
        runs_write(r, false);
    }
    if (any) {
        sessions_forget(r);
        checkpoint_if_due(r);
    }
    r->flushing = false;
}

/* ---- timers ---- */

static void on_turn(void *ctx)
{
    struct mu_runner *r = ctx;
    if (!r->closing)
        mu_runner_flush(r);
}

static void on_tick(void *ctx)
{
    runs_write(ctx, true);
}

void runner_start_tick(struct mu_runner *r)
{
    if (!mu_timer_active(r->tick))
        mu_timer_start(r->tick, MU_LIMIT_TICK_MS, 0);
}

static void on_retry(void *ctx)
{
    struct mu_runner *r = ctx;
    for (struct run *run = r->runs, *next; run; run = next) {
        next = run->hh.next;
        run_resume(run);
    }
    terminals_retry(r);
}

static void on_hour(void *ctx)
{
    struct mu_runner *r = ctx;
    runner_note(r, mu_store_prune_tombstones(
                       r->store, mu_now_ms() - (int64_t)MU_LIMIT_TOMBSTONE_SECONDS * 1000));
    images_clean(r);
}

/* ---- its life ---- */

struct mu_runner *mu_runner_new(const struct mu_runner_opts *opts)
{
    struct mu_runner *r = mu_alloc(sizeof *r);
    r->loop = opts->loop;
    r->store = opts->store;
    r->hub = opts->hub;
    r->data_dir = mu_strdup(opts->data_dir);
    r->runs_dir = mu_asprintf("%s/runs", opts->data_dir);
    char *absolute = realpath(opts->data_dir, NULL); /* holders have another working directory */
    r->images_dir = mu_asprintf("%s/images", absolute ? absolute : opts->data_dir);
    free(absolute);
    r->exe = mu_strdup(opts->exe);
    r->keep_ms = opts->keep_ms ? opts->keep_ms : RUNNER_KEEP_MS;
    r->quiet_ms = opts->quiet_ms ? opts->quiet_ms : (int64_t)MU_LIMIT_QUIET_SECONDS * 1000;
    r->start_ms = opts->start_ms ? opts->start_ms : RUNNER_START_MS;
    if (mkdir(r->runs_dir, 0700) && errno != EEXIST)
        mu_log(MU_LOG_ERROR, "runs_dir", "dir", r->runs_dir, "error", mu_strerror(-errno), NULL);
    r->tick = mu_timer_new(r->loop, on_tick, r);
    r->retry = mu_timer_new(r->loop, on_retry, r);
    r->hourly = mu_timer_new(r->loop, on_hour, r);
    mu_timer_start(r->hourly, RUNNER_HOUR_MS, RUNNER_HOUR_MS);
    watch_start(r);
    r->probe = probe_new(r);
    runs_attach(r);
    images_clean(r);
    mu_loop_on_turn(r->loop, on_turn, r);
    return r;
}

void runner_check_closed(struct mu_runner *r)
{
    if (r->closing && r->holders == 0 && r->works == 0 && r->closed) {
        mu_loop_cb *closed = r->closed;
        r->closed = NULL;
        closed(r->closed_ctx);
    }
}

static void on_detached(void *ctx)
{
    struct mu_runner *r = ctx;
    r->holders--;
    runner_check_closed(r);
}

void mu_runner_close(struct mu_runner *r, mu_loop_cb *done, void *ctx)
{
    runs_write(r, true);
    mu_runner_flush(r);
    r->closing = true;
    r->closed = done;
    r->closed_ctx = ctx;
    mu_timer_free(r->tick);
    mu_timer_free(r->retry);
    mu_timer_free(r->hourly);
    mu_timer_free(r->watch);
    images_close(r);
    r->holders++; /* done is not called before this function has gone through all */
    for (struct run *run = r->runs, *next; run; run = next) {
        next = run->hh.next;
        if (run->holder)
            mu_holder_close(run->holder, on_detached, r);
        run_free(run);
    }
    terminals_close(r);
    probe_close(r->probe);
    on_detached(r);
}

void mu_runner_free(struct mu_runner *r)
{
    if (!r)
        return;
    for (struct sess *s = r->sessions, *next; s; s = next) {
        next = s->hh.next;
        sess_free(r, s);
    }
    probe_free(r->probe);
    free(r->data_dir);
    free(r->runs_dir);
    free(r->images_dir);
    free(r->exe);
    free(r);
}

void mu_runner_stats(const struct mu_runner *r, struct mu_runner_stats *out)
{
    *out = r->stats;
    out->runs = (int64_t)HASH_COUNT(r->runs);
    for (const struct sess *s = r->sessions; s; s = s->hh.next) {
        out->working += s->s.row.state == MU_session_state_WORKING;
        out->waiting += s->s.row.waiting_for != MU_waiting_for_NONE;
    }
}
