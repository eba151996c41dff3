/* checksum_tree.c: SHA-256 of every file below a folder, on a pool of worker processes, with a progress bar: what a use
 * of the library looks like.
 *
 *     checksum_tree FOLDER
 *
 * It prints what sha256sum prints, in the order in which the files are done. A file is a task; what the workers find
 * out comes back as messages: an int is a number of bytes read, a bytes object is a line to print, and a
 * WorkerException is what became of a file that could not be read. Read from main, at the end, upwards. */
#include "undr/process_manager.h"
#include "undr/text.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BAR_DONE "########################################"
#define BAR_LEFT "----------------------------------------"

enum { PIECE = 1024 * 1024, BAR = sizeof BAR_DONE - 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

/* ---- In the workers ---- */

/* Sends a line, or, where there is none, a size. */
static undr_error send_message(undr_manager *manager, const char *line, size_t size) {
    undr_arena arena = {0}; /* the memory of all values of a message, freed as a whole */
    undr_value *message;
    undr_error error = line == NULL ? undr_value_int(&arena, (int64_t)size, &message)
                                    : undr_value_bytes(&arena, UNDR_BYTES, undr_slice_text(line), &message);
    if (error == UNDR_OK) {
        error = undr_send_message_to(manager, message);
    }
    undr_arena_free(&arena);
    return error;
}

/* A name with a line end in it must not look like two lines: such characters are escaped, the backslash with them. */
static void escape(const char *path, char *escaped) {
    static const char special[] = "\\\n\r", letters[] = "\\nr";
    for (; *path != '\0'; path++) {
        const char *found = strchr(special, *path);
        if (found != NULL) {
            *escaped++ = '\\';
        }
        *escaped++ = found == NULL ? *path : letters[found - special];
    }
    *escaped = '\0';
}

static undr_error send_digest(undr_manager *manager, struct sha256_ctx *context, const char *path) {
    uint8_t digest[SHA256_DIGEST_SIZE];
    char name[2 * PATH_MAX], line[sizeof "\\  " + 2 * sizeof digest + sizeof name];
    char *end = line;
    escape(path, name);
    if (strcmp(path, name) != 0) {
        *end++ = '\\'; /* says that the name is escaped */
    }
    sha256_digest(context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++, end += 2) {
        (void)snprintf(end, 3, "%02x", digest[i]);
    }
    (void)snprintf(end, sizeof name + 2, "  %s", name);
    return send_message(manager, line, 0);
}

/* What undr_fail says reaches the program as a WorkerException; the worker goes on with its next task. */
static undr_error read_file(int file, const char *path, undr_manager *manager, undr_failure *failure) {
    static uint8_t piece[PIECE]; /* a worker runs one task at a time */
    struct sha256_ctx context;
    undr_error error = UNDR_OK;
    ssize_t size = 1;
    sha256_init(&context);
    while (error == UNDR_OK && size > 0) {
        size = read(file, piece, sizeof piece);
        if (size < 0) {
            return undr_fail(failure, "OSError", "%s: %s", path, strerror(errno));
        }
        sha256_update(&context, (size_t)size, piece);
        error = send_message(manager, NULL, (size_t)size);
    }
    return error == UNDR_OK ? send_digest(manager, &context, path) : error;
}

/* Runs a task: an instance of checksum.File, whose attribute `path` names the file. */
static undr_error run(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    const undr_value *attribute = undr_value_attribute(task, "path");
    char path[PATH_MAX];
    (void)registry, (void)session;
    if (attribute == NULL || attribute->kind != UNDR_BYTES || attribute->bytes.size >= sizeof path) {
        return undr_fail(failure, "ValueError", "a checksum.File needs a path");
    }
    memcpy(path, attribute->bytes.data, attribute->bytes.size);
    path[attribute->bytes.size] = '\0';
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return undr_fail(failure, "OSError", "%s: %s", path, strerror(errno));
    }
    undr_error error = read_file(file, path, manager, failure);
    (void)close(file); /* only read from */
    return error;
}

/* ---- In the program ---- */

typedef struct job {
    undr_process_manager *manager;
    int64_t size, done; /* bytes, of all files */
    bool failed;        /* something could not be read */
} job;

/* Schedules checksum.File({'path': path}). */
static undr_error schedule(undr_process_manager *manager, const char *path) {
    undr_arena arena = {0};
    undr_value *pair[2], *state, *task;
    undr_error error = undr_value_text(&arena, "path", &pair[0]);
    if (error == UNDR_OK) {
        error = undr_value_bytes(&arena, UNDR_BYTES, undr_slice_text(path), &pair[1]);
    }
    if (error == UNDR_OK) {
        error = undr_value_items(&arena, UNDR_DICT, pair, 2, &state);
    }
    if (error == UNDR_OK) {
        error = undr_value_instance(&arena, "checksum", "File", state, &task);
    }
    if (error == UNDR_OK) {
        error = undr_process_manager_schedule(manager, task, UNDR_DEFAULT_PRIORITY);
    }
    undr_arena_free(&arena);
    return error;
}

