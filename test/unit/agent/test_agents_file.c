#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "agent/agents_file.h"

static struct mu_agents_file *parse(const char *text)
{
    struct mu_agents_file *file;
    struct mu_buf why = {0};
    int rc = mu_agents_file_parse("agents.json", text, strlen(text), &file, &why);
    if (rc)
        fail_msg("%s", why.data);
    assert_null(why.data);
    return file;
}

static void assert_wrong(const char *text, size_t n, const char *want)
{
    struct mu_agents_file *file;
    struct mu_buf why = {0};
    assert_int_equal(mu_agents_file_parse("agents.json", text, n, &file, &why), MU_EPROTO);
    assert_null(file);
    if (want)
        assert_string_equal(why.data, want);
    mu_buf_release(&why);
}

static void an_agent_is_as_the_file_says(void **state)
{
    MU_UNUSED(state);
    struct mu_agents_file *file = parse(
        "{\"agents\": [{\"id\": \"aider\", \"name\": \"Aider\", \"command\": \"/opt/aider\",\n"
        "\"args\": [\"--yes\", \"\"], \"env\": {\"LANG\": \"C\", \"EDITOR\": null},\n"
        "\"dialect\": \"text\", \"icon\": \"robot\", \"version\": \"--version\",\n"
        "\"how_to_get\": \"Ask.\"}, {\"id\": \"b\", \"command\": \"bash\", \"dialect\": "
        "\"shell\"}]}");
    assert_int_equal(file->n, 2);
    const struct mu_agent *a = &file->agents[0], *b = &file->agents[1];
    assert_string_equal(a->name, "Aider");
    assert_ptr_equal(a->dialect, &mu_dialect_text);
    assert_string_equal(a->program, "/opt/aider");
    assert_string_equal(a->args[0], "--yes");
    assert_string_equal(a->args[1], "");
    assert_null(a->args[2]);
    assert_int_equal(a->n_env, 2);
    assert_string_equal(a->env[0].value, "C");
    assert_null(a->env[1].value);
    assert_string_equal(a->icon, "robot");
    assert_string_equal(a->version, "--version");
    assert_string_equal(a->how_to_get, "Ask.");
    assert_string_equal(b->name, "b");
    assert_null(b->args);
    assert_null(b->icon);
    assert_non_null(b->how_to_get);

    size_t before = mu_agent_count();
    mu_agents_use(file->agents, file->n);
    assert_int_equal(mu_agent_count(), before + 2);
    assert_ptr_equal(mu_agent_find("aider"), a);
    assert_ptr_equal(mu_agent_at(before), a);
    assert_ptr_equal(mu_agent_at(before + 1), b);
    assert_non_null(mu_agent_find("shell"));
    mu_agents_use(NULL, 0);
    assert_null(mu_agent_find("aider"));
    mu_agents_file_free(file);
}

static void a_known_id_changes_that_agent(void **state)
{
    MU_UNUSED(state);
    struct mu_agents_file *file = parse(
        "{\"agents\": [{\"id\": \"shell\", \"command\": \"bash\", \"args\": [\"-e\"]},"
        "{\"id\": \"claude\", \"dialect\": \"text\", \"command\": \"my-claude\"}, {\"id\": \"z\", "
        "\"dialect\": \"shell\", \"command\": \"zsh\"}]}");
    size_t before = mu_agent_count();
    mu_agents_use(file->agents, file->n);
    assert_int_equal(mu_agent_count(), before + 1);
    const struct mu_agent *shell = mu_agent_find("shell"), *claude = mu_agent_find("claude");
    assert_string_equal(shell->program, "bash");
    assert_string_equal(shell->name, "Shell");
    assert_string_equal(shell->args[0], "-e");
    assert_ptr_equal(shell->dialect, &mu_dialect_shell);
    assert_ptr_equal(claude->dialect, &mu_dialect_text);
    assert_string_equal(claude->name, "Claude Code");
    assert_null(claude->program_env); /* MUSTER_CLAUDE does not speak for another program */
    assert_null(claude->version);
    assert_string_equal(mu_agent_at(before)->id, "z");
    mu_agents_use(NULL, 0);
    assert_string_equal(mu_agent_find("shell")->program, "/bin/sh");
    mu_agents_file_free(file);
}

