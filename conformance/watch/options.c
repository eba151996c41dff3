/* options.c: the command line of `undr-check watch`. */
#include "watch/options.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

typedef enum kind { FLAG, TEXT, PORT, RULE } kind;
typedef struct option {
    const char *name, *other;
    kind kind;
    size_t offset; /* of what it sets in watch_arguments */
} option;

#define AT(member) offsetof(watch_arguments, member)
static const option options[] = {
    {"--pcap", NULL, TEXT, AT(pcap)},
    {"--interface", NULL, TEXT, AT(interface)},
    {"--port", NULL, PORT, AT(port)},
    {"--listen", NULL, PORT, AT(listen)},
    {"--to", NULL, PORT, AT(to)},
    {"--output", NULL, TEXT, AT(output)},
    {"--json", NULL, TEXT, AT(json)},
    {"--case", NULL, TEXT, AT(cases)},
    {"--off", NULL, RULE, 0},
    {"--rates", NULL, FLAG, AT(rates)},
    {"--strict", NULL, FLAG, AT(strict)},
    {"--wire-only", NULL, FLAG, AT(wire_only)},
    {"--all-workers", NULL, FLAG, AT(all_workers)},
    {"--verbose", "-v", FLAG, AT(every_frame)},
    {"--help", "-h", FLAG, AT(help)},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static undr_error refuse(undr_buffer *message, const char *format, const char *a, const char *b) {
    undr_error error = undr_put_format(message, format, a, b);
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

static undr_error unknown(undr_buffer *message, const char *word) {
    const char *names[OPTIONS + 1] = {NULL};
    for (size_t i = 0; i < OPTIONS; i++) {
        names[i] = options[i].name;
    }
    const char *nearest = check_text_nearest(word, names);
    return nearest == NULL ? refuse(message, "watch: no option `%s`; a command to watch stands behind `--`%s", word, "")
                           : refuse(message, "watch: no option `%s`; did you mean %s?", word, nearest);
}

static undr_error set_port(watch_arguments *made, const option *one, const char *text, undr_buffer *message) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    bool zero = one->offset == AT(listen); /* any that is free */
    if (*text < '0' || *text > '9' || *end != '\0' || value > 65535 || (value == 0 && !zero)) {
        return refuse(message, "watch: %s takes a port, a number from 1 to 65535, not `%s`", one->name, text);
    }
    *(uint16_t *)(void *)((char *)made + one->offset) = (uint16_t)value;
    made->has_listen = made->has_listen || zero;
    return UNDR_OK;
}

static undr_error set_off(watch_arguments *made, const char *text, undr_buffer *message) {
    for (int rule = WATCH_NO_RULE + 1; rule < WATCH_RULE_COUNT; rule++) {
        if (strcmp(watch_rule_about((watch_rule)rule)->id, text) == 0) {
            made->off.off[rule / 32] |= UINT32_C(1) << rule % 32;
            return UNDR_OK;
        }
    }
    return refuse(message, "watch: --off takes the id of a requirement that is judged, not `%s`%s", text, "");
}

static undr_error set(watch_arguments *made, const option *one, const char *text, undr_buffer *message) {
    if (one->kind == FLAG) {
        *(bool *)(void *)((char *)made + one->offset) = true;
        return UNDR_OK;
    }
    if (text == NULL) {
        return refuse(message, "watch: %s takes a value%s", one->name, "");
    }
    if (one->kind == TEXT) {
        *(const char **)(void *)((char *)made + one->offset) = text;
        return UNDR_OK;
    }
    return one->kind == PORT ? set_port(made, one, text, message) : set_off(made, text, message);
}

static const option *find(const char *word, size_t size) {
    for (size_t i = 0; i < OPTIONS; i++) {
        bool named = strlen(options[i].name) == size && memcmp(options[i].name, word, size) == 0;
        if (named || (options[i].other != NULL && strcmp(options[i].other, word) == 0)) {
            return &options[i];
        }
    }
    return NULL;
}

static undr_error check(const watch_arguments *made, undr_buffer *message) {
    int sources = (made->pcap != NULL) + (made->interface != NULL) + made->has_listen + (made->command != NULL);
    if (made->help) {
        return UNDR_OK;
    }
    if (sources != 1) {
        return refuse(message,
            "watch: give one of --pcap FILE, --interface NAME, --listen PORT --to PORT, `-- COMMAND`%s%s", "",
            sources == 0 ? "" : ", not several");
    }
    if (made->has_listen != (made->to != 0)) {
        return refuse(message, "watch: --listen and --to belong together%s%s", "", "");
    }
    if (made->interface != NULL && made->port == 0) {
        return refuse(message, "watch: --interface needs --port, that of the manager%s%s", "", "");
    }
    return UNDR_OK;
}

undr_error watch_arguments_parse(int argc, char **argv, watch_arguments *made, undr_buffer *message) {
    *made = (watch_arguments){0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            made->command = i + 1 < argc ? argv + i + 1 : NULL;
            break;
        }
        const char *equals = strncmp(argv[i], "--", 2) == 0 ? strchr(argv[i], '=') : NULL;
        const option *one = find(argv[i], equals == NULL ? strlen(argv[i]) : (size_t)(equals - argv[i]));
        if (one == NULL) {
            return unknown(message, argv[i]);
        }
        const char *text = equals != NULL ? equals + 1 : one->kind != FLAG && i + 1 < argc ? argv[++i] : NULL;
        undr_error error = set(made, one, text, message);
        if (error != UNDR_OK) {
            return error;
        }
    }
    return check(made, message);
}

