#include <stdlib.h>
#include <string.h>

#include "runner/internal.h"

/* A fact, never a state: a turn may be quiet for good reasons. */

static void set_since(struct mu_runner *r, struct sess *s, int64_t since)
{
    char time[MU_ISO_SIZE];
    struct mu_update out;
    mu_iso_format(since, time);
    char *fact =
        since ? mu_asprintf("{\"quiet_since\":\"%s\"}", time) : mu_strdup("{\"quiet_since\":null}");
    char *metadata = facts_merge(s->s.row.metadata, fact);
    s->quiet = since != 0;
    struct mu_event ev = {.kind = MU_EV_FACTS, .now = mu_now_ms(), .metadata = metadata};
    sess_apply(r, s, &ev, &out);
    free(metadata);
    free(fact);
}

static void look_at(struct mu_runner *r, struct sess *s, int64_t now)
{
    const struct mu_rec_session *row = &s->s.row;
    if (s->quiet || !s->run || row->state != MU_session_state_WORKING ||
        row->waiting_for != MU_waiting_for_NONE)
        return;
    int64_t last =
        s->run->output_at > row->turn_started_at ? s->run->output_at : row->turn_started_at;
    if (now - last >= r->quiet_ms)
        set_since(r, s, last);
}

static void on_watch(void *ctx)
{
    struct mu_runner *r = ctx;
    int64_t now = mu_now_ms();
    for (struct sess *s = r->sessions, *next; s; s = next) {
        next = s->hh.next;
        look_at(r, s, now);
    }
}

void watch_start(struct mu_runner *r)
{
    int64_t ms = r->quiet_ms / 4 < RUNNER_WATCH_MS ? r->quiet_ms / 4 : RUNNER_WATCH_MS;
    r->watch = mu_timer_new(r->loop, on_watch, r);
    mu_timer_start(r->watch, ms, ms > 0 ? ms : 1);
}

void watch_output(struct run *run, int64_t time_ms)
{
    run->output_at = time_ms;
    if (run->sess && run->sess->quiet)
        set_since(run->r, run->sess, 0);
}

void watch_stepped(struct mu_runner *r, struct sess *s, const struct mu_event *ev)
{
    if (ev->kind == MU_EV_ANSWERED && s->run)
        s->run->output_at = ev->now;
    if (s->quiet && (ev->kind == MU_EV_ANSWERED || s->s.row.state != MU_session_state_WORKING))
        set_since(r, s, 0);
}

bool watch_is_quiet(const char *metadata)
{
    return metadata && strstr(metadata, "\"quiet_since\"");
}
