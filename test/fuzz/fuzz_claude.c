/* Any bytes as claude's output: no crash, and the same events however they are cut. The first byte
 * of the input says into pieces of which size. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_event(void *ctx, const struct mu_agent_event *ev)
{
    struct mu_buf *trace = ctx;
    if (ev->kind != MU_AG_TURN_DONE && ev->text && !mu_utf8_valid(ev->text, ev->n))
        abort();
    mu_buf_printf(trace, "%d/%d/%zu/%s ", ev->kind, ev->message, ev->n, ev->id ? ev->id : "");
}

static void run(const char *data, size_t n, size_t piece, struct mu_buf *trace)
{
    const struct mu_dialect *d = &mu_dialect_claude;
    struct mu_buf bytes = {0};
    struct mu_agent_end *end = mu_alloc(sizeof *end);
    void *state = d->open(NULL, NULL);
    d->prompt(state, &(struct mu_agent_prompt){.text = "x"}, &bytes);
    mu_buf_clear(&bytes);
    for (size_t at = 0; at < n; at += piece) {
        size_t len = n - at < piece ? n - at : piece;
        if (d->feed(state, MU_STREAM_OUT, data + at, len, on_event, trace) > len)
            abort();
    }
    d->save(state, &bytes);
    json_t *saved = json_loads(bytes.data, JSON_REJECT_DUPLICATES, NULL);
    if (!saved)
        abort();
    d->exited(state, &(struct mu_exit){.kind = MU_EXIT_CODE, .code = 1}, true, end, on_event,
              trace);
    d->close(state);
    d->close(d->open(NULL, saved));
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
    run((const char *)data + 1, size - 1, size, &whole);
    run((const char *)data + 1, size - 1, (size_t)data[0] + 1, &pieces);
    if (!mu_str_eq(whole.data, pieces.data))
        abort();
    mu_buf_release(&whole);
    mu_buf_release(&pieces);
    return 0;
}
