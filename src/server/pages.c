/* What is neither API nor channel: signing in, metrics, the web app's files. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/embedded.h"
#include "server/internal.h"

/* ---- signing in ---- */

static void login_page(struct mu_client *c, enum mu_code code)
{
    struct mu_buf page = {0};
    mu_buf_printf(&page,
                  "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width\"><title>muster</title>"
                  "<body><h1>Not signed in</h1><p>%s</p></body></html>\n",
                  mu_code_text(code));
    static const struct mu_http_field fields[] = {{"Content-Type", "text/html; charset=utf-8"},
                                                  {"Cache-Control", "no-store"}};
    mu_answer(c, mu_code_status(code), fields, MU_COUNT(fields), page.data, page.len);
    mu_buf_release(&page);
}

void mu_login_handle(struct mu_client *c, const struct mu_http_req *req)
{
    struct mu_store *store = c->srv->opts.store;
    if (c->head) { /* only looks: the link stays good */
        mu_answer(c, 204, NULL, 0, NULL, 0);
        return;
    }
    char code[256], gone[MU_ID_SIZE] = "", *cookie = NULL;
    int rc = mu_http_query(req, "code", code, sizeof code)
                 ? -EACCES
                 : mu_access_login(c->srv->opts.access, code, mu_http_header(req, "user-agent"),
                                   &cookie, gone);
    if (rc == -EACCES) {
        login_page(c, MU_CODE_LOGIN_EXPIRED);
        return;
    }
    if (rc)
        mu_store_rollback(store);
    else
        rc = mu_store_commit(store);
    if (rc) {
        login_page(c, mu_sync_code(rc));
    } else {
        if (*gone)
            mu_socket_close_access(c->srv, gone);
        struct mu_http_field fields[] = {{"Location", "/"},
                                         {"Set-Cookie", cookie},
                                         {"Cache-Control", "no-store"},
                                         {"Referrer-Policy", "no-referrer"}};
        mu_answer(c, 303, fields, MU_COUNT(fields), NULL, 0);
    }
    free(cookie);
}

/* ---- metrics: Prometheus text exposition format 0.0.4 ---- */

static void metric(struct mu_buf *out, const char *name, const char *type, const char *help,
                   int64_t value)
{
    mu_buf_printf(out, "# HELP muster_%s %s\n# TYPE muster_%s %s\nmuster_%s %" PRId64 "\n", name,
                  help, name, type, name, value);
}

static void process_metrics(struct mu_buf *out)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%ld %ld", &pages, &resident) == 2)
        metric(out, "resident_bytes", "gauge", "Resident memory.",
               (int64_t)resident * sysconf(_SC_PAGESIZE));
    if (f)
        fclose(f);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    metric(out, "cpu_milliseconds_total", "counter", "CPU time used, user and system.",
           (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000) +
               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
}

