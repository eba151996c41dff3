/* kept.c: sessions that a fuzzer has kept: the files, and the meaning of their bytes (as fuzz/manager_session.c reads
 * them). */
#include "explore/kept.h"

#include "base/user_file.h"
#include "base/writer.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CONNECTIONS = 6, LEVELS = 3, FAILING = 0xf8, LONGEST_MESSAGE = 12, LONGEST_BAD = 3, FILE_LIMIT = 1024 * 1024 };

/* ---- the files ---- */

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static undr_error refuse_file(undr_buffer *message, const char *path, const char *why) {
    return check_refused(undr_put_format(message, "%s: %s", path, why));
}

static undr_error path_below(const char *folder, const char *name, char **path) {
    size_t size = strlen(folder) + strlen(name) + 2;
    *path = malloc(size);
    if (*path == NULL) {
        return UNDR_MEMORY;
    }
    snprintf(*path, size, "%s/%s", folder, name);
    return UNDR_OK;
}

static undr_error read_entry(const char *folder, const char *name, check_kept *kept, undr_buffer *message) {
    struct check_kept_file *file = &kept->at[kept->count];
    struct stat status;
    undr_error error = path_below(folder, name, &file->path);
    if (error != UNDR_OK) {
        return error;
    }
    if (stat(file->path, &status) != 0) {
        error = refuse_file(message, file->path, strerror(errno));
    } else if (S_ISREG(status.st_mode)) {
        error = check_file_read(file->path, FILE_LIMIT, &file->bytes, message);
        kept->count += error == UNDR_OK ? 1 : 0;
    }
    if (kept->count == 0 || &kept->at[kept->count - 1] != file) {
        undr_buffer_free(&file->bytes);
        free(file->path);
    }
    return error;
}

undr_error check_kept_read(const char *folder, check_kept *kept, undr_buffer *message) {
    struct dirent **entries = NULL;
    *kept = (check_kept){0};
    int count = scandir(folder, &entries, is_visible, alphasort);
    if (count < 0) {
        return refuse_file(message, folder, strerror(errno));
    }
    kept->at = calloc((size_t)count + 1, sizeof *kept->at);
    undr_error error = kept->at == NULL ? UNDR_MEMORY : UNDR_OK;
    for (int i = 0; i < count; i++) {
        if (error == UNDR_OK) {
            error = read_entry(folder, entries[i]->d_name, kept, message);
        }
        free(entries[i]);
    }
    free(entries);
    return error == UNDR_OK && kept->count == 0 ? refuse_file(message, folder, "has no files, so no session") : error;
}

void check_kept_free(check_kept *kept) {
    for (size_t i = 0; i < kept->count; i++) {
        undr_buffer_free(&kept->at[i].bytes);
        free(kept->at[i].path);
    }
    free(kept->at);
    *kept = (check_kept){0};
}

/* ---- what their bytes mean ---- */

struct reading {
    undr_slice left;
    check_explored *session;
    bool live[CONNECTIONS];
    unsigned used[CONNECTIONS]; /* when the case opened it, counted from 1; 0: it has not */
    unsigned uses;
};

static unsigned take_byte(struct reading *reading) {
    unsigned byte = 0;
    if (reading->left.size > 0) {
        byte = reading->left.data[0];
        reading->left = undr_slice_of(reading->left.data + 1, reading->left.size - 1);
    }
    return byte;
}

static void skip(struct reading *reading, unsigned count) {
    while (count-- > 0) {
        (void)take_byte(reading);
    }
}

static check_operation *put_operation(struct reading *reading, check_operation_kind kind) {
    check_operation *operation = &reading->session->at[reading->session->count++];
    *operation = (check_operation){.kind = kind};
    return operation;
}

