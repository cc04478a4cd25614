#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "wire/http1.h"

const char *mu_http_method_name(enum mu_http_method m)
{
    static const char *const names[] = {"GET",   "HEAD",   "POST",    "PUT",
                                        "PATCH", "DELETE", "OPTIONS", "OTHER"};
    return names[m];
}

/* ---- reading a request ---- */

const char *mu_http_header(const struct mu_http_req *req, const char *name)
{
    for (size_t i = 0; i < req->n_fields; i++)
        if (strcmp(req->fields[i].name, name) == 0)
            return req->fields[i].value;
    return NULL;
}

bool mu_http_has_token(const char *value, const char *token)
{
    size_t want = strlen(token);
    const char *s = value ? value : "";
    while (*s) {
        s += strspn(s, ", \t");
        size_t n = strcspn(s, ",");
        size_t trimmed = n;
        while (trimmed && (s[trimmed - 1] == ' ' || s[trimmed - 1] == '\t'))
            trimmed--;
        if (trimmed == want && strncasecmp(s, token, want) == 0)
            return true;
        s += n;
    }
    return false;
}

static int hex_value(char c)
{
    if (!isxdigit((unsigned char)c))
        return -1;
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

int mu_http_unescape(const char *s, size_t n, bool plus, char *buf, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '%') {
            int high = n - i > 2 ? hex_value(s[i + 1]) : -1;
            int low = n - i > 2 ? hex_value(s[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -EINVAL;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (!c)
            return -EINVAL;
        if (len + 1 >= cap)
            return MU_ETOOBIG;
        buf[len++] = c;
    }
    if (!cap)
        return MU_ETOOBIG;
    buf[len] = 0;
    return 0;
}

int mu_http_segment(const struct mu_http_req *req, size_t index, char *buf, size_t cap)
{
    const char *s = req->path;
    if (*s != '/')
        return -ENOENT;
    s++;
    for (; index > 0; index--) {
        s = strchr(s, '/');
        if (!s)
            return -ENOENT;
        s++;
    }
    return mu_http_unescape(s, strcspn(s, "/"), false, buf, cap);
}

/* Whether a parameter's name (as sent) is the wanted one: 1; -EINVAL when it is "name[...". */
static int match_name(const char *s, size_t n, const char *name)
{
    char key[128];
    size_t want = strlen(name);
    if (mu_http_unescape(s, n, true, key, sizeof key) || strncmp(key, name, want) != 0)
        return 0;
    if (key[want] == '[')
        return -EINVAL;
    return key[want] == 0;
}

int mu_http_query(const struct mu_http_req *req, const char *name, char *buf, size_t cap)
{
    int rc = -ENOENT;
    const char *s = req->query;
    while (*s) {
        size_t n = strcspn(s, "&");
        const char *equals = memchr(s, '=', n);
        size_t key = equals ? (size_t)(equals - s) : n;
        int match = match_name(s, key, name);
        if (match < 0)
            rc = match;
        else if (match)
            rc = mu_http_unescape(s + key + (equals != NULL), n - key - (equals != NULL), true, buf,
                                  cap);
        s += n + (s[n] == '&');
    }
    return rc;
}

int mu_http_cookie(const struct mu_http_req *req, const char *name, char *buf, size_t cap)
{
    const char *s = mu_http_header(req, "cookie");
    size_t want = strlen(name);
    while (s && *s) {
        s += strspn(s, "; \t");
        size_t n = strcspn(s, ";");
        if (n > want && s[want] == '=' && memcmp(s, name, want) == 0) {
            size_t len = n - want - 1;
            while (len && (s[want + len] == ' ' || s[want + len] == '\t'))
                len--;
            if (len >= cap)
                return MU_ETOOBIG;
            memcpy(buf, s + want + 1, len);
            buf[len] = 0;
            return 0;
        }
        s += n;
    }
    return -ENOENT;
}

/* ---- writing a response ---- */

#define STATUSES(X)                                                                                \
    X(100, "Continue")                                                                             \
    X(101, "Switching Protocols")                                                                  \
    X(200, "OK")                                                                                   \
    X(201, "Created")                                                                              \
    X(202, "Accepted")                                                                             \
    X(204, "No Content")                                                                           \
    X(302, "Found")                                                                                \
    X(303, "See Other")                                                                            \
    X(304, "Not Modified")                                                                         \
    X(400, "Bad Request")                                                                          \
    X(401, "Unauthorized")                                                                         \
    X(403, "Forbidden")                                                                            \
    X(404, "Not Found")                                                                            \
    X(405, "Method Not Allowed")                                                                   \
    X(408, "Request Timeout")                                                                      \
    X(409, "Conflict")                                                                             \
    X(413, "Content Too Large")                                                                    \
    X(415, "Unsupported Media Type")                                                               \
    X(422, "Unprocessable Content")                                                                \
    X(426, "Upgrade Required")                                                                     \
    X(429, "Too Many Requests")                                                                    \
    X(431, "Request Header Fields Too Large")                                                      \
    X(500, "Internal Server Error")                                                                \
    X(503, "Service Unavailable")                                                                  \
    X(507, "Insufficient Storage")

const char *mu_http_status_text(int status)
{
    switch (status) {
#define X(code, text)                                                                              \
    case code:                                                                                     \
        return text;
        STATUSES(X)
#undef X
    default:
        return "Unknown";
    }
}

/* The text without its control characters: nothing in it can end the line. */
static void add_plain(struct mu_buf *out, const char *s)
{
    while (*s) {
        size_t n = 0;
        while (s[n] && !iscntrl((unsigned char)s[n]))
            n++;
        mu_buf_add(out, s, n);
        s += n;
        s += *s != 0;
    }
}

static void add_field(struct mu_buf *out, const char *name, const char *value)
{
    add_plain(out, name);
    mu_buf_str(out, ": ");
    add_plain(out, value);
    mu_buf_str(out, "\r\n");
}

static void add_status(struct mu_buf *out, int status)
{
    mu_buf_printf(out, "HTTP/1.1 %d %s\r\n", status, mu_http_status_text(status));
}

void mu_http_response(struct mu_buf *out, int status, const struct mu_http_field *fields,
                      size_t n_fields, const void *body, size_t n, unsigned flags)
{
    bool bodiless = status == 204 || status == 304;
    const char *connection = flags & MU_HTTP_LAST ? "close" : "keep-alive";
    add_status(out, status);
    for (size_t i = 0; i < n_fields; i++)
        add_field(out, fields[i].name, fields[i].value);
    if (status == 426) {
        add_field(out, "Upgrade", "websocket");
        connection = flags & MU_HTTP_LAST ? "upgrade, close" : "upgrade";
    }
    if (!bodiless)
        mu_buf_printf(out, "Content-Length: %zu\r\n", n);
    add_field(out, "Connection", connection);
    mu_buf_str(out, "\r\n");
    if (!bodiless && !(flags & MU_HTTP_NO_BODY))
        mu_buf_add(out, body, n);
}

void mu_http_switch(struct mu_buf *out, const char *accept_key, const char *protocol)
{
    add_status(out, 101);
    add_field(out, "Upgrade", "websocket");
    add_field(out, "Connection", "Upgrade");
    add_field(out, "Sec-WebSocket-Accept", accept_key);
    if (protocol)
        add_field(out, "Sec-WebSocket-Protocol", protocol);
    mu_buf_str(out, "\r\n");
}

void mu_http_continue(struct mu_buf *out)
{
    add_status(out, 100);
    mu_buf_str(out, "\r\n");
}
