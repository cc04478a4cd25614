#include "core/fuzzy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/natural.h"

enum {
    MATCH = 16,
    UPPER = 1,        /* an upper case letter was asked for, and is there */
    IN_NAME = 3,      /* in the file's own name */
    PART_START = 10,  /* of the path, after a slash */
    WORD_START = 8,   /* after a mark */
    CAMEL_START = 7,  /* an upper case letter, or a digit, within a word */
    TOGETHER = 5,     /* right behind the one before */
    FIRST_TIMES = 2,  /* what the query's first character is given for its place */
    GAP = -3,         /* for its first character … */
    GAP_MORE = -1,    /* … and each further one */
    NAME_IS = 100,    /* the name is the query … */
    STEM_IS = 60,     /* … or is without what follows its first dot … */
    NAME_BEGINS = 30, /* … or begins with it */
};

static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What a character is worth for its place. */
static int32_t place(const char *path, size_t i)
{
    char c = path[i], before = i ? path[i - 1] : '/';
    if (before == '/')
        return PART_START;
    if (strchr("_-. ", before))
        return WORD_START;
    if ((is_lower(before) && is_upper(c)) || (!is_digit(before) && is_digit(c)))
        return CAMEL_START;
    return 0;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool in_order(const char *query, const char *path)
{
    for (; *query; query++, path++) {
        while (*path && fold(*path) != fold(*query))
            path++;
        if (!*path)
            return false;
    }
    return true;
}

/* One row of the table: what the first i characters of the query are worth at best with the path up
 * to each place, and how many stand together there at its end. */
struct row {
    int32_t score[MU_FUZZY_PATH_MAX];
    uint16_t together[MU_FUZZY_PATH_MAX];
};

struct table {
    const char *query, *path;
    size_t n;    /* of the path */
    size_t name; /* where the file's name begins; past the end where that does not count */
    struct row rows[2];
};

/* A byte of a character that is not its first must stand right behind the one before. */
static bool goes_on(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The query's character q at the path's place j, after what stands in `before` at j - 1. */
static int32_t matched(const struct table *t, const struct row *before, size_t q, size_t j,
                       uint16_t *together)
{
    char c = t->query[q];
    int32_t at = place(t->path, j), score = MATCH;
    *together = 1;
    if (fold(t->path[j]) != fold(c))
        return MU_FUZZY_NONE;
    score += (is_upper(c) && t->path[j] == c ? UPPER : 0) + (j >= t->name ? IN_NAME : 0);
    if (q == 0)
        return score + at * FIRST_TIMES;
    if (j == 0 || before->score[j - 1] == MU_FUZZY_NONE)
        return MU_FUZZY_NONE;
    uint16_t run = before->together[j - 1];
    if (run == 0 && goes_on(c))
        return MU_FUZZY_NONE;
    score += before->score[j - 1];
    if (run == 0)
        return score + at;
    int32_t first = place(t->path, j - run);
    bool anew = at >= WORD_START && at > first;
    *together = anew ? 1 : (uint16_t)(run + 1);
    int32_t bonus = at > TOGETHER ? at : TOGETHER;
    return score + (first > bonus ? first : bonus);
}

/* Gives the best of the row. */
static int32_t fill_row(const struct table *t, size_t q, const struct row *before, struct row *row)
{
    int32_t carried = MU_FUZZY_NONE, best = MU_FUZZY_NONE;
    bool gap = false, within = goes_on(t->query[q + 1]); /* a character: no gap may follow */
    for (size_t j = 0; j < t->n; j++) {
        uint16_t together;
        int32_t here = matched(t, before, q, j, &together);
        if (carried != MU_FUZZY_NONE)
            carried += gap ? GAP_MORE : GAP;
        gap = here < carried || here == MU_FUZZY_NONE;
        row->together[j] = gap ? 0 : together;
        row->score[j] = gap ? carried : here;
        carried = within ? MU_FUZZY_NONE : row->score[j];
        best = row->score[j] > best ? row->score[j] : best;
    }
    return best;
}

static int32_t whole_name(const char *query, const char *name)
{
    size_t n = strlen(query);
    if (strncasecmp(name, query, n) != 0)
        return 0;
    return !name[n] ? NAME_IS : name[n] == '.' ? STEM_IS : NAME_BEGINS;
}

int32_t mu_fuzzy_score(const char *query, const char *path)
{
    struct table t;
    size_t m = strlen(query);
    const char *name = name_of(path);
    if (m == 0)
        return 0;
    t.n = strlen(path);
    if (m > MU_FUZZY_QUERY_MAX || m > t.n || t.n > MU_FUZZY_PATH_MAX || !in_order(query, path))
        return MU_FUZZY_NONE;
    t.query = query;
    t.path = path;
    t.name = strchr(query, '/') ? t.n : (size_t)(name - path);
    int32_t best = MU_FUZZY_NONE;
    for (size_t q = 0; q < m; q++)
        best = fill_row(&t, q, &t.rows[(q + 1) % 2], &t.rows[q % 2]);
    return best == MU_FUZZY_NONE ? best : best + whole_name(query, name);
}

/* ---- the best of many ---- */

struct found {
    int32_t score;
    uint32_t length;
    uint32_t i;
};

struct heap {
    const struct mu_fuzzy_paths *paths;
    struct found *found; /* the worst on top */
    size_t count;
};

static const char *path_at(const struct mu_fuzzy_paths *paths, uint32_t i)
{
    return paths->text + paths->at[i];
}

static bool is_better(const struct heap *h, const struct found *a, const struct found *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    if (a->length != b->length)
        return a->length < b->length;
    int order = mu_natural_cmp(path_at(h->paths, a->i), path_at(h->paths, b->i));
    return order ? order < 0 : a->i < b->i;
}

static void sink(struct heap *h, size_t i)
{
    for (;;) {
        size_t worst = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < h->count; child++)
            if (is_better(h, &h->found[worst], &h->found[child]))
                worst = child;
        if (worst == i)
            return;
        struct found other = h->found[i];
        h->found[i] = h->found[worst];
        h->found[worst] = other;
        i = worst;
    }
}

static void rise(struct heap *h, size_t i)
{
    while (i > 0 && is_better(h, &h->found[(i - 1) / 2], &h->found[i])) {
        struct found other = h->found[i];
        h->found[i] = h->found[(i - 1) / 2];
        h->found[(i - 1) / 2] = other;
        i = (i - 1) / 2;
    }
}

static void offer(struct heap *h, size_t max, const struct found *f)
{
    if (h->count < max) {
        h->found[h->count] = *f;
        rise(h, h->count++);
    } else if (is_better(h, f, &h->found[0])) {
        h->found[0] = *f;
        sink(h, 0);
    }
}

static int32_t depth(const char *path)
{
    int32_t n = 0;
    for (; *path; path++)
        n += *path == '/';
    return n;
}

size_t mu_fuzzy_best(const char *query, const struct mu_fuzzy_paths *paths, uint32_t *best,
                     size_t max)
{
    struct heap h = {.paths = paths, .found = mu_alloc((max ? max : 1) * sizeof(struct found))};
    for (uint32_t i = 0; i < paths->count && max; i++) {
        const char *path = path_at(paths, i);
        struct found f = {.score = *query ? mu_fuzzy_score(query, path) : -depth(path),
                          .length = *query ? (uint32_t)strlen(path) : 0,
                          .i = i};
        if (f.score != MU_FUZZY_NONE)
            offer(&h, max, &f);
    }
    size_t count = h.count;
    while (h.count) {
        best[h.count - 1] = h.found[0].i;
        h.found[0] = h.found[--h.count];
        sink(&h, 0);
    }
    free(h.found);
    return count;
}
