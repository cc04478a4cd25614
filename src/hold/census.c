#include "hold/census.h"

#include "hold/cgroup.h"
#include "hold/proc.h"
#include "hold/spec.h"
#include "hold/spool.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct candidate {
    struct mu_census_row row;
    bool counted;
    int64_t start;       /* ticks */
    int64_t agent_pid;   /* of a holder: whom it started */
    int64_t agent_start; /* ticks */
};

struct scan {
    struct candidate *all;
    size_t n;
};

static char *read_of(pid_t pid, const char *name, size_t *n)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return mu_proc_read_file(path, n);
}

/* ---- what a file says ---- */

bool mu_census_cgroup_run(const char *text, char run[MU_CENSUS_ID])
{
    bool found = false;
    for (const char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
        const char *end = line + strcspn(line, "\n");
        if (strncmp(line, "0::/", 4) != 0)
            continue;
        for (const char *p = line + 3; p < end;) {
            const char *word = p + 1;
            size_t len = strcspn(word, "/\n"), skip = strlen(MU_CGROUP_PREFIX);
            if (len > skip && len - skip < MU_CENSUS_ID &&
                strncmp(word, MU_CGROUP_PREFIX, skip) == 0) {
                snprintf(run, MU_CENSUS_ID, "%.*s", (int)(len - skip), word + skip);
                found = true;
            }
            p = word + len;
        }
    }
    return found;
}

bool mu_census_holder(const char *text, size_t n, char **dir, char run[MU_CENSUS_ID])
{
    const char *word[4] = {0};
    size_t words = 0;
    for (const char *p = text; p < text + n && words < MU_COUNT(word); p += strlen(p) + 1)
        word[words++] = p;
    if (words != 3 || strcmp(word[1], "hold") != 0 || word[2][0] != '/')
        return false;
    const char *id = strrchr(word[2], '/') + 1;
    static const char runs[] = "/runs/";
    size_t len = (size_t)(id - word[2]), tail = sizeof runs - 1;
    if (len <= tail || strncmp(id - tail, runs, tail) != 0 || !mu_id_valid(id))
        return false;
    *dir = mu_strndup(word[2], len - tail);
    snprintf(run, MU_CENSUS_ID, "%s", id);
    return true;
}

static void note(char to[MU_CENSUS_ID], const char *value)
{
    if (mu_id_valid(value))
        snprintf(to, MU_CENSUS_ID, "%s", value);
}

static void note_variable(struct mu_census_row *row, const char *name, size_t len,
                          const char *value)
{
    if (len == strlen(MU_HOLD_MARKER) && strncmp(name, MU_HOLD_MARKER, len) == 0)
        note(row->run, value);
    else if (len == strlen(MU_HOLD_SESSION) && strncmp(name, MU_HOLD_SESSION, len) == 0)
        note(row->session, value);
    else if (len == strlen(MU_HOLD_AGENT) && strncmp(name, MU_HOLD_AGENT, len) == 0)
        note(row->agent, value);
}

static void read_environ(struct mu_census_row *row)
{
    size_t n;
    char *text = read_of(row->pid, "environ", &n);
    for (const char *p = text; p < text + n; p += strlen(p) + 1) {
        size_t len = strcspn(p, "=");
        if (p[len])
            note_variable(row, p, len, p + len + 1);
    }
    free(text);
}

static void read_spec(struct candidate *c)
{
    struct mu_hold_spec_owned spec;
    size_t n;
    char *path = mu_asprintf("%s/runs/%s/spec.json", c->row.dir, c->row.run);
    char *text = mu_proc_read_file(path, &n);
    if (n && mu_hold_spec_get(text, n, &spec) == 0) {
        for (size_t i = 0; i < spec.spec.n_env; i++) {
            const struct mu_hold_env *e = &spec.spec.env[i];
            if (e->value && strcmp(e->name, MU_HOLD_MARKER) != 0)
                note_variable(&c->row, e->name, strlen(e->name), e->value);
        }
        mu_hold_spec_release(&spec);
    }
    free(text);
    free(path);
}

