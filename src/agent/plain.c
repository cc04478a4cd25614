#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/plain.h"
#include "agent/text.h"

struct plain {
    struct mu_utf8_rest rest[2]; /* by enum mu_stream */
    struct mu_words words;       /* of stderr */
    bool shows_stderr;
};

static void load_rest(struct mu_utf8_rest *rest, const json_t *saved)
{
    for (size_t i = 0; i < json_array_size(saved) && i < 3; i++)
        rest->bytes[rest->n++] = (char)json_integer_value(json_array_get(saved, i));
}

void *mu_plain_open(const json_t *saved, bool shows_stderr)
{
    struct plain *s = mu_alloc(sizeof *s);
    s->shows_stderr = shows_stderr;
    load_rest(&s->rest[MU_STREAM_OUT], json_object_get(saved, "out"));
    load_rest(&s->rest[MU_STREAM_ERR], json_object_get(saved, "err"));
    const char *words = json_string_value(json_object_get(saved, "words"));
    if (words)
        mu_words_add(&s->words, words, strlen(words));
    return s;
}

static void save_rest(const struct mu_utf8_rest *rest, struct mu_buf *json)
{
    mu_buf_char(json, '[');
    for (size_t i = 0; i < rest->n; i++)
        mu_buf_printf(json, i ? ",%d" : "%d", (unsigned char)rest->bytes[i]);
    mu_buf_char(json, ']');
}

void mu_plain_save(const void *state, struct mu_buf *json)
{
    const struct plain *s = state;
    struct mu_buf words = {0};
    struct mu_utf8_rest none = {.n = 0};
    mu_text_add(&words, &none, s->words.text, s->words.n);
    mu_buf_str(json, "{\"out\":");
    save_rest(&s->rest[MU_STREAM_OUT], json);
    mu_buf_str(json, ",\"err\":");
    save_rest(&s->rest[MU_STREAM_ERR], json);
    mu_buf_str(json, ",\"words\":");
    mu_buf_json_n(json, words.data, words.len);
    mu_buf_char(json, '}');
    mu_buf_release(&words);
}

void mu_plain_answer(void *state, const struct mu_agent_answer *answer, struct mu_buf *out)
{
    MU_UNUSED(state);
    MU_UNUSED(answer);
    MU_UNUSED(out);
}

static void emit_text(struct mu_buf *text, mu_agent_cb *cb, void *ctx)
{
    if (text->len > 0)
        cb(ctx, &(struct mu_agent_event){.kind = MU_AG_TEXT,
                                         .message = MU_message_kind_TEXT,
                                         .text = text->data,
                                         .n = text->len});
    mu_buf_release(text);
}

size_t mu_plain_feed(void *state, enum mu_stream stream, const char *data, size_t n,
                     mu_agent_cb *cb, void *ctx)
{
    struct plain *s = state;
    struct mu_buf text = {0};
    if (stream == MU_STREAM_ERR)
        mu_words_add(&s->words, data, n);
    if (stream == MU_STREAM_ERR && !s->shows_stderr)
        return 0;
    mu_text_add(&text, &s->rest[stream], data, n);
    emit_text(&text, cb, ctx);
    return 0;
}

/* dash says "/bin/sh: 1: nonsense: not found", bash "/bin/sh: line 1: …": what comes before the
 * message says nothing to a person who never saw a script. */
static const char *without_prefix(const char *line)
{
    const char *colon = strstr(line, "sh: ");
    if (!colon || strcspn(line, " ") < (size_t)(colon - line) + 3)
        return line;
    const char *p = colon + 4;
    if (strncmp(p, "line ", 5) == 0)
        p += 5;
    size_t digits = strspn(p, "0123456789");
    return digits > 0 && strncmp(p + digits, ": ", 2) == 0 ? p + digits + 2 : line;
}

static void describe_end(const struct plain *s, const struct mu_exit *how, struct mu_agent_end *out)
{
    char what[64];
    if (how->kind == MU_EXIT_SIGNAL) {
        const char *name = sigdescr_np(how->signal);
        snprintf(what, sizeof what, "killed by signal %d (%s)", how->signal,
                 name ? name : "unknown");
    } else {
        snprintf(what, sizeof what, "exit %d", how->code);
    }
    struct mu_buf line = {0};
    bool words = mu_words_last_line(&s->words, &line);
    snprintf(out->text, sizeof out->text, "%s%s%s", what, words ? ": " : "",
             words ? without_prefix(line.data) : "");
    mu_buf_release(&line);
}

void mu_plain_interrupt(void *state, const char *request_id, struct mu_buf *out)
{
    MU_UNUSED(state);
    MU_UNUSED(request_id);
    MU_UNUSED(out);
}

void mu_plain_exited(void *state, const struct mu_exit *how, bool answered,
                     struct mu_agent_end *out, mu_agent_cb *cb, void *ctx)
{
    MU_UNUSED(answered);
    struct plain *s = state;
    struct mu_buf text = {0};
    mu_text_end(&text, &s->rest[MU_STREAM_OUT]);
    mu_text_end(&text, &s->rest[MU_STREAM_ERR]);
    emit_text(&text, cb, ctx);
    *out = (struct mu_agent_end){.outcome = MU_TURN_OK};
    if (how->kind == MU_EXIT_CODE && how->code == 0)
        return;
    out->outcome = MU_TURN_ERROR;
    if (how->kind == MU_EXIT_FAILED)
        snprintf(out->text, sizeof out->text, "The command could not be started: %s", how->reason);
    else
        describe_end(s, how, out);
}
