#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hold/hold.h"
#include "runner/serve.h"

/* ---- terminal/create ---- */

static bool is_text(const json_t *value)
{
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

/* NULL, or what is wrong with the parameters. */
static const char *check(const json_t *params)
{
    const json_t *args = json_object_get(params, "args");
    const json_t *env = json_object_get(params, "env");
    const json_t *item;
    size_t i;
    if (!is_text(json_object_get(params, "command")) ||
        json_string_length(json_object_get(params, "command")) == 0)
        return "The request has no command.";
    if ((args && !json_is_array(args) && !json_is_null(args)) ||
        (env && !json_is_array(env) && !json_is_null(env)))
        return "The arguments and the environment must be lists.";
    json_array_foreach((json_t *)args, i, item)
    {
        if (!is_text(item))
            return "Every argument must be text.";
    }
    json_array_foreach((json_t *)env, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "name"));
        if (!is_text(json_object_get(item, "name")) || !is_text(json_object_get(item, "value")) ||
            !*name || strchr(name, '='))
            return "Every variable of the environment must have a name, and a value that is text.";
    }
    return NULL;
}

static int64_t byte_limit(const json_t *params)
{
    const json_t *value = json_object_get(params, "outputByteLimit");
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || n > RUNNER_TERMINAL_BYTES)
        return RUNNER_TERMINAL_BYTES;
    return n;
}

static void put_argv(const json_t *params, const char **argv)
{
    const json_t *args = json_object_get(params, "args");
    const char *command = json_string_value(json_object_get(params, "command"));
    size_t n = json_array_size(args);
    if (n == 0) {
        argv[0] = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
        argv[1] = "-c";
        argv[2] = command;
        return;
    }
    argv[0] = command;
    for (size_t i = 0; i < n; i++)
        argv[i + 1] = json_string_value(json_array_get(args, i));
}

/* Owned; NULL: too large. */
static char *make_spec(const char *id, const json_t *params, const char *cwd)
{
    const json_t *vars = json_object_get(params, "env");
    size_t n_env = json_array_size(vars);
    size_t n_args = json_array_size(json_object_get(params, "args"));
    const char **argv = mu_alloc((n_args + 4) * sizeof *argv);
    struct mu_hold_env *env = mu_alloc((n_env + 1) * sizeof *env);
    struct mu_buf out = {0};
    put_argv(params, argv);
    for (size_t i = 0; i < n_env; i++) {
        const json_t *var = json_array_get(vars, i);
        env[i].name = json_string_value(json_object_get(var, "name"));
        env[i].value = json_string_value(json_object_get(var, "value"));
    }
    struct mu_hold_spec spec = {
        .run = id, .argv = argv, .env = env, .n_env = n_env, .cwd = cwd, .one_output = true};
    if (mu_hold_spec_put(&out, &spec) || out.len > MU_HOLD_SPEC_MAX)
        mu_buf_release(&out);
    free(argv);
    free(env);
    return out.data ? mu_buf_take(&out) : NULL;
}

static struct terminal *find_asked(const struct run *run, const char *request)
{
    for (struct terminal *t = run->r->terminals; t; t = t->hh.next)
        if (strcmp(t->run_id, run->id) == 0 && !t->removing && mu_str_eq(t->request, request))
            return t;
    return NULL;
}

void terminal_create(struct run *run, const char *id, const json_t *params, const char *cwd)
{
    char terminal_id[MU_ID_SIZE];
    struct terminal *t = find_asked(run, id);
    if (t) {
        terminal_answer_create(t);
        return;
    }
    const char *wrong = check(params);
    if (wrong) {
        serve_answer(run, id, NULL, wrong);
        return;
    }
    if (terminals_of_run(run) >= RUNNER_TERMINALS_MAX) {
        serve_fail(run, id, "A session has at most %d terminals; release one that is not needed.",
                   RUNNER_TERMINALS_MAX);
        return;
    }
    mu_id_new(terminal_id);
    char *spec = make_spec(terminal_id, params, cwd);
    if (spec && run->sess && !run->ended)
        terminal_new(run, id, spec, terminal_id, byte_limit(params));
    else
        free(spec);
    if (!spec)
        serve_answer(run, id, NULL,
                     "The command is too long, or the directory's name is not "
                     "UTF-8.");
}

