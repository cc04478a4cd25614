/*
 * Every process that muster is answerable for, as /proc tells it: the holders of this user, and
 * whatever descends from one, bears a run's marker (MUSTER_RUN), or is in a run's cgroup. It asks
 * nobody: no server, no database.
 *
 * Session and agent are what the run's spec.json says while its holder lives, else what the
 * environment of one of its processes says; empty: nobody says it.
 *
 * Layer: hold. Thread rules: no state, any thread. Cost: one pass over /proc with four small files
 * a process.
 */
#ifndef MU_HOLD_CENSUS_H
#define MU_HOLD_CENSUS_H

#include "base/base.h"

#include <sys/types.h>

enum mu_census_kind {
    MU_CENSUS_HOLDER,
    MU_CENSUS_AGENT, /* what the holder started */
    MU_CENSUS_TOOL,  /* everything else of a run */
};

enum { MU_CENSUS_ID = 65, MU_CENSUS_COMMAND_MAX = 4096 };

struct mu_census_row {
    enum mu_census_kind kind;
    pid_t pid;
    pid_t parent;
    int64_t age_ms;
    int64_t cpu_ms; /* user and system, so far */
    int64_t rss;    /* bytes */
    char run[MU_CENSUS_ID];
    char session[MU_CENSUS_ID];
    char agent[MU_CENSUS_ID];
    char *dir;     /* the data directory; owned; NULL: its holder is gone, nobody says it */
    char *command; /* name and arguments as one line of valid UTF-8, cut; owned */
};

struct mu_census {
    struct mu_census_row *rows; /* n of them: by run, the holder first, then by age */
    size_t n;
};

/* Without the calling process. 0, or a negative errno: /proc cannot be read. */
int mu_census_take(struct mu_census *out) MU_MUST_CHECK;
void mu_census_release(struct mu_census *c);

/* The run of a cgroup, from the text of /proc/PID/cgroup. False: it is in none of a run's. */
bool mu_census_cgroup_run(const char *text, char run[MU_CENSUS_ID]);
/* The data directory and the run of a holder, from its command line: words with a NUL behind each,
 * text[0..n). dir is owned. False: it is no holder. */
bool mu_census_holder(const char *text, size_t n, char **dir, char run[MU_CENSUS_ID]);

#endif
