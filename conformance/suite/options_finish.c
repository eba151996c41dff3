/* options_finish.c: do the options and words of a command line fit together, and is nothing missing? */
#include "suite/options.h"
#include "suite/options_parts.h"

#include "base/writer.h"

#include <string.h>

undr_error check_options_refuse(check_parsing *parsing, const char *what, const char *text) {
    return check_refused(undr_put_format(parsing->message, what, text));
}

static check_role only_role(const check_options *options) {
    int role = CHECK_ROLE_MANAGER;
    while (role < CHECK_ROLE_POOL && !options->roles[role]) {
        role++;
    }
    return (check_role)role;
}

/* As it was typed: "manager", "explore all". */
static const char *verb_of(const check_options *options) {
    static const char *const explored[] = {"explore manager", "explore worker", "explore pool"};
    bool explores = options->action == CHECK_ACTION_EXPLORE;
    check_role role = only_role(options);
    return options->all ? explores ? "explore all" : "all" : explores ? explored[role] : check_role_name(role);
}

static undr_error finish_run(check_parsing *parsing, bool has_verb) {
    check_options *options = parsing->options;
    if (!has_verb) {
        return check_options_refuse(
            parsing, "the command is missing: undr-check %s [OPTIONS] -- ARGV...", "manager|worker|pool|all");
    }
    if (options->host != NULL && options->command != NULL) {
        return check_options_refuse(
            parsing, "%s and a command after -- can't be combined", options->listens ? "--listen" : "--connect");
    }
    if (options->listens && (options->all || !options->roles[CHECK_ROLE_WORKER])) {
        return check_options_refuse(
            parsing, "--listen waits for a worker: undr-check worker --listen %s:PORT", options->host);
    }
    if (options->host != NULL && !options->listens && (options->all || !options->roles[CHECK_ROLE_MANAGER])) {
        return check_options_refuse(
            parsing, "--connect reaches a manager only: undr-check manager --connect %s:PORT", options->host);
    }
    if (options->host == NULL && options->command == NULL) {
        return check_options_refuse(parsing,
            "the adapter's command is missing: put it after --, as in undr-check %s -- ./my-adapter", verb_of(options));
    }
    if (options->listens) { /* each play is one start by hand */
        options->has_delivery = options->has_delivery || !options->every_delivery;
        options->again = parsing->given[OPTION_AGAIN - OPTION_LIST] ? options->again : 0;
    }
    if (options->has_delivery && options->every_delivery) {
        return check_options_refuse(parsing, "%s", "--delivery NAME and --all-deliveries can't be combined");
    }
    return UNDR_OK;
}

static undr_error finish_explore(check_parsing *parsing, bool has_verb) {
    const check_options *options = parsing->options;
    if (!has_verb) {
        return check_options_refuse(
            parsing, "explore: name the role, %s", "as in undr-check explore manager -- ARGV...");
    }
    if (options->corpus != NULL && (options->all || only_role(options) != CHECK_ROLE_MANAGER)) {
        return check_options_refuse(parsing,
            "--corpus has sessions of a manager: undr-check explore manager --corpus %s -- ARGV...", options->corpus);
    }
    if (options->corpus != NULL && options->sessions != 0) {
        return check_options_refuse(
            parsing, "%s", "--corpus and --sessions can't be combined: all kept sessions are played");
    }
    return finish_run(parsing, has_verb);
}

/* An option without an effect is refused, with the verbs for which it has one. */
static undr_error refuse_unused(check_parsing *parsing) {
    static const char *const actions[] = {[CHECK_ACTION_RUN] = "a run",
        [CHECK_ACTION_LIST] = "--list",
        [CHECK_ACTION_PARSE] = "parse",
        [CHECK_ACTION_DECODE] = "decode",
        [CHECK_ACTION_EXPLORE] = "explore",
        [CHECK_ACTION_DIFF] = "diff",
        [CHECK_ACTION_MERGE] = "merge",
        [CHECK_ACTION_SPEC] = "spec",
        [CHECK_ACTION_WATCH] = "watch",
        [CHECK_ACTION_PAIR] = "pair",
        [CHECK_ACTION_MATRIX] = "matrix"};
    const check_options *options = parsing->options;
    for (int option = OPTION_LIST; option < OPTION_MAN; option++) {
        const char *name = check_option_of(option)->name;
        if (parsing->given[option - OPTION_LIST] && !check_option_is_used(options->action, name)) {
            return check_refused(
                undr_put_format(parsing->message, "%s does not use --%s, which belongs to %s: remove it",
                    actions[options->action], name, check_option_users(name)));
        }
    }
    bool reads = options->action == CHECK_ACTION_PARSE || options->action == CHECK_ACTION_DECODE
        || options->action == CHECK_ACTION_DIFF || options->action == CHECK_ACTION_MERGE
        || options->action == CHECK_ACTION_SPEC || options->action == CHECK_ACTION_MATRIX;
    if (reads && options->command != NULL) {
        return check_options_refuse(
            parsing, "%s starts no adapter: remove `--` and what follows it", actions[options->action]);
    }
    return options->destructive && options->host == NULL
        ? check_options_refuse(parsing, "--destructive belongs to --connect HOST:PORT: %s",
              "a target that undr-check starts has nothing to lose")
        : UNDR_OK;
}