#define IN(entry)                                                                                  \
    "{\n\"agents\": [\n{\"id\": \"first\", \"command\": \"x\", \"dialect\": \"text\"},\n" entry    \
    "\n]}"
#define OK "\"command\": \"x\", \"dialect\": \"text\""

static void a_mistake_is_told_with_its_line(void **state)
{
    MU_UNUSED(state);
    static const char *const cases[][2] = {
        {"{\"agents\": [\n\n1 2]}",
         "agents.json:3: the file is not valid JSON: ']' expected near '2'."},
        {"[]", "agents.json:1: the file must be an object: {\"agents\": [...]}."},
        {"{}", "agents.json:1: the file needs \"agents\", a list."},
        {"{\n\"agents\": {}}", "agents.json:2: the file needs \"agents\", a list."},
        {"{\"agents\": [],\n\"x\": 1}", "agents.json:2: \"x\" is not a member of the file."},
        {IN("7"), "agents.json:4: an agent must be an object."},
        {IN("{}"), "agents.json:4: an agent needs an \"id\"."},
        {IN("{\"id\": 5,\n" OK "}"),
         "agents.json:4: \"id\" must be a text of 1 to 32 bytes without control characters."},
        {IN("{" OK ",\n\"id\": \"a b\"}"), "agents.json:5: \"id\" may have letters, digits, \"_\", "
                                           "\".\" and \"-\", and begins with a "
                                           "letter or a digit."},
        {IN("{" OK ",\n\n\"id\": \"first\"}"),
         "agents.json:6: there is another agent with the id \"first\"."},
        {IN("{\"id\": \"b\", \"command\": \"x\"}"),
         "agents.json:4: an agent needs a dialect: \"dialect\" must be one of DIALECTS."},
        {IN("{\"id\": \"b\", \"command\": \"x\",\n \"dialect\": \"nope\"}"),
         "agents.json:5: \"dialect\" must be one of DIALECTS."},
        {IN("{\"id\": \"b\", \"dialect\": \"text\"}"),
         "agents.json:4: an agent needs a \"command\"."},
        {IN("{\"id\": \"b\", \"dialect\": \"text\",\n\"command\": \"\"}"),
         "agents.json:5: \"command\" must be a text of 1 to 1024 bytes without control "
         "characters."},
        {IN("{\"id\": \"b\", \"dialect\": \"text\",\n\"command\": \"bin/x\"}"),
         "agents.json:5: \"command\" must be the name of a program in PATH, or a path that begins "
         "with \"/\"."},
        {IN("{\"id\": \"b\", " OK ", \"args\": \"x\"}"),
         "agents.json:4: \"args\" must be a list of at most 64 texts."},
        {IN("{\"id\": \"b\", " OK ", \"args\": [\"x\",\n5]}"),
         "agents.json:5: an argument must be a text of at most 16384 bytes."},
        {IN("{\"id\": \"b\", " OK ", \"env\": []}"),
         "agents.json:4: \"env\" must be an object of at most 64 variables."},
        {IN("{\"id\": \"b\", " OK ", \"env\": {\"A\": \"b\",\n\"B=\": \"c\"}}"),
         "agents.json:5: the name of a variable has 1 to 64 bytes, no \"=\" and no control "
         "characters."},
        {IN("{\"id\": \"b\", " OK ", \"env\": {\"MUSTER_RUN\": \"c\"}}"),
         "agents.json:4: variables that begin with MUSTER_ are muster's own."},
        {IN("{\"id\": \"b\", " OK ", \"env\": {\"A\": \"b\",\n\n\"C\": 1}}"),
         "agents.json:6: a variable must be a text of at most 16384 bytes, or null to take it "
         "away."},
        {IN("{\"id\": \"b\", " OK ",\n\"\\u0070ath\": 1}"),
         "agents.json:5: \"path\" is not a member of an agent."},
        {IN("{\"id\": \"b\", " OK ",\n\"name\": \"a\\nb\"}"),
         "agents.json:5: \"name\" must be a text of 1 to 64 bytes without control characters."},
        {IN("{\"id\": \"b\", " OK ", \"icon\": null}"),
         "agents.json:4: \"icon\" must be a text of 1 to 64 bytes without control characters."},
        {IN("{\"id\": \"b\", " OK ",\n\"id\": \"c\"}"), NULL},
        {"", NULL},
        {"{\"agents\": [\xff]}", NULL},
    };
    struct mu_buf dialects = {0};
    for (size_t i = 0; mu_dialect_at(i); i++)
        mu_buf_printf(&dialects, "%s%s", i ? ", " : "", mu_dialect_at(i)->id);
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        const char *want = cases[i][1], *list = want ? strstr(want, "DIALECTS") : NULL;
        char *full = list ? mu_asprintf("%.*s%s.", (int)(list - want), want, dialects.data) : NULL;
        assert_wrong(cases[i][0], strlen(cases[i][0]), full ? full : want);
        free(full);
    }
    mu_buf_release(&dialects);
}

