/* Decodes a message in each form. What is accepted must be a JSON payload by jansson's judgement
 * too (duplicate keys, NUL and huge numbers aside), must survive being encoded and decoded again,
 * and what jansson refuses as JSON must have been refused. The first byte chooses the form. */
#include <stdlib.h>
#include <string.h>

#include "wire/phoenix.h"

static bool jansson_takes(const char *data, size_t n)
{
    json_error_t e;
    json_t *tree = json_loadb(data, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    enum json_error_code code = json_error_code(&e);
    bool takes = tree || code == json_error_numeric_overflow ||
                 code == json_error_null_byte_in_key || code == json_error_stack_overflow;
    json_decref(tree);
    return takes;
}

static void check_names(const struct mu_phx_msg *msg)
{
    if (!mu_utf8_valid(msg->topic, strlen(msg->topic)) ||
        !mu_utf8_valid(msg->event, strlen(msg->event)) || strlen(msg->join_ref.text) > 64 ||
        strlen(msg->ref.text) != msg->ref.n)
        abort();
}

static void check_text(struct mu_phx_msg *msg, const char *data, size_t n)
{
    if (!jansson_takes(data, n) || !jansson_takes(msg->payload, msg->payload_n))
        abort();
    for (enum mu_phx_vsn vsn = MU_PHX_V1; vsn <= MU_PHX_V2; vsn++) {
        struct mu_buf out = {0};
        struct mu_phx_msg again;
        mu_phx_push(&out, vsn, &msg->join_ref, msg->topic, msg->event, msg->payload,
                    msg->payload_n);
        if (mu_phx_decode(&again, vsn, false, out.data, out.len) ||
            strcmp(again.topic, msg->topic) != 0 || strcmp(again.event, msg->event) != 0 ||
            again.payload_n != msg->payload_n ||
            memcmp(again.payload, msg->payload, msg->payload_n) != 0 ||
            (vsn == MU_PHX_V2 && !mu_phx_ref_eq(&again.join_ref, &msg->join_ref)))
            abort();
        mu_buf_release(&out);
    }
    json_t *json;
    int rc = mu_phx_payload(msg, &json);
    if (!rc != (json != NULL))
        abort();
    mu_phx_msg_release(msg);
}

static void check_binary(const struct mu_phx_msg *msg)
{
    struct mu_buf out = {0};
    if (mu_phx_bin_reply(&out, &msg->join_ref, &msg->ref, msg->topic, msg->event, msg->payload,
                         msg->payload_n))
        abort();
    mu_buf_release(&out);
}

static void check_offer(const char *data, size_t n)
{
    char *header = mu_strndup(data, n);
    struct mu_phx_offer offer;
    if (!mu_phx_offer_parse(&offer, header) && offer.token && !*offer.token)
        abort();
    mu_phx_offer_release(&offer);
    enum mu_phx_vsn vsn;
    if (!mu_phx_vsn_parse(header, &vsn) && header[0] != '0' + (int)vsn)
        abort();
    free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1)
        return 0;
    size_t size = n - 1;
    char *copy = malloc(size ? size : 1);
    memcpy(copy, data + 1, size);
    struct mu_phx_msg msg;
    bool binary = data[0] % 4 == 2;
    enum mu_phx_vsn vsn = data[0] % 4 == 1 ? MU_PHX_V1 : MU_PHX_V2;
    if (data[0] % 4 == 3) {
        check_offer(copy, size);
    } else if (!mu_phx_decode(&msg, vsn, binary, copy, size)) {
        check_names(&msg);
        if (binary)
            check_binary(&msg);
        else
            check_text(&msg, copy, size);
    }
    free(copy);
    return 0;
}
