/* test_exchange_examples.c: every example in the specification parses. ```exchange is whole cases, ```exchange-lines
 * ROLE the lines of a case of that role. The executed ones are run by other tests; here they are only read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notation/case.h"
#include "notation/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static undr_buffer load(const char *name) {
    char path[1024];
    const char *source = getenv("UNDR_SOURCE_DIR");
    assert_non_null(source); /* ctest sets it */
    (void)snprintf(path, sizeof path, "%s/spec/%s", source, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("can't open %s", path);
    }
    undr_buffer buffer = {0};
    int byte;
    while ((byte = getc(file)) != EOF) {
        assert_int_equal(undr_put_u8(&buffer, (uint8_t)byte), UNDR_OK);
    }
    assert_int_equal(fclose(file), 0);
    return buffer;
}

static bool starts(undr_slice line, const char *text) {
    return line.size >= strlen(text) && memcmp(line.data, text, strlen(text)) == 0;
}

/* Lines alone get a head that asks for nothing. The numbers of the lines stay those of the page. */
static void put_head(undr_buffer *text, undr_slice fence, size_t line) {
    char role[16];
    size_t from = strlen("```exchange-lines "), size = 0;
    while (size < sizeof role - 1 && from + size < fence.size && fence.data[from + size] != ' ') {
        role[size] = (char)fence.data[from + size];
        size++;
    }
    role[size] = '\0';
    text->size = 0;
    for (size_t i = 0; i + 3 < line; i++) {
        assert_int_equal(undr_put_text(text, "\n"), UNDR_OK);
    }
    bool logs = fence.size > 14 && memmem(fence.data, fence.size, "log-directory", 13) != NULL;
    assert_int_equal(undr_put_format(text, "case %s.example.lines\n  must X-1 s\n  role %s%s\n", role, role,
                         logs ? " log-directory" : ""),
        UNDR_OK);
}

static void check_block(const undr_buffer *text, const char *name, size_t *cases) {
    check_cases parsed;
    check_mistake mistake;
    if (check_parse(undr_buffer_slice(text), name, &parsed, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    *cases += parsed.count;
    check_cases_free(&parsed);
}

/* Reads all blocks of a page; says how many cases stood in them. */
static size_t check_page(const char *name) {
    undr_buffer page = load(name), text = {0};
    undr_cursor cursor = undr_cursor_over(undr_buffer_slice(&page));
    undr_slice line;
    bool inside = false, other = false;
    size_t cases = 0;
    for (size_t number = 1; undr_read_line(&cursor, &line); number++) {
        bool fence = starts(line, "```");
        if (fence && inside) {
            check_block(&text, name, &cases);
            inside = false;
        } else if (fence && other) {
            other = false;
        } else if (fence && starts(line, "```exchange-lines ")) {
            put_head(&text, line, number + 1);
            inside = true;
        } else if (fence && starts(line, "```exchange") && line.size == strlen("```exchange")) {
            text.size = 0;
            for (size_t i = 0; i < number; i++) {
                assert_int_equal(undr_put_text(&text, "\n"), UNDR_OK);
            }
            inside = true;
        } else if (fence) {
            other = true;
        } else if (inside) {
            assert_int_equal(undr_put_slice(&text, line), UNDR_OK);
            assert_int_equal(undr_put_text(&text, "\n"), UNDR_OK);
        }
    }
    assert_false(inside);
    undr_buffer_free(&page);
    undr_buffer_free(&text);
    return cases;
}

static void examples_of_the_notation_parse(void **state) {
    (void)state;
    assert_true(check_page("exchange.md") >= 8);
}

static void examples_of_the_protocol_parse(void **state) {
    (void)state;
    assert_true(check_page("protocol.md") >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_notation_parse),
        cmocka_unit_test(examples_of_the_protocol_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
