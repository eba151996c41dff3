/* test_command_reader.c: commands of undr-manager as they come through a pipe, in any pieces and of any length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "programs/adapter.c"
#include "programs/command_reader.c"
#include "support/steady.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { LIMIT = 5000 };

typedef struct row {
    const char *line, *words, *payload;
    command_fault fault;
} row;

static void expect(command_reader *reader, const row *expected) {
    command line;
    assert_int_equal(command_read(reader, &line), UNDR_OK);
    if (!undr_slice_equal(command_words(&line), undr_slice_text(expected->words))) {
        fail_msg("'%s': words '%.*s'", expected->line, (int)line.size, (const char *)line.words);
    }
    if (line.fault != expected->fault
        || !undr_slice_equal(undr_buffer_slice(&line.payload), undr_slice_text(expected->payload))) {
        fail_msg("'%s': fault %d, payload '%.*s'", expected->line, (int)line.fault, (int)line.payload.size,
            (const char *)line.payload.data);
    }
    command_free(&line);
}

static const row rows[] = {
    {"next", "next", "", COMMAND_WHOLE}, {"", "", "", COMMAND_WHOLE}, {"close join\r", "close join", "", COMMAND_WHOLE},
    {"\r", "", "", COMMAND_WHOLE}, {"schedule 1 4142", "schedule 1", "AB", COMMAND_WHOLE},
    {"schedule  -7   aAfF\r", "schedule  -7", "\xaa\xff", COMMAND_WHOLE}, {"message 4b", "message", "K", COMMAND_WHOLE},
    {"message", "message", "", COMMAND_WHOLE}, {"message ", "message", "", COMMAND_WHOLE},
    {"messages 4b", "messages 4b", "", COMMAND_WHOLE}, {"schedule 1", "schedule 1", "", COMMAND_WHOLE},
    {"message 4", "message", "", COMMAND_NO_HEX}, {"message 4b4", "message", "", COMMAND_NO_HEX},
    {"message 4g", "message", "", COMMAND_NO_HEX}, {"message 0x4b", "message", "", COMMAND_NO_HEX},
    {"message 4b ", "message", "", COMMAND_NO_HEX}, {"message 4 b", "message", "", COMMAND_NO_HEX},
    {"message 4b\r4b", "message", "", COMMAND_NO_HEX}, {"message 4b\r\r", "message", "", COMMAND_NO_HEX},
    {"schedule 1 2 41", "schedule 1", "", COMMAND_NO_HEX},
    {"next", "next", "", COMMAND_WHOLE}, /* nothing is left of the former one */
};
enum { ROWS = sizeof rows / sizeof *rows };

/* All rows through one pipe, `size` bytes at a time. */
static void lines_in_pieces(void **state) {
    (void)state;
    for (size_t size = 1; size < 40; size++) {
        char text[1024] = "";
        int ends[2];
        size_t next = 0;
        for (size_t i = 0; i < ROWS; i++) {
            (void)strcat(strcat(text, rows[i].line), i + 1 < ROWS ? "\n" : ""); /* the last one without */
        }
        assert_int_equal(pipe(ends), 0);
        command_reader reader = {.descriptor = ends[0], .payload_limit = LIMIT};
        for (size_t at = 0; at < strlen(text); at += size) {
            size_t left = strlen(text) - at;
            assert_true(steady_write(ends[1], text + at, left < size ? left : size) > 0);
            for (; next < ROWS && memchr(text + at, '\n', left < size ? left : size) != NULL; next++) {
                expect(&reader, &rows[next]);
                if (reader.start == reader.end
                    || memchr(reader.piece + reader.start, '\n', reader.end - reader.start) == NULL) {
                    next++;
                    break;
                }
            }
        }
        (void)close(ends[1]);
        for (; next < ROWS; next++) {
            expect(&reader, &rows[next]);
        }
        command line;
        assert_int_equal(command_read(&reader, &line), UNDR_END);
        assert_int_equal(command_read(&reader, &line), UNDR_END);
        (void)close(ends[0]);
        assert_int_equal(command_read(&reader, &line), UNDR_SYSTEM);
        assert_int_equal(errno, EBADF);
        command_reader_free(&reader);
    }
}

