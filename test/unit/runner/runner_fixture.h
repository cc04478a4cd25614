/* A runner with a real store, real holders and a hub that is listened to. A test program is its own
 * holder: called as `PROGRAM hold RUNDIR` it is `muster hold RUNDIR`. */
#ifndef MU_TEST_RUNNER_FIXTURE_H
#define MU_TEST_RUNNER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "../tree.h"
#include "hold/hold.h"
#include "runner/runner.h"

#define SHARED static __attribute__((unused))

enum { WATCHDOG_MS = 60 * 1000, PUSHES_MAX = 20000 };

static char self[PATH_MAX];

struct push {
    char *event;
    json_t *payload;
};

struct fixture {
    char dir[64];  /* of the server */
    char work[80]; /* the project's */
    struct mu_loop *loop;
    struct mu_store *store;
    struct mu_hub *hub;
    struct mu_runner *runner;
    struct mu_timer *watchdog, *beat;
    struct mu_sub *sub;
    struct push pushes[PUSHES_MAX]; /* on session:{id}, in order */
    size_t push_count;
    char project[65], session[65];
    bool closed, answered, timed_out;
    enum mu_code code;
    char message[512];
    bool queued;
    int64_t keep_ms;  /* of an idle process; 0: as usual */
    int64_t quiet_ms; /* of a turn without output; 0: as usual */
    int64_t start_ms; /* before an agent is started again; 0: as usual */
};

/* ---- what the hub sends ---- */

SHARED bool on_frame(struct mu_conn *conn, int lane, struct mu_bytes *frame)
{
    MU_UNUSED(lane);
    struct fixture *f = (void *)conn;
    const char *begin = memmem(frame->data, frame->len, "[null,", 6);
    assert_non_null(begin);
    json_t *all = json_loadb(begin, frame->len - (size_t)(begin - frame->data), 0, NULL);
    assert_non_null(all);
    assert_true(f->push_count < PUSHES_MAX);
    struct push *p = &f->pushes[f->push_count++];
    p->event = mu_strdup(json_string_value(json_array_get(all, 3)));
    p->payload = json_incref(json_array_get(all, 4));
    json_decref(all);
    return true;
}

SHARED void on_sub_closed(struct mu_conn *conn, struct mu_sub *sub)
{
    MU_UNUSED(sub);
    ((struct fixture *)(void *)conn)->sub = NULL;
}

static const struct mu_sub_kind listener = {.send = on_frame, .closed = on_sub_closed};

SHARED void forget_pushes(struct fixture *f)
{
    for (size_t i = 0; i < f->push_count; i++) {
        free(f->pushes[i].event);
        json_decref(f->pushes[i].payload);
    }
    f->push_count = 0;
}

SHARED void listen_to(struct fixture *f)
{
    char topic[MU_TOPIC_SIZE];
    struct mu_phx_ref ref;
    memset(&ref, 0, sizeof ref);
    mu_channel_session(f->session, topic);
    mu_runner_flush(f->runner);
    f->sub = mu_hub_subscribe(f->hub, topic, (void *)f, &listener, MU_PHX_V2, &ref,
                              mu_store_rev(f->store));
}

SHARED json_t *find_push(struct fixture *f, const char *event)
{
    for (size_t i = f->push_count; i > 0; i--)
        if (strcmp(f->pushes[i - 1].event, event) == 0)
            return f->pushes[i - 1].payload;
    return NULL;
}

/* ---- life ---- */

SHARED void on_watchdog(void *ctx)
{
    struct fixture *f = ctx;
    f->timed_out = true;
}

SHARED void on_beat(void *ctx)
{
    MU_UNUSED(ctx);
}

SHARED void serve(struct fixture *f)
{
    struct mu_store_why why;
    if (mu_store_open(f->dir, &f->store, &why))
        fail_msg("%s", why.text);
    f->loop = mu_loop_new();
    f->hub = mu_hub_new();
    f->watchdog = mu_timer_new(f->loop, on_watchdog, f);
    f->beat = mu_timer_new(f->loop, on_beat, f);
    f->runner = mu_runner_new(&(struct mu_runner_opts){.loop = f->loop,
                                                       .store = f->store,
                                                       .hub = f->hub,
                                                       .data_dir = f->dir,
                                                       .exe = self,
                                                       .keep_ms = f->keep_ms,
                                                       .quiet_ms = f->quiet_ms,
                                                       .start_ms = f->start_ms});
}

SHARED void on_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

SHARED void turn(struct fixture *f)
{
    uv_run(mu_loop_uv(f->loop), UV_RUN_ONCE);
    if (f->timed_out)
        fail_msg("nothing came for %d s", WATCHDOG_MS / 1000);
}

SHARED void stop(struct fixture *f)
{
    if (f->sub)
        mu_hub_unsubscribe(f->hub, f->sub);
    f->sub = NULL;
    f->closed = false;
    mu_runner_close(f->runner, on_closed, f);
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (!f->closed)
        turn(f);
    mu_timer_free(f->watchdog);
    mu_timer_free(f->beat);
    mu_loop_run(f->loop);
    mu_loop_free(f->loop);
    mu_runner_free(f->runner);
    mu_hub_free(f->hub);
    mu_store_close(f->store);
}

SHARED int make_dirs(void **state)
{
    struct fixture *f = mu_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/muster-runner-XXXXXX");
    *state = f;
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->work, sizeof f->work, "%s/work", f->dir);
    return mkdir(f->work, 0700);
}

SHARED int setup(void **state)
{
    int rc = make_dirs(state);
    if (!rc)
        serve(*state);
    return rc;
}

