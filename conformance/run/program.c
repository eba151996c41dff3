/* program.c: looks for the adapter's program, as execvp(3) will, and for the terminal that --pause needs. */
#include "run/program.h"

#include "base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or what keeps this file from being executed; EPERM: a folder on the way to it may not be searched. */
static int try_file(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return errno == EACCES ? EPERM : errno;
    }
    if (S_ISDIR(status.st_mode)) {
        return EISDIR;
    }
    return access(path, X_OK) == 0 ? 0 : errno;
}

/* 0, or why none of the folders of PATH has it: EACCES when one has a file that is not executable, else ENOENT. */
static undr_error try_folders(const char *name, int *reason) {
    const char *folders = getenv("PATH");
    undr_error error = UNDR_OK;
    *reason = ENOENT;
    folders = folders == NULL ? "/bin:/usr/bin" : folders;
    for (const char *end = folders; *reason != 0 && end != NULL && error == UNDR_OK; folders = end + 1) {
        end = strchr(folders, ':');
        size_t size = end == NULL ? strlen(folders) : (size_t)(end - folders);
        undr_buffer path = {0};
        error = undr_put_format(&path, "%.*s%s%s", (int)size, folders, size > 0 ? "/" : "", name);
        error = error == UNDR_OK ? undr_put_u8(&path, 0) : error;
        int found = error == UNDR_OK ? try_file((const char *)path.data) : ENOENT;
        *reason = found == 0 || found == EACCES ? found : *reason;
        undr_buffer_free(&path);
        if (end == NULL) {
            break;
        }
    }
    return error;
}

static const char *remedy_of(int reason, bool searched) {
    switch (reason) {
    case ENOENT:
        return searched ? "no folder of PATH has it; write ./NAME for one in this folder" : "there is no such file";
    case EISDIR: return "it is a folder";
    case EPERM:
        return "this user may not search a folder on its path; copy the adapter elsewhere, or chmod +x the folder";
    case EACCES: return "it is not executable; chmod +x makes it so, or name its interpreter before it";
    default: return strerror(reason);
    }
}

undr_error check_find_program(const check_options *options, undr_buffer *message) {
    const char *name = options->command == NULL ? NULL : options->command[0];
    if (name == NULL) {
        return UNDR_OK;
    }
    bool searched = strchr(name, '/') == NULL;
    int reason = 0;
    undr_error error = UNDR_OK;
    if (searched) {
        error = try_folders(name, &reason);
    } else {
        reason = try_file(name);
    }
    if (error != UNDR_OK || reason == 0) {
        return error;
    }
    return check_refused(
        undr_put_format(message, "the adapter %s can't be run: %s", name, remedy_of(reason, searched)));
}

undr_error check_find_terminal(const check_options *options, undr_buffer *message) {
    int terminal = options->pause ? open("/dev/tty", O_RDONLY | O_CLOEXEC) : -1;
    if (!options->pause || terminal >= 0) {
        return terminal < 0 || close(terminal) == 0 ? UNDR_OK : UNDR_SYSTEM;
    }
    return check_refused(undr_put_format(message,
        "--pause needs a terminal, to wait for Enter, and this process has "
        "none (/dev/tty: %s): run undr-check in one, or leave --pause out",
        strerror(errno)));
}
