/* command.c: `undr-check watch`: its parts joined, from the command line to the exit status. */
#include "watch/command.h"

#include "base/shortage.h"
#include "base/stuck.h"
#include "base/text.h"
#include "base/user_file.h"
#include "base/written.h"
#include "watch/source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELD = 0, SHORT = 1, USAGE = 2, HARNESS = 3, NOT_FOUND = 127, NOT_RUN = 126 };

typedef struct run {
    watch_arguments arguments;
    watch_teller teller;
    watch_source source;
    FILE *output, *json, *html, *cases; /* owned; NULL: none */
    watch_page *page;
    sigset_t before; /* the signal mask that a command gets back */
    int status;      /* of the command, as waitpid has it */
    bool commanded;  /* it ran */
} run;

static void complain(const undr_buffer *message) {
    fputs("undr-check: ", stderr);
    check_text_plain(stderr, undr_buffer_slice(message));
    fputc('\n', stderr);
}

/* ---- what is open ---- */

/* A new descriptor that may block again: what is written must not be lost. Less than 0: errno or *message. */
static undr_error open_descriptor(run *r, const char *path, int *file) {
    if (strcmp(path, "-") == 0) {
        *file = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return *file < 0 ? UNDR_SYSTEM : UNDR_OK;
    }
    undr_error error = check_file_open(path, file, &r->source.message); /* no pipe that nobody reads */
    if (error != UNDR_OK) {
        return error;
    }
    return fcntl(*file, F_SETFL, 0) != 0 ? UNDR_SYSTEM : UNDR_OK;
}

static undr_error open_file(run *r, const char *path, FILE **file) {
    int made = -1;
    undr_error error = path == NULL ? UNDR_OK : open_descriptor(r, path, &made);
    if (error == UNDR_OK && path != NULL) {
        *file = fdopen(made, "w");
        error = *file == NULL ? UNDR_SYSTEM : UNDR_OK;
    }
    if (error != UNDR_OK && made >= 0) {
        close(made);
    }
    return error;
}

enum { OUTPUTS = 4 };

/* None of them is the capture that is read, nor another of them. */
static undr_error compare_one(run *r, FILE *const *files, int which) {
    static const char *const names[OUTPUTS] = {"--output", "--json", "--html", "--case"};
    const char *pcap = r->arguments.pcap;
    struct stat own, other;
    if (files[which] == NULL || fstat(fileno(files[which]), &own) != 0) {
        return UNDR_OK;
    }
    bool reads = pcap != NULL && (strcmp(pcap, "-") == 0 ? fstat(STDIN_FILENO, &other) : stat(pcap, &other)) == 0;
    if (reads && check_files_are_same(&own, &other)) {
        return check_refuse_same_file(&r->source.message, "--pcap", names[which]);
    }
    for (int i = 0; i < which; i++) {
        if (files[i] != NULL && fstat(fileno(files[i]), &other) == 0 && check_files_are_same(&own, &other)) {
            return check_refuse_same_file(&r->source.message, names[i], names[which]);
        }
    }
    return UNDR_OK;
}

/* What was in the files goes only when all is right. */
static undr_error empty_files(run *r) {
    FILE *const files[OUTPUTS] = {r->output, r->json, r->html, r->cases};
    undr_error error = UNDR_OK;
    for (int i = 0; i < OUTPUTS && error == UNDR_OK; i++) {
        error = compare_one(r, files, i);
    }
    for (int i = 0; i < OUTPUTS && error == UNDR_OK; i++) {
        struct stat about;
        bool regular = files[i] != NULL && fileno(files[i]) > STDERR_FILENO && fstat(fileno(files[i]), &about) == 0
            && S_ISREG(about.st_mode);
        error = regular && ftruncate(fileno(files[i]), 0) != 0 ? UNDR_SYSTEM : UNDR_OK;
    }
    return error;
}

static undr_error open_signals(run *r) {
    sigset_t ends = check_end_signals();
    sigprocmask(SIG_BLOCK, &ends, &r->before);
    signal(SIGPIPE, SIG_IGN);
    r->source.signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    check_end_when_stuck();
    return r->source.signals < 0 ? UNDR_SYSTEM : UNDR_OK;
}

static undr_error open_all(run *r) {
    const watch_arguments *a = &r->arguments;
    undr_error error = open_file(r, a->output, &r->output);
    error = error == UNDR_OK ? open_file(r, a->json, &r->json) : error;
    error = error == UNDR_OK ? open_file(r, a->html, &r->html) : error;
    error = error == UNDR_OK ? open_file(r, a->cases, &r->cases) : error;
    error = error == UNDR_OK ? empty_files(r) : error;
    error = error == UNDR_OK ? open_signals(r) : error;
    r->teller = (watch_teller){.out = r->output == NULL ? stderr : r->output,
        .cases = r->cases,
        .findings = r->json == NULL ? NULL : json_array(),
        .keeps = r->html != NULL,
        .strict = a->strict};
    watch_options options = a->off;
    options.program = a->wire_only ? WATCH_PROGRAM_SILENT : WATCH_PROGRAM_UNSEEN;
    options.all_workers = a->all_workers;
    options.one_manager = a->has_listen;
    options.uncounted = a->pcap != NULL;
    options.found = watch_tell_finding;
    options.framed = a->every_frame ? watch_tell_frame : NULL;
    options.context = &r->teller;
    if (a->pcap != NULL && !a->strict) { /* the times of a file may be made up */
        options.off[WATCH_WORK_21 / 32] |= UINT32_C(1) << WATCH_WORK_21 % 32;
    }
    r->source.teller = &r->teller;
    r->source.rates = a->rates;
    return error == UNDR_OK ? watch_new(&options, &r->source.w) : error;
}

