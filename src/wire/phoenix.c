#include "wire/phoenix.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jsontext.h"

/* The parts of an envelope, in the order of V2's array. */
enum part {
    JOIN_REF,
    REF,
    TOPIC,
    EVENT,
    PAYLOAD,
    PARTS,
};

struct slice {
    const char *p; /* NULL when absent */
    size_t n;
};

bool mu_phx_ref_null(const struct mu_phx_ref *r)
{
    return r->n == 0;
}

bool mu_phx_ref_eq(const struct mu_phx_ref *a, const struct mu_phx_ref *b)
{
    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

int mu_phx_vsn_parse(const char *vsn, enum mu_phx_vsn *out)
{
    if (!vsn)
        vsn = "1.0.0";
    bool two = strncmp(vsn, "2.0.", 4) == 0;
    if (!two && strncmp(vsn, "1.0.", 4) != 0)
        return -EINVAL;
    const char *patch = vsn + 4;
    size_t digits = strspn(patch, "0123456789");
    if (!digits || digits > 9 || patch[digits] || (patch[0] == '0' && digits > 1))
        return -EINVAL;
    *out = two ? MU_PHX_V2 : MU_PHX_V1;
    return 0;
}

static int set_ref(struct mu_phx_ref *r, const char *text, size_t n)
{
    if (n > MU_PHX_REF_MAX)
        return MU_ETOOBIG;
    memcpy(r->text, text, n);
    r->text[n] = 0;
    r->n = (uint8_t)n;
    return 0;
}

static int set_ref_string(struct mu_phx_ref *r, const char *s, size_t n)
{
    if (n > MU_PHX_REF_MAX - 2)
        return MU_ETOOBIG;
    struct mu_buf b = {0};
    mu_buf_json_n(&b, s, n);
    int rc = set_ref(r, b.data, b.len);
    mu_buf_release(&b);
    return rc;
}

/* Strings get one spelling, so that equal ones are equal bytes. */
static int read_ref(struct mu_phx_ref *r, struct slice s)
{
    if (!s.p || *s.p == 'n')
        return 0;
    if (*s.p == '-' || (*s.p >= '0' && *s.p <= '9'))
        return set_ref(r, s.p, s.n);
    if (*s.p != '"')
        return MU_EPROTO;
    if (!memchr(s.p, '\\', s.n) && !memchr(s.p, 0x7F, s.n))
        return set_ref(r, s.p, s.n);
    char plain[MU_PHX_REF_MAX];
    int rc = mu_jsontext_string(s.p, s.n, plain, sizeof plain);
    return rc ? rc : set_ref_string(r, plain, strlen(plain));
}

static int read_envelope(struct mu_phx_msg *msg, const struct slice part[PARTS])
{
    int rc = read_ref(&msg->join_ref, part[JOIN_REF]);
    if (!rc)
        rc = read_ref(&msg->ref, part[REF]);
    if (!rc)
        rc = mu_jsontext_string(part[TOPIC].p, part[TOPIC].n, msg->topic, sizeof msg->topic);
    if (!rc)
        rc = mu_jsontext_string(part[EVENT].p, part[EVENT].n, msg->event, sizeof msg->event);
    msg->payload = part[PAYLOAD].p;
    msg->payload_n = part[PAYLOAD].n;
    return rc;
}

static int take_value(struct mu_jsontext *t, struct slice *s)
{
    int rc = mu_jsontext_value(t, MU_PHX_DEPTH_MAX - 1, &s->p);
    s->n = (size_t)(t->p - s->p);
    return rc;
}

static int scan_array(struct mu_jsontext *t, struct slice part[PARTS])
{
    if (!mu_jsontext_take(t, '['))
        return MU_EPROTO;
    int count = 0;
    do {
        struct slice extra, *s = count < PARTS ? &part[count] : &extra;
        int rc = take_value(t, s);
        if (rc)
            return rc;
        count += count < PARTS;
    } while (mu_jsontext_take(t, ','));
    return mu_jsontext_take(t, ']') && count == PARTS ? 0 : MU_EPROTO;
}

/* Which part a V1 key names; PARTS for one that is not the envelope's. */
static enum part which_part(struct slice key)
{
    static const char *const names[PARTS] = {"join_ref", "ref", "topic", "event", "payload"};
    char name[16];
    if (mu_jsontext_string(key.p, key.n, name, sizeof name))
        return PARTS;
    enum part i = JOIN_REF;
    while (i < PARTS && strcmp(names[i], name) != 0)
        i++;
    return i;
}

static int scan_member(struct mu_jsontext *t, struct slice part[PARTS])
{
    struct slice key, value;
    int rc = take_value(t, &key);
    if (rc)
        return rc;
    if (*key.p != '"' || !mu_jsontext_take(t, ':'))
        return MU_EPROTO;
    rc = take_value(t, &value);
    if (rc)
        return rc;
    enum part i = which_part(key);
    if (i == PARTS)
        return 0;
    if (part[i].p)
        return MU_EPROTO;
    part[i] = value;
    return 0;
}

static int scan_object(struct mu_jsontext *t, struct slice part[PARTS])
{
    if (!mu_jsontext_take(t, '{'))
        return MU_EPROTO;
    do {
        int rc = scan_member(t, part);
        if (rc)
            return rc;
    } while (mu_jsontext_take(t, ','));
    bool whole = part[REF].p && part[TOPIC].p && part[EVENT].p && part[PAYLOAD].p;
    return mu_jsontext_take(t, '}') && whole ? 0 : MU_EPROTO;
}

static int decode_text(struct mu_phx_msg *msg, const char *data, size_t n)
{
    struct mu_jsontext t = {.p = data, .end = data + n};
    struct slice part[PARTS] = {0};
    int rc = msg->vsn == MU_PHX_V2 ? scan_array(&t, part) : scan_object(&t, part);
    if (rc)
        return rc;
    return mu_jsontext_ended(&t) ? read_envelope(msg, part) : MU_EPROTO;
}

static int copy_name(char out[MU_PHX_NAME_MAX + 1], struct slice s)
{
    if (!mu_utf8_valid(s.p, s.n))
        return MU_EUTF8;
    if (memchr(s.p, 0, s.n))
        return MU_EPROTO;
    memcpy(out, s.p, s.n);
    out[s.n] = 0;
    return 0;
}

static int copy_ref(struct mu_phx_ref *r, struct slice s)
{
    if (!s.n)
        return 0;
    if (!mu_utf8_valid(s.p, s.n))
        return MU_EUTF8;
    return memchr(s.p, 0, s.n) ? MU_EPROTO : set_ref_string(r, s.p, s.n);
}

/* Kind 0: four lengths, the four parts, and the rest is the payload. */
static int decode_binary(struct mu_phx_msg *msg, const char *data, size_t n)
{
    const unsigned char *b = (const unsigned char *)data;
    if (n < 5 || b[0] != 0)
        return MU_EPROTO;
    struct slice part[PAYLOAD];
    size_t at = 5;
    for (int i = 0; i < PAYLOAD; i++) {
        if (n - at < b[1 + i])
            return MU_EPROTO;
        part[i] = (struct slice){.p = data + at, .n = b[1 + i]};
        at += b[1 + i];
    }
    msg->payload = data + at;
    msg->payload_n = n - at;
    int rc = copy_ref(&msg->join_ref, part[JOIN_REF]);
    if (!rc)
        rc = copy_ref(&msg->ref, part[REF]);
    if (!rc)
        rc = copy_name(msg->topic, part[TOPIC]);
    return rc ? rc : copy_name(msg->event, part[EVENT]);
}

int mu_phx_decode(struct mu_phx_msg *msg, enum mu_phx_vsn vsn, bool binary, const char *data,
                  size_t n)
{
    msg->vsn = vsn;
    msg->binary = binary;
    msg->join_ref.n = msg->ref.n = 0;
    msg->join_ref.text[0] = msg->ref.text[0] = 0;
    msg->topic[0] = msg->event[0] = 0;
    msg->payload = NULL;
    msg->payload_n = 0;
    msg->json = NULL;
    if (!binary)
        return decode_text(msg, data, n);
    return vsn == MU_PHX_V2 ? decode_binary(msg, data, n) : MU_EPROTO;
}

void mu_phx_msg_release(struct mu_phx_msg *msg)
{
    json_decref(msg->json);
    msg->json = NULL;
}

int mu_phx_payload(struct mu_phx_msg *msg, json_t **out)
{
    if (!msg->json && !msg->binary)
        msg->json = json_loadb(msg->payload, msg->payload_n,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    *out = msg->json;
    return msg->json ? 0 : MU_EPROTO;
}

/* ---- the offer of subprotocols ---- */

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Either alphabet, padded or not. Returned owned, or NULL when it is no token. */
static char *decode_token(const char *s, size_t n)
{
    size_t digits = n;
    while (digits && s[digits - 1] == '=')
        digits--;
    size_t padding = n - digits;
    if (digits < 2 || digits % 4 == 1 || (padding && padding != 3 - (digits + 3) % 4))
        return NULL;
    char *token = mu_alloc(digits * 3 / 4 + 1);
    size_t len = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = base64_digit(s[i]);
        if (digit < 0)
            goto bad;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 0)
            continue;
        char c = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
        if (c < 0x21 || c > 0x7E)
            goto bad;
        token[len++] = c;
    }
    return token;
bad:
    OPENSSL_cleanse(token, len);
    free(token);
    return NULL;
}

