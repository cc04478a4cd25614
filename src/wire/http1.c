#include "wire/http1.h"

#include <ctype.h>
#include <http_parser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum stage {
    STAGE_HEAD,
    STAGE_LENGTH,  /* a body of a known length */
    STAGE_CHUNKED, /* a body in chunks */
    STAGE_DONE,
    STAGE_FAILED,
};

/* Where in the framing of a chunked body the next byte stands. */
enum chunk_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_LAST_CR,
    CHUNK_LAST_LF,
    CHUNK_END,
};

struct span { /* within the head, which is at most MU_HTTP_HEAD_MAX */
    uint16_t at;
    uint16_t n;
};

struct mu_http_parser {
    struct http_parser grammar;
    struct mu_http_req req;
    struct mu_buf head;
    struct mu_buf joined; /* values of fields that came more than once */
    struct span names[MU_HTTP_FIELDS_MAX];
    struct span values[MU_HTTP_FIELDS_MAX];
    size_t n_fields;
    bool in_value; /* the grammar's last callback was a value's */
    bool complete; /* the grammar saw the message's end */
    enum stage stage;
    size_t line_n; /* bytes of the head's current line */
    size_t lines;  /* of the head that are complete */
    uint64_t left; /* of the body, or of the chunk */
    enum chunk_state chunk;
    size_t chunk_line;
    size_t body_total;
    size_t body_limit;
    mu_http_limit_cb *limit;
    void *limit_ctx;
    bool wants_continue;
    int error;
    int status;
    const char *error_text;
};

static int fail(struct mu_http_parser *p, int status, const char *text)
{
    p->stage = STAGE_FAILED;
    p->status = status;
    p->error_text = text;
    p->error = status == 400 ? MU_EPROTO : MU_ETOOBIG;
    return p->error;
}

static int fail_body(struct mu_http_parser *p)
{
    return fail(p, 413, "The request's body is larger than this server accepts.");
}

/* ---- what http_parser reports ---- */

static struct span span_of(const struct mu_http_parser *p, const char *at, size_t n)
{
    return (struct span){.at = (uint16_t)(at - p->head.data), .n = (uint16_t)n};
}

static int on_header_field(struct http_parser *g, const char *at, size_t n)
{
    struct mu_http_parser *p = g->data;
    if (p->stage != STAGE_HEAD || p->n_fields == MU_HTTP_FIELDS_MAX)
        return 1;
    p->names[p->n_fields++] = span_of(p, at, n);
    p->in_value = false;
    return 0;
}

static int on_header_value(struct http_parser *g, const char *at, size_t n)
{
    struct mu_http_parser *p = g->data;
    if (p->stage != STAGE_HEAD || !p->n_fields || p->in_value)
        return 1;
    p->values[p->n_fields - 1] = span_of(p, at, n);
    p->in_value = true;
    return 0;
}

static int on_body(struct http_parser *g, const char *at, size_t n)
{
    struct mu_http_parser *p = g->data;
    mu_buf_add(&p->req.body, at, n);
    return 0;
}

static int on_message_complete(struct http_parser *g)
{
    struct mu_http_parser *p = g->data;
    p->complete = true;
    return 0;
}

