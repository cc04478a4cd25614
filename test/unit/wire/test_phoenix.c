#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/phoenix.h"

#ifndef MU_SOURCE_ROOT
#define MU_SOURCE_ROOT "."
#endif

static int decode(struct mu_phx_msg *msg, enum mu_phx_vsn vsn, const char *text)
{
    return mu_phx_decode(msg, vsn, false, text, strlen(text));
}

static struct mu_phx_ref ref_of(const char *json)
{
    struct mu_phx_ref r = {.n = (uint8_t)strlen(json)};
    snprintf(r.text, sizeof r.text, "%s", json);
    return r;
}

/* ---- the golden frames ---- */

static json_t *golden(void)
{
    json_error_t e;
    json_t *doc = json_load_file(MU_SOURCE_ROOT "/protocol/golden/phoenix-frames.json",
                                 JSON_REJECT_DUPLICATES, &e);
    if (!doc)
        fail_msg("phoenix-frames.json: %s, line %d", e.text, e.line);
    return doc;
}

static const char *text_of(const json_t *frame, const char *key)
{
    return json_string_value(json_object_get(frame, key));
}

static enum mu_phx_vsn vsn_of(const json_t *frame)
{
    enum mu_phx_vsn vsn;
    assert_int_equal(mu_phx_vsn_parse(text_of(frame, "vsn"), &vsn), 0);
    return vsn;
}

static struct mu_buf unhex(const char *s)
{
    struct mu_buf b = {0};
    for (; *s; s += 2) {
        unsigned byte = 0;
        assert_int_equal(sscanf(s, "%2x", &byte), 1);
        mu_buf_char(&b, (char)byte);
    }
    if (!b.data)
        mu_buf_str(&b, "");
    return b;
}

/* The frame's bytes as they stand in the file. */
static struct mu_buf bytes_of(const json_t *frame)
{
    if (text_of(frame, "hex"))
        return unhex(text_of(frame, "hex"));
    struct mu_buf b = {0};
    mu_buf_str(&b, text_of(frame, "text"));
    return b;
}

static struct mu_phx_ref golden_ref(const json_t *frame, const char *key)
{
    json_t *value = json_object_get(frame, key);
    if (!value || json_is_null(value))
        return (struct mu_phx_ref){0};
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    struct mu_phx_ref r = ref_of(text);
    free(text);
    return r;
}

static void check_decoded(const json_t *frame, struct mu_phx_msg *msg)
{
    struct mu_phx_ref join_ref = golden_ref(frame, "join_ref"), ref = golden_ref(frame, "ref");
    assert_true(mu_phx_ref_eq(&msg->join_ref, &join_ref));
    assert_true(mu_phx_ref_eq(&msg->ref, &ref));
    assert_string_equal(msg->topic, text_of(frame, "topic"));
    assert_string_equal(msg->event, text_of(frame, "event"));
    json_t *payload = NULL;
    if (msg->binary) {
        struct mu_buf raw = unhex(text_of(frame, "payload_hex"));
        assert_int_equal(msg->payload_n, raw.len);
        assert_memory_equal(msg->payload, raw.data, raw.len);
        assert_int_equal(mu_phx_payload(msg, &payload), MU_EPROTO);
        mu_buf_release(&raw);
        return;
    }
    assert_int_equal(mu_phx_payload(msg, &payload), 0);
    assert_true(json_equal(payload, json_object_get(frame, "payload")));
    json_t *raw = json_loadb(msg->payload, msg->payload_n, JSON_DECODE_ANY, NULL);
    assert_true(json_equal(payload, raw)); /* the slice is the payload, nothing beside it */
    json_decref(raw);
}

