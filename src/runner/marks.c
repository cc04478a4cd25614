/* What the end of a turn has to look at, in lists: runs of which something is to be written, runs
 * whose row is in the transaction, sessions that nothing may keep in memory any more. A turn costs
 * what has changed in it, however many agents run. */
#include <utlist.h>

#include "runner/internal.h"
#include "runner/serve.h"

/* An element of a list has a prev, the first one too. */
static bool is_marked(const struct run *run, enum run_mark m)
{
    return run->marks[m].prev != NULL;
}

void run_mark(struct run *run, enum run_mark m)
{
    if (!is_marked(run, m))
        DL_APPEND2(run->r->marked[m], run, marks[m].prev, marks[m].next);
}

static void unmark(struct run *run, enum run_mark m)
{
    if (!is_marked(run, m))
        return;
    DL_DELETE2(run->r->marked[m], run, marks[m].prev, marks[m].next);
    run->marks[m] = (struct run_link){NULL, NULL};
}

void run_clean(struct run *run)
{
    unmark(run, RUN_DIRTY);
    unmark(run, RUN_DERIVED);
}

void run_unmark(struct run *run)
{
    run_clean(run);
    unmark(run, RUN_WRITTEN);
}

static void write_one(struct run *run)
{
    if (!run->ended)
        output_drain(run);
    run_write(run);
}

void runs_write(struct mu_runner *r, bool all)
{
    while (r->marked[RUN_DERIVED])
        write_one(r->marked[RUN_DERIVED]);
    while (all && r->marked[RUN_DIRTY])
        write_one(r->marked[RUN_DIRTY]);
    terminals_write(r);
}

void runs_are_stored(struct mu_runner *r)
{
    struct run *run;
    while ((run = r->marked[RUN_WRITTEN])) {
        unmark(run, RUN_WRITTEN);
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