static bool close_file(FILE *file, const char *path) {
    if (file == NULL) {
        return true;
    }
    bool written = ferror(file) == 0;
    if (!written) { /* why it failed then was not kept: it fails again */
        clearerr(file);
        (void)fputc('\n', file);
    }
    bool flushed = fflush(file) == 0;
    int reason = errno;
    if (fclose(file) != 0 || !written || !flushed) {
        undr_buffer message = {0};
        if (check_put_unwritten(&message, path, reason) == UNDR_OK) {
            complain(&message);
        }
        undr_buffer_free(&message);
        return false;
    }
    return true;
}

/* Standard error is what the report goes to without --output: where it is closed, or full, the report is lost. */
static bool is_told(const run *r) {
    return r->output != NULL || (fflush(stderr) == 0 && !ferror(stderr));
}

static bool close_all(run *r) {
    bool written = is_told(r);
    written = close_file(r->output, r->arguments.output) && written;
    written = close_file(r->json, r->arguments.json) && written;
    written = close_file(r->html, r->arguments.html) && written;
    written = close_file(r->cases, r->arguments.cases) && written;
    free(r->teller.kept);
    json_decref(r->teller.findings);
    watch_free(r->source.w);
    undr_buffer_free(&r->source.notes);
    undr_buffer_free(&r->source.message);
    if (r->source.signals > 0) {
        close(r->source.signals);
    }
    return written;
}

/* ---- a command ---- */

static pid_t start(const run *r) {
    pid_t child = fork();
    if (child != 0) {
        return child;
    }
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, &r->before, NULL);
    execvp(r->arguments.command[0], r->arguments.command);
    int reason = errno;
    fputs("undr-check: watch: ", stderr);
    check_text_plain(stderr, undr_slice_text(r->arguments.command[0]));
    fprintf(stderr, ": %s\n", strerror(reason));
    _exit(reason == ENOENT ? NOT_FOUND : NOT_RUN);
}

static undr_error run_command(run *r) {
    watch_capture *capture = NULL;
    undr_error error = watch_capture_open(&r->source, "lo", r->arguments.port, &capture);
    if (error != UNDR_OK) {
        return error;
    }
    pid_t command = start(r);
    r->commanded = command > 0;
    error = command < 0 ? UNDR_SYSTEM : watch_capture_run(&r->source, capture, command, &r->status);
    watch_capture_close(capture);
    return error;
}

static undr_error run_interface(run *r) {
    watch_capture *capture = NULL;
    undr_error error = watch_capture_open(&r->source, r->arguments.interface, r->arguments.port, &capture);
    error = error == UNDR_OK ? watch_capture_run(&r->source, capture, 0, &r->status) : error;
    watch_capture_close(capture);
    return error;
}

static undr_error run_source(run *r) {
    const watch_arguments *a = &r->arguments;
    return a->pcap != NULL     ? watch_capture_file(&r->source, a->pcap, a->port)
        : a->interface != NULL ? run_interface(r)
        : a->has_listen        ? watch_proxy_run(&r->source, a->listen, a->to)
                               : run_command(r);
}

/* ---- the end ---- */

static int status_of(const run *r) {
    bool broken = r->teller.must > 0 || (r->arguments.strict && r->teller.should > 0);
    int own = WIFSIGNALED(r->status) ? 128 + WTERMSIG(r->status) : WEXITSTATUS(r->status);
    if (r->commanded && own != 0) {
        return own;
    }
    if (r->source.shortage != 0) {
        return HARNESS;
    }
    if (broken) {
        return SHORT;
    }
    return watch_sum(r->source.w)->answers == 0 ? USAGE : HELD;
}

static int tell_failure(run *r, undr_error error) {
    int reason = errno;
    if (r->source.message.size == 0) {
        (void)!undr_put_format(&r->source.message, "watch: %s%s%s", undr_error_text(error),
            error == UNDR_SYSTEM ? ": " : "", error == UNDR_SYSTEM ? strerror(reason) : "");
    }
    complain(&r->source.message);
    return error == UNDR_ARGUMENT ? USAGE : HARNESS;
}

static undr_error note_shortage(watch_source *source) {
    return source->shortage == 0
        ? UNDR_OK
        : undr_put_format(&source->notes, "\n%llu connections were not passed on: %s%s\n",
              (unsigned long long)source->not_passed_on, strerror(source->shortage), check_remedy(source->shortage));
}

static int tell_end(run *r) {
    watch_finish(r->source.w);
    undr_error error = note_shortage(&r->source);
    error = error == UNDR_OK ? undr_put_u8(&r->source.notes, '\0') : error;
    if (error != UNDR_OK || r->teller.failed) {
        return tell_failure(r, UNDR_MEMORY);
    }
    const watch_totals *totals = watch_sum(r->source.w);
    const char *notes = (const char *)r->source.notes.data;
    watch_tell_end(&r->teller, totals, notes);
    error = r->html == NULL ? UNDR_OK : r->page(r->html, &r->teller, totals, notes);
    bool json = r->json == NULL || watch_tell_json(&r->teller, totals, r->json) || ferror(r->json);
    if (!json || error != UNDR_OK) {
        return tell_failure(r, UNDR_MEMORY);
    }
    return status_of(r);
}

int watch_command(const watch_arguments *arguments, watch_page *page) {
    run r = {.arguments = *arguments, .source.signals = -1, .page = page};
    undr_error error = UNDR_OK;
    if (arguments->command != NULL) { /* at first: with a second thread there is no user namespace to be had */
        error = watch_isolate(&r.source.message);
    }
    error = error == UNDR_OK ? open_all(&r) : error;
    error = error == UNDR_OK ? run_source(&r) : error;
    int status = error == UNDR_OK ? tell_end(&r) : tell_failure(&r, error);
    return close_all(&r) ? status : HARNESS;
}
