/*
 * What the files of the server share: a client (one connection), its requests and its channels.
 *
 * Layer: server, private to it. Loop thread only.
 *
 * A client is in one of two modes: HTTP (parser) or WebSocket (socket). It lives until its
 * connection has closed and the last request that the runner still works on is answered (refs).
 */
#ifndef MU_SERVER_INTERNAL_H
#define MU_SERVER_INTERNAL_H

#include "io/directory.h"
#include "server/lookup.h"
#include "server/server.h"
#include "wire/http1.h"
#include "wire/phoenix.h"
#include "wire/records.h"
#include "wire/websocket.h"

struct mu_socket;

struct mu_server {
    struct mu_server_opts opts;
    struct mu_net *net;
    struct mu_timer *head_timer;  /* sends `head` on quiet topics */
    struct mu_timer *close_timer; /* paces the shutdown */
    struct mu_lookups *lookups;
    struct mu_searches *searches;
    struct mu_slices *slices;
    int64_t started_at;
    bool shutting_down;
    int close_waits;
    mu_loop_cb *closed;
    void *closed_ctx;
    int64_t requests, upgrades, refused;
};

struct mu_client {
    struct mu_server *srv;
    struct mu_conn *conn; /* NULL once closed */
    struct mu_http_parser *http;
    struct mu_socket *socket;
    char *waiting; /* bytes that arrived while a request was being answered */
    uint32_t waiting_n;
    uint32_t refs;
    uint32_t heard_at;   /* second of the last bytes */
    uint32_t request_at; /* second at which the request under way began */
    bool busy;           /* a request is being answered */
    bool head, last;     /* of the request being answered: HEAD; close after it */
    bool ended;          /* the last request was answered: nothing more is read */
};

void mu_client_ref(struct mu_client *c);
void mu_client_unref(struct mu_client *c);

/* ---- answers over HTTP (client.c) ---- */

void mu_answer(struct mu_client *c, int status, const struct mu_http_field *fields, size_t n_fields,
               const void *body, size_t n);
void mu_answer_json(struct mu_client *c, int status, const char *json, size_t n);
void mu_answer_rec(struct mu_client *c, int status, const struct mu_rec_desc *desc,
                   const void *rec);
/* A whole response that was made elsewhere (mu_http_response, with c->head and c->last). */
void mu_answer_bytes(struct mu_client *c, struct mu_bytes *response);
/* message NULL: the code's own sentence. */
void mu_answer_error(struct mu_client *c, enum mu_code code, const char *message);
void mu_error_json(struct mu_buf *out, enum mu_code code, const char *message);

/* ---- the parts a request may go to ---- */

/* True when the path is one of the protocol's routes, or below /api/: the client was, or will be,
 * answered. */
bool mu_api_handle(struct mu_client *c, const struct mu_http_req *req);
/* How long the body of that request may be; ctx is a client. */
size_t mu_api_body_limit(void *ctx, const struct mu_http_req *req);
/* What a request is told whose body is longer: a code, and another sentence where there is one. */
enum mu_code mu_api_too_large(struct mu_client *c, const struct mu_http_req *req,
                              const char **text);
/* /api/images (images.c), /api/usage (usage.c) */
void mu_images_create(struct mu_client *c, const struct mu_http_req *req, mu_outcome_cb *cb,
                      void *ctx);
void mu_images_get(struct mu_client *c, const struct mu_http_req *req, const char *id);
void mu_usage_get(struct mu_client *c, const struct mu_http_req *req);
/* /api/directories (directories.c) */
void mu_directories_get(struct mu_client *c, const struct mu_http_req *req);
/* Makes a project once its directory was looked at. */
void mu_directories_make_project(struct mu_server *s, const struct mu_rec_create_project *rec,
                                 mu_outcome_cb *cb, void *ctx);
/* What is said of a lookup in path that was not done: the code, and a sentence in text. */
enum mu_code mu_lookup_refusal(enum mu_lookup_end end, const char *path,
                               char text[MU_DIRECTORY_WHY]);
void mu_answer_lookup(struct mu_client *c, enum mu_lookup_end end, const char *path);
/* /api/projects/:id/files (files_search.c): the lists of files that searches share. */
struct mu_searches *mu_searches_new(struct mu_server *s);
void mu_searches_close(struct mu_searches *f); /* before the lookups; those who wait are answered */
void mu_searches_free(struct mu_searches *f);  /* after the loop has ended; NULL allowed */
void mu_searches_get(struct mu_client *c, const struct mu_http_req *req, const char *id);
/* /api/access (access_api.c) */
void mu_access_list(struct mu_client *c, const struct mu_http_req *req);
void mu_access_create(struct mu_client *c, const struct mu_rec_create_token *rec);
void mu_access_delete(struct mu_client *c, const struct mu_http_req *req, const char *id);
void mu_login_handle(struct mu_client *c, const struct mu_http_req *req);
void mu_static_handle(struct mu_client *c, const struct mu_http_req *req);
void mu_metrics_handle(struct mu_client *c);
/* GET /socket/websocket: after it the client is a socket, or was answered. */
void mu_socket_upgrade(struct mu_client *c, const struct mu_http_req *req);

