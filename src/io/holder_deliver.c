#include "io/holder_internal.h"

#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

static void on_terminal(struct mu_holder *h, const struct mu_spool_record *r, uint64_t at)
{
    char text[MU_EXIT_TEXT];
    struct mu_exit how = {.kind = MU_EXIT_FAILED};
    char *why = NULL;
    if (r->kind == MU_SPOOL_FAIL)
        how.reason = why = mu_strndup(r->data, r->n);
    else if (mu_spool_get_exit(r->data, r->n, &how, text))
        how = (struct mu_exit){.kind = MU_EXIT_CODE, .code = -1, .reason = "an unknown exit"};
    h->ended = true;
    mu_holder_drop_inputs(h, UINT64_MAX);
    if (h->cb.on_exit)
        h->cb.on_exit(h->ctx, &how, at, h->next, r->time_ms);
    free(why);
}

static void on_record(struct mu_holder *h, const struct mu_spool_record *r)
{
    struct mu_spool_start start;
    uint64_t at = h->next, seq;
    enum mu_stream stream =
        r->kind == MU_SPOOL_STDERR || r->kind == MU_SPOOL_EOF_ERR ? MU_STREAM_ERR : MU_STREAM_OUT;
    h->next += r->size;
    h->breaks = 0;
    switch (r->kind) {
    case MU_SPOOL_START:
        if (mu_spool_get_start(r->data, r->n, &start) == 0 && h->cb.on_start)
            h->cb.on_start(h->ctx, &start, at, h->next, r->time_ms);
        break;
    case MU_SPOOL_STDOUT:
    case MU_SPOOL_STDERR:
        if (h->cb.on_output)
            h->cb.on_output(h->ctx, stream, r->data, r->n, at, h->next, r->time_ms);
        break;
    case MU_SPOOL_INPUT:
        if (mu_spool_get_input(r->data, r->n, &seq))
            break;
        mu_holder_drop_inputs(h, seq);
        if (h->cb.on_input_done)
            h->cb.on_input_done(h->ctx, seq, at, h->next, r->time_ms);
        break;
    case MU_SPOOL_EOF_OUT:
    case MU_SPOOL_EOF_ERR:
        if (h->cb.on_eof)
            h->cb.on_eof(h->ctx, stream, at, h->next, r->time_ms);
        break;
    case MU_SPOOL_FAIL:
    case MU_SPOOL_EXIT:
        on_terminal(h, r, at);
        break;
    }
}

static int on_attached(struct mu_holder *h, const struct mu_hold_frame *f)
{
    uint64_t at;
    if (h->attaching == 0 || mu_hold_get_u64(f, &at, NULL, NULL))
        return MU_EPROTO;
    if (--h->attaching > 0)
        return 0;
    if (at < h->next)
        return MU_EPROTO;
    if (at > h->next) {
        mu_log(MU_LOG_WARN, "spool_gap", "from", mu_log_num((int64_t)h->next), "to",
               mu_log_num((int64_t)at), NULL);
        h->next = at;
    }
    return 0;
}

static int on_frame(struct mu_holder *h, const struct mu_hold_frame *f)
{
    uint64_t at;
    const char *bytes;
    size_t n;

    h->in_at += f->size;
    if (f->type == MU_HOLD_HELLO)
        return mu_holder_on_hello(h, f);
    if (f->type == MU_HOLD_ATTACHED)
        return on_attached(h, f);
    if (f->type != MU_HOLD_DATA || mu_hold_get_u64(f, &at, &bytes, &n))
        return MU_EPROTO;
    if (h->attaching)
        return 0;
    if (at != h->next)
        return MU_EPROTO;
    h->left = n;
    h->in_at -= n;
    return 0;
}

/* 0: there are records or a frame was taken; MU_EAGAIN: wait; else broken, or the disk's end. */
static int refill(struct mu_holder *h)
{
    struct mu_hold_frame f;
    if (h->source == FROM_DISK) {
        mu_buf_clear(&h->in);
        h->in_at = 0;
        mu_buf_reserve(&h->in, MU_HOLD_DATA_MAX);
        ssize_t n = pread(h->spool, h->in.data, MU_HOLD_DATA_MAX, (off_t)h->next);
        if (n > 0)
            h->in.len = h->left = (size_t)n;
        return n > 0 ? 0 : MU_ECORRUPT;
    }
    if (h->in.len == h->in_at)
        return MU_EAGAIN;
    int rc = mu_hold_frame_next(h->in.data + h->in_at, h->in.len - h->in_at, &f);
    return rc ? rc : on_frame(h, &f);
}

void mu_holder_discard(struct mu_holder *h)
{
    if (h->delivering)
        return;
    if (h->discard_all) {
        mu_buf_clear(&h->in);
        h->in_at = h->left = 0;
    } else if (h->discard_records) {
        h->in_at += h->left;
        h->left = 0;
    }
    h->discard_all = h->discard_records = false;
}

/* One record, or what brings the next. */
static int deliver_one(struct mu_holder *h)
{
    struct mu_spool_record r;
    if (h->left == 0)
        return refill(h);
    int rc = mu_spool_next(h->in.data + h->in_at, h->left, &r);
    if (rc == MU_EAGAIN && h->source == FROM_DISK && h->left < h->in.len) {
        h->left = 0; /* cut by the read: read again from here */
        return 0;
    }
    if (rc)
        return MU_ECORRUPT;
    h->in_at += r.size;
    h->left -= r.size;
    h->turn_bytes += r.size;
    on_record(h, &r);
    return 0;
}

static void on_undeliverable(struct mu_holder *h, int rc)
{
    if (h->source == FROM_SOCKET) {
        mu_log(MU_LOG_WARN, "holder_protocol", "error", mu_strerror(rc), NULL);
        mu_holder_broken(h);
        return;
    }
    mu_holder_close_fd(&h->spool);
    mu_holder_lose(h, "the process that held the agent's pipes was killed");
}

void mu_holder_deliver(struct mu_holder *h)
{
    int rc = 0;
    uint64_t now = uv_now(h->loop);
    if (h->turn != now)
        h->turn_bytes = 0;
    h->turn = now;

    while (rc == 0 && !h->closing && h->source != FROM_NOWHERE) {
        bool hello = h->conn && !h->conn->ready;
        if ((h->paused && !hello) || h->turn_bytes >= MU_HOLDER_TURN_BYTES)
            break;
        if (h->ended && h->source == FROM_DISK)
            break;
        h->delivering = true;
        rc = deliver_one(h);
        h->delivering = false;
        mu_holder_discard(h);
    }
    if (h->closing)
        return;
    if (rc && rc != MU_EAGAIN && h->source != FROM_NOWHERE)
        on_undeliverable(h, rc);
    mu_buf_drop(&h->in, h->in_at);
    h->in_at = 0;
    if (h->in.len == 0)
        mu_buf_release(&h->in);
    if (h->turn_bytes >= MU_HOLDER_TURN_BYTES && !h->paused && h->source != FROM_NOWHERE)
        mu_holder_deliver_soon(h);
    mu_holder_update_reading(h);
}

static void on_turn_timer(uv_timer_t *timer)
{
    struct mu_holder *h = timer->data;
    h->turn_bytes = 0;
    mu_holder_deliver(h);
}

void mu_holder_deliver_soon(struct mu_holder *h)
{
    uv_timer_start(&h->turn_timer, on_turn_timer, 0, 0);
}