SHARED int remove_dirs(void **state)
{
    struct fixture *f = *state;
    forget_pushes(f);
    remove_tree(f->dir);
    free(f);
    return 0;
}

SHARED int teardown(void **state)
{
    stop(*state);
    return remove_dirs(state);
}

/* ---- requests ---- */

SHARED void on_outcome(void *ctx, const struct mu_outcome *o)
{
    struct fixture *f = ctx;
    assert_false(f->answered);
    f->answered = true;
    f->code = o->code;
    f->queued = o->sent && o->sent->queued;
    snprintf(f->message, sizeof f->message, "%s", o->message ? o->message : "");
    if (o->project)
        snprintf(f->project, sizeof f->project, "%s", o->project->id);
    else if (o->session)
        snprintf(f->session, sizeof f->session, "%s", o->session->id);
}

SHARED enum mu_code settle(struct fixture *f)
{
    mu_runner_flush(f->runner);
    assert_true(f->answered);
    f->answered = false;
    return f->code;
}

SHARED void make_session(struct fixture *f, const char *agent, const char *options)
{
    struct mu_rec_create_project p = {.path = f->work};
    mu_runner_create_project(f->runner, &p, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    struct mu_rec_create_session s = {.agent = agent, .options = options};
    mu_runner_create_session(f->runner, f->project, &s, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    listen_to(f);
}

SHARED enum mu_code prompt(struct fixture *f, const char *id, const char *text)
{
    struct mu_rec_send_message m = {.id = id, .text = text};
    mu_runner_prompt(f->runner, f->session, &m, on_outcome, f);
    return settle(f);
}

SHARED enum mu_code cancel(struct fixture *f)
{
    mu_runner_cancel(f->runner, f->session, on_outcome, f);
    return settle(f);
}

/* ---- what is stored ---- */

struct seen {
    struct mu_rec_session *row;
    bool has_run;
};

SHARED void on_seen(void *ctx, const struct mu_rec_session *row,
                    const struct mu_session_private *priv)
{
    struct seen *s = ctx;
    s->row = mu_rec_clone(&mu_session_desc, row);
    s->has_run = priv->run_id != NULL;
}

SHARED struct mu_rec_session *row(struct fixture *f)
{
    struct seen s = {0};
    assert_int_equal(mu_store_get_session(f->store, f->session, on_seen, &s), 0);
    return s.row;
}

SHARED enum mu_session_state state_of(struct fixture *f)
{
    struct mu_rec_session *r = row(f);
    enum mu_session_state state = r->state;
    mu_rec_free(&mu_session_desc, r);
    return state;
}

SHARED void assert_state(struct fixture *f, enum mu_session_state state, const char *error)
{
    struct mu_rec_session *r = row(f);
    if (r->state != state || !mu_str_eq(r->error_message, error))
        fail_msg("state %s, error %s", mu_session_state_text(r->state),
                 r->error_message ? r->error_message : "none");
    mu_rec_free(&mu_session_desc, r);
}

SHARED void on_text_of(void *ctx, const struct mu_rec_message *m)
{
    struct mu_buf *b = ctx;
    mu_buf_printf(b, "%s%s|", mu_message_kind_text(m->kind), m->streaming ? "*" : "");
    mu_buf_str(b, m->text);
    mu_buf_char(b, '\n');
}

/* The transcript, a line a message: "user|echo hi". Owned. */
SHARED char *transcript(struct fixture *f)
{
    struct mu_buf b = {0};
    bool older;
    assert_int_equal(mu_store_page_messages(f->store, f->session, 0, 1000, INT64_MAX / 2, &older,
                                            on_text_of, &b),
                     0);
    return mu_buf_take(&b);
}

SHARED void assert_transcript(struct fixture *f, const char *expected)
{
    char *t = transcript(f);
    assert_string_equal(t, expected);
    free(t);
}

/* ---- waiting ---- */

/* Runs the loop until the session is not working (any more). */
SHARED void until_quiet(struct fixture *f)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (state_of(f) == MU_session_state_WORKING)
        turn(f);
    mu_timer_stop(f->watchdog);
}

SHARED void until_push(struct fixture *f, const char *event)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    while (!find_push(f, event))
        turn(f);
    mu_timer_stop(f->watchdog);
}

SHARED size_t runs_left(struct fixture *f)
{
    char path[128];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/runs", f->dir);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

SHARED void until_no_runs(struct fixture *f)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (runs_left(f) > 0)
        turn(f);
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
}

/* True when the process has ended, reaped or not. */
SHARED bool is_gone(long pid)
{
    char path[64];
    char state = 'Z';
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    if (file)
        fclose(file);
    return state == 'Z' || state == 'X';
}

/* ---- an agent of the test's own ---- */

/* Serves, with a session of an agent whose program, named by the variable, is this script. */
SHARED void serve_script(struct fixture *f, const char *agent, const char *variable,
                         const char *script)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->dir, agent);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(script, file) >= 0 && fclose(file) == 0 && chmod(path, 0700) == 0);
    setenv(variable, path, 1);
    serve(f);
    make_session(f, agent, NULL);
}

/* A teardown. Agents outlive a server: this one's are ended with the session. */
SHARED int without_agent(void **state)
{
    struct fixture *f = *state;
    mu_runner_delete_session(f->runner, f->session, on_outcome, f);
    assert_int_equal(settle(f), MU_CODE_OK);
    until_no_runs(f);
    return teardown(state);
}

/* ---- main ---- */

/* True when this process is a holder or a helper, which then has run: *status is its exit status.
 */
SHARED bool is_holder(int argc, char **argv, int *status)
{
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    if (argc != 3 || strcmp(argv[1], "hold") != 0)
        return false;
    *status = mu_hold_main(argv[2]);
    return true;
}

#endif
