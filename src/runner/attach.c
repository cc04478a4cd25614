#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "runner/internal.h"
#include "runner/serve.h"

static void on_run(void *ctx, const struct mu_run *row)
{
    struct mu_runner *r = ctx;
    struct run *run = run_make(r, row->id);
    struct sess *s = sess_get(r, row->session_id);
    if (s && mu_str_eq(s->s.run_id, row->id) && run_agent(row)) {
        run->sess = s;
        s->run = run;
    }
    run_load(run, row);
}

/* Directories that no row speaks of: of a database that was put back or replaced. */
static void adopt_strangers(struct mu_runner *r)
{
    DIR *dir = opendir(r->runs_dir);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || strlen(entry->d_name) != MU_ID_SIZE - 1 ||
            run_find(r, entry->d_name) || terminal_find(r, entry->d_name))
            continue;
        mu_log(MU_LOG_WARN, "run_unknown", "run", entry->d_name, NULL);
        run_make(r, entry->d_name);
    }
    if (dir)
        closedir(dir);
}

struct id_list {
    char (*ids)[65];
    size_t count;
};

static void on_row(void *ctx, const struct mu_rec_session *row,
                   const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    struct id_list *list = ctx;
    list->ids = mu_realloc(list->ids, (list->count + 1) * sizeof *list->ids);
    snprintf(list->ids[list->count++], sizeof *list->ids, "%s", row->id);
}

/* Its process may live: then it is being ended, because nothing understands it. */
static char *why_without_run(struct mu_runner *r, const struct sess *s)
{
    const char *id = s->s.row.agent;
    struct run *run = s->s.run_id ? run_find(r, s->s.run_id) : NULL;
    if (!mu_agent_find(id))
        return mu_asprintf("The agent \"%s\" is not in the agents file any more: its process was "
                           "ended.",
                           id);
    if (run)
        return mu_asprintf("The agent \"%s\" has another dialect in the agents file than its "
                           "process, which was ended.",
                           id);
    return mu_strdup("The agent's process was lost while the server was down.");
}

/* Sessions that say they have a process, and have none. */
static void end_without_run(struct mu_runner *r)
{
    struct id_list list = {0};
    int rc = mu_store_each_in_flight(r->store, on_row, &list);
    if (rc)
        mu_log(MU_LOG_ERROR, "sessions_unreadable", "error", mu_strerror(rc), NULL);
    for (size_t i = 0; i < list.count; i++) {
        struct sess *s = sess_get(r, list.ids[i]);
        struct mu_update out;
        if (!s || s->run)
            continue;
        char *why = why_without_run(r, s);
        struct mu_event ev = {
            .kind = MU_EV_RUN_ENDED, .now = mu_now_ms(), .outcome = MU_TURN_ERROR, .text = why};
        sess_apply(r, s, &ev, &out);
        free(why);
    }
    free(list.ids);
}

void runs_attach(struct mu_runner *r)
{
    int rc = mu_store_each_run(r->store, on_run, r);
    if (rc)
        mu_log(MU_LOG_ERROR, "runs_unreadable", "error", mu_strerror(rc), NULL);
    end_without_run(r);
    terminals_load(r);
    adopt_strangers(r);
    for (struct run *run = r->runs, *next; run; run = next) {
        next = run->hh.next;
        run_attach(run);
    }
}
