/* /api: from a method and a path to the runner or the store, and back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "io/directory.h"
#include "server/internal.h"

enum { ID_CAP = 80 };

/* A request whose answer comes later, from the runner. */
struct asked {
    struct mu_client *client;
    int status; /* when all is well */
};

static struct asked *ask(struct mu_client *c, int status)
{
    struct asked *a = mu_alloc(sizeof *a);
    a->client = c;
    a->status = status;
    mu_client_ref(c);
    return a;
}

static void on_outcome(void *ctx, const struct mu_outcome *o)
{
    struct asked *a = ctx;
    struct mu_client *c = a->client;
    if (o->code)
        mu_answer_error(c, o->code, o->message);
    else if (o->project)
        mu_answer_rec(c, a->status, &mu_project_desc, o->project);
    else if (o->session)
        mu_answer_rec(c, a->status, &mu_session_desc, o->session);
    else if (o->sent)
        mu_answer_rec(c, a->status, &mu_send_message_reply_desc, o->sent);
    else if (o->image)
        mu_answer_rec(c, o->existed ? 200 : a->status, &mu_image_desc, o->image);
    else if (a->status != 204)
        mu_answer_json(c, a->status, "{}", 2);
    else
        mu_answer(c, 204, NULL, 0, NULL, 0);
    free(a);
    mu_client_unref(c);
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t n = type ? strcspn(type, "; \t") : 0;
    return n == strlen(json) && strncasecmp(type, json, n) == 0;
}

/* Reads the body as a record. False: the client was answered. */
static bool body_as(struct mu_client *c, const struct mu_http_req *req,
                    const struct mu_rec_desc *desc, void *rec, json_t **json)
{
    struct mu_rec_why why;
    json_error_t error;
    if (!is_json(mu_http_header(req, "content-type"))) {
        mu_answer_error(c, MU_CODE_UNSUPPORTED_TYPE, NULL);
        return false;
    }
    *json = json_loadb(req->body.data ? req->body.data : "", req->body.len, JSON_REJECT_DUPLICATES,
                       &error);
    if (!*json) {
        char text[256];
        snprintf(text, sizeof text, "The body is not valid JSON: line %d, column %d: %s.",
                 error.line, error.column, error.text);
        mu_answer_error(c, MU_CODE_INVALID_JSON, text);
        return false;
    }
    if (mu_rec_decode(desc, *json, rec, &why)) {
        mu_answer_error(c, MU_CODE_INVALID_FIELD, why.text);
        json_decref(*json);
        return false;
    }
    return true;
}

/* A body may be left out where every field may. */
static bool body_or_nothing(struct mu_client *c, const struct mu_http_req *req,
                            const struct mu_rec_desc *desc, void *rec, json_t **json)
{
    *json = NULL;
    return req->body.len == 0 || body_as(c, req, desc, rec, json);
}

/* Answers with JSON that a reader made, or with its error. */
static void answer_read(struct mu_client *c, int rc, enum mu_code missing, struct mu_buf *json)
{
    if (rc == -ENOENT)
        mu_answer_error(c, missing, NULL);
    else if (rc)
        mu_answer_error(c, mu_sync_code(rc), NULL);
    else
        mu_answer_json(c, 200, json->data, json->len);
    mu_buf_release(json);
}

static void encode_session(void *ctx, const struct mu_rec_session *row,
                           const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    mu_rec_encode(ctx, &mu_session_desc, row);
}

static void on_agents(void *ctx, const struct mu_rec_agent_list *agents)
{
    struct mu_client *c = ctx;
    mu_answer_rec(c, 200, &mu_agent_list_desc, agents);
    mu_client_unref(c);
}

/* ---- one function a route; `id` is the path's :id ---- */

static void list_projects(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(id);
    char after[48];
    struct mu_buf json = {0};
    int rc = mu_http_query(req, "after", after, sizeof after);
    bool first = rc == -ENOENT;
    rc = rc && !first ? -EINVAL : mu_slice_list(c->srv->opts.store, first ? NULL : after, &json);
    if (rc == -EINVAL)
        mu_answer_error(c, MU_CODE_INVALID_FIELD, mu_slice_wrong);
    else
        answer_read(c, rc, MU_CODE_NOT_FOUND, &json);
    mu_buf_release(&json);
}

static void create_project(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(id);
    struct mu_rec_create_project rec;
    json_t *json;
    if (!body_as(c, req, &mu_create_project_desc, &rec, &json))
        return;
    mu_directories_make_project(c->srv, &rec, on_outcome, ask(c, 201));
    mu_rec_clear(&mu_create_project_desc, &rec);
    json_decref(json);
}

static void get_project(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    struct mu_buf json = {0};
    answer_read(c, mu_sync_project(c->srv->opts.store, id, &json), MU_CODE_PROJECT_NOT_FOUND,
                &json);
}

static void update_project(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_rec_update_project rec;
    json_t *json;
    if (!body_as(c, req, &mu_update_project_desc, &rec, &json))
        return;
    mu_runner_update_project(c->srv->opts.runner, id, &rec, on_outcome, ask(c, 200));
    mu_rec_clear(&mu_update_project_desc, &rec);
    json_decref(json);
}

