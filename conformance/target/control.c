/* control.c: writes the adapter's command lines and reads its answers. */
#include "target/control.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 256 * 1024, READS_AT_ONCE = 16 };

void check_line_free(check_line *line) {
    undr_buffer_free(&line->pickle);
    *line = (check_line){0};
}

void check_control_free(check_control *control) {
    undr_buffer_free(&control->in);
    undr_buffer_free(&control->out);
    *control = (check_control){0};
}

static undr_error put_hex(undr_buffer *buffer, undr_slice bytes) {
    static const char digits[] = "0123456789abcdef";
    undr_error error = undr_buffer_reserve(buffer, bytes.size * 2 + 1);
    for (size_t i = 0; i < bytes.size && error == UNDR_OK; i++) {
        buffer->data[buffer->size++] = (uint8_t)digits[bytes.data[i] >> 4];
        buffer->data[buffer->size++] = (uint8_t)digits[bytes.data[i] & 15];
    }
    return error;
}

/* A line that could not be written whole is not written at all. */
static undr_error write_command(check_control *control, check_command awaited, const char *words, undr_slice hex) {
    if (control->sent == control->out.size) {
        control->sent = control->out.size = 0;
    }
    size_t before = control->out.size;
    undr_error error = undr_put_text(&control->out, words);
    if (error == UNDR_OK) {
        error = put_hex(&control->out, hex);
    }
    if (error == UNDR_OK) {
        error = undr_put_text(&control->out, "\n");
    }
    if (error != UNDR_OK) {
        control->out.size = before;
        return error;
    }
    control->in_flight = awaited;
    control->commanded += control->out.size - before;
    return UNDR_OK;
}

undr_error check_control_schedule(check_control *control, int64_t priority, undr_slice pickle) {
    undr_buffer words = {0};
    undr_error error = undr_put_format(&words, "schedule %lld ", (long long)priority);
    if (error == UNDR_OK) {
        error = undr_put_u8(&words, 0);
    }
    if (error == UNDR_OK) {
        error = write_command(control, CHECK_AWAIT_OK, (const char *)words.data, pickle);
    }
    undr_buffer_free(&words);
    return error;
}

undr_error check_control_message(check_control *control, undr_slice pickle) {
    return write_command(control, CHECK_AWAIT_OK, "message ", pickle);
}

undr_error check_control_next(check_control *control) {
    return write_command(control, CHECK_AWAIT_NEXT, "next", undr_slice_of(NULL, 0));
}

undr_error check_control_close(check_control *control, uint64_t policy) {
    const char *words[] = {"close join", "close cancel", "close kill"};
    if (policy > 2) {
        return UNDR_ARGUMENT;
    }
    return write_command(control, CHECK_AWAIT_CLOSED, words[policy], undr_slice_of(NULL, 0));
}

bool check_control_wants_to_write(const check_control *control) {
    return !control->broken && control->sent < control->out.size;
}

/* Only the answer to `next` may be long, and only when it is a message. */
static size_t limit_of(const check_control *control) {
    static const char word[] = "message ";
    undr_slice unread = check_control_unread(control);
    size_t size = unread.size < sizeof word - 1 ? unread.size : sizeof word - 1;
    if (control->limit > 0) {
        return control->limit;
    }
    bool is_message = control->in_flight == CHECK_AWAIT_NEXT && size > 0 && memcmp(unread.data, word, size) == 0;
    return is_message ? CHECK_MESSAGE_LIMIT : CHECK_LINE_LIMIT;
}

bool check_control_wants_to_read(const check_control *control) {
    return !control->ended && control->in.size - control->taken <= limit_of(control);
}

undr_error check_control_write(check_control *control, int file) {
    while (check_control_wants_to_write(control)) {
        if (file < 0) {
            control->broken = true;
            break;
        }
        ssize_t size = write(file, control->out.data + control->sent, control->out.size - control->sent);
        if (size >= 0) {
            control->sent += (size_t)size;
        } else if (errno == EPIPE) {
            control->broken = true;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return UNDR_SYSTEM;
        }
    }
    return UNDR_OK;
}

undr_error check_control_read(check_control *control, int file) {
    for (int i = 0; i < READS_AT_ONCE && check_control_wants_to_read(control); i++) {
        undr_error error = undr_buffer_reserve(&control->in, READ_SIZE);
        if (error != UNDR_OK) {
            return error;
        }
        ssize_t size = file < 0 ? 0 : read(file, control->in.data + control->in.size, READ_SIZE);
        if (size > 0) {
            control->in.size += (size_t)size;
        } else if (size == 0) {
            control->ended = true;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return UNDR_SYSTEM;
        }
    }
    return UNDR_OK;
}

