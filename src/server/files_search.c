/*
 * /api/projects/:id/files: finding a project's files by a few letters.
 *
 * git lists the files where the project is in a work tree, so that what it ignores is left out;
 * else the directory is walked. The list is kept for a few seconds, so that typing asks git once.
 * Making it and ranking it are lookups, off the loop; a list is not changed any more once it is
 * ready.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "core/fuzzy.h"
#include "io/child.h"
#include "io/directory.h"
#include "io/file_list.h"
#include "io/files.h"
#include "server/internal.h"

/* Of the best, some may not be there any more. */
enum { CANDIDATES = 4 * MU_LIMIT_FILES_FOUND, SWEEP_MS = 1000 };

_Static_assert((int)MU_LIMIT_FILE_QUERY_BYTES == (int)MU_FUZZY_QUERY_MAX,
               "every query can be ranked");

struct list;

struct search {
    struct search *prev, *next; /* while it waits for the list */
    struct mu_client *client;
    struct list *list;
    int64_t asked_at;
    char query[MU_LIMIT_FILE_QUERY_BYTES + 1];
    const char *found[MU_LIMIT_FILES_FOUND]; /* into the list */
    size_t count;
};

struct list {
    struct list *prev, *next;
    struct mu_searches *all; /* NULL: it is not among them any more */
    char *path;              /* the project's directory */
    struct mu_file_list files;
    struct mu_child *git;
    struct mu_buf printed; /* by git */
    bool cut;              /* git was ended before its end */
    bool ready;
    int64_t made_at;
    struct search *waiting;
    int rc;
    char why[MU_DIRECTORY_WHY];
    int refs;
};

struct mu_searches {
    struct mu_server *srv;
    struct mu_timer *timer; /* runs while there are lists */
    struct list *lists;     /* oldest first */
    int count;
    bool closed;
};

static const struct mu_file_bounds bounds = {.files = MU_LIMIT_FILES_LOOKED_AT,
                                             .bytes = MU_LIMIT_FILE_LIST_BYTES};

static void list_unref(struct list *l)
{
    if (--l->refs)
        return;
    mu_file_list_release(&l->files);
    mu_buf_release(&l->printed);
    free(l->path);
    free(l);
}

/* Takes it from those that further searches may use. */
static void list_retire(struct mu_searches *f, struct list *l)
{
    DL_DELETE(f->lists, l);
    f->count--;
    l->all = NULL;
    list_unref(l);
}

static void search_free(void *ctx)
{
    struct search *s = ctx;
    mu_client_unref(s->client);
    list_unref(s->list);
    free(s);
}

/* ---- ranking ---- */

static void on_rank(void *ctx)
{
    struct search *s = ctx;
    const struct mu_file_list *files = &s->list->files;
    struct mu_fuzzy_paths paths = {files->text.data, files->at, files->count};
    struct mu_files_root root = {.path = s->list->path};
    uint32_t best[CANDIDATES];
    size_t n = mu_fuzzy_best(s->query, &paths, best, CANDIDATES);
    for (size_t i = 0; i < n && s->count < MU_LIMIT_FILES_FOUND; i++) {
        const char *path = files->text.data + files->at[best[i]];
        if (mu_files_is_there(&root, path))
            s->found[s->count++] = path;
    }
}

static void on_ranked(void *ctx, enum mu_lookup_end end)
{
    struct search *s = ctx;
    if (end != MU_LOOKUP_DONE) {
        mu_answer_lookup(s->client, end, s->list->path);
        return;
    }
    struct mu_rec_file_list rec = {.files = {s->found, s->count},
                                   .truncated = s->list->files.truncated};
    mu_answer_rec(s->client, 200, &mu_file_list_desc, &rec);
}

static const struct mu_lookup_kind ranking = {
    .work = on_rank, .answer = on_ranked, .free = search_free};

/* ---- making a list ---- */

