/* help.c: what undr-check --help prints. */
#include "suite/options.h"

static void help_with_cases(FILE *out) {
    fputs(
        "undr-check holds an implementation of the undr task protocol against its specification.\n"
        "\n"
        "Usage\n"
        "  undr-check manager|worker|pool [OPTIONS] -- ARGV...    ARGV is your adapter (spec/adapter.md)\n"
        "  undr-check all [OPTIONS] -- ARGV...                    every role that the adapter declares\n"
        "  undr-check manager --connect HOST:PORT [OPTIONS]       a manager that runs already; no adapter\n"
        "  undr-check explore ROLE [OPTIONS] -- ARGV...           random sessions in a role (or all);\n"
        "                                                         what falls short is made as short as it gets\n"
        "  undr-check parse FILE|FOLDER...                        looks for mistakes in case files\n"
        "  undr-check decode [FILE]                               prints captured bytes in the notation\n"
        "  undr-check watch [OPTIONS] -- COMMAND...               judges a real manager and its workers at their own work;\n"
        "                                                         captures, too: undr-check watch --help\n"
        "\n"
        "Which cases\n"
        "  --list               print the names of the cases (with -v: what they prove), run nothing\n"
        "  --only PATTERN       only the cases whose name matches, as in 'manager.close-*'; may be repeated\n"
        "                       (without it the case ROLE.life.of-a-task is played first; while it falls short,\n"
        "                       all other cases but those about frames are blocked by it)\n"
        "  --cases FOLDER       your own *.case files, beside the built-in ones; may be repeated\n"
        "  --load               the heavy cases, too (long waits, large payloads, many connections)\n"
        "  --destructive        with --connect: also the cases that leave the manager's counts damaged\n"
        "  --sessions N         with explore: how many random sessions a role (default: 100; --seed picks them)\n"
        "  --corpus FOLDER      with explore manager: instead of these all sessions that a fuzzer kept in FOLDER, such as\n"
        "                       fuzz/corpus/manager_session\n"
        "  --shard I/N          the I-th of N parts of the cases, for several machines; ROLE.life.of-a-task is\n"
        "                       played in each\n"
        "\n"
        "How they are played\n"
        "  --delivery NAME      how what is sent is cut: whole, bytes, cut-1 ... cut-8, coalesced,\n"
        "                       straddled, all\n"
        "                       (default: whole, and one other per case that the seed picks)\n"
        "  --all-deliveries     the same as --delivery all\n"
        "  --seed N             the seed of these picks (default: a new one each time; it is printed)\n"
        "  --jobs N             cases at the same time (default: twice the number of processors); above 1 those\n"
        "                       that only wait, for seconds perhaps, are played beside them\n"
        "  --repeat N           everything N times\n"
        "  --until-fail         again and again (at most --repeat times) until something falls short\n"
        "  --fail-fast          ends with the first case that fails; what was not played is not judged\n"
        "  --again N            how often a case that failed is played again, by itself, at the end (default: 2): the\n"
        "                       report says `failed 3 of 3 plays`, or `failed 1 of 3 plays: flaky`. One case of each\n"
        "                       kind of failure, none that --expect lists, within a bounded time. It changes neither\n"
        "                       the verdict nor the exit status: what failed once has failed\n"
        "  --timeout-factor F   multiplies every time limit, for slow targets (valgrind) and busy machines\n"
        "  --pause              before the first step of each case print the target's process id and wait for\n"
        "                       Enter, so that a debugger can attach; the target itself runs on meanwhile, and a\n"
        "                       worker may have connected already. Needs a terminal\n"
        "\n",
        out);
}