/* ---- terminal/output ---- */

/* The bytes at the end that begin a character whose rest has not come. */
static size_t unfinished(const char *p, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)p[n - back];
        if (c < 0x80)
            return 0;
        if (c >= 0xc0) {
            size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
            return need > back ? back : 0;
        }
    }
    return 0;
}

static void output(struct run *run, const char *id, const struct terminal *t)
{
    struct mu_buf json = {0};
    const char *p = t->tail.data ? t->tail.data : "";
    size_t n = t->tail.len, limit = (size_t)t->byte_limit;
    bool truncated = t->cut || t->total > limit;
    if (n > limit) {
        p += n - limit;
        n = limit;
    }
    for (int i = 0; i < 3 && truncated && n > 0 && ((unsigned char)*p & 0xc0) == 0x80; i++) {
        p++;
        n--;
    }
    if (!t->exit)
        n -= unfinished(p, n);
    mu_buf_str(&json, "{\"output\":");
    mu_buf_json_n(&json, p, n);
    mu_buf_printf(&json, ",\"truncated\":%s", truncated ? "true" : "false");
    if (t->exit)
        mu_buf_printf(&json, ",\"exitStatus\":%s", t->exit);
    mu_buf_char(&json, '}');
    serve_answer(run, id, json.data, NULL);
    mu_buf_release(&json);
}

/* ---- the others ---- */

static void wait_for(struct run *run, const char *id, struct terminal *t, enum waiting what)
{
    if (t->exit) {
        serve_answer(run, id, what == WAIT_EXIT ? t->exit : "{}", NULL);
        return;
    }
    if (!terminal_wait(t, what, id))
        serve_fail(run, id, "Too many requests wait for this terminal (at most %d).",
                   RUNNER_TERMINAL_WAITERS);
    else if (what == WAIT_KILL)
        terminal_kill(t);
}

static void release(struct run *run, const char *id, struct terminal *t)
{
    terminal_answer_waiters(t);
    terminal_remove(t);
    serve_answer(run, id, "{}", NULL);
}

/* The run's own, that is not released; or NULL. */
static struct terminal *find_own(const struct run *run, const json_t *params)
{
    const char *id = json_string_value(json_object_get(params, "terminalId"));
    struct terminal *t = id ? terminal_find(run->r, id) : NULL;
    return t && !t->removing && !t->gone && strcmp(t->run_id, run->id) == 0 ? t : NULL;
}

bool terminal_is_behind(const struct run *run, const char *method, const json_t *params)
{
    const struct terminal *t =
        strcmp(method, "terminal/output") == 0 ? find_own(run, params) : NULL;
    return t && t->behind > 0;
}

bool terminal_serve(struct run *run, const char *id, const char *method, const json_t *params)
{
    const char *name = strncmp(method, "terminal/", 9) == 0 ? method + 9 : "";
    bool is_output = strcmp(name, "output") == 0;
    bool is_wait = strcmp(name, "wait_for_exit") == 0;
    bool is_kill = strcmp(name, "kill") == 0;
    if (!is_output && !is_wait && !is_kill && strcmp(name, "release") != 0)
        return false;
    struct terminal *t = find_own(run, params);
    if (!t)
        serve_answer(run, id, NULL, "This session has no such terminal; was it released?");
    else if (is_output)
        output(run, id, t);
    else if (is_wait || is_kill)
        wait_for(run, id, t, is_wait ? WAIT_EXIT : WAIT_KILL);
    else
        release(run, id, t);
    return true;
}