static void delete_project(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    mu_runner_delete_project(c->srv->opts.runner, id, on_outcome, ask(c, 204));
}

static void create_session(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_rec_create_session rec;
    json_t *json;
    if (!body_as(c, req, &mu_create_session_desc, &rec, &json))
        return;
    mu_runner_create_session(c->srv->opts.runner, id, &rec, on_outcome, ask(c, 201));
    mu_rec_clear(&mu_create_session_desc, &rec);
    json_decref(json);
}

static void get_session(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    struct mu_buf json = {0};
    int rc = mu_store_get_session(c->srv->opts.store, id, encode_session, &json);
    answer_read(c, rc, MU_CODE_SESSION_NOT_FOUND, &json);
}

static void update_session(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_rec_update_session rec;
    json_t *json;
    if (!body_as(c, req, &mu_update_session_desc, &rec, &json))
        return;
    mu_runner_update_session(c->srv->opts.runner, id, &rec, on_outcome, ask(c, 200));
    mu_rec_clear(&mu_update_session_desc, &rec);
    json_decref(json);
}

static void delete_session(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    mu_runner_delete_session(c->srv->opts.runner, id, on_outcome, ask(c, 204));
}

/* A whole number from the query. False: it is there and is none. */
static bool query_number(const struct mu_http_req *req, const char *name, int64_t *out)
{
    char text[24];
    int rc = mu_http_query(req, name, text, sizeof text);
    if (rc == -ENOENT)
        return true;
    char *end;
    errno = 0;
    *out = rc ? 0 : strtoll(text, &end, 10);
    return !rc && !errno && *text && !*end && *out >= 0;
}

static void list_messages(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_store *store = c->srv->opts.store;
    int64_t before = 0, limit = MU_LIMIT_PAGE_MESSAGES;
    if (!query_number(req, "before", &before) || !query_number(req, "limit", &limit) || !limit) {
        mu_answer_error(c, MU_CODE_INVALID_FIELD, "`before` and `limit` must be whole numbers.");
        return;
    }
    if (limit > MU_LIMIT_PAGE_MESSAGES)
        limit = MU_LIMIT_PAGE_MESSAGES;
    struct mu_buf json = {0};
    int rc = mu_store_get_session(store, id, encode_session, &json);
    mu_buf_clear(&json);
    if (!rc)
        rc = mu_sync_messages(store, id, before, limit, &json);
    answer_read(c, rc, MU_CODE_SESSION_NOT_FOUND, &json);
}

static void send_message(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_rec_send_message rec;
    json_t *json;
    if (!body_as(c, req, &mu_send_message_desc, &rec, &json))
        return;
    mu_runner_prompt(c->srv->opts.runner, id, &rec, on_outcome, ask(c, 202));
    mu_rec_clear(&mu_send_message_desc, &rec);
    json_decref(json);
}

static void cancel_session(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    mu_runner_cancel(c->srv->opts.runner, id, on_outcome, ask(c, 202));
}

static void answer_permission(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_rec_answer_permission rec;
    json_t *json;
    if (!body_as(c, req, &mu_answer_permission_desc, &rec, &json))
        return;
    mu_runner_answer(c->srv->opts.runner, id, &rec, on_outcome, ask(c, 200));
    mu_rec_clear(&mu_answer_permission_desc, &rec);
    json_decref(json);
}

static void edit_queue(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_rec_edit_queue rec;
    json_t *json;
    if (!body_as(c, req, &mu_edit_queue_desc, &rec, &json))
        return;
    mu_runner_edit_queue(c->srv->opts.runner, id, &rec, on_outcome, ask(c, 200));
    mu_rec_clear(&mu_edit_queue_desc, &rec);
    json_decref(json);
}

static void read_session(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    struct mu_rec_mark_read rec = {0};
    json_t *json;
    if (!body_or_nothing(c, req, &mu_mark_read_desc, &rec, &json))
        return;
    mu_runner_read(c->srv->opts.runner, id, rec.seq, on_outcome, ask(c, 200));
    json_decref(json);
}

static void raw_lines(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    struct mu_buf json = {0};
    int rc = mu_sync_raw(c->srv->opts.store, id, &json);
    if (rc == -ENOENT)
        mu_answer_error(c, MU_CODE_NOT_FOUND, "There is no message with this id.");
    else
        answer_read(c, rc, MU_CODE_NOT_FOUND, &json);
    mu_buf_release(&json);
}

static void create_image(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(id);
    mu_images_create(c, req, on_outcome, ask(c, 201));
}

static void get_image(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    mu_images_get(c, req, id);
}

static void get_usage(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(id);
    mu_usage_get(c, req);
}

static void list_agents(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    MU_UNUSED(id);
    mu_client_ref(c);
    mu_runner_agents(c->srv->opts.runner, on_agents, c);
}

static void list_directories(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(id);
    mu_directories_get(c, req);
}

static void list_files(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    mu_searches_get(c, req, id);
}

static void list_access(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(id);
    mu_access_list(c, req);
}