static void read_start(struct candidate *c)
{
    char *path = mu_asprintf("%s/runs/%s/spool", c->row.dir, c->row.run);
    char head[MU_SPOOL_HEAD];
    struct mu_spool_start start;
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    if (mu_spool_find_start(head, n, &start) == 0) {
        c->agent_pid = start.pid;
        c->agent_start = start.start_time;
    }
    free(path);
}

/* ---- a process ---- */

/* U+0080 to U+009F: a terminal may take them for the beginning of an escape sequence. */
static bool is_c1(const char *text, size_t size)
{
    return size == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;
}

/* One line: a word's end and every control character is a space. */
static char *show_command(pid_t pid, const char *words, size_t n)
{
    struct mu_buf raw = {0}, out = {0};
    size_t len = 0;
    if (n == 0) { /* none, or given up: its name, as the kernel has it */
        char *name = read_of(pid, "comm", &len);
        mu_buf_printf(&raw, "[%.*s]", (int)strcspn(name, "\n"), name);
        free(name);
    } else {
        mu_buf_add(&raw, words, n < MU_CENSUS_COMMAND_MAX ? n : MU_CENSUS_COMMAND_MAX);
    }
    for (size_t i = 0; i < raw.len; i++)
        if ((unsigned char)raw.data[i] < 0x20 || raw.data[i] == 0x7f)
            raw.data[i] = ' ';
    while (raw.len && raw.data[raw.len - 1] == ' ')
        raw.len--;
    for (size_t i = 0; i < raw.len;) {
        size_t size = 1;
        while (size < 4 && i + size < raw.len && !mu_utf8_valid(raw.data + i, size))
            size++;
        bool valid = mu_utf8_valid(raw.data + i, size);
        if (valid && is_c1(raw.data + i, size))
            mu_buf_char(&out, ' ');
        else
            mu_buf_add(&out, valid ? raw.data + i : "?", valid ? size : 1);
        i += valid ? size : 1;
    }
    mu_buf_release(&raw);
    return mu_buf_take(&out);
}

static bool is_of_this_user(pid_t pid)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%ld", (long)pid);
    return stat(path, &st) == 0 && st.st_uid == geteuid();
}

static void read_process(struct candidate *c, const struct mu_proc_stat *st)
{
    struct timespec up;
    size_t n;
    long hz = sysconf(_SC_CLK_TCK);
    struct mu_census_row *row = &c->row;
    clock_gettime(CLOCK_BOOTTIME, &up);
    row->kind = MU_CENSUS_TOOL;
    row->parent = st->parent;
    row->age_ms = (int64_t)up.tv_sec * 1000 + up.tv_nsec / 1000000 - st->start * 1000 / hz;
    row->cpu_ms = st->cpu * 1000 / hz;
    row->rss = st->rss_pages * sysconf(_SC_PAGESIZE);
    c->start = st->start;
    char *words = read_of(row->pid, "cmdline", &n);
    row->command = show_command(row->pid, words, n);
    if (!is_of_this_user(row->pid)) {
        free(words);
        return;
    }
    if (mu_census_holder(words, n, &row->dir, row->run)) {
        row->kind = MU_CENSUS_HOLDER;
        read_spec(c);
        read_start(c);
    } else {
        read_environ(row);
        char *cgroup = row->run[0] ? NULL : read_of(row->pid, "cgroup", &n);
        if (cgroup)
            mu_census_cgroup_run(cgroup, row->run);
        free(cgroup);
    }
    c->counted = row->run[0] != '\0';
    free(words);
}

