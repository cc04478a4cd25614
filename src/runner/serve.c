#include "runner/serve.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "io/files.h"

struct job {
    struct job *prev, *next;
    char *id, *method, *input;
    size_t bytes;
};

struct serve {
    struct job *queue;
    size_t count, bytes;
    char *busy; /* the id of what is carried out off the loop */
    int64_t last_answer;
    size_t unread; /* bytes of answers up to last_answer, none of which is confirmed */
};

/* What is carried out off the loop, on copies. */
struct work {
    struct mu_runner *r;
    char run_id[MU_ID_SIZE];
    struct job *job;
    char *root;
    json_t *params;
    char *cwd;
    struct mu_buf result, why;
};

static void job_free(struct job *job)
{
    free(job->id);
    free(job->method);
    free(job->input);
    free(job);
}

static void drop_jobs(struct serve *s)
{
    struct job *job, *next;
    DL_FOREACH_SAFE(s->queue, job, next) job_free(job);
    s->queue = NULL;
    s->count = s->bytes = 0;
}

/* ---- answers ---- */

void serve_answer(struct run *run, const char *id, const char *result, const char *error)
{
    struct mu_buf bytes = {0};
    if (!run->sess || run->ended || !run->agent->dialect->served)
        return;
    struct mu_agent_served served = {.id = id, .result = result, .error = error};
    run->agent->dialect->served(run->state, &served, &bytes);
    run_mark(run, RUN_DERIVED);
    if (bytes.len && !run->closing) {
        run_input(run, &bytes, false);
        if (run->serve) {
            run->serve->last_answer = run->last_input;
            run->serve->unread += bytes.len;
        }
    }
    mu_buf_release(&bytes);
}

void serve_fail(struct run *run, const char *id, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    text[mu_utf8_cut(text, strlen(text))] = '\0';
    serve_answer(run, id, NULL, text);
}

/* ---- off the loop ---- */

