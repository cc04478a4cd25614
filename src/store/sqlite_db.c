#include "store/sqlite_db.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>

static bool is_full(int system_errno)
{
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

/* SQLite says "full" for ENOSPC alone; a quota or a limit of the file's size it calls an I/O error,
 * and at a COMMIT only the file itself (the database's or the log's) still knows the errno. */
static int file_errno(sqlite3 *db, int which)
{
    sqlite3_file *file = NULL;
    int last = 0;
    if (sqlite3_file_control(db, "main", which, &file) == SQLITE_OK && file && file->pMethods)
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &last);
    return last;
}

static int io_error(sqlite3 *db)
{
    int err = sqlite3_system_errno(db);
    if (is_full(err) || is_full(file_errno(db, SQLITE_FCNTL_JOURNAL_POINTER)) ||
        is_full(file_errno(db, SQLITE_FCNTL_FILE_POINTER)))
        return -ENOSPC;
    return err == EACCES || err == EPERM || err == EROFS ? -err : -EIO;
}

int mu_sq_error(struct sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return io_error(db);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return MU_ECORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_TOOBIG:
        return MU_ETOOBIG;
    case SQLITE_CONSTRAINT:
        if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
            return -ENOENT;
        if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
            return -EEXIST;
        return -EINVAL;
    default:
        return -EIO;
    }
}

static void end_transaction(struct mu_store *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->in_transaction = false;
}

static void roll_back(struct mu_store *s)
{
    end_transaction(s);
    s->rev = s->committed_rev;
    s->oldest_since = s->committed_oldest;
}

int mu_sq_doom(struct mu_store *s, int err)
{
    if (!s->doom)
        s->doom = err;
    roll_back(s);
    return s->doom;
}

/* Counts a write towards the injected fault. */
static int injected(struct mu_store *s)
{
    if (!s->fail_err)
        return 0;
    if (s->fail_in > 1) {
        s->fail_in--;
        return 0;
    }
    s->fail_in = 0;
    return s->fail_err;
}

static struct mu_sq start(struct mu_store *s, enum mu_sq_id id)
{
    struct mu_sq q = {.s = s, .statement = s->statements[id]};
    if (!sqlite3_stmt_busy(q.statement))
        return q;
    q.own = true;
    int rc = sqlite3_prepare_v2(s->db, sqlite3_sql(q.statement), -1, &q.statement, NULL);
    q.rc = mu_sq_error(s->db, rc);
    return q;
}

struct mu_sq mu_sq_read(struct mu_store *s, enum mu_sq_id id)
{
    return start(s, id);
}

static int begin(struct mu_store *s)
{
    if (s->in_transaction)
        return 0;
    end_transaction(s); /* nothing, unless an earlier rollback failed */
    struct mu_sq q = start(s, MU_SQ_begin);
    int rc = mu_sq_run(&q);
    s->in_transaction = !rc;
    return rc;
}

struct mu_sq mu_sq_write(struct mu_store *s, enum mu_sq_id id)
{
    struct mu_sq q = {.s = s, .rc = s->doom, .write = true};
    if (!q.rc)
        q.rc = injected(s);
    if (!q.rc)
        q.rc = begin(s);
    if (q.rc)
        return q;
    q = start(s, id);
    q.write = true;
    return q;
}

static void bound(struct mu_sq *q, int rc)
{
    if (rc != SQLITE_OK && !q->rc)
        q->rc = mu_sq_error(q->s->db, rc);
}

void mu_sq_text(struct mu_sq *q, const char *text)
{
    if (!q->rc)
        bound(q, sqlite3_bind_text(q->statement, ++q->bound, text, -1, SQLITE_STATIC));
}

void mu_sq_text_n(struct mu_sq *q, const char *text, size_t n)
{
    if (!q->rc)
        bound(q,
              sqlite3_bind_text64(q->statement, ++q->bound, text, n, SQLITE_STATIC, SQLITE_UTF8));
}

void mu_sq_blob(struct mu_sq *q, const void *data, size_t n)
{
    if (!q->rc)
        bound(q, sqlite3_bind_blob64(q->statement, ++q->bound, data ? data : "", n, SQLITE_STATIC));
}

