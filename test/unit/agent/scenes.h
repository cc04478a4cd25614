/*
 * Scenes: what a real agent printed, and the events that must come of it; for the tests of
 * dialects.
 *
 * A file of scenes has one JSON object a line. A scene begins with {"scene": name}, to which
 * `resume` (the agent's id of a conversation) and `options` may be added; then comes what happened:
 *
 *   {"prompt": text}               a prompt is given
 *   {"out": {…}}, {"text": "…"}    a line of stdout: JSON, or one that is none
 *   {"err": "…"}                   a line of stderr
 *   {"interrupt": id}              the turn is told to end
 *   {"answer": {"decision", …}}    the newest request that is open is answered
 *   {"configure": {…}}             the session's options are other ones
 *   {"exit": {"code"|"signal"}}    the process has ended
 *
 * and it ends with {"expect": [a line for each event]}. PRINT_SCENES=1 prints what came instead of
 * comparing it.
 */
#ifndef MU_TEST_AGENT_SCENES_H
#define MU_TEST_AGENT_SCENES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

/* How a file of scenes is played. */
struct scenes {
    const struct mu_dialect *dialect;
    const char *file; /* in test/unit/agent */
    size_t piece;     /* bytes of output fed at a time; 0: all at once */
    bool inputs;      /* what is written to stdin is an event, too */
    bool facts;       /* so are facts */
    bool reopened;    /* the state is saved and opened again after each line */
};

struct scene {
    const struct scenes *how;
    char name[96];
    char asked[160]; /* the newest request */
    struct mu_buf trace;
    struct mu_buf out; /* stdout of the present process that was not fed yet */
    void *state;
};

static const char *const scene_events[] = {
    [MU_AG_TEXT] = "delta",       [MU_AG_FINAL] = "final",        [MU_AG_RESET] = "reset",
    [MU_AG_TOOL_CALL] = "call",   [MU_AG_TOOL_UPDATE] = "update", [MU_AG_TOOL_RESULT] = "result",
    [MU_AG_PLAN] = "plan",        [MU_AG_NOTICE] = "notice",      [MU_AG_CLI_SESSION] = "session",
    [MU_AG_TITLE] = "title",      [MU_AG_FACTS] = "facts",        [MU_AG_SEND] = "send",
    [MU_AG_SERVE] = "serve",      [MU_AG_ASKED] = "asked",        [MU_AG_ANSWERED] = "answered",
    [MU_AG_TURN_BEGAN] = "began", [MU_AG_TURN_DONE] = "done",
};
static const char *const scene_outcomes[] = {"ok", "error", "cancelled", "restart", "forget"};

/* Pieces of one text are joined. */
static inline void scene_text(struct mu_buf *b, const struct mu_agent_event *ev)
{
    char head[64];
    int n = snprintf(head, sizeof head, "\n%s %s: ", scene_events[ev->kind],
                     ev->message ? mu_message_kind_text(ev->message) : "");
    const char *last = b->data ? strrchr(b->data, '\n') : NULL;
    if (!last || strncmp(last, head, (size_t)n) != 0)
        mu_buf_str(b, head);
    mu_buf_add(b, ev->text, ev->n);
}

/* Written bytes, one line of them each. */
static inline void scene_input(struct mu_buf *b, const char *data, size_t n)
{
    while (n > 0) {
        const char *end = memchr(data, '\n', n);
        size_t len = end ? (size_t)(end - data) : n;
        mu_buf_str(b, "\nsend ");
        mu_buf_add(b, data, len);
        n -= end ? len + 1 : len;
        data += end ? len + 1 : len;
    }
}

static inline void scene_usage(struct mu_buf *b, const struct mu_agent_usage *u)
{
    mu_buf_printf(b, " [%lld in, %lld out, %lld read, %lld written]", (long long)u->input_tokens,
                  (long long)u->output_tokens, (long long)u->cache_read_tokens,
                  (long long)u->cache_write_tokens);
}

static inline void scene_more(struct mu_buf *b, const char *what, const char *value)
{
    if (value)
        mu_buf_printf(b, " %s=%s", what, value);
}

