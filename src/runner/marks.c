/* What the end of a turn has to look at, in lists: runs of which something is to be written, runs
 * whose row is in the transaction, sessions that nothing may keep in memory any more. A turn costs
 * what has changed in it, however many agents run. */
#include <utlist.h>

#include "runner/internal.h"
#include "runner/serve.h"

void run_dirty(struct run *run)
{
    if (run->dirty)
        return;
    run->dirty = true;
    DL_APPEND2(run->r->dirty_runs, run, dirty_at.prev, dirty_at.next);
}

void run_derived(struct run *run)
{
    if (run->derived)
        return;
    run->derived = true;
    DL_APPEND2(run->r->derived_runs, run, derived_at.prev, derived_at.next);
}

void run_written(struct run *run)
{
    if (run->written)
        return;
    run->written = true;
    DL_APPEND2(run->r->written_runs, run, written_at.prev, written_at.next);
}

void run_clean(struct run *run)
{
    if (run->dirty)
        DL_DELETE2(run->r->dirty_runs, run, dirty_at.prev, dirty_at.next);
    if (run->derived)
        DL_DELETE2(run->r->derived_runs, run, derived_at.prev, derived_at.next);
    run->dirty = run->derived = false;
}

void run_unmark(struct run *run)
{
    run_clean(run);
    if (run->written)
        DL_DELETE2(run->r->written_runs, run, written_at.prev, written_at.next);
    run->written = false;
}

static void write_one(struct run *run)
{
    if (!run->ended)
        output_drain(run);
    run_write(run);
}

void runs_write(struct mu_runner *r, bool all)
{
    while (r->derived_runs)
        write_one(r->derived_runs);
    while (all && r->dirty_runs)
        write_one(r->dirty_runs);
    terminals_write(r);
}

void runs_are_stored(struct mu_runner *r)
{
    struct run *run;
    while ((run = r->written_runs)) {
        DL_DELETE2(r->written_runs, run, written_at.prev, written_at.next);
        run->written = false;
        run->stored = true;
        run->saved_offset = run->written_offset;
        if (run->holder && !run->ended)
            mu_holder_ack(run->holder, run->saved_offset);
    }
    terminals_are_stored(r);
}

void sess_loose(struct mu_runner *r, struct sess *s)
{
    if (s->loose)
        return;
    s->loose = true;
    DL_APPEND(r->loose, s);
}

void sess_unlist(struct mu_runner *r, struct sess *s)
{
    if (s->loose)
        DL_DELETE(r->loose, s);
    s->loose = false;
}

void sessions_forget(struct mu_runner *r)
{
    struct sess *s, *next;
    DL_FOREACH_SAFE(r->loose, s, next)
    {
        if (s->run)
            sess_unlist(r, s);
        else if (s->pending.len == 0)
            sess_free(r, s);
    }
}
