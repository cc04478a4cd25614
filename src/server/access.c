#include "server/access.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "server/user_agent.h"

enum { HEX_SIZE = 65, SECRET_BYTES = 32, TOKEN_MAX = 256 };

/* When a sign-in or token was used last, and when that was last written. */
struct use {
    UT_hash_handle hh;
    char id[MU_ID_SIZE];
    int64_t at, written_at;
};

struct mu_access {
    struct mu_store *store;
    struct use *uses; /* by id: of those that were used since the start */
    char token[TOKEN_MAX];
    const char *listen_host;
    const char *const *hosts;
    size_t host_count;
    int port;
    char port_text[8];
    char cookie_name[32];
};

static void to_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = 0;
}

static void sha256_hex(const char *s, char out[HEX_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (!EVP_Digest(s, strlen(s), digest, &n, EVP_sha256(), NULL))
        abort();
    to_hex(digest, 32, out);
}

static void random_hex(char out[HEX_SIZE])
{
    unsigned char bytes[SECRET_BYTES];
    mu_random(bytes, sizeof bytes);
    to_hex(bytes, sizeof bytes, out);
}

/* The first line of DIR/token. 0, -ENOENT, -EINVAL (empty or far too long), or another errno. */
static int read_token(const char *dir, char out[TOKEN_MAX])
{
    char *path = mu_asprintf("%s/token", dir);
    FILE *f = fopen(path, "re");
    int rc = f ? 0 : -errno;
    if (f && !fgets(out, TOKEN_MAX, f))
        rc = -EINVAL;
    if (f)
        fclose(f);
    free(path);
    if (rc)
        return rc;
    out[strcspn(out, "\r\n")] = 0;
    return strlen(out) >= 32 ? 0 : -EINVAL;
}

static int write_token(const char *dir, const char *token)
{
    char *path = mu_asprintf("%s/token", dir), *tmp = mu_asprintf("%s/token.new", dir);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = fd < 0 ? -errno : 0;
    if (!rc && (dprintf(fd, "%s\n", token) < 0 || fsync(fd) < 0))
        rc = -errno;
    if (fd >= 0)
        close(fd);
    if (!rc && rename(tmp, path) < 0)
        rc = -errno;
    free(path);
    free(tmp);
    return rc;
}

static int load_token(struct mu_access *a, const char *dir, bool *first, struct mu_store_why *why)
{
    int rc = read_token(dir, a->token);
    *first = rc == -ENOENT;
    if (rc == -ENOENT) {
        random_hex(a->token);
        rc = write_token(dir, a->token);
    }
    if (rc)
        snprintf(why->text, sizeof why->text,
                 rc == -EINVAL ? "The owner token in %s/token is empty or too short (%s). Remove "
                                 "the file to have a new one made."
                               : "The owner token %s/token cannot be read or written: %s.",
                 dir, rc == -EINVAL ? "32 characters at least" : mu_strerror(rc));
    return rc;
}

int mu_access_new(const struct mu_access_opts *opts, struct mu_access **out, bool *first,
                  struct mu_store_why *why)
{
    struct mu_access *a = mu_alloc(sizeof *a);
    a->store = opts->store;
    a->listen_host = opts->listen_host;
    a->hosts = opts->hosts;
    a->host_count = opts->host_count;
    char hex[HEX_SIZE];
    int rc = load_token(a, opts->dir, first, why);
    if (rc)
        goto out;
    int64_t now = mu_now_ms();
    sha256_hex(a->token, hex);
    if (!mu_store_has_secret(a->store, "owner", hex, now)) {
        /* Another token: who signed in with the one before signs in again. */
        rc = mu_store_delete_secrets(a->store, "owner");
        if (!rc)
            rc = mu_store_delete_secrets(a->store, "login");
        if (!rc)
            rc = mu_store_delete_secrets(a->store, "token");
        if (!rc)
            rc = mu_store_put_secret(a->store, "owner", hex, now, 0);
    }
    if (!rc)
        rc = mu_store_prune_secrets(a->store, now);
    if (rc)
        snprintf(why->text, sizeof why->text, "The owner token could not be stored: %s.",
                 mu_strerror(rc));
out:
    if (rc) {
        mu_access_free(a);
        a = NULL;
    }
    *out = a;
    return rc;
}

void mu_access_free(struct mu_access *a)
{
    if (!a)
        return;
    struct use *u = a->uses;
    HASH_CLEAR(hh, a->uses); /* forgets them, and frees none */
    while (u) {
        struct use *next = u->hh.next;
        free(u);
        u = next;
    }
    OPENSSL_cleanse(a->token, sizeof a->token);
    free(a);
}

/* Cookies know no ports: the name keeps two servers of one machine apart. */
void mu_access_set_port(struct mu_access *a, int port)
{
    a->port = port;
    snprintf(a->port_text, sizeof a->port_text, "%d", port);
    snprintf(a->cookie_name, sizeof a->cookie_name, "muster_%d", port);
}

/* The authority is "name:port" with this server's port, or, where `bare` says so, "name". */
static bool is_name(const struct mu_access *a, const char *authority, const char *name, bool bare)
{
    size_t n = strlen(name);
    if (strncasecmp(authority, name, n) != 0)
        return false;
    return authority[n] == ':' ? strcmp(authority + n + 1, a->port_text) == 0
                               : bare && !authority[n];
}

/* name[:port] against what this server answers to. */
static bool authority_ok(const struct mu_access *a, const char *authority)
{
    const char *const own[] = {"127.0.0.1", "localhost", "[::1]", a->listen_host};
    for (size_t i = 0; i < MU_COUNT(own); i++)
        if (is_name(a, authority, own[i], a->port == 80))
            return true;
    for (size_t i = 0; i < a->host_count; i++)
        if (is_name(a, authority, a->hosts[i], true))
            return true;
    return false;
}

bool mu_access_host_ok(const struct mu_access *a, const struct mu_http_req *req)
{
    const char *host = mu_http_header(req, "host");
    return host && authority_ok(a, host);
}

bool mu_access_origin_ok(const struct mu_access *a, const struct mu_http_req *req)
{
    const char *origin = mu_http_header(req, "origin"), *host = mu_http_header(req, "host");
    if (!origin)
        return true;
    if (strncmp(origin, "http://", 7) == 0)
        origin += 7;
    else if (strncmp(origin, "https://", 8) == 0)
        origin += 8; /* behind a proxy that speaks TLS */
    else
        return false;
    return host && strcasecmp(origin, host) == 0 && authority_ok(a, origin);
}

static bool has_secret(struct mu_access *a, const char *kind, const char *secret)
{
    char hex[HEX_SIZE];
    sha256_hex(secret, hex);
    return mu_store_has_secret(a->store, kind, hex, mu_now_ms());
}

/* ---- who is let in ---- */

static bool is_owner(const struct mu_access *a, const char *token)
{
    size_t n = strlen(a->token);
    return strlen(token) == n && CRYPTO_memcmp(token, a->token, n) == 0;
}

static struct use *use_of(const struct mu_access *a, const char *id)
{
    struct use *u;
    HASH_FIND_STR(a->uses, id, u);
    return u;
}

static void note(struct mu_access *a, struct use *u)
{
    u->at = mu_now_ms();
    if (u->at - u->written_at < MU_LIMIT_LAST_USED_SECONDS * INT64_C(1000))
        return;
    u->written_at = u->at; /* also when it fails: it is not tried with every request */
    MU_UNUSED(mu_store_use_access(a->store, u->id, u->at) == 0);
}

void mu_access_note_use(struct mu_access *a, const char *id)
{
    struct use *u = use_of(a, id);
    if (u)
        note(a, u);
}

int64_t mu_access_last_use(const struct mu_access *a, const char *id)
{
    const struct use *u = use_of(a, id);
    return u ? u->at : 0;
}

static void forget_use(struct mu_access *a, const char *id)
{
    struct use *u = use_of(a, id);
    if (u)
        HASH_DEL(a->uses, u);
    free(u);
}

struct found {
    char id[MU_ID_SIZE];
    int64_t last_used_at;
};

static void on_found(void *ctx, const struct mu_store_access *row)
{
    struct found *f = ctx;
    snprintf(f->id, sizeof f->id, "%s", row->id);
    f->last_used_at = row->last_used_at;
}

static bool let_in(struct mu_access *a, enum mu_access_kind kind, const char *secret,
                   struct mu_who *who)
{
    char hex[HEX_SIZE];
    struct found f;
    sha256_hex(secret, hex);
    if (mu_store_find_access(a->store, kind, hex, mu_now_ms(), on_found, &f))
        return false;
    struct use *u = use_of(a, f.id);
    if (!u) {
        u = mu_alloc(sizeof *u);
        memcpy(u->id, f.id, sizeof f.id);
        u->written_at = f.last_used_at;
        HASH_ADD_STR(a->uses, id, u);
    }
    note(a, u);
    memcpy(who->id, f.id, sizeof f.id);
    who->cookie = kind == MU_access_kind_BROWSER;
    return true;
}

bool mu_access_signed_in(struct mu_access *a, const struct mu_http_req *req, const char *subtoken,
                         struct mu_who *who)
{
    char cookie[HEX_SIZE];
    struct mu_who nobody;
    if (!who)
        who = &nobody;
    *who = (struct mu_who){0};
    if (mu_http_cookie(req, a->cookie_name, cookie, sizeof cookie) == 0 &&
        let_in(a, MU_access_kind_BROWSER, cookie, who))
        return true;
    const char *header = subtoken ? NULL : mu_http_header(req, "authorization");
    if (header && strncasecmp(header, "Bearer ", 7) == 0)
        subtoken = header + 7;
    return subtoken && (is_owner(a, subtoken) || let_in(a, MU_access_kind_TOKEN, subtoken, who));
}

/* ---- tokens for programs ---- */

static void random_token(char out[MU_ACCESS_TOKEN_SIZE])
{
    unsigned char bytes[SECRET_BYTES], text[MU_ACCESS_TOKEN_SIZE + 4];
    mu_random(bytes, sizeof bytes);
    EVP_EncodeBlock(text, bytes, sizeof bytes); /* 43 characters and one of padding */
    for (size_t i = 0; i < MU_ACCESS_TOKEN_SIZE - 1; i++)
        out[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    out[MU_ACCESS_TOKEN_SIZE - 1] = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(text, sizeof text);
}

int mu_access_new_token(struct mu_access *a, const char *name, char token[MU_ACCESS_TOKEN_SIZE],
                        char id[MU_ID_SIZE], struct mu_rec_access *row)
{
    char hex[HEX_SIZE];
    random_token(token);
    sha256_hex(token, hex);
    mu_id_new(id);
    *row = (struct mu_rec_access){
        .id = id, .kind = MU_access_kind_TOKEN, .name = name, .created_at = mu_now_ms()};
    return mu_store_put_access(
        a->store,
        &(struct mu_store_access){
            .id = id, .kind = row->kind, .hash = hex, .name = name, .created_at = row->created_at});
}

int mu_access_remove(struct mu_access *a, const char *id)
{
    int rc = mu_store_delete_access(a->store, id);
    if (!rc)
        forget_use(a, id);
    return rc;
}

/* ---- sign-in links ---- */

static void link_mac(const char *token, const char *what, char out[HEX_SIZE])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char *text = mu_asprintf("muster sign-in link %s", what);
    if (!HMAC(EVP_sha256(), token, (int)strlen(token), (unsigned char *)text, strlen(text), mac,
              &n))
        abort();
    to_hex(mac, 32, out);
    free(text);
}

char *mu_access_login_code(const char *dir, struct mu_store_why *why)
{
    char token[TOKEN_MAX], nonce[HEX_SIZE], mac[HEX_SIZE];
    int rc = read_token(dir, token);
    if (rc) {
        snprintf(why->text, sizeof why->text,
                 "The owner token %s/token cannot be read: %s. Start `muster serve` with this "
                 "data directory first.",
                 dir, mu_strerror(rc));
        return NULL;
    }
    random_hex(nonce);
    nonce[32] = 0;
    char *what =
        mu_asprintf("%" PRId64 ".%s", mu_now_ms() / 1000 + MU_LIMIT_LOGIN_LINK_SECONDS, nonce);
    link_mac(token, what, mac);
    char *code = mu_asprintf("%s.%s", what, mac);
    free(what);
    OPENSSL_cleanse(token, sizeof token);
    return code;
}

/* The code's mac is right and its time not over. */
static bool code_ok(const struct mu_access *a, const char *code, int64_t now)
{
    const char *dot = strrchr(code, '.');
    if (!dot || strlen(dot + 1) != HEX_SIZE - 1 || strlen(code) > 200)
        return false;
    char *what = mu_strndup(code, (size_t)(dot - code));
    char mac[HEX_SIZE];
    link_mac(a->token, what, mac);
    bool ok =
        CRYPTO_memcmp(mac, dot + 1, HEX_SIZE - 1) == 0 && strtoll(what, NULL, 10) * 1000 > now;
    free(what);
    return ok;
}

/* Makes room for another sign-in. */
static int make_room(struct mu_access *a, int64_t now, char gone[MU_ID_SIZE])
{
    int rc = mu_store_prune_secrets(a->store, now);
    if (!rc)
        rc = mu_store_oldest_access(a->store, MU_access_kind_BROWSER, MU_LIMIT_SIGN_INS - 1, gone);
    if (!rc)
        return mu_access_remove(a, gone);
    gone[0] = '\0';
    return rc == -ENOENT ? 0 : rc;
}

static int put_login(struct mu_access *a, const char *secret, const char *user_agent, int64_t now)
{
    char hex[HEX_SIZE], id[MU_ID_SIZE], name[MU_USER_AGENT_SIZE];
    sha256_hex(secret, hex);
    mu_id_new(id);
    mu_user_agent_name(user_agent, name);
    struct mu_store_access row = {.id = id,
                                  .kind = MU_access_kind_BROWSER,
                                  .hash = hex,
                                  .name = name,
                                  .created_at = now,
                                  .last_used_at = now,
                                  .expires_at = now + INT64_C(1000) * MU_LIMIT_LOGIN_SECONDS};
    return mu_store_put_access(a->store, &row);
}

int mu_access_login(struct mu_access *a, const char *code, const char *user_agent, char **cookie,
                    char gone[MU_ID_SIZE])
{
    int64_t now = mu_now_ms();
    gone[0] = '\0';
    if (!code_ok(a, code, now) || has_secret(a, "used_link", code))
        return -EACCES;
    char hex[HEX_SIZE], secret[HEX_SIZE];
    sha256_hex(code, hex);
    int rc = mu_store_put_secret(a->store, "used_link", hex, now,
                                 now + 2 * INT64_C(1000) * MU_LIMIT_LOGIN_LINK_SECONDS);
    random_hex(secret);
    if (!rc)
        rc = make_room(a, now, gone);
    if (!rc)
        rc = put_login(a, secret, user_agent, now);
    if (rc)
        return rc;
    *cookie = mu_asprintf("%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d", a->cookie_name,
                          secret, MU_LIMIT_LOGIN_SECONDS);
    return 0;
}

char *mu_access_no_cookie(const struct mu_access *a)
{
    return mu_asprintf("%s=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", a->cookie_name);
}
