/* test_options.c: the command line of undr-check. */
#include "suite/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_WORDS = 16 };

/* Splits a line at blanks; the words live in `line`. */
static int split(char *line, char **words) {
    int count = 0;
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(count < MOST_WORDS);
        words[count++] = word;
    }
    words[count] = NULL;
    return count;
}

static char line_copy[512];
static char *words[MOST_WORDS + 1];

/* The parsed line; check_options_free is the caller's. */
static check_options parsed(const char *line) {
    check_options options;
    undr_buffer message = {0};
    snprintf(line_copy, sizeof line_copy, "%s", line);
    int count = split(line_copy, words);
    undr_error error = check_options_parse(count, words, &options, &message);
    if (error != UNDR_OK) {
        print_error("%s: %.*s\n", line, (int)message.size, (const char *)message.data);
    }
    assert_int_equal(error, UNDR_OK);
    undr_buffer_free(&message);
    return options;
}

/* The line is refused, with a message that holds `text`. */
static void assert_refused(const char *line, const char *text) {
    check_options options;
    undr_buffer message = {0};
    snprintf(line_copy, sizeof line_copy, "%s", line);
    int count = split(line_copy, words);
    assert_int_equal(check_options_parse(count, words, &options, &message), UNDR_ARGUMENT);
    assert_int_equal(undr_put_u8(&message, 0), UNDR_OK);
    if (strstr((const char *)message.data, text) == NULL) {
        fail_msg("%s: the message does not say `%s`: %s", line, text, (const char *)message.data);
    }
    undr_buffer_free(&message);
    check_options_free(&options);
}

static void defaults(void **state) {
    check_options options = parsed("undr-check manager -- ./m --x manager");
    (void)state;
    assert_int_equal(options.action, CHECK_ACTION_RUN);
    assert_true(
        options.roles[CHECK_ROLE_MANAGER] && !options.roles[CHECK_ROLE_WORKER] && !options.roles[CHECK_ROLE_POOL]);
    assert_string_equal(options.command[0], "./m");
    assert_string_equal(options.command[1], "--x");
    assert_string_equal(options.command[2], "manager");
    assert_null(options.command[3]);
    assert_true(options.timeout_factor == 1.0);
    assert_int_equal(options.shard, 1);
    assert_int_equal(options.shards, 1);
    assert_int_equal(options.again, 2);
    assert_false(options.strict || options.tap || options.verbose || options.has_seed || options.every_delivery);
    check_options_free(&options);
}

static void every_option(void **state) {
    check_options options = parsed("undr-check --strict -v pool --only a* --only=b --cases d --jobs 3 --seed 7 -- x");
    (void)state;
    assert_true(options.strict && options.verbose && options.roles[CHECK_ROLE_POOL]);
    assert_int_equal(options.only.count, 2);
    assert_string_equal(options.only.at[1], "b");
    assert_string_equal(options.cases.at[0], "d");
    assert_int_equal(options.jobs, 3);
    assert_true(options.has_seed && options.seed == 7);
    check_options_free(&options);
    options = parsed(
        "undr-check worker --delivery cut-3 --shard 2/4 --timeout-factor 2.5 --until-fail --repeat 9 -- x");
    assert_true(options.has_delivery && options.delivery == CHECK_DELIVERY_CUT_3);
    assert_int_equal(options.shard, 2);
    assert_int_equal(options.shards, 4);
    assert_true(options.timeout_factor == 2.5);
    assert_true(options.until_fail && options.repeat == 9);
    check_options_free(&options);
    options = parsed("undr-check pair --workers 5 --strict -- m -- w");
    assert_int_equal(options.action, CHECK_ACTION_PAIR);
    assert_int_equal(options.workers, 5);
    assert_string_equal(options.command[1], "--"); /* which of them is whose command, pair says */
    check_options_free(&options);
    options = parsed("undr-check matrix list.json --jobs 3 --html pages");
    assert_int_equal(options.action, CHECK_ACTION_MATRIX);
    assert_string_equal(options.files.at[0], "list.json");
    check_options_free(&options);
    options = parsed("undr-check worker --again 0 -- x");
    assert_int_equal(options.again, 0);
    check_options_free(&options);
}

