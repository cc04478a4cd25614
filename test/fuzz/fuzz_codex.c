/* Any bytes as codex's output: no crash, and the same events however they are cut. The first byte
 * of the input says into pieces of which size. What is asked is answered. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    void *state;
    struct mu_buf trace;
    struct mu_buf written;
};

static void on_event(void *ctx, const struct mu_agent_event *ev)
{
    struct run *run = ctx;
    if (ev->text && !mu_utf8_valid(ev->text, ev->n ? ev->n : strlen(ev->text)))
        abort();
    mu_buf_printf(&run->trace, "%d/%d/%zu/%s ", ev->kind, ev->message, ev->n, ev->id ? ev->id : "");
    if (ev->kind == MU_AG_ASKED)
        mu_dialect_codex.answer(
            run->state,
            &(struct mu_agent_answer){.id = ev->id,
                                      .decision = (enum mu_permission_decision)(1 + ev->raw_n % 4),
                                      .message = "no",
                                      .input = ev->input,
                                      .suggestions = ev->suggestions,
                                      .answers = ev->questions ? "{\"Which?\":\"Red\"}" : NULL},
            &run->written);
}

/* The handshake, so that more of the input counts. */
static void shake(struct run *run)
{
    static const char lines[] = "{\"id\":1,\"result\":{}}\n"
                                "{\"id\":2,\"result\":{\"thread\":{\"id\":\"t-1\"}}}\n"
                                "{\"id\":3,\"result\":{\"turn\":{\"id\":\"u-1\"}}}\n";
    mu_dialect_codex.feed(run->state, MU_STREAM_OUT, lines, sizeof lines - 1, on_event, run);
}

static struct mu_buf play(const char *data, size_t n, size_t piece, bool shaken)
{
    const struct mu_dialect *d = &mu_dialect_codex;
    struct mu_buf json = {0};
    struct mu_agent_end *end = mu_alloc(sizeof *end);
    struct run run = {.state = d->open(&(struct mu_agent_start){.run_id = "run"}, NULL)};
    d->prompt(run.state, &(struct mu_agent_prompt){.text = "x"}, &run.written);
    if (shaken)
        shake(&run);
    for (size_t at = 0; at < n; at += piece) {
        size_t len = n - at < piece ? n - at : piece;
        if (d->feed(run.state, MU_STREAM_OUT, data + at, len, on_event, &run) > len)
            abort();
    }
    d->save(run.state, &json);
    json_t *saved = json_loads(json.data, JSON_REJECT_DUPLICATES, NULL);
    if (!saved)
        abort();
    d->exited(run.state, &(struct mu_exit){.kind = MU_EXIT_CODE, .code = 1}, true, end, on_event,
              &run);
    d->close(run.state);
    d->close(d->open(NULL, saved));
    if (run.written.len && !mu_utf8_valid(run.written.data, run.written.len))
        abort();
    mu_buf_add(&run.trace, run.written.data ? run.written.data : "", run.written.len);
    json_decref(saved);
    mu_buf_release(&run.written);
    mu_buf_release(&json);
    free(end);
    return run.trace;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bool shaken = data[0] & 1;
    struct mu_buf whole = play((const char *)data + 1, size - 1, size, shaken);
    struct mu_buf pieces =
        play((const char *)data + 1, size - 1, (size_t)(data[0] >> 1) + 1, shaken);
    if (!mu_str_eq(whole.data, pieces.data))
        abort();
    mu_buf_release(&whole);
    mu_buf_release(&pieces);
    return 0;
}
