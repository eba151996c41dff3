/* facts.c: what a report is about. */
#include "report/facts.h"

#include "base/text.h"
#include "report/alone.h"
#include "report/escape.h"

#include <string.h>
#include <sys/utsname.h>

/* Owned by the facts, a byte at a time free of what no format should carry. */
static undr_error add(check_facts *facts, const char *key, const char *label, undr_slice value) {
    value = check_text_trim(value);
    if (value.size == 0) {
        return UNDR_OK;
    }
    check_fact *fact = &facts->at[facts->count++];
    *fact = (check_fact){.key = key, .label = label};
    return check_text_clean(&fact->value, value);
}

undr_slice check_declared(undr_slice capabilities, const char *word) {
    size_t length = strlen(word);
    while (capabilities.size > 0) {
        const uint8_t *newline = memchr(capabilities.data, '\n', capabilities.size);
        size_t size = newline == NULL ? capabilities.size : (size_t)(newline - capabilities.data);
        undr_slice line = check_text_trim(undr_slice_of(capabilities.data, size));
        if (line.size > length && memcmp(line.data, word, length) == 0
            && (line.data[length] == ' ' || line.data[length] == '\t')) {
            return check_text_trim(undr_slice_of(line.data + length, line.size - length));
        }
        size += newline == NULL ? 0 : 1;
        capabilities = undr_slice_of(capabilities.data + size, capabilities.size - size);
    }
    return undr_slice_of(NULL, 0);
}

/* Of the first role whose adapter was asked. */
static undr_slice capabilities_of(const check_session *session) {
    undr_slice text = undr_slice_of(NULL, 0);
    for (size_t i = 0; i < session->part_count && text.size == 0; i++) {
        text = undr_buffer_slice(&session->parts[i].setting.capabilities.text);
    }
    return text;
}

static undr_error add_implementation(const check_session *session, check_facts *facts) {
    static const struct {
        const char *word, *label;
    } words[] = {
        {"name", "implementation"}, {"version", "its version"}, {"language", "its language"}, {"home", "its home"}};
    undr_slice capabilities = capabilities_of(session);
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words && error == UNDR_OK; i++) {
        error = add(facts, words[i].word, words[i].label, check_declared(capabilities, words[i].word));
    }
    return error;
}

static undr_error add_machine(check_facts *facts) {
    struct utsname machine;
    undr_buffer kernel = {0};
    if (uname(&machine) != 0) {
        return UNDR_OK;
    }
    undr_error error = add(facts, "host", "host", undr_slice_text(machine.nodename));
    error = error == UNDR_OK ? undr_put_format(&kernel, "%s %s %s", machine.sysname, machine.release, machine.machine)
                             : error;
    error = error == UNDR_OK ? add(facts, "kernel", "kernel", undr_buffer_slice(&kernel)) : error;
    undr_buffer_free(&kernel);
    return error;
}

static undr_error add_run(const check_session *session, check_facts *facts) {
    char text[32] = "";
    struct tm time;
    if (gmtime_r(&session->started, &time) != NULL) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &time);
    }
    undr_error error = add(facts, "date", "date", undr_slice_text(text));
    snprintf(text, sizeof text, "%llu", (unsigned long long)session->seed);
    error = error == UNDR_OK ? add(facts, "seed", "seed", undr_slice_text(text)) : error;
    undr_buffer command = {0};
    if (error == UNDR_OK && session->options->words != NULL) {
        error = check_put_adapter(&command, session->options->words);
        error = error == UNDR_OK ? add(facts, "command", "command", undr_buffer_slice(&command)) : error;
    }
    undr_buffer_free(&command);
    return error;
}

undr_error check_facts_make(const check_session *session, check_facts *facts) {
    *facts = (check_facts){.count = 0};
    undr_error error = add_implementation(session, facts);
    error = error == UNDR_OK ? add(facts, "suite_version", "undr-check", undr_slice_text(UNDR_VERSION)) : error;
    error = error == UNDR_OK ? add(facts, "spec_sha256", "specification (SHA-256)", undr_slice_text(check_spec_sha256))
                             : error;
    error = error == UNDR_OK ? add_run(session, facts) : error;
    error = error == UNDR_OK && session->options->as_of != NULL
        ? add(facts, "as_of", "as of", undr_slice_text(session->options->as_of))
        : error;
    return error == UNDR_OK ? add_machine(facts) : error;
}

void check_facts_free(check_facts *facts) {
    for (size_t i = 0; i < facts->count; i++) {
        undr_buffer_free(&facts->at[i].value);
    }
    facts->count = 0;
}

undr_slice check_facts_find(const check_facts *facts, const char *key) {
    for (size_t i = 0; i < facts->count; i++) {
        if (strcmp(facts->at[i].key, key) == 0) {
            return undr_buffer_slice(&facts->at[i].value);
        }
    }
    return undr_slice_of(NULL, 0);
}
