/* result_line.c: a check_result as one line of JSON. */
#include "run/result_line.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The members that are bytes, by name: writing and reading walk the same table. */
struct text_member {
    const char *name;
    size_t offset;
};

static const struct text_member text_members[] = {
    {"sentence", offsetof(check_result, sentence)},
    {"step", offsetof(check_result, step)},
    {"expected", offsetof(check_result, expected)},
    {"received", offsetof(check_result, received)},
    {"transcript", offsetof(check_result, transcript)},
    {"output", offsetof(check_result, output)},
    {"notes", offsetof(check_result, notes)},
    {"seen", offsetof(check_result, seen)},
    {"kind", offsetof(check_result, kind)},
};
enum { TEXT_MEMBERS = sizeof text_members / sizeof text_members[0] };

/* Byte b becomes the character U+00bb, in UTF-8; NULL: no memory. */
static json_t *bytes_to_json(undr_slice bytes) {
    undr_buffer text = {0};
    undr_error error = undr_buffer_reserve(&text, 2 * bytes.size + 1);
    for (size_t i = 0; i < bytes.size && error == UNDR_OK; i++) {
        uint8_t byte = bytes.data[i];
        if (byte >= 0x80) {
            error = undr_put_u8(&text, (uint8_t)(0xc0 | byte >> 6));
            byte = (uint8_t)(0x80 | (byte & 0x3f));
        }
        if (error == UNDR_OK) {
            error = undr_put_u8(&text, byte);
        }
    }
    json_t *json = error == UNDR_OK ? json_stringn((const char *)text.data, text.size) : NULL;
    undr_buffer_free(&text);
    return json;
}

static undr_error json_to_bytes(const json_t *json, undr_buffer *bytes) {
    const uint8_t *text = (const uint8_t *)json_string_value(json);
    size_t size = json_string_length(json);
    undr_error error = text == NULL ? UNDR_ARGUMENT : UNDR_OK;
    for (size_t i = 0; i < size && error == UNDR_OK; i++) {
        uint8_t byte = text[i];
        if (byte >= 0x80 && (byte > 0xc3 || i + 1 == size)) {
            return UNDR_ARGUMENT; /* a character above U+00ff: not from us */
        }
        if (byte >= 0x80) {
            i++;
            byte = (uint8_t)((byte & 3) << 6 | (text[i] & 0x3f));
        }
        error = undr_put_u8(bytes, byte);
    }
    return error;
}

undr_error check_result_write(undr_buffer *line, const check_result *result) {
    json_t *json = json_pack("{s:i, s:i, s:i, s:b, s:b, s:b, s:b, s:s, s:i, s:I, s:I, s:I}", "verdict",
        (int)result->verdict, "level", (int)result->level, "hint", (int)result->hint, "other_value",
        (int)result->other_value, "other_type", (int)result->other_type, "in vain", (int)result->in_vain, "undecided",
        (int)result->undecided, "id", result->id, "line", result->line, "duration", (json_int_t)result->duration_ns,
        "pieces", (json_int_t)result->pieces, "joined", (json_int_t)result->joined);
    int failed = json == NULL ? -1 : 0;
    for (size_t i = 0; i < TEXT_MEMBERS && failed == 0; i++) {
        const undr_buffer *bytes = (const undr_buffer *)((const char *)result + text_members[i].offset);
        failed = json_object_set_new(json, text_members[i].name, bytes_to_json(undr_buffer_slice(bytes)));
    }
    char *text = failed == 0 ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(json);
    if (text == NULL) {
        return UNDR_MEMORY;
    }
    undr_error error = undr_put_format(line, "%s\n", text);
    free(text);
    return error;
}

static undr_error read_members(json_t *json, check_result *result) {
    int verdict = 0, level = 0, hint = 0, other_value = 0, other_type = 0, in_vain = 0, undecided = 0;
    const char *id = NULL;
    json_int_t duration = 0, pieces = 0, joined = 0;
    if (json_unpack(json, "{s:i, s:i, s:i, s:b, s:b, s:b, s:b, s:s, s:i, s:I, s:I, s:I}", "verdict", &verdict, "level",
            &level, "hint", &hint, "other_value", &other_value, "other_type", &other_type, "in vain", &in_vain,
            "undecided", &undecided, "id", &id, "line", &result->line, "duration", &duration, "pieces", &pieces,
            "joined", &joined)
        != 0) {
        return UNDR_ARGUMENT;
    }
    if (verdict < CHECK_PASS || verdict > CHECK_ERROR || level < CHECK_MUST || level > CHECK_MAY
        || hint < CHECK_HINT_NONE || hint >= CHECK_HINT_COUNT || strlen(id) >= sizeof result->id) {
        return UNDR_ARGUMENT;
    }
    result->verdict = (check_verdict)verdict;
    result->level = (check_level)level;
    result->hint = (check_hint)hint;
    result->other_value = other_value != 0;
    result->other_type = other_type != 0;
    result->in_vain = in_vain != 0;
    result->undecided = undecided != 0;
    memcpy(result->id, id, strlen(id) + 1);
    result->duration_ns = (uint64_t)duration;
    result->pieces = (unsigned)pieces;
    result->joined = (unsigned)joined;
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < TEXT_MEMBERS && error == UNDR_OK; i++) {
        undr_buffer *bytes = (undr_buffer *)((char *)result + text_members[i].offset);
        error = json_to_bytes(json_object_get(json, text_members[i].name), bytes);
    }
    return error;
}

undr_error check_result_read(undr_slice line, check_result *result) {
    *result = (check_result){0};
    json_t *json = json_loadb((const char *)line.data, line.size, JSON_ALLOW_NUL, NULL);
    undr_error error = json == NULL ? UNDR_ARGUMENT : read_members(json, result);
    json_decref(json);
    return error;
}