/* ---- WebSocket (socket.c) ---- */

void mu_socket_data(struct mu_client *c, char *data, size_t n);
void mu_socket_drained(struct mu_client *c);
void mu_socket_free(struct mu_client *c);
void mu_socket_close(struct mu_client *c, uint16_t code, const char *reason);
/* Closes those that were opened with a sign-in or token which was taken away (1008: a client tries
 * again, and is answered 401). */
void mu_socket_close_access(struct mu_server *s, const char *id);
/* The sign-in or token that a client's socket was opened with; "" without one. */
const char *mu_socket_access(const struct mu_client *c);

/* One sort of topic. */
struct mu_channel {
    bool (*match)(const struct mu_client *c, const char *topic);
    /* Answers a join: writes the response object and gives OK, or why not (*message: a sentence
     * that outlives the call, or NULL). */
    enum mu_code (*join)(struct mu_client *c, const char *topic, const json_t *params,
                         struct mu_buf *response, const char **message);
    /* An event on a joined topic; answers with mu_socket_reply. sub is NULL where `open` is set. */
    void (*event)(struct mu_client *c, struct mu_sub *sub, struct mu_phx_msg *msg);
    /* For the load generator: events are taken without a join, and no limit of topics holds. */
    bool open;
    struct mu_sub_kind kind;
};
extern const struct mu_channel mu_channel_projects, mu_channel_session_topic, mu_channel_inbox,
    mu_channel_bench;

/* A copy of a message without its payload, for an answer that comes later. Owned; free(). */
struct mu_phx_msg *mu_channel_envelope(const struct mu_phx_msg *msg);
void mu_socket_reply(struct mu_client *c, const struct mu_phx_msg *msg, const char *status,
                     const char *response, size_t n);
void mu_socket_reply_error(struct mu_client *c, const struct mu_phx_msg *msg, enum mu_code code,
                           const char *message);
/* What mu_sub_kind wants. */
void mu_socket_sub_closed(struct mu_conn *conn, struct mu_sub *sub);
/* Pushes an event to this client alone, on lane 1. */
void mu_socket_push(struct mu_client *c, const struct mu_sub *sub, const char *event,
                    const char *json, size_t n);

/* ---- every project with its sessions, in slices (slices.c) ---- */

/* The answer to a join that a delta cannot answer: its first slice. The caller has flushed the
 * runner. 0 or the store's error. */
int mu_slice_snapshot(struct mu_store *store, enum mu_snapshot_reason reason,
                      struct mu_buf *out) MU_MUST_CHECK;
/* The slice behind `after`, or (NULL) the first; -EINVAL where that is no `next` of a slice. */
int mu_slice_list(struct mu_store *store, const char *after, struct mu_buf *out) MU_MUST_CHECK;
extern const char mu_slice_wrong[]; /* the sentence for -EINVAL */
/* A project without its sessions, in the form that has them. */
struct mu_rec_project_with_sessions mu_slice_nested(const struct mu_rec_project *row);

/* The calls that ask for the next slice: one is answered in a turn of the loop, so that others are
 * heard in between, however many read at once. */
struct mu_slices *mu_slices_new(struct mu_server *s);
void mu_slices_ask(struct mu_slices *w, struct mu_client *c, struct mu_phx_msg *msg,
                   const char *after);
void mu_slices_close(struct mu_slices *w); /* who waits is not answered any more */
void mu_slices_free(struct mu_slices *w);  /* NULL allowed */

/* ---- rows as JSON (sync.c); the caller has flushed the runner ---- */

/* The answer to a join of `projects` that says since (NULL: nothing). */
int mu_sync_projects(struct mu_store *store, const struct mu_rec_since *since,
                     struct mu_buf *out) MU_MUST_CHECK;
/* The answer to a join of session:{id}; -ENOENT when there is none. has_seq: since_seq was given.
 */
struct mu_sync_from {
    const struct mu_rec_since *since; /* NULL: nothing */
    bool has_seq;
    int64_t seq; /* messages after it; without it those newer than since->rev */
};
int mu_sync_session(struct mu_store *store, const char *id, const struct mu_sync_from *from,
                    struct mu_buf *out) MU_MUST_CHECK;
/* The answer to a join of `inbox`. */
int mu_sync_inbox(struct mu_store *store, struct mu_buf *out) MU_MUST_CHECK;
/* One project with its sessions; -ENOENT. */
int mu_sync_project(struct mu_store *store, const char *id, struct mu_buf *out) MU_MUST_CHECK;
/* A page of a transcript. */
int mu_sync_messages(struct mu_store *store, const char *id, int64_t before, int64_t limit,
                     struct mu_buf *out) MU_MUST_CHECK;
/* The agent's own lines of a message; -ENOENT. */
int mu_sync_raw(struct mu_store *store, const char *id, struct mu_buf *out) MU_MUST_CHECK;
struct mu_usage_filter;
int mu_sync_usage(struct mu_store *store, const struct mu_usage_filter *filter,
                  struct mu_buf *out) MU_MUST_CHECK;
/* The code for an error of the store. */
enum mu_code mu_sync_code(int err);

#endif
