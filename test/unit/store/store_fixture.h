/* What the store's tests share: a directory of their own, rows to write, dumps to compare. */
#ifndef MU_TEST_STORE_FIXTURE_H
#define MU_TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tree.h"
#include "store/sqlite_db.h"

#define SHARED static __attribute__((unused))

struct fixture {
    char dir[64];
    struct mu_store *s;
};

SHARED int make_dir(void **state)
{
    struct fixture *f = mu_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/muster-store-XXXXXX");
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

SHARED void open_store(struct fixture *f)
{
    struct mu_store_why why;
    int rc = mu_store_open(f->dir, &f->s, &why);
    if (rc)
        fail_msg("open: %d %s", rc, why.text);
    if (!f->s)
        abort();
}

SHARED void close_store(struct fixture *f)
{
    mu_store_close(f->s);
    f->s = NULL;
}

SHARED void reopen_store(struct fixture *f)
{
    close_store(f);
    open_store(f);
}

SHARED int setup(void **state)
{
    int rc = make_dir(state);
    if (!rc)
        open_store(*state);
    return rc;
}

SHARED int teardown(void **state)
{
    struct fixture *f = *state;
    mu_store_close(f->s);
    chmod(f->dir, 0700);
    remove_tree(f->dir);
    free(f);
    return 0;
}

/* Text that stays valid for the 8 next calls. */
SHARED const char *text(const char *fmt, ...) MU_PRINTF(1, 2);
SHARED const char *text(const char *fmt, ...)
{
    static char ring[8][PATH_MAX];
    static unsigned next;
    char *slot = ring[next++ % 8];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(slot, PATH_MAX, fmt, ap);
    va_end(ap);
    return slot;
}

SHARED struct mu_rec_project project(struct mu_store *s, const char *id)
{
    return (struct mu_rec_project){.id = id,
                                   .name = "Größe 🚀",
                                   .path = text("/srv/%s", id),
                                   .created_at = 1000,
                                   .updated_at = 2000,
                                   .rev = mu_store_next_rev(s)};
}

SHARED struct mu_rec_session session(struct mu_store *s, const char *project_id, const char *id)
{
    return (struct mu_rec_session){.id = id,
                                   .project_id = project_id,
                                   .name = "a session",
                                   .agent = "shell",
                                   .state = MU_session_state_IDLE,
                                   .created_at = 1000,
                                   .updated_at = 2000,
                                   .rev = mu_store_next_rev(s)};
}

SHARED struct mu_rec_message message(struct mu_store *s, const char *session_id, const char *id,
                                     int64_t seq, const char *words)
{
    return (struct mu_rec_message){.id = id,
                                   .session_id = session_id,
                                   .seq = seq,
                                   .kind = MU_message_kind_TEXT,
                                   .text = words,
                                   .created_at = 3000,
                                   .rev = mu_store_next_rev(s)};
}

SHARED int put_project(struct mu_store *s, const char *id)
{
    struct mu_rec_project p = project(s, id);
    return mu_store_put_project(s, &p);
}

SHARED int put_session(struct mu_store *s, const char *project_id, const char *id)
{
    struct mu_rec_session r = session(s, project_id, id);
    struct mu_session_private priv = {0};
    return mu_store_put_session(s, &r, &priv);
}

SHARED int put_message(struct mu_store *s, const char *session_id, const char *id, int64_t seq,
                       const char *words)
{
    struct mu_rec_message m = message(s, session_id, id, seq, words);
    return mu_store_put_message(s, &m);
}

#define OK(call) assert_int_equal((call), 0)

SHARED void dump_rows(sqlite3 *db, const char *table, struct mu_buf *out)
{
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, text("SELECT * FROM \"%s\"", table), -1, &q, NULL),
                     SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW) {
        mu_buf_str(out, table);
        for (int c = 0; c < sqlite3_column_count(q); c++) {
            const unsigned char *value = sqlite3_column_text(q, c);
            if (strcmp(sqlite3_column_name(q, c), "seal") == 0) /* changes by opening */
                continue;
            mu_buf_printf(out, "|%s=%s", sqlite3_column_name(q, c),
                          value ? (const char *)value : "NULL");
        }
        mu_buf_char(out, '\n');
    }
    sqlite3_finalize(q);
}

/* Every row of every table. Owned. */
SHARED char *dump(sqlite3 *db)
{
    struct mu_buf out = {0};
    sqlite3_stmt *q = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
                           -1, &q, NULL),
        SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW)
        dump_rows(db, (const char *)sqlite3_column_text(q, 0), &out);
    sqlite3_finalize(q);
    return mu_buf_take(&out);
}

SHARED void count_message(void *ctx, const struct mu_rec_message *m)
{
    MU_UNUSED(m);
    ++*(int *)ctx;
}

SHARED void take_text(void *ctx, const struct mu_rec_message *m)
{
    mu_str_set(ctx, m->text);
}

SHARED void check_text(struct mu_store *s, const char *id, const char *expected)
{
    char *found = NULL;
    OK(mu_store_get_message(s, id, take_text, &found));
    assert_string_equal(found, expected);
    free(found);
}

SHARED void add_place(void *ctx, const char *id, int64_t position)
{
    mu_buf_printf(ctx, "%s=%lld ", id, (long long)position);
}

#endif
