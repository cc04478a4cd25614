/* What the tests of opening share: where the database is, SQL past the store, a store with rows. */
#ifndef MU_TEST_OPEN_FIXTURE_H
#define MU_TEST_OPEN_FIXTURE_H

#include "store_fixture.h"

SHARED const char *db_path(const struct fixture *f)
{
    return text("%s/muster.db", f->dir);
}

SHARED void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* A new store of 100 messages, committed and open. */
SHARED void fill(struct fixture *f)
{
    open_store(f);
    OK(put_project(f->s, "p1"));
    OK(put_session(f->s, "p1", "s1"));
    char words[3000];
    memset(words, 'x', sizeof words);
    words[sizeof words - 1] = 0;
    for (int i = 1; i <= 100; i++)
        OK(put_message(f->s, "s1", text("m%d", i), i, words));
    OK(mu_store_commit(f->s));
}

#endif
