/* verdicts.c: our pickle reader against CPython's frozen verdicts on every saved pickle.
 * Usage: verdicts FUZZ_FOLDER [--print]
 *
 * The saved pickles are the inputs of the targets `pickle` (an odd byte, then a pickle) and `receive_message` (a
 * frame), in FUZZ_FOLDER/corpus and FUZZ_FOLDER/regress. FUZZ_FOLDER/verdicts.tsv, made by tests/pickles/saved.py, has
 * a line for each:
 *
 *     FILE <tab> accepted|refused <tab> OFFSET <tab> DIFFERENCE <tab> TEXT
 *
 * OFFSET: the bytes that an accepted pickle has, or where the opcode stands at which a refused one was given up (-: not
 * known). TEXT: the value (a hash when it is long, * when it is too large to print), or the exception.
 * DIFFERENCE: - when ours is the same, else a row of tests/pickles/differences.md.
 * An input without a verdict, a verdict without an input, and a difference that is `unexplained` are failures.
 * --print shows ours instead. */
#include "fuzz.h"
#include "pickle/value_walk.h"

#include "undr/frame.h"
#include "undr/pickle.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_TEXT = 200, PRINTED_NODES = 20000, PRINTED_BYTES = 1 << 20, COLUMNS = 5 };

typedef struct verdict {
    char *columns[COLUMNS]; /* of a line that the list owns */
    bool used;
} verdict;

typedef struct verdicts {
    verdict *at;
    size_t count;
    char *text;
    bool print;
    unsigned failures, inputs;
} verdicts;

static _Noreturn void stop(const char *path, const char *why) {
    fprintf(stderr, "verdicts: %s: %s\n", path, why);
    exit(2);
}

static undr_buffer read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    undr_buffer bytes = {0};
    uint8_t piece[65536];
    size_t got;
    if (file == NULL) {
        stop(path, strerror(errno));
    }
    while ((got = fread(piece, 1, sizeof piece, file)) > 0) {
        if (undr_put_bytes(&bytes, piece, got) != UNDR_OK) {
            stop(path, "out of memory");
        }
    }
    if (ferror(file) || undr_put_u8(&bytes, 0) != UNDR_OK) { /* a NUL behind the end, for texts */
        stop(path, "can't be read");
    }
    bytes.size--;
    fclose(file);
    return bytes;
}

static void add_line(verdicts *all, char *line) {
    verdict one = {0};
    for (int i = 0; i < COLUMNS; i++) {
        one.columns[i] = line;
        char *tab = i + 1 < COLUMNS ? strchr(line, '\t') : NULL;
        if (i + 1 < COLUMNS && tab == NULL) {
            stop(line, "a line of verdicts.tsv has five columns");
        }
        if (tab != NULL) {
            *tab = '\0';
            line = tab + 1;
        }
    }
    verdict *more = realloc(all->at, (all->count + 1) * sizeof *more);
    if (more == NULL) {
        stop("verdicts.tsv", "out of memory");
    }
    all->at = more;
    all->at[all->count++] = one;
}

static void load(verdicts *all, const char *folder) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/verdicts.tsv", folder);
    all->text = (char *)read_file(path).data;
    for (char *line = all->text; *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end == NULL) {
            stop(path, "the last line does not end");
        }
        *end = '\0';
        if (line[0] != '#') {
            add_line(all, line);
        }
        line = end + 1;
    }
}

static verdict *find(verdicts *all, const char *name) {
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->at[i].columns[0], name) == 0) {
            return &all->at[i];
        }
    }
    return NULL;
}

/* Ours, in the form of a line: accepted or refused, the offset, the text. */
typedef struct ours {
    const char *word;
    char offset[24];
    undr_buffer text; /* ends with a NUL */
} ours;

static undr_error print_value(undr_buffer *text, const undr_value *value) {
    undr_error error = undr_value_print_within(text, value, PRINTED_NODES, PRINTED_BYTES);
    if (error == UNDR_LIMIT_NODES || error == UNDR_LIMIT_BYTES) {
        return undr_put_text(text, "*");
    }
    if (error != UNDR_OK || text->size <= LONG_TEXT) {
        return error;
    }
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < text->size; i++) {
        hash = (hash ^ text->data[i]) * 0x100000001b3;
    }
    size_t size = text->size;
    text->size = 0;
    return undr_put_format(text, "#%016" PRIx64 ":%zu", hash, size);
}

