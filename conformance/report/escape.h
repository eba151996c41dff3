/* escape.h: text from outside (paths, arguments, reasons, output of targets) in the formats of the reports.
 *
 * Each format has one file, escape_FORMAT.c. All of them first replace what no format should carry (text.h); the rest
 * reads back as it was. Failures to write show in ferror(out). */
#ifndef CHECK_ESCAPE_H
#define CHECK_ESCAPE_H

#include "undr/bytes.h"

#include <stdio.h>

/* Any of the functions below that take a text. */
typedef void check_escaper(FILE *out, undr_slice text);

/* TAP: the description of a test, where # would begin a directive. */
void check_tap_description(FILE *out, undr_slice text);
/* TAP: what follows a directive or `Bail out!`, up to the end of the line. */
void check_tap_reason(FILE *out, undr_slice text);

/* A scalar of YAML 1.1 and 1.2, on one line, in double quotes. */
void check_yaml_scalar(FILE *out, undr_slice text);
/* "  key: VALUE\n", without the blanks around the value; nothing for an empty one. Several lines become a block scalar,
 * where YAML can hold them in one, else a quoted one. */
void check_yaml_member(FILE *out, const char *key, undr_slice text);

/* XML 1.0: character data, and the value of an attribute in double quotes. */
void check_xml_text(FILE *out, undr_slice text);
void check_xml_attribute(FILE *out, undr_slice text);

/* HTML: text, and the value of an attribute in double quotes. */
void check_html_text(FILE *out, undr_slice text);
void check_html_attribute(FILE *out, undr_slice text);

/* Markdown: text in a paragraph or in a cell of a table. */
void check_markdown_text(FILE *out, undr_slice text);

/* GitHub Actions: what follows `::` of a workflow command, and the value of one of its properties. */
void check_github_text(FILE *out, undr_slice text);
void check_github_property(FILE *out, undr_slice text);

/* sh: appends a word, quoted where it has to be. `first`: it stands where a command stands. Any byte but NUL. */
UNDR_MUST_USE undr_error check_shell_word(undr_buffer *to, const char *word, bool first);
/* Makes a command of such words one line that can be printed and pasted, whatever bytes are in it: where some can't be
 * printed, an `eval` of what printf(1) makes of them. */
UNDR_MUST_USE undr_error check_shell_line(undr_buffer *to, undr_slice command);

#endif
