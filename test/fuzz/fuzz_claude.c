/* Any bytes as claude's output: no crash, and the same events however they are cut,
 * and however often the state is saved and opened again. The first byte
 * of the input says into pieces of which size. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_json(const char *text)
{
    json_t *json = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
    if (text && !json)
        abort();
    json_decref(json);
}

static void on_event(void *ctx, const struct mu_agent_event *ev)
{
    struct mu_buf *trace = ctx;
    bool bytes = ev->kind == MU_AG_TEXT || ev->kind == MU_AG_SEND;
    if (ev->text && !mu_utf8_valid(ev->text, bytes ? ev->n : strlen(ev->text)))
        abort();
    must_be_json(ev->input);
    must_be_json(ev->metadata);
    must_be_json(ev->diffs);
    must_be_json(ev->images);
    must_be_json(ev->suggestions);
    mu_buf_printf(trace, "%d/%d/%zu/%s ", ev->kind, ev->message, ev->n, ev->id ? ev->id : "");
}

/* Saves the state and opens it again. */
static void *reopen(void *state)
{
    const struct mu_dialect *d = &mu_dialect_claude;
    struct mu_buf json = {0};
    d->save(state, &json);
    json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    if (!saved)
        abort();
    d->close(state);
    state = d->open(NULL, saved);
    json_decref(saved);
    mu_buf_release(&json);
    return state;
}

static void run(const char *data, size_t n, size_t piece, struct mu_buf *trace)
{
    const struct mu_dialect *d = &mu_dialect_claude;
    struct mu_buf bytes = {0};
    struct mu_agent_end *end = mu_alloc(sizeof *end);
    void *state = d->open(NULL, NULL);
    d->prompt(state, &(struct mu_agent_prompt){.text = "x"}, &bytes);
    for (size_t at = 0; at < n; at += piece) {
        size_t len = n - at < piece ? n - at : piece;
        size_t held = d->feed(state, MU_STREAM_OUT, data + at, len, on_event, trace);
        if (held > len)
            abort();
        if (held == 0)
            state = reopen(state);
    }
    d->exited(state, &(struct mu_exit){.kind = MU_EXIT_CODE, .code = 1}, true, end, on_event,
              trace);
    d->close(state);
    mu_buf_release(&bytes);
    free(end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct mu_buf whole = {0};
    struct mu_buf pieces = {0};
    run((const char *)data + 1, size - 1, size, &whole);
    run((const char *)data + 1, size - 1, (size_t)data[0] + 1, &pieces);
    if (!mu_str_eq(whole.data, pieces.data))
        abort();
    mu_buf_release(&whole);
    mu_buf_release(&pieces);
    return 0;
}
