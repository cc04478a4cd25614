#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/internal.h"
#include "runner/serve.h"

static const struct mu_holder_cb holder_callbacks; /* below */

#define NEVER INT64_MAX /* the number of an input that no process gets */

static char *rundir(const struct run *run)
{
    return mu_asprintf("%s/%s", run->r->runs_dir, run->id);
}

struct run *run_find(struct mu_runner *r, const char *id)
{
    struct run *run;
    HASH_FIND_STR(r->runs, id, run);
    return run;
}

/* ---- a run in memory ---- */

struct run *run_make(struct mu_runner *r, const char *id)
{
    struct run *run = mu_alloc(sizeof *run);
    run->r = r;
    snprintf(run->id, sizeof run->id, "%s", id);
    run->timer = mu_timer_new(r->loop, run_on_timer, run);
    HASH_ADD_STR(r->runs, id, run);
    return run;
}

void run_free(struct run *run)
{
    HASH_DEL(run->r->runs, run);
    run_unmark(run);
    if (run->sess) {
        run->sess->run = NULL;
        sess_loose(run->r, run->sess);
    }
    if (run->state)
        run->agent->dialect->close(run->state);
    mu_timer_free(run->timer);
    serve_free(run);
    free(run->spec);
    free(run->lost);
    free(run);
}

/* The agent's environment, and what tells a process of whose it is. */
static int make_spec(struct run *run, const struct sess *s, const char *prompt, const char *cwd)
{
    const struct mu_agent *agent = run->agent;
    struct mu_buf spec = {0};
    struct mu_hold_env *env = mu_alloc((agent->n_env + 2) * sizeof *env);
    for (size_t i = 0; i < agent->n_env; i++)
        env[i] = agent->env[i];
    env[agent->n_env] = (struct mu_hold_env){MU_HOLD_SESSION, run->session_id};
    env[agent->n_env + 1] = (struct mu_hold_env){MU_HOLD_AGENT, agent->id};
    struct mu_agent_start start = {.run_id = run->id,
                                   .program = mu_agent_program(agent),
                                   .args = agent->args,
                                   .env = env,
                                   .n_env = agent->n_env + 2,
                                   .cwd = cwd,
                                   .prompt = prompt,
                                   .cli_session_id = s->s.row.cli_session_id,
                                   .options = s->s.row.options};
    int rc = agent->dialect->spec(&start, &spec);
    run->state = agent->dialect->open(&start, NULL);
    run->spec = mu_buf_take(&spec);
    free(env);
    return rc;
}

static void on_project_path(void *ctx, const struct mu_rec_project *p)
{
    *(char **)ctx = mu_strdup(p->path);
}

struct run *run_new(struct mu_runner *r, struct sess *s, const char *id, const char *prompt,
                    const char *metadata, char why[256])
{
    char *cwd = NULL;
    const struct mu_agent *agent = mu_agent_find(s->s.row.agent);
    int rc = mu_store_get_project(r->store, s->s.row.project_id, on_project_path, &cwd);
    if (!agent || rc) {
        snprintf(why, 256,
                 agent ? "The session's project could not be read."
                       : "This muster does not know the agent of this session.");
        free(cwd);
        return NULL;
    }
    struct run *run = run_make(r, id);
    run->agent = agent;
    run->created_at = mu_now_ms();
    snprintf(run->session_id, sizeof run->session_id, "%s", s->id);
    rc = make_spec(run, s, prompt, cwd);
    free(cwd);
    if (rc) {
        snprintf(why, 256, "The agent could not be started: its command line is %s.",
                 mu_strerror(rc));
        run_free(run);
        return NULL;
    }
    run->sess = s;
    s->run = run;
    run_write(run);
    runner_action(r, EFFECT_START, run);
    run_feed(run, prompt, metadata);
    return run;
}

/* ---- its row ---- */

