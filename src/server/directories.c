/* /api/directories: what a person who looks for a project's directory may choose from; and looking
 * at the one that was chosen, off the loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/directory.h"
#include "server/internal.h"

struct listing {
    struct mu_client *client;
    char *path;
    /* Written off the loop. */
    char real[PATH_MAX];
    char why[MU_DIRECTORY_WHY];
    struct mu_directory_names names;
    int rc;
};

static void on_work(void *ctx)
{
    struct listing *l = ctx;
    l->rc = mu_directory_resolve(l->path, l->real, l->why);
    if (!l->rc)
        l->rc = mu_directory_list(l->real, MU_LIMIT_DIRECTORY_ENTRIES, &l->names, l->why);
}

/* The directory above, or NULL at the root. */
static const char *parent_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (!slash || !slash[1])
        return NULL;
    snprintf(out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return out;
}

static void answer_names(struct listing *l)
{
    size_t n = l->names.count;
    char parent[PATH_MAX];
    struct mu_rec_directory *rows = mu_alloc((n ? n : 1) * sizeof *rows);
    const char *above = strcmp(l->real, "/") == 0 ? "" : l->real;
    for (size_t i = 0; i < n; i++) {
        rows[i].name = l->names.names[i];
        rows[i].path = mu_asprintf("%s/%s", above, l->names.names[i]);
    }
    struct mu_rec_directory_list list = {.path = l->real,
                                         .parent = parent_of(l->real, parent),
                                         .directories = {rows, n},
                                         .truncated = l->names.truncated};
    mu_answer_rec(l->client, 200, &mu_directory_list_desc, &list);
    for (size_t i = 0; i < n; i++)
        free((char *)rows[i].path);
    free(rows);
}

static void on_answer(void *ctx, enum mu_lookup_end end)
{
    struct listing *l = ctx;
    if (end == MU_LOOKUP_DONE && !l->rc)
        answer_names(l);
    else if (end == MU_LOOKUP_DONE)
        mu_answer_error(l->client, MU_CODE_PATH_INVALID, l->why);
    else
        mu_answer_lookup(l->client, end, l->path);
}

static void on_free(void *ctx)
{
    struct listing *l = ctx;
    mu_client_unref(l->client);
    mu_directory_names_release(&l->names);
    free(l->path);
    free(l);
}

static const struct mu_lookup_kind kind = {.work = on_work, .answer = on_answer, .free = on_free};

void mu_directories_get(struct mu_client *c, const struct mu_http_req *req)
{
    char path[MU_LIMIT_PATH_BYTES + 1];
    int rc = mu_http_query(req, "path", path, sizeof path);
    if (rc == -ENOENT || (!rc && !*path)) {
        snprintf(path, sizeof path, "~");
        rc = 0;
    }
    if (rc == MU_ETOOBIG) {
        mu_answer_error(c, MU_CODE_TOO_LARGE, "A path has at most 4095 bytes.");
    } else if (rc) {
        mu_answer_error(c, MU_CODE_PATH_INVALID,
                        "`path` is no path: it has a NUL byte, or a percent sign that is not "
                        "followed by two hexadecimal digits.");
    } else {
        struct listing *l = mu_alloc(sizeof *l);
        l->client = c;
        l->path = mu_strdup(path);
        mu_client_ref(c);
        mu_lookup_start(c->srv->lookups, &kind, l);
    }
}

/* ---- a project's directory ---- */

struct making {
    struct mu_runner *runner;
    char *path, *name;
    mu_outcome_cb *cb;
    void *ctx;
    /* Written off the loop. */
    char real[PATH_MAX];
    char why[MU_DIRECTORY_WHY];
    int rc;
};

static void on_resolve(void *ctx)
{
    struct making *m = ctx;
    m->rc = mu_directory_resolve(m->path, m->real, m->why);
}

static void on_resolved(void *ctx, enum mu_lookup_end end)
{
    struct making *m = ctx;
    char text[MU_DIRECTORY_WHY];
    struct mu_outcome no = {.code = MU_CODE_PATH_INVALID, .message = m->why};
    if (end != MU_LOOKUP_DONE) {
        no.code = mu_lookup_refusal(end, m->path, text);
        no.message = text;
    } else if (!m->rc) {
        struct mu_rec_create_project rec = {.path = m->real, .name = m->name};
        rec.has = m->name ? MU_HAS(create_project, name) : 0;
        mu_runner_create_project(m->runner, &rec, m->cb, m->ctx);
        return;
    }
    m->cb(m->ctx, &no);
}

static void on_making_free(void *ctx)
{
    struct making *m = ctx;
    free(m->path);
    free(m->name);
    free(m);
}

static const struct mu_lookup_kind making = {
    .work = on_resolve, .answer = on_resolved, .free = on_making_free};

void mu_directories_make_project(struct mu_server *s, const struct mu_rec_create_project *rec,
                                 mu_outcome_cb *cb, void *ctx)
{
    if (strlen(rec->path) > MU_LIMIT_PATH_BYTES) {
        cb(ctx, &(struct mu_outcome){.code = MU_CODE_TOO_LARGE,
                                     .message = "A path has at most 4095 bytes."});
        return;
    }
    struct making *m = mu_alloc(sizeof *m);
    m->runner = s->opts.runner;
    m->path = mu_strdup(rec->path);
    m->name = mu_strdup(rec->name);
    m->cb = cb;
    m->ctx = ctx;
    mu_lookup_start(s->lookups, &making, m);
}

/* ---- lookups that were not done ---- */

enum mu_code mu_lookup_refusal(enum mu_lookup_end end, const char *path,
                               char text[MU_DIRECTORY_WHY])
{
    size_t n = strlen(path);
    if (end == MU_LOOKUP_FULL) {
        snprintf(text, MU_DIRECTORY_WHY,
                 "Too many lookups of directories and files are under way, or a file system does "
                 "not answer them. Try again in a moment.");
        return MU_CODE_LIMIT_REACHED;
    }
    snprintf(text, MU_DIRECTORY_WHY,
             "%.*s: its file system did not answer within %d seconds. Is it one of a network that "
             "cannot be reached?",
             (int)(n > 300 ? mu_utf8_cut(path, 300) : n), path, MU_LIMIT_LOOKUP_SECONDS);
    return MU_CODE_PATH_INVALID;
}

void mu_answer_lookup(struct mu_client *c, enum mu_lookup_end end, const char *path)
{
    char text[MU_DIRECTORY_WHY];
    enum mu_code code = mu_lookup_refusal(end, path, text);
    mu_answer_error(c, code, text);
}
