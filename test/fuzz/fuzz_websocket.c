/* Feeds a client's bytes whole, then in pieces: the events and the outcome must be the same. The
 * input's first byte chooses the size of the pieces and whether frame headers are made plausible.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/websocket.h"

enum { LIMIT = 4096 };

static int note(struct mu_buf *log, int kind, const char *data, size_t n)
{
    mu_buf_printf(log, "%d %zu ", kind, n);
    mu_buf_add(log, data, n);
    return 0;
}

static int on_message(void *ctx, enum mu_ws_opcode op, char *data, size_t n)
{
    if (n > LIMIT || (op == MU_WS_TEXT && !mu_utf8_valid(data, n)))
        abort();
    return note(ctx, op, data, n);
}

static int on_ping(void *ctx, char *data, size_t n)
{
    return note(ctx, MU_WS_PING, data, n);
}

static int on_pong(void *ctx, char *data, size_t n)
{
    return note(ctx, MU_WS_PONG, data, n);
}

static int on_close(void *ctx, uint16_t code, const char *reason, size_t n)
{
    if (!mu_utf8_valid(reason, n) || n > MU_WS_CONTROL_MAX - 2)
        abort();
    return note(ctx, code, reason, n);
}

static int run(const char *data, size_t n, size_t step, struct mu_buf *log)
{
    static const struct mu_ws_cb cb = {on_message, on_ping, on_pong, on_close};
    struct mu_ws_parser p;
    mu_ws_init(&p, LIMIT);
    int rc = 0;
    for (size_t at = 0; at < n && !rc; at += step) {
        size_t size = n - at < step ? n - at : step;
        char *piece = malloc(size);
        memcpy(piece, data + at, size);
        rc = mu_ws_feed(&p, piece, size, &cb, log);
        free(piece);
        if (rc && mu_ws_held(&p))
            abort();
    }
    mu_ws_release(&p);
    return rc;
}

/* Sets the mask bit and drops reserved bits of frames that follow one another. */
static void make_plausible(char *data, size_t n)
{
    for (size_t at = 0; n - at > 6;) {
        data[at] &= (char)0x8F;
        size_t len = (size_t)data[at + 1] & 0x3F;
        data[at + 1] = (char)(0x80 | len);
        at = at + 6 + len < n ? at + 6 + len : n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2)
        return 0;
    char *copy = malloc(n - 1);
    memcpy(copy, data + 1, n - 1);
    if (data[0] & 0x80)
        make_plausible(copy, n - 1);
    struct mu_buf whole = {0}, pieces = {0};
    int a = run(copy, n - 1, n - 1, &whole);
    int b = run(copy, n - 1, 1 + (data[0] & 0x1F), &pieces);
    if (a != b || whole.len != pieces.len ||
        (whole.len && memcmp(whole.data, pieces.data, whole.len) != 0))
        abort();
    mu_buf_release(&whole);
    mu_buf_release(&pieces);
    free(copy);
    return 0;
}