static void help_with_results(FILE *out) {
    fputs("What counts\n"
          "  --strict             a SHOULD that does not hold fails the run, too\n"
          "  --expect FILE        what is known to fall short: lines `fail CASE REASON` or `warn CASE REASON`.\n"
          "                       An entry that passes now, fits no case, or falls short in another way\n"
          "                       fails the run. `when python >= 3.13 fail CASE REASON` holds for those versions\n"
          "                       of the adapter's language only, `when version < 2 ...` for those of its own\n"
          "                       (spec/adapter.md, Known failures)\n"
          "  --write-expect FILE  write such a file from this run; REASON is then what was expected and received\n"
          "\n"
          "Reports\n"
          "  -v, --verbose        every case as it ends, with what crossed its connections\n"
          "  --tap                TAP, version 13, on standard output\n"
          "  --junit FILE         JUnit XML        (FILE may be - for standard output)\n"
          "  --json FILE          JSON, as conformance/report.schema.json describes it\n"
          "  --html FILE          one page: a matrix of cases and deliveries, and each failure explained\n"
          "  --color WHEN         auto, always or never\n"
          "  -h, --help           this; behind explore, parse or decode: about that\n"
          "  --version            the version\n"
          "\n"
          "Exit status\n"
          "  0  every MUST held (with --strict: every SHOULD, too)\n"
          "  1  something fell short, or the adapter was refused (then no case was run); decode: a frame is wrong\n"
          "  2  the command line or a file that was named is wrong, or every case was skipped\n"
          "  3  the harness itself failed, or could not write all of its output or of a file\n"
          "  128 + a signal: what ended the run early; its reports are written. 141 (SIGPIPE): nobody reads the\n"
          "     output any more, as with `| head`\n"
          "\n"
          "Texts: spec/ and conformance/ are folders of the source tree; below the prefix of an installation they are\n"
          "  share/doc/undr-task/spec/*.md and share/undr-task/report.schema.json\n"
          "\n"
          "Examples\n"
          "  undr-check manager -- ./my-manager\n"
          "  undr-check all --strict --junit report.xml -- python3 my_adapter.py\n"
          "  undr-check worker --only 'worker.*chain*' -v -- ./my-worker\n"
          "  undr-check pool --expect known.txt --repeat 20 -- ./my-manager\n"
          "  undr-check manager --connect 127.0.0.1:4000\n",
        out);
}

static void help_with_explore(FILE *out) {
    fputs(
        "Usage\n"
        "  undr-check explore manager|worker|pool|all [OPTIONS] -- ARGV...   ARGV is your adapter (spec/adapter.md)\n"
        "  undr-check explore manager --connect HOST:PORT [OPTIONS]\n"
        "\n"
        "Plays random sessions: what must come back is computed for each. The first that falls short is made as short\n"
        "as it gets, printed, and kept as a case of its own.\n"
        "\n"
        "  --sessions N         how many a role (default: 100)\n"
        "  --corpus FOLDER      with the role manager: instead of these the sessions that a fuzzer kept in FOLDER\n"
        "  --seed N             picks them (default: a new one each time; it is printed)\n"
        "  --only PATTERN       only the sessions whose name matches, as in 'manager.explore.7-12'\n"
        "\n"
        "and all options of `undr-check --help` for how cases are played, what counts, and reports, but --cases and\n"
        "--load. Exit status: as of a run (undr-check --help).\n",
        out);
}

static void help_with_parse(FILE *out) {
    fputs("Usage\n"
          "  undr-check parse FILE|FOLDER...\n"
          "\n"
          "Looks for mistakes in case files (spec/exchange.md), without playing them: of each file the first one. A\n"
          "folder stands for the *.case files in it. There are no options.\n"
          "\n"
          "Exit status: 0 no mistake; 2 a mistake, or a file that can't be read; 3 the harness itself failed.\n",
        out);
}

static void help_with_decode(FILE *out) {
    fputs("Usage\n"
          "  undr-check decode [FILE]\n"
          "\n"
          "Prints the bytes that one side of a connection sent, from its first on, in the notation of cases\n"
          "(spec/exchange.md), with a remark above each frame that breaks the protocol. Without FILE, or for -, it\n"
          "reads standard input. There are no options.\n"
          "\n"
          "Exit status: 0 all frames are right; 1 one is not, or the bytes end inside a frame; 2 FILE can't be read;\n"
          "3 the harness itself failed, or could not write all of its output.\n",
        out);
}

void check_help(FILE *out, check_action topic) {
    switch (topic) {
    case CHECK_ACTION_EXPLORE: help_with_explore(out); return;
    case CHECK_ACTION_PARSE: help_with_parse(out); return;
    case CHECK_ACTION_DECODE: help_with_decode(out); return;
    default: help_with_cases(out); help_with_results(out);
    }
}