/* An event as a line. */
static inline void scene_event(void *ctx, const struct mu_agent_event *ev)
{
    struct scene *s = ctx;
    struct mu_buf *b = &s->trace;
    if ((ev->kind == MU_AG_FACTS && !s->how->facts) || (ev->kind == MU_AG_SEND && !s->how->inputs))
        return;
    if (ev->kind == MU_AG_ASKED)
        snprintf(s->asked, sizeof s->asked, "%s", ev->id);
    if (ev->kind == MU_AG_TEXT) {
        scene_text(b, ev);
        return;
    }
    if (ev->kind == MU_AG_SEND) {
        scene_input(b, ev->text, ev->n);
        return;
    }
    mu_buf_printf(b, "\n%s", scene_events[ev->kind]);
    if (ev->kind == MU_AG_TURN_DONE)
        mu_buf_printf(b, " %s", scene_outcomes[ev->outcome]);
    else if (ev->message)
        mu_buf_printf(b, " %s", mu_message_kind_text(ev->message));
    if (ev->failed && ev->kind == MU_AG_TOOL_RESULT)
        mu_buf_str(b, " failed");
    if (ev->name)
        mu_buf_printf(b, " %s", ev->name);
    if (ev->title)
        mu_buf_printf(b, " (%s)", ev->title);
    if (ev->parent)
        mu_buf_str(b, " within another");
    if (s->how->facts)
        scene_more(b, "facts", ev->metadata);
    scene_more(b, "diffs", ev->diffs);
    if (s->how->inputs) {
        scene_more(b, "input", ev->input);
        scene_more(b, "offers", ev->suggestions);
        scene_more(b, "questions", ev->questions);
    }
    if (ev->usage && s->how->inputs)
        scene_usage(b, ev->usage);
    if (ev->text)
        mu_buf_printf(b, ": %s", ev->text);
}

static inline void scene_feed(struct scene *s)
{
    size_t step = s->how->piece ? s->how->piece : s->out.len;
    for (size_t at = 0; at < s->out.len; at += step) {
        size_t n = s->out.len - at < step ? s->out.len - at : step;
        size_t held =
            s->how->dialect->feed(s->state, MU_STREAM_OUT, s->out.data + at, n, scene_event, s);
        assert_true(held <= n);
    }
    mu_buf_clear(&s->out);
}

static inline void scene_exit(struct scene *s, const json_t *exit)
{
    struct mu_exit how = {.kind = MU_EXIT_CODE, .reason = "x"};
    struct mu_agent_end *end = mu_alloc(sizeof *end);
    how.code = (int)json_integer_value(json_object_get(exit, "code"));
    how.signal = (int)json_integer_value(json_object_get(exit, "signal"));
    if (how.signal)
        how.kind = MU_EXIT_SIGNAL;
    s->how->dialect->exited(s->state, &how, true, end, scene_event, s);
    mu_buf_printf(&s->trace, "\nend %s%s%s", scene_outcomes[end->outcome], *end->text ? ": " : "",
                  end->text);
    free(end);
}

static inline void scene_answer(struct scene *s, const json_t *json, struct mu_buf *input)
{
    static const char *const words[] = {"", "allow", "allow_always", "deny", "deny_interrupt"};
    const char *word = json_string_value(json_object_get(json, "decision"));
    char *answers = json_dumps(json_object_get(json, "answers"), JSON_COMPACT);
    char *asked = json_dumps(json_object_get(json, "input"), JSON_COMPACT);
    char *offers = json_dumps(json_object_get(json, "suggestions"), JSON_COMPACT);
    struct mu_agent_answer answer = {
        .id = s->asked, .message = "no", .input = asked, .suggestions = offers, .answers = answers};
    for (size_t i = 1; i < MU_COUNT(words); i++)
        if (word && strcmp(word, words[i]) == 0)
            answer.decision = (enum mu_permission_decision)i;
    s->how->dialect->answer(s->state, &answer, input);
    free(answers);
    free(asked);
    free(offers);
}