void mu_sq_int(struct mu_sq *q, int64_t value)
{
    if (!q->rc)
        bound(q, sqlite3_bind_int64(q->statement, ++q->bound, value));
}

bool mu_sq_next(struct mu_sq *q)
{
    if (q->rc)
        return false;
    int rc = sqlite3_step(q->statement);
    if (rc == SQLITE_ROW)
        return true;
    q->rc = mu_sq_error(q->s->db, rc);
    return false;
}

const char *mu_sq_get_text(struct mu_sq *q, int column)
{
    return (const char *)sqlite3_column_text(q->statement, column);
}

int64_t mu_sq_get_int(struct mu_sq *q, int column)
{
    return sqlite3_column_int64(q->statement, column);
}

const void *mu_sq_get_blob(struct mu_sq *q, int column, size_t *n)
{
    const void *data = sqlite3_column_blob(q->statement, column);
    *n = (size_t)sqlite3_column_bytes(q->statement, column);
    return data ? data : "";
}

int mu_sq_end(struct mu_sq *q)
{
    struct mu_store *s = q->s;
    if (q->own) {
        sqlite3_finalize(q->statement);
    } else if (q->statement) {
        sqlite3_reset(q->statement);
        sqlite3_clear_bindings(q->statement);
    }
    q->statement = NULL;
    if (q->rc && q->write)
        return mu_sq_doom(s, q->rc);
    if (q->rc && s->in_transaction && sqlite3_get_autocommit(s->db))
        return mu_sq_doom(s, q->rc); /* the error of a read took the transaction with it */
    return q->rc;
}

int mu_sq_run(struct mu_sq *q)
{
    while (mu_sq_next(q))
        continue;
    return mu_sq_end(q);
}

int64_t mu_sq_one(struct mu_sq *q, int64_t otherwise)
{
    int64_t value = mu_sq_next(q) ? mu_sq_get_int(q, 0) : otherwise;
    return mu_sq_end(q) ? otherwise : value;
}

int64_t mu_sq_changes(const struct mu_store *s)
{
    return sqlite3_changes64(s->db);
}

int64_t mu_store_rev(const struct mu_store *s)
{
    return s->rev;
}

int64_t mu_store_next_rev(struct mu_store *s)
{
    return s->doom ? s->rev + 1 : ++s->rev;
}

bool mu_store_dirty(const struct mu_store *s)
{
    return s->in_transaction || s->doom || s->rev != s->committed_rev;
}

static int write_rev(struct mu_store *s)
{
    if (s->doom)
        return s->doom;
    if (s->rev == s->committed_rev)
        return 0;
    struct mu_sq q = mu_sq_write(s, MU_SQ_set_rev);
    mu_sq_int(&q, s->rev);
    return mu_sq_run(&q);
}

/* The last resort when no checkpoint beside the writer can keep up with it: the writer waits. */
static void bound_log(struct mu_store *s)
{
    if (s->wal_pages <= MU_STORE_LOG_PAGES_MAX || s->wal_pages < s->next_bound)
        return;
    int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    s->next_bound = rc == SQLITE_OK ? 0 : s->wal_pages + MU_STORE_CHECKPOINT_PAGES;
    if (rc == SQLITE_OK)
        s->wal_pages = 0;
}

int mu_store_commit(struct mu_store *s)
{
    if (!mu_store_dirty(s))
        return 0;
    int rc = write_rev(s);
    if (!rc) {
        struct mu_sq q = mu_sq_write(s, MU_SQ_commit);
        rc = mu_sq_run(&q);
    }
    if (rc) {
        mu_store_rollback(s);
        return rc;
    }
    s->in_transaction = false;
    s->committed_rev = s->rev;
    s->committed_oldest = s->oldest_since;
    bound_log(s);
    return 0;
}

void mu_store_rollback(struct mu_store *s)
{
    roll_back(s);
    s->doom = 0;
}

int mu_store_wal_pages(const struct mu_store *s)
{
    return s->wal_pages;
}

void mu_store_fail_after(struct mu_store *s, int writes, int err)
{
    s->fail_in = writes;
    s->fail_err = writes > 0 ? err : 0;
}