static const struct http_parser_settings settings = {
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* Hands bytes that were found sound to the grammar; it must agree. */
static int execute(struct mu_http_parser *p, const char *data, size_t n)
{
    size_t parsed = http_parser_execute(&p->grammar, &settings, data, n);
    if (HTTP_PARSER_ERRNO(&p->grammar) != HPE_OK || parsed != n)
        return fail(p, 400, "The request is not valid HTTP/1.1.");
    return 0;
}

/* ---- the head ---- */

/* Takes one byte of the head. 1: the head is complete. */
static int head_byte(struct mu_http_parser *p, char c)
{
    struct mu_buf *head = &p->head;
    bool after_cr = head->len && head->data[head->len - 1] == '\r';
    if (after_cr != (c == '\n'))
        return fail(p, 400, "A line of the request's head does not end in CR LF.");
    if ((iscntrl((unsigned char)c) && c != '\r' && c != '\n' && c != '\t') ||
        (c == '\t' && p->lines == 0))
        return fail(p, 400, "The request's head has a control character.");
    if (p->line_n == 0 && (c == ' ' || c == '\t' || (c == '\r' && head->len == 0)))
        return fail(p, 400, "A line of the request's head is empty, or is continued.");
    if (head->len == MU_HTTP_HEAD_MAX)
        return fail(p, 431, "The request's head is larger than 8192 bytes.");
    mu_buf_char(head, c);
    if (c != '\n') {
        p->line_n += c != '\r';
        return 0;
    }
    if (p->line_n == 0)
        return 1;
    p->line_n = 0;
    if (p->lines++ > MU_HTTP_FIELDS_MAX)
        return fail(p, 431, "The request has more than 100 header fields.");
    return 0;
}

static bool path_ok(const char *s, size_t n)
{
    for (size_t i = 0; i < n && s[i] != '?'; i++)
        if (s[i] == '%' &&
            (n - i < 3 || !isxdigit((unsigned char)s[i + 1]) || !isxdigit((unsigned char)s[i + 2])))
            return false;
    return true;
}

static bool target_ok(const char *s, size_t n, bool options)
{
    if (n == 1 && s[0] == '*')
        return options;
    if (n == 0 || s[0] != '/')
        return false;
    for (size_t i = 0; i < n; i++)
        if (s[i] <= 0x20 || s[i] == 0x7F || s[i] == '#')
            return false;
    return path_ok(s, n);
}

/* "METHOD /path HTTP/1.1", with one space between; the target is cut out of the head. */
static int read_request_line(struct mu_http_parser *p)
{
    static const char bad[] = "The request line is not of the form: METHOD /path HTTP/1.1";
    char *line = p->head.data, *stop = strstr(line, "\r\n");
    char *target = memchr(line, ' ', (size_t)(stop - line));
    if (!target)
        return fail(p, 400, bad);
    target++;
    char *version = memchr(target, ' ', (size_t)(stop - target));
    if (!version || stop - version != 9 || memcmp(version, " HTTP/1.", 8) != 0)
        return fail(p, 400, bad);
    bool options = strncmp(line, "OPTIONS ", 8) == 0;
    if ((version[8] != '0' && version[8] != '1') ||
        !target_ok(target, (size_t)(version - target), options))
        return fail(p, 400, bad);
    p->req.minor = version[8] - '0';
    p->req.target = target;
    return 0;
}

static enum mu_http_method method_of(unsigned method)
{
    switch (method) {
    case HTTP_GET:
        return MU_HTTP_GET;
    case HTTP_HEAD:
        return MU_HTTP_HEAD;
    case HTTP_POST:
        return MU_HTTP_POST;
    case HTTP_PUT:
        return MU_HTTP_PUT;
    case HTTP_PATCH:
        return MU_HTTP_PATCH;
    case HTTP_DELETE:
        return MU_HTTP_DELETE;
    case HTTP_OPTIONS:
        return MU_HTTP_OPTIONS;
    default:
        return MU_HTTP_OTHER;
    }
}

/* Lower-cases a field name; false when it is no token (RFC 9110 section 5.6.2). */
static bool lower_name(char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i]))
            return false;
        s[i] = (char)tolower((unsigned char)s[i]);
    }
    return n > 0;
}

/* Makes strings of the fields, in place: what follows each was a colon, a space or a line end. */
static bool cut_fields(struct mu_http_parser *p)
{
    static char none[] = "";
    for (size_t i = 0; i < p->n_fields; i++) {
        char *name = p->head.data + p->names[i].at;
        if (!lower_name(name, p->names[i].n) || name[p->names[i].n] != ':')
            return false;
    }
    for (size_t i = 0; i < p->n_fields; i++) {
        char *name = p->head.data + p->names[i].at, *value = p->head.data + p->values[i].at;
        size_t n = p->values[i].n;
        while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
            n--;
        name[p->names[i].n] = 0;
        if (n)
            value[n] = 0;
        p->req.fields[i] = (struct mu_http_field){.name = name, .value = n ? value : none};
    }
    p->req.n_fields = p->n_fields;
    return true;
}

