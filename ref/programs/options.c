/* options.c: parses the command line of a reference program. */
#include "programs/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void list_choices(const char *program, const char *verb, const adapter_option *options, size_t count) {
    (void)fprintf(stderr, "usage: %s %s", program, verb);
    for (size_t i = 0; i < count; i++) {
        const adapter_option *option = &options[i];
        (void)fprintf(stderr, option->required ? " %s" : " [%s", option->name);
        if (option->number != NULL && option->maximum == UINT64_MAX) {
            (void)fprintf(stderr, " %" PRIu64 "...", option->minimum);
        } else if (option->number != NULL) {
            (void)fprintf(stderr, " %" PRIu64 "..%" PRIu64, option->minimum, option->maximum);
        } else if (option->text != NULL) {
            (void)fprintf(stderr, " %s", option->word);
        }
        (void)fprintf(stderr, option->required ? "" : "]");
    }
    (void)fprintf(stderr, "\n");
}

adapter_option *adapter_find_option(adapter_option *options, size_t count, const char *word, const char **value) {
    size_t size = strcspn(word, "=");
    *value = word[size] == '=' ? word + size + 1 : NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(options[i].name) == size && strncmp(options[i].name, word, size) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static bool set_flag(const char *program, adapter_option *option, const char *value) {
    *option->flag = true;
    if (value != NULL) {
        (void)fprintf(stderr, "%s: %s takes no value\n", program, option->name);
    }
    return value == NULL;
}

/* value: NULL when there is none. */
static bool set_option(const char *program, adapter_option *option, const char *value) {
    option->given = true;
    if (option->flag != NULL) {
        return set_flag(program, option, value);
    }
    if (value == NULL) {
        (void)fprintf(stderr, "%s: %s needs a value\n", program, option->name);
        return false;
    }
    if (option->number != NULL) {
        if (adapter_parse_number(undr_slice_text(value), option->minimum, option->maximum, option->number)) {
            return true;
        }
        adapter_complain(program, "%s must be a number from %" PRIu64 " to %" PRIu64 ", not '%s'", option->name,
            option->minimum, option->maximum, value);
        return false;
    }
    *option->text = value;
    if (*value == '\0') {
        (void)fprintf(stderr, "%s: %s must not be empty\n", program, option->name);
    }
    return *value != '\0';
}

static bool parse_all(const char *program, int argc, char **argv, adapter_option *options, size_t count) {
    for (int i = 0; i < argc; i++) {
        const char *value;
        adapter_option *option = adapter_find_option(options, count, argv[i], &value);
        if (option == NULL) {
            adapter_complain(program, "unknown option '%s'", argv[i]);
            return false;
        }
        if (option->flag == NULL && value == NULL && i + 1 < argc) {
            value = argv[++i];
        }
        if (!set_option(program, option, value)) {
            return false;
        }
    }
    return true;
}

static bool has_all_required(const char *program, const adapter_option *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (options[i].required && !options[i].given) {
            (void)fprintf(stderr, "%s: %s is missing\n", program, options[i].name);
            return false;
        }
    }
    return true;
}

bool adapter_parse_options(
    const char *program, const char *verb, int argc, char **argv, adapter_option *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        options[i].given = false;
    }
    if (parse_all(program, argc, argv, options, count) && has_all_required(program, options, count)) {
        return true;
    }
    list_choices(program, verb, options, count);
    return false;
}

int adapter_no_verb(const adapter_program *program, const char *verb) {
    undr_buffer verbs = {0};
    undr_error error = UNDR_OK;
    for (const adapter_verb *one = program->verbs; one->name != NULL && error == UNDR_OK; one++) {
        error = undr_put_format(&verbs, "%s%s", one == program->verbs ? "" : ", ", one->name);
    }
    const char *names = error == UNDR_OK ? (const char *)verbs.data : "";
    int size = error == UNDR_OK ? (int)verbs.size : 0;
    if (verb == NULL) {
        adapter_complain(program->name, "no verb; give one of: %.*s", size, names);
    } else {
        adapter_complain(program->name, "the verb '%s' is not implemented; the verbs are: %.*s", verb, size, names);
    }
    undr_buffer_free(&verbs);
    return ADAPTER_EXIT_NO_VERB;
}
