/*
 * Includes: places in an input where its holder puts the base64 of a file.
 *
 * An image of 10 MB is neither on the server's loop nor in its database: the input names the file,
 * and the holder reads it when the input goes to the agent (MU_HOLD_INPUT_INCLUDES). A marker is
 * the byte MU_INCLUDE_MARK, the path, the byte again. That byte never stands in a line of JSON,
 * where it would be written as an escape; so only the server can make a marker, and whatever comes
 * from outside must be JSON-encoded before it stands beside one.
 *
 * A file that cannot be read, is larger than MU_LIMIT_IMAGE_BYTES, or is one more than
 * MU_LIMIT_IMAGES_PER_PROMPT leaves nothing in its place: the agent then says that the image is
 * empty.
 *
 * Layer: hold. Thread rules: pure functions, but that expand reads files and so may wait for a
 * disk: for the holder only.
 */
#ifndef MU_HOLD_INCLUDE_H
#define MU_HOLD_INCLUDE_H

#include "base/buf.h"

enum { MU_INCLUDE_MARK = 0x01 };

/* Appends "here the base64 of that file". path: absolute, without the byte MU_INCLUDE_MARK. */
void mu_include_put(struct mu_buf *out, const char *path);

/* Appends data[0..n) with its markers replaced. 0; or the first error, after all of it was
 * appended: a negative errno or MU_E*, and why (NULL allowed) has a sentence for each file that is
 * missing. MU_EPROTO: a marker without its end, left out. */
int mu_include_expand(const char *data, size_t n, struct mu_buf *out,
                      struct mu_buf *why) MU_MUST_CHECK;

#endif
