/* help.c: what a reference program prints of its command line: help, manual page, completion. */
#include "programs/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN = 25, WIDTH = 110, USAGE = 48 };

/* ---- --help ---- */

/* Words up to the width; the next lines begin at the column. */
static void print_wrapped(const char *text, size_t column) {
    size_t at = column;
    for (const char *word = text; *word != '\0';) {
        size_t size = strcspn(word, " ");
        if (at > column && at + 1 + size > WIDTH) {
            (void)printf("\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            (void)putchar(' ');
            at++;
        }
        (void)printf("%.*s", (int)size, word);
        at += size;
        word += size;
        word += strspn(word, " ");
    }
    (void)putchar('\n');
}

/* "how long ...; default: 30000" */
static void describe(const adapter_option *option, char *text, size_t size) {
    if (option->usual > 0) {
        (void)snprintf(text, size, "%s; default: %" PRIu64, option->help, option->usual);
    } else {
        (void)snprintf(text, size, "%s", option->help);
    }
}

static void print_option(const adapter_option *option) {
    char text[512];
    int used = printf(
        "  %s%s%s", option->name, option->word == NULL ? "" : " ", option->word == NULL ? "" : option->word);
    if (used + 1 > COLUMN) {
        (void)putchar('\n');
        used = 0;
    }
    (void)printf("%*s", COLUMN - used, "");
    describe(option, text, sizeof text);
    print_wrapped(text, COLUMN);
}

static void help(const adapter_program *program) {
    const char *before = "usage: ";
    for (const adapter_verb *verb = program->verbs; verb->name != NULL; verb++) {
        int used = printf("%s%s %s %s", before, program->name, verb->name, verb->arguments);
        (void)printf("%*s%s\n", used < USAGE ? USAGE - used : 1, "", verb->help);
        before = "       ";
    }
    (void)printf("       %s -h, --help | -V, --version | --man | --completion bash|zsh\n", program->name);
    (void)printf("\noptions:\n");
    for (size_t i = 0; i < program->count; i++) {
        print_option(&program->options[i]);
    }
    (void)printf("\n%s\nexit status:\n%s", program->more, program->statuses);
}

/* ---- --man ---- */

/* Text of roff: no line begins with a dot or an apostrophe, and a hyphen is one that can be copied. */
static void print_roff(const char *text) {
    for (bool begins = true; *text != '\0'; text++) {
        if (begins && (*text == '.' || *text == '\'')) {
            (void)fputs("\\&", stdout);
        }
        begins = *text == '\n';
        (void)fputs(*text == '\\' ? "\\e" : *text == '-' ? "\\-" : *text == '`' ? "\\(ga" : "", stdout);
        if (strchr("\\-`", *text) == NULL) {
            (void)putchar(*text);
        }
    }
}

static void print_man_option(const adapter_option *option) {
    char text[512];
    (void)fputs(".TP\n\\fB", stdout);
    print_roff(option->name);
    (void)fputs("\\fR", stdout);
    if (option->word != NULL) {
        (void)printf(" \\fI%s\\fR", option->word);
    }
    (void)putchar('\n');
    describe(option, text, sizeof text);
    print_roff(text);
    (void)putchar('\n');
}

static void man(const adapter_program *program) {
    (void)fputs(".TH ", stdout);
    print_roff(program->name);
    (void)fputs(" 1 \"\" \"undr\\-task " UNDR_VERSION "\" \"User Commands\"\n.SH NAME\n", stdout);
    print_roff(program->name);
    (void)fputs(" \\- ", stdout);
    print_roff(program->purpose);
    (void)fputs("\n.SH SYNOPSIS\n", stdout);
    for (const adapter_verb *verb = program->verbs; verb->name != NULL; verb++) {
        (void)fputs(verb == program->verbs ? ".B " : ".br\n.B ", stdout);
        print_roff(program->name);
        (void)printf(" %s %s\n", verb->name, verb->arguments);
    }
    (void)fputs(".SH DESCRIPTION\n", stdout);
    for (const adapter_verb *verb = program->verbs; verb->name != NULL; verb++) {
        (void)printf(".TP\n.B %s\n", verb->name);
        print_roff(verb->help);
        (void)putchar('\n');
    }
    (void)fputs(".PP\n.nf\n", stdout);
    print_roff(program->more);
    (void)fputs(".fi\n.SH OPTIONS\n", stdout);
    for (size_t i = 0; i < program->count; i++) {
        print_man_option(&program->options[i]);
    }
    (void)fputs(".SH EXIT STATUS\n.nf\n", stdout);
    print_roff(program->statuses);
    (void)fputs(".fi\n.SH SEE ALSO\n.BR undr\\-check (1)\n", stdout);
}

/* ---- --completion ---- */

static bool takes_file(const adapter_option *option) {
    return option->word != NULL && strcmp(option->word, "DIR") == 0;
}

static void print_function_name(const char *name) {
    for (; *name != '\0'; name++) {
        (void)putchar(*name == '-' ? '_' : *name);
    }
}

static void bash(const adapter_program *program) {
    (void)printf("# bash completion for %s, made of its table of options\n_", program->name);
    print_function_name(program->name);
    (void)printf(
        "() {\n    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n    case $before in\n");
    for (size_t i = 0; i < program->count; i++) {
        const adapter_option *option = &program->options[i];
        if (option->word != NULL) {
            (void)printf("        %s) COMPREPLY=(%s); return ;;\n", option->name,
                takes_file(option) ? "$(compgen -d -- \"$word\")" : "");
        }
    }
    (void)printf("    esac\n    COMPREPLY=($(compgen -W '--help --version");
    for (const adapter_verb *verb = program->verbs; verb->name != NULL; verb++) {
        (void)printf(" %s", verb->name);
    }
    for (size_t i = 0; i < program->count; i++) {
        (void)printf(" %s", program->options[i].name);
    }
    (void)printf("' -- \"$word\"))\n}\ncomplete -F _");
    print_function_name(program->name);
    (void)printf(" %s\n", program->name);
}

/* What stands in brackets of _arguments: up to where the details begin. */
static void print_zsh_text(const char *text) {
    for (; *text != '\0' && *text != ';' && *text != '('; text++) {
        (void)fputs(*text == '\'' ? "'\\''" : strchr("[]:\\", *text) != NULL ? "\\" : "", stdout);
        if (*text != '\'') {
            (void)putchar(*text);
        }
    }
}

static void zsh(const adapter_program *program) {
    (void)printf("#compdef %s\n# zsh completion for %s, made of its table of options\n_arguments \\\n    '1:verb:(",
        program->name, program->name);
    for (const adapter_verb *verb = program->verbs; verb->name != NULL; verb++) {
        (void)printf("%s%s", verb == program->verbs ? "" : " ", verb->name);
    }
    (void)printf(")' \\\n");
    for (size_t i = 0; i < program->count; i++) {
        const adapter_option *option = &program->options[i];
        (void)printf("    '%s%s[", option->name, option->word == NULL ? "" : "=");
        print_zsh_text(option->help);
        if (option->word != NULL) {
            (void)printf("]:%s:%s' \\\n", option->word, takes_file(option) ? "_directories" : " ");
        } else {
            (void)printf("]' \\\n");
        }
    }
    (void)printf("    '--help[how it is used]' '--version[the version]'\n");
}

/* ---- the first word ---- */

static void version(const adapter_program *program) {
    (void)printf("%s " UNDR_VERSION "\n", program->name);
}

bool adapter_answers(const adapter_program *program, int argc, char **argv, int *status) {
    static const struct {
        const char *word, *second; /* second: NULL: none */
        void (*print)(const adapter_program *program);
    } answers[] = {{"-h", NULL, help}, {"--help", NULL, help}, {"-V", NULL, version}, {"--version", NULL, version},
        {"--man", NULL, man}, {"--completion", "bash", bash}, {"--completion", "zsh", zsh}};
    bool asks = false;
    for (size_t i = 0; argc > 1 && i < sizeof answers / sizeof *answers; i++) {
        const char *second = answers[i].second;
        bool first = strcmp(argv[1], answers[i].word) == 0;
        asks = asks || first;
        if (first && argc == (second == NULL ? 2 : 3) && (second == NULL || strcmp(argv[2], second) == 0)) {
            answers[i].print(program);
            *status = adapter_end_output(program->name);
            return true;
        }
    }
    if (asks) {
        bool completes = strcmp(argv[1], "--completion") == 0;
        adapter_complain(program->name,
            completes ? "--completion takes one word, bash or zsh" : "%s takes nothing behind it", argv[1]);
        *status = ADAPTER_EXIT_USAGE;
    }
    return asks;
}
