#include "core/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add_message(struct mu_update *out, const struct mu_event *ev, enum mu_message_kind kind,
                        const char *id, const char *text)
{
    struct mu_rec_message *m = &out->messages[out->message_count++];
    *m = (struct mu_rec_message){.id = id,
                                 .session_id = out->next.row.id,
                                 .seq = ++out->next.row.last_seq,
                                 .kind = kind,
                                 .text = text,
                                 .created_at = ev->now};
}

static void refuse(struct mu_update *out, enum mu_code code, const char *why)
{
    out->refused = code;
    out->why_not = why;
}

/* ---- the beginning of a turn ---- */

static void begin_turn(const struct mu_session *now, const struct mu_event *ev,
                       struct mu_update *out)
{
    struct mu_session *next = &out->next;
    next->row.state = MU_session_state_WORKING;
    next->row.error_message = NULL;
    next->row.turn_started_at = ev->now;
    next->row.archived_at = 0;
    next->turn_id = ev->id;
    next->now_id = NULL;
    add_message(out, ev, MU_message_kind_USER, ev->id, ev->text);
    out->messages[0].metadata = ev->metadata;
    if (!now->user_named && strcmp(now->row.name, MU_NAMING_DEFAULT) == 0) {
        mu_naming_from_prompt(ev->text, out->name);
        next->row.name = out->name;
    }
    if (now->run_id) {
        out->actions |= MU_DO_FEED;
    } else {
        next->run_id = ev->run_id;
        out->actions |= MU_DO_START_RUN;
    }
}

static void on_prompt(const struct mu_session *now, const struct mu_event *ev,
                      struct mu_update *out)
{
    if (now->row.state != MU_session_state_WORKING) {
        begin_turn(now, ev, out);
        out->next.row.read_seq = out->next.row.last_seq;
        return;
    }
    if (now->row.queue_length >= MU_LIMIT_QUEUE_LENGTH) {
        refuse(out, MU_CODE_QUEUE_FULL, mu_code_text(MU_CODE_QUEUE_FULL));
        return;
    }
    out->queue = MU_QUEUE_PUT;
    out->queued = true;
    out->next.row.queue_length++;
}

static void on_turn_began(const struct mu_session *now, const struct mu_event *ev,
                          struct mu_update *out)
{
    struct mu_session *next = &out->next;
    if (now->row.state == MU_session_state_WORKING || !now->run_id)
        return;
    next->row.state = MU_session_state_WORKING;
    next->row.error_message = NULL;
    next->row.turn_started_at = ev->now;
    next->row.archived_at = 0;
    next->turn_id = ev->id;
    add_message(out, ev, MU_message_kind_NOTICE, NULL, "The agent went on by itself.");
}

static void on_next(const struct mu_session *now, const struct mu_event *ev, struct mu_update *out)
{
    if (now->row.state == MU_session_state_WORKING || now->row.queue_length == 0)
        return;
    out->queue = MU_QUEUE_DELETE;
    out->next.row.queue_length--;
    begin_turn(now, ev, out);
    if (!ev->metadata)
        out->messages[0].metadata = "{\"queued\":true}";
}

/* ---- the end of a turn ---- */

static const char *error_text(struct mu_update *out, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    if (n == 0)
        return "The agent ended the turn without saying why.";
    if (n < sizeof out->error_text) {
        memcpy(out->error_text, text, n + 1);
        return out->error_text;
    }
    n = mu_utf8_cut(text, sizeof out->error_text - sizeof "…");
    memcpy(out->error_text, text, n);
    memcpy(out->error_text + n, "…", sizeof "…");
    return out->error_text;
}

static void tell_queue_waits(const struct mu_event *ev, struct mu_update *out)
{
    int64_t n = out->next.row.queue_length;
    if (n == 0)
        return;
    snprintf(out->notice_text, sizeof out->notice_text,
             n == 1 ? "%" PRId64 " prompt waits in the queue. It goes on after the next turn that "
                      "ends well."
                    : "%" PRId64 " prompts wait in the queue. They go on after the next turn that "
                      "ends well.",
             n);
    add_message(out, ev, MU_message_kind_NOTICE, NULL, out->notice_text);
}

