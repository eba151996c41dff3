/* options_parse.c: the command line of undr-check: parsed, checked, complained about. */
#include "suite/options.h"

#include "base/text.h"
#include "base/writer.h"
#include "suite/options_parts.h"
#include "suite/version.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* What getopt_long(3) wants, made of the table. */
static void fill_long_options(struct option *to) {
    for (const check_option *one = check_option_table; one->name != NULL; one++) {
        *to++ = (struct option){one->name, one->argument == NULL ? no_argument : required_argument, NULL, one->id};
    }
    *to = (struct option){0};
}

static const char *const verbs[] = {"manager", "worker", "pool", "all", "explore", "watch", "pair", "matrix", "diff",
    "merge", "spec", "parse", "decode", NULL};
static const char *const formats[] = {"text", "markdown", "json", "html", NULL};
static const char *const shells[] = {"bash", "zsh", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

/* "WHAT 'WORD': the choices are a, b, c; did you mean b?" */
static undr_error wrong_choice(check_parsing *parsing, const char *what, const char *word, const char *const *choices) {
    check_writer out = check_writer_to(parsing->message);
    check_write_format(&out, "%s '%s': the choices are ", what, word);
    for (size_t i = 0; choices[i] != NULL; i++) {
        check_write_format(&out, "%s%s", i == 0 ? "" : ", ", choices[i]);
    }
    const char *nearest = check_text_nearest(word, choices);
    if (nearest != NULL) {
        check_write_format(&out, "; did you mean %s?", nearest);
    }
    return check_refused(out.error);
}

static bool read_number(const char *text, uint64_t low, uint64_t high, uint64_t *number) {
    char *end = NULL;
    errno = 0;
    unsigned long long read = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || read < low || read > high) {
        return false;
    }
    *number = read;
    return true;
}

static undr_error number_option(
    check_parsing *parsing, const char *name, const char *text, uint64_t low, uint64_t high, uint64_t *number) {
    if (read_number(text, low, high, number)) {
        return UNDR_OK;
    }
    return check_refused(undr_put_format(parsing->message, "%s '%s': expected a whole number from %llu to %llu", name,
        text, (unsigned long long)low, (unsigned long long)high));
}

static undr_error unsigned_option(
    check_parsing *parsing, const char *name, const char *text, unsigned high, unsigned *to) {
    uint64_t number = 0;
    undr_error error = number_option(parsing, name, text, 1, high, &number);
    if (error == UNDR_OK) {
        *to = (unsigned)number;
    }
    return error;
}

static undr_error add_text(check_texts *texts, char *text) {
    char **grown = realloc(texts->at, (texts->count + 1) * sizeof *grown);
    if (grown == NULL) {
        return UNDR_MEMORY;
    }
    grown[texts->count] = text;
    texts->at = grown;
    texts->count++;
    return UNDR_OK;
}

static undr_error parse_delivery(check_parsing *parsing, const char *text) {
    const char *names[CHECK_DELIVERY_COUNT + 2] = {NULL};
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        names[i] = check_delivery_name((check_delivery)i);
        if (strcmp(text, names[i]) == 0) {
            parsing->options->has_delivery = true;
            parsing->options->delivery = (check_delivery)i;
            return UNDR_OK;
        }
    }
    names[CHECK_DELIVERY_COUNT] = "all";
    if (strcmp(text, "all") != 0) {
        return wrong_choice(parsing, "--delivery", text, names);
    }
    parsing->options->every_delivery = true;
    return UNDR_OK;
}

static undr_error parse_color(check_parsing *parsing, const char *text) {
    for (int i = 0; colors[i] != NULL; i++) {
        if (strcmp(text, colors[i]) == 0) {
            parsing->options->color = (check_color)i;
            return UNDR_OK;
        }
    }
    return wrong_choice(parsing, "--color", text, colors);
}

