#include <stdlib.h>

#include "agent/plain.h"

/* COMMAND ARGS... with the prompt on stdin, which then ends; stdout is the answer, as Markdown; the
 * last words on stderr are the reason when it fails. */

static const char *check_options(const json_t *options)
{
    return json_object_size(options) == 0 ? NULL : "An agent of the dialect text has no options.";
}

static int spec(const struct mu_agent_start *start, struct mu_buf *out)
{
    const char *argv[] = {start->program, NULL};
    return mu_agent_put_spec(start, &(struct mu_hold_spec){.argv = argv, .stdin_pipe = true}, out);
}

static void *text_open(const struct mu_agent_start *start, const json_t *saved)
{
    MU_UNUSED(start);
    return mu_plain_open(saved, false);
}

static void give_prompt(void *state, const struct mu_agent_prompt *prompt, struct mu_buf *out)
{
    MU_UNUSED(state);
    mu_buf_str(out, prompt->text);
}

const struct mu_dialect mu_dialect_text = {
    .id = "text",
    .closes_stdin = true,
    .prompt_max = MU_LIMIT_PROMPT_BYTES,
    .check_options = check_options,
    .spec = spec,
    .open = text_open,
    .close = free,
    .save = mu_plain_save,
    .prompt = give_prompt,
    .interrupt = mu_plain_interrupt,
    .answer = mu_plain_answer,
    .feed = mu_plain_feed,
    .exited = mu_plain_exited,
};