static void end_turn(const struct mu_session *now, const struct mu_event *ev, struct mu_update *out)
{
    struct mu_rec_session *row = &out->next.row;
    enum mu_turn_outcome outcome = now->cancelling ? MU_TURN_CANCELLED : ev->outcome;
    row->state = outcome == MU_TURN_ERROR ? MU_session_state_ERROR : MU_session_state_IDLE;
    row->error_message = NULL;
    row->waiting_for = MU_waiting_for_NONE;
    row->waiting_since = 0;
    row->turn_started_at = 0;
    out->next.turn_id = NULL;
    out->next.cancelling = false;
    out->next.now_id = NULL;
    out->completed = true;
    out->cancelled = outcome == MU_TURN_CANCELLED;
    if (outcome == MU_TURN_ERROR) {
        row->error_message = error_text(out, ev->text);
        out->error = row->error_message;
        out->fatal = true;
        add_message(out, ev, MU_message_kind_ERROR, NULL, row->error_message);
    } else if (outcome == MU_TURN_CANCELLED) {
        add_message(out, ev, MU_message_kind_NOTICE, NULL,
                    now->now_id ? "Interrupted for the prompt that follows." : "Cancelled.");
    }
    if (now->now_id && row->queue_length > 0) {
        snprintf(out->start_id, sizeof out->start_id, "%s", now->now_id);
        out->actions |= MU_DO_NEXT;
    } else if (outcome != MU_TURN_OK)
        tell_queue_waits(ev, out);
    else if (row->queue_length > 0)
        out->actions |= MU_DO_NEXT;
}

static void on_turn_done(const struct mu_session *now, const struct mu_event *ev,
                         struct mu_update *out)
{
    if (now->row.state != MU_session_state_WORKING)
        return;
    if (ev->metadata)
        out->next.row.metadata = ev->metadata;
    end_turn(now, ev, out);
}

static void on_run_ended(const struct mu_session *now, const struct mu_event *ev,
                         struct mu_update *out)
{
    bool again = ev->outcome == MU_TURN_RESTART || ev->outcome == MU_TURN_FORGET;
    out->next.run_id = NULL;
    if (ev->outcome == MU_TURN_FORGET)
        out->next.row.cli_session_id = NULL;
    if (now->row.state != MU_session_state_WORKING)
        return;
    if (!again || now->cancelling) {
        end_turn(now, ev, out);
        return;
    }
    if (ev->text)
        add_message(out, ev, MU_message_kind_NOTICE, NULL, ev->text);
    out->next.row.waiting_for = MU_waiting_for_NONE;
    out->next.row.waiting_since = 0;
    out->next.run_id = ev->run_id;
    out->actions |= MU_DO_START_RUN;
}

static void interrupt(const struct mu_session *now, struct mu_update *out)
{
    if (now->cancelling)
        return;
    out->next.cancelling = true;
    out->next.row.waiting_for = MU_waiting_for_NONE;
    out->next.row.waiting_since = 0;
    out->actions |= MU_DO_INTERRUPT;
}

/* Who says "stop" does not want what a turn was interrupted for, either. */
static void on_cancel(const struct mu_session *now, struct mu_update *out)
{
    if (now->row.state != MU_session_state_WORKING)
        return;
    out->next.now_id = NULL;
    interrupt(now, out);
}

static void on_queue_now(const struct mu_session *now, const struct mu_event *ev,
                         struct mu_update *out)
{
    if (now->row.state != MU_session_state_WORKING) {
        on_next(now, ev, out);
        return;
    }
    if (now->row.queue_length == 0)
        return;
    out->next.now_id = ev->id;
    interrupt(now, out);
}

/* ---- within and beside a turn ---- */

static void on_message(const struct mu_event *ev, struct mu_update *out)
{
    const struct mu_rec_message *m = ev->message;
    add_message(out, ev, m->kind, m->id, m->text);
    out->messages[0].streaming = m->streaming;
    out->messages[0].metadata = m->metadata;
}

