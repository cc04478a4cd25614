/* The channel `inbox`: what agents wait for, of all sessions. */
#include <string.h>

#include "server/internal.h"

static bool match(const struct mu_client *c, const char *topic)
{
    MU_UNUSED(c);
    return strcmp(topic, "inbox") == 0;
}

static enum mu_code join(struct mu_client *c, const char *topic, const json_t *params,
                         struct mu_buf *response, const char **message)
{
    MU_UNUSED(topic);
    MU_UNUSED(params);
    MU_UNUSED(message);
    int rc = mu_sync_inbox(c->srv->opts.store, response);
    return rc ? mu_sync_code(rc) : MU_CODE_OK;
}

static void event(struct mu_client *c, struct mu_sub *sub, struct mu_phx_msg *msg)
{
    MU_UNUSED(sub);
    mu_socket_reply_error(c, msg, MU_CODE_UNKNOWN_EVENT, NULL);
}

/* In the first lane, whichever is asked for: nothing would heal what is left out. */
static bool send_always(struct mu_conn *conn, int lane, struct mu_bytes *frame)
{
    MU_UNUSED(lane);
    return mu_conn_send(conn, 1, frame);
}

const struct mu_channel mu_channel_inbox = {
    .match = match,
    .join = join,
    .event = event,
    .kind = {.send = send_always, .closed = mu_socket_sub_closed},
};
