/* worker_exception.c: builds the WorkerException that reports a failed task, in the one form that every Python from 3.9
 * unpickles and prints:
 *
 *     WorkerException(TracebackException(RuntimeError, RuntimeError(text), None))
 *
 * Each call is a REDUCE: Python's own pickle of a TracebackException is its attributes, which differ by version. */
#include "undr/task.h"

#include <string.h>

/* builtins' exceptions that exist since Python 3.9 and take one text. Not: those that want more arguments
 * (UnicodeDecodeError, ...) or print otherwise (SyntaxError and its kind). */
static const char *const exceptions[] = {"ArithmeticError", "AssertionError", "AttributeError", "BlockingIOError",
    "BrokenPipeError", "BufferError", "ChildProcessError", "ConnectionAbortedError", "ConnectionError",
    "ConnectionRefusedError", "ConnectionResetError", "EOFError", "Exception", "FileExistsError", "FileNotFoundError",
    "FloatingPointError", "ImportError", "IndexError", "InterruptedError", "IsADirectoryError", "KeyError",
    "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError", "NotImplementedError",
    "OSError", "OverflowError", "PermissionError", "ProcessLookupError", "RecursionError", "ReferenceError",
    "RuntimeError", "StopIteration", "SystemError", "TimeoutError", "TypeError", "UnboundLocalError", "ValueError",
    "ZeroDivisionError"};

static bool is_builtin(const char *class_name) {
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        if (strcmp(class_name, exceptions[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* How many bytes the character at the start of text[0..size) takes, 0 if it is none. A lone surrogate is one: Python's
 * "surrogatepass" reads it. */
static size_t character(const uint8_t *text, size_t size) {
    uint8_t lead = text[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > size) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (lead == 0xe0 && text[1] < 0xa0) || (lead == 0xf0 && text[1] < 0x90);
    bool beyond = lead == 0xf4 && text[1] > 0x8f;
    return overlong || beyond ? 0 : length;
}

/* A run function may have put anything into its text; a pickle's str must be UTF-8. */
static void replace_malformed(undr_buffer *text) {
    size_t length;
    for (size_t i = 0; i < text->size; i += length) {
        length = character(text->data + i, text->size - i);
        if (length == 0) {
            text->data[i] = '?';
            length = 1;
        }
    }
}

/* "text", or "Name: text" when the class is not Python's own. */
static undr_error make_text(undr_arena *arena, const undr_failure *failure, undr_value **text) {
    undr_buffer buffer = {0};
    undr_error error = is_builtin(failure->class_name)
        ? undr_put_text(&buffer, failure->text)
        : undr_put_format(&buffer, "%s: %s", failure->class_name, failure->text);
    if (error == UNDR_OK) {
        replace_malformed(&buffer);
        error = undr_value_bytes(arena, UNDR_STR, undr_buffer_slice(&buffer), text);
    }
    undr_buffer_free(&buffer);
    return error;
}

/* module.name(*arguments) through REDUCE */
static undr_error call(undr_arena *arena, const char *module, const char *name, undr_value *const *arguments,
    size_t count, undr_value **result) {
    undr_value *callable;
    undr_value *tuple;
    undr_error error = undr_value_class(arena, module, name, &callable);
    if (error == UNDR_OK) {
        error = undr_value_items(arena, UNDR_TUPLE, arguments, count, &tuple);
    }
    return error == UNDR_OK ? undr_value_reduce(arena, callable, tuple, result) : error;
}

/* PAY-7, in the form that PAY-9 describes. */
undr_error undr_worker_exception(undr_arena *arena, const undr_failure *failure, undr_value **exception) {
    const char *class_name = is_builtin(failure->class_name) ? failure->class_name : "RuntimeError";
    undr_value *text;
    undr_value *traceback_arguments[3]; /* the exception's class, the exception, no traceback */
    undr_value *traceback;
    undr_error error = make_text(arena, failure, &text);
    if (error == UNDR_OK) {
        error = call(arena, "builtins", class_name, &text, 1, &traceback_arguments[1]);
    }
    if (error == UNDR_OK) {
        traceback_arguments[0] = traceback_arguments[1]->object.callable;
        error = undr_value_none(arena, &traceback_arguments[2]);
    }
    if (error == UNDR_OK) {
        error = call(arena, "traceback", "TracebackException", traceback_arguments, 3, &traceback);
    }
    return error == UNDR_OK ? call(arena, "undr.task", "WorkerException", &traceback, 1, exception) : error;
}

static const undr_value *argument(const undr_value *object, size_t index) {
    const undr_value *arguments = object != NULL && object->kind == UNDR_OBJECT ? object->object.args : NULL;
    return arguments != NULL && index < arguments->items.count ? arguments->items.at[index] : NULL;
}

const undr_value *undr_worker_exception_text(const undr_value *exception) {
    if (!undr_value_is_instance(exception, UNDR_CLASS_WORKER_EXCEPTION)) {
        return NULL;
    }
    const undr_value *text = argument(argument(argument(exception, 0), 1), 0);
    return text != NULL && text->kind == UNDR_STR ? text : NULL;
}