/* Where the next newline is, from the start of the unread text; false: none yet. */
static bool find_newline(check_control *control, size_t *at) {
    if (control->searched < control->taken) {
        control->searched = control->taken;
    }
    if (control->searched == control->in.size) {
        return false;
    }
    const uint8_t *from = control->in.data + control->searched;
    const uint8_t *found = memchr(from, '\n', control->in.size - control->searched);
    if (found == NULL) {
        control->searched = control->in.size;
        return false;
    }
    *at = (size_t)(found - (control->in.data + control->taken));
    return true;
}

bool check_control_has_line(check_control *control) {
    size_t at;
    return find_newline(control, &at);
}

bool check_control_line_is_endless(check_control *control) {
    return control->in.size - control->taken > limit_of(control) && !check_control_has_line(control);
}

undr_slice check_control_unread(const check_control *control) {
    size_t size = control->in.size - control->taken;
    return undr_slice_of(size == 0 ? NULL : control->in.data + control->taken, size);
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    uint8_t low = byte | 0x20;
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static bool is_word(undr_slice text, const char *word) {
    return undr_slice_equal(text, undr_slice_text(word));
}

/* "message HEX" -> its bytes. */
static undr_error parse_message(check_line *line, undr_slice hex) {
    if (hex.size % 2 != 0) {
        return UNDR_OK;
    }
    undr_error error = undr_buffer_reserve(&line->pickle, hex.size / 2 + 1);
    for (size_t i = 0; i + 1 < hex.size && error == UNDR_OK; i += 2) {
        int high = hex_digit(hex.data[i]), low = hex_digit(hex.data[i + 1]);
        if (high < 0 || low < 0) {
            return UNDR_OK;
        }
        error = undr_put_u8(&line->pickle, (uint8_t)(high << 4 | low));
    }
    if (error == UNDR_OK) {
        line->answer = CHECK_ANSWER_MESSAGE;
    }
    return error;
}

static void parse_port(check_line *line, undr_slice digits) {
    uint32_t port = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9' || port > UINT16_MAX) {
            return;
        }
        port = port * 10 + (uint32_t)(digits.data[i] - '0');
    }
    if (port > 0 && port <= UINT16_MAX) {
        line->answer = CHECK_ANSWER_READY;
        line->port = (uint16_t)port;
    }
}

/* Splits at the first blank: the word, and what follows. */
static undr_slice first_word(undr_slice text, undr_slice *rest) {
    size_t size = 0;
    while (size < text.size && text.data[size] != ' ') {
        size++;
    }
    size_t skip = size < text.size ? size + 1 : size;
    *rest = undr_slice_of(text.data + skip, text.size - skip);
    return undr_slice_of(text.data, size);
}

static undr_error parse_answer(const check_control *control, check_line *line) {
    undr_slice rest;
    undr_slice word = first_word(line->text, &rest);
    switch (control->in_flight) {
    case CHECK_AWAIT_READY:
        if (is_word(word, "ready")) {
            parse_port(line, rest);
        }
        break;
    case CHECK_AWAIT_OK:
        if (is_word(line->text, "ok")) {
            line->answer = CHECK_ANSWER_OK;
        } else if (is_word(word, "error")) {
            line->answer = CHECK_ANSWER_ERROR;
        }
        break;
    case CHECK_AWAIT_NEXT:
        if (is_word(word, "message")) {
            return parse_message(line, rest);
        }
        if (is_word(line->text, "done")) {
            line->answer = CHECK_ANSWER_DONE;
        }
        break;
    case CHECK_AWAIT_CLOSED:
        if (is_word(line->text, "closed")) {
            line->answer = CHECK_ANSWER_CLOSED;
        }
        break;
    case CHECK_NO_COMMAND: break;
    }
    return UNDR_OK;
}

/* What is before `taken` is removed once nothing borrows it any more. */
static void compact(check_control *control) {
    if (control->taken == control->in.size) {
        control->taken = control->searched = control->in.size = 0;
    } else if (control->taken > READ_SIZE && control->taken > control->in.size / 2) {
        memmove(control->in.data, control->in.data + control->taken, control->in.size - control->taken);
        control->in.size -= control->taken;
        control->taken = control->searched = 0;
    }
}

undr_error check_control_take(check_control *control, check_line *line) {
    *line = (check_line){.answer = CHECK_ANSWER_NONSENSE};
    compact(control);
    size_t size;
    if (!find_newline(control, &size)) {
        return UNDR_WAIT;
    }
    line->text = undr_slice_of(control->in.data + control->taken, size);
    if (size > 0 && line->text.data[size - 1] == '\r') {
        line->text.size--; /* a runtime that writes CR LF */
    }
    undr_error error = parse_answer(control, line);
    if (error != UNDR_OK) {
        check_line_free(line);
        return error;
    }
    control->taken += size + 1;
    if (line->answer != CHECK_ANSWER_NONSENSE) {
        control->in_flight = CHECK_NO_COMMAND;
    }
    return UNDR_OK;
}

void check_control_untake(check_control *control, const check_line *line, check_command in_flight) {
    control->taken = (size_t)(line->text.data - control->in.data);
    control->searched = control->taken;
    control->in_flight = in_flight;
}
