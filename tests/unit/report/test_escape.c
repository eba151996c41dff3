/* test_escape.c: text from outside in each format of the reports. Real parsers read it back in cli/formats.py. */
#include "report/escape.h"
#include "report/escape_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_escaped(check_escaper *escape, const char *text, const char *expected) {
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    assert_non_null(out);
    escape(out, undr_slice_text(text));
    assert_int_equal(fclose(out), 0);
    assert_string_equal(written, expected);
    free(written);
}

static void in_tap(void **state) {
    (void)state;
    assert_escaped(check_tap_description, "a # TODO \\b\nok", "a \\# TODO \\\\b\\\\x0aok");
    assert_escaped(check_tap_reason, "a # b\\\n\x1b", "a # b\\\\x0a\\x1b");
}

static void in_yaml(void **state) {
    (void)state;
    assert_escaped(check_yaml_scalar, "*x: \"%d\" \\n", "\"*x: \\\"%d\\\" \\\\n\"");
    assert_escaped(check_yaml_scalar, "a\tb\nc\x07", "\"a\\tb\\nc\\\\x07\"");
    assert_escaped(check_yaml_scalar, "\xef\xbb\xbfx", "\"\\\\ufeffx\""); /* YAML has no BOM in a text */
    assert_escaped(check_yaml_scalar, "", "\"\"");
}

static void member(FILE *out, undr_slice text) {
    check_yaml_member(out, "key", text);
}

static void members_of_yaml(void **state) {
    (void)state;
    assert_escaped(member, "", "");
    assert_escaped(member, " \n", "");
    assert_escaped(member, "one: 1", "  key: \"one: 1\"\n");
    assert_escaped(member, "\none: 1\n two\n", "  key: |\n    one: 1\n     two\n");
    assert_escaped(member, "one\n\xe2\x80\xa8two", "  key: |\n    one\n    \\u2028two\n"); /* 1.1: a line break */
}

static void in_xml(void **state) {
    (void)state;
    assert_escaped(check_xml_text, "<a b=\"'&\">\n]]>\x01", "&lt;a b=\"'&amp;\"&gt;\n]]&gt;\\x01");
    assert_escaped(check_xml_attribute, "<\"'&>\n\t", "&lt;&quot;'&amp;&gt;&#10;&#9;");
}

static void in_html(void **state) {
    (void)state;
    assert_escaped(check_html_text, "<a b=\"'&\">", "&lt;a b=&quot;&#39;&amp;&quot;&gt;");
    assert_escaped(check_html_text, "\xef\xb7\x90", "\\ufdd0"); /* U+FDD0: HTML takes no noncharacters */
    assert_escaped(check_html_attribute, "\"x\"", "&quot;x&quot;");
}

static void in_markdown(void **state) {
    (void)state;
    assert_escaped(
        check_markdown_text, "a|b *c* `d` [e](f) <g> &h #1", "a\\|b \\*c\\* \\`d\\` \\[e\\](f) &lt;g> &amp;h \\#1");
    assert_escaped(check_markdown_text, "two\nlines\x1b", "two<br>lines\\x1b");
}

/* A line that begins with `::` would be a command, and one more line another. */
static void in_annotations(void **state) {
    (void)state;
    assert_escaped(check_github_text, "50% a:b,c\n::error::x", "50%25 a:b,c%0A::error::x");
    assert_escaped(check_github_property, "a:b,c%\n", "a%3Ab%2Cc%25%0A");
}

static void in_json(void **state) {
    json_t *text = check_json_text(undr_slice_of("a\"\0\xff\xc3\xa9", 6));
    (void)state;
    assert_string_equal(json_string_value(text), "a\"\\x00\\xff\xc3\xa9");
    json_decref(text);
    text = check_json_text(undr_slice_of(NULL, 0));
    assert_string_equal(json_string_value(text), "");
    json_decref(text);
}

static void assert_word(const char *word, bool first, const char *expected) {
    undr_buffer text = {0};
    assert_int_equal(check_shell_word(&text, word, first), UNDR_OK);
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    assert_string_equal((const char *)text.data, expected);
    undr_buffer_free(&text);
}

static void words_of_a_shell(void **state) {
    (void)state;
    assert_word("--hold=200", false, "--hold=200");
    assert_word("A=b", true, "'A=b'"); /* not an assignment */
    assert_word("", false, "''");
    assert_word("it's", false, "'it'\\''s'");
    assert_word("$(x) `y` *", false, "'$(x) `y` *'");
    assert_word("~", false, "'~'");
}

static void assert_line(const char *command, const char *expected) {
    undr_buffer text = {0};
    assert_int_equal(check_shell_line(&text, undr_slice_text(command)), UNDR_OK);
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    assert_string_equal((const char *)text.data, expected);
    undr_buffer_free(&text);
}

static void lines_of_a_shell(void **state) {
    (void)state;
    assert_line("a 'b c' \xc3\xa9", "a 'b c' \xc3\xa9");
    assert_line("a 'b\n'", "eval \"$(printf 'a \\047b\\012\\047')\"");
    assert_line("a '\t%\\\xff'", "eval \"$(printf 'a \\047\\011%%\\\\\\377\\047')\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_tap),
        cmocka_unit_test(in_yaml),
        cmocka_unit_test(members_of_yaml),
        cmocka_unit_test(in_xml),
        cmocka_unit_test(in_html),
        cmocka_unit_test(in_markdown),
        cmocka_unit_test(in_annotations),
        cmocka_unit_test(in_json),
        cmocka_unit_test(words_of_a_shell),
        cmocka_unit_test(lines_of_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