typedef struct feed {
    int descriptor;
    const char *begin;
    size_t size; /* bytes of the line behind that */
    char byte;
} feed;

static void *write_line(void *context) {
    feed *self = context;
    char piece[10000];
    (void)memset(piece, self->byte, sizeof piece);
    assert_int_equal(steady_write(self->descriptor, self->begin, strlen(self->begin)), strlen(self->begin));
    for (size_t left = self->size; left > 0;) {
        ssize_t written = steady_write(self->descriptor, piece, left < sizeof piece ? left : sizeof piece);
        assert_true(written > 0);
        left -= (size_t)written;
    }
    assert_int_equal(steady_write(self->descriptor, "\nnext\n", 6), 6);
    (void)close(self->descriptor);
    return NULL;
}

/* Writes one long line from another thread; the next one is whole again. Returns the first, the caller's. */
static command long_line(const char *begin, char byte, size_t size, uint64_t limit) {
    int ends[2];
    pthread_t thread;
    command line;
    assert_int_equal(pipe(ends), 0);
    feed source = {.descriptor = ends[1], .begin = begin, .size = size, .byte = byte};
    command_reader reader = {.descriptor = ends[0], .payload_limit = limit};
    assert_int_equal(pthread_create(&thread, NULL, write_line, &source), 0);
    assert_int_equal(command_read(&reader, &line), UNDR_OK);
    expect(&reader, &(row){"next", "next", "", COMMAND_WHOLE});
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(ends[0]);
    command_reader_free(&reader);
    return line;
}

/* Memory follows what is taken: of what no command can be there is none. */
static void nothing_is_kept_of_what_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *begin;
        char byte;
        command_fault fault;
    } wrong[] = {
        {"", '\0', COMMAND_TOO_LONG},
        {"", ' ', COMMAND_TOO_LONG},
        {"next", ' ', COMMAND_TOO_LONG},
        {"schedule ", '1', COMMAND_TOO_LONG},
        {"schedule 1 41", '\0', COMMAND_NO_HEX},
        {"message 41", 'z', COMMAND_NO_HEX},
        {"message ", '0', COMMAND_TOO_LARGE},
        {"schedule 1 ", '0', COMMAND_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        command line = long_line(wrong[i].begin, wrong[i].byte, 300000, LIMIT);
        assert_int_equal(line.fault, wrong[i].fault);
        assert_int_equal(line.payload.capacity, 0);
        assert_true(line.size <= COMMAND_WORDS);
    }
}

static void payloads_up_to_the_limit(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2047, 2048, 2049, 4096, LIMIT - 1, LIMIT, LIMIT + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        command line = long_line("message ", '4', 2 * sizes[i], LIMIT);
        assert_int_equal(line.fault, sizes[i] <= LIMIT ? COMMAND_WHOLE : COMMAND_TOO_LARGE);
        assert_int_equal(line.payload.size, sizes[i] <= LIMIT ? sizes[i] : 0);
        assert_true(line.payload.capacity <= LIMIT);
        command_free(&line);
    }
}

static void ignore(int number) {
    (void)number;
}

/* One line of 3 MB through a pipe, while a timer interrupts both sides. */
static void long_line_in_a_storm_of_signals(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = ignore}; /* no SA_RESTART */
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    const struct itimerval often = {.it_interval = {.tv_usec = 200}, .it_value = {.tv_usec = 200}};
    const struct itimerval never = {0};
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    command line = long_line("message ", '7', 3000000, UINT64_MAX);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(line.payload.size, 1500000);
    for (size_t i = 0; i < line.payload.size; i++) {
        assert_int_equal(line.payload.data[i], 'w');
    }
    command_free(&line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_pieces),
        cmocka_unit_test(nothing_is_kept_of_what_is_wrong),
        cmocka_unit_test(payloads_up_to_the_limit),
        cmocka_unit_test(long_line_in_a_storm_of_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