static void on_notice(const struct mu_session *now, const struct mu_event *ev,
                      struct mu_update *out)
{
    if (now->row.state != MU_session_state_WORKING)
        return;
    add_message(out, ev, MU_message_kind_NOTICE, NULL, ev->text);
    if (ev->on)
        out->error = ev->text;
}

static void on_title(const struct mu_session *now, const struct mu_event *ev, struct mu_update *out)
{
    if (now->user_named)
        return;
    mu_naming_from_prompt(ev->text, out->name);
    out->next.row.name = out->name;
}

static void on_read(const struct mu_session *now, const struct mu_event *ev, struct mu_update *out)
{
    int64_t seq = ev->seq <= 0 || ev->seq > now->row.last_seq ? now->row.last_seq : ev->seq;
    if (seq > now->row.read_seq)
        out->next.row.read_seq = seq;
}

static int64_t stamp(int64_t before, bool on, int64_t now)
{
    return on == (before != 0) ? before : on ? now : 0;
}

static void move(const struct mu_session *now, const struct mu_event *ev, struct mu_update *out)
{
    struct mu_rec_session *row = &out->next.row;
    bool all_read = row->read_seq == row->last_seq;
    row->project_id = ev->change->project_id;
    row->cli_session_id = NULL;
    row->metadata = ev->metadata;
    out->next.run_id = NULL;
    if (now->run_id)
        out->actions |= MU_DO_LET_GO;
    if (ev->text)
        add_message(out, ev, MU_message_kind_NOTICE, NULL, ev->text);
    if (all_read)
        row->read_seq = row->last_seq;
}

static void on_change(const struct mu_session *now, const struct mu_event *ev,
                      struct mu_update *out)
{
    const struct mu_session_change *c = ev->change;
    struct mu_rec_session *row = &out->next.row;
    bool moves =
        c->set & MU_HAS(session, project_id) && strcmp(c->project_id, now->row.project_id) != 0;
    if (moves && now->row.state == MU_session_state_WORKING) {
        refuse(out, MU_CODE_SESSION_BUSY, mu_code_text(MU_CODE_SESSION_BUSY));
        return;
    }
    if (moves && now->row.queue_length > 0) {
        refuse(out, MU_CODE_SESSION_BUSY,
               "Prompts wait in the session's queue. Remove them, or have them worked on, and try "
               "again.");
        return;
    }
    if (c->set & MU_HAS(session, name)) {
        row->name = c->name;
        out->next.user_named = true;
    }
    if (c->set & MU_HAS(session, options))
        row->options = c->options;
    if (c->set & MU_HAS(session, archived_at))
        row->archived_at = stamp(row->archived_at, c->archived, ev->now);
    if (c->set & MU_HAS(session, pinned_at))
        row->pinned_at = stamp(row->pinned_at, c->pinned, ev->now);
    if (c->set & MU_HAS(session, position))
        row->position = c->position;
    if (moves)
        move(now, ev, out);
}

static void on_queue_removed(const struct mu_session *now, const struct mu_event *ev,
                             struct mu_update *out)
{
    if (now->row.queue_length == 0)
        return;
    if (mu_str_eq(now->now_id, ev->id))
        out->next.now_id = NULL;
    out->queue = MU_QUEUE_DELETE;
    out->next.row.queue_length--;
}

static void on_asked(const struct mu_session *now, const struct mu_event *ev, struct mu_update *out)
{
    if (now->row.state != MU_session_state_WORKING || now->cancelling)
        return;
    if (now->row.waiting_for != MU_waiting_for_NONE)
        return;
    out->next.row.waiting_for = ev->waiting_for;
    out->next.row.waiting_since = ev->now;
}

static void on_answered(const struct mu_session *now, const struct mu_event *ev,
                        struct mu_update *out)
{
    if (now->row.waiting_for == MU_waiting_for_NONE)
        return;
    out->next.row.waiting_for = ev->waiting_for;
    if (ev->waiting_for == MU_waiting_for_NONE)
        out->next.row.waiting_since = 0;
}

