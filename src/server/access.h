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
 * cookies. A sign-in link is `expiry.nonce.mac`, the mac made with the owner token: so `muster
 * login-url` needs no connection to the server; a link works once and for 10 minutes.
 */
#ifndef MU_SERVER_ACCESS_H
#define MU_SERVER_ACCESS_H

#include "base/base.h"
#include "store/store.h"
#include "wire/http1.h"

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

/* Signed in: by cookie, by the token of the WebSocket subprotocol (NULL: none), or by
 * Authorization: Bearer. */
bool mu_access_signed_in(struct mu_access *a, const struct mu_http_req *req, const char *subtoken);

/* Uses up a sign-in code: 0 and a Set-Cookie value (owned), or -EACCES. Writes to the store; the
 * caller commits before it answers. */
int mu_access_login(struct mu_access *a, const char *code, char **cookie) MU_MUST_CHECK;

/* A new sign-in code made from DIR/token. Returned owned; NULL with *why when there is no token. */
char *mu_access_login_code(const char *dir, struct mu_store_why *why);

#endif
