#include <errno.h>

#include "store/sqlite_db.h"

int mu_store_put_image(struct mu_store *s, const struct mu_rec_image *image)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_image);
    mu_sq_text(&q, image->id);
    mu_sq_text(&q, image->type);
    mu_sq_int(&q, image->bytes);
    mu_sq_int(&q, image->created_at);
    return mu_sq_run(&q);
}

int mu_store_get_image(struct mu_store *s, const char *id, mu_image_row_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_get_image);
    bool found = false;
    mu_sq_text(&q, id);
    if (mu_sq_next(&q)) {
        struct mu_rec_image image = {.id = mu_sq_get_text(&q, 0),
                                     .type = mu_sq_get_text(&q, 1),
                                     .bytes = mu_sq_get_int(&q, 2),
                                     .created_at = mu_sq_get_int(&q, 3)};
        found = true;
        cb(ctx, &image);
    }
    int rc = mu_sq_end(&q);
    return !rc && !found ? -ENOENT : rc;
}

int mu_store_use_image(struct mu_store *s, const char *message_id, const char *image_id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_use_image);
    mu_sq_text(&q, image_id);
    mu_sq_text(&q, message_id);
    return mu_sq_run(&q);
}

bool mu_store_image_used(struct mu_store *s, const char *id)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_image_used);
    mu_sq_text(&q, id);
    return mu_sq_one(&q, 1) != 0; /* when in doubt */
}

int mu_store_delete_image(struct mu_store *s, const char *id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_delete_image);
    mu_sq_text(&q, id);
    return mu_sq_run(&q);
}

int64_t mu_store_image_bytes(struct mu_store *s)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_image_bytes);
    return mu_sq_one(&q, INT64_MAX);
}