void watch_help(FILE *out) {
    fputs(
        "undr-check watch judges a manager and its workers while they do their own work: which of them broke which\n"
        "sentence of spec/protocol.md, when, and the frames that show it. It never takes part.\n"
        "\n"
        "Usage\n"
        "  undr-check watch [OPTIONS] -- COMMAND...       runs COMMAND in a network of its own (loopback only; no root\n"
        "                                                 where user namespaces are allowed) and sees all of it\n"
        "  undr-check watch [OPTIONS] --pcap FILE         a capture, pcap or pcapng; - is standard input:\n"
        "                                                 tcpdump -i lo -U -w - tcp port N | undr-check watch --pcap -\n"
        "  undr-check watch [OPTIONS] --interface lo --port N\n"
        "                                                 live, beside what runs already (root, or cap_net_raw)\n"
        "  undr-check watch [OPTIONS] --listen PORT --to PORT\n"
        "                                                 a proxy for workers that are told a port; 0: any that is free\n"
        "\n"
        "Options\n"
        "  --port N         the manager's port. Without it (--pcap, COMMAND) whoever is connected to and is spoken to\n"
        "                   in frames is a manager\n"
        "  --wire-only      the manager's own program schedules no task: each comes over a connection that is seen.\n"
        "                   Only then a task that was handed out twice, changed or never scheduled can be told\n"
        "  --all-workers    every client is a worker; otherwise those that begin with `n` or `t`\n"
        "  --off ID         do not judge this requirement; may be repeated\n"
        "  --output FILE    the report; default: standard error. Standard output stays COMMAND's\n"
        "  --json FILE      the findings and the table for machines\n"
        "  --case FILE      findings that can be shown by a few steps, as cases for `undr-check --cases`\n"
        "  --rates          one line a second: connections, tasks, messages\n"
        "  -v, --verbose    every frame, with its time and port\n"
        "  --strict         a broken SHOULD fails, too; the times in a FILE are believed (WORK-21)\n"
        "\n"
        "What was lost or cut, what a program may have done unseen, and what no wire shows is undecided, and listed.\n"
        "\n"
        "Exit status: 0 nothing broke a MUST (--strict: a SHOULD), 1 something did, 2 the command line or the input is\n"
        "wrong or nothing was judged, 3 the harness itself failed. With COMMAND its own status is passed on when it\n"
        "is not 0 (128 + N: a signal ended it).\n",
        out);
}
