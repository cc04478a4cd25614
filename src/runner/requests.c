#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/internal.h"

/* ---- answers ---- */

void runner_refuse(mu_outcome_cb *cb, void *ctx, enum mu_code code, const char *message)
{
    cb(ctx, &(struct mu_outcome){.code = code, .message = message ? message : mu_code_text(code)});
}

struct effect *runner_reply(struct mu_runner *r, mu_outcome_cb *cb, void *ctx)
{
    struct effect *e = runner_effect(&r->replies, EFFECT_REPLY);
    e->cb = cb;
    e->ctx = ctx;
    return e;
}

void runner_reply_session(struct mu_runner *r, const struct mu_rec_session *row, mu_outcome_cb *cb,
                          void *ctx)
{
    runner_reply(r, cb, ctx)->outcome.session = mu_rec_clone(&mu_session_desc, row);
}

bool runner_refuses(struct mu_runner *r, mu_outcome_cb *cb, void *ctx)
{
    if (r->closing)
        runner_refuse(cb, ctx, MU_CODE_SHUTTING_DOWN, NULL);
    return r->closing;
}

bool runner_take_name(const char *name, char *out, mu_outcome_cb *cb, void *ctx)
{
    const char *why;
    enum mu_code code = mu_naming_take(name, out, &why);
    if (code)
        runner_refuse(cb, ctx, code, why);
    return !code;
}

static void close_topic(struct mu_runner *r, const char *session_id)
{
    char topic[MU_TOPIC_SIZE];
    mu_channel_session(session_id, topic);
    if (runner_hears(r, topic))
        runner_effect(&r->pushes, EFFECT_CLOSE_TOPIC)->topic = mu_strdup(topic);
}

/* ---- projects ---- */

static void on_any_project(void *ctx, const struct mu_rec_project *p)
{
    *(struct mu_rec_project **)ctx = mu_rec_clone(&mu_project_desc, p);
}

struct mu_rec_project *runner_project(struct mu_runner *r, const char *id)
{
    struct mu_rec_project *p = NULL;
    return mu_store_get_project(r->store, id, on_any_project, &p) == 0 ? p : NULL;
}

