/* A runner with the claude agent: a script in the program's place that answers as the words of a
 * prompt say. */
#ifndef MU_TEST_CLAUDE_FIXTURE_H
#define MU_TEST_CLAUDE_FIXTURE_H

#include "runner_fixture.h"

static const char script[] =
    "#!/bin/sh\n"
    "cd \"$(dirname \"$0\")\"\n"
    "[ \"$1\" != --version ] || { echo '9.9.9 (Claude Code)'; exit; }\n"
    "echo \"$@\" >> args\n"
    "sid=11111111-2222-4333-8444-555555555555\n"
    "case \"$*\" in *'--resume'*)\n"
    "  if [ -e forgotten ]; then rm forgotten\n"
    "  echo 'No conversation found with session ID: x' >&2\n"
    "  echo '{\"type\":\"result\",\"is_error\":true,\"session_id\":\"x\",\"errors\":[\"No "
    "conversation found with session ID: x\"]}'; exit 1; fi;;\n"
    "esac\n"
    "say() { echo '{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"content\":[{\"type\":"
    "\"text\",\"text\":\"'\"$1\"'\"}]},\"parent_tool_use_id\":null}'; }\n"
    "delta() { echo '{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\","
    "\"delta\":{\"type\":\"text_delta\",\"text\":\"'\"$1\"'\"}},\"parent_tool_use_id\":null}'; }\n"
    "result() { echo '{\"is_error\":'\"$1\"',\"result\":\"'\"$2\"'\",\"terminal_reason\":\"'\"$3\""
    "'\",\"usage\":{\"input_tokens\":3},\"session_id\":\"'$sid'\",\"type\":\"result\"}'; }\n"
    "ask() { [ -n \"$1\" ] && tool=',\"tool_use_id\":\"t1\"' || tool=; echo '{\"type\":"
    "\"control_request\",\"request_id\":\"q'\"${1:-$asked}\"'\",\"request\":{\"subtype\":"
    "\"can_use_tool\",\"tool_name\":\"Bash\",\"input\":{\"command\":\"touch x\"},"
    "\"permission_suggestions\":[{\"type\":\"setMode\"}]'\"$tool\"'}}'; }\n"
    "question() { echo '{\"type\":\"control_request\",\"request_id\":\"q2\",\"request\":{"
    "\"subtype\":\"can_use_tool\",\"tool_name\":\"AskUserQuestion\",\"input\":{\"questions\":[{"
    "\"question\":\"Which?\"}]}}}'; }\n"
    "while IFS= read -r line; do\n"
    "  case \"$line\" in *'\"subtype\":\"initialize\"'*) continue;; esac\n"
    "  [ -n \"$begun\" ] || echo '{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"m-1\","
    "\"session_id\":\"'$sid'\"}'\n"
    "  begun=1\n"
    "  case \"$line\" in\n"
    "  *'\"interrupt\"'*) echo '{\"type\":\"control_response\"}'; result true '' "
    "aborted_streaming;;\n"
    "  *control_response*) echo \"$line\" >> answer; answers=$((answers + 1))\n"
    "    case \"$line\" in *'\"interrupt\":true'*) result true '' aborted_tools; continue;; esac\n"
    "    [ \"$answers\" -lt \"$asked\" ] || { say 'so be it'; result false '' completed; };;\n"
    "  *die*) delta 'par'; echo boom >&2; exit 1;;\n"
    "  *bye*) say bye; result false bye completed; exit 0;;\n"
    "  *hang*) delta 'one '; delta 'two';;\n"
    "  *stubborn*) trap '' TERM; delta 'no'; while :; do sleep 1; done;;\n"
    "  *many*) answers=0; asked=0; while [ $asked -lt 33 ]; do asked=$((asked + 1)); ask; done;;\n"
    "  *may*both*) answers=0; asked=2; ask 1; question;;\n"
    "  *huge*|*giant*) case \"$line\" in *huge*) size=3000000;; *) size=5000000;; esac\n"
    "    printf '%s' '{\"type\":\"control_request\",\"request_id\":\"q1\",\"request\":{"
    "\"subtype\":\"can_use_tool\",\"tool_name\":\"Write\",\"input\":{\"content\":\"'\n"
    "    head -c $size /dev/zero | tr '\\0' x\n"
    "    printf '\"}}}\\n'; answers=0; asked=1;;\n"
    "  *may*) answers=0; asked=1; ask 1;;\n"
    "  *back*) ask 1; echo '{\"type\":\"control_cancel_request\",\"request_id\":\"q1\"}'; say "
    "on;;\n"
    "  *late*) result false '' completed; answers=0; asked=9; ask 1;;\n"
    "  *long*) head -c 100000000 /dev/zero | tr '\\0' x; echo; say after; result false after "
    "completed;;\n"
    "  *unanswered*) echo "
    "'{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"content\":[{\"type\":"
    "\"tool_use\",\"id\":\"t9\",\"name\":\"Bash\",\"input\":{\"command\":\"x\"}}]}}'; result false "
    "'' "
    "completed;;\n"
    "  *fail*) result true 'API Error: Repeated 529 Overloaded errors.' api_error;;\n"
    "  *) delta hel; delta lo; say 'hello!'; result false 'hello!' completed;;\n"
    "  esac\n"
    "done\n"
    "touch closed; while [ -e linger ]; do\n"
    "  [ ! -e asks ] || { ask 1; rm asks; }; sleep 0.02; done\n";

SHARED char *file_of(const struct fixture *f, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *file = fopen(path, "r");
    struct mu_buf text = {0};
    char piece[4096];
    for (size_t n; file && (n = fread(piece, 1, sizeof piece, file)) > 0;)
        mu_buf_add(&text, piece, n);
    if (file)
        fclose(file);
    return mu_buf_take(&text);
}

SHARED int with_claude(void **state)
{
    int rc = make_dirs(state);
    serve_script(*state, "claude", "MUSTER_CLAUDE", script);
    return rc;
}

#endif
