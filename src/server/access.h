/*
 * Who may ask: the Host and Origin of every request, the owner token, sign-in links and cookies.
 *
 * Layer: server. Loop thread only, but mu_access_login_code.
 *
 * Host and Origin are checked before anything else, on loopback too: a web page that a developer
 * visits can reach loopback (DNS rebinding, cross-site WebSocket), and whoever reaches this server
 * runs commands in the developer's name.
 *
 * Secrets: DIR/token (0600) is the owner token; the database holds its SHA-256 only, and those of
 * cookies and of tokens for programs. A secret is looked up by its hash, so that the time which
 * that takes tells nothing of it. Cookies and tokens for programs can be taken away one by one; all
 * go when the owner token is another one. When they were used last is kept in memory and written at
 * most once in MU_LIMIT_LAST_USED_SECONDS. A sign-in link is `expiry.nonce.mac`, the mac made with
 * the owner token: so `muster login-url` needs no connection to the server; a link works once and
 * for 10 minutes.
 */
#ifndef MU_SERVER_ACCESS_H
#define MU_SERVER_ACCESS_H

#include "base/base.h"
#include "store/store.h"
#include "wire/http1.h"
#include "wire/records.h"

struct mu_access;

struct mu_access_opts {
    struct mu_store *store;
    const char *dir;
    const char *listen_host;  /* "127.0.0.1"; answered to with the port alone */
    const char *const *hosts; /* names that --allow-host gave, with or without a port */
    size_t host_count;
};

/* Reads DIR/token, or makes it at the first start (*first). The caller commits the store. On
 * failure *why says what to do. */
int mu_access_new(const struct mu_access_opts *opts, struct mu_access **out, bool *first,
                  struct mu_store_why *why) MU_MUST_CHECK;
void mu_access_free(struct mu_access *a);
/* The port that was bound: Host and Origin must name it. */
void mu_access_set_port(struct mu_access *a, int port);

/* Host names this server, and Origin, when there is one, is this server's own. */
bool mu_access_host_ok(const struct mu_access *a, const struct mu_http_req *req);
bool mu_access_origin_ok(const struct mu_access *a, const struct mu_http_req *req);

/* Who a request comes from. */
struct mu_who {
    char id[MU_ID_SIZE]; /* of the sign-in or token; empty: the owner token */
    bool cookie;         /* it is a browser's sign-in */
};

/* Signed in: by cookie, by the token of the WebSocket subprotocol (NULL: none), or by
 * Authorization: Bearer. who may be NULL. Notes the use, which may write to the store. */
bool mu_access_signed_in(struct mu_access *a, const struct mu_http_req *req, const char *subtoken,
                         struct mu_who *who);
/* The sign-in or token was in use until now; one that was taken away is not. */
void mu_access_note_use(struct mu_access *a, const char *id);
/* When it was used last, as far as that is not written yet; 0: not known. */
int64_t mu_access_last_use(const struct mu_access *a, const char *id);

/* Uses up a sign-in code: 0 and a Set-Cookie value (owned), or -EACCES. gone: the sign-in that had
 * to go for it (MU_LIMIT_SIGN_INS), or "". Writes to the store; the caller commits before it
 * answers. */
int mu_access_login(struct mu_access *a, const char *code, const char *user_agent, char **cookie,
                    char gone[MU_ID_SIZE]) MU_MUST_CHECK;
/* A Set-Cookie value (owned) that makes a browser forget its sign-in. */
char *mu_access_no_cookie(const struct mu_access *a);

/* A new token for a program, of 256 random bits in base64url. *row says what was stored; its id and
 * name are id and the caller's. The caller commits. */
enum { MU_ACCESS_TOKEN_SIZE = 44 };
int mu_access_new_token(struct mu_access *a, const char *name, char token[MU_ACCESS_TOKEN_SIZE],
                        char id[MU_ID_SIZE], struct mu_rec_access *row) MU_MUST_CHECK;
/* Takes a sign-in or a token away; -ENOENT. The caller commits, and closes what is open with it. */
int mu_access_remove(struct mu_access *a, const char *id) MU_MUST_CHECK;

/* A new sign-in code made from DIR/token. Returned owned; NULL with *why when there is no token. */
char *mu_access_login_code(const char *dir, struct mu_store_why *why);

#endif
