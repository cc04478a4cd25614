#include <stdlib.h>
#include <string.h>

#include "runner/internal.h"

/* Changes to the prompts that wait. */

struct waiting {
    const char *id;
    char *text;
    char *metadata; /* of the message that it becomes */
    bool images;
    struct mu_runner *r;
};

static void on_queued(void *ctx, const struct mu_rec_queued_prompt *item)
{
    struct waiting *w = ctx;
    if (w->text || strcmp(item->id, w->id) != 0)
        return;
    w->text = mu_strdup(item->text);
    w->images = item->images.count > 0;
    w->metadata = images_metadata(w->r, &item->images, true);
}

/* What is wrong with the request itself; MU_CODE_OK: nothing. */
static enum mu_code check(const struct sess *s, const struct mu_rec_edit_queue *req, bool images,
                          const char **why)
{
    bool text = req->has & MU_HAS(edit_queue, text);
    bool position = req->has & MU_HAS(edit_queue, position);
    *why = NULL;
    if (req->remove && (text || position || req->now))
        *why = "A prompt is either removed or changed.";
    else if (!req->remove && !text && !position && !req->now)
        *why = "Say what becomes of the prompt: text, position, remove or now.";
    else if (req->now && position)
        *why = "A prompt goes either now or to a position.";
    else if (position && req->position < 1)
        *why = "A position is a whole number from 1, which is the next.";
    if (*why)
        return MU_CODE_INVALID_FIELD;
    return text ? runner_check_prompt(s, req->text, images, why) : MU_CODE_OK;
}

static void step(struct mu_runner *r, struct sess *s, enum mu_event_kind kind,
                 const struct waiting *w)
{
    struct mu_update out;
    struct mu_event ev = {.kind = kind, .now = mu_now_ms(), .id = w->id, .text = w->text};
    if (kind == MU_EV_QUEUE_NOW)
        ev.metadata = w->metadata;
    sess_apply(r, s, &ev, &out);
}

static void edit(struct mu_runner *r, struct sess *s, const struct mu_rec_edit_queue *req,
                 struct waiting *w)
{
    if (req->remove) {
        step(r, s, MU_EV_QUEUE_REMOVED, w);
        return;
    }
    if (req->has & MU_HAS(edit_queue, text)) {
        runner_note(r, mu_store_queue_set_text(r->store, s->id, w->id, req->text));
        mu_str_set(&w->text, req->text);
    }
    if (req->now || req->has & MU_HAS(edit_queue, position))
        runner_note(r, mu_store_queue_move(r->store, s->id, w->id, req->now ? 1 : req->position));
    sess_push_queue(r, s);
    if (req->now)
        step(r, s, MU_EV_QUEUE_NOW, w);
}

void mu_runner_edit_queue(struct mu_runner *r, const char *session_id,
                          const struct mu_rec_edit_queue *req, mu_outcome_cb *cb, void *ctx)
{
    const char *why;
    struct sess *s = runner_session(r, session_id, cb, ctx);
    if (!s)
        return;
    struct waiting w = {.id = req->id, .r = r};
    runner_note(r, mu_store_queue_each(r->store, s->id, on_queued, &w));
    enum mu_code code = check(s, req, w.images, &why);
    if (code) {
        runner_refuse(cb, ctx, code, why);
    } else if (w.text) {
        edit(r, s, req, &w);
        runner_reply(r, cb, ctx);
    } else {
        runner_refuse(cb, ctx, MU_CODE_PROMPT_NOT_QUEUED, NULL);
    }
    free(w.text);
    free(w.metadata);
}