/* A version that this program knows: neither before the first nor after its own. */
static undr_error parse_version(check_parsing *parsing, const char *text) {
    check_version first, own, asked;
    (void)check_version_read(undr_slice_text(CHECK_FIRST_VERSION), &first);
    (void)check_version_read(undr_slice_text(UNDR_VERSION), &own);
    bool right = text[strspn(text, "0123456789.")] == '\0' && check_version_read(undr_slice_text(text), &asked);
    if (!right || check_version_compare(&asked, &first) < 0 || check_version_compare(&own, &asked) < 0) {
        return check_options_refuse(parsing,
            "--as-of '%s': a version is expected, from " CHECK_FIRST_VERSION ", the first, to " UNDR_VERSION
            ", which this program is",
            text);
    }
    parsing->options->as_of = text;
    return UNDR_OK;
}

static undr_error parse_shard(check_parsing *parsing, const char *text) {
    char first[16] = "";
    const char *slash = strchr(text, '/');
    uint64_t shard = 0, shards = 0;
    if (slash != NULL && (size_t)(slash - text) < sizeof first) {
        memcpy(first, text, (size_t)(slash - text));
    }
    if (slash == NULL || !read_number(slash + 1, 1, 10000, &shards) || !read_number(first, 1, shards, &shard)) {
        return check_options_refuse(
            parsing, "--shard '%s': expected I/N, the I-th of N parts, as in --shard 1/4", text);
    }
    parsing->options->shard = (unsigned)shard;
    parsing->options->shards = (unsigned)shards;
    parsing->options->has_shard = true;
    return UNDR_OK;
}

static undr_error parse_again(check_parsing *parsing, const char *text) {
    uint64_t number = 0;
    undr_error error = number_option(parsing, "--again", text, 0, 1000, &number);
    parsing->options->again = (unsigned)number;
    return error;
}

static undr_error parse_factor(check_parsing *parsing, const char *text) {
    char *end = NULL;
    errno = 0;
    double factor = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(factor >= 0.01 && factor <= 10000)) {
        return check_options_refuse(parsing, "--timeout-factor '%s': expected a number from 0.01 to 10000", text);
    }
    parsing->options->timeout_factor = factor;
    return UNDR_OK;
}

/* HOST:PORT of --connect or --listen. */
static undr_error parse_place(check_parsing *parsing, const char *option, const char *text) {
    const char *colon = strrchr(text, ':');
    uint64_t port = 0;
    if (colon == NULL || colon == text || !read_number(colon + 1, 1, 65535, &port)) {
        return check_refused(undr_put_format(
            parsing->message, "%s '%s': expected HOST:PORT, as in %s 127.0.0.1:4000", option, text, option));
    }
    if (parsing->options->host != NULL) {
        return check_options_refuse(parsing, "%s", "--connect and --listen can't be combined");
    }
    parsing->options->listens = strcmp(option, "--listen") == 0;
    parsing->options->host = strndup(text, (size_t)(colon - text));
    parsing->options->port = (uint16_t)port;
    return parsing->options->host == NULL ? UNDR_MEMORY : UNDR_OK;
}

/* A port of watch; 0, any that is free, only where it says so. */
static undr_error parse_port(check_parsing *parsing, const char *option, const char *text, bool any, uint16_t *port) {
    uint64_t number = 0;
    if (!read_number(text, any ? 0 : 1, UINT16_MAX, &number)) {
        return check_refused(undr_put_format(
            parsing->message, "watch: %s '%s': expected a port, a number from 1 to 65535", option, text));
    }
    *port = (uint16_t)number;
    return UNDR_OK;
}

static undr_error parse_listen(check_parsing *parsing, const char *text) {
    watch_arguments *asked = &parsing->options->watch;
    asked->has_listen = parsing->options->action == CHECK_ACTION_WATCH;
    return asked->has_listen ? parse_port(parsing, "--listen", text, true, &asked->listen)
                             : parse_place(parsing, "--listen", text);
}

static undr_error parse_off(check_parsing *parsing, const char *text) {
    return watch_arguments_off(&parsing->options->watch, text)
        ? UNDR_OK
        : check_options_refuse(parsing, "watch: --off '%s': expected the id of a requirement that it judges", text);
}

static undr_error parse_format(check_parsing *parsing, const char *text) {
    for (int i = 0; formats[i] != NULL; i++) {
        if (strcmp(text, formats[i]) == 0) {
            parsing->options->format = (check_format)(i + 1);
            return UNDR_OK;
        }
    }
    return wrong_choice(parsing, "--format", text, formats);
}

