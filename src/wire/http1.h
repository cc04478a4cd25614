/*
 * HTTP/1.1 requests in, responses out. The grammar is http_parser's (this module is its only user);
 * on top stand the limits and the strictness that keep a request from being read in two ways.
 * RFC 9110, RFC 9112.
 *
 * Layer: wire (pure: no I/O, no clock). Thread rules: no shared state; one parser belongs to one
 * connection and is used by one thread at a time.
 *
 * Refused with 400: bare CR or LF, an empty line before the request, control bytes, obs-fold,
 * whitespace before a colon, names that are no tokens, a target that is neither origin-form nor "*"
 * with OPTIONS, a bad percent escape in the path, versions other than 1.0 and 1.1 (so HTTP/0.9
 * too), Host missing (1.1) or twice, Content-Length twice or together with Transfer-Encoding, a
 * Transfer-Encoding other than exactly "chunked", chunk trailers, Authorization, Origin or
 * Sec-WebSocket-Key or -Version twice, an expectation other than 100-continue, a WebSocket upgrade
 * with a body. 431: a head over MU_HTTP_HEAD_MAX bytes or MU_HTTP_FIELDS_MAX fields. 413: a body
 * over the parser's limit, said before the body is read where its length is announced.
 */
#ifndef MU_WIRE_HTTP1_H
#define MU_WIRE_HTTP1_H

#include "base/buf.h"

enum {
    MU_HTTP_HEAD_MAX = 8192,                /* request line, header fields and the empty line */
    MU_HTTP_FIELDS_MAX = 100,               /* header fields in one request */
    MU_HTTP_CHUNK_LINE_MAX = 256,           /* a chunk's size and its extensions */
    MU_HTTP_BODY_MAX = 1024 * 1024 + 65536, /* default limit of a body: a message and its JSON */
};

enum mu_http_method {
    MU_HTTP_GET,
    MU_HTTP_HEAD,
    MU_HTTP_POST,
    MU_HTTP_PUT,
    MU_HTTP_PATCH,
    MU_HTTP_DELETE,
    MU_HTTP_OPTIONS,
    MU_HTTP_OTHER, /* known to HTTP, of no use here */
};

const char *mu_http_method_name(enum mu_http_method m); /* "GET"; "OTHER" for the last */

struct mu_http_field {
    const char *name;
    const char *value;
};

/* One request. Everything in it belongs to its parser. */
struct mu_http_req {
    enum mu_http_method method;
    int minor;          /* HTTP/1.minor: 0 or 1 */
    const char *target; /* as sent */
    const char *path;   /* the target's part before '?', as sent (not percent-decoded) */
    const char *query;  /* the part after '?', as sent; "" when there is none */
    /* Names in lower case, values without the whitespace around them. Fields that were sent more
     * than once are one field here, joined by ", " ("; " for Cookie). */
    struct mu_http_field fields[MU_HTTP_FIELDS_MAX];
    size_t n_fields;
    struct mu_buf body;
    bool keep_alive;
    bool upgrade; /* Connection has "upgrade" and Upgrade has "websocket" */
};

struct mu_http_parser;

/* body_limit in bytes; 0 means MU_HTTP_BODY_MAX. Returned owned. Some 3 KiB and what is being
 * received; meant to be freed when a connection becomes a WebSocket. */
struct mu_http_parser *mu_http_parser_new(size_t body_limit);
void mu_http_parser_free(struct mu_http_parser *p); /* NULL allowed */
/* From now on the limit is asked for when the head of a request with a body is complete: of that
 * request, in bytes. */
typedef size_t mu_http_limit_cb(void *ctx, const struct mu_http_req *req);
void mu_http_parser_limit(struct mu_http_parser *p, mu_http_limit_cb *limit, void *ctx);

/*
 * Takes bytes of data[0..n); *used says how many. 0: more is needed, all were taken. 1: a request
 * is complete; what was not taken belongs to the next request or, after an upgrade, to the
 * WebSocket; mu_http_next() before the next feed. MU_EPROTO or MU_ETOOBIG: answer with
 * mu_http_error_status() and close; every later call says the same.
 */
int mu_http_feed(struct mu_http_parser *p, const char *data, size_t n, size_t *used) MU_MUST_CHECK;

/* The request that is complete; borrowed, until mu_http_next or free. */
const struct mu_http_req *mu_http_request(const struct mu_http_parser *p);

/* Forgets the complete request and begins another. */
void mu_http_next(struct mu_http_parser *p);

/* True when no byte of a request was received yet: the connection is idle. */
bool mu_http_idle(const struct mu_http_parser *p);
/* True while the head is incomplete: what the time limit for heads is about. */
bool mu_http_in_head(const struct mu_http_parser *p);

/* True once per request, after a feed that gave 0: the client waits for mu_http_continue() before
 * it sends the body. */
bool mu_http_wants_continue(struct mu_http_parser *p);

/* After an error: the status to answer (400, 413 or 431), and a sentence for a person. */
int mu_http_error_status(const struct mu_http_parser *p);
const char *mu_http_error_text(const struct mu_http_parser *p);

/* The value of a field (name in lower case), or NULL. */
const char *mu_http_header(const struct mu_http_req *req, const char *name);
/* True when a comma-separated value (NULL allowed) has the token, in any case. */
bool mu_http_has_token(const char *value, const char *token);

/* Copies s[0..n) to buf with its percent escapes decoded, NUL-terminated; plus also turns '+' into
 * a space. 0; -EINVAL for a bad escape or a NUL byte; MU_ETOOBIG when cap bytes are too few. */
int mu_http_unescape(const char *s, size_t n, bool plus, char *buf, size_t cap) MU_MUST_CHECK;

/* The path's segment number index, decoded: of "/api/sessions/a%20b", 2 is "a b". 0; -ENOENT when
 * there are fewer; else as mu_http_unescape. A path that ends in '/' has an empty last segment. */
int mu_http_segment(const struct mu_http_req *req, size_t index, char *buf,
                    size_t cap) MU_MUST_CHECK;

/* The query parameter's value, decoded; the last one when it comes more than once. 0; -ENOENT when
 * it is absent; -EINVAL also when it was given as a list or map ("vsn[]=2.0.0" for "vsn"); else as
 * mu_http_unescape. */
int mu_http_query(const struct mu_http_req *req, const char *name, char *buf,
                  size_t cap) MU_MUST_CHECK;

/* The cookie's value, as sent; the first of that name. 0, -ENOENT, or MU_ETOOBIG. */
int mu_http_cookie(const struct mu_http_req *req, const char *name, char *buf,
                   size_t cap) MU_MUST_CHECK;

/* "Not Found" for 404; "Unknown" for a code that muster does not use. */
const char *mu_http_status_text(int status);

enum mu_http_flag {
    MU_HTTP_NO_BODY = 1, /* answers HEAD: the same head, and no body */
    MU_HTTP_LAST = 2,    /* Connection: close */
};

/*
 * Appends a response. Content-Length is set (never for 204 and 304, which have no body), Connection
 * too; fields must not name either. 426 gets Upgrade: websocket. Control bytes in a field are left
 * out, so that no value can begin another line.
 */
void mu_http_response(struct mu_buf *out, int status, const struct mu_http_field *fields,
                      size_t n_fields, const void *body, size_t n, unsigned flags);

/* Appends the 101 that begins a WebSocket; protocol may be NULL. */
void mu_http_switch(struct mu_buf *out, const char *accept_key, const char *protocol);

/* Appends "100 Continue". */
void mu_http_continue(struct mu_buf *out);

#endif
