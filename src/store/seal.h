/*
 * The seal: a random word that stands in the database and in the file DIR/muster.seal beside it,
 * there with what tells the database's file from a copy: its inode, when it was made, and, for one
 * that was closed, when it was last touched. Each opening and each clean end takes a new word.
 * Where the two do not fit, the database is not the one that was left here, but a copy that was put
 * back: its history is another one than its clients know.
 *
 * Layer: store, private. Any thread. A seal that cannot be written is no error: it will not fit at
 * the next opening, and clients get a snapshot that they may not have needed.
 */
#ifndef MU_STORE_SEAL_H
#define MU_STORE_SEAL_H

#include "base/base.h"

/* db: the path of the database. word "": a database that has never been opened fits always. */
bool mu_seal_fits(const char *db, const char *word);
/* Durable when it returns. at_rest: the database is closed and is not written any more. */
void mu_seal_write(const char *db, const char *word, bool at_rest);

#endif
