/* alone.c: the command that plays one case alone. */
#include "report/alone.h"

/* Words of a command so far, as sh takes them. Keeps its first error. */
struct line {
    undr_buffer text;
    undr_error error;
};

static void add_word(struct line *line, const char *word) {
    bool first = line->text.size == 0;
    if (line->error == UNDR_OK && !first) {
        line->error = undr_put_text(&line->text, " ");
    }
    if (line->error == UNDR_OK) {
        line->error = check_shell_word(&line->text, word, first);
    }
}

static void add_option(struct line *line, const char *name, const char *value) {
    add_word(line, name);
    add_word(line, value);
}

static void add_words(struct line *line, char *const *words) {
    for (; *words != NULL; words++) {
        add_word(line, *words);
    }
}

static undr_error finish(struct line *line, undr_buffer *to) {
    undr_error error = line->error == UNDR_OK ? check_shell_line(to, undr_buffer_slice(&line->text)) : line->error;
    undr_buffer_free(&line->text);
    return error;
}

undr_error check_put_adapter(undr_buffer *to, char *const *command) {
    struct line line = {0};
    add_words(&line, command);
    return finish(&line, to);
}

static void add_role(struct line *line, const check_session *session, const check_part *part) {
    const check_options *options = session->options;
    char number[32];
    if (options->action != CHECK_ACTION_EXPLORE) {
        add_word(line, check_role_name(part->role));
        return;
    }
    add_word(line, "explore");
    add_word(line, check_role_name(part->role));
    snprintf(number, sizeof number, "%llu", (unsigned long long)session->seed);
    add_option(line, "--seed", number);
    if (options->sessions != 0) {
        snprintf(number, sizeof number, "%u", options->sessions);
        add_option(line, "--sessions", number);
    }
    if (options->corpus != NULL) {
        add_option(line, "--corpus", options->corpus);
    }
}

/* HOST:PORT, in a buffer of its own, which has no end in sight. */
static void add_connect(struct line *line, const check_options *options) {
    undr_buffer place = {0};
    undr_error error = undr_put_format(&place, "%s:%u", options->host, options->port);
    error = error == UNDR_OK ? undr_put_u8(&place, 0) : error;
    if (error == UNDR_OK) {
        add_option(line, options->listens ? "--listen" : "--connect", (const char *)place.data);
    } else {
        line->error = error;
    }
    undr_buffer_free(&place);
}

static void add_case(struct line *line, const check_options *options, const check_record *record) {
    check_delivery delivery = check_record_delivery(record);
    char factor[32];
    for (size_t i = 0; i < options->cases.count; i++) {
        add_option(line, "--cases", options->cases.at[i]);
    }
    if (record->one->load) {
        add_word(line, "--load");
    }
    if (record->one->destructive && options->host != NULL) {
        add_word(line, "--destructive");
    }
    add_option(line, "--only", record->one->name);
    if (options->timeout_factor > 1 || options->timeout_factor < 1) {
        snprintf(factor, sizeof factor, "%g", options->timeout_factor);
        add_option(line, "--timeout-factor", factor);
    }
    if (delivery != CHECK_DELIVERY_COUNT) {
        add_option(line, "--delivery", check_delivery_name(delivery));
    }
}

undr_error check_put_alone(
    undr_buffer *to, const check_session *session, const check_part *part, const check_record *record) {
    const check_options *options = session->options;
    struct line line = {0};
    add_word(&line, options->program);
    add_role(&line, session, part);
    if (options->host != NULL) {
        add_connect(&line, options);
    }
    add_case(&line, options, record);
    if (options->command != NULL) {
        add_word(&line, "--");
        add_words(&line, options->command);
    }
    return finish(&line, to);
}

undr_error check_print_alone(FILE *out, check_escaper *escape, const check_session *session, const check_part *part,
    const check_record *record) {
    undr_buffer command = {0};
    undr_error error = check_put_alone(&command, session, part, record);
    if (error == UNDR_OK) {
        escape(out, undr_buffer_slice(&command));
    }
    undr_buffer_free(&command);
    return error;
}
