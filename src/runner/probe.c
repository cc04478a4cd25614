#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "io/child.h"
#include "runner/internal.h"

/* Which agents there are: where their programs are, and what version they say they have. */

struct asker {
    struct asker *prev, *next;
    mu_agents_cb *cb;
    void *ctx;
};

struct probed {
    struct probe *probe;
    const struct mu_agent *agent;
    struct mu_child *child;
    char path[4096];
    char version[128];
    char missing[2048];
};

struct probe {
    struct mu_runner *r;
    struct probed *agents;
    size_t count;
    size_t running;
    int64_t asked_at; /* monotonic; 0: never */
    struct asker *askers;
};

static void answer(struct probe *p, mu_agents_cb *cb, void *ctx)
{
    struct mu_rec_agent *rows = mu_alloc(p->count * sizeof *rows);
    for (size_t i = 0; i < p->count; i++) {
        const struct probed *a = &p->agents[i];
        rows[i] = (struct mu_rec_agent){.id = a->agent->id,
                                        .name = a->agent->name,
                                        .dialect = a->agent->dialect->id,
                                        .available = !*a->missing,
                                        .path = *a->path ? a->path : NULL,
                                        .version = *a->version ? a->version : NULL,
                                        .missing = *a->missing ? a->missing : NULL,
                                        .icon = a->agent->icon,
                                        .takes_images = a->agent->dialect->takes_images};
    }
    struct mu_rec_agent_list list = {.agents = {rows, p->count}};
    cb(ctx, &list);
    free(rows);
}

static void answer_all(struct probe *p)
{
    struct asker *all = p->askers;
    struct asker *a;
    struct asker *next;
    p->askers = NULL;
    DL_FOREACH_SAFE(all, a, next)
    {
        answer(p, a->cb, a->ctx);
        free(a);
    }
}

static void on_version(void *ctx, int status, const char *out, size_t n)
{
    struct probed *a = ctx;
    a->child = NULL;
    MU_UNUSED(n);
    size_t len = strcspn(out, "\r\n");
    if (status == 0 && mu_utf8_valid(out, len))
        snprintf(a->version, sizeof a->version, "%.*s", (int)(len > 100 ? 100 : len), out);
    if (status == -ETIMEDOUT)
        snprintf(a->missing, sizeof a->missing, "%s did not say its version within %d seconds.",
                 a->agent->program, RUNNER_PROBE_MS / 1000);
    else if (status != 0)
        snprintf(a->missing, sizeof a->missing, "%s does not run (status %d). %s",
                 a->agent->program, status, a->agent->how_to_get);
    if (--a->probe->running == 0)
        answer_all(a->probe);
}

static void look_for(struct probed *a)
{
    const char *program = mu_agent_program(a->agent);
    a->path[0] = a->version[0] = a->missing[0] = '\0';
    if (!mu_agent_locate(program, a->path, sizeof a->path)) {
        a->path[0] = '\0';
        snprintf(a->missing, sizeof a->missing, "%s was not found. %s", program,
                 a->agent->how_to_get);
        return;
    }
    if (!a->agent->version)
        return;
    const char *argv[] = {a->path, a->agent->version, NULL};
    a->probe->running++;
    a->child = mu_child_run(mu_loop_uv(a->probe->r->loop), NULL, argv, true, RUNNER_PROBE_MS,
                            on_version, a);
}

static void look(struct probe *p)
{
    p->asked_at = mu_mono_ms();
    for (size_t i = 0; i < p->count; i++)
        look_for(&p->agents[i]);
}

struct probe *probe_new(struct mu_runner *r)
{
    struct probe *p = mu_alloc(sizeof *p);
    p->r = r;
    p->count = mu_agent_count();
    p->agents = mu_alloc(p->count * sizeof *p->agents);
    for (size_t i = 0; i < p->count; i++) {
        p->agents[i].probe = p;
        p->agents[i].agent = mu_agent_at(i);
    }
    look(p);
    return p;
}

void probe_close(struct probe *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->agents[i].child)
            mu_child_forget(p->agents[i].child);
    answer_all(p);
}

void probe_free(struct probe *p)
{
    free(p->agents);
    free(p);
}

void mu_runner_agents(struct mu_runner *r, mu_agents_cb *cb, void *ctx)
{
    struct probe *p = r->probe;
    if (p->running == 0 && mu_mono_ms() - p->asked_at > RUNNER_PROBE_AGE_MS)
        look(p);
    if (p->running == 0 || r->closing) {
        answer(p, cb, ctx);
        return;
    }
    struct asker *a = mu_alloc(sizeof *a);
    a->cb = cb;
    a->ctx = ctx;
    DL_APPEND(p->askers, a);
}
