#include "wire/websocket.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLIENT_HEADER_MAX = 14,
    CLOSED = 1,
};

struct frame {
    enum mu_ws_opcode op;
    bool fin;
    unsigned char mask[4];
    uint64_t len;
};

struct mu_ws_partial {
    unsigned char head[CLIENT_HEADER_MAX];
    uint8_t head_n;
    bool in_payload;
    struct frame frame;
    uint64_t done;           /* payload bytes of the frame that are in */
    enum mu_ws_opcode begun; /* kind of the fragmented message, or CONTINUATION for none */
    struct mu_buf message;
    char control[MU_WS_CONTROL_MAX];
};

struct sink {
    const struct mu_ws_cb *cb;
    void *ctx;
};

static bool is_control(enum mu_ws_opcode op)
{
    return op >= MU_WS_CLOSE;
}

void mu_ws_init(struct mu_ws_parser *p, uint32_t message_limit)
{
    *p = (struct mu_ws_parser){.limit = message_limit};
}

void mu_ws_release(struct mu_ws_parser *p)
{
    if (p->partial) {
        mu_buf_release(&p->partial->message);
        free(p->partial);
        p->partial = NULL;
    }
}

size_t mu_ws_held(const struct mu_ws_parser *p)
{
    return p->partial ? sizeof *p->partial + p->partial->message.cap : 0;
}

uint16_t mu_ws_error_code(int err)
{
    switch (err) {
    case MU_EPROTO:
        return MU_WS_PROTOCOL_ERROR;
    case MU_EUTF8:
        return MU_WS_BAD_DATA;
    case MU_ETOOBIG:
        return MU_WS_TOO_BIG;
    default:
        return MU_WS_INTERNAL_ERROR;
    }
}

static int fail(struct mu_ws_parser *p, int err)
{
    mu_ws_release(p);
    p->error = err;
    return err;
}

static void unmask(char *data, size_t n, const unsigned char mask[4], uint64_t offset)
{
    unsigned char key[8];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = mask[(offset + i) & 3];
    uint64_t wide, word;
    memcpy(&wide, key, sizeof wide);
    size_t i = 0;
    for (; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        word ^= wide;
        memcpy(data + i, &word, sizeof word);
    }
    for (; i < n; i++)
        data[i] = (char)((unsigned char)data[i] ^ key[i & 7]);
}

static int read_length(const unsigned char *b, size_t bytes, uint64_t *len)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | b[i];
    *len = v;
    bool shortest = bytes == 2 ? v > 125 : v > 0xFFFF;
    return shortest && !(v >> 63) ? 0 : MU_EPROTO;
}

/* The frame header at b[0..n): 0 and its size, MU_EAGAIN, or MU_EPROTO. */
static int read_header(const unsigned char *b, size_t n, struct frame *f, size_t *size)
{
    if (n < 1)
        return MU_EAGAIN;
    f->op = b[0] & 0x0F;
    f->fin = b[0] & 0x80;
    if (b[0] & 0x70 || f->op > MU_WS_PONG || (f->op > MU_WS_BINARY && f->op < MU_WS_CLOSE))
        return MU_EPROTO;
    if (is_control(f->op) && !f->fin)
        return MU_EPROTO;
    if (n < 2)
        return MU_EAGAIN;
    f->len = b[1] & 0x7F;
    if (!(b[1] & 0x80) || (is_control(f->op) && f->len > MU_WS_CONTROL_MAX))
        return MU_EPROTO;
    size_t extra = f->len == 126 ? 2 : f->len == 127 ? 8 : 0;
    if (n < 2 + extra)
        return MU_EAGAIN;
    if (extra && read_length(b + 2, extra, &f->len))
        return MU_EPROTO;
    *size = 2 + extra + sizeof f->mask;
    if (n < *size)
        return MU_EAGAIN;
    memcpy(f->mask, b + 2 + extra, sizeof f->mask);
    return 0;
}

