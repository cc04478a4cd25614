#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "server/user_agent.h"

#define GECKO "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
#define WEBKIT(system) "Mozilla/5.0 (" system ") AppleWebKit/537.36 (KHTML, like Gecko) "
#define MAC WEBKIT("Macintosh; Intel Mac OS X 10_15_7)")
#define WINDOWS WEBKIT("Windows NT 10.0; Win64; x64")
#define PHONE WEBKIT("iPhone; CPU iPhone OS 17_5 like Mac OS X")

static void a_browser_is_called_by_its_name_and_its_system(void **state)
{
    MU_UNUSED(state);
    static const struct {
        const char *agent, *name;
    } cases[] = {
        {GECKO, "Firefox on Linux"},
        {WINDOWS "Chrome/126.0.0.0 Safari/537.36", "Chrome on Windows"},
        {WINDOWS "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge on Windows"},
        {WINDOWS "Chrome/126.0.0.0 Safari/537.36 OPR/111.0.0.0", "Opera on Windows"},
        {MAC "Version/17.5 Safari/605.1.15", "Safari on macOS"},
        {PHONE "Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"},
        {PHONE "CriOS/126.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"},
        {PHONE "FxiOS/127.0 Mobile/15E148 Safari/604.1", "Firefox on iPhone"},
        {WEBKIT("Linux; Android 14; Pixel 8") "Chrome/126.0 Mobile Safari/537.36",
         "Chrome on Android"},
        {WEBKIT("Linux; Android 14; SM-S921B") "SamsungBrowser/25.0 Chrome/121.0 Safari/537.36",
         "Samsung Internet on Android"},
        {WEBKIT("X11; CrOS x86_64 14541.0.0") "Chrome/126.0 Safari/537.36", "Chrome on ChromeOS"},
        {WEBKIT("X11; Linux x86_64") "HeadlessChrome/126.0 Safari/537.36", "Chrome on Linux"},
        {"Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1)", "A browser on Windows"},
        {"Mozilla/5.0", "A browser"},
        {"curl/8.5.0", "curl"},
        {"my-tool 1.0 (Linux)", "my-tool on Linux"},
        {"<script>alert(1)</script>", "A browser"},
        {"a-name-that-is-much-too-long-to-be-the-name-of-a-browser/1.0", "A browser"},
        {"\xff\xfe", "A browser"},
        {"", "A browser"},
        {NULL, "A browser"},
    };
    for (size_t i = 0; i < MU_COUNT(cases); i++) {
        char name[MU_USER_AGENT_SIZE];
        mu_user_agent_name(cases[i].agent, name);
        assert_string_equal(name, cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser_is_called_by_its_name_and_its_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