static undr_error parse_shell(check_parsing *parsing, const char *text) {
    parsing->options->action = CHECK_ACTION_COMPLETION;
    parsing->options->zsh = strcmp(text, "zsh") == 0;
    return parsing->options->zsh || strcmp(text, "bash") == 0 ? UNDR_OK
                                                              : wrong_choice(parsing, "--completion", text, shells);
}

/* The second of two values would silently win, and the user would believe in both. */
static undr_error refuse_second(check_parsing *parsing, int option) {
    const check_option *of = check_option_of(option);
    if (!parsing->given[option - OPTION_LIST] || of == NULL || of->repeats) {
        return UNDR_OK;
    }
    return check_refused(undr_put_format(parsing->message, "--%s is given twice; %s", of->name,
        option == OPTION_DELIVERY ? "--delivery all plays them all; otherwise run undr-check once for each"
                                  : "it takes one value: remove one of them"));
}

/* Options that take a value. */
static undr_error take_value(check_parsing *parsing, int option, char *value) {
    check_options *options = parsing->options;
    switch (option) {
    case OPTION_ONLY: return add_text(&options->only, value);
    case OPTION_SKIP: return add_text(&options->skip, value);
    case OPTION_CASES: return add_text(&options->cases, value);
    case OPTION_OFF: return parse_off(parsing, value);
    case OPTION_REPORT: return add_text(&options->reports, value);
    case OPTION_SPEC_URL: options->spec_url = value; return UNDR_OK;
    case OPTION_SOURCES: options->sources = value; return UNDR_OK;
    case OPTION_AS_OF: return parse_version(parsing, value);
    case OPTION_MARKDOWN: options->markdown = value; return UNDR_OK;
    case OPTION_FORMAT: return parse_format(parsing, value);
    case OPTION_COMPLETION: return parse_shell(parsing, value);
    case OPTION_LISTEN: return parse_listen(parsing, value);
    case OPTION_JOBS: return unsigned_option(parsing, "--jobs", value, 1024, &options->jobs);
    case OPTION_JUNIT: options->junit = value; return UNDR_OK;
    case OPTION_JSON: options->json = value; return UNDR_OK;
    case OPTION_HTML: options->html = value; return UNDR_OK;
    case OPTION_DELIVERY: return parse_delivery(parsing, value);
    case OPTION_SEED:
        options->has_seed = true;
        return number_option(parsing, "--seed", value, 0, UINT64_MAX, &options->seed);
    case OPTION_REPEAT: return unsigned_option(parsing, "--repeat", value, 1000000, &options->repeat);
    case OPTION_SESSIONS: return unsigned_option(parsing, "--sessions", value, 1000000, &options->sessions);
    case OPTION_WORKERS: return unsigned_option(parsing, "--workers", value, 64, &options->workers);
    case OPTION_AGAIN: return parse_again(parsing, value);
    case OPTION_SHARD: return parse_shard(parsing, value);
    case OPTION_TIMEOUT_FACTOR: return parse_factor(parsing, value);
    case OPTION_CORPUS: options->corpus = value; return UNDR_OK;
    case OPTION_EXPECT: options->expect = value; return UNDR_OK;
    case OPTION_WRITE_EXPECT: options->write_expect = value; return UNDR_OK;
    case OPTION_COLOR: return parse_color(parsing, value);
    case OPTION_CONNECT: return parse_place(parsing, "--connect", value);
    case OPTION_PCAP: options->watch.pcap = value; return UNDR_OK;
    case OPTION_INTERFACE: options->watch.interface = value; return UNDR_OK;
    case OPTION_OUTPUT: options->watch.output = value; return UNDR_OK;
    case OPTION_CASE: options->watch.cases = value; return UNDR_OK;
    case OPTION_PORT: return parse_port(parsing, "--port", value, false, &options->watch.port);
    case OPTION_TO: return parse_port(parsing, "--to", value, false, &options->watch.to);
    default: return UNDR_ARGUMENT;
    }
}

