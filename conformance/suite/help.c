/* help.c: what undr-check prints about its options: the help, the manual page, the scripts for shells. */
#include "suite/option_table.h"
#include "suite/options.h"

#include <ctype.h>
#include <string.h>

enum { COLUMN = 23, WIDTH = 112, VERBS = 55 };

/* ---- --help ---- */

/* Words up to the width; the next lines begin at the column. */
static void print_wrapped(FILE *out, const char *text, size_t column) {
    size_t at = column;
    for (const char *word = text; *word != '\0';) {
        size_t size = strcspn(word, " ");
        if (at > column && at + 1 + size > WIDTH) {
            fprintf(out, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            fputc(' ', out);
            at++;
        }
        fwrite(word, 1, size, out);
        at += size;
        word += size;
        word += strspn(word, " ");
    }
    fputc('\n', out);
}

static void print_option(FILE *out, const check_option *one, const char *help) {
    int used = one->letter == 0 ? fprintf(out, "  --%s", one->name)
                                : fprintf(out, "  -%c, --%s", one->letter, one->name);
    used += one->argument == NULL ? 0 : fprintf(out, " %s", one->argument);
    if (used + 1 > COLUMN) {
        fputc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", COLUMN - used, "");
    print_wrapped(out, help, COLUMN);
}

static void print_sections(FILE *out) {
    for (int section = 0; section < CHECK_SECTION_COUNT; section++) {
        fprintf(out, "\n%s\n", check_section_title((check_section)section));
        for (const check_option *one = check_option_table; one->name != NULL; one++) {
            if (one->section == (check_section)section) {
                print_option(out, one, one->help);
            }
        }
    }
}

static const char examples[] = "  undr-check manager -- ./my-manager\n"
                               "  undr-check all --strict --junit report.xml -- python3 my_adapter.py\n"
                               "  undr-check worker --only 'worker.*chain*' -v -- ./my-worker\n"
                               "  undr-check pool --expect known.txt --repeat 20 -- ./my-manager\n"
                               "  undr-check manager --connect 127.0.0.1:4000\n"
                               "  undr-check worker --listen 127.0.0.1:4000 --only worker.life.of-a-task\n"
                               "  undr-check diff old.json new.json --format markdown\n";

static void help_with_all(FILE *out) {
    fputs("undr-check checks an implementation of the undr task protocol against its specification.\n\nUsage\n", out);
    for (const check_verb *verb = check_verb_table; verb->name != NULL; verb++) {
        int used = fprintf(out, "  undr-check %s %s", verb->name, verb->arguments);
        fprintf(out, "%*s", used + 2 > VERBS ? 2 : VERBS - used, "");
        print_wrapped(out, verb->help, VERBS);
    }
    print_sections(out);
    fprintf(out, "\nExit status\n%s", check_help_statuses);
    fputs(
        "\nTexts: spec/ and conformance/ are folders of the source tree; below the prefix of an installation they are\n"
        "  share/doc/undr-task/spec/*.md and share/undr-task/report.schema.json; share/undr-task/wireshark/undr.lua shows\n"
        "  the protocol in Wireshark: `tshark -X lua_script:FILE -r CAPTURE`\n"
        "\nExamples\n",
        out);
    fputs(examples, out);
}

/* ---- of one verb ---- */

static void help_with_explore(FILE *out) {
    fputs("Usage\n"
          "  undr-check explore manager|worker|pool|all [OPTIONS] -- ARGV...   ARGV is your adapter (spec/adapter.md)\n"
          "  undr-check explore manager --connect HOST:PORT [OPTIONS]\n"
          "\n"
          "Plays random sessions, and computes what must come back in each. The first one that fails is made as short "
          "as\n"
          "possible, printed, and kept as a case.\n"
          "\n"
          "  --sessions N         how many for each role (default: 100)\n"
          "  --corpus FOLDER      for the role manager: the sessions that a fuzzer kept in FOLDER, instead of random "
          "ones\n"
          "  --seed N             the seed of the sessions (default: a new one each time; it is printed)\n"
          "  --only PATTERN       only the sessions whose name matches, as in 'manager.explore.7-12'\n"
          "\n"
          "It also takes all options of `undr-check --help` about how cases are played, what counts, and reports, "
          "except\n"
          "--cases and --load. The exit status is that of a run (undr-check --help).\n",
        out);
}

/* What the option does with watch, where its help says so at the end. */
static const char *help_in_watch(const check_option *one) {
    static const char begins[] = "; with watch: ";
    const char *at = strstr(one->help, begins);
    return at == NULL ? one->help : at + sizeof begins - 1;
}

static void print_used(FILE *out, check_action action) {
    fputs("\nOptions\n", out);
    for (const check_option *one = check_option_table; one->name != NULL; one++) {
        if (check_option_is_used(action, one->name)) {
            print_option(out, one, action == CHECK_ACTION_WATCH ? help_in_watch(one) : one->help);
        }
    }
}

static void help_with_pair(FILE *out) {
    fputs(
        "Usage\n"
        "  undr-check pair [OPTIONS] -- MANAGER... -- WORKER...     MANAGER and WORKER are adapters (spec/adapter.md)\n"
        "\n"
        "Lets the manager of one implementation and workers of another work together, and watches what crosses between\n"
        "them: which side broke which sentence of spec/protocol.md, and the frames that show it. There are five\n"
        "sessions: tasks that a client schedules (priorities, nesting, Chains, failures, large payloads), tasks of the\n"
        "manager's own program, a CANCEL, a KILL, and workers that die. Exactly one `--` stands between the commands.\n",
        out);
    print_used(out, CHECK_ACTION_PAIR);
    fputs(
        "\n"
        "A side is blamed only for what can be shown. A session in which nothing moves any more is ended, and told.\n"
        "\n"
        "Exit status: 0 all sessions ended and nothing broke a MUST (--strict: a SHOULD); 1 something did, a side\n"
        "crashed, a session did not end (where workers die that is a SHOULD), or an adapter was refused; 2 the command\n"
        "line is wrong; 3 the harness itself failed.\n",
        out);
}

static void help_with_matrix(FILE *out) {
    fputs(
        "Usage\n"
        "  undr-check matrix FILE.json [OPTIONS]\n"
        "\n"
        "Plays all implementations of a list against the suite, in each role that they have, and against each other\n"
        "(undr-check pair), and prints one table. What is not installed is shown as that. A list:\n"
        "\n"
        "  {\"implementations\": [\n"
        "    {\"name\": \"mine\", \"command\": [\"./my-adapter\"]},\n"
        "    {\"name\": \"reference\", \"manager\": [\"undr-manager\"], \"worker\": [\"undr-worker\"]},\n"
        "    {\"name\": \"other\", \"command\": [\"python3\", \"other/adapter.py\"], \"expect\": \"other/expected.txt\",\n"
        "     \"installed\": [\"python3\", \"-c\", \"import other\"]}]}\n"
        "\n"
        "A program is looked for beside undr-check, then in PATH. A word with a slash is a path from the folder of the\n"
        "list, where there is such a file. `manager`, `worker`, `pool` are the adapter of one role, `command` that of\n"
        "all; `expect` is a file of known failures; `installed` is a command that succeeds where it is installed. A list has\n"
        "at most 64 implementations.\n",
        out);
    print_used(out, CHECK_ACTION_MATRIX);
    fputs(
        "\n"
        "--html FILE.html is one page with a section for each cell; --html FOLDER has a page for each. --jobs: how many\n"
        "cells run at the same time (default: 2).\n"
        "\n"
        "Exit status: 0 everything that is installed held; 1 something did not; 2 the list is wrong, or nothing in it is\n"
        "installed; 3 the harness itself failed in a cell.\n",
        out);
}

static void help_with_watch(FILE *out) {
    fputs(
        "Usage\n"
        "  undr-check watch [OPTIONS] -- COMMAND...       runs COMMAND in a network of its own (loopback only; no root\n"
        "                                                 where user namespaces are allowed) and sees all of it\n"
        "  undr-check watch [OPTIONS] --pcap FILE         a capture\n"
        "  undr-check watch [OPTIONS] --interface lo --port N\n"
        "                                                 live, beside what is already running\n"
        "  undr-check watch [OPTIONS] --listen PORT --to PORT\n"
        "                                                 a proxy\n"
        "\n"
        "Judges a manager and its workers while they do their own work: which of them broke which sentence of\n"
        "spec/protocol.md, when, and the frames that show it. It never takes part.\n",
        out);
    print_used(out, CHECK_ACTION_WATCH);
    fputs(
        "\n"
        "What was lost or cut, what a program may have done unseen, and what no wire shows is undecided, and listed.\n"
        "\n"
        "Exit status: 0 nothing broke a MUST (--strict: a SHOULD); 1 something did; 2 the command line or the input is\n"
        "wrong, or nothing was judged; 3 the harness itself failed. With COMMAND, its own status is passed on when it\n"
        "is not 0 (128 + N: signal N ended it).\n",
        out);
}

static void help_with_parse(FILE *out) {
    fputs("Usage\n"
          "  undr-check parse FILE|FOLDER...\n"
          "\n"
          "Reports the first error of each case file (spec/exchange.md), and plays nothing. A folder stands for the\n"
          "*.case files in it. There are no options.\n"
          "\n"
          "Exit status: 0 no error; 2 an error, or a file that can't be read; 3 the harness itself failed.\n",
        out);
}

static void help_with_decode(FILE *out) {
    fputs(
        "Usage\n"
        "  undr-check decode [FILE]\n"
        "\n"
        "Prints what crossed a connection in the notation of cases (spec/exchange.md), with a remark above each\n"
        "frame that breaks the protocol, and above a WorkerException with what it says. FILE has\n"
        "  - packets (pcap, pcapng): each connection for itself, both directions joined; or\n"
        "  - the bytes that one side sent, from the first on, raw; or\n"
        "  - bytes as hexadecimal text: plain digits, the output of xxd, hexdump -C or od -A x -t x1, C arrays, and\n"
        "    what Wireshark's Follow TCP Stream shows as Hex Dump, C Arrays (both directions) or Raw.\n"
        "Without FILE, or for -, it reads standard input. There are no options.\n"
        "\n"
        "Exit status: 0 all frames are correct; 1 one is not, or the bytes end inside a frame; 2 FILE can't be read,\n"
        "or is something else, such as a compressed capture; 3 the harness itself failed, or could not write all of its output.\n",
        out);
}

void check_help(FILE *out, check_action topic) {
    switch (topic) {
    case CHECK_ACTION_EXPLORE: help_with_explore(out); return;
    case CHECK_ACTION_WATCH: help_with_watch(out); return;
    case CHECK_ACTION_PAIR: help_with_pair(out); return;
    case CHECK_ACTION_MATRIX: help_with_matrix(out); return;
    case CHECK_ACTION_PARSE: help_with_parse(out); return;
    case CHECK_ACTION_DECODE: help_with_decode(out); return;
    default: help_with_all(out);
    }
}

/* ---- the manual page ---- */

/* Text of roff: no line begins with a dot or an apostrophe, and a hyphen is one that can be copied. */
static void print_roff(FILE *out, const char *text) {
    for (bool begins = true; *text != '\0'; text++) {
        if (begins && (*text == '.' || *text == '\'')) {
            fputs("\\&", out);
        }
        begins = *text == '\n';
        fputs(*text == '\\' ? "\\e" : *text == '-' ? "\\-" : "", out);
        if (*text != '\\' && *text != '-') {
            fputc(*text, out);
        }
    }
}

static void print_man_option(FILE *out, const check_option *one) {
    fputs(".TP\n", out);
    if (one->letter != 0) {
        fprintf(out, "\\fB\\-%c\\fR, ", one->letter);
    }
    fputs("\\fB\\-\\-", out);
    print_roff(out, one->name);
    fputs("\\fR", out);
    if (one->argument != NULL) {
        fputs(" \\fI", out);
        print_roff(out, one->argument);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    print_roff(out, one->help);
    fputc('\n', out);
}

static void print_man_section(FILE *out, check_section section) {
    fprintf(out, ".SS %s\n", check_section_title(section));
    for (const check_option *one = check_option_table; one->name != NULL; one++) {
        if (one->section == section) {
            print_man_option(out, one);
        }
    }
}

void check_help_man(FILE *out) {
    fputs(".TH UNDR\\-CHECK 1 \"\" \"undr\\-task " UNDR_VERSION "\" \"User Commands\"\n"
          ".SH NAME\nundr\\-check \\- conformance checks for the undr task protocol\n.SH SYNOPSIS\n",
        out);
    for (const check_verb *verb = check_verb_table; verb->name != NULL; verb++) {
        fputs(verb == check_verb_table ? ".B undr\\-check " : ".br\n.B undr\\-check ", out);
        print_roff(out, verb->name);
        fputc(' ', out);
        print_roff(out, verb->arguments);
        fputc('\n', out);
    }
    fputs(
        ".SH DESCRIPTION\n"
        "undr\\-check plays the other side of the wire for a manager or a worker, and explains each violation of the\n"
        "specification.\n",
        out);
    for (const check_verb *verb = check_verb_table; verb->name != NULL; verb++) {
        fputs(".TP\n.B ", out);
        print_roff(out, verb->name);
        fputc('\n', out);
        print_roff(out, verb->help);
        fputc('\n', out);
    }
    fputs(".SH OPTIONS\n", out);
    for (int section = 0; section < CHECK_SECTION_COUNT; section++) {
        print_man_section(out, (check_section)section);
    }
    fputs(".SH EXIT STATUS\n.nf\n", out);
    print_roff(out, check_help_statuses);
    fputs(".fi\n.SH EXAMPLES\n.nf\n", out);
    print_roff(out, examples);
    fputs(".fi\n.SH SEE ALSO\n.BR undr\\-manager (1),\n.BR undr\\-worker (1)\n", out);
}

/* ---- completion ---- */

static const char *const plain_verbs = "manager worker pool all explore watch pair matrix diff merge spec parse decode";

static bool takes_file(const check_option *one) {
    return one->argument != NULL && (strcmp(one->argument, "FILE") == 0 || strcmp(one->argument, "FOLDER") == 0);
}

static void print_bash(FILE *out) {
    fputs("# bash completion for undr-check, made of its table of options\n"
          "_undr_check() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} i\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        [[ ${COMP_WORDS[i]} == -- ]] && { COMPREPLY=($(compgen -f -c -- \"$word\")); return; }\n"
          "    done\n"
          "    case $before in\n",
        out);
    for (const check_option *one = check_option_table; one->name != NULL; one++) {
        if (one->choices != NULL) {
            fprintf(
                out, "        --%s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", one->name, one->choices);
        } else if (one->id == OPTION_ONLY || one->id == OPTION_SKIP) {
            fprintf(out,
                "        --%s) COMPREPLY=($(compgen -W \"$(undr-check --list 2>/dev/null)\" -- \"$word\")); return "
                ";;\n",
                one->name);
        } else if (one->argument != NULL) {
            fprintf(out, "        --%s) COMPREPLY=(%s); return ;;\n", one->name,
                takes_file(one) ? "$(compgen -f -- \"$word\")" : "");
        }
    }
    fprintf(out, "    esac\n    if [[ $word == -* ]]; then\n        COMPREPLY=($(compgen -W '--");
    for (const check_option *one = check_option_table; one->name != NULL; one++) {
        fprintf(out, " --%s", one->name);
    }
    fprintf(out,
        "' -- \"$word\"))\n    elif ((COMP_CWORD == 1)); then\n        COMPREPLY=($(compgen -W '%s' -- \"$word\"))\n"
        "    else\n        COMPREPLY=($(compgen -f -- \"$word\"))\n    fi\n}\ncomplete -o filenames -F _undr_check "
        "undr-check\n",
        plain_verbs);
}

/* What stands in brackets of _arguments: without the characters that end it. */
static void print_zsh_text(FILE *out, const char *text) {
    for (size_t i = 0; text[i] != '\0' && text[i] != ';' && text[i] != '('; i++) {
        fputs(text[i] == '\'' ? "'\\''" : strchr("[]:\\", text[i]) != NULL ? "\\" : "", out);
        if (text[i] != '\'') {
            fputc(text[i], out);
        }
    }
}

static void print_zsh(FILE *out) {
    fprintf(out,
        "#compdef undr-check\n# zsh completion for undr-check, made of its table of options\n_arguments -S \\\n"
        "    '1:verb:(%s)' \\\n",
        plain_verbs);
    for (const check_option *one = check_option_table; one->name != NULL; one++) {
        fprintf(out, "    '%s--%s%s[", one->repeats ? "*" : "", one->name, one->argument == NULL ? "" : "=");
        print_zsh_text(out, one->help);
        fputc(']', out);
        if (one->choices != NULL) {
            fprintf(out, ":%s:(%s)", one->argument, one->choices);
        } else if (one->argument != NULL) {
            fprintf(out, ":%s:%s", takes_file(one) ? "file" : "value", takes_file(one) ? "_files" : " ");
        }
        fputs("' \\\n", out);
    }
    fputs("    '*:file:_files'\n", out);
}

void check_help_completion(FILE *out, bool zsh) {
    if (zsh) {
        print_zsh(out);
    } else {
        print_bash(out);
    }
}