static void test_golden_of_the_client(void **state)
{
    MU_UNUSED(state);
    json_t *doc = golden(), *frame;
    size_t i, seen = 0, fatal = 0;
    json_array_foreach(json_object_get(doc, "frames"), i, frame)
    {
        if (strcmp(text_of(frame, "direction"), "client") != 0)
            continue;
        print_message("# %s\n", text_of(frame, "name"));
        struct mu_buf in = bytes_of(frame);
        struct mu_phx_msg msg;
        bool binary = text_of(frame, "hex") != NULL;
        int rc = mu_phx_decode(&msg, vsn_of(frame), binary, in.data, in.len);
        if (json_is_true(json_object_get(frame, "fatal"))) {
            assert_int_equal(rc, MU_EPROTO);
            fatal++;
        } else {
            assert_int_equal(rc, 0);
            check_decoded(frame, &msg);
            mu_phx_msg_release(&msg);
            seen++;
        }
        mu_buf_release(&in);
    }
    assert_true(seen >= 10 && fatal >= 14);
    json_decref(doc);
}

static void encode_text(const json_t *frame, struct mu_buf *out)
{
    const char *kind = text_of(frame, "kind"), *topic = text_of(frame, "topic");
    const char *event = text_of(frame, "event");
    struct mu_phx_ref join_ref = golden_ref(frame, "join_ref"), ref = golden_ref(frame, "ref");
    enum mu_phx_vsn vsn = vsn_of(frame);
    char *payload = json_dumps(json_object_get(frame, "payload"), JSON_COMPACT);
    size_t n = strlen(payload);
    if (strcmp(kind, "reply") == 0)
        mu_phx_reply(out, vsn, &join_ref, &ref, topic, text_of(frame, "status"), payload, n);
    else if (strcmp(kind, "push") == 0)
        mu_phx_push(out, vsn, &join_ref, topic, event, payload, n);
    else if (strcmp(kind, "broadcast") == 0)
        mu_phx_broadcast(out, vsn, topic, event, payload, n);
    else if (strcmp(kind, "close") == 0)
        mu_phx_close(out, vsn, &join_ref, topic);
    else
        mu_phx_error(out, vsn, &join_ref, topic);
    free(payload);
}

static void encode_binary(const json_t *frame, struct mu_buf *out)
{
    const char *kind = text_of(frame, "kind"), *topic = text_of(frame, "topic");
    const char *event = text_of(frame, "event");
    struct mu_phx_ref join_ref = golden_ref(frame, "join_ref"), ref = golden_ref(frame, "ref");
    struct mu_buf raw = unhex(text_of(frame, "payload_hex"));
    int rc;
    if (strcmp(kind, "reply") == 0)
        rc = mu_phx_bin_reply(out, &join_ref, &ref, topic, text_of(frame, "status"), raw.data,
                              raw.len);
    else if (strcmp(kind, "push") == 0)
        rc = mu_phx_bin_push(out, &join_ref, topic, event, raw.data, raw.len);
    else
        rc = mu_phx_bin_broadcast(out, topic, event, raw.data, raw.len);
    assert_int_equal(rc, 0);
    mu_buf_release(&raw);
}

static void test_golden_of_the_server(void **state)
{
    MU_UNUSED(state);
    json_t *doc = golden(), *frame;
    size_t i, seen = 0;
    json_array_foreach(json_object_get(doc, "frames"), i, frame)
    {
        if (strcmp(text_of(frame, "direction"), "server") != 0)
            continue;
        print_message("# %s\n", text_of(frame, "name"));
        struct mu_buf want = bytes_of(frame), got = {0};
        if (text_of(frame, "hex"))
            encode_binary(frame, &got);
        else
            encode_text(frame, &got);
        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.data, want.data, want.len);
        mu_buf_release(&want);
        mu_buf_release(&got);
        seen++;
    }
    assert_true(seen >= 18);
    json_decref(doc);
}

/* ---- decoding ---- */

static void test_vsn(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *vsn;
        int want; /* 0: refused */
    } cases[] = {
        {NULL, 1},     {"1.0.0", 1},   {"1.0.7", 1},   {"2.0.0", 2},  {"2.0.3", 2},  {"2.0.10", 2},
        {"2.1.0", 0},  {"3.0.0", 0},   {"2", 0},       {"2.0", 0},    {"2.0.", 0},   {"abc", 0},
        {"", 0},       {"123.1.1", 0}, {"1.1.0", 0},   {"2.0.01", 0}, {"2.0.0x", 0}, {" 2.0.0", 0},
        {"2.0.-1", 0}, {"2.0.0 ", 0},  {"2.0.0.0", 0},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        enum mu_phx_vsn vsn = 0;
        int rc = mu_phx_vsn_parse(cases[i].vsn, &vsn);
        assert_int_equal(rc, cases[i].want ? 0 : -EINVAL);
        assert_int_equal(vsn, cases[i].want);
    }
}