/* Options that stand alone. False: not one of them. */
static bool take_switch(check_options *options, int option) {
    switch (option) {
    case OPTION_LIST: return true; /* what it does depends on the verb: see check_options_parse */
    case OPTION_VERBOSE: options->verbose = true; return true;
    case OPTION_TAP: options->tap = true; return true;
    case OPTION_STRICT: options->strict = true; return true;
    case OPTION_ALL_DELIVERIES: options->every_delivery = true; return true;
    case OPTION_UNTIL_FAIL: options->until_fail = true; return true;
    case OPTION_FAIL_FAST: options->fail_fast = true; return true;
    case OPTION_LOAD: options->load = true; return true;
    case OPTION_DESTRUCTIVE: options->destructive = true; return true;
    case OPTION_PAUSE: options->pause = true; return true;
    case OPTION_GITHUB: options->github = true; return true;
    case OPTION_WIRE_ONLY: options->watch.wire_only = true; return true;
    case OPTION_ALL_WORKERS: options->watch.all_workers = true; return true;
    case OPTION_RATES: options->watch.rates = true; return true;
    case OPTION_MAN: options->action = CHECK_ACTION_MAN; return true;
    case OPTION_HELP: options->help = true; return true;
    case OPTION_VERSION: options->action = CHECK_ACTION_VERSION; return true;
    default: return false;
    }
}

/* getopt answered '?' for `word`: unknown, ambiguous, or with a value that it does not take. */
static undr_error unknown_option(check_parsing *parsing, const char *word) {
    const char *names[MOST_OPTIONS] = {NULL};
    const char *name = word + strspn(word, "-");
    size_t length = strcspn(name, "="), alike = 0;
    for (size_t i = 0; check_option_table[i].name != NULL; i++) {
        names[i] = check_option_table[i].name;
        alike += strncmp(name, names[i], length) == 0 ? 1 : 0;
        if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0) {
            return check_options_refuse(parsing, "option '%s' takes no value", word);
        }
    }
    check_writer out = check_writer_to(parsing->message);
    check_write_format(&out, "%s option '%s'", alike > 1 && length > 0 ? "ambiguous" : "unknown", word);
    const char *nearest = check_text_nearest(name, names);
    if (nearest != NULL) {
        check_write_format(&out, "; did you mean --%s?", nearest);
    }
    return check_refused(out.error);
}

/* Leaves what is no option behind optind. */
static undr_error read_options(check_parsing *parsing) {
    undr_error error = UNDR_OK;
    struct option long_options[MOST_OPTIONS];
    fill_long_options(long_options);
    optind = 0; /* glibc: begin anew, so that this may be called twice */
    opterr = 0;
    for (;;) {
        int next = optind == 0 ? 1 : optind;
        int option = getopt_long(parsing->argc, parsing->argv, "+:vhV", long_options, NULL);
        const char *word = next < parsing->argc ? parsing->argv[next] : "";
        if (option == -1) {
            return UNDR_OK;
        }
        if (option == ':') {
            return check_options_refuse(parsing, "option '%s' needs a value", word);
        }
        if (option == '?') {
            return unknown_option(parsing, word);
        }
        option = option == 'v' ? OPTION_VERBOSE : option == 'h' ? OPTION_HELP : option == 'V' ? OPTION_VERSION : option;
        if (!take_switch(parsing->options, option)) {
            error = refuse_second(parsing, option);
            error = error == UNDR_OK ? take_value(parsing, option, optarg) : error;
        }
        parsing->given[option - OPTION_LIST] = true;
        if (error != UNDR_OK) {
            return error;
        }
    }
}