static void on_make(void *ctx)
{
    struct list *l = ctx;
    char real[PATH_MAX];
    mu_file_list_parse(&l->files, l->printed.data, l->printed.len, &bounds);
    l->files.truncated = l->files.truncated || l->cut;
    mu_buf_release(&l->printed);
    l->rc = mu_directory_resolve(l->path, real, l->why);
    if (l->rc || l->files.count)
        return;
    /* No work tree, one whose git ignores all of the project, or nothing in it. */
    mu_file_list_release(&l->files);
    if (mu_file_list_walk(&l->files, real, &bounds))
        l->rc = mu_directory_resolve(l->path, real, l->why);
}

static void on_made(void *ctx, enum mu_lookup_end end)
{
    struct list *l = ctx;
    struct search *s, *next;
    l->ready = end == MU_LOOKUP_DONE && !l->rc;
    l->made_at = mu_mono_ms();
    DL_FOREACH_SAFE(l->waiting, s, next)
    {
        DL_DELETE(l->waiting, s);
        if (l->ready) {
            mu_lookup_start(s->client->srv->lookups, &ranking, s);
            continue;
        }
        if (end != MU_LOOKUP_DONE)
            mu_answer_lookup(s->client, end, l->path);
        else
            mu_answer_error(s->client, MU_CODE_PATH_INVALID, l->why);
        search_free(s);
    }
    if (!l->ready && l->all)
        list_retire(l->all, l);
}

static void on_list_free(void *ctx)
{
    list_unref(ctx);
}

static const struct mu_lookup_kind making = {
    .work = on_make, .answer = on_made, .free = on_list_free};

static void on_git(void *ctx, int status, const char *out, size_t n)
{
    struct list *l = ctx;
    l->git = NULL;
    l->cut = status == -ETIMEDOUT || status == MU_ETOOBIG;
    if (!l->all) { /* the server ends */
        list_unref(l);
        return;
    }
    if (status == 0 || l->cut)
        mu_buf_add(&l->printed, out, n);
    mu_lookup_start(l->all->srv->lookups, &making, l);
}

static void start_git(struct list *l)
{
    /* The repository is looked at as it is: no hook of its own is run, nothing is written. */
    const char *argv[] = {"env",
                          "-u",
                          "GIT_DIR",
                          "-u",
                          "GIT_WORK_TREE",
                          "-u",
                          "GIT_INDEX_FILE",
                          "git",
                          "-C",
                          l->path,
                          "-c",
                          "core.fsmonitor=false",
                          "--no-optional-locks",
                          "ls-files",
                          "-c",
                          "-o",
                          "-z",
                          "--exclude-standard",
                          NULL};
    l->refs++;
    l->git = mu_child_run(mu_loop_uv(l->all->srv->opts.loop), NULL, argv, true,
                          MU_LIMIT_FILE_GIT_SECONDS * UINT64_C(1000), on_git, l);
    mu_child_bound(l->git, MU_LIMIT_FILE_LIST_BYTES);
}

/* ---- the lists ---- */

static bool is_old(const struct list *l)
{
    return l->ready && mu_mono_ms() - l->made_at >= MU_LIMIT_FILE_LIST_SECONDS * INT64_C(1000);
}

/* A git that cannot even be killed, because its file system hangs, is not waited for. */
static void answer_late(struct list *l)
{
    struct search *s, *next;
    int64_t before = mu_mono_ms() - MU_LIMIT_LOOKUP_SECONDS * INT64_C(1000);
    DL_FOREACH_SAFE(l->waiting, s, next)
    {
        if (s->asked_at > before)
            continue;
        DL_DELETE(l->waiting, s);
        mu_answer_lookup(s->client, MU_LOOKUP_LATE, l->path);
        search_free(s);
    }
}

static void on_sweep(void *ctx)
{
    struct mu_searches *f = ctx;
    struct list *l, *next;
    DL_FOREACH_SAFE(f->lists, l, next)
    {
        if (l->git)
            answer_late(l);
        if (is_old(l))
            list_retire(f, l);
    }
    if (!f->lists)
        mu_timer_stop(f->timer);
}