static void test_refs_are_compared_strictly(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"1", "1", true},
        {"\"1\"", "\"1\"", true},
        {"1", "\"1\"", false},
        {"\"1\"", "\"\\u0031\"", true},
        {"\"\x7f\"", "\"\\u007f\"", true},
        {"null", "\"\"", false},
        {"null", "null", true},
        {"1", "2", false},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char text[128];
        snprintf(text, sizeof text, "[%s,%s,\"t\",\"e\",{}]", cases[i].a, cases[i].b);
        struct mu_phx_msg msg;
        assert_int_equal(decode(&msg, MU_PHX_V2, text), 0);
        assert_int_equal(mu_phx_ref_eq(&msg.join_ref, &msg.ref), cases[i].equal);
        assert_int_equal(mu_phx_ref_null(&msg.join_ref), strcmp(cases[i].a, "null") == 0);
    }
    struct mu_phx_msg msg;
    static const char *const bad[] = {"true", "[]", "{}", "\"\\u0000\""};
    for (size_t i = 0; i < MU_COUNT(bad); i++) {
        char text[64];
        snprintf(text, sizeof text, "[%s,\"1\",\"t\",\"e\",{}]", bad[i]);
        assert_int_equal(decode(&msg, MU_PHX_V2, text), MU_EPROTO);
    }
}

/* The message [ref,"1",topic,event,{}] with names of so many letters. */
static int decode_sized(size_t ref, size_t topic, size_t event)
{
    struct mu_buf b = {0};
    mu_buf_printf(&b, "[\"%0*d\",\"1\",\"%0*d\",\"%0*d\",{}]", (int)ref, 0, (int)topic, 0,
                  (int)event, 0);
    struct mu_phx_msg msg;
    int rc = mu_phx_decode(&msg, MU_PHX_V2, false, b.data, b.len);
    if (!rc) {
        assert_int_equal(strlen(msg.topic), topic);
        assert_int_equal(strlen(msg.event), event);
        assert_int_equal(msg.join_ref.n, ref + 2);
    }
    mu_buf_release(&b);
    return rc;
}

static void test_limits(void **state)
{
    MU_UNUSED(state);
    assert_int_equal(decode_sized(62, 255, 255), 0);
    assert_int_equal(decode_sized(63, 255, 255), MU_ETOOBIG);
    assert_int_equal(decode_sized(62, 256, 255), MU_ETOOBIG);
    assert_int_equal(decode_sized(62, 255, 256), MU_ETOOBIG);
    struct mu_phx_msg msg;
    static const char digits[] = "1234567890123456789012345678901234567890123456789012345678901234";
    struct mu_buf b = {0};
    mu_buf_printf(&b, "[%s,null,\"t\",\"e\",{}]", digits);
    assert_int_equal(mu_phx_decode(&msg, MU_PHX_V2, false, b.data, b.len), 0);
    mu_buf_clear(&b);
    mu_buf_printf(&b, "[%s5,null,\"t\",\"e\",{}]", digits);
    assert_int_equal(mu_phx_decode(&msg, MU_PHX_V2, false, b.data, b.len), MU_ETOOBIG);
    mu_buf_release(&b);
}

static int decode_nested(size_t levels)
{
    struct mu_buf b = {0};
    mu_buf_str(&b, "[null,null,\"t\",\"e\",");
    for (size_t i = 0; i < levels; i++)
        mu_buf_char(&b, '[');
    for (size_t i = 0; i < levels; i++)
        mu_buf_char(&b, ']');
    mu_buf_char(&b, ']');
    struct mu_phx_msg msg;
    int rc = mu_phx_decode(&msg, MU_PHX_V2, false, b.data, b.len);
    mu_buf_release(&b);
    return rc;
}

static void test_depth(void **state)
{
    MU_UNUSED(state);
    assert_int_equal(decode_nested(MU_PHX_DEPTH_MAX - 1), 0);
    assert_int_equal(decode_nested(MU_PHX_DEPTH_MAX), MU_ETOOBIG);
    assert_int_equal(decode_nested(100000), MU_ETOOBIG);
}

