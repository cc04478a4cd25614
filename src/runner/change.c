#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/internal.h"

/* What a person makes of rows: their names, pins, archive, places; a session's options and project.
 */

/* ---- projects ---- */

static void put_project(struct mu_runner *r, const struct mu_rec_project *old,
                        struct mu_rec_project *p)
{
    uint32_t changed = mu_rec_diff(&mu_project_desc, old, p);
    struct mu_buf fields = {0};
    if (!changed)
        return;
    if (changed & ~MU_HAS(project, position)) {
        p->updated_at = mu_now_ms();
        changed |= MU_HAS(project, updated_at);
    }
    p->rev = mu_store_next_rev(r->store);
    runner_note(r, mu_store_put_project(r->store, p));
    mu_buf_str(&fields, "\"projectId\":");
    mu_buf_json(&fields, p->id);
    mu_buf_char(&fields, ',');
    mu_rec_encode_fields(&fields, &mu_project_desc, p, changed);
    runner_push(r, "projects", MU_PUSH_projects_PROJECT_UPDATED, p->rev, &fields);
}

static void place_project(struct mu_runner *r, const struct place *place)
{
    struct mu_rec_project *old = runner_project(r, place->id);
    if (!old)
        return;
    struct mu_rec_project p = *old;
    p.position = place->position;
    put_project(r, old, &p);
    mu_rec_free(&mu_project_desc, old);
}

static int64_t stamp(int64_t before, bool on)
{
    return on == (before != 0) ? before : on ? mu_now_ms() : 0;
}

/* False: refused. */
static bool find_project_place(struct mu_runner *r, const struct mu_rec_project *p,
                               const char *after, struct places *places, mu_outcome_cb *cb,
                               void *ctx)
{
    struct place row = {.position = p->position};
    snprintf(row.id, sizeof row.id, "%s", p->id);
    if (mu_str_eq(after, p->id)) {
        runner_refuse(cb, ctx, MU_CODE_INVALID_FIELD,
                      "`after` names the project itself: name the one that it shall stand below, "
                      "or null for the first place.");
        return false;
    }
    int rc = places_put(r, NULL, &row, after, places);
    if (rc == -ENOENT)
        runner_refuse(cb, ctx, MU_CODE_INVALID_FIELD,
                      "There is no project with the id that `after` names.");
    else if (rc)
        runner_refuse(cb, ctx, MU_CODE_STORE_FAILED, NULL);
    return !rc;
}

static void change_project(struct mu_runner *r, const struct mu_rec_project *old,
                           const struct mu_rec_update_project *req, const char *name,
                           const struct places *places)
{
    struct mu_rec_project p = *old;
    if (req->name)
        p.name = name;
    if (req->has & MU_HAS(update_project, archived))
        p.archived_at = stamp(p.archived_at, req->archived);
    if (req->has & MU_HAS(update_project, pinned))
        p.pinned_at = stamp(p.pinned_at, req->pinned);
    places_find(places, p.id, &p.position);
    put_project(r, old, &p);
    for (size_t i = 0; i < places->count; i++)
        if (strcmp(places->items[i].id, p.id) != 0)
            place_project(r, &places->items[i]);
}

void mu_runner_update_project(struct mu_runner *r, const char *id,
                              const struct mu_rec_update_project *req, mu_outcome_cb *cb, void *ctx)
{
    char name[MU_LIMIT_NAME_BYTES + 1];
    struct places places = {0};
    if (runner_refuses(r, cb, ctx))
        return;
    struct mu_rec_project *old = runner_project(r, id);
    bool moves = req->has & MU_HAS(update_project, after);
    if (!old) {
        runner_refuse(cb, ctx, MU_CODE_PROJECT_NOT_FOUND, NULL);
    } else if (!req->name && !req->has) {
        runner_refuse(cb, ctx, MU_CODE_INVALID_FIELD, "Nothing to change was named.");
    } else if ((!req->name || runner_take_name(req->name, name, cb, ctx)) &&
               (!moves || find_project_place(r, old, req->after, &places, cb, ctx))) {
        change_project(r, old, req, name, &places);
        runner_reply(r, cb, ctx)->outcome.project = runner_project(r, id);
    }
    places_release(&places);
    mu_rec_free(&mu_project_desc, old);
}

/* ---- sessions ---- */

/* A change that is being made ready. */
struct wish {
    struct mu_session_change change;
    char name[MU_LIMIT_NAME_BYTES + 1];
    char *notice, *metadata; /* of a move to another project */
    bool moves;
    struct places places;
};

static void wish_release(struct wish *w)
{
    free(w->notice);
    free(w->metadata);
    places_release(&w->places);
}

/* What the agent told of its conversation, and of the directory, is over with them. */
static void begin_move(struct mu_runner *r, const struct sess *s, const struct mu_rec_project *to,
                       struct wish *w)
{
    struct mu_rec_project *from = runner_project(r, s->s.row.project_id);
    w->moves = true;
    w->metadata = facts_merge(s->s.row.metadata, "{\"context\":null,\"commands\":null}");
    if (s->s.row.last_seq > 0)
        w->notice = mu_asprintf("Moved from %s to %s. The agent begins a new conversation there: "
                                "it does not remember what was said here.",
                                from ? from->name : "another project", to->name);
    mu_rec_free(&mu_project_desc, from);
}