static void put_decoder(const struct run *run, struct mu_buf *json)
{
    mu_buf_str(json, "{\"speaks\":");
    mu_buf_json(json, run->agent->dialect->id);
    mu_buf_str(json, ",\"dialect\":");
    run->agent->dialect->save(run->state, json);
    if (run->sess) {
        mu_buf_str(json, ",\"transcript\":");
        mu_transcript_save(&run->sess->tr, json);
    }
    mu_buf_printf(json, ",\"prompt_input\":%" PRId64 ",\"output_at\":%" PRId64 ",\"closing\":%s",
                  run->prompt_input, run->output_at, run->closing ? "true" : "false");
    mu_buf_printf(json, ",\"failed\":%" PRId64 ",\"start_at\":%" PRId64 "}", run->failed,
                  run->start_at);
}

void run_write(struct run *run)
{
    run_clean(run);
    if (run->ended || !run->agent)
        return;
    struct mu_buf decoder = {0};
    put_decoder(run, &decoder);
    struct mu_run row = {.id = run->id,
                         .session_id = run->session_id,
                         .agent = run->agent->id,
                         .spec = run->spec,
                         .offset = (int64_t)run->offset,
                         .skip = (int64_t)run->skip,
                         .last_input = run->last_input,
                         .decoder = decoder.data,
                         .created_at = run->created_at};
    runner_note(run->r, mu_store_put_run(run->r->store, &row));
    mu_buf_release(&decoder);
    run_mark(run, RUN_WRITTEN);
    run->written_offset = run->offset;
}

const struct mu_agent *run_agent(const struct mu_run *row)
{
    const struct mu_agent *agent = mu_agent_find(row->agent);
    json_t *decoder = row->decoder ? json_loads(row->decoder, 0, NULL) : NULL;
    const char *speaks = json_string_value(json_object_get(decoder, "speaks"));
    bool same = agent && (!speaks || strcmp(speaks, agent->dialect->id) == 0);
    json_decref(decoder);
    return same ? agent : NULL;
}

void run_load(struct run *run, const struct mu_run *row)
{
    json_t *decoder = row->decoder ? json_loads(row->decoder, 0, NULL) : NULL;
    if (run->state)
        run->agent->dialect->close(run->state);
    run->agent = run_agent(row);
    run->state =
        run->agent ? run->agent->dialect->open(NULL, json_object_get(decoder, "dialect")) : NULL;
    if (run->sess)
        mu_transcript_load(&run->sess->tr, json_object_get(decoder, "transcript"));
    run->prompt_input = json_integer_value(json_object_get(decoder, "prompt_input"));
    run->output_at = json_integer_value(json_object_get(decoder, "output_at"));
    run->closing = json_is_true(json_object_get(decoder, "closing"));
    run->failed = json_integer_value(json_object_get(decoder, "failed"));
    run->start_at = json_integer_value(json_object_get(decoder, "start_at"));
    json_decref(decoder);
    run->offset = run->saved_offset = (uint64_t)row->offset;
    run->skip = (uint64_t)row->skip;
    run->last_input = run->confirmed_input = row->last_input;
    run->created_at = row->created_at;
    snprintf(run->session_id, sizeof run->session_id, "%s", row->session_id);
    mu_str_set(&run->spec, row->spec);
    run->stored = true;
    run->holding = run->ended = false;
    run_unmark(run);
}

static void give_input(void *ctx, int64_t seq, const char *data, size_t n, bool includes)
{
    struct run *run = ctx;
    if (seq <= run->confirmed_input)
        run->confirmed_input = seq - 1;
    int rc = run->holder ? mu_holder_input(run->holder, (uint64_t)seq, data, n, includes) : 0;
    if (rc && rc != -EALREADY && rc != -EPIPE)
        mu_log(MU_LOG_ERROR, "agent_input_refused", "run", run->id, "error", mu_strerror(rc), NULL);
}

