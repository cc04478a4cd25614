/* /api/usage: what turns used, of all, of a project or of a session. */
#include <errno.h>
#include <string.h>

#include "server/internal.h"
#include "store/store.h"

enum { ID_CAP = 80 };

/* A parameter that may be missing: out stays empty then. */
static bool query_id(const struct mu_http_req *req, const char *name, char out[ID_CAP])
{
    int rc = mu_http_query(req, name, out, ID_CAP);
    if (rc == -ENOENT)
        out[0] = '\0';
    return rc == -ENOENT || (!rc && mu_id_valid(out));
}

static bool query_time(const struct mu_http_req *req, const char *name, int64_t *out)
{
    char text[MU_ISO_SIZE];
    int rc = mu_http_query(req, name, text, sizeof text);
    return rc == -ENOENT || (!rc && mu_iso_parse(text, out) == 0);
}

void mu_usage_get(struct mu_client *c, const struct mu_http_req *req)
{
    char session[ID_CAP], project[ID_CAP];
    struct mu_usage_filter filter = {0};
    if (!query_id(req, "session_id", session) || !query_id(req, "project_id", project)) {
        mu_answer_error(c, MU_CODE_INVALID_FIELD, "`session_id` and `project_id` must be ids.");
        return;
    }
    if (!query_time(req, "since", &filter.since)) {
        mu_answer_error(c, MU_CODE_INVALID_FIELD,
                        "`since` must be a time such as 2026-11-22T18:33:50.123Z.");
        return;
    }
    filter.session_id = *session ? session : NULL;
    filter.project_id = *project ? project : NULL;
    struct mu_buf json = {0};
    int rc = mu_sync_usage(c->srv->opts.store, &filter, &json);
    if (rc)
        mu_answer_error(c, mu_sync_code(rc), NULL);
    else
        mu_answer_json(c, 200, json.data, json.len);
    mu_buf_release(&json);
}
