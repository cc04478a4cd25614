/* Feeds a client's bytes whole, then in pieces: the requests and the outcome must be the same. The
 * first byte chooses the size of the pieces. What is accepted is read with every helper. */
#include <stdlib.h>
#include <string.h>

#include "wire/http1.h"

enum { BODY_LIMIT = 512 };

static void read_all(const struct mu_http_req *req, struct mu_buf *log)
{
    char buf[64] = "";
    mu_buf_printf(log, "%s %d %s %s %s %d %d\n", mu_http_method_name(req->method), req->minor,
                  req->target, req->path, req->query, req->keep_alive, req->upgrade);
    for (size_t i = 0; i < req->n_fields; i++) {
        const struct mu_http_field *f = &req->fields[i];
        if (!*f->name || strpbrk(f->name, " :\t") || strpbrk(f->value, "\r\n"))
            abort();
        if (mu_http_header(req, f->name) != f->value)
            abort();
        mu_buf_printf(log, "%s=%s\n", f->name, f->value);
    }
    mu_buf_add(log, req->body.data, req->body.len);
    if (req->body.len > BODY_LIMIT || req->n_fields > MU_HTTP_FIELDS_MAX)
        abort();
    if (!mu_http_query(req, "vsn", buf, sizeof buf) && strlen(buf) >= sizeof buf)
        abort();
    for (size_t i = 0; mu_http_segment(req, i, buf, sizeof buf) != -2 && i < 8; i++)
        mu_buf_str(log, buf);
    if (!mu_http_cookie(req, "sid", buf, sizeof buf))
        mu_buf_str(log, buf);
    struct mu_buf out = {0};
    mu_http_response(&out, 200, req->fields, req->n_fields, req->body.data, req->body.len, 0);
    mu_buf_release(&out);
}

static int run(const char *data, size_t n, size_t step, struct mu_buf *log)
{
    struct mu_http_parser *p = mu_http_parser_new(BODY_LIMIT);
    int rc = 0;
    for (size_t at = 0; at < n && rc >= 0; at += step) {
        size_t size = n - at < step ? n - at : step, done = 0;
        char *piece = malloc(size);
        memcpy(piece, data + at, size);
        while (done < size && rc >= 0) {
            size_t used;
            rc = mu_http_feed(p, piece + done, size - done, &used);
            done += used;
            if (rc == 0 && done != size)
                abort();
            if (rc != 1)
                continue;
            read_all(mu_http_request(p), log);
            mu_http_next(p);
        }
        free(piece);
    }
    mu_buf_printf(log, "%d %d", rc < 0 ? rc : 0, mu_http_error_status(p));
    mu_http_parser_free(p);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2)
        return 0;
    struct mu_buf whole = {0}, pieces = {0};
    run((const char *)data + 1, n - 1, n - 1, &whole);
    run((const char *)data + 1, n - 1, 1 + (data[0] & 0x1F), &pieces);
    if (whole.len != pieces.len || memcmp(whole.data, pieces.data, whole.len) != 0)
        abort();
    mu_buf_release(&whole);
    mu_buf_release(&pieces);
    return 0;
}