static void several_ways_to_say_it(void **state) {
    check_options options = parsed("undr-check all --delivery all --color never -- x");
    (void)state;
    assert_true(options.every_delivery && options.all && options.color == CHECK_COLOR_NEVER);
    assert_true(options.roles[0] && options.roles[1] && options.roles[2]);
    check_options_free(&options);
    options = parsed("undr-check manager --connect 127.0.0.1:4000 --destructive");
    assert_string_equal(options.host, "127.0.0.1");
    assert_int_equal(options.port, 4000);
    assert_null(options.command);
    check_options_free(&options);
    options = parsed("undr-check --list");
    assert_int_equal(options.action, CHECK_ACTION_LIST);
    assert_true(options.roles[0] && options.roles[1] && options.roles[2]);
    check_options_free(&options);
    options = parsed("undr-check parse a.case b");
    assert_int_equal(options.action, CHECK_ACTION_PARSE);
    assert_int_equal(options.files.count, 2);
    check_options_free(&options);
    options = parsed("undr-check --help");
    assert_int_equal(options.action, CHECK_ACTION_HELP);
    check_options_free(&options);
}

static void refusals_name_the_choices(void **state) {
    (void)state;
    assert_refused("undr-check", "manager|worker|pool|all");
    assert_refused("undr-check mangaer -- x", "did you mean manager?");
    assert_refused("undr-check x -- x",
        "manager, worker, pool, all, explore, watch, pair, matrix, diff, merge, spec, parse, decode");
    assert_refused("undr-check manager --onyl x -- x", "did you mean --only?");
    assert_refused("undr-check manager --qqqqqq -- x", "unknown option '--qqqqqq'");
    assert_refused("undr-check manager --delivery cut9 -- x", "cut-8, coalesced, straddled, all");
    assert_refused("undr-check manager --color blue -- x", "auto, always, never");
    assert_refused("undr-check manager worker -- x", "'worker'");
}

static void refusals_of_values(void **state) {
    (void)state;
    assert_refused("undr-check manager --jobs 0 -- x", "1 to 1024");
    assert_refused("undr-check manager --jobs -1 -- x", "1 to 1024");
    assert_refused("undr-check manager --jobs 2x -- x", "--jobs '2x'");
    assert_refused("undr-check manager --seed 18446744073709551616 -- x", "--seed");
    assert_refused("undr-check manager --shard 0/2 -- x", "I/N");
    assert_refused("undr-check manager --shard 3/2 -- x", "I/N");
    assert_refused("undr-check manager --shard 1 -- x", "I/N");
    assert_refused("undr-check manager --timeout-factor nan -- x", "--timeout-factor");
    assert_refused("undr-check manager --timeout-factor 0 -- x", "--timeout-factor");
    assert_refused("undr-check manager --connect localhost", "HOST:PORT");
    assert_refused("undr-check manager --connect h:70000", "HOST:PORT");
    assert_refused("undr-check manager --jobs", "needs a value");
    assert_refused("undr-check manager --strict=yes -- x", "takes no value");
}

static void refusals_of_combinations(void **state) {
    (void)state;
    assert_refused("undr-check manager", "undr-check manager -- ./my-adapter");
    assert_refused("undr-check manager --", "after --");
    assert_refused("undr-check worker --connect h:1", "manager only");
    assert_refused("undr-check manager --connect h:1 -- x", "can't be combined");
    assert_refused("undr-check manager --delivery whole --all-deliveries -- x", "can't be combined");
    assert_refused("undr-check parse", "name the case files");
    assert_refused("undr-check decode a b", "'b'");
    assert_refused("undr-check explore worker", "undr-check explore worker -- ./my-adapter");
    assert_refused("undr-check explore all", "undr-check explore all -- ./my-adapter");
}