static int read_all(struct scan *s)
{
    size_t cap = 0;
    DIR *dir = opendir("/proc");
    if (!dir)
        return -errno;
    for (struct dirent *e; (e = readdir(dir));) {
        struct mu_proc_stat st;
        pid_t pid = isdigit((unsigned char)e->d_name[0]) ? (pid_t)strtol(e->d_name, NULL, 10) : 0;
        if (pid <= 1 || pid == getpid() || !mu_proc_read(pid, &st) || st.dead)
            continue;
        if (s->n == cap) {
            cap = cap ? cap * 2 : 256;
            s->all = mu_realloc(s->all, cap * sizeof *s->all);
        }
        s->all[s->n] = (struct candidate){.row.pid = pid};
        read_process(&s->all[s->n++], &st);
    }
    closedir(dir);
    return 0;
}

/* ---- who belongs to whom ---- */

static void inherit(struct candidate *c, const struct candidate *from)
{
    memcpy(c->row.run, from->row.run, sizeof c->row.run);
    memcpy(c->row.session, from->row.session, sizeof c->row.session);
    memcpy(c->row.agent, from->row.agent, sizeof c->row.agent);
    c->counted = true;
}

static void take_descendants(struct scan *s)
{
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < s->n; i++) {
            struct candidate *c = &s->all[i];
            for (size_t k = 0; !c->counted && k < s->n; k++) {
                if (s->all[k].counted && s->all[k].row.pid == c->row.parent) {
                    inherit(c, &s->all[k]);
                    grown = true;
                }
            }
        }
    }
}

/* Whom the spool names; the holder's child where the spool cannot be read. */
static bool is_agent_of(const struct candidate *c, const struct candidate *holder)
{
    if (holder->agent_pid)
        return holder->agent_pid == c->row.pid && holder->agent_start == c->start;
    return holder->row.pid == c->row.parent;
}

/* What one process of a run says of it goes for all; the holder's word first. */
static void complete(struct scan *s, struct candidate *c)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct candidate *other = &s->all[i];
        bool holder = other->row.kind == MU_CENSUS_HOLDER;
        if (!other->counted || strcmp(other->row.run, c->row.run) != 0)
            continue;
        if (other->row.session[0] && (holder || !c->row.session[0]))
            memcpy(c->row.session, other->row.session, sizeof c->row.session);
        if (other->row.agent[0] && (holder || !c->row.agent[0]))
            memcpy(c->row.agent, other->row.agent, sizeof c->row.agent);
        if (!c->row.dir && other->row.dir)
            c->row.dir = mu_strdup(other->row.dir);
        if (holder && c->row.kind == MU_CENSUS_TOOL && is_agent_of(c, other))
            c->row.kind = MU_CENSUS_AGENT;
    }
}

static int by_run(const void *a, const void *b)
{
    const struct mu_census_row *x = a, *y = b;
    int order = strcmp(x->session, y->session);
    if (!order)
        order = strcmp(x->run, y->run);
    if (!order)
        order = (x->kind > y->kind) - (x->kind < y->kind);
    if (!order)
        order = (x->age_ms < y->age_ms) - (x->age_ms > y->age_ms);
    return order ? order : (x->pid > y->pid) - (x->pid < y->pid);
}

static void release_row(struct mu_census_row *row)
{
    free(row->dir);
    free(row->command);
}

int mu_census_take(struct mu_census *out)
{
    struct scan s = {0};
    *out = (struct mu_census){0};
    int rc = read_all(&s);
    take_descendants(&s);
    for (size_t i = 0; i < s.n; i++)
        if (s.all[i].counted)
            complete(&s, &s.all[i]);
    out->rows = mu_alloc((s.n + 1) * sizeof *out->rows);
    for (size_t i = 0; i < s.n; i++) {
        if (s.all[i].counted)
            out->rows[out->n++] = s.all[i].row;
        else
            release_row(&s.all[i].row);
    }
    free(s.all);
    qsort(out->rows, out->n, sizeof *out->rows, by_run);
    return rc;
}

void mu_census_release(struct mu_census *c)
{
    for (size_t i = 0; i < c->n; i++)
        release_row(&c->rows[i]);
    free(c->rows);
    *c = (struct mu_census){0};
}
