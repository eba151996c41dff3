/* option_table.c: the options of undr-check. */
#include "suite/option_table.h"

#define DELIVERIES "whole bytes cut-1 cut-2 cut-3 cut-4 cut-5 cut-6 cut-7 cut-8 coalesced straddled all"

const check_option check_option_table[] = {
    {"list", 0, NULL, NULL, OPTION_LIST, true, CHECK_SECTION_CASES,
        "print the names of the cases (with -v: what they prove), run nothing"},
    {"only", 0, "PATTERN", NULL, OPTION_ONLY, true, CHECK_SECTION_CASES,
        "only the cases whose name matches, as in 'manager.close-*'; may be repeated (without it the case "
        "ROLE.life.of-a-task is played first; while it fails, all other cases but those about frames are blocked by "
        "it)"},
    {"skip", 0, "PATTERN", NULL, OPTION_SKIP, true, CHECK_SECTION_CASES,
        "leave out the cases whose name matches; may be repeated. The report says how many were left out"},
    {"cases", 0, "FOLDER", NULL, OPTION_CASES, true, CHECK_SECTION_CASES,
        "your own *.case files, besides the built-in ones; may be repeated"},
    {"load", 0, NULL, NULL, OPTION_LOAD, true, CHECK_SECTION_CASES,
        "the heavy cases, too (long waits, large payloads, many connections)"},
    {"destructive", 0, NULL, NULL, OPTION_DESTRUCTIVE, true, CHECK_SECTION_CASES,
        "with --connect: also the cases that damage the manager's counts"},
    {"sessions", 0, "N", NULL, OPTION_SESSIONS, false, CHECK_SECTION_CASES,
        "with explore: how many random sessions a role (default: 100; --seed picks them)"},
    {"corpus", 0, "FOLDER", NULL, OPTION_CORPUS, false, CHECK_SECTION_CASES,
        "with explore manager: all sessions that a fuzzer kept in FOLDER, such as fuzz/corpus/manager_session, "
        "instead of random ones"},
    {"shard", 0, "I/N", NULL, OPTION_SHARD, false, CHECK_SECTION_CASES,
        "the I-th of N parts of the cases, for several machines; ROLE.life.of-a-task is played in each. `undr-check "
        "merge` joins their --json reports"},
    {"delivery", 0, "NAME", DELIVERIES, OPTION_DELIVERY, false, CHECK_SECTION_PLAYS,
        "how the harness cuts what it sends: whole, bytes, cut-1 ... cut-8, coalesced, straddled, all (default: "
        "whole, and one "
        "other per case that the seed picks)"},
    {"all-deliveries", 0, NULL, NULL, OPTION_ALL_DELIVERIES, true, CHECK_SECTION_PLAYS, "the same as --delivery all"},
    {"seed", 0, "N", NULL, OPTION_SEED, false, CHECK_SECTION_PLAYS,
        "the seed of all random choices (default: a new one each time; it is printed)"},
    {"jobs", 0, "N", NULL, OPTION_JOBS, false, CHECK_SECTION_PLAYS,
        "cases at the same time (default: twice the number of processors); above 1, cases that only wait run besides"},
    {"repeat", 0, "N", NULL, OPTION_REPEAT, false, CHECK_SECTION_PLAYS, "everything N times"},
    {"until-fail", 0, NULL, NULL, OPTION_UNTIL_FAIL, true, CHECK_SECTION_PLAYS,
        "again and again (at most --repeat times) until something fails"},
    {"fail-fast", 0, NULL, NULL, OPTION_FAIL_FAST, true, CHECK_SECTION_PLAYS,
        "end with the first case that fails; the rest is not judged"},
    {"again", 0, "N", NULL, OPTION_AGAIN, false, CHECK_SECTION_PLAYS,
        "how often a case that failed is played again, by itself, at the end (default: 2): the report says `failed 3 "
        "of "
        "3 plays`, or `failed 1 of 3 plays: flaky`. One case of each kind of failure, none that --expect lists (but "
        "`flaky` ones), within a bounded time. It changes neither the verdict nor the exit status: what failed once "
        "has "
        "failed"},
    {"timeout-factor", 0, "F", NULL, OPTION_TIMEOUT_FACTOR, false, CHECK_SECTION_PLAYS,
        "multiplies every time limit, for slow targets (valgrind) and busy machines"},
    {"pause", 0, NULL, NULL, OPTION_PAUSE, true, CHECK_SECTION_PLAYS,
        "before the first step of each case print the target's process id and wait for Enter, so that a debugger can "
        "attach; the target keeps running meanwhile, and a worker may already have connected. Needs a terminal"},
    {"connect", 0, "HOST:PORT", NULL, OPTION_CONNECT, false, CHECK_SECTION_PLAYS,
        "a manager that is already running, without an adapter"},
    {"listen", 0, "HOST:PORT", NULL, OPTION_LISTEN, false, CHECK_SECTION_PLAYS,
        "a worker that you start yourself for each play, in a debugger or a container: undr-check waits for it there; "
        "with watch: PORT alone, a proxy for workers that are told a port (0: any that is free)"},
    {"workers", 0, "N", NULL, OPTION_WORKERS, false, CHECK_SECTION_PLAYS,
        "with pair and matrix: how many workers the manager of a pair has (default: 3)"},
    {"strict", 0, NULL, NULL, OPTION_STRICT, true, CHECK_SECTION_VERDICT,
        "a failing SHOULD fails the run, too; with watch: so does a broken SHOULD; the times in a capture are believed "
        "(WORK-21)"},
    {"expect", 0, "FILE", NULL, OPTION_EXPECT, false, CHECK_SECTION_VERDICT,
        "known failures, a line each: `fail CASE [ID] REASON`, `warn CASE [ID] REASON`, `flaky CASE REASON`. CASE may "
        "be "
        "a pattern. An entry that passes now, fits no case, or fails in another way (with ID: for another requirement) "
        "fails the run. `when python >= 3.13 fail CASE REASON` holds for those versions of the adapter's language "
        "only, "
        "`when version < 2 ...` for those of its own (spec/adapter.md, Known failures)"},
    {"write-expect", 0, "FILE", NULL, OPTION_WRITE_EXPECT, false, CHECK_SECTION_VERDICT,
        "write such a file from this run; each REASON is what was expected and received"},
    {"as-of", 0, "VERSION", NULL, OPTION_AS_OF, false, CHECK_SECTION_VERDICT,
        "judges by what that version of the specification required: cases and sentences that are newer are played, and "
        "reported as `new` where they fail, without failing the run"},
    {"verbose", 'v', NULL, NULL, OPTION_VERBOSE, true, CHECK_SECTION_REPORTS,
        "print every case as it ends, with everything that crossed its connections, and explain every failure; "
        "with watch: every frame, with its time and port; with diff: every case that changed"},
    {"tap", 0, NULL, NULL, OPTION_TAP, true, CHECK_SECTION_REPORTS, "TAP, version 13, on standard output"},
    {"junit", 0, "FILE", NULL, OPTION_JUNIT, false, CHECK_SECTION_REPORTS,
        "JUnit XML        (FILE may be - for standard output)"},
    {"json", 0, "FILE", NULL, OPTION_JSON, false, CHECK_SECTION_REPORTS,
        "JSON, as conformance/report.schema.json describes it; that of watch, pair and matrix is $defs/watch, $defs/pair "
        "and $defs/matrix in it"},
    {"html", 0, "FILE", NULL, OPTION_HTML, false, CHECK_SECTION_REPORTS,
        "one page: failures, grouped by kind; the requirements; a matrix of cases and deliveries"},
    {"markdown", 0, "FILE", NULL, OPTION_MARKDOWN, false, CHECK_SECTION_REPORTS,
        "a summary in Markdown, for a CI's page or a pull request"},
    {"github", 0, NULL, NULL, OPTION_GITHUB, true, CHECK_SECTION_REPORTS,
        "annotations for GitHub Actions on standard output, and the summary in Markdown appended to the file "
        "$GITHUB_STEP_SUMMARY"},
    {"spec-url", 0, "URL", NULL, OPTION_SPEC_URL, false, CHECK_SECTION_REPORTS,
        "where the page of `undr-check spec --html` is: the requirements in --html and --markdown link to its sentences "
        "(default: in --html to a table of their own)"},
    {"format", 0, "NAME", "text markdown json html", OPTION_FORMAT, false, CHECK_SECTION_REPORTS,
        "with diff and merge: text, markdown or json (default: text for diff, json for merge); with spec: text or html"},
    {"report", 0, "FILE", NULL, OPTION_REPORT, true, CHECK_SECTION_REPORTS,
        "with spec: a --json report of a target; each sentence says how it did. May be repeated"},
    {"sources", 0, "URL", NULL, OPTION_SOURCES, false, CHECK_SECTION_REPORTS,
        "with spec --html: where the files of this project are, for links to URL/FILE#LLINE"},
    {"color", 0, "WHEN", "auto always never", OPTION_COLOR, false, CHECK_SECTION_REPORTS, "auto, always or never"},
    {"pcap", 0, "FILE", NULL, OPTION_PCAP, false, CHECK_SECTION_WATCH,
        "a capture, pcap or pcapng; - is standard input, as in tcpdump -i lo -U -w - tcp port N | undr-check watch "
        "--pcap -"},
    {"interface", 0, "NAME", NULL, OPTION_INTERFACE, false, CHECK_SECTION_WATCH,
        "what is already running, live, as in --interface lo --port N (needs root, or cap_net_raw)"},
    {"port", 0, "N", NULL, OPTION_PORT, false, CHECK_SECTION_WATCH,
        "the manager's port. Without it, with --pcap or a command, a peer that others connect to and send frames to is "
        "a manager"},
    {"to", 0, "PORT", NULL, OPTION_TO, false, CHECK_SECTION_WATCH, "with --listen PORT: where the manager is"},
    {"wire-only", 0, NULL, NULL, OPTION_WIRE_ONLY, true, CHECK_SECTION_WATCH,
        "the manager's own program schedules no task: each comes over a connection that is seen. Only then can a task "
        "be recognized that was handed out twice, changed or never scheduled"},
    {"all-workers", 0, NULL, NULL, OPTION_ALL_WORKERS, true, CHECK_SECTION_WATCH,
        "every client is a worker; otherwise those that begin with `n` or `t` are"},
    {"off", 0, "ID", NULL, OPTION_OFF, true, CHECK_SECTION_WATCH, "do not judge this requirement; may be repeated"},
    {"output", 0, "FILE", NULL, OPTION_OUTPUT, false, CHECK_SECTION_WATCH,
        "the report (default: standard error; standard output stays the command's)"},
    {"case", 0, "FILE", NULL, OPTION_CASE, false, CHECK_SECTION_WATCH,
        "findings that a few steps can show, as cases for `undr-check --cases`"},
    {"rates", 0, NULL, NULL, OPTION_RATES, true, CHECK_SECTION_WATCH,
        "one line a second: connections, tasks, messages"},
    {"help", 'h', NULL, NULL, OPTION_HELP, true, CHECK_SECTION_REPORTS,
        "this help; after explore, watch, pair, matrix, parse or decode: help about that"},
    {"version", 'V', NULL, NULL, OPTION_VERSION, true, CHECK_SECTION_REPORTS, "the version"},
    {"man", 0, NULL, NULL, OPTION_MAN, true, CHECK_SECTION_HIDDEN, "the manual page, in roff"},
    {"completion", 0, "SHELL", "bash zsh", OPTION_COMPLETION, false, CHECK_SECTION_HIDDEN,
        "a script that completes the words of undr-check in bash or zsh"},
    {NULL, 0, NULL, NULL, 0, false, CHECK_SECTION_HIDDEN, NULL},
};