static int read_offer(struct mu_phx_offer *offer, const char *s, size_t n)
{
    static const char prefix[] = "base64url.bearer.phx.";
    const size_t skip = sizeof prefix - 1;
    if (n < skip || memcmp(s, prefix, skip) != 0) {
        offer->offered |= n > 0;
        offer->phoenix |= n == strlen(MU_PHX_TOPIC) && memcmp(s, MU_PHX_TOPIC, n) == 0;
        return 0;
    }
    if (offer->token)
        return -EINVAL;
    offer->token = decode_token(s + skip, n - skip);
    return offer->token ? 0 : -EINVAL;
}

int mu_phx_offer_parse(struct mu_phx_offer *offer, const char *header)
{
    *offer = (struct mu_phx_offer){0};
    const char *s = header ? header : "";
    while (*s) {
        s += strspn(s, ", \t");
        size_t n = strcspn(s, ", \t");
        int rc = read_offer(offer, s, n);
        if (rc) {
            mu_phx_offer_release(offer);
            return rc;
        }
        s += n;
    }
    return 0;
}

void mu_phx_offer_release(struct mu_phx_offer *offer)
{
    if (offer->token)
        OPENSSL_cleanse(offer->token, strlen(offer->token));
    free(offer->token);
    *offer = (struct mu_phx_offer){0};
}