/* The verb, and what follows it: files or roles. */
static undr_error take_word(check_parsing *parsing, char *word, bool *has_verb) {
    check_options *options = parsing->options;
    if (options->action == CHECK_ACTION_PARSE || options->action == CHECK_ACTION_DECODE
        || options->action == CHECK_ACTION_DIFF || options->action == CHECK_ACTION_MERGE
        || options->action == CHECK_ACTION_SPEC || options->action == CHECK_ACTION_MATRIX) {
        return add_text(&options->files, word);
    }
    if (options->action == CHECK_ACTION_RUN && !*has_verb && strcmp(word, "explore") == 0) {
        options->action = CHECK_ACTION_EXPLORE; /* the role follows */
        return UNDR_OK;
    }
    if (*has_verb) {
        return check_options_refuse(parsing, "unexpected argument '%s'; put the adapter's command after --", word);
    }
    *has_verb = true;
    for (int role = 0; role < CHECK_ROLE_COUNT; role++) {
        options->roles[role] = strcmp(word, "all") == 0 || strcmp(word, check_role_name((check_role)role)) == 0;
    }
    options->all = strcmp(word, "all") == 0;
    if (options->roles[0] || options->roles[1] || options->roles[2]) {
        return UNDR_OK;
    }
    static const struct {
        const char *word;
        check_action action;
    } others[] = {{"parse", CHECK_ACTION_PARSE}, {"decode", CHECK_ACTION_DECODE}, {"diff", CHECK_ACTION_DIFF},
        {"merge", CHECK_ACTION_MERGE}, {"spec", CHECK_ACTION_SPEC}, {"watch", CHECK_ACTION_WATCH},
        {"pair", CHECK_ACTION_PAIR}, {"matrix", CHECK_ACTION_MATRIX}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(word, others[i].word) == 0) {
            options->action = others[i].action;
            return UNDR_OK;
        }
    }
    return wrong_choice(parsing, "unknown command", word, verbs);
}

/* Options and words in any order: each round reads the options up to the next word. */
static undr_error read_arguments(check_parsing *parsing, bool *has_verb) {
    undr_error error = UNDR_OK;
    while (error == UNDR_OK) {
        error = read_options(parsing);
        if (error != UNDR_OK || optind >= parsing->argc) {
            return error;
        }
        int word = optind;
        error = take_word(parsing, parsing->argv[word], has_verb);
        parsing->argv[word] = parsing->argv[0];
        parsing->argv += word;
        parsing->argc -= word;
    }
    return error;
}

/* --html of a run takes a file; that of `spec` stands alone. */
static void rename_html(check_parsing *parsing) {
    static char format[] = "--format=html";
    int verb = 1;
    while (verb < parsing->argc && parsing->argv[verb][0] == '-') {
        verb++;
    }
    bool is_spec = verb < parsing->argc && strcmp(parsing->argv[verb], "spec") == 0;
    for (int i = 1; is_spec && i < parsing->argc; i++) {
        parsing->argv[i] = strcmp(parsing->argv[i], "--html") == 0 ? format : parsing->argv[i];
    }
}

undr_error check_options_parse(int argc, char **argv, check_options *options, undr_buffer *message) {
    *options = (check_options){.program = argc > 0 ? argv[0] : "undr-check",
        .words = argv,
        .timeout_factor = 1,
        .spec_url = UNDR_SPEC_URL[0] == '\0' ? NULL : UNDR_SPEC_URL,
        .shard = 1,
        .shards = 1,
        .again = 2};
    check_parsing parsing = {options, message, argc, calloc((size_t)argc + 1, sizeof *argv), {false}};
    char **copy = parsing.argv;
    bool has_verb = false;
    if (copy == NULL) {
        return UNDR_MEMORY;
    }
    memcpy(copy, argv, (size_t)argc * sizeof *argv);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            options->command = i + 1 < argc ? argv + i + 1 : NULL;
            parsing.argc = i;
            copy[i] = NULL;
            break;
        }
    }
    rename_html(&parsing);
    undr_error error = read_arguments(&parsing, &has_verb);
    if (parsing.given[0] && options->action == CHECK_ACTION_RUN) {
        options->action = CHECK_ACTION_LIST;
    }
    if (options->help) {
        options->topic = options->action;
        options->action = CHECK_ACTION_HELP;
    }
    bool asks = options->action >= CHECK_ACTION_HELP;
    if (error == UNDR_OK && !asks) {
        error = check_options_finish(&parsing, has_verb);
    }
    free(copy);
    return error;
}

void check_options_free(check_options *options) {
    free(options->only.at);
    free(options->skip.at);
    free(options->cases.at);
    free(options->files.at);
    free(options->reports.at);
    free(options->host);
    *options = (check_options){0};
}