static void test_bad_text(void **state)
{
    MU_UNUSED(state);
    struct mu_phx_msg msg;
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "null",
        "[\"1\",\"2\",\"t\",\"e\",{\"a\":1,}]",
        "[\"1\",\"2\",\"t\",\"e\",{\"a\":01}]",
        "[\"1\",\"2\",\"t\",\"e\",{},]",
        "[\"1\",\"2\",\"t\",null,{}]",
        "[\"1\",\"2\",\"t\\u0000\",\"e\",{}]",
        "[\"1\",\"2\",\"t\",\"e\",{},{]",
    };
    for (size_t i = 0; i < MU_COUNT(bad); i++) {
        assert_int_equal(decode(&msg, MU_PHX_V2, bad[i]), MU_EPROTO);
        assert_int_equal(decode(&msg, MU_PHX_V1, bad[i]), MU_EPROTO);
    }
    assert_int_equal(decode(&msg, MU_PHX_V2, "[null,null,\"t\",\"e\",\"\xff\"]"), MU_EUTF8);
    static const char twice[] =
        "{\"topic\":\"t\",\"event\":\"e\",\"payload\":{},\"ref\":1,\"\\u0072ef\":1}";
    assert_int_equal(decode(&msg, MU_PHX_V1, twice), MU_EPROTO);
    static const char other[] = "{\"topic\":\"t\",\"event\":\"e\",\"payload\":{},\"ref\":1,"
                                "\"a key that is longer than any of the envelope's\":[1]}";
    assert_int_equal(decode(&msg, MU_PHX_V1, other), 0);
}

static void test_payload_on_demand(void **state)
{
    MU_UNUSED(state);
    struct mu_phx_msg msg;
    json_t *json, *again;
    assert_int_equal(decode(&msg, MU_PHX_V2, "[null,null,\"t\",\"e\", {\"a\": [1 ]} ]"), 0);
    assert_int_equal(msg.payload_n, strlen("{\"a\": [1 ]}"));
    assert_memory_equal(msg.payload, "{\"a\": [1 ]}", msg.payload_n);
    assert_int_equal(mu_phx_payload(&msg, &json), 0);
    assert_int_equal(mu_phx_payload(&msg, &again), 0);
    assert_ptr_equal(json, again);
    mu_phx_msg_release(&msg);
    static const char *const any[] = {"1", "\"s\"", "null", "[]", "true"};
    for (size_t i = 0; i < MU_COUNT(any); i++) {
        char text[64];
        snprintf(text, sizeof text, "[null,null,\"t\",\"e\",%s]", any[i]);
        assert_int_equal(decode(&msg, MU_PHX_V2, text), 0);
        assert_int_equal(mu_phx_payload(&msg, &json), 0);
        mu_phx_msg_release(&msg);
    }
    static const char *const refused[] = {"{\"a\":1,\"a\":2}", "\"\\u0000\"",
                                          "12345678901234567890", "1e999"};
    for (size_t i = 0; i < MU_COUNT(refused); i++) {
        char text[64];
        snprintf(text, sizeof text, "[null,null,\"t\",\"e\",%s]", refused[i]);
        assert_int_equal(decode(&msg, MU_PHX_V2, text), 0);
        assert_int_equal(mu_phx_payload(&msg, &json), MU_EPROTO);
        assert_null(json);
        mu_phx_msg_release(&msg);
    }
}

