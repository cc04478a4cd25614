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

#include "wire/records.h"

enum { HEX_SIZE = 65, SECRET_BYTES = 32, TOKEN_MAX = 256 };

struct mu_access {
    struct mu_store *store;
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

static bool is_owner(const struct mu_access *a, const char *token)
{
    size_t n = strlen(a->token);
    return strlen(token) == n && CRYPTO_memcmp(token, a->token, n) == 0;
}

bool mu_access_signed_in(struct mu_access *a, const struct mu_http_req *req, const char *subtoken)
{
    char cookie[HEX_SIZE];
    if (mu_http_cookie(req, a->cookie_name, cookie, sizeof cookie) == 0 &&
        has_secret(a, "login", cookie))
        return true;
    if (subtoken)
        return is_owner(a, subtoken);
    const char *header = mu_http_header(req, "authorization");
    return header && strncasecmp(header, "Bearer ", 7) == 0 && is_owner(a, header + 7);
}

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

int mu_access_login(struct mu_access *a, const char *code, char **cookie)
{
    int64_t now = mu_now_ms();
    if (!code_ok(a, code, now) || has_secret(a, "used_link", code))
        return -EACCES;
    char hex[HEX_SIZE], secret[HEX_SIZE];
    sha256_hex(code, hex);
    int rc = mu_store_put_secret(a->store, "used_link", hex, now,
                                 now + 2 * INT64_C(1000) * MU_LIMIT_LOGIN_LINK_SECONDS);
    random_hex(secret);
    sha256_hex(secret, hex);
    if (!rc)
        rc = mu_store_put_secret(a->store, "login", hex, now,
                                 now + INT64_C(1000) * MU_LIMIT_LOGIN_SECONDS);
    if (rc)
        return rc;
    *cookie = mu_asprintf("%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d", a->cookie_name,
                          secret, MU_LIMIT_LOGIN_SECONDS);
    return 0;
}