/* What would have no effect is no option of that verb. */
static void options_that_have_no_effect(void **state) {
    (void)state;
    static const char *const of_a_run[] = {
        "--tap", "--junit f", "--json f", "--html f", "--write-expect f", "--destructive", "--sessions 1"};
    /* --list takes what says how a run is made: it is what that run would play. */
    static const char *const of_a_list[] = {"--only x", "--cases d", "--load", "--shard 1/2", "-v", "--verbose",
        "--list", "--jobs 2", "--strict", "--delivery whole", "--all-deliveries", "--seed 1", "--repeat 2",
        "--until-fail", "--again 1", "--timeout-factor 2", "--expect f", "--pause", "--color never", "--connect h:1"};
    char line[128];
    for (size_t i = 0; i < sizeof of_a_run / sizeof *of_a_run; i++) {
        static const char *const formats[] = {
            "undr-check --list %s", "undr-check manager --list %s", "undr-check parse a %s", "undr-check decode %s a"};
        for (size_t verb = 0; verb < sizeof formats / sizeof *formats; verb++) {
            (void)snprintf(line, sizeof line, formats[verb], of_a_run[i]);
            assert_refused(line, "remove it");
        }
    }
    for (size_t i = 0; i < sizeof of_a_list / sizeof *of_a_list; i++) {
        (void)snprintf(line, sizeof line, "undr-check decode a %s", of_a_list[i]);
        assert_refused(line, "remove it");
        (void)snprintf(line, sizeof line, "undr-check manager --list %s", of_a_list[i]);
        check_options options = parsed(line);
        check_options_free(&options);
    }
    assert_refused("undr-check manager --sessions 5 -- x", "belongs to explore");
    assert_refused("undr-check manager --destructive -- x", "--connect");
    assert_refused("undr-check explore manager --cases d -- x", "explore does not use --cases");
    assert_refused("undr-check explore manager --load -- x", "explore does not use --load");
    assert_refused("undr-check parse a -- x", "starts no adapter");
    assert_refused("undr-check decode a -- x", "starts no adapter");
    check_options options = parsed("undr-check manager --list -- x"); /* before a command that is there already */
    check_options_free(&options);
}

/* What an option means with watch, and what it means elsewhere. */
static void options_of_watch(void **state) {
    (void)state;
    check_options options = parsed("undr-check watch --listen 0 --to 4000 --json f -v --strict --off WORK-3");
    assert_int_equal(options.action, CHECK_ACTION_WATCH);
    assert_true(options.watch.has_listen && options.watch.strict && options.watch.every_frame);
    assert_false(options.listens);
    assert_int_equal(options.watch.to, 4000);
    assert_string_equal(options.watch.json, "f");
    bool off = false;
    for (size_t i = 0; i < sizeof options.watch.off.off / sizeof *options.watch.off.off; i++) {
        off = off || options.watch.off.off[i] != 0;
    }
    assert_true(off);
    check_options_free(&options);
    options = parsed("undr-check worker --listen 127.0.0.1:4000");
    assert_true(options.listens && !options.watch.has_listen);
    check_options_free(&options);
    options = parsed("undr-check watch --port 1 -- a b");
    assert_string_equal(options.watch.command[1], "b");
    check_options_free(&options);
    assert_refused("undr-check watch --listen 127.0.0.1:1 --to 2", "expected a port");
    assert_refused("undr-check watch --port 0 --pcap x", "expected a port");
    assert_refused("undr-check watch --pcap x --junit y", "watch does not use --junit");
    assert_refused("undr-check watch --pcap x -- y", "not several");
    assert_refused("undr-check manager --wire-only -- y", "which belongs to watch");
}

static void help_is_about_the_verb(void **state) {
    (void)state;
    static const struct {
        const char *line;
        check_action topic;
    } rows[] = {{"undr-check --help", CHECK_ACTION_RUN}, {"undr-check manager -h", CHECK_ACTION_RUN},
        {"undr-check explore --help", CHECK_ACTION_EXPLORE}, {"undr-check --help explore", CHECK_ACTION_EXPLORE},
        {"undr-check decode --help", CHECK_ACTION_DECODE}, {"undr-check parse --tap --help", CHECK_ACTION_PARSE},
        {"undr-check watch --pcap x -h", CHECK_ACTION_WATCH}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_options options = parsed(rows[i].line);
        assert_int_equal(options.action, CHECK_ACTION_HELP);
        assert_int_equal(options.topic, rows[i].topic);
        check_options_free(&options);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_option),
        cmocka_unit_test(several_ways_to_say_it),
        cmocka_unit_test(refusals_name_the_choices),
        cmocka_unit_test(refusals_of_values),
        cmocka_unit_test(refusals_of_combinations),
        cmocka_unit_test(options_that_have_no_effect),
        cmocka_unit_test(options_of_watch),
        cmocka_unit_test(help_is_about_the_verb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