/* Also behind a prompt that a former server gave: the holder takes it more than once. */
static void give_stored_inputs(struct run *run)
{
    int rc = mu_store_each_input(run->r->store, run->id, give_input, run);
    if (rc)
        mu_log(MU_LOG_ERROR, "agent_inputs_unreadable", "run", run->id, "error", mu_strerror(rc),
               NULL);
    else if (run->agent && run->agent->dialect->closes_stdin)
        mu_holder_close_stdin(run->holder);
}

void run_rewind(struct run *run, const struct mu_run *row)
{
    run_load(run, row);
    give_stored_inputs(run); /* to know which of them are confirmed */
    serve_reset(run);
    mu_holder_pause(run->holder);
    int rc = mu_holder_rewind(run->holder, run->offset);
    if (rc)
        mu_log(MU_LOG_ERROR, "holder_rewind", "run", run->id, "error", mu_strerror(rc), NULL);
}

/* ---- what it is told ---- */

void run_input(struct run *run, const struct mu_buf *bytes, bool includes)
{
    struct mu_runner *r = run->r;
    int64_t seq = ++run->last_input;
    run_mark(run, RUN_DERIVED);
    runner_note(r, mu_store_put_input(r->store, run->id, seq, bytes->data, bytes->len, includes));
    struct effect *e = runner_effect(&r->actions, EFFECT_INPUT);
    snprintf(e->run_id, sizeof e->run_id, "%s", run->id);
    e->n = seq;
    e->includes = includes;
    mu_buf_add(&e->payload, bytes->data, bytes->len);
}

void run_feed(struct run *run, const char *prompt, const char *metadata)
{
    struct mu_buf bytes = {0};
    const struct mu_dialect *dialect = run->agent->dialect;
    struct mu_agent_prompt given = {.text = prompt};
    struct mu_agent_image *images =
        images_of(run->r, dialect->takes_images ? metadata : NULL, &given.n_images);
    given.images = images;
    if (!run->closing)
        dialect->prompt(run->state, &given, &bytes);
    if (bytes.len)
        run_input(run, &bytes, given.n_images > 0);
    images_free(images, given.n_images);
    /* A prompt for a process that takes none any more is an input that never arrives. */
    run->prompt_input = run->closing ? NEVER : run->last_input;
    run_mark(run, RUN_DERIVED);
    if (run->rung == RUNG_NONE)
        mu_timer_stop(run->timer);
    mu_buf_release(&bytes);
}

void run_interrupt(struct run *run)
{
    struct mu_buf bytes = {0};
    char id[MU_ID_SIZE];
    mu_id_new(id);
    run->agent->dialect->interrupt(run->state, id, &bytes);
    if (bytes.len)
        run_input(run, &bytes, false);
    else /* signals follow: what comes before its end must not be taken for a process that stays */
        run->closing = true;
    run_mark(run, RUN_DERIVED);
    struct effect *e = runner_effect(&run->r->actions, EFFECT_INTERRUPT);
    snprintf(e->run_id, sizeof e->run_id, "%s", run->id);
    e->n = bytes.len > 0;
    mu_buf_release(&bytes);
}

void run_configure(struct run *run)
{
    const struct mu_dialect *dialect = run->agent->dialect;
    const char *text = run->sess->s.row.options;
    if (!dialect->configure || run->closing || run->ended)
        return;
    json_t *options = text ? json_loads(text, 0, NULL) : NULL;
    struct mu_buf bytes = {0};
    dialect->configure(run->state, options, &bytes);
    run_mark(run, RUN_DERIVED);
    if (bytes.len)
        run_input(run, &bytes, false);
    mu_buf_release(&bytes);
    json_decref(options);
}

/* ---- what its holder says ---- */

/* Whatever was consumed; an incomplete line keeps the position where it began. */
static void consumed(struct run *run, uint64_t next)
{
    run_mark(run, RUN_DIRTY);
    if (run->holding)
        return;
    run->offset = next;
    run->skip = 0;
}