static void test_bad_binary(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *bytes;
        size_t n;
        int rc;
    } cases[] = {
        {"", 0, MU_EPROTO},
        {"\x00\x00\x00\x00", 4, MU_EPROTO},
        {"\x00\x00\x00\x00\x00", 5, 0},
        {"\x01\x00\x00\x00\x00", 5, MU_EPROTO},
        {"\x03\x00\x00\x00\x00", 5, MU_EPROTO},
        {"\x00\x00\x00\x00\x01", 5, MU_EPROTO},
        {"\x00\x00\x00\x01\x00\xff", 6, MU_EUTF8},
        {"\x00\x00\x00\x01\x00\x00", 6, MU_EPROTO},
        {"\x00\x01\x00\x00\x00\xff", 6, MU_EUTF8},
        {"\x00\x01\x00\x00\x00\x00", 6, MU_EPROTO},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_phx_msg msg;
        int rc = mu_phx_decode(&msg, MU_PHX_V2, true, cases[i].bytes, cases[i].n);
        assert_int_equal(rc, cases[i].rc);
    }
    for (size_t n = 62; n <= 63; n++) { /* a ref that would be 64 and 65 bytes as JSON */
        char frame[5 + 63] = {0, (char)n};
        memset(frame + 5, '7', n);
        struct mu_phx_msg msg;
        int rc = mu_phx_decode(&msg, MU_PHX_V2, true, frame, 5 + n);
        assert_int_equal(rc, n == 62 ? 0 : MU_ETOOBIG);
    }
}

/* ---- encoding ---- */

static void test_frames_are_complete(void **state)
{
    MU_UNUSED(state);
    struct mu_phx_ref join_ref = ref_of("\"1\""), ref = ref_of("\"2\"");
    struct mu_bytes *f = mu_phx_frame_broadcast(MU_PHX_V2, "t", "e", "{\"a\":1}", 7);
    static const char short_frame[] = "\x81\x1b[null,null,\"t\",\"e\",{\"a\":1}]";
    assert_int_equal(f->len, sizeof short_frame - 1);
    assert_memory_equal(f->data, short_frame, f->len);
    assert_int_equal(f->refs, 1);
    mu_bytes_unref(f);

    static const size_t sizes[] = {97, 98, 70000}; /* payloads on both sides of 125 bytes */
    for (size_t i = 0; i < MU_COUNT(sizes); i++) {
        struct mu_buf payload = {0}, want = {0};
        mu_buf_printf(&payload, "{\"a\":\"%0*d\"}", (int)sizes[i], 0);
        mu_phx_push(&want, MU_PHX_V1, &join_ref, "t", "e", payload.data, payload.len);
        f = mu_phx_frame_push(MU_PHX_V1, &join_ref, "t", "e", payload.data, payload.len);
        size_t head = want.len <= 125 ? 2 : want.len <= 65535 ? 4 : 10;
        assert_int_equal(f->len, want.len + head);
        assert_int_equal(f->data[0], (char)0x81);
        assert_memory_equal(f->data + head, want.data, want.len);
        mu_bytes_unref(f);
        mu_buf_release(&payload);
        mu_buf_release(&want);
    }

    f = mu_phx_frame_reply(MU_PHX_V2, &join_ref, &ref, "t", "ok", NULL, 0);
    static const char reply[] =
        "[\"1\",\"2\",\"t\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]";
    assert_int_equal(f->len, sizeof reply - 1 + 2);
    assert_memory_equal(f->data + 2, reply, sizeof reply - 1);
    mu_bytes_unref(f);
    f = mu_phx_frame_close(MU_PHX_V2, &join_ref, "t");
    assert_memory_equal(f->data + 2, "[\"1\",\"1\",\"t\",\"phx_close\",{}]", f->len - 2);
    mu_bytes_unref(f);
    f = mu_phx_frame_error(MU_PHX_V2, NULL, "t");
    assert_memory_equal(
        f->data + 2, "[null,null,\"t\",\"phx_error\",{\"reason\":\"channel_crash\"}]", f->len - 2);
    mu_bytes_unref(f);
}

static void test_binary_fields_are_limited(void **state)
{
    MU_UNUSED(state);
    char name[257];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    struct mu_buf b = {0};
    struct mu_phx_ref number = ref_of("12");
    assert_int_equal(mu_phx_bin_broadcast(&b, name, "e", "x", 1), 0);
    assert_int_equal(b.len, 3 + 255 + 1 + 1);
    mu_buf_clear(&b);
    name[255] = 'n';
    name[256] = 0;
    assert_int_equal(mu_phx_bin_broadcast(&b, name, "e", "x", 1), MU_ETOOBIG);
    assert_int_equal(mu_phx_bin_push(&b, NULL, "t", name, "x", 1), MU_ETOOBIG);
    assert_int_equal(mu_phx_bin_reply(&b, NULL, NULL, "t", name, "x", 1), MU_ETOOBIG);
    assert_int_equal(b.len, 0);
    assert_int_equal(mu_phx_bin_push(&b, &number, "t", "e", NULL, 0), 0);
    assert_int_equal(b.len, 8);
    assert_memory_equal(b.data,
                        "\x00\x02\x01\x01"
                        "12te",
                        8);
    mu_buf_release(&b);
}

