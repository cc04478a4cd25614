/* A runner whose agent asks of its host. It is the shell's agent, whose dialect here writes answers
 * down instead of telling them; requests are emitted by hand. */
#ifndef MU_TEST_SERVE_FIXTURE_H
#define MU_TEST_SERVE_FIXTURE_H

#include "runner_fixture.h"

#include "runner/internal.h"
#include "runner/serve.h"

enum { ANSWERS_MAX = 200 };

static struct answer {
    char *id;
    json_t *result;
    char *error;
} answers[ANSWERS_MAX];
static size_t answer_count;
static size_t answer_bytes; /* that each answer writes to the agent */

SHARED void on_served(void *state, const struct mu_agent_served *served, struct mu_buf *out)
{
    MU_UNUSED(state);
    assert_true(answer_count < ANSWERS_MAX);
    assert_int_equal(served->result != NULL, served->error == NULL);
    struct answer *a = &answers[answer_count++];
    a->id = mu_strdup(served->id);
    a->error = mu_strdup(served->error);
    a->result = served->result ? json_loads(served->result, JSON_ALLOW_NUL, NULL) : NULL;
    assert_int_equal(served->result != NULL, a->result != NULL);
    mu_buf_reserve(out, answer_bytes + 1);
    memset(out->data, 'x', answer_bytes + 1);
    out->len = answer_bytes + 1;
}

SHARED void forget_answers(void)
{
    for (size_t i = 0; i < answer_count; i++) {
        free(answers[i].id);
        free(answers[i].error);
        json_decref(answers[i].result);
    }
    answer_count = 0;
}

static struct mu_dialect dialect;
static struct mu_agent agent;

/* The one run, its dialect replaced. */
SHARED struct run *the_run(struct fixture *f)
{
    struct run *run = f->runner->runs;
    assert_non_null(run);
    assert_null(run->hh.next);
    dialect = mu_dialect_shell;
    dialect.served = on_served;
    agent = *mu_agent_find("shell");
    agent.dialect = &dialect;
    run->agent = &agent;
    return run;
}

SHARED void begin(void **state, struct fixture **f)
{
    *f = *state;
    forget_answers();
    answer_bytes = 0;
    make_session(*f, "shell", NULL);
    assert_int_equal(prompt(*f, "p1", "exec tail -f /dev/null"), MU_CODE_OK);
    the_run(*f);
}

SHARED void finish(struct fixture *f)
{
    cancel(f);
    until_quiet(f);
    until_no_runs(f);
    assert_null(f->runner->terminals);
    forget_answers();
}

SHARED void ask(struct fixture *f, const char *id, const char *method, const char *params)
{
    struct mu_agent_event ev = {.kind = MU_AG_SERVE, .id = id, .name = method, .input = params};
    output_event(the_run(f), &ev);
}

SHARED struct answer *find_answer(const char *id)
{
    for (size_t i = 0; i < answer_count; i++)
        if (strcmp(answers[i].id, id) == 0)
            return &answers[i];
    return NULL;
}

SHARED struct answer *until_answer(struct fixture *f, const char *id)
{
    mu_timer_start(f->watchdog, WATCHDOG_MS, 0);
    mu_timer_start(f->beat, 5, 5);
    while (!find_answer(id))
        turn(f);
    mu_timer_stop(f->beat);
    mu_timer_stop(f->watchdog);
    mu_runner_flush(f->runner);
    return find_answer(id);
}

SHARED const char *text_of(const struct answer *a, const char *key)
{
    if (!a->result)
        fail_msg("%s", a->error);
    return json_string_value(json_object_get(a->result, key));
}

SHARED const char *error_of(struct fixture *f, const char *id)
{
    const struct answer *a = until_answer(f, id);
    assert_non_null(a->error);
    return a->error;
}

SHARED void assert_part(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("%s: not in: %s", part, text ? text : "nothing");
}

#endif
