#include "store/sqlite_db.h"

int mu_store_put_terminal(struct mu_store *s, const struct mu_terminal *t)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_put_terminal);
    mu_sq_text(&q, t->id);
    mu_sq_text(&q, t->run_id);
    mu_sq_text(&q, t->request);
    mu_sq_text(&q, t->spec);
    mu_sq_int(&q, t->byte_limit);
    mu_sq_int(&q, t->offset);
    mu_sq_int(&q, t->truncated);
    if (t->output)
        mu_sq_blob(&q, t->output, t->n);
    else
        mu_sq_text(&q, NULL);
    mu_sq_text(&q, t->exit);
    return mu_sq_run(&q);
}

int mu_store_delete_terminal(struct mu_store *s, const char *id)
{
    struct mu_sq q = mu_sq_write(s, MU_SQ_delete_terminal);
    mu_sq_text(&q, id);
    return mu_sq_run(&q);
}

int mu_store_each_terminal(struct mu_store *s, mu_terminal_cb *cb, void *ctx)
{
    struct mu_sq q = mu_sq_read(s, MU_SQ_each_terminal);
    while (mu_sq_next(&q)) {
        struct mu_terminal t = {0};
        int c = 0;
        t.id = mu_sq_get_text(&q, c++);
        t.run_id = mu_sq_get_text(&q, c++);
        t.request = mu_sq_get_text(&q, c++);
        t.spec = mu_sq_get_text(&q, c++);
        t.byte_limit = mu_sq_get_int(&q, c++);
        t.offset = mu_sq_get_int(&q, c++);
        t.truncated = mu_sq_get_int(&q, c++) != 0;
        t.output = mu_sq_get_blob(&q, c++, &t.n);
        t.exit = mu_sq_get_text(&q, c++);
        cb(ctx, &t);
    }
    return mu_sq_end(&q);
}