static ours judge(undr_slice pickle) {
    ours result = {.word = "accepted"};
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_pickle_fault fault = {0};
    size_t offset = 0;
    undr_error error = undr_pickle_read(pickle, NULL, &arena, &value, &offset, &fault);
    undr_error printed;
    if (error == UNDR_OK) {
        printed = print_value(&result.text, value);
    } else {
        result.word = "refused";
        offset = fault.offset;
        printed = undr_put_text(&result.text, undr_error_name(error));
    }
    (void)snprintf(result.offset, sizeof result.offset, "%zu", offset);
    if (printed != UNDR_OK || undr_put_u8(&result.text, 0) != UNDR_OK) {
        stop("a value", "out of memory");
    }
    undr_arena_free(&arena);
    return result;
}

static bool agrees(const verdict *one, const ours *own) {
    if (strcmp(one->columns[1], own->word) != 0) {
        return false;
    }
    bool same_end = strcmp(one->columns[2], "-") == 0 || strcmp(one->columns[2], own->offset) == 0;
    const char *text = (const char *)own->text.data;
    bool accepted = own->word[0] == 'a';
    return same_end
        && (!accepted || strcmp(one->columns[4], "*") == 0 || strcmp(text, "*") == 0
            || strcmp(one->columns[4], text) == 0);
}

static void check(verdicts *all, const char *name, undr_slice pickle) {
    ours own = judge(pickle);
    const char *text = (const char *)own.text.data;
    verdict *one = all->print ? NULL : find(all, name);
    all->inputs++;
    if (all->print) {
        printf("%s\t%s\t%s\t-\t%s\n", name, own.word, own.offset, text);
    } else if (one == NULL) {
        printf("%s: has no verdict of CPython's; run tests/pickles/saved.py\n", name);
        all->failures++;
    } else {
        one->used = true;
        const bool same = strcmp(one->columns[3], "-") == 0;
        if (agrees(one, &own) != same || strcmp(one->columns[3], "unexplained") == 0) {
            printf("%s:\n  CPython    %s at %s: %s\n  ours       %s at %s: %s\n  difference %s\n", name,
                one->columns[1], one->columns[2], one->columns[4], own.word, own.offset, text, one->columns[3]);
            all->failures++;
        }
    }
    undr_buffer_free(&own.text);
}

/* The pickle in an input of a target; empty: there is none. */
static undr_slice pickle_in(const char *target, undr_slice input) {
    undr_frame frame = {0};
    uint64_t size;
    if (strcmp(target, "pickle") == 0) {
        bool is_pickle = input.size > 0 && (input.data[0] & 1) != 0;
        return is_pickle ? undr_slice_of(input.data + 1, input.size - 1) : (undr_slice){0};
    }
    undr_error error = undr_frame_decode(input, UNDR_PAYLOAD_MINIMUM, &frame, &size);
    return error == UNDR_OK ? frame.payload : (undr_slice){0};
}

static void check_folder(verdicts *all, const char *folder, const char *kind, const char *target) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, kind, target);
    struct dirent **names;
    int found = scandir(path, &names, NULL, alphasort);
    if (found < 0) {
        stop(path, strerror(errno));
    }
    for (int i = 0; i < found; i++) {
        char name[1024], whole[8192];
        (void)snprintf(name, sizeof name, "%s/%s/%s", kind, target, names[i]->d_name);
        (void)snprintf(whole, sizeof whole, "%s/%s", folder, name);
        if (names[i]->d_name[0] != '.') {
            undr_buffer input = read_file(whole);
            undr_slice pickle = pickle_in(target, undr_buffer_slice(&input));
            if (pickle.size > 0) {
                check(all, name, pickle);
            }
            undr_buffer_free(&input);
        }
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv) {
    verdicts all = {.print = argc == 3 && strcmp(argv[2], "--print") == 0};
    if (argc != 2 && !all.print) {
        fputs("usage: verdicts FUZZ_FOLDER [--print]\n", stderr);
        return 2;
    }
    if (!all.print) {
        load(&all, argv[1]);
    }
    check_folder(&all, argv[1], "corpus", "pickle");
    check_folder(&all, argv[1], "corpus", "receive_message");
    check_folder(&all, argv[1], "regress", "pickle");
    check_folder(&all, argv[1], "regress", "receive_message");
    for (size_t i = 0; i < all.count; i++) {
        if (!all.at[i].used) {
            printf("%s: a verdict without an input; run tests/pickles/saved.py\n", all.at[i].columns[0]);
            all.failures++;
        }
    }
    if (!all.print) {
        printf("%u saved pickles, %zu verdicts, %u failures\n", all.inputs, all.count, all.failures);
    }
    free(all.at);
    free(all.text);
    return all.failures > 0 || all.inputs == 0;
}
