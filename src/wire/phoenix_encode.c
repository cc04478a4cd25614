#include "wire/phoenix.h"

#include <string.h>

#include "wire/jsontext.h"
#include "wire/websocket.h"

static void add_ref(struct mu_buf *out, const struct mu_phx_ref *r)
{
    if (r && r->n)
        mu_buf_add(out, r->text, r->n);
    else
        mu_buf_add(out, "null", 4);
}

static void begin(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                  const struct mu_phx_ref *ref, const char *topic, const char *event)
{
    if (vsn == MU_PHX_V2) {
        mu_buf_char(out, '[');
        add_ref(out, join_ref);
        mu_buf_char(out, ',');
        add_ref(out, ref);
        mu_buf_char(out, ',');
    } else {
        mu_buf_str(out, "{\"topic\":");
    }
    mu_buf_json(out, topic);
    mu_buf_str(out, vsn == MU_PHX_V2 ? "," : ",\"event\":");
    mu_buf_json(out, event);
    mu_buf_str(out, vsn == MU_PHX_V2 ? "," : ",\"payload\":");
}

static void end(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *ref)
{
    if (vsn == MU_PHX_V2) {
        mu_buf_char(out, ']');
        return;
    }
    mu_buf_str(out, ",\"ref\":");
    add_ref(out, ref);
    mu_buf_char(out, '}');
}

static void add_payload(struct mu_buf *out, const char *payload, size_t n)
{
    if (payload)
        mu_buf_add(out, payload, n);
    else
        mu_buf_add(out, "{}", 2);
}

static void message(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                    const struct mu_phx_ref *ref, const char *topic, const char *event,
                    const char *payload, size_t n)
{
    mu_buf_reserve(out, n + strlen(topic) + strlen(event) + 2 * MU_PHX_REF_MAX);
    begin(out, vsn, join_ref, ref, topic, event);
    add_payload(out, payload, n);
    end(out, vsn, ref);
}

void mu_phx_reply(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                  const struct mu_phx_ref *ref, const char *topic, const char *status,
                  const char *response, size_t n)
{
    mu_buf_reserve(out, n + strlen(topic) + strlen(status) + 3 * MU_PHX_REF_MAX);
    begin(out, vsn, join_ref, ref, topic, MU_PHX_REPLY);
    mu_buf_str(out, "{\"status\":");
    mu_buf_json(out, status);
    mu_buf_str(out, ",\"response\":");
    add_payload(out, response, n);
    mu_buf_char(out, '}');
    end(out, vsn, ref);
}

void mu_phx_push(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                 const char *topic, const char *event, const char *payload, size_t n)
{
    message(out, vsn, join_ref, NULL, topic, event, payload, n);
}

void mu_phx_broadcast(struct mu_buf *out, enum mu_phx_vsn vsn, const char *topic, const char *event,
                      const char *payload, size_t n)
{
    message(out, vsn, NULL, NULL, topic, event, payload, n);
}

void mu_phx_close(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                  const char *topic)
{
    message(out, vsn, join_ref, join_ref, topic, MU_PHX_CLOSE, NULL, 0);
}

void mu_phx_error(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                  const char *topic)
{
    static const char crash[] = "{\"reason\":\"channel_crash\"}";
    message(out, vsn, join_ref, join_ref, topic, MU_PHX_ERROR, crash, sizeof crash - 1);
}

/* Room for the frame's header is left in front of the text, so the text is copied once. */
static struct mu_buf frame_begin(void)
{
    struct mu_buf b = {0};
    mu_buf_reserve(&b, 512);
    b.len = MU_WS_HEADER_MAX;
    return b;
}

static struct mu_bytes *frame_end(struct mu_buf *b)
{
    char head[MU_WS_HEADER_MAX];
    size_t size = mu_ws_header(head, MU_WS_TEXT, b->len - MU_WS_HEADER_MAX);
    size_t at = MU_WS_HEADER_MAX - size;
    memcpy(b->data + at, head, size);
    struct mu_bytes *bytes = mu_bytes_new(b->data + at, b->len - at);
    mu_buf_release(b);
    return bytes;
}

