/* script.c: looks at the beginning of the adapter's program. */
#include "play/script.h"

#include "play/hint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BEGINNING = 256, PATH_SIZE = 4096 };

static bool begins_as_bare_script(const char *path, bool *found) {
    uint8_t bytes[BEGINNING];
    int file = access(path, X_OK) == 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    ssize_t size = file < 0 ? -1 : read(file, bytes, sizeof bytes);
    if (file >= 0) {
        close(file);
    }
    *found = size >= 0;
    return size > 0 && check_hint_no_interpreter(undr_slice_of(bytes, (size_t)size));
}

bool check_is_bare_script(const char *name) {
    const char *folders = getenv("PATH");
    bool found = false;
    if (strchr(name, '/') != NULL) {
        return begins_as_bare_script(name, &found);
    }
    for (const char *from = folders == NULL ? "/bin:/usr/bin" : folders; from != NULL;) {
        char path[PATH_SIZE];
        const char *end = strchr(from, ':');
        int size = end == NULL ? (int)strlen(from) : (int)(end - from);
        int written = snprintf(path, sizeof path, "%.*s%s%s", size, from, size > 0 ? "/" : "", name);
        bool bare = written > 0 && (size_t)written < sizeof path && begins_as_bare_script(path, &found);
        if (found) {
            return bare;
        }
        from = end == NULL ? NULL : end + 1;
    }
    return false;
}