static void dispatch(const struct mu_session *now, const struct mu_event *ev, struct mu_update *out)
{
    switch (ev->kind) {
    case MU_EV_PROMPT:
        on_prompt(now, ev, out);
        break;
    case MU_EV_NEXT:
        on_next(now, ev, out);
        break;
    case MU_EV_MESSAGE:
        on_message(ev, out);
        break;
    case MU_EV_TURN_BEGAN:
        on_turn_began(now, ev, out);
        break;
    case MU_EV_TURN_DONE:
        on_turn_done(now, ev, out);
        break;
    case MU_EV_RUN_ENDED:
        on_run_ended(now, ev, out);
        break;
    case MU_EV_CANCEL:
        on_cancel(now, out);
        break;
    case MU_EV_NOTICE:
        on_notice(now, ev, out);
        break;
    case MU_EV_CLI_SESSION:
        out->next.row.cli_session_id = ev->id;
        break;
    case MU_EV_TITLE:
        on_title(now, ev, out);
        break;
    case MU_EV_CHANGE:
        on_change(now, ev, out);
        break;
    case MU_EV_READ:
        on_read(now, ev, out);
        break;
    case MU_EV_QUEUE_REMOVED:
        on_queue_removed(now, ev, out);
        break;
    case MU_EV_QUEUE_NOW:
        on_queue_now(now, ev, out);
        break;
    case MU_EV_FACTS:
        out->next.row.metadata = ev->metadata;
        break;
    case MU_EV_ASKED:
        on_asked(now, ev, out);
        break;
    case MU_EV_ANSWERED:
        on_answered(now, ev, out);
        break;
    case MU_EV_END_:
        break;
    }
}

void mu_session_step(const struct mu_session *now, const struct mu_event *ev, struct mu_update *out)
{
    memset(out, 0, sizeof *out);
    out->next = *now;
    dispatch(now, ev, out);
    out->changed = mu_rec_diff(&mu_session_desc, &now->row, &out->next.row);
    out->private_changed =
        !mu_str_eq(now->run_id, out->next.run_id) || !mu_str_eq(now->turn_id, out->next.turn_id) ||
        !mu_str_eq(now->now_id, out->next.now_id) || now->cancelling != out->next.cancelling ||
        now->user_named != out->next.user_named;
    out->closed = ev->kind != MU_EV_ANSWERED && now->row.waiting_for != MU_waiting_for_NONE &&
                  out->next.row.waiting_for == MU_waiting_for_NONE;
    if (out->changed & ~MU_HAS(session, position)) { /* a place is given anew for others' sake */
        out->next.row.updated_at = ev->now;
        out->changed |= MU_HAS(session, updated_at);
    }
}

const char *mu_session_check(const struct mu_session *s)
{
    const struct mu_rec_session *row = &s->row;
    bool working = row->state == MU_session_state_WORKING;
    if (row->state <= MU_session_state_NONE || row->state >= MU_session_state_END)
        return "the state is one of the three";
    if (working != (s->turn_id != NULL) || working != (row->turn_started_at != 0))
        return "a turn exists exactly while working";
    if (working && !s->run_id)
        return "what works has a run";
    if ((row->state == MU_session_state_ERROR) != (row->error_message != NULL))
        return "an error has a reason, and nothing else has one";
    if (row->error_message &&
        (!*row->error_message || strlen(row->error_message) > MU_LIMIT_ERROR_BYTES))
        return "a reason has words, within the limit";
    if (row->waiting_for != MU_waiting_for_NONE && (!working || s->cancelling))
        return "only a turn that goes on waits for an answer";
    if ((row->waiting_for != MU_waiting_for_NONE) != (row->waiting_since != 0))
        return "who waits has waited since some time";
    if (s->now_id && !s->cancelling)
        return "a turn ends for a prompt only when it is told to end";
    if (s->cancelling && !working)
        return "only a turn can be cancelled";
    if (row->read_seq < 0 || row->read_seq > row->last_seq)
        return "nothing is read that is not there";
    if (row->queue_length < 0 || row->queue_length > MU_LIMIT_QUEUE_LENGTH)
        return "the queue is within its limit";
    if (!row->name || !*row->name || strlen(row->name) > MU_LIMIT_NAME_BYTES)
        return "a session has a name, within the limit";
    return NULL;
}