static void limits_hold(void **state)
{
    MU_UNUSED(state);
    struct mu_buf text = {0};
    mu_buf_str(&text, "{\"agents\": [");
    for (int i = 0; i <= MU_AGENTS_FILE_AGENTS; i++)
        mu_buf_printf(&text, "%s{\"id\": \"a%d\", " OK "}", i ? "," : "", i);
    mu_buf_str(&text, "]}");
    assert_wrong(text.data, text.len,
                 "agents.json:1: there are 65 agents; at most 64 are allowed.");
    mu_buf_clear(&text);
    while (text.len <= MU_AGENTS_FILE_BYTES)
        mu_buf_char(&text, ' ');
    assert_wrong(text.data, text.len, "agents.json: the file is larger than 262144 bytes.");
    mu_buf_clear(&text);
    for (int i = 0; i < 200; i++)
        mu_buf_char(&text, '[');
    for (int i = 0; i < 200; i++)
        mu_buf_char(&text, ']');
    assert_wrong(text.data, text.len, NULL);
    mu_buf_release(&text);
    assert_wrong("{\"agents\": [{\"id\": \"123456789012345678901234567890123\", " OK "}]}",
                 strlen("{\"agents\": [{\"id\": \"123456789012345678901234567890123\", " OK "}]}"),
                 "agents.json:1: \"id\" must be a text of 1 to 32 bytes without control "
                 "characters.");
}

/* Whatever is cut off or damaged is an error, never a crash. */
static void damaged_files_are_refused(void **state)
{
    MU_UNUSED(state);
    static const char good[] =
        IN("{\"id\": \"b\", \"args\": [\"x\"], \"env\": {\"A\": null}, " OK "}");
    for (size_t n = 0; n < sizeof good - 1; n++)
        assert_wrong(good, n, NULL);
    for (size_t i = 0; i < sizeof good - 1; i++) {
        char text[sizeof good];
        struct mu_agents_file *file;
        struct mu_buf why = {0};
        memcpy(text, good, sizeof good);
        text[i] = '5';
        if (mu_agents_file_parse("agents.json", text, sizeof good - 1, &file, &why) == 0)
            mu_agents_file_free(file);
        else
            assert_true(why.len > 0);
        mu_buf_release(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agent_is_as_the_file_says),
        cmocka_unit_test(a_known_id_changes_that_agent),
        cmocka_unit_test(a_mistake_is_told_with_its_line),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(damaged_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
