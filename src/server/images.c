/* /api/images: images that prompts name and agents show. Their files are read off the loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "server/internal.h"
#include "store/images.h"

/* The media type alone, in lower case; empty: none of those that are taken. */
static void read_type(const char *field, char out[MU_IMAGE_TYPE_SIZE])
{
    static const char *const types[] = {"image/png", "image/jpeg", "image/webp", "image/gif"};
    size_t n = field ? strcspn(field, "; \t") : 0;
    out[0] = '\0';
    for (size_t i = 0; i < MU_COUNT(types); i++)
        if (n == strlen(types[i]) && strncasecmp(field, types[i], n) == 0)
            snprintf(out, MU_IMAGE_TYPE_SIZE, "%s", types[i]);
}

void mu_images_create(struct mu_client *c, const struct mu_http_req *req, mu_outcome_cb *cb,
                      void *ctx)
{
    char type[MU_IMAGE_TYPE_SIZE];
    struct mu_outcome no = {0};
    read_type(mu_http_header(req, "content-type"), type);
    if (!*type) {
        no.code = MU_CODE_UNSUPPORTED_TYPE;
        no.message = "An image is sent as it is, with a Content-Type of image/png, image/jpeg, "
                     "image/webp or image/gif.";
    } else if (req->body.len == 0) {
        no.code = MU_CODE_INVALID_FIELD;
        no.message = "The image is empty.";
    }
    if (no.code)
        cb(ctx, &no);
    else
        mu_runner_add_image(c->srv->opts.runner, type, req->body.data, req->body.len, cb, ctx);
}

/* ---- reading ---- */

enum { ETAG_SIZE = MU_IMAGE_ID_SIZE + 2 };

#define FOR_GOOD "private, max-age=31536000, immutable"

struct reading {
    struct mu_client *client;
    const char *dir;
    struct mu_rec_image *image;
    struct mu_bytes *response;
    unsigned flags;
    int rc;
};

static void put_head(struct mu_buf *out, const struct mu_rec_image *image, unsigned flags)
{
    char etag[ETAG_SIZE];
    snprintf(etag, sizeof etag, "\"%s\"", image->id);
    struct mu_http_field fields[] = {
        {"Content-Type", image->type},         {"ETag", etag},
        {"Cache-Control", FOR_GOOD},           {"Content-Security-Policy", "sandbox"},
        {"X-Content-Type-Options", "nosniff"}, {"Cross-Origin-Resource-Policy", "same-origin"}};
    mu_http_response(out, 200, fields, MU_COUNT(fields), NULL, (size_t)image->bytes,
                     flags | MU_HTTP_NO_BODY);
}

static void on_work(void *ctx)
{
    struct reading *r = ctx;
    struct mu_buf out = {0};
    put_head(&out, r->image, r->flags);
    r->rc = mu_image_read(r->dir, r->image->id, (size_t)r->image->bytes, &out);
    if (!r->rc)
        r->response = mu_bytes_new(out.data, out.len);
    mu_buf_release(&out);
}

static void on_done(void *ctx)
{
    struct reading *r = ctx;
    struct mu_client *c = r->client;
    if (r->rc)
        mu_log(MU_LOG_ERROR, "image_not_read", "image", r->image->id, "error", mu_strerror(r->rc),
               NULL);
    if (r->response)
        mu_answer_bytes(c, r->response);
    else
        mu_answer_error(c, r->rc == -ENOENT ? MU_CODE_NOT_FOUND : MU_CODE_INTERNAL,
                        r->rc == -ENOENT ? "The file of this image is gone." : NULL);
    mu_bytes_unref(r->response);
    mu_rec_free(&mu_image_desc, r->image);
    free(r);
    mu_client_unref(c);
}

static void on_row(void *ctx, const struct mu_rec_image *image)
{
    *(struct mu_rec_image **)ctx = mu_rec_clone(&mu_image_desc, image);
}

void mu_images_get(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_rec_image *image = NULL;
    if (!mu_image_id_valid(id) || mu_store_get_image(c->srv->opts.store, id, on_row, &image) != 0) {
        mu_answer_error(c, MU_CODE_NOT_FOUND, "There is no image with this id.");
        return;
    }
    unsigned last = c->last ? MU_HTTP_LAST : 0u;
    const char *match = mu_http_header(req, "if-none-match");
    if (match && strstr(match, image->id)) {
        char etag[ETAG_SIZE];
        snprintf(etag, sizeof etag, "\"%s\"", image->id);
        struct mu_http_field fields[] = {{"ETag", etag}, {"Cache-Control", FOR_GOOD}};
        mu_answer(c, 304, fields, MU_COUNT(fields), NULL, 0);
    } else if (c->head) {
        struct mu_buf out = {0};
        put_head(&out, image, last);
        struct mu_bytes *bytes = mu_bytes_new(out.data, out.len);
        mu_answer_bytes(c, bytes);
        mu_bytes_unref(bytes);
        mu_buf_release(&out);
    } else {
        struct reading *r = mu_alloc(sizeof *r);
        *r = (struct reading){.client = c,
                              .dir = mu_runner_images_dir(c->srv->opts.runner),
                              .image = image,
                              .flags = last};
        mu_client_ref(c);
        mu_loop_work(c->srv->opts.loop, on_work, on_done, r);
        return;
    }
    mu_rec_free(&mu_image_desc, image);
}