/* An operation names the index of its connection among the open ones, in the order in which they were opened. */
static check_operation *put_on(struct reading *reading, unsigned connection, check_operation_kind kind) {
    unsigned place = 0;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        bool earlier = reading->used[connection] == 0 || reading->used[i] < reading->used[connection];
        place += i != connection && reading->used[i] != 0 && earlier ? 1 : 0;
    }
    if (reading->used[connection] == 0) {
        reading->used[connection] = ++reading->uses;
    }
    check_operation *operation = put_operation(reading, kind);
    operation->connection = place;
    return operation;
}

static void end_connection(struct reading *reading, unsigned connection) {
    reading->live[connection] = false;
    reading->used[connection] = 0;
}

static void on_connect(struct reading *reading, unsigned connection) {
    if (reading->live[connection] && reading->used[connection] != 0) {
        put_on(reading, connection, CHECK_OPERATION_LEAVE);
    }
    bool connects = !reading->live[connection];
    end_connection(reading, connection);
    reading->live[connection] = connects;
}

static void on_schedule(struct reading *reading, check_operation *operation) {
    operation->choice = take_byte(reading) % (LEVELS + 1);
    if (operation->choice == LEVELS) {
        operation->kind = CHECK_OPERATION_NONE; /* a priority too high: the cases have it */
    }
}

static void on_connection(struct reading *reading, unsigned connection, unsigned what) {
    if (!reading->live[connection]) {
        return;
    }
    if (what < 2) {
        put_on(reading, connection, CHECK_OPERATION_NEXT);
    } else if (what < 4) {
        put_on(reading, connection, CHECK_OPERATION_DONE);
    } else if (what < 6) {
        on_schedule(reading, put_on(reading, connection, CHECK_OPERATION_SCHEDULE));
    } else if (what == 6) {
        unsigned size = take_byte(reading) % LONGEST_MESSAGE;
        check_operation *operation = put_on(reading, connection, CHECK_OPERATION_MESSAGE);
        operation->payload = take_byte(reading) % 64;
        operation->size = size;
        skip(reading, size > 0 ? size - 1 : 0);
    } else {
        put_on(reading, connection, CHECK_OPERATION_BAD)->choice = take_byte(reading);
        skip(reading, take_byte(reading) % LONGEST_BAD);
        end_connection(reading, connection);
    }
}

static void on_manager(struct reading *reading, unsigned what) {
    if (what < 2) {
        on_schedule(reading, put_operation(reading, CHECK_OPERATION_OWN_SCHEDULE));
    } else if (what == 2) {
        put_operation(reading, CHECK_OPERATION_OWN_MESSAGE);
    } else if (what < 5) {
        put_operation(reading, CHECK_OPERATION_OWN_NEXT);
    } else if (what == 5) {
        skip(reading, 1); /* the clock */
    } else if (what == 7) {
        skip(reading, 2); /* buffers */
    } else if (take_byte(reading) % 8 == 0) {
        put_operation(reading, CHECK_OPERATION_CLOSE)->choice = take_byte(reading);
    }
}

static void on_operation(struct reading *reading) {
    unsigned operation = take_byte(reading), connection = take_byte(reading) % CONNECTIONS;
    if (operation >= FAILING) {
        operation = take_byte(reading);
    }
    unsigned kind = operation % 16, what = operation / 16 % 8;
    if (kind < 2) {
        on_connect(reading, connection);
    } else if (kind == 2 && reading->live[connection]) {
        return; /* the end of its requests alone: explore ends connections whole */
    } else if (kind < 10) {
        on_connection(reading, connection, what);
    } else {
        on_manager(reading, what);
    }
}

undr_error check_kept_session(check_explored *session, undr_slice bytes) {
    struct reading reading = {.left = bytes, .session = session};
    *session = (check_explored){.role = CHECK_ROLE_MANAGER, .levels = LEVELS};
    session->at = calloc(bytes.size + 1, sizeof *session->at); /* each operation takes a byte at least */
    if (session->at == NULL) {
        return UNDR_MEMORY;
    }
    (void)take_byte(&reading); /* settings of the core */
    while (reading.left.size > 0) {
        on_operation(&reading);
    }
    return UNDR_OK;
}
