/* test_adapter_lines.c: the adapter helpers of the reference programs: numbers, options, hex, words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "programs/adapter.c"
#include "programs/options.c"

#include <signal.h>

static void numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } rows[] = {{"0", true, 0}, {"007", true, 7}, {"65535", true, 65535}, {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0}, {"99999999999999999999999", false, 0}, {"", false, 0}, {"-1", false, 0},
        {"+1", false, 0}, {" 1", false, 0}, {"1 ", false, 0}, {"0x10", false, 0}, {"1e3", false, 0},
        {"\xd9\xa1", false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t number = 42;
        assert_int_equal(adapter_parse_number(undr_slice_text(rows[i].text), 0, UINT64_MAX, &number), rows[i].good);
        assert_int_equal(number, rows[i].good ? rows[i].value : 42);
    }
    uint64_t number = 0;
    assert_false(adapter_parse_number(undr_slice_text("0"), 1, 9, &number));
    assert_true(adapter_parse_number(undr_slice_text("1"), 1, 9, &number));
    assert_true(adapter_parse_number(undr_slice_text("9"), 1, 9, &number));
    assert_false(adapter_parse_number(undr_slice_text("10"), 1, 9, &number));
}

/* Runs the parser with standard error caught in a file; gives its text. */
static bool parse(
    const char *const *words, int count, uint64_t *port, const char **directory, char *said, size_t size) {
    adapter_option options[] = {
        {.name = "--port", .minimum = 1, .maximum = 65535, .number = port, .required = true},
        {.name = "--log-directory", .text = directory, .word = "DIR"},
    };
    char *arguments[8];
    for (int i = 0; i < count; i++) {
        arguments[i] = (char *)(uintptr_t)words[i];
    }
    FILE *file = tmpfile();
    assert_non_null(file);
    int kept = dup(STDERR_FILENO);
    (void)fflush(stderr);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    bool good = adapter_parse_options("prog", "verb", count, arguments, options, 2);
    (void)fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    rewind(file);
    said[fread(said, 1, size - 1, file)] = '\0';
    (void)fclose(file);
    return good;
}

static void options_that_are_right(void **state) {
    (void)state;
    char said[512];
    uint64_t port = 0;
    const char *directory = NULL;
    assert_true(parse((const char *[]){"--port", "80"}, 2, &port, &directory, said, sizeof said));
    assert_int_equal(port, 80);
    assert_null(directory);
    assert_true(parse((const char *[]){"--log-directory=a=b", "--port=81"}, 2, &port, &directory, said, sizeof said));
    assert_int_equal(port, 81);
    assert_string_equal(directory, "a=b");
    assert_string_equal(said, "");
}

static void options_that_are_wrong(void **state) {
    (void)state;
    static const struct {
        const char *words[4];
        int count;
        const char *says;
    } rows[] = {
        {{0}, 0, "--port is missing"},
        {{"--port"}, 1, "--port needs a value"},
        {{"--port", "0"}, 2, "--port must be a number from 1 to 65535, not '0'"},
        {{"--port=65536"}, 1, "not '65536'"},
        {{"--port="}, 1, "not ''"},
        {{"--port", "x"}, 2, "not 'x'"},
        {{"--por", "1"}, 2, "unknown option '--por'"},
        {{"--ports", "1"}, 2, "unknown option '--ports'"},
        {{"--port", "1", "more"}, 3, "unknown option 'more'"},
        {{"--port", "1", "--log-directory="}, 3, "--log-directory must not be empty"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char said[512];
        uint64_t port = 0;
        const char *directory = NULL;
        assert_false(parse(rows[i].words, rows[i].count, &port, &directory, said, sizeof said));
        if (strstr(said, rows[i].says) == NULL) {
            fail_msg("expected '%s' in '%s'", rows[i].says, said);
        }
        assert_non_null(strstr(said, "usage: prog verb --port 1..65535 [--log-directory DIR]\n"));
    }
}

static void hex(void **state) {
    (void)state;
    undr_buffer bytes = {0};
    undr_buffer text = {0};
    uint8_t all[256];
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (uint8_t)i;
    }
    assert_int_equal(adapter_hex_encode(undr_slice_of(all, sizeof all), &text), UNDR_OK);
    assert_int_equal(text.size, 512);
    assert_memory_equal(text.data, "000102", 6);
    assert_memory_equal(text.data + 506, "fdfeff", 6);
    assert_int_equal(undr_put_u8(&bytes, 'x'), UNDR_OK); /* it appends */
    undr_buffer_free(&bytes);
    undr_buffer_free(&text);
    assert_int_equal(adapter_hex_digit('a'), 10);
    assert_int_equal(adapter_hex_digit('F'), 15);
    static const char wrong[] = "/:@`Gg x";
    for (size_t i = 0; i < sizeof wrong; i++) {
        assert_int_equal(adapter_hex_digit((uint8_t)wrong[i]), -1);
    }
}

static void words(void **state) {
    (void)state;
    undr_slice line = undr_slice_text("schedule  1 80044e2e");
    assert_true(undr_slice_equal(adapter_take_word(&line), undr_slice_text("schedule")));
    assert_true(undr_slice_equal(adapter_take_word(&line), undr_slice_text("1")));
    assert_true(undr_slice_equal(adapter_take_word(&line), undr_slice_text("80044e2e")));
    assert_int_equal(line.size, 0);
    assert_int_equal(adapter_take_word(&line).size, 0);
    line = undr_slice_text("next ");
    assert_true(undr_slice_equal(adapter_take_word(&line), undr_slice_text("next")));
    assert_int_equal(line.size, 0);
}

static void nobody_reads(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_int_equal(adapter_write_line(ends[1], -1, undr_slice_text("x")), UNDR_RESET);
    (void)close(ends[1]);
    assert_int_equal(adapter_write_line(ends[1], -1, undr_slice_text("x")), UNDR_SYSTEM);
}

static void no_verb(void **state) {
    (void)state;
    static const adapter_verb verbs[] = {{"a", "", ""}, {"b", "", ""}, {NULL, NULL, NULL}};
    const adapter_program program = {.name = "prog", .verbs = verbs};
    assert_int_equal(adapter_no_verb(&program, NULL), 89);
    assert_int_equal(adapter_no_verb(&program, "nonsense"), 89);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(options_that_are_right),
        cmocka_unit_test(options_that_are_wrong),
        cmocka_unit_test(hex),
        cmocka_unit_test(words),
        cmocka_unit_test(nobody_reads),
        cmocka_unit_test(no_verb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
