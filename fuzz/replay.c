/* replay.c: runs saved inputs through a target without a fuzzing engine: replay FILE_OR_DIRECTORY... */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    undr_buffer bytes = {0};
    uint8_t piece[65536];
    size_t got;
    undr_error error = file == NULL ? UNDR_SYSTEM : UNDR_OK;
    while (error == UNDR_OK && (got = fread(piece, 1, sizeof piece, file)) > 0) {
        error = undr_put_bytes(&bytes, piece, got);
    }
    if (error != UNDR_OK || ferror(file)) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    } else {
        /* an exact copy, so that a sanitizer or valgrind sees a read behind its end */
        uint8_t *exact = malloc(bytes.size == 0 ? 1 : bytes.size);
        if (exact == NULL) {
            error = UNDR_MEMORY;
        } else {
            memcpy(exact, bytes.data == NULL ? exact : bytes.data, bytes.size);
            fprintf(stderr, "%s\n", path);
            LLVMFuzzerTestOneInput(exact, bytes.size);
            free(exact);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    undr_buffer_free(&bytes);
    return error == UNDR_OK;
}

static bool replay_directory(const char *path, unsigned *count) {
    struct dirent **names;
    int found = scandir(path, &names, NULL, alphasort);
    bool fine = found >= 0;
    if (!fine) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    for (int i = 0; i < found; i++) {
        char *whole = NULL;
        if (names[i]->d_name[0] != '.' && asprintf(&whole, "%s/%s", path, names[i]->d_name) >= 0) {
            fine = replay_file(whole) && fine;
            (*count)++;
            free(whole);
        }
        free(names[i]);
    }
    if (found >= 0) {
        free(names);
    }
    return fine;
}

int main(int argc, char **argv) {
    unsigned count = 0;
    bool fine = argc > 1;
    for (int i = 1; i < argc; i++) {
        struct stat status = {0}; /* MemorySanitizer of clang 14 does not see that stat() writes it */
        if (stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode)) {
            fine = replay_directory(argv[i], &count) && fine;
        } else {
            fine = replay_file(argv[i]) && fine;
            count++;
        }
    }
    printf("%u inputs replayed\n", count);
    if (count == 0) {
        fputs("replay: nothing to replay; usage: replay FILE_OR_DIRECTORY...\n", stderr);
        return 2;
    }
    return fine ? 0 : 1;
}
