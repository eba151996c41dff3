/* survey_verb.c: runs the verbs of an adapter that need no case, and reads what it declares. */
#include "play/survey_verb.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "base/text.h"
#include "base/writer.h"
#include "play/hint.h"
#include "play/script.h"
#include "target/inherited.h"
#include "target/scene.h"
#include "target/surroundings.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERB_LIMIT_S = 30,
    VERB_LOOK_MS = 100,
    STARVED_MOST_S = 120, /* how much longer a verb may take that waits for a processor meanwhile */
    GLANCES = 100,
    OUTPUT_LIMIT = 64 * 1024,
    LAST_LINES = 4,
    LINE_SHOWN = 200,
    EXIT_NOT_IMPLEMENTED = 89,
    LEAST_LEVELS = 2,
    MOST_LEVELS = 128,
    LEAST_GRACE_MS = 1000,
    LEAST_PAYLOAD = 64 * 1024 * 1024,
    MOST_WAIT_MS = 60000 /* of what the harness waits for because the target says so, for many an answer */
};

static const char nonsense[] = "undr-check-asks-for-this-verb-that-nobody-has";

static void write_shortened(check_writer *why, undr_slice line) {
    bool shortened = line.size > LINE_SHOWN;
    line.size = shortened ? LINE_SHOWN : line.size;
    check_write_clean(why, line);
    check_write(why, shortened ? "..." : "");
}

void check_say_last_words(check_writer *why, undr_slice output) {
    undr_slice text = check_text_trim(output);
    size_t start = text.size;
    for (int lines = 0; start > 0; start--) {
        if (text.data[start - 1] == '\n' && ++lines == LAST_LINES) {
            break;
        }
    }
    for (size_t at = start; at < text.size;) {
        const uint8_t *newline = memchr(text.data + at, '\n', text.size - at);
        size_t size = newline == NULL ? text.size - at : (size_t)(newline - (text.data + at));
        check_write(why, at == start ? "it said: " : " | ");
        write_shortened(why, undr_slice_of(text.data + at, size));
        at += size + 1;
    }
    check_write(why, text.size > 0 ? "; " : "");
}

/* ---- capabilities ---- */

static bool read_number(undr_slice text, uint64_t least, uint64_t most, uint64_t *number) {
    *number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *number > UINT64_MAX / 10 - 1) {
            return false;
        }
        *number = *number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.size > 0 && *number >= least && *number <= most;
}

static bool read_range(undr_slice text, unsigned *low, unsigned *high) {
    uint64_t first, last;
    const uint8_t *dash = text.size == 0 ? NULL : memchr(text.data, '-', text.size);
    size_t size = dash == NULL ? text.size : (size_t)(dash - text.data);
    undr_slice rest = dash == NULL ? text : undr_slice_of(dash + 1, text.size - size - 1);
    if (!read_number(undr_slice_of(text.data, size), 0, 5, &first) || !read_number(rest, 0, 5, &last) || first > last) {
        return false;
    }
    *low = (unsigned)first;
    *high = (unsigned)last;
    return true;
}

static bool is_word(undr_slice word, const char *text) {
    return undr_slice_equal(word, undr_slice_text(text));
}

