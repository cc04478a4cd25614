/*
 * The files of images: DIR/images/<id>, where id is the SHA-256 of the bytes in hexadecimal digits.
 * A file is whole or not there (written beside, synced, renamed), of mode 0600, and never changed.
 * Its row (store.h) is made after it, and goes before it.
 *
 * Layer: store. Any thread: these functions wait for the disk and are not for the loop's. The owner
 * sees to it that no two of them are at work on one directory at a time.
 */
#ifndef MU_STORE_IMAGES_H
#define MU_STORE_IMAGES_H

#include "base/buf.h"

enum { MU_IMAGE_ID_SIZE = 65, MU_IMAGE_TYPE_SIZE = 16 };

/* The type that the first bytes of an image say ("image/png", "image/jpeg", "image/webp",
 * "image/gif"), or NULL: none of those. Pure. */
const char *mu_image_sniff(const void *data, size_t n);
/* True for 64 lower-case hexadecimal digits. Pure. */
bool mu_image_id_valid(const char *id);
void mu_image_id(const void *data, size_t n, char out[MU_IMAGE_ID_SIZE]); /* pure */

/* Writes the file, and makes the directory; one that is there with that size is used again and its
 * time renewed. 0 or a negative errno. */
int mu_image_write(const char *dir, const char *id, const void *data, size_t n) MU_MUST_CHECK;
/* Appends the file, which must have that many bytes. 0, a negative errno, or MU_ECORRUPT. */
int mu_image_read(const char *dir, const char *id, size_t bytes, struct mu_buf *out) MU_MUST_CHECK;
/* Calls cb with each file's id that was last written (or uploaded again) before that time, in
 * milliseconds since 1970; what a crash left half-written is deleted. */
typedef void mu_image_cb(void *ctx, const char *id);
void mu_images_older(const char *dir, int64_t before_ms, mu_image_cb *cb, void *ctx);
void mu_image_delete(const char *dir, const char *id);

/* Decodes base64 (RFC 4648, section 4; with or without its padding). False: it is none. */
bool mu_base64_decode(const char *text, size_t n, struct mu_buf *out);

#endif
