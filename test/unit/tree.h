/* The directory of a test, and its end. */
#ifndef MU_TEST_TREE_H
#define MU_TEST_TREE_H

#include <ftw.h>
#include <stdio.h>

#include "base/base.h"

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    MU_UNUSED(st);
    MU_UNUSED(type);
    MU_UNUSED(ftw);
    return remove(path);
}

/* With all that is in it. */
static inline void remove_tree(const char *dir)
{
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
