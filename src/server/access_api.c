/* /api/access: who is signed in, tokens for programs, and taking either away. */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/naming.h"
#include "server/internal.h"

/* ---- listing ---- */

struct rows {
    struct mu_rec_access *rows;
    size_t count;
    const struct mu_access *access;
    struct mu_who who;
};

static void on_row(void *ctx, const struct mu_store_access *a)
{
    struct rows *r = ctx;
    int64_t used = mu_access_last_use(r->access, a->id);
    r->rows = mu_realloc(r->rows, (r->count + 1) * sizeof *r->rows);
    r->rows[r->count++] =
        (struct mu_rec_access){.id = mu_strdup(a->id),
                               .kind = a->kind,
                               .name = mu_strdup(a->name),
                               .created_at = a->created_at,
                               .last_used_at = used > a->last_used_at ? used : a->last_used_at,
                               .expires_at = a->expires_at,
                               .current = strcmp(a->id, r->who.id) == 0};
}

/* What has a socket open is being used. */
static void on_client(void *user, void *arg)
{
    const struct mu_client *c = user;
    struct rows *r = arg;
    const char *id = mu_socket_access(c);
    for (size_t i = 0; *id && i < r->count; i++)
        if (strcmp(r->rows[i].id, id) == 0)
            r->rows[i].last_used_at = mu_now_ms();
}

void mu_access_list(struct mu_client *c, const struct mu_http_req *req)
{
    struct rows r = {.access = c->srv->opts.access};
    int rc = mu_access_signed_in(c->srv->opts.access, req, NULL, &r.who)
                 ? mu_store_each_access(c->srv->opts.store, mu_now_ms(), on_row, &r)
                 : 0;
    mu_net_each(c->srv->net, on_client, &r);
    struct mu_rec_access_list list = {.access = {r.rows, r.count}};
    if (rc)
        mu_answer_error(c, mu_sync_code(rc), NULL);
    else
        mu_answer_rec(c, 200, &mu_access_list_desc, &list);
    for (size_t i = 0; i < r.count; i++) {
        free((char *)r.rows[i].id);
        free((char *)r.rows[i].name);
    }
    free(r.rows);
}

/* ---- changing ---- */

/* Commits what was written, or takes it back. False: the client was answered. */
static bool settle(struct mu_client *c, int rc)
{
    struct mu_store *store = c->srv->opts.store;
    if (rc)
        mu_store_rollback(store);
    else
        rc = mu_store_commit(store);
    if (rc == -ENOENT)
        mu_answer_error(c, MU_CODE_ACCESS_NOT_FOUND, NULL);
    else if (rc)
        mu_answer_error(c, mu_sync_code(rc), NULL);
    return !rc;
}

void mu_access_create(struct mu_client *c, const struct mu_rec_create_token *rec)
{
    char name[MU_NAMING_GIVEN_SIZE], token[MU_ACCESS_TOKEN_SIZE], id[MU_ID_SIZE];
    const char *why;
    struct mu_rec_access row;
    enum mu_code code = mu_naming_take(rec->name, name, &why);
    if (!code &&
        mu_store_count_access(c->srv->opts.store, MU_access_kind_TOKEN) >= MU_LIMIT_TOKENS) {
        code = MU_CODE_LIMIT_REACHED;
        why = "This server has its limit of 100 tokens. Take one away that no program needs.";
    }
    if (code) {
        mu_answer_error(c, code, why);
        return;
    }
    if (settle(c, mu_access_new_token(c->srv->opts.access, name, token, id, &row))) {
        struct mu_rec_created_token made = {.token = token, .access = &row};
        mu_log(MU_LOG_INFO, "token_made", "id", id, NULL);
        mu_answer_rec(c, 201, &mu_created_token_desc, &made);
    }
    OPENSSL_cleanse(token, sizeof token);
}

void mu_access_delete(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_access *access = c->srv->opts.access;
    struct mu_who who;
    bool own = mu_access_signed_in(access, req, NULL, &who) && strcmp(who.id, id) == 0;
    if (!settle(c, mu_access_remove(access, id)))
        return;
    mu_log(MU_LOG_INFO, "access_removed", "id", id, NULL);
    mu_socket_close_access(c->srv, id);
    char *cookie = own && who.cookie ? mu_access_no_cookie(access) : NULL;
    struct mu_http_field fields[] = {{"Set-Cookie", cookie}, {"Cache-Control", "no-store"}};
    mu_answer(c, 204, cookie ? fields : NULL, cookie ? MU_COUNT(fields) : 0, NULL, 0);
    free(cookie);
}