static void complain(job *self, undr_slice subject, const char *reason) {
    undr_buffer line = {0};
    self->failed = true;
    if (undr_put_visible(&line, subject) == UNDR_OK) { /* a file may have any name: a terminal must not obey it */
        (void)fprintf(stderr, "checksum_tree: %.*s%s\n", (int)line.size, (const char *)line.data, reason);
    }
    undr_buffer_free(&line);
}

/* The workers begin with the first file while the folder is still walked. */
static undr_error schedule_all(job *self, char *folder) {
    char *roots[] = {folder, NULL};
    undr_error error = UNDR_OK;
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; walk != NULL && error == UNDR_OK && (entry = fts_read(walk)) != NULL;) {
        if (entry->fts_info == FTS_F) { /* a regular file */
            self->size += entry->fts_statp->st_size;
            error = schedule(self->manager, entry->fts_path);
        } else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
            complain(self, undr_slice_text(entry->fts_path), ": can't be searched");
        }
    }
    if (walk == NULL || (error == UNDR_OK && errno != 0)) { /* fts_read sets it to 0 at the end of the walk */
        error = UNDR_SYSTEM;
    }
    int reason = errno;
    if (walk != NULL) {
        (void)fts_close(walk); /* only read from */
    }
    errno = reason;
    return error;
}

/* In the line below the last one that was printed, which overwrites it; nothing where nobody looks. */
static void draw_progress(const job *self, char end) {
    int part = self->done < self->size ? (int)(self->done * BAR / self->size) : BAR;
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "[%.*s%.*s] %3d %%%c", part, BAR_DONE, BAR - part, BAR_LEFT, part * 100 / BAR, end);
    }
}

static void handle(job *self, const undr_value *message) {
    const undr_value *reason = undr_worker_exception_text(message);
    int64_t size;
    if (undr_value_int64(message, &size)) {
        self->done += size;
        draw_progress(self, '\r');
    } else if (message->kind == UNDR_BYTES) {
        (void)printf("%.*s\n", (int)message->bytes.size, (const char *)message->bytes.data);
    } else if (reason != NULL) {
        complain(self, reason->bytes, "");
    }
}

/* Until no task is left: UNDR_DONE, or until Ctrl-C: UNDR_INTERRUPTED. */
static undr_error handle_messages(job *self) {
    undr_error error;
    do {
        undr_arena arena = {0};
        undr_value *message;
        error = undr_process_manager_next_message(self->manager, &arena, &message);
        if (error == UNDR_OK) {
            handle(self, message);
        }
        undr_arena_free(&arena);
    } while (error == UNDR_OK);
    return error;
}

/* Has all of standard output been written? Half a list of checksums must not look like a whole one. */
static bool has_printed(void) {
    bool lost = ferror(stdout) != 0;
    if (fflush(stdout) == 0 && !lost) {
        return true;
    }
    (void)fprintf(stderr, "checksum_tree: standard output can't be written: %s\n", strerror(errno));
    return false;
}

int main(int argc, char **argv) {
    static const undr_task_type types[] = {{"checksum.File", run}};
    static const undr_registry registry = {.types = types, .count = 1};
    undr_process_manager_main(argc, argv, &registry); /* first: does not return in a worker process */
    bool helps = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (argc != 2 || argv[1][0] == '-') {
        (void)fprintf(helps ? stdout : stderr,
            "usage: checksum_tree FOLDER\n"
            "Prints the SHA-256 of every file below FOLDER as sha256sum does; for one called -X write ./-X.\n");
        return !has_printed() ? EXIT_FAILURE : helps ? EXIT_SUCCESS : EXIT_USAGE;
    }
    const undr_process_manager_options options = {.workers = -1, .hold = -1, .handle_interrupt = true};
    job self = {0};
    undr_error error = undr_process_manager_start(&options, &self.manager);
    if (error == UNDR_OK) {
        error = schedule_all(&self, argv[1]);
    }
    if (error == UNDR_OK) {
        error = handle_messages(&self);
    }
    const char *reason = error == UNDR_SYSTEM ? strerror(errno) : undr_error_text(error); /* before errno changes */
    draw_progress(&self, '\n');
    if (error != UNDR_DONE) {
        complain(&self, undr_slice_text(reason), "");
    }
    self.failed = !has_printed() || self.failed;
    undr_error end = undr_process_manager_exit(self.manager, error != UNDR_DONE); /* after an error it kills */
    return error == UNDR_INTERRUPTED ? EXIT_INTERRUPTED : self.failed || end != UNDR_OK ? EXIT_FAILURE : EXIT_SUCCESS;
}
