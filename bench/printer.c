/* printer - an agent that prints: LINES lines of text, so many a second, each with its number; with
 * `stamp` each with the clock's microseconds, and <END> at last (reader.c).
 *
 *     printer LINES PER_SECOND [stamp]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    long lines = argc > 1 ? atol(argv[1]) : 10, rate = argc > 2 ? atol(argv[2]) : 20;
    struct timespec pause = {.tv_sec = 0, .tv_nsec = 1000000000L / (rate > 1 ? rate : 2)}, now;
    for (long i = 0; i < lines; i++) {
        clock_gettime(CLOCK_REALTIME, &now);
        if (argc > 3)
            printf("<T%lld>\n", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
        else
            printf("line %ld of what an agent has to say while it works\n", i);
        fflush(stdout);
        nanosleep(&pause, NULL);
    }
    if (argc > 3)
        puts("<END>");
    return 0;
}
