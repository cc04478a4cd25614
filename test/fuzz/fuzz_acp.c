/* Any bytes as an ACP agent's output, before and after its session is open: no crash, valid text,
 * and the same events however they are cut. The first byte of the input says into pieces of which
 * size, and whether the session is open. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char hello[] = "{\"id\":1,\"result\":{\"protocolVersion\":1}}\n"
                            "{\"id\":2,\"result\":{\"sessionId\":\"s\"}}\n";

static void on_event(void *ctx, const struct mu_agent_event *ev)
{
    struct mu_buf *trace = ctx;
    if (ev->text && ev->kind != MU_AG_TURN_DONE && !mu_utf8_valid(ev->text, ev->n))
        abort();
    mu_buf_printf(trace, "%d/%d/%zu/%s ", ev->kind, ev->message, ev->n, ev->id ? ev->id : "");
}

static void run(const char *data, size_t n, size_t piece, bool open, struct mu_buf *trace)
{
    const struct mu_dialect *d = &mu_dialect_acp;
    static const struct mu_agent_start start = {.run_id = "r", .program = "agent", .cwd = "/"};
    struct mu_buf bytes = {0};
    struct mu_agent_end *end = mu_alloc(sizeof *end);
    void *state = d->open(&start, NULL);
    d->prompt(state, &(struct mu_agent_prompt){.text = "x"}, &bytes);
    if (open)
        d->feed(state, MU_STREAM_OUT, hello, sizeof hello - 1, on_event, trace);
    for (size_t at = 0; at < n; at += piece) {
        size_t len = n - at < piece ? n - at : piece;
        if (d->feed(state, MU_STREAM_OUT, data + at, len, on_event, trace) > len)
            abort();
    }
    mu_buf_clear(&bytes);
    d->save(state, &bytes);
    json_t *saved = json_loads(bytes.data, JSON_REJECT_DUPLICATES, NULL);
    if (!saved)
        abort();
    d->interrupt(state, "i", &bytes);
    d->exited(state, &(struct mu_exit){.kind = MU_EXIT_CODE, .code = 1}, true, end, on_event,
              trace);
    d->close(state);
    state = d->open(NULL, saved);
    d->resumed(state, on_event, trace);
    d->close(state);
    json_decref(saved);
    mu_buf_release(&bytes);
    free(end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct mu_buf whole = {0};
    struct mu_buf pieces = {0};
    bool open = data[0] & 1;
    run((const char *)data + 1, size - 1, size, open, &whole);
    run((const char *)data + 1, size - 1, (size_t)data[0] / 2 + 1, open, &pieces);
    if (!mu_str_eq(whole.data, pieces.data))
        abort();
    mu_buf_release(&whole);
    mu_buf_release(&pieces);
    return 0;
}