/* What is said to the agent. False: the line says something else. */
static inline bool scene_said(struct scene *s, const json_t *line, struct mu_buf *input)
{
    const struct mu_dialect *d = s->how->dialect;
    const json_t *prompt = json_object_get(line, "prompt");
    const char *interrupt = json_string_value(json_object_get(line, "interrupt"));
    const json_t *answer = json_object_get(line, "answer");
    const json_t *options = json_object_get(line, "configure");
    if (!prompt && !interrupt && !answer && !options)
        return false;
    scene_feed(s);
    if (prompt)
        d->prompt(s->state, &(struct mu_agent_prompt){.text = json_string_value(prompt)}, input);
    if (interrupt)
        d->interrupt(s->state, interrupt, input);
    if (answer)
        scene_answer(s, answer, input);
    if (options && d->configure)
        d->configure(s->state, options, input);
    return true;
}

static inline void scene_reopen(struct scene *s)
{
    struct mu_buf json = {0};
    scene_feed(s);
    s->how->dialect->save(s->state, &json);
    json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(saved);
    s->how->dialect->close(s->state);
    s->state = s->how->dialect->open(NULL, saved);
    json_decref(saved);
    mu_buf_release(&json);
}

static inline void scene_line(struct scene *s, const json_t *line)
{
    const struct mu_dialect *d = s->how->dialect;
    struct mu_buf input = {0};
    const json_t *out = json_object_get(line, "out");
    const char *err = json_string_value(json_object_get(line, "err"));
    const char *text = json_string_value(json_object_get(line, "text"));
    if (scene_said(s, line, &input)) {
        if (s->how->inputs && input.len)
            scene_input(&s->trace, input.data, input.len);
    } else if (out) {
        char *dump = json_dumps(out, JSON_COMPACT);
        mu_buf_str(&s->out, dump);
        mu_buf_char(&s->out, '\n');
        free(dump);
    } else if (text) {
        mu_buf_printf(&s->out, "%s\n", text);
    } else if (err) {
        scene_feed(s);
        d->feed(s->state, MU_STREAM_ERR, err, strlen(err), scene_event, s);
        d->feed(s->state, MU_STREAM_ERR, "\n", 1, scene_event, s);
    } else if (json_object_get(line, "exit")) {
        scene_feed(s);
        scene_exit(s, json_object_get(line, "exit"));
        return;
    }
    mu_buf_release(&input);
    if (s->how->reopened)
        scene_reopen(s);
}

static inline void scene_begin(struct scene *s, const json_t *line)
{
    char *options = json_dumps(json_object_get(line, "options"), JSON_COMPACT);
    struct mu_agent_start start = {
        .run_id = "run",
        .program = "agent",
        .cwd = "/home/user/project",
        .cli_session_id = json_string_value(json_object_get(line, "resume")),
        .options = options,
    };
    snprintf(s->name, sizeof s->name, "%s", json_string_value(json_object_get(line, "scene")));
    *s->asked = '\0';
    s->state = s->how->dialect->open(&start, NULL);
    free(options);
}

static inline void scene_end(struct scene *s, const json_t *expect)
{
    struct mu_buf want = {0};
    size_t i;
    json_t *line;
    scene_feed(s);
    json_array_foreach((json_t *)expect, i, line)
        mu_buf_printf(&want, "\n%s", json_string_value(line));
    if (getenv("PRINT_SCENES"))
        printf("\n=== %s%s\n", s->name, s->trace.data ? s->trace.data : "");
    else if (!mu_str_eq(want.data, s->trace.data))
        fail_msg("%s: expected%s\ngot%s", s->name, want.data, s->trace.data);
    mu_buf_release(&want);
    s->how->dialect->close(s->state);
    mu_buf_release(&s->trace);
    mu_buf_release(&s->out);
}

/* Plays every scene of the file; returns how many there are. */
static inline size_t scenes_play(const struct scenes *how)
{
    char path[512];
    char *line = NULL;
    size_t cap = 0;
    size_t count = 0;
    struct scene s = {.how = how};
    snprintf(path, sizeof path, MU_SOURCE_ROOT "/test/unit/agent/%s", how->file);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (getline(&line, &cap, file) > 0) {
        json_t *json = json_loads(line, 0, NULL);
        assert_non_null(json);
        if (json_object_get(json, "scene")) {
            scene_begin(&s, json);
        } else if (json_object_get(json, "expect")) {
            scene_end(&s, json_object_get(json, "expect"));
            count++;
        } else {
            scene_line(&s, json);
        }
        json_decref(json);
    }
    free(line);
    fclose(file);
    return count;
}

#endif
