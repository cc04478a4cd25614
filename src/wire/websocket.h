/*
 * WebSocket framing, the server's side: an incremental parser for what a client sends, encoders for
 * what the server sends, and the handshake's accept key. RFC 6455; no extensions.
 *
 * Layer: wire (pure: no I/O, no clock). Thread rules: none shared; one parser belongs to one
 * connection and is used by one thread at a time.
 *
 * Parsing. The parser is fed the bytes as they arrive, in runs of any size. A message that lies
 * whole in one run is unmasked in place and handed over without a copy; anything else is gathered
 * on the heap and freed as soon as it is complete, so between messages a parser is its 16 bytes.
 * Memory grows with the bytes that arrived, never with a length that was only announced.
 *
 * Refused with MU_EPROTO: reserved bits, reserved opcodes, unmasked frames, lengths not in their
 * shortest form, control frames that are fragmented or over 125 bytes, a continuation without a
 * beginning, a beginning inside a message, a close payload of one byte or with a code that must not
 * be sent. MU_EUTF8: a text message or a close reason that is not UTF-8 (checked when complete).
 * MU_ETOOBIG: a message over the limit (checked as soon as a frame's header is known).
 * mu_ws_error_code() gives the close code that belongs to each.
 */
#ifndef MU_WIRE_WEBSOCKET_H
#define MU_WIRE_WEBSOCKET_H

#include "base/buf.h"

enum mu_ws_opcode {
    MU_WS_CONTINUATION = 0x0,
    MU_WS_TEXT = 0x1,
    MU_WS_BINARY = 0x2,
    MU_WS_CLOSE = 0x8,
    MU_WS_PING = 0x9,
    MU_WS_PONG = 0xa,
};

/* Close codes that muster sends or tells apart (RFC 6455 section 7.4.1 and IANA's registry). */
enum mu_ws_code {
    MU_WS_NORMAL = 1000, /* old phoenix clients never come back after it: not sent unasked */
    MU_WS_GOING_AWAY = 1001,
    MU_WS_PROTOCOL_ERROR = 1002,
    MU_WS_NO_STATUS = 1005, /* never on the wire: the peer's close carried no code */
    MU_WS_BAD_DATA = 1007,
    MU_WS_POLICY = 1008,
    MU_WS_TOO_BIG = 1009,
    MU_WS_INTERNAL_ERROR = 1011,
    MU_WS_RESTART = 1012,
    MU_WS_TRY_LATER = 1013,
};

enum {
    MU_WS_MESSAGE_MAX = 1024 * 1024, /* default limit of one message, in bytes */
    MU_WS_CONTROL_MAX = 125,         /* payload of a ping, pong or close */
    MU_WS_HEADER_MAX = 10,           /* header of a frame that the server sends */
    MU_WS_ACCEPT_SIZE = 29,          /* accept key and its NUL */
};

/*
 * What the parser found. data is borrowed for the call (it is the caller's own input or the
 * parser's buffer) and may be written to; it is not NUL-terminated. A callback that is NULL ignores
 * its kind. A callback returns 0 to go on; any other value ends the feed at once: the rest of the
 * run is dropped, mu_ws_feed returns that value, and the parser is touched no more, so the callback
 * may have released it.
 */
struct mu_ws_cb {
    int (*on_message)(void *ctx, enum mu_ws_opcode op, char *data, size_t n); /* TEXT or BINARY */
    int (*on_ping)(void *ctx, char *data, size_t n); /* answer with a pong of the same bytes */
    int (*on_pong)(void *ctx, char *data, size_t n);
    /* code is MU_WS_NO_STATUS when none was sent; reason is valid UTF-8. Input after a close frame
     * is ignored. */
    int (*on_close)(void *ctx, uint16_t code, const char *reason, size_t n);
};

struct mu_ws_partial;

/* Fields are the parser's own. Zero-initialised is valid and means the default limit. */
struct mu_ws_parser {
    struct mu_ws_partial *partial; /* NULL while between frames and messages */
    uint32_t limit;
    int32_t error; /* what ended the parser: 1 after a close frame, else a MU_E* */
};

void mu_ws_init(struct mu_ws_parser *p, uint32_t message_limit); /* 0 means the default */
void mu_ws_release(struct mu_ws_parser *p);

/* Parses data[0..n), unmasking in place. 0, a MU_E* (again for every later call), or what a
 * callback returned. */
int mu_ws_feed(struct mu_ws_parser *p, char *data, size_t n, const struct mu_ws_cb *cb,
               void *ctx) MU_MUST_CHECK;

/* The close code to send for an error of mu_ws_feed; MU_WS_INTERNAL_ERROR for any other value. */
uint16_t mu_ws_error_code(int err);

/* Bytes of heap the parser holds at the moment: 0 between messages. */
size_t mu_ws_held(const struct mu_ws_parser *p);

/* Writes the header of an unfragmented, unmasked frame with n bytes of payload; gives its size. */
size_t mu_ws_header(char out[MU_WS_HEADER_MAX], enum mu_ws_opcode op, size_t n);

/* Appends a whole frame. The payload of a control frame is cut to MU_WS_CONTROL_MAX. */
void mu_ws_frame(struct mu_buf *out, enum mu_ws_opcode op, const void *data, size_t n);

/* Appends a close frame. reason (NULL allowed) is cut to what fits, between characters.
 * MU_WS_NO_STATUS gives an empty close. */
void mu_ws_close_frame(struct mu_buf *out, uint16_t code, const char *reason);

/* The same as a block to share. Returned owned (one reference). */
struct mu_bytes *mu_ws_frame_bytes(enum mu_ws_opcode op, const void *data, size_t n);

/* Sec-WebSocket-Accept for the client's Sec-WebSocket-Key (RFC 6455 section 4.2.2). 0, or -EINVAL
 * for a key that is not the base64 of 16 bytes. */
int mu_ws_accept_key(const char *key, char out[MU_WS_ACCEPT_SIZE]) MU_MUST_CHECK;

#endif