static undr_error finish_spec(check_parsing *parsing) {
    const check_options *options = parsing->options;
    if (options->format == CHECK_FORMAT_MARKDOWN || options->format == CHECK_FORMAT_JSON) {
        return check_options_refuse(parsing, "spec: %s", "the formats are text and html");
    }
    if (options->format == CHECK_FORMAT_HTML && options->files.count > 1) {
        return check_options_refuse(parsing,
            "spec --html: unexpected argument '%s'; one page of Markdown may be named, instead of the specification",
            options->files.at[1]);
    }
    return options->sources != NULL && options->format != CHECK_FORMAT_HTML
        ? check_options_refuse(parsing, "--sources belongs to spec --html: %s", "a text has no links")
        : UNDR_OK;
}

static undr_error finish_watch(check_parsing *parsing) {
    check_options *options = parsing->options;
    watch_arguments *asked = &options->watch;
    int sources = (asked->pcap != NULL) + (asked->interface != NULL) + asked->has_listen + (options->command != NULL);
    if (sources != 1) {
        return check_options_refuse(parsing,
            "watch: give one of --pcap FILE, --interface NAME, --listen PORT --to PORT, `-- COMMAND`%s",
            sources == 0 ? "" : ", not several");
    }
    if (asked->has_listen != (asked->to != 0)) {
        return check_options_refuse(parsing, "watch: %s", "--listen and --to belong together");
    }
    if (asked->interface != NULL && asked->port == 0) {
        return check_options_refuse(parsing, "watch: %s", "--interface needs --port, that of the manager");
    }
    asked->command = options->command;
    asked->json = options->json;
    asked->html = options->html;
    asked->strict = options->strict;
    asked->every_frame = options->verbose;
    return UNDR_OK;
}

undr_error check_options_finish(check_parsing *parsing, bool has_verb) {
    check_options *options = parsing->options;
    undr_error error = refuse_unused(parsing);
    if (error != UNDR_OK) {
        return error;
    }
    if (options->format == CHECK_FORMAT_HTML && options->action != CHECK_ACTION_SPEC) {
        return check_options_refuse(
            parsing, "--format html belongs to spec: %s", "diff and merge have text, markdown and json");
    }
    switch (options->action) {
    case CHECK_ACTION_RUN: return finish_run(parsing, has_verb);
    case CHECK_ACTION_EXPLORE: return finish_explore(parsing, has_verb);
    case CHECK_ACTION_LIST:
        for (int role = 0; role < CHECK_ROLE_COUNT; role++) {
            options->roles[role] = options->roles[role] || !has_verb;
        }
        return UNDR_OK;
    case CHECK_ACTION_PARSE:
        return options->files.count == 0
            ? check_options_refuse(parsing, "parse: name the case files (%s)", "or folders of them")
            : UNDR_OK;
    case CHECK_ACTION_SPEC: return finish_spec(parsing);
    case CHECK_ACTION_WATCH: return finish_watch(parsing);
    case CHECK_ACTION_DIFF:
        return options->files.count == 2
            ? UNDR_OK
            : check_options_refuse(parsing, "diff compares two reports: %s", "undr-check diff OLD.json NEW.json");
    case CHECK_ACTION_MATRIX:
        return options->files.count == 1
            ? UNDR_OK
            : check_options_refuse(
                  parsing, "matrix: name one list of implementations (%s)", "conformance/adapters/matrix.json is one");
    case CHECK_ACTION_MERGE:
        return options->files.count > 0
            ? UNDR_OK
            : check_options_refuse(parsing, "merge: name the reports of the shards (%s)", "--json wrote them");
    case CHECK_ACTION_DECODE:
        return options->files.count > 1
            ? check_options_refuse(parsing, "decode: unexpected argument '%s'; it reads one file", options->files.at[1])
            : UNDR_OK;
    default: return UNDR_OK;
    }
}