static void create_token(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(id);
    struct mu_rec_create_token rec;
    json_t *json;
    if (!body_as(c, req, &mu_create_token_desc, &rec, &json))
        return;
    mu_access_create(c, &rec);
    mu_rec_clear(&mu_create_token_desc, &rec);
    json_decref(json);
}

static void delete_access(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    mu_access_delete(c, req, id);
}

static void about(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    MU_UNUSED(id);
    const struct mu_server *s = c->srv;
    struct mu_rec_about rec = {.version = s->opts.version,
                               .data_dir = s->opts.data_dir,
                               .home = mu_directory_home(),
                               .started_at = s->started_at};
    mu_answer_rec(c, 200, &mu_about_desc, &rec);
}

static void healthz(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    MU_UNUSED(id);
    mu_answer(c, 200, NULL, 0, "ok\n", 3);
}

static void metrics(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(req);
    MU_UNUSED(id);
    mu_metrics_handle(c);
}

static void login(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    MU_UNUSED(id);
    mu_login_handle(c, req);
}

static void (*const handlers[MU_ROUTE_END])(struct mu_client *, const struct mu_http_req *,
                                            const char *) = {
#define ROUTE(name, method, path, request, response) [MU_ROUTE_##name] = name,
#include "protocol/protocol.def"
};

/* Compares a path with a route's; the part at :id is decoded into id. */
static bool path_matches(const char *pattern, const char *path, char id[ID_CAP])
{
    for (;;) {
        if (pattern[0] == ':') {
            size_t n = strcspn(path, "/");
            if (n == 0 || mu_http_unescape(path, n, false, id, ID_CAP))
                return false;
            pattern += strcspn(pattern, "/");
            path += n;
        }
        if (*pattern != *path)
            return false;
        if (!*pattern)
            return true;
        pattern++;
        path++;
    }
}

static bool is_upload(const struct mu_http_req *req)
{
    return req->method == MU_HTTP_POST &&
           strcmp(req->path, mu_routes[MU_ROUTE_create_image].path) == 0;
}

/* Who is not signed in is not let fill the memory. */
size_t mu_api_body_limit(void *ctx, const struct mu_http_req *req)
{
    const struct mu_client *c = ctx;
    if (!mu_access_signed_in(c->srv->opts.access, req, NULL, NULL))
        return MU_LIMIT_STRANGER_BODY_BYTES;
    return is_upload(req) ? MU_LIMIT_IMAGE_BYTES : MU_LIMIT_BODY_BYTES;
}

enum mu_code mu_api_too_large(struct mu_client *c, const struct mu_http_req *req, const char **text)
{
    if (!mu_access_signed_in(c->srv->opts.access, req, NULL, NULL)) {
        *text = mu_code_text(MU_CODE_UNAUTHORIZED);
        return MU_CODE_UNAUTHORIZED;
    }
    if (is_upload(req))
        *text = "An image has at most 10485760 bytes.";
    return MU_CODE_TOO_LARGE;
}

static void answer_wrong_method(struct mu_client *c, const char *allow)
{
    struct mu_buf json = {0};
    mu_error_json(&json, MU_CODE_METHOD_NOT_ALLOWED, NULL);
    struct mu_http_field fields[] = {{"Content-Type", "application/json"}, {"Allow", allow}};
    mu_answer(c, 405, fields, 2, json.data, json.len);
    mu_buf_release(&json);
}

static bool is_public(enum mu_route_id route)
{
    return route == MU_ROUTE_healthz || route == MU_ROUTE_login;
}

bool mu_api_handle(struct mu_client *c, const struct mu_http_req *req)
{
    char id[ID_CAP] = "";
    struct mu_buf allow = {0};
    const char *method =
        mu_http_method_name(req->method == MU_HTTP_HEAD ? MU_HTTP_GET : req->method);
    int found = MU_ROUTE_END, known = MU_ROUTE_END;
    for (int i = 0; i < MU_ROUTE_END && found == MU_ROUTE_END; i++) {
        if (!path_matches(mu_routes[i].path, req->path, id))
            continue;
        known = i;
        if (strcmp(mu_routes[i].method, method) == 0)
            found = i;
        mu_buf_printf(&allow, "%s%s%s", allow.len ? ", " : "", mu_routes[i].method,
                      strcmp(mu_routes[i].method, "GET") == 0 ? ", HEAD" : "");
    }
    if (known == MU_ROUTE_END && strncmp(req->path, "/api/", 5) != 0)
        return false;
    if (!is_public((enum mu_route_id)known) &&
        !mu_access_signed_in(c->srv->opts.access, req, NULL, NULL)) {
        mu_answer_error(c, MU_CODE_UNAUTHORIZED, NULL);
    } else if (found != MU_ROUTE_END) {
        mu_runner_flush(c->srv->opts.runner);
        handlers[found](c, req, id);
    } else if (known != MU_ROUTE_END) {
        answer_wrong_method(c, allow.data);
    } else {
        mu_answer_error(c, MU_CODE_NOT_FOUND, NULL);
    }
    mu_buf_release(&allow);
    return true;
}