struct mu_bytes *mu_phx_frame_reply(enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                                    const struct mu_phx_ref *ref, const char *topic,
                                    const char *status, const char *response, size_t n)
{
    struct mu_buf b = frame_begin();
    mu_phx_reply(&b, vsn, join_ref, ref, topic, status, response, n);
    return frame_end(&b);
}

struct mu_bytes *mu_phx_frame_push(enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                                   const char *topic, const char *event, const char *payload,
                                   size_t n)
{
    struct mu_buf b = frame_begin();
    mu_phx_push(&b, vsn, join_ref, topic, event, payload, n);
    return frame_end(&b);
}

struct mu_bytes *mu_phx_frame_broadcast(enum mu_phx_vsn vsn, const char *topic, const char *event,
                                        const char *payload, size_t n)
{
    struct mu_buf b = frame_begin();
    mu_phx_broadcast(&b, vsn, topic, event, payload, n);
    return frame_end(&b);
}

struct mu_bytes *mu_phx_frame_close(enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                                    const char *topic)
{
    struct mu_buf b = frame_begin();
    mu_phx_close(&b, vsn, join_ref, topic);
    return frame_end(&b);
}

struct mu_bytes *mu_phx_frame_error(enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                                    const char *topic)
{
    struct mu_buf b = frame_begin();
    mu_phx_error(&b, vsn, join_ref, topic);
    return frame_end(&b);
}

enum binary_kind {
    BINARY_PUSH,
    BINARY_REPLY,
    BINARY_BROADCAST,
};

struct field {
    const char *p;
    size_t n;
};

static struct field text_field(const char *s)
{
    return (struct field){.p = s, .n = strlen(s)};
}

/* A ref as the bytes that it stands for: binary messages carry no JSON. */
static struct field ref_field(const struct mu_phx_ref *r, char plain[MU_PHX_REF_MAX + 1])
{
    if (!r || mu_phx_ref_null(r))
        return (struct field){.p = "", .n = 0};
    if (mu_jsontext_string(r->text, r->n, plain, MU_PHX_REF_MAX + 1))
        return (struct field){.p = r->text, .n = r->n};
    return text_field(plain);
}

static int binary(struct mu_buf *out, enum binary_kind kind, const struct field *fields,
                  size_t n_fields, const void *payload, size_t n)
{
    size_t total = n + 1;
    for (size_t i = 0; i < n_fields; i++) {
        if (fields[i].n > MU_PHX_NAME_MAX)
            return MU_ETOOBIG;
        total += 1 + fields[i].n;
    }
    mu_buf_reserve(out, total);
    mu_buf_char(out, (char)kind);
    for (size_t i = 0; i < n_fields; i++)
        mu_buf_char(out, (char)fields[i].n);
    for (size_t i = 0; i < n_fields; i++)
        mu_buf_add(out, fields[i].p, fields[i].n);
    mu_buf_add(out, payload, n);
    return 0;
}

int mu_phx_bin_reply(struct mu_buf *out, const struct mu_phx_ref *join_ref,
                     const struct mu_phx_ref *ref, const char *topic, const char *status,
                     const void *payload, size_t n)
{
    char join_plain[MU_PHX_REF_MAX + 1], plain[MU_PHX_REF_MAX + 1];
    struct field fields[] = {ref_field(join_ref, join_plain), ref_field(ref, plain),
                             text_field(topic), text_field(status)};
    return binary(out, BINARY_REPLY, fields, MU_COUNT(fields), payload, n);
}

int mu_phx_bin_push(struct mu_buf *out, const struct mu_phx_ref *join_ref, const char *topic,
                    const char *event, const void *payload, size_t n)
{
    char plain[MU_PHX_REF_MAX + 1];
    struct field fields[] = {ref_field(join_ref, plain), text_field(topic), text_field(event)};
    return binary(out, BINARY_PUSH, fields, MU_COUNT(fields), payload, n);
}

int mu_phx_bin_broadcast(struct mu_buf *out, const char *topic, const char *event,
                         const void *payload, size_t n)
{
    struct field fields[] = {text_field(topic), text_field(event)};
    return binary(out, BINARY_BROADCAST, fields, MU_COUNT(fields), payload, n);
}
