/*
 * The Phoenix Channels envelope: what a client's message says, and how the server's replies, pushes
 * and broadcasts look in both serializers. Source: phoenixframework/phoenix 1.8.12,
 * lib/phoenix/socket/serializers; V1 is vsn 1.0.x (JSON objects), V2 is vsn 2.0.x (JSON arrays, and
 * binary frames).
 *
 * Layer: wire (pure: no I/O, no clock). Thread rules: no shared state; a message belongs to one
 * thread at a time.
 *
 * Text messages are checked completely on decoding, by a strict scanner of JSON's grammar (RFC
 * 8259), escapes and UTF-8 included; so the payload's text is valid JSON and may be broadcast as it
 * is. A tree of the payload is built only when mu_phx_payload() asks for it. That call may still
 * refuse what the grammar allows but muster does not take: an object with the same key twice,
 * \u0000 in a string, numbers too large to hold.
 *
 * Errors of decoding: MU_EPROTO (not JSON, or not an envelope), MU_EUTF8, MU_ETOOBIG (a limit
 * below). A Phoenix server ends the connection on each of them.
 */
#ifndef MU_WIRE_PHOENIX_H
#define MU_WIRE_PHOENIX_H

#include <jansson.h>

#include "base/buf.h"

enum mu_phx_vsn {
    MU_PHX_V1 = 1,
    MU_PHX_V2 = 2,
};

enum {
    MU_PHX_NAME_MAX = 255, /* bytes of a topic, an event or a status */
    MU_PHX_REF_MAX = 64,   /* bytes of a ref as JSON text, quotes included */
    MU_PHX_DEPTH_MAX = 64, /* arrays and objects inside one another in one message */
};

#define MU_PHX_TOPIC "phoenix" /* the socket's own topic: heartbeats */
#define MU_PHX_HEARTBEAT "heartbeat"
#define MU_PHX_JOIN "phx_join"
#define MU_PHX_LEAVE "phx_leave"
#define MU_PHX_REPLY "phx_reply"
#define MU_PHX_CLOSE "phx_close"
#define MU_PHX_ERROR "phx_error"

/* A ref or join_ref as JSON text, so that a number comes back as a number: a value to be copied.
 * Zero-initialised is null. text is NUL-terminated ("" for null). Refs are null, strings or
 * numbers. */
struct mu_phx_ref {
    uint8_t n;
    char text[MU_PHX_REF_MAX + 1];
};

bool mu_phx_ref_null(const struct mu_phx_ref *r);
/* Strict: 1 is not "1". A string equals itself however it was escaped. Null equals null. */
bool mu_phx_ref_eq(const struct mu_phx_ref *a, const struct mu_phx_ref *b);

/* A client's message. Borrows the input of mu_phx_decode (payload); owns json. */
struct mu_phx_msg {
    enum mu_phx_vsn vsn;
    bool binary;
    struct mu_phx_ref join_ref;
    struct mu_phx_ref ref;
    char topic[MU_PHX_NAME_MAX + 1];
    char event[MU_PHX_NAME_MAX + 1];
    const char *payload; /* exactly the payload's JSON text; for binary the raw bytes */
    size_t payload_n;
    json_t *json; /* mu_phx_payload's; NULL until asked for */
};

/* Which serializer a connection's vsn parameter asks for; NULL means 1.0.0. 0, or -EINVAL for any
 * version but 1.0.x and 2.0.x. */
int mu_phx_vsn_parse(const char *vsn, enum mu_phx_vsn *out) MU_MUST_CHECK;

/* Decodes one message; binary tells the kind of its frame. msg need not be initialised and is
 * borrowed from data until released. On an error there is nothing to release. */
int mu_phx_decode(struct mu_phx_msg *msg, enum mu_phx_vsn vsn, bool binary, const char *data,
                  size_t n) MU_MUST_CHECK;
void mu_phx_msg_release(struct mu_phx_msg *msg);

/* The payload as a tree, decoded at the first call; *out is borrowed from msg and may be of any
 * JSON type. 0; MU_EPROTO for a binary message or a text as said above. */
int mu_phx_payload(struct mu_phx_msg *msg, json_t **out) MU_MUST_CHECK;

/*
 * Encoders append one message, without its WebSocket frame. Payloads are JSON texts of objects,
 * encoded already and spliced as they are: payload[0..n), or NULL for {}. Refs may be NULL for
 * null. In V1 there is no join_ref on the wire. Topics, events and statuses are any UTF-8.
 */
void mu_phx_reply(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                  const struct mu_phx_ref *ref, const char *topic, const char *status,
                  const char *response, size_t n);
/* To one client, from its channel: ref is null. */
void mu_phx_push(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                 const char *topic, const char *event, const char *payload, size_t n);
/* To every subscriber of a topic: join_ref and ref are null. */
void mu_phx_broadcast(struct mu_buf *out, enum mu_phx_vsn vsn, const char *topic, const char *event,
                      const char *payload, size_t n);
/* phx_close {}: the channel is gone for good, clients do not rejoin. ref is the join_ref. */
void mu_phx_close(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                  const char *topic);
/* phx_error {"reason":"channel_crash"}: clients rejoin. ref is the join_ref. */
void mu_phx_error(struct mu_buf *out, enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                  const char *topic);

/* The same as whole WebSocket text frames to share. Each is returned owned (one reference). */
struct mu_bytes *mu_phx_frame_reply(enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                                    const struct mu_phx_ref *ref, const char *topic,
                                    const char *status, const char *response, size_t n);
struct mu_bytes *mu_phx_frame_push(enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                                   const char *topic, const char *event, const char *payload,
                                   size_t n);
struct mu_bytes *mu_phx_frame_broadcast(enum mu_phx_vsn vsn, const char *topic, const char *event,
                                        const char *payload, size_t n);
struct mu_bytes *mu_phx_frame_close(enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                                    const char *topic);
struct mu_bytes *mu_phx_frame_error(enum mu_phx_vsn vsn, const struct mu_phx_ref *join_ref,
                                    const char *topic);

/* V2's binary messages, for payloads that are raw bytes. 0, or MU_ETOOBIG when a field is over 255
 * bytes; out is then unchanged. */
int mu_phx_bin_reply(struct mu_buf *out, const struct mu_phx_ref *join_ref,
                     const struct mu_phx_ref *ref, const char *topic, const char *status,
                     const void *payload, size_t n) MU_MUST_CHECK;
int mu_phx_bin_push(struct mu_buf *out, const struct mu_phx_ref *join_ref, const char *topic,
                    const char *event, const void *payload, size_t n) MU_MUST_CHECK;
int mu_phx_bin_broadcast(struct mu_buf *out, const char *topic, const char *event,
                         const void *payload, size_t n) MU_MUST_CHECK;

/*
 * What a client offered in Sec-WebSocket-Protocol. The server answers "phoenix" when it was
 * offered, refuses with 403 when something was offered but not that, and never echoes the token.
 * The header is a secret: it must not be logged.
 */
struct mu_phx_offer {
    bool offered; /* at least one protocol beside the token */
    bool phoenix;
    char *token; /* owned; NULL when there was none */
};

/* Reads the header's value (NULL allowed: nothing offered). The token is taken from
 * "base64url.bearer.phx.<base64>", in either alphabet, padded or not. 0, or -EINVAL for a token
 * that cannot be decoded, is empty, is no printable ASCII, or comes twice; there is then nothing to
 * release. */
int mu_phx_offer_parse(struct mu_phx_offer *offer, const char *header) MU_MUST_CHECK;
void mu_phx_offer_release(struct mu_phx_offer *offer); /* wipes the token */

#endif
