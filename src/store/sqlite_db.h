/*
 * Inside the store: the database handle, its statements, and the one transaction.
 *
 * Layer: store, private to this folder's .c files and their tests. Loop thread only.
 *
 * A statement's use, `struct mu_sq`, is a value on the stack: begin it with mu_sq_read or
 * mu_sq_write, bind parameters in their order, then mu_sq_next until false, then mu_sq_end; or
 * mu_sq_run for what gives no rows. An error anywhere is kept and comes out at the end, so the
 * calls between need no checks. A statement that is in use already (a callback that reads the same
 * kind of rows) is prepared a second time.
 *
 * Writing. The first write begins the transaction. A write that fails dooms it: it is rolled back
 * at once, so that what is read from then on is the committed state, and `doom` keeps the error for
 * every further write and for mu_store_commit, which clears it.
 */
#ifndef MU_STORE_SQLITE_DB_H
#define MU_STORE_SQLITE_DB_H

#include "base/embedded.h"
#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

#define STATEMENT(name, sql) MU_SQ_##name,
enum mu_sq_id {
#include "store/statements.def"
    MU_SQ_COUNT
};

struct mu_store {
    struct sqlite3 *db;
    struct sqlite3_stmt *statements[MU_SQ_COUNT];
    char epoch[MU_ID_SIZE];
    int64_t rev, committed_rev;
    int64_t oldest_since, committed_oldest;
    bool in_transaction;
    int doom; /* 0, or why the transaction cannot be committed any more */
    int wal_pages;
    int next_bound; /* pages at which to try again to empty the log that could not be emptied */
    int fail_in;    /* writes until the injected fault; 0: it has come */
    int fail_err;
};

struct mu_sq {
    struct mu_store *s;
    struct sqlite3_stmt *statement;
    int rc;    /* 0, or the first error */
    int bound; /* parameters so far */
    bool write, own;
};

struct mu_sq mu_sq_read(struct mu_store *s, enum mu_sq_id id);
struct mu_sq mu_sq_write(struct mu_store *s, enum mu_sq_id id);
/* Bind the next parameter; borrowed until the end. NULL text is SQL's NULL. */
void mu_sq_text(struct mu_sq *q, const char *text);
void mu_sq_text_n(struct mu_sq *q, const char *text, size_t n);
void mu_sq_blob(struct mu_sq *q, const void *data, size_t n);
void mu_sq_int(struct mu_sq *q, int64_t value);
/* True while there is a row. */
bool mu_sq_next(struct mu_sq *q);
/* Columns of the row, by number from 0; text is borrowed until the next mu_sq_next or end. */
const char *mu_sq_get_text(struct mu_sq *q, int column);
int64_t mu_sq_get_int(struct mu_sq *q, int column);
const void *mu_sq_get_blob(struct mu_sq *q, int column, size_t *n);
int mu_sq_end(struct mu_sq *q) MU_MUST_CHECK;
int mu_sq_run(struct mu_sq *q) MU_MUST_CHECK;          /* to the end; rows are dropped */
int64_t mu_sq_one(struct mu_sq *q, int64_t otherwise); /* the one number it gives */
int64_t mu_sq_changes(const struct mu_store *s);       /* rows that the last write changed */

/* Dooms the transaction with err and gives err. */
int mu_sq_doom(struct mu_store *s, int err);
/* The store's error for what SQLite said last on this connection; rc is its (extended) code. */
int mu_sq_error(struct sqlite3 *db, int rc);

/* mu_store_open with other migrations than the embedded ones: entry i brings the schema from i to
 * i + 1. For tests. */
int mu_sq_open_with(const char *dir, const struct mu_embedded *schema, size_t count,
                    struct mu_store **out, struct mu_store_why *why) MU_MUST_CHECK;

#endif
