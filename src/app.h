/*
 * The server as a whole: makes the modules, wires them together, runs until it is told to stop.
 *
 * Layer: app. The one owner of every module.
 */
#ifndef MU_APP_H
#define MU_APP_H

#include "agent/agents_file.h"
#include "base/base.h"
#include "io/sender.h"

enum { MU_APP_HOSTS_MAX = 16 };

struct mu_app_opts {
    const char *listen; /* "127.0.0.1:4747" */
    const char *dir;    /* the data directory, absolute */
    const char *exe;    /* muster's own program file */
    bool allow_remote;
    bool bench_topics;
    struct mu_sender_opts send;
    const char *hosts[MU_APP_HOSTS_MAX];
    size_t host_count;
};

/* Runs `muster serve` until SIGINT or SIGTERM. Returns the process's exit status (2: the agents
 * file is wrong); what failed was said on stderr in a sentence. */
int mu_app_serve(const struct mu_app_opts *opts);

/* Reads DIR/agents.json and uses what is in it (mu_agents_use) until it is given back. 0, also when
 * there is no such file (*out is NULL then); else a sentence was said on stderr. */
int mu_app_agents(const char *dir, struct mu_agents_file **out);
void mu_app_agents_release(struct mu_agents_file *file);

/* A data directory that the server uses: DIR/lock says who (one server at a time), DIR/server.json
 * where it listens. */

/* The sign-in link of the server that uses dir. Returned owned, or NULL after a sentence on
 * stderr. */
char *mu_app_login_url(const char *dir);

#endif