/* False: refused. */
static bool find_project(struct mu_runner *r, const struct sess *s, const char *id, struct wish *w,
                         mu_outcome_cb *cb, void *ctx)
{
    if (!id || strcmp(id, s->s.row.project_id) == 0)
        return true;
    struct mu_rec_project *to = runner_project(r, id);
    if (!to) {
        runner_refuse(cb, ctx, MU_CODE_PROJECT_NOT_FOUND,
                      "There is no project with the id that `project_id` names.");
        return false;
    }
    begin_move(r, s, to, w);
    w->change.set |= MU_HAS(session, project_id);
    w->change.project_id = id;
    mu_rec_free(&mu_project_desc, to);
    return true;
}

static void refuse_after(struct mu_runner *r, const char *after, mu_outcome_cb *cb, void *ctx)
{
    runner_refuse(cb, ctx, MU_CODE_INVALID_FIELD,
                  sess_get(r, after) ? "The session that `after` names is of another project."
                                     : "There is no session with the id that `after` names.");
}

/* False: refused. */
static bool find_place(struct mu_runner *r, const struct sess *s,
                       const struct mu_rec_update_session *req, struct wish *w, mu_outcome_cb *cb,
                       void *ctx)
{
    struct place row = {.position = s->s.row.position};
    const char *project_id = w->moves ? w->change.project_id : s->s.row.project_id;
    if (!w->moves && !(req->has & MU_HAS(update_session, after)))
        return true;
    if (mu_str_eq(req->after, s->id)) {
        runner_refuse(cb, ctx, MU_CODE_INVALID_FIELD,
                      "`after` names the session itself: name the one that it shall stand below, "
                      "or null for the first place.");
        return false;
    }
    memcpy(row.id, s->id, sizeof row.id);
    int rc = places_put(r, project_id, &row, req->after, &w->places);
    if (rc == -ENOENT)
        refuse_after(r, req->after, cb, ctx);
    else if (rc)
        runner_refuse(cb, ctx, MU_CODE_STORE_FAILED, NULL);
    if (!rc && places_find(&w->places, s->id, &w->change.position))
        w->change.set |= MU_HAS(session, position);
    return !rc;
}

/* The fields that stand for themselves. False: refused. */
static bool take_fields(const struct sess *s, const struct mu_rec_update_session *req,
                        struct wish *w, mu_outcome_cb *cb, void *ctx)
{
    struct mu_session_change *c = &w->change;
    if ((req->name && !runner_take_name(req->name, w->name, cb, ctx)) ||
        (req->options && !runner_options_fit(s->s.row.agent, req->options, cb, ctx)))
        return false;
    c->name = w->name;
    c->options = req->options;
    c->archived = req->archived;
    c->pinned = req->pinned;
    if (req->name)
        c->set |= MU_HAS(session, name);
    if (req->has & MU_HAS(update_session, options))
        c->set |= MU_HAS(session, options);
    if (req->has & MU_HAS(update_session, archived))
        c->set |= MU_HAS(session, archived_at);
    if (req->has & MU_HAS(update_session, pinned))
        c->set |= MU_HAS(session, pinned_at);
    return true;
}

static void place_session(struct mu_runner *r, const struct place *place)
{
    struct mu_update out;
    struct sess *s = sess_get(r, place->id);
    struct mu_session_change change = {.set = MU_HAS(session, position),
                                       .position = place->position};
    struct mu_event ev = {.kind = MU_EV_CHANGE, .now = mu_now_ms(), .change = &change};
    if (s)
        sess_apply(r, s, &ev, &out);
}

static void change_session(struct mu_runner *r, struct sess *s, const struct wish *w,
                           mu_outcome_cb *cb, void *ctx)
{
    struct mu_update out;
    struct mu_event ev = {.kind = MU_EV_CHANGE,
                          .now = mu_now_ms(),
                          .change = &w->change,
                          .text = w->notice,
                          .metadata = w->metadata};
    if (!sess_apply(r, s, &ev, &out)) {
        runner_refuse(cb, ctx, out.refused, out.why_not);
        return;
    }
    if (s->run && (out.changed & MU_HAS(session, options)))
        run_configure(s->run);
    for (size_t i = 0; i < w->places.count; i++)
        if (strcmp(w->places.items[i].id, s->id) != 0)
            place_session(r, &w->places.items[i]);
    runner_reply_session(r, &s->s.row, cb, ctx);
}

void mu_runner_update_session(struct mu_runner *r, const char *id,
                              const struct mu_rec_update_session *req, mu_outcome_cb *cb, void *ctx)
{
    struct wish w = {0};
    struct sess *s = runner_session(r, id, cb, ctx);
    if (!s)
        return;
    if (take_fields(s, req, &w, cb, ctx) && find_project(r, s, req->project_id, &w, cb, ctx) &&
        find_place(r, s, req, &w, cb, ctx))
        change_session(r, s, &w, cb, ctx);
    wish_release(&w);
}