static void cut_target(struct mu_http_parser *p)
{
    char *target = p->head.data + (p->req.target - p->head.data);
    size_t n = strcspn(target, " ");
    target[n] = 0;
    /* The path is a second copy, behind the head, so that the target stays whole. */
    char *copy = p->head.data + p->head.len + 1;
    memcpy(copy, target, n + 1);
    char *mark = strchr(copy, '?');
    if (mark)
        *mark = 0;
    p->req.path = copy;
    p->req.query = mark ? mark + 1 : copy + n;
}

/* Joins the values of fields of one name; p->joined has room for all that could be joined. */
static void join_field(struct mu_http_parser *p, size_t first)
{
    struct mu_http_req *req = &p->req;
    const char *name = req->fields[first].name;
    const char *between = strcmp(name, "cookie") == 0 ? "; " : ", ";
    size_t kept = first + 1, begin = p->joined.len;
    for (size_t i = first + 1; i < req->n_fields; i++) {
        if (strcmp(req->fields[i].name, name) != 0) {
            req->fields[kept++] = req->fields[i];
            continue;
        }
        if (p->joined.len == begin) {
            mu_buf_reserve(&p->joined, p->joined.len ? 0 : MU_HTTP_HEAD_MAX * 2);
            mu_buf_str(&p->joined, req->fields[first].value);
        }
        mu_buf_str(&p->joined, between);
        mu_buf_str(&p->joined, req->fields[i].value);
    }
    req->n_fields = kept;
    if (p->joined.len > begin) {
        req->fields[first].value = p->joined.data + begin;
        mu_buf_add(&p->joined, "", 1);
    }
}