static struct list *list_find(struct mu_searches *f, const char *path)
{
    struct list *l;
    DL_FOREACH(f->lists, l)
    {
        if (strcmp(l->path, path) == 0 && !is_old(l))
            return l;
    }
    return NULL;
}

/* NULL: as many as may be are being made. */
static struct list *list_new(struct mu_searches *f, const char *path)
{
    struct list *l, *oldest = NULL;
    DL_FOREACH(f->lists, l)
    {
        if (l->ready && (!oldest || is_old(l)))
            oldest = l;
    }
    if (f->count >= MU_LIMIT_FILE_LISTS && !oldest)
        return NULL;
    if (f->count >= MU_LIMIT_FILE_LISTS)
        list_retire(f, oldest);
    l = mu_alloc(sizeof *l);
    l->all = f;
    l->path = mu_strdup(path);
    l->refs = 1;
    DL_APPEND(f->lists, l);
    f->count++;
    start_git(l);
    if (!mu_timer_active(f->timer))
        mu_timer_start(f->timer, SWEEP_MS, SWEEP_MS);
    return l;
}

struct mu_searches *mu_searches_new(struct mu_server *s)
{
    struct mu_searches *f = mu_alloc(sizeof *f);
    f->srv = s;
    f->timer = mu_timer_new(s->opts.loop, on_sweep, f);
    return f;
}

void mu_searches_close(struct mu_searches *f)
{
    struct list *l, *next;
    struct search *s, *other;
    f->closed = true;
    mu_timer_free(f->timer);
    DL_FOREACH_SAFE(f->lists, l, next)
    {
        DL_FOREACH_SAFE(l->waiting, s, other)
        {
            DL_DELETE(l->waiting, s);
            mu_answer_error(s->client, MU_CODE_SHUTTING_DOWN, NULL);
            search_free(s);
        }
        if (l->git)
            mu_child_kill(l->git);
        list_retire(f, l);
    }
}

void mu_searches_free(struct mu_searches *f)
{
    free(f);
}

/* ---- the request ---- */

static void on_project(void *ctx, const struct mu_rec_project *p)
{
    *(char **)ctx = mu_strdup(p->path);
}

static void search_in(struct mu_client *c, const char *path, const char *query)
{
    struct mu_searches *f = c->srv->searches;
    struct list *l = f->closed ? NULL : list_find(f, path);
    if (!l && !f->closed)
        l = list_new(f, path);
    if (!l) {
        mu_answer_lookup(c, MU_LOOKUP_FULL, path);
        return;
    }
    struct search *s = mu_alloc(sizeof *s);
    s->client = c;
    s->list = l;
    s->asked_at = mu_mono_ms();
    l->refs++;
    memcpy(s->query, query, strlen(query) + 1);
    mu_client_ref(c);
    if (l->ready)
        mu_lookup_start(c->srv->lookups, &ranking, s);
    else
        DL_APPEND(l->waiting, s);
}

void mu_searches_get(struct mu_client *c, const struct mu_http_req *req, const char *id)
{
    char query[MU_LIMIT_FILE_QUERY_BYTES + 1] = "", *path = NULL;
    int rc = mu_http_query(req, "query", query, sizeof query);
    if (rc == MU_ETOOBIG) {
        mu_answer_error(c, MU_CODE_TOO_LARGE, "A search for files has at most 256 bytes.");
    } else if (rc && rc != -ENOENT) {
        mu_answer_error(c, MU_CODE_INVALID_FIELD,
                        "`query` has a NUL byte, or a percent sign that is not followed by two "
                        "hexadecimal digits.");
    } else if (mu_store_get_project(c->srv->opts.store, id, on_project, &path)) {
        mu_answer_error(c, MU_CODE_PROJECT_NOT_FOUND, NULL);
    } else {
        search_in(c, path, query);
    }
    free(path);
}