static void insert_project(struct mu_runner *r, const char *path, const char *name,
                           mu_outcome_cb *cb, void *ctx)
{
    char id[MU_ID_SIZE];
    mu_id_new(id);
    int64_t now = mu_now_ms();
    struct mu_rec_project p = {.id = id,
                               .name = name,
                               .path = path,
                               .position = places_new(r, NULL, now),
                               .created_at = now,
                               .updated_at = now,
                               .rev = mu_store_next_rev(r->store)};
    struct mu_buf fields = {0};
    mu_buf_str(&fields, "\"project\":");
    mu_rec_encode(&fields, &mu_project_desc, &p);
    runner_note(r, mu_store_put_project(r->store, &p));
    runner_push(r, "projects", MU_PUSH_projects_PROJECT_CREATED, p.rev, &fields);
    runner_reply(r, cb, ctx)->outcome.project = mu_rec_clone(&mu_project_desc, &p);
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void mu_runner_create_project(struct mu_runner *r, const struct mu_rec_create_project *req,
                              mu_outcome_cb *cb, void *ctx)
{
    const char *path = req->path;
    char name[MU_LIMIT_NAME_BYTES + 1];
    struct mu_rec_project *other = NULL;
    if (runner_refuses(r, cb, ctx))
        return;
    if (req->name && !runner_take_name(req->name, name, cb, ctx))
        return;
    if (!req->name && mu_naming_clean(last_component(path), name, sizeof name) == 0)
        snprintf(name, sizeof name, "project");
    if (mu_store_get_project_by_path(r->store, path, on_any_project, &other) == 0) {
        char *text = mu_asprintf("There is a project for %.300s already: \"%s\"%s.", path,
                                 other->name, other->archived_at ? ", which is archived" : "");
        runner_refuse(cb, ctx, MU_CODE_PROJECT_EXISTS, text);
        free(text);
        mu_rec_free(&mu_project_desc, other);
    } else if (mu_store_count_projects(r->store) >= MU_LIMIT_PROJECTS) {
        runner_refuse(cb, ctx, MU_CODE_LIMIT_REACHED,
                      "This server has its limit of 10000 projects.");
    } else {
        insert_project(r, path, name, cb, ctx);
    }
}

struct ids {
    char (*ids)[65];
    size_t count;
};

static void on_session_id(void *ctx, const struct mu_rec_session *row,
                          const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    struct ids *list = ctx;
    list->ids = mu_realloc(list->ids, (list->count + 1) * sizeof *list->ids);
    snprintf(list->ids[list->count++], sizeof *list->ids, "%s", row->id);
}

static void push_deleted(struct mu_runner *r, const char *event, const char *key, const char *id,
                         int64_t rev)
{
    struct mu_buf fields = {0};
    mu_buf_json(&fields, key);
    mu_buf_char(&fields, ':');
    mu_buf_json(&fields, id);
    runner_push(r, "projects", event, rev, &fields);
}

void mu_runner_delete_project(struct mu_runner *r, const char *id, mu_outcome_cb *cb, void *ctx)
{
    struct mu_rec_project *p = NULL;
    struct ids list = {0};
    if (runner_refuses(r, cb, ctx))
        return;
    p = runner_project(r, id);
    if (!p) {
        runner_refuse(cb, ctx, MU_CODE_PROJECT_NOT_FOUND, NULL);
        return;
    }
    mu_rec_free(&mu_project_desc, p);
    runner_note(r, mu_store_each_session(r->store, id, 0, on_session_id, &list));
    for (size_t i = 0; i < list.count; i++)
        ask_close(r, list.ids[i]);
    int64_t rev = mu_store_next_rev(r->store);
    runner_note(r, mu_store_delete_project(r->store, id, rev));
    push_deleted(r, MU_PUSH_projects_PROJECT_DELETED, "projectId", id, rev);
    for (size_t i = 0; i < list.count; i++) {
        sess_gone(r, list.ids[i]);
        close_topic(r, list.ids[i]);
    }
    free(list.ids);
    runner_reply(r, cb, ctx);
}

/* ---- sessions ---- */

static const char *wrong_options(const struct mu_agent *agent, const char *options)
{
    json_t *json = json_loads(options, JSON_REJECT_DUPLICATES, NULL);
    const char *wrong =
        json ? agent->dialect->check_options(json) : "The options must be an object.";
    json_decref(json);
    return wrong;
}

bool runner_options_fit(const char *agent_id, const char *options, mu_outcome_cb *cb, void *ctx)
{
    const struct mu_agent *agent = mu_agent_find(agent_id);
    const char *wrong = NULL;
    if (!agent)
        runner_refuse(cb, ctx, MU_CODE_AGENT_UNKNOWN,
                      "There is no agent with this id. GET /api/agents "
                      "lists those there are.");
    else if (strlen(options) > MU_LIMIT_OPTIONS_BYTES)
        runner_refuse(cb, ctx, MU_CODE_TOO_LARGE, "A session's options have at most 65536 bytes.");
    else if ((wrong = wrong_options(agent, options)))
        runner_refuse(cb, ctx, MU_CODE_INVALID_FIELD, wrong);
    else
        return true;
    return false;
}

static void insert_session(struct mu_runner *r, const char *project_id, const char *name,
                           const struct mu_rec_create_session *req, mu_outcome_cb *cb, void *ctx)
{
    char id[MU_ID_SIZE];
    mu_id_new(id);
    int64_t now = mu_now_ms();
    struct mu_rec_session row = {.id = id,
                                 .project_id = project_id,
                                 .name = name ? name : MU_NAMING_DEFAULT,
                                 .agent = req->agent,
                                 .state = MU_session_state_IDLE,
                                 .options = req->options,
                                 .position = places_new(r, project_id, now),
                                 .created_at = now,
                                 .updated_at = now,
                                 .rev = mu_store_next_rev(r->store)};
    struct mu_session_private priv = {.user_named = name != NULL};
    runner_note(r, mu_store_put_session(r->store, &row, &priv));
    struct mu_buf fields = {0};
    mu_buf_str(&fields, "\"session\":");
    mu_rec_encode(&fields, &mu_session_desc, &row);
    runner_push(r, "projects", MU_PUSH_projects_SESSION_CREATED, row.rev, &fields);
    runner_reply_session(r, &row, cb, ctx);
}

void mu_runner_create_session(struct mu_runner *r, const char *project_id,
                              const struct mu_rec_create_session *req, mu_outcome_cb *cb, void *ctx)
{
    char name[MU_LIMIT_NAME_BYTES + 1];
    struct mu_rec_project *p = NULL;
    if (runner_refuses(r, cb, ctx))
        return;
    p = runner_project(r, project_id);
    if (!p) {
        runner_refuse(cb, ctx, MU_CODE_PROJECT_NOT_FOUND, NULL);
        return;
    }
    mu_rec_free(&mu_project_desc, p);
    if (!runner_options_fit(req->agent, req->options ? req->options : "{}", cb, ctx))
        return;
    if (mu_store_count_sessions(r->store) >= MU_LIMIT_SESSIONS)
        runner_refuse(cb, ctx, MU_CODE_LIMIT_REACHED,
                      "This server has its limit of 100000 sessions.");
    else if (!req->name || runner_take_name(req->name, name, cb, ctx))
        insert_session(r, project_id, req->name ? name : NULL, req, cb, ctx);
}

struct sess *runner_session(struct mu_runner *r, const char *id, mu_outcome_cb *cb, void *ctx)
{
    if (runner_refuses(r, cb, ctx))
        return NULL;
    struct sess *s = sess_get(r, id);
    if (!s)
        runner_refuse(cb, ctx, MU_CODE_SESSION_NOT_FOUND, NULL);
    return s;
}

static void step_and_reply(struct mu_runner *r, struct sess *s, struct mu_event *ev,
                           mu_outcome_cb *cb, void *ctx)
{
    struct mu_update out;
    ev->now = mu_now_ms();
    if (sess_apply(r, s, ev, &out))
        runner_reply_session(r, &s->s.row, cb, ctx);
    else
        runner_refuse(cb, ctx, out.refused, out.why_not);
}

void mu_runner_delete_session(struct mu_runner *r, const char *id, mu_outcome_cb *cb, void *ctx)
{
    if (!runner_session(r, id, cb, ctx))
        return;
    ask_close(r, id);
    int64_t rev = mu_store_next_rev(r->store);
    runner_note(r, mu_store_delete_session(r->store, id, rev));
    sess_gone(r, id);
    push_deleted(r, MU_PUSH_projects_SESSION_DELETED, "sessionId", id, rev);
    close_topic(r, id);
    runner_reply(r, cb, ctx);
}

void mu_runner_cancel(struct mu_runner *r, const char *session_id, mu_outcome_cb *cb, void *ctx)
{
    struct sess *s = runner_session(r, session_id, cb, ctx);
    if (s)
        step_and_reply(r, s, &(struct mu_event){.kind = MU_EV_CANCEL}, cb, ctx);
}

void mu_runner_read(struct mu_runner *r, const char *session_id, int64_t seq, mu_outcome_cb *cb,
                    void *ctx)
{
    struct sess *s = runner_session(r, session_id, cb, ctx);
    if (s)
        step_and_reply(r, s, &(struct mu_event){.kind = MU_EV_READ, .seq = seq}, cb, ctx);
}

/* ---- prompts ---- */

static void reply_sent(struct mu_runner *r, const char *id, bool queued, mu_outcome_cb *cb,
                       void *ctx)
{
    struct effect *e = runner_reply(r, cb, ctx);
    snprintf(e->sent_id, sizeof e->sent_id, "%s", id);
    e->sent = (struct mu_rec_send_message_reply){.id = e->sent_id, .queued = queued};
    e->outcome.sent = &e->sent;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

enum mu_code runner_check_prompt(const struct sess *s, const char *text, bool images,
                                 const char **why)
{
    const struct mu_agent *agent = mu_agent_find(s->s.row.agent);
    size_t n = strlen(text);
    *why = NULL;
    if (!images && is_blank(text)) {
        *why = "A message needs a text.";
        return MU_CODE_INVALID_FIELD;
    }
    if (!agent)
        return MU_CODE_AGENT_UNKNOWN;
    if (n > MU_LIMIT_PROMPT_BYTES)
        *why = "A prompt has at most 1048576 bytes.";
    else if (n > agent->dialect->prompt_max)
        *why = "A prompt to the shell agent has at most 120000 bytes: it is an argument of a "
               "program.";
    return *why ? MU_CODE_TOO_LARGE : MU_CODE_OK;
}

/* A prompt of that id was sent before: answers as then, or refuses. False: it is new. */
static bool known_prompt(struct mu_runner *r, struct sess *s, const char *id, mu_outcome_cb *cb,
                         void *ctx)
{
    char session[65];
    struct mu_rec_message *m = sess_message(r, id);
    bool waits = !m && mu_store_queue_find(r->store, id, session) == 0;
    if (!m && !waits)
        return false;
    bool ours = m ? strcmp(m->session_id, s->id) == 0 && m->kind == MU_message_kind_USER
                  : strcmp(session, s->id) == 0;
    if (ours)
        reply_sent(r, id, waits || (m && m->metadata && strstr(m->metadata, "\"queued\":true")), cb,
                   ctx);
    else
        runner_refuse(cb, ctx, MU_CODE_CONFLICT, "Another message has this id. Choose a new one.");
    mu_rec_free(&mu_message_desc, m);
    return true;
}

void mu_runner_prompt(struct mu_runner *r, const char *session_id,
                      const struct mu_rec_send_message *req, mu_outcome_cb *cb, void *ctx)
{
    const char *why;
    struct mu_update out;
    struct sess *s = runner_session(r, session_id, cb, ctx);
    if (!s)
        return;
    if (!mu_id_valid(req->id)) {
        runner_refuse(cb, ctx, MU_CODE_INVALID_FIELD,
                      "The id of a message has 1 to 64 letters, digits, and _.:-");
        return;
    }
    enum mu_code code = runner_check_prompt(s, req->text, req->images.count > 0, &why);
    if (code) {
        runner_refuse(cb, ctx, code, why);
        return;
    }
    if (known_prompt(r, s, req->id, cb, ctx))
        return;
    char wrong[256];
    code = images_check(r, s, &req->images, wrong);
    if (code) {
        runner_refuse(cb, ctx, code, wrong);
        return;
    }
    char *ids = images_ids(&req->images), *metadata = images_metadata(r, &req->images, false);
    struct mu_event ev = {.kind = MU_EV_PROMPT,
                          .now = mu_now_ms(),
                          .id = req->id,
                          .text = req->text,
                          .metadata = metadata,
                          .images = ids};
    if (sess_apply(r, s, &ev, &out))
        reply_sent(r, req->id, out.queued, cb, ctx);
    else
        runner_refuse(cb, ctx, out.refused, out.why_not);
    free(ids);
    free(metadata);
}
