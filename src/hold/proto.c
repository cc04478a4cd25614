#include "hold/proto.h"

#include "hold/bytes.h"

#include <jansson.h>
#include <signal.h>

int mu_hold_frame_next(const char *data, size_t n, struct mu_hold_frame *out)
{
    if (n < 4)
        return MU_EAGAIN;
    size_t len = (size_t)mu_get_le(data, 4);
    if (len == 0)
        return MU_EPROTO;
    if (len > MU_HOLD_FRAME_MAX)
        return MU_ETOOBIG;
    if (n < MU_HOLD_FRAME_HEADER)
        return MU_EAGAIN;

    unsigned type = (unsigned char)data[4];
    bool known = (type >= MU_HOLD_ATTACH && type <= MU_HOLD_INPUT_INCLUDES) ||
                 (type >= MU_HOLD_HELLO && type <= MU_HOLD_DATA);
    if (!known)
        return MU_EPROTO;
    if (n - 4 < len)
        return MU_EAGAIN;

    out->type = (enum mu_hold_frame_type)type;
    out->data = data + MU_HOLD_FRAME_HEADER;
    out->n = len - 1;
    out->size = 4 + len;
    return 0;
}

void mu_hold_put_header(struct mu_buf *b, enum mu_hold_frame_type type, size_t n)
{
    unsigned char head[MU_HOLD_FRAME_HEADER];
    mu_put_le(head, n + 1, 4);
    head[4] = (unsigned char)type;
    mu_buf_add(b, head, sizeof head);
}

void mu_hold_put_empty(struct mu_buf *b, enum mu_hold_frame_type type)
{
    mu_hold_put_header(b, type, 0);
}

void mu_hold_put_u64(struct mu_buf *b, enum mu_hold_frame_type type, uint64_t v, const void *bytes,
                     size_t n)
{
    unsigned char number[8];
    mu_put_le(number, v, 8);
    mu_hold_put_header(b, type, sizeof number + n);
    mu_buf_add(b, number, sizeof number);
    if (n)
        mu_buf_add(b, bytes, n);
}

void mu_hold_put_signal(struct mu_buf *b, int sig)
{
    unsigned char number[4];
    mu_put_le(number, (uint32_t)sig, 4);
    mu_hold_put_header(b, MU_HOLD_SIGNAL, sizeof number);
    mu_buf_add(b, number, sizeof number);
}

void mu_hold_put_hello(struct mu_buf *b, const struct mu_hold_hello *hello)
{
    struct mu_buf text = {0};
    mu_buf_printf(&text,
                  "{\"pid\":%lld,\"agent\":%lld,\"last_input\":%llu,\"size\":%llu,"
                  "\"acked\":%llu,\"exited\":%s}",
                  (long long)hello->pid, (long long)hello->agent,
                  (unsigned long long)hello->last_input, (unsigned long long)hello->size,
                  (unsigned long long)hello->acked, hello->exited ? "true" : "false");
    mu_hold_put_header(b, MU_HOLD_HELLO, text.len);
    mu_buf_add(b, text.data, text.len);
    mu_buf_release(&text);
}

int mu_hold_get_u64(const struct mu_hold_frame *f, uint64_t *v, const char **rest, size_t *n)
{
    if (f->n < 8 || (!rest && f->n != 8))
        return MU_EPROTO;
    *v = mu_get_le(f->data, 8);
    if (rest) {
        *rest = f->data + 8;
        *n = f->n - 8;
    }
    return 0;
}

int mu_hold_get_signal(const struct mu_hold_frame *f, int *sig)
{
    if (f->n != 4)
        return MU_EPROTO;
    uint32_t v = (uint32_t)mu_get_le(f->data, 4);
    if (v < 1 || v >= NSIG)
        return MU_EPROTO;
    *sig = (int)v;
    return 0;
}

int mu_hold_get_hello(const struct mu_hold_frame *f, struct mu_hold_hello *out)
{
    json_int_t pid, agent, last_input, size, acked;
    int exited;
    json_t *doc = json_loadb(f->data, f->n, JSON_REJECT_DUPLICATES, NULL);
    int bad =
        json_unpack(doc, "{s:I,s:I,s:I,s:I,s:I,s:b}", "pid", &pid, "agent", &agent, "last_input",
                    &last_input, "size", &size, "acked", &acked, "exited", &exited);
    json_decref(doc);
    if (bad || last_input < 0 || size < 0 || acked < 0)
        return MU_EPROTO;
    *out = (struct mu_hold_hello){.pid = pid,
                                  .agent = agent,
                                  .last_input = (uint64_t)last_input,
                                  .size = (uint64_t)size,
                                  .acked = (uint64_t)acked,
                                  .exited = exited};
    return 0;
}