static void on_output(void *ctx, enum mu_stream stream, const char *data, size_t n, uint64_t offset,
                      uint64_t next, int64_t time_ms)
{
    struct run *run = ctx;
    size_t skip = offset == run->offset && run->skip <= n ? (size_t)run->skip : 0;
    runner_start_tick(run->r);
    watch_output(run, time_ms);
    if (!run->sess || !run->state) {
        consumed(run, next);
        return;
    }
    size_t len = n - skip;
    size_t held =
        run->agent->dialect->feed(run->state, stream, data + skip, len, output_event, run);
    if (stream == MU_STREAM_OUT) {
        bool begins_here = held > 0 && (held < len || !run->holding);
        run->holding = held > 0;
        if (begins_here) {
            run->offset = offset;
            run->skip = n - held;
        }
    }
    consumed(run, next);
}

static void on_record(struct run *run, uint64_t next)
{
    consumed(run, next);
    runner_start_tick(run->r);
}

static void on_start(void *ctx, const struct mu_spool_start *start, uint64_t offset, uint64_t next,
                     int64_t time_ms)
{
    MU_UNUSED(start);
    MU_UNUSED(offset);
    MU_UNUSED(time_ms);
    on_record(ctx, next);
}

static void on_eof(void *ctx, enum mu_stream stream, uint64_t offset, uint64_t next,
                   int64_t time_ms)
{
    MU_UNUSED(stream);
    MU_UNUSED(offset);
    MU_UNUSED(time_ms);
    on_record(ctx, next);
}

static void on_input_done(void *ctx, uint64_t seq, uint64_t offset, uint64_t next, int64_t time_ms)
{
    MU_UNUSED(offset);
    MU_UNUSED(time_ms);
    struct run *run = ctx;
    if ((int64_t)seq > run->confirmed_input)
        run->confirmed_input = (int64_t)seq;
    if (run->stored)
        runner_note(run->r, mu_store_delete_inputs(run->r->store, run->id, (int64_t)seq));
    run_mark(run, RUN_DERIVED);
    serve_confirmed(run);
    on_record(run, next);
}

void run_finish(struct run *run, enum mu_turn_outcome outcome, const char *text)
{
    struct mu_runner *r = run->r;
    struct sess *s = run->sess;
    if (s) {
        struct mu_update out;
        struct mu_event ev = {.kind = MU_EV_RUN_ENDED,
                              .now = mu_now_ms(),
                              .outcome = outcome,
                              .text = text && *text ? text : NULL};
        output_end_turn(run);
        run->sess = NULL;
        s->run = NULL;
        sess_loose(r, s);
        sess_apply(r, s, &ev, &out);
    }
    run->ended = true;
    run_clean(run);
    terminals_of_run_end(run);
    mu_timer_stop(run->timer);
    if (run->stored)
        runner_note(r, mu_store_delete_run(r->store, run->id));
    runner_action(r, EFFECT_REMOVE, run);
}

static void on_exit_(void *ctx, const struct mu_exit *how, uint64_t offset, uint64_t next,
                     int64_t time_ms)
{
    MU_UNUSED(offset);
    MU_UNUSED(time_ms);
    struct run *run = ctx;
    struct mu_agent_end *end = mu_alloc(sizeof *end);
    bool answered = run->confirmed_input >= run->prompt_input;
    run->end = next;
    run->closing = true;
    if (run->sess && run->state)
        run->agent->dialect->exited(run->state, how, answered, end, output_event, run);
    if (run->prompt_input == NEVER) /* a turn has begun since that it was never told of */
        *end = (struct mu_agent_end){.outcome = MU_TURN_RESTART};
    if (end->passing)
        run_again(run, end->text);
    else
        run_finish(run, end->outcome, end->text);
    free(end);
}

static void finish_lost(struct run *run)
{
    char *text = mu_asprintf("The agent's process was lost: %s", run->lost);
    run_finish(run, MU_TURN_ERROR, text);
    free(text);
}