/* The form of a line with this word. */
static const char *form_of(undr_slice word) {
    static const char *const forms[][2] = {{"priority-levels", "`priority-levels N`, 2 to 128"},
        {"hold",
            "`hold MS`, milliseconds, up to 60000, since the harness waits that long: start the target with a shorter "
            "hold"},
        {"grace",
            "`grace MS`, milliseconds, 1000 or more (cases keep a task running for a part of it), up to 60000 (the "
            "harness waits that long)"},
        {"pool-hold", "`pool-hold MS`, milliseconds"},
        {"max-payload", "`max-payload BYTES`, 67108864 (64 MiB) or more, which every implementation accepts (FRAME-6)"},
        {"pickle", "`pickle LOW-HIGH`, protocols from 0 to 5"}, {"version", "`version VERSION`, as in `version 1.0.1`"},
        {"language", "`language NAME VERSION`, a word in lower case and its version, as in `language python 3.13.5`"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (is_word(word, forms[i][0])) {
            return forms[i][1];
        }
    }
    return "the word alone";
}

/* "python 3.13.5" */
static bool is_language(undr_slice value) {
    size_t name = 0;
    while (name < value.size && value.data[name] != ' ' && !(value.data[name] >= 'A' && value.data[name] <= 'Z')) {
        name++;
    }
    return name > 0 && name < value.size && value.data[name] == ' ';
}

/* Words that are not used here, but must still be correct. */
static bool is_right(undr_slice word, undr_slice value) {
    uint64_t number;
    if (is_word(word, "pool-hold")) {
        return read_number(value, 0, UINT64_MAX / 16, &number);
    }
    return is_word(word, "language") ? is_language(value) : !is_word(word, "version") || value.size > 0;
}

/* False: the word is known, but its value is wrong. */
static bool read_capability(undr_slice word, undr_slice value, check_capabilities *to) {
    uint64_t number = 0;
    bool *flags[] = {&to->manager, &to->worker, &to->pool, &to->log_directory};
    static const char *const words[] = {"manager", "worker", "pool", "log-directory"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (is_word(word, words[i])) {
            *flags[i] = true;
            return value.size == 0;
        }
    }
    if (is_word(word, "priority-levels")) {
        bool good = read_number(value, LEAST_LEVELS, MOST_LEVELS, &number);
        to->priority_levels = (unsigned)number;
        return good;
    }
    if (is_word(word, "hold")) {
        return read_number(value, 0, MOST_WAIT_MS, &to->hold);
    }
    if (is_word(word, "grace")) {
        to->has_grace = true;
        return read_number(value, LEAST_GRACE_MS, MOST_WAIT_MS, &to->grace);
    }
    if (is_word(word, "max-payload")) {
        return read_number(value, LEAST_PAYLOAD, UINT64_MAX / 16, &to->max_payload);
    }
    return is_word(word, "pickle") ? read_range(value, &to->pickle_low, &to->pickle_high) : is_right(word, value);
}

static undr_error refuse_line(undr_buffer *to, size_t number, undr_slice line, undr_slice word) {
    check_writer why = check_writer_to(to);
    check_write_format(&why, "line %zu of `capabilities` is `", number);
    write_shortened(&why, line);
    check_write_format(&why, "`, whose value is wrong; the form is %s", form_of(word));
    return check_refused(why.error);
}

undr_error check_read_capabilities(undr_slice text, check_capabilities *capabilities, undr_buffer *why) {
    size_t number = 0;
    *capabilities = (check_capabilities){.priority_levels = 2, .pickle_low = 4, .pickle_high = 4};
    undr_error error = undr_put_slice(&capabilities->text, text);
    for (size_t at = 0; at < text.size && error == UNDR_OK;) {
        const uint8_t *newline = memchr(text.data + at, '\n', text.size - at);
        size_t size = newline == NULL ? text.size - at : (size_t)(newline - (text.data + at));
        undr_slice line = check_text_trim(undr_slice_of(text.data + at, size));
        size_t word = 0;
        while (word < line.size && line.data[word] != ' ') {
            word++;
        }
        undr_slice value = check_text_trim(undr_slice_of(line.data + word, line.size - word));
        number++;
        if (line.size > 0 && !read_capability(undr_slice_of(line.data, word), value, capabilities)) {
            error = refuse_line(why, number, line, undr_slice_of(line.data, word));
        }
        at += size + 1;
    }
    return error;
}

/* ---- verbs ---- */

/* Time that the machine did not give is not the adapter's. */
static undr_error look_late(uint64_t until, double factor, bool *late) {
    uint64_t now = check_now(), most = (uint64_t)(factor * (double)(STARVED_MOST_S * CHECK_SECOND));
    unsigned long long delay = 0;
    *late = false;
    undr_error error = now < until ? UNDR_OK : check_family_delay(&delay);
    *late = error == UNDR_OK && now >= until + (delay < most ? delay : most);
    return error;
}

/* Runs `ARGV verb` to its end. UNDR_OK: *scene holds its output, and how it ended; UNDR_WAIT: it did not end. */
static undr_error run_to_end(const check_setting *setting, const char *verb, check_scene *scene, undr_buffer *why) {
    size_t count = 0;
    while (setting->command[count] != NULL) {
        count++;
    }
    char **argv = calloc(count + 2, sizeof *argv);
    if (argv == NULL) {
        return UNDR_MEMORY;
    }
    memcpy(argv, setting->command, count * sizeof *argv);
    argv[count] = (char *)(uintptr_t)verb;
    undr_error error = check_target_start(&scene->target, argv, why);
    free(argv);
    double factor = setting->timeout_factor > 0 ? setting->timeout_factor : 1;
    uint64_t until = check_now() + (uint64_t)(factor * (double)(VERB_LIMIT_S * CHECK_SECOND));
    scene->control.limit = OUTPUT_LIMIT;
    if (error == UNDR_OK) {
        check_target_close_input(&scene->target);
    }
    while (error == UNDR_OK && scene->target.state == CHECK_TARGET_RUNS) {
        error = check_scene_wait(scene, check_now() < until ? until : check_now() + VERB_LOOK_MS * CHECK_MILLISECOND);
        bool endless = !check_control_wants_to_read(&scene->control) && !scene->control.ended;
        bool late = false;
        error = error == UNDR_WAIT ? UNDR_OK : error;
        if (error == UNDR_OK && scene->target.state == CHECK_TARGET_RUNS) {
            error = look_late(until, factor, &late);
        }
        if (error == UNDR_OK && (endless || late)) {
            return UNDR_WAIT;
        }
    }
    for (int i = 0; i < GLANCES && error == UNDR_OK && !scene->control.ended; i++) {
        error = check_scene_wait(scene, 0); /* the rest of its output; UNDR_WAIT: a child holds it open */
    }
    return scene->target.state == CHECK_TARGET_RUNS || error != UNDR_WAIT ? error : UNDR_OK;
}

void check_say_command(const check_setting *setting, check_writer *why) {
    for (char *const *word = setting->command; *word != NULL; word++) {
        check_write(why, word == setting->command ? "" : " ");
        check_write_clean(why, undr_slice_text(*word));
    }
}

static void say_how_it_ended(
    const check_setting *setting, const char *verb, const check_scene *scene, undr_error how, check_writer *why) {
    check_write(why, "`");
    check_say_command(setting, why);
    check_write_format(why, " %s` ", verb);
    if (how != UNDR_WAIT) {
        check_writer_keep(why, check_target_describe(&scene->target, why->to));
    } else {
        check_write(why, check_control_wants_to_read(&scene->control) ? "does not end" : "prints without end");
    }
}

/* A call of the harness itself has failed. */
static undr_error say_own_failure(undr_buffer *why, int reason) {
    undr_error error = why->size > 0 ? UNDR_OK : undr_put_text(why, "the harness can't ask the adapter: ");
    error = error == UNDR_OK && why->data[why->size - 1] == ' ' ? check_put_reason(why, reason) : error;
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

/* Did a limit that it inherited from the harness end it? */
static undr_error say_limit(const check_target *target, undr_buffer *why) {
    const char *limit = target->state == CHECK_TARGET_SIGNALLED ? check_inherited_limit_of(target->status) : NULL;
    if (limit == NULL) {
        return UNDR_OK;
    }
    undr_error error = undr_put_format(
        why, "the adapter was ended at the limit of %s, which it inherits from the harness: raise that limit", limit);
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

/* If the user names the verb in ARGV, it is there twice. */
static void say_twice(const check_setting *setting, check_writer *out) {
    static const char *const verbs[] = {"manager", "worker", "capabilities"};
    const char *found = NULL;
    for (char *const *word = setting->command + 1; setting->command[0] != NULL && *word != NULL; word++) {
        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
            found = strcmp(*word, verbs[i]) == 0 ? verbs[i] : found;
        }
    }
    if (found != NULL) {
        check_write_format(out, "; the harness appends the verb and its options itself: leave `%s` out of ARGV", found);
    }
}

/* Did the verb end with the right status? If not, *why says what it did, and `remedy`. */
static undr_error judge_status(const check_setting *setting, const char *verb, int status, const char *remedy,
    check_scene *scene, undr_buffer *why) {
    undr_error how = run_to_end(setting, verb, scene, why);
    if (how == UNDR_SYSTEM) {
        return say_own_failure(why, errno);
    }
    if (how != UNDR_OK && how != UNDR_WAIT) {
        return how;
    }
    if (how == UNDR_OK && scene->target.state == CHECK_TARGET_EXITED && scene->target.status == status) {
        return UNDR_OK;
    }
    undr_error error = say_limit(&scene->target, why);
    error = error == UNDR_OK ? check_surroundings(true, CHECK_FILES_IN_PLAY, why) : error;
    error = error == UNDR_OK ? check_inherited_excuse(0, why) : error;
    if (error != UNDR_OK) {
        return error;
    }
    check_writer out = check_writer_to(why);
    say_how_it_ended(setting, verb, scene, how, &out);
    check_write(&out, "; ");
    check_say_last_words(&out, undr_buffer_slice(&scene->target.kept));
    check_write(&out, remedy);
    say_twice(setting, &out);
    if (check_is_bare_script(setting->command[0])) {
        check_write_format(&out, "\n    cause: %s", check_hint_advice(CHECK_HINT_NO_INTERPRETER)->text);
    }
    return check_refused(out.error);
}

static undr_error ask_verb(const check_setting *setting, const char *verb, int status, const char *remedy,
    undr_buffer *output, undr_buffer *why) {
    check_scene scene;
    check_scene_init(&scene);
    if (setting->doing != NULL) {
        snprintf(setting->doing, CHECK_DOING, "the end of `%s %s`", setting->command[0], verb);
    }
    undr_error error = judge_status(setting, verb, status, remedy, &scene, why);
    if (error == UNDR_OK) {
        error = undr_put_slice(output, check_control_unread(&scene.control));
    }
    check_scene_free(&scene);
    return error;
}

undr_error check_survey_adapter(check_setting *setting, undr_buffer *why) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGPIPE, &ignore, &before);
    undr_buffer output = {0};
    undr_error error = ask_verb(setting, nonsense, EXIT_NOT_IMPLEMENTED,
        "for a verb that it does not implement, the adapter must exit with status 89: an adapter that accepts "
        "anything proves nothing",
        &output, why);
    output.size = 0;
    if (error == UNDR_OK) {
        error = ask_verb(setting, "capabilities", 0,
            "it must print what the adapter implements, one capability a line, and exit with status 0", &output, why);
    }
    if (error == UNDR_OK) {
        undr_buffer_free(&setting->capabilities.text);
        error = check_read_capabilities(undr_buffer_slice(&output), &setting->capabilities, why);
    }
    undr_buffer_free(&output);
    sigaction(SIGPIPE, &before, NULL);
    return error;
}