void mu_metrics_handle(struct mu_client *c)
{
    const struct mu_server *s = c->srv;
    struct mu_buf out = {0};
    struct mu_hub_stats hub;
    struct mu_net_stats net;
    struct mu_runner_stats run;
    mu_hub_stats(s->opts.hub, &hub);
    mu_net_stats(s->net, &net);
    mu_runner_stats(s->opts.runner, &run);
    metric(&out, "connections", "gauge", "Open connections.", net.open);
    metric(&out, "connections_total", "counter", "Connections accepted.", net.accepted);
    metric(&out, "connections_refused_total", "counter", "Connections over the limit.",
           net.refused);
    metric(&out, "connections_cut_total", "counter", "Connections cut: they did not read.",
           net.slow_cut);
    metric(&out, "received_bytes_total", "counter", "Bytes read.", net.bytes_in);
    metric(&out, "sent_bytes_total", "counter", "Bytes written.", net.bytes_out);
    metric(&out, "writes_total", "counter", "Gathered writes.", net.writes);
    metric(&out, "http_requests_total", "counter", "HTTP requests.", s->requests);
    metric(&out, "http_refused_total", "counter", "Requests refused for Host or Origin.",
           s->refused);
    metric(&out, "websockets_total", "counter", "WebSockets opened.", s->upgrades);
    metric(&out, "topics", "gauge", "Topics that somebody listens to.", hub.topics);
    metric(&out, "subscriptions", "gauge", "Subscriptions.", hub.subscriptions);
    metric(&out, "pushes_total", "counter", "Events published.", hub.published);
    metric(&out, "deliveries_total", "counter", "Events queued for a subscriber.", hub.delivered);
    metric(&out, "deliveries_dropped_total", "counter", "Events left out for a slow subscriber.",
           hub.dropped);
    metric(&out, "syncs_total", "counter", "Slow subscribers healed by a sync.", hub.healed);
    metric(&out, "runs", "gauge", "Agent processes attached.", run.runs);
    metric(&out, "sessions_working", "gauge", "Sessions at work.", run.working);
    metric(&out, "sessions_waiting", "gauge", "Sessions that wait for a person.", run.waiting);
    metric(&out, "commits_total", "counter", "Transactions committed.", run.commits);
    metric(&out, "commit_failures_total", "counter", "Transactions that failed.",
           run.commit_failures);
    metric(&out, "commit_max_microseconds", "gauge", "Longest commit.", run.commit_us_max);
    metric(&out, "agent_lines_total", "counter", "Lines of agents read.", run.lines);
    metric(&out, "agent_bytes_total", "counter", "Bytes of agents' output read.", run.output_bytes);
    metric(&out, "store_rev", "gauge", "Revision of the newest change.",
           mu_store_rev(s->opts.store));
    process_metrics(&out);
    static const struct mu_http_field fields[] = {
        {"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
    mu_answer(c, 200, fields, 1, out.data, out.len);
    mu_buf_release(&out);
}

/* ---- the web app's files, embedded ---- */

MU_EMBEDDED_DECLARE(mu_web_files);

static const char *content_type(const char *name)
{
    static const struct {
        const char *suffix, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
        {".map", "application/json"},
    };
    size_t n = strlen(name);
    for (size_t i = 0; i < MU_COUNT(types); i++) {
        size_t m = strlen(types[i].suffix);
        if (n >= m && strcmp(name + n - m, types[i].suffix) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

static const struct mu_embedded *find_file(const char *name)
{
    for (size_t i = 0; i < mu_web_files_count; i++)
        if (strcmp(mu_web_files[i].name, name) == 0)
            return &mu_web_files[i];
    return NULL;
}

/* Accept-Encoding (NULL allowed) has gzip, and not with a weight of 0. */
static bool takes_gzip(const char *accept)
{
    for (const char *s = accept; s && *s; s += strcspn(s, ",")) {
        s += strspn(s, ", \t");
        size_t n = strcspn(s, ",; \t");
        if (n != 4 || strncasecmp(s, "gzip", 4) != 0)
            continue;
        const char *weight = s + n + strspn(s + n, "; \t");
        return strncasecmp(weight, "q=0", 3) != 0 ||
               strspn(weight + 2, ".0") < strcspn(weight + 2, ", \t");
    }
    return false;
}

/* Files with a hash in their name never change; pages are asked for again each time. */
static void answer_file(struct mu_client *c, const struct mu_http_req *req,
                        const struct mu_embedded *file)
{
    bool forever = strncmp(file->name, "assets/", 7) == 0;
    bool gzip = file->gzip && takes_gzip(mu_http_header(req, "accept-encoding"));
    const char *etag = gzip ? file->gzip_etag : file->etag;
    struct mu_http_field fields[] = {
        {"Content-Type", content_type(file->name)},
        {"ETag", etag},
        {"Cache-Control", forever ? "public, max-age=31536000, immutable" : "no-cache"},
        {"Vary", "Accept-Encoding"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Frame-Options", "DENY"},
        {"Content-Security-Policy",
         "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
         "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
         "form-action 'self'"},
        {"Content-Encoding", "gzip"},
    };
    size_t n = MU_COUNT(fields) - !gzip;
    const char *match = mu_http_header(req, "if-none-match");
    if (match && strstr(match, etag))
        mu_answer(c, 304, fields, n, NULL, 0);
    else if (gzip)
        mu_answer(c, 200, fields, n, file->gzip, file->gzip_len);
    else
        mu_answer(c, 200, fields, n, file->data, file->len);
}

void mu_static_handle(struct mu_client *c, const struct mu_http_req *req)
{
    char path[512];
    if (req->method != MU_HTTP_GET && req->method != MU_HTTP_HEAD) {
        static const struct mu_http_field allow[] = {{"Allow", "GET, HEAD"}};
        mu_answer(c, 405, allow, 1, NULL, 0);
        return;
    }
    const struct mu_embedded *file = NULL;
    if (mu_http_unescape(req->path, strlen(req->path), false, path, sizeof path) == 0)
        file = find_file(path + 1);
    bool page = !strchr(strrchr(req->path, '/') ? strrchr(req->path, '/') : req->path, '.');
    if (!file && page)
        file = find_file("index.html"); /* the web app's own addresses */
    if (file)
        answer_file(c, req, file);
    else
        mu_answer_error(c, MU_CODE_NOT_FOUND, NULL);
}