/* Fields of which a second one would make the request mean two things. */
static bool must_be_single(const char *name)
{
    static const char *const names[] = {
        "host",   "content-length",    "transfer-encoding",     "authorization",
        "origin", "sec-websocket-key", "sec-websocket-version",
    };
    for (size_t i = 0; i < MU_COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int join_fields(struct mu_http_parser *p)
{
    for (size_t i = 0; i < p->req.n_fields; i++) {
        size_t before = p->req.n_fields;
        join_field(p, i);
        if (p->req.n_fields != before && must_be_single(p->req.fields[i].name))
            return fail(p, 400, "A header field that may come once came more than once.");
    }
    return 0;
}

/* How the body is delimited, and what may not go together. */
static int read_framing(struct mu_http_parser *p)
{
    struct mu_http_req *req = &p->req;
    const char *length = mu_http_header(req, "content-length");
    const char *coding = mu_http_header(req, "transfer-encoding");
    const char *expect = mu_http_header(req, "expect");
    if (req->minor == 1 && !mu_http_header(req, "host"))
        return fail(p, 400, "The request has no Host field.");
    if (coding && (length || req->minor == 0 || strcasecmp(coding, "chunked") != 0))
        return fail(p, 400, "The length of the request's body is not clear.");
    if (length && (!*length || strspn(length, "0123456789") != strlen(length)))
        return fail(p, 400, "The request's Content-Length is not a number.");
    if (expect && strcasecmp(expect, "100-continue") != 0)
        return fail(p, 400, "The request expects something that is not known here.");
    p->left = length ? p->grammar.content_length : 0;
    req->upgrade = mu_http_has_token(mu_http_header(req, "connection"), "upgrade") &&
                   mu_http_has_token(mu_http_header(req, "upgrade"), "websocket");
    if (req->upgrade && (coding || p->left))
        return fail(p, 400, "A request that begins a WebSocket has a body.");
    if (p->limit && (coding || p->left))
        p->body_limit = p->limit(p->limit_ctx, req);
    if (p->left > p->body_limit)
        return fail_body(p);
    p->stage = coding ? STAGE_CHUNKED : p->left ? STAGE_LENGTH : STAGE_DONE;
    p->wants_continue = expect && req->minor == 1 && p->stage != STAGE_DONE;
    return 0;
}

static int read_head(struct mu_http_parser *p)
{
    mu_buf_reserve(&p->head, p->head.len + 2); /* for cut_target; nothing moves after this */
    int rc = read_request_line(p);
    if (!rc)
        rc = execute(p, p->head.data, p->head.len);
    if (rc)
        return rc;
    if (!cut_fields(p))
        return fail(p, 400, "The name of a header field is not valid.");
    cut_target(p);
    p->req.method = method_of(p->grammar.method);
    p->req.keep_alive = http_should_keep_alive(&p->grammar);
    rc = join_fields(p);
    if (!rc)
        rc = read_framing(p);
    if (!rc && (p->stage == STAGE_DONE) != p->complete)
        return fail(p, 400, "The length of the request's body is not clear.");
    return rc;
}

/* ---- the body ---- */

static int chunk_size_byte(struct mu_http_parser *p, char c)
{
    bool digit = isxdigit((unsigned char)c);
    if (++p->chunk_line > MU_HTTP_CHUNK_LINE_MAX || (p->chunk_line == 1 && !digit))
        return MU_EPROTO;
    if (c == '\r') {
        p->chunk = CHUNK_SIZE_LF;
        return 0;
    }
    if (p->chunk == CHUNK_EXTENSION)
        return iscntrl((unsigned char)c) && c != '\t' ? MU_EPROTO : 0;
    if (!digit) {
        p->chunk = CHUNK_EXTENSION;
        return c == ';' ? 0 : MU_EPROTO;
    }
    int value = isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
    p->left = p->left << 4 | (uint64_t)value;
    return p->left > p->body_limit - p->body_total ? MU_ETOOBIG : 0;
}

static int chunk_byte(struct mu_http_parser *p, char c)
{
    switch (p->chunk) {
    case CHUNK_SIZE:
    case CHUNK_EXTENSION:
        return chunk_size_byte(p, c);
    case CHUNK_SIZE_LF:
        p->chunk = p->left ? CHUNK_DATA : CHUNK_LAST_CR;
        p->body_total += (size_t)p->left;
        return c == '\n' ? 0 : MU_EPROTO;
    case CHUNK_DATA_CR:
        p->chunk = CHUNK_DATA_LF;
        return c == '\r' ? 0 : MU_EPROTO;
    case CHUNK_DATA_LF:
        p->chunk = CHUNK_SIZE;
        p->chunk_line = 0;
        return c == '\n' ? 0 : MU_EPROTO;
    case CHUNK_LAST_CR:
        p->chunk = CHUNK_LAST_LF;
        return c == '\r' ? 0 : MU_EPROTO;
    default:
        p->chunk = CHUNK_END;
        return c == '\n' ? 0 : MU_EPROTO;
    }
}

/* Walks the framing of data[0..n), at most to the body's end; the grammar then decodes it. */
static int feed_chunked(struct mu_http_parser *p, const char *data, size_t n, size_t *used)
{
    size_t i = 0;
    while (i < n && p->chunk != CHUNK_END) {
        if (p->chunk == CHUNK_DATA) {
            size_t take = n - i < p->left ? n - i : (size_t)p->left;
            i += take;
            p->left -= take;
            if (!p->left)
                p->chunk = CHUNK_DATA_CR;
            continue;
        }
        int rc = chunk_byte(p, data[i++]);
        if (rc)
            return rc == MU_ETOOBIG ? fail_body(p)
                                    : fail(p, 400, "The request's chunked body is not valid.");
    }
    *used = i;
    int rc = execute(p, data, i);
    if (!rc && p->chunk == CHUNK_END)
        p->stage = STAGE_DONE;
    return rc;
}

static int feed_length(struct mu_http_parser *p, const char *data, size_t n, size_t *used)
{
    size_t take = n < p->left ? n : (size_t)p->left;
    *used = take;
    p->left -= take;
    int rc = execute(p, data, take);
    if (!rc && !p->left)
        p->stage = STAGE_DONE;
    return rc;
}

/* Takes what lies inside of a line and is no control character; head_byte does the rest. */
static size_t head_run(struct mu_http_parser *p, const char *data, size_t n)
{
    size_t room = MU_HTTP_HEAD_MAX - p->head.len, run = 0;
    if (p->line_n == 0 || p->head.data[p->head.len - 1] == '\r')
        return 0;
    if (n > room)
        n = room;
    while (run < n && (unsigned char)data[run] >= 0x20 && data[run] != 0x7F)
        run++;
    mu_buf_add(&p->head, data, run);
    p->line_n += run;
    return run;
}

static int feed_head(struct mu_http_parser *p, const char *data, size_t n, size_t *used)
{
    int rc = 0;
    while (*used < n && !rc) {
        *used += head_run(p, data + *used, n - *used);
        if (*used < n)
            rc = head_byte(p, data[(*used)++]);
    }
    return rc > 0 ? read_head(p) : rc;
}

/* ---- the interface ---- */

struct mu_http_parser *mu_http_parser_new(size_t body_limit)
{
    struct mu_http_parser *p = mu_alloc(sizeof *p);
    if (!body_limit)
        body_limit = MU_HTTP_BODY_MAX;
    p->body_limit = body_limit < UINT32_MAX ? body_limit : UINT32_MAX;
    mu_http_next(p);
    return p;
}

void mu_http_parser_limit(struct mu_http_parser *p, mu_http_limit_cb *limit, void *ctx)
{
    p->limit = limit;
    p->limit_ctx = ctx;
}

void mu_http_parser_free(struct mu_http_parser *p)
{
    if (!p)
        return;
    mu_buf_release(&p->head);
    mu_buf_release(&p->joined);
    mu_buf_release(&p->req.body);
    free(p);
}

void mu_http_next(struct mu_http_parser *p)
{
    struct mu_http_parser kept = {.body_limit = p->body_limit,
                                  .limit = p->limit,
                                  .limit_ctx = p->limit_ctx,
                                  .error_text = ""};
    mu_buf_release(&p->head);
    mu_buf_release(&p->joined);
    mu_buf_release(&p->req.body);
    *p = kept;
    http_parser_init(&p->grammar, HTTP_REQUEST);
    p->grammar.data = p;
}

int mu_http_feed(struct mu_http_parser *p, const char *data, size_t n, size_t *used)
{
    *used = 0;
    while (*used < n && p->stage < STAGE_DONE) {
        size_t taken = 0;
        int rc = p->stage == STAGE_HEAD     ? feed_head(p, data + *used, n - *used, &taken)
                 : p->stage == STAGE_LENGTH ? feed_length(p, data + *used, n - *used, &taken)
                                            : feed_chunked(p, data + *used, n - *used, &taken);
        *used += taken;
        if (rc)
            return rc;
    }
    if (p->stage == STAGE_FAILED)
        return p->error;
    if (p->stage == STAGE_DONE && !p->complete)
        return fail(p, 400, "The length of the request's body is not clear.");
    return p->stage == STAGE_DONE;
}

const struct mu_http_req *mu_http_request(const struct mu_http_parser *p)
{
    return &p->req;
}

bool mu_http_idle(const struct mu_http_parser *p)
{
    return p->stage == STAGE_HEAD && p->head.len == 0;
}

bool mu_http_in_head(const struct mu_http_parser *p)
{
    return p->stage == STAGE_HEAD;
}

bool mu_http_wants_continue(struct mu_http_parser *p)
{
    bool body_awaited = p->stage == STAGE_LENGTH || p->stage == STAGE_CHUNKED;
    bool wants = p->wants_continue && body_awaited && p->req.body.len == 0;
    p->wants_continue = false;
    return wants;
}

int mu_http_error_status(const struct mu_http_parser *p)
{
    return p->status;
}

const char *mu_http_error_text(const struct mu_http_parser *p)
{
    return p->error_text;
}