const check_verb check_verb_table[] = {
    {"manager", "[OPTIONS] -- ARGV...", "ARGV is your adapter (spec/adapter.md); likewise for worker and pool"},
    {"worker", "[OPTIONS] -- ARGV...", "the harness plays the manager"},
    {"pool", "[OPTIONS] -- ARGV...", "a manager with worker processes of its own"},
    {"all", "[OPTIONS] -- ARGV...", "every role that the adapter declares"},
    {"manager --connect HOST:PORT", "[OPTIONS]", "a manager that is already running; no adapter"},
    {"worker --listen HOST:PORT", "[OPTIONS]", "a worker that you start for each play; no adapter"},
    {"explore", "ROLE [OPTIONS] -- ARGV...", "random sessions; one that fails is made as short as possible"},
    {"watch", "[OPTIONS] -- COMMAND...",
        "judges a real manager and its workers while they work; also captures: undr-check watch --help"},
    {"pair", "[OPTIONS] -- MANAGER... -- WORKER...",
        "the manager of one implementation and workers of another work together; which side breaks what"},
    {"matrix", "FILE.json [OPTIONS]",
        "all implementations of a list against the suite and against each other: one table"},
    {"diff", "OLD.json NEW.json", "what changed between two --json reports"},
    {"merge", "FILE.json...", "joins the reports of the shards of a run"},
    {"spec", "[ID...]",
        "the sentences of the specification, with their cases, code and bugs; spec --html: as a page, or a FILE.md with its style"},
    {"parse", "FILE|FOLDER...", "looks for errors in case files"},
    {"decode", "[FILE]", "prints a capture, captured bytes or hexadecimal text in the notation"},
    {NULL, NULL, NULL},
};

const char check_help_statuses[] =
    "  0  every MUST held (with --strict: every SHOULD, too); diff: nothing got worse\n"
    "  1  something failed, or the adapter was refused (then no case ran); decode: a frame is wrong; diff:\n     "
    "something got worse\n"
    "  2  the command line or a file that was named is wrong, or every case was skipped\n"
    "  3  the harness itself failed, or could not write all of its output or of a file\n"
    "  128 + a signal: what ended the run early; its reports are written. 141 (SIGPIPE): nobody reads the\n"
    "     output any more, as with `| head`\n";

const check_option *check_option_of(int id) {
    const check_option *one = check_option_table;
    while (one->name != NULL && one->id != id) {
        one++;
    }
    return one->name == NULL ? NULL : one;
}

const char *check_section_title(check_section section) {
    static const char *const titles[CHECK_SECTION_COUNT] = {
        "Which cases", "How they are played", "What counts", "Reports", "With watch", "For packages"};
    return titles[section];
}