/* What the encoders write, the decoder of the same version reads. */
static void test_round_trip(void **state)
{
    MU_UNUSED(state);
    for (enum mu_phx_vsn vsn = MU_PHX_V1; vsn <= MU_PHX_V2; vsn++) {
        struct mu_buf b = {0};
        struct mu_phx_ref ref = ref_of("\"9\"");
        struct mu_phx_msg msg;
        mu_phx_reply(&b, vsn, &ref, &ref, "to\tpic", "ok", "{\"a\":\"\xc3\xa9\"}", 10);
        assert_int_equal(mu_phx_decode(&msg, vsn, false, b.data, b.len), 0);
        assert_string_equal(msg.topic, "to\tpic");
        assert_string_equal(msg.event, "phx_reply");
        assert_true(mu_phx_ref_eq(&msg.ref, &ref));
        assert_int_equal(mu_phx_ref_null(&msg.join_ref), vsn == MU_PHX_V1);
        mu_buf_release(&b);
    }
}

/* ---- the offer ---- */

static void test_offers(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *header;
        int rc;
        bool offered, phoenix;
        const char *token;
    } cases[] = {
        {NULL, 0, false, false, NULL},
        {"", 0, false, false, NULL},
        {"phoenix", 0, true, true, NULL},
        {"chat , phoenix", 0, true, true, NULL},
        {"chat, superchat", 0, true, false, NULL},
        {"Phoenix", 0, true, false, NULL},
        {"phoenix, base64url.bearer.phx.czMvK2NyZXQ", 0, true, true, "s3/+cret"},
        {"base64url.bearer.phx.czMvK2NyZXQ=,phoenix", 0, true, true, "s3/+cret"},
        {"base64url.bearer.phx.YQ==", 0, false, false, "a"},
        {"phoenix, base64url.bearer.phx.Pj4-Pz8_", 0, true, true, ">>>\?\?\?"},
        {"phoenix, base64url.bearer.phx.Pj4+Pz8/", 0, true, true, ">>>\?\?\?"},
        {"phoenix, base64url.bearer.phx.", -EINVAL, false, false, NULL},
        {"phoenix, base64url.bearer.phx.A", -EINVAL, false, false, NULL},
        {"phoenix, base64url.bearer.phx.YQ=", -EINVAL, false, false, NULL},
        {"phoenix, base64url.bearer.phx.YWJj=", -EINVAL, false, false, NULL},
        {"phoenix, base64url.bearer.phx.YW=j", -EINVAL, false, false, NULL},
        {"phoenix, base64url.bearer.phx.YW!j", -EINVAL, false, false, NULL},
        {"phoenix, base64url.bearer.phx.AAAA", -EINVAL, false, false, NULL},
        {"phoenix, base64url.bearer.phx.w6k", -EINVAL, false, false, NULL},
        {"base64url.bearer.phx.YWJj, base64url.bearer.phx.YWJj", -EINVAL, false, false, NULL},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        struct mu_phx_offer offer;
        assert_int_equal(mu_phx_offer_parse(&offer, cases[i].header), cases[i].rc);
        assert_int_equal(offer.offered, cases[i].offered);
        assert_int_equal(offer.phoenix, cases[i].phoenix);
        if (cases[i].token)
            assert_string_equal(offer.token, cases[i].token);
        else
            assert_null(offer.token);
        mu_phx_offer_release(&offer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_of_the_client),
        cmocka_unit_test(test_golden_of_the_server),
        cmocka_unit_test(test_vsn),
        cmocka_unit_test(test_refs_are_compared_strictly),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_payload_on_demand),
        cmocka_unit_test(test_bad_binary),
        cmocka_unit_test(test_frames_are_complete),
        cmocka_unit_test(test_binary_fields_are_limited),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