/* Whether the frame may come now, and fits. */
static int check_frame(const struct mu_ws_parser *p, const struct frame *f)
{
    if (is_control(f->op))
        return 0;
    bool inside = p->partial && p->partial->begun != MU_WS_CONTINUATION;
    if (inside != (f->op == MU_WS_CONTINUATION))
        return MU_EPROTO;
    uint64_t limit = p->limit ? p->limit : MU_WS_MESSAGE_MAX;
    size_t have = inside ? p->partial->message.len : 0;
    return f->len > limit - have ? MU_ETOOBIG : 0;
}

static bool close_code_ok(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

static int deliver_close(struct mu_ws_parser *p, const char *data, size_t n, struct sink to)
{
    unsigned code = MU_WS_NO_STATUS;
    if (n >= 2)
        code = (unsigned)(unsigned char)data[0] << 8 | (unsigned char)data[1];
    if (n == 1 || (n >= 2 && !close_code_ok(code)))
        return fail(p, MU_EPROTO);
    if (n > 2 && !mu_utf8_valid(data + 2, n - 2))
        return fail(p, MU_EUTF8);
    mu_ws_release(p);
    p->error = CLOSED;
    if (!to.cb->on_close)
        return 0;
    return to.cb->on_close(to.ctx, (uint16_t)code, n > 2 ? data + 2 : "", n > 2 ? n - 2 : 0);
}

static int deliver(struct mu_ws_parser *p, enum mu_ws_opcode op, char *data, size_t n,
                   struct sink to)
{
    int (*on_control)(void *, char *, size_t) = NULL;
    switch (op) {
    case MU_WS_CLOSE:
        return deliver_close(p, data, n, to);
    case MU_WS_PING:
        on_control = to.cb->on_ping;
        break;
    case MU_WS_PONG:
        on_control = to.cb->on_pong;
        break;
    default:
        if (op == MU_WS_TEXT && !mu_utf8_valid(data, n))
            return fail(p, MU_EUTF8);
        return to.cb->on_message ? to.cb->on_message(to.ctx, op, data, n) : 0;
    }
    return on_control ? on_control(to.ctx, data, n) : 0;
}

/* The frame in p->partial is whole. What is handed out is detached from the parser first. */
static int complete(struct mu_ws_parser *p, struct sink to)
{
    struct mu_ws_partial *part = p->partial;
    struct frame f = part->frame;
    part->in_payload = false;
    part->head_n = 0;
    if (is_control(f.op)) {
        char data[MU_WS_CONTROL_MAX];
        memcpy(data, part->control, (size_t)f.len);
        if (part->begun == MU_WS_CONTINUATION)
            mu_ws_release(p);
        return deliver(p, f.op, data, (size_t)f.len, to);
    }
    if (f.op != MU_WS_CONTINUATION)
        part->begun = f.op;
    if (!f.fin)
        return 0;
    enum mu_ws_opcode op = part->begun;
    struct mu_buf message = part->message;
    part->message = (struct mu_buf){0};
    mu_ws_release(p);
    char none[1] = "";
    int rc = deliver(p, op, message.data ? message.data : none, message.len, to);
    mu_buf_release(&message);
    return rc;
}

static int gather_header(struct mu_ws_parser *p, const char *data, size_t n, size_t *used)
{
    struct mu_ws_partial *part = p->partial;
    size_t size = 0;
    int rc = MU_EAGAIN;
    while (rc == MU_EAGAIN && *used < n) {
        part->head[part->head_n++] = (unsigned char)data[(*used)++];
        rc = read_header(part->head, part->head_n, &part->frame, &size);
    }
    if (!rc)
        rc = check_frame(p, &part->frame);
    if (!rc) {
        part->in_payload = true;
        part->done = 0;
    }
    return rc;
}

static int gather(struct mu_ws_parser *p, char *data, size_t n, size_t *used, struct sink to)
{
    if (!p->partial)
        p->partial = mu_alloc(sizeof *p->partial);
    struct mu_ws_partial *part = p->partial;
    if (!part->in_payload) {
        int rc = gather_header(p, data, n, used);
        if (rc)
            return rc == MU_EAGAIN ? 0 : fail(p, rc);
    }
    struct frame *f = &part->frame;
    uint64_t left = f->len - part->done;
    size_t take = n - *used < left ? n - *used : (size_t)left;
    unmask(data + *used, take, f->mask, part->done);
    if (is_control(f->op))
        memcpy(part->control + part->done, data + *used, take);
    else
        mu_buf_add(&part->message, data + *used, take);
    part->done += take;
    *used += take;
    return part->done == f->len ? complete(p, to) : 0;
}

/* Between messages: a frame that is whole in the run is handed out where it lies. */
static int scan(struct mu_ws_parser *p, char *data, size_t n, size_t *used, struct sink to)
{
    struct frame f = {0};
    size_t size = 0;
    int rc = read_header((const unsigned char *)data, n, &f, &size);
    if (!rc)
        rc = check_frame(p, &f);
    if (rc == MU_EAGAIN || (!rc && (!f.fin || n - size < f.len)))
        return gather(p, data, n, used, to);
    if (rc)
        return fail(p, rc);
    unmask(data + size, (size_t)f.len, f.mask, 0);
    *used = size + (size_t)f.len;
    return deliver(p, f.op, data + size, (size_t)f.len, to);
}

int mu_ws_feed(struct mu_ws_parser *p, char *data, size_t n, const struct mu_ws_cb *cb, void *ctx)
{
    struct sink to = {.cb = cb, .ctx = ctx};
    while (n > 0 && !p->error) {
        size_t used = 0;
        int rc = p->partial ? gather(p, data, n, &used, to) : scan(p, data, n, &used, to);
        if (rc)
            return rc;
        data += used;
        n -= used;
    }
    return p->error < 0 ? p->error : 0;
}

size_t mu_ws_header(char out[MU_WS_HEADER_MAX], enum mu_ws_opcode op, size_t n)
{
    out[0] = (char)(0x80 | op);
    if (n <= 125) {
        out[1] = (char)n;
        return 2;
    }
    size_t bytes = n <= 0xFFFF ? 2 : 8;
    out[1] = bytes == 2 ? 126 : 127;
    for (size_t i = 0; i < bytes; i++)
        out[2 + i] = (char)((uint64_t)n >> (8 * (bytes - 1 - i)) & 0xFF);
    return 2 + bytes;
}

void mu_ws_frame(struct mu_buf *out, enum mu_ws_opcode op, const void *data, size_t n)
{
    if (is_control(op) && n > MU_WS_CONTROL_MAX)
        n = MU_WS_CONTROL_MAX;
    char head[MU_WS_HEADER_MAX];
    size_t size = mu_ws_header(head, op, n);
    mu_buf_reserve(out, size + n);
    mu_buf_add(out, head, size);
    mu_buf_add(out, data, n);
}

void mu_ws_close_frame(struct mu_buf *out, uint16_t code, const char *reason)
{
    char payload[MU_WS_CONTROL_MAX];
    size_t n = 0;
    if (code != MU_WS_NO_STATUS) {
        payload[0] = (char)(code >> 8);
        payload[1] = (char)(code & 0xFF);
        n = 2;
        size_t len = reason ? strlen(reason) : 0;
        if (len > sizeof payload - 2)
            len = mu_utf8_cut(reason, sizeof payload - 2);
        if (len)
            memcpy(payload + 2, reason, len);
        n += len;
    }
    mu_ws_frame(out, MU_WS_CLOSE, payload, n);
}

struct mu_bytes *mu_ws_frame_bytes(enum mu_ws_opcode op, const void *data, size_t n)
{
    struct mu_buf b = {0};
    mu_ws_frame(&b, op, data, n);
    struct mu_bytes *bytes = mu_bytes_new(b.data, b.len);
    mu_buf_release(&b);
    return bytes;
}

int mu_ws_accept_key(const char *key, char out[MU_WS_ACCEPT_SIZE])
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    if (!key || strspn(key, base64) != 22 || strcmp(key + 22, "==") != 0)
        return -EINVAL;
    char joined[24 + sizeof guid];
    memcpy(joined, key, 24);
    memcpy(joined + 24, guid, sizeof guid);
    static EVP_MD *sha1; /* looking it up takes longer than the digest */
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!sha1)
        sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    if (!EVP_Digest(joined, sizeof joined - 1, digest, &size, sha1, NULL))
        return -EINVAL;
    EVP_EncodeBlock((unsigned char *)out, digest, (int)size);
    return 0;
}