static const char *text_param(const json_t *params, const char *key)
{
    const json_t *value = json_object_get(params, key);
    const char *text = json_string_value(value);
    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

static int64_t count_param(const json_t *params, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(params, key);
    json_int_t n = json_integer_value(value);
    return json_is_integer(value) && n >= 0 ? n : otherwise;
}

static void read_file(struct work *w, const struct mu_files_root *root, const char *path)
{
    struct mu_buf text = {0};
    int rc = mu_files_read(root, path, count_param(w->params, "line", 1),
                           count_param(w->params, "limit", -1), &text, &w->why);
    if (rc == 0) {
        mu_buf_str(&w->result, "{\"content\":");
        mu_buf_json_n(&w->result, text.data ? text.data : "", text.len);
        mu_buf_char(&w->result, '}');
        if (w->result.len > RUNNER_SERVE_RESULT)
            mu_buf_printf(&w->why,
                          "%s cannot be read: as JSON it is more than %d bytes; ask for "
                          "some of its lines.",
                          path, RUNNER_SERVE_RESULT);
    }
    mu_buf_release(&text);
}

static void write_file(struct work *w, const struct mu_files_root *root, const char *path)
{
    const json_t *content = json_object_get(w->params, "content");
    if (!json_is_string(content)) {
        mu_buf_str(&w->why, "The request has no content.");
        return;
    }
    int rc = mu_files_write(root, path, json_string_value(content), json_string_length(content),
                            &w->why);
    if (rc == 0)
        mu_buf_str(&w->result, "{}");
}

static void find_cwd(struct work *w, const struct mu_files_root *root)
{
    const json_t *cwd = json_object_get(w->params, "cwd");
    const char *path = text_param(w->params, "cwd");
    if (!cwd || json_is_null(cwd))
        path = w->root;
    if (!path)
        mu_buf_str(&w->why, "The request's cwd is not a path.");
    else if (mu_files_directory(root, path, &w->cwd, &w->why) == 0)
        mu_buf_str(&w->result, "{}");
}

static void on_work(void *ctx)
{
    struct work *w = ctx;
    struct mu_files_root root = {.path = w->root};
    w->params = json_loads(w->job->input, JSON_ALLOW_NUL, NULL);
    const char *path = text_param(w->params, "path");
    bool create = strcmp(w->job->method, "terminal/create") == 0;
    if (create)
        find_cwd(w, &root);
    else if (!path)
        mu_buf_str(&w->why, "The request has no path.");
    else if (strcmp(w->job->method, "fs/read_text_file") == 0)
        read_file(w, &root, path);
    else
        write_file(w, &root, path);
}

static void serve_next(struct run *run);

static void on_work_done(void *ctx)
{
    struct work *w = ctx;
    struct run *run = run_find(w->r, w->run_id);
    if (run && run->serve && mu_str_eq(run->serve->busy, w->job->id)) {
        mu_str_set(&run->serve->busy, NULL);
        if (w->why.len)
            serve_answer(run, w->job->id, NULL, w->why.data);
        else if (w->cwd)
            terminal_create(run, w->job->id, w->params, w->cwd);
        else
            serve_answer(run, w->job->id, w->result.data, NULL);
        serve_next(run);
    }
    w->r->works--;
    runner_check_closed(w->r);
    job_free(w->job);
    json_decref(w->params);
    mu_buf_release(&w->result);
    mu_buf_release(&w->why);
    free(w->root);
    free(w->cwd);
    free(w);
}

/* ---- requests ---- */

static bool belongs_off_the_loop(const char *method)
{
    return strcmp(method, "fs/read_text_file") == 0 || strcmp(method, "fs/write_text_file") == 0 ||
           strcmp(method, "terminal/create") == 0;
}

static void start_work(struct run *run, struct job *job)
{
    struct mu_hold_spec_owned spec;
    int rc = mu_hold_spec_get(run->spec ? run->spec : "", run->spec ? strlen(run->spec) : 0, &spec);
    if (rc) {
        serve_fail(run, job->id, "The project's directory is not known.");
        job_free(job);
        return;
    }
    struct work *w = mu_alloc(sizeof *w);
    w->r = run->r;
    w->job = job;
    w->root = mu_strdup(spec.spec.cwd);
    snprintf(w->run_id, sizeof w->run_id, "%s", run->id);
    mu_hold_spec_release(&spec);
    mu_str_set(&run->serve->busy, job->id);
    run->r->works++;
    mu_loop_work(run->r->loop, on_work, on_work_done, w);
}

/* False: not yet. */
static bool serve_here(struct run *run, const struct job *job)
{
    json_t *params = json_loads(job->input, JSON_ALLOW_NUL, NULL);
    bool now = !terminal_is_behind(run, job->method, params);
    if (now && !terminal_serve(run, job->id, job->method, params))
        serve_fail(run, job->id, "This host has no method %.100s.", job->method);
    json_decref(params);
    return now;
}

static void serve_next(struct run *run)
{
    struct serve *s = run->serve;
    while (s->queue && !s->busy && s->unread < RUNNER_SERVE_UNREAD && !run->r->closing) {
        struct job *job = s->queue;
        bool off_loop = belongs_off_the_loop(job->method);
        if (!off_loop && !serve_here(run, job))
            return;
        DL_DELETE(s->queue, job);
        s->count--;
        s->bytes -= job->bytes;
        if (off_loop)
            start_work(run, job);
        else
            job_free(job);
    }
}

void serve_go_on(struct run *run)
{
    if (run->serve)
        serve_next(run);
}

static bool is_known(const struct serve *s, const char *id)
{
    const struct job *job;
    DL_FOREACH(s->queue, job)
    {
        if (strcmp(job->id, id) == 0)
            return true;
    }
    return mu_str_eq(s->busy, id);
}

void serve_request(struct run *run, const struct mu_agent_event *ev)
{
    if (!run->serve)
        run->serve = mu_alloc(sizeof *run->serve);
    struct serve *s = run->serve;
    size_t n = ev->input ? strlen(ev->input) : 0;
    if (!ev->id || !ev->name || run->ended || run->closing || is_known(s, ev->id))
        return;
    if (s->count >= RUNNER_SERVE_MAX || s->bytes + n > RUNNER_SERVE_BYTES) {
        serve_fail(run, ev->id,
                   "Too many requests are open at once (at most %d of together %d "
                   "bytes); wait for an answer.",
                   RUNNER_SERVE_MAX, RUNNER_SERVE_BYTES);
        return;
    }
    struct job *job = mu_alloc(sizeof *job);
    job->id = mu_strdup(ev->id);
    job->method = mu_strdup(ev->name);
    job->input = mu_strdup(ev->input ? ev->input : "{}");
    job->bytes = n;
    DL_APPEND(s->queue, job);
    s->count++;
    s->bytes += n;
    serve_next(run);
}

void serve_confirmed(struct run *run)
{
    struct serve *s = run->serve;
    if (!s || s->unread == 0 || run->confirmed_input < s->last_answer)
        return;
    s->unread = 0;
    serve_next(run);
}

void serve_reset(struct run *run)
{
    if (!run->serve)
        return;
    drop_jobs(run->serve);
    run->serve->unread = 0;
}

void serve_free(struct run *run)
{
    if (!run->serve)
        return;
    drop_jobs(run->serve);
    free(run->serve->busy);
    free(run->serve);
    run->serve = NULL;
}