static void on_lost(void *ctx, const char *reason)
{
    struct run *run = ctx;
    mu_log(MU_LOG_WARN, "run_lost", "run", run->id, "reason", reason, NULL);
    mu_str_set(&run->lost, reason);
    finish_lost(run);
}

static void on_closed(void *ctx)
{
    struct mu_runner *r = ctx;
    r->holders--;
    runner_check_closed(r);
}

/* What was cancelled before it was started is not. */
static void start_if_wanted(struct run *run)
{
    if (run->sess && !run->sess->s.cancelling)
        run_start(run);
    else
        run_finish(run, MU_TURN_CANCELLED, NULL);
}

static void on_never_started(void *ctx)
{
    struct run *run = ctx;
    mu_holder_close(run->holder, on_closed, run->r);
    run->holder = NULL;
    if (run->sess && run->offset > 0) { /* it ran: its prompt must not be given again */
        mu_str_set(&run->lost, "the files of its run are gone");
        finish_lost(run);
    } else {
        start_if_wanted(run);
    }
}

static const struct mu_holder_cb holder_callbacks = {
    .on_start = on_start,
    .on_output = on_output,
    .on_input_done = on_input_done,
    .on_eof = on_eof,
    .on_exit = on_exit_,
    .on_lost = on_lost,
    .on_never_started = on_never_started,
};

void run_start(struct run *run)
{
    struct mu_runner *r = run->r;
    struct mu_hold_spec_owned spec;
    if (run_waits(run))
        return;
    char *dir = rundir(run);
    int rc = mu_hold_spec_get(run->spec, strlen(run->spec), &spec);
    if (rc) {
        mu_str_set(&run->lost, "its command line cannot be read");
        finish_lost(run);
    } else {
        struct mu_holder_start how = {.exe = r->exe, .rundir = dir, .spec = spec.spec};
        run->holder = mu_holder_start(mu_loop_uv(r->loop), &how, &holder_callbacks, run);
        r->holders++;
        r->stats.runs++;
        mu_hold_spec_release(&spec);
        give_stored_inputs(run);
    }
    free(dir);
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
        mu_log(MU_LOG_WARN, "run_dir_kept", "dir", rm->dir, "error", mu_strerror(rc), NULL);
    on_closed(rm->r);
    free(rm->dir);
    free(rm);
}

void run_remove(struct run *run)
{
    struct removal *rm = mu_alloc(sizeof *rm);
    *rm = (struct removal){run->r, rundir(run)};
    if (run->holder) {
        mu_holder_ack(run->holder, run->end);
        mu_holder_close(run->holder, on_removable, rm);
    } else {
        run->r->holders++;
        on_removable(rm);
    }
    run_free(run);
}

/* What the agent asked of its host and was not answered. */
static void ask_again(struct run *run)
{
    if (run->sess && run->state && run->agent->dialect->resumed)
        run->agent->dialect->resumed(run->state, output_event, run);
}

void run_resume(struct run *run)
{
    if (run->lost) {
        finish_lost(run);
    } else if (run->holder) {
        ask_again(run);
        mu_holder_resume(run->holder);
    } else if (run->waiting && !run->ended) {
        start_if_wanted(run);
    }
}

void run_attach(struct run *run)
{
    char *dir = rundir(run);
    run->holder =
        mu_holder_attach(mu_loop_uv(run->r->loop), dir, run->offset, &holder_callbacks, run);
    run->r->holders++;
    free(dir);
    if (!run->sess) {
        run_stop(run);
        return;
    }
    give_stored_inputs(run);
    ask_again(run);
    if (run->closing)
        run_retire(run);
    else if (run->sess->s.cancelling)
        run_climb(run);
    else if (run->sess->s.row.state != MU_session_state_WORKING)
        mu_timer_start(run->timer, run->r->keep_ms, 0);
}
