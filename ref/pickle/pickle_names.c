/* pickle_names.c: the table of names that Python 3 moved; what CPython's fix_imports does for the common ones. */
#include "pickle/pickle_names.h"

/* Where Python 3 keeps what Python 2 pickles name otherwise. name NULL: the whole module. */
typedef struct renamed {
    const char *old_module, *old_name;
    const char *module, *name;
} renamed;

static const renamed renamed_table[] = {
    {"__builtin__", "xrange", "builtins", "range"},
    {"__builtin__", "unicode", "builtins", "str"},
    {"__builtin__", "unichr", "builtins", "chr"},
    {"__builtin__", "long", "builtins", "int"},
    {"__builtin__", "reduce", "functools", "reduce"},
    {"__builtin__", "intern", "sys", "intern"},
    {"UserDict", "IterableUserDict", "collections", "UserDict"},
    {"UserDict", "UserDict", "collections", "UserDict"},
    {"UserList", "UserList", "collections", "UserList"},
    {"UserString", "UserString", "collections", "UserString"},
    {"__builtin__", NULL, "builtins", NULL},
    {"copy_reg", NULL, "copyreg", NULL},
    {"Queue", NULL, "queue", NULL},
    {"thread", NULL, "_thread", NULL},
    {"repr", NULL, "reprlib", NULL},
    {"ConfigParser", NULL, "configparser", NULL},
    {"SocketServer", NULL, "socketserver", NULL},
    {"urlparse", NULL, "urllib.parse", NULL},
    {"urllib2", NULL, "urllib.request", NULL},
    {"httplib", NULL, "http.client", NULL},
    {"cookielib", NULL, "http.cookiejar", NULL},
    {"Cookie", NULL, "http.cookies", NULL},
    {"_abcoll", NULL, "collections.abc", NULL},
};

/* The exceptions that Python 2 had. */
static const char *const old_exceptions[] = {
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BufferError",
    "BytesWarning",
    "DeprecationWarning",
    "EOFError",
    "EnvironmentError",
    "Exception",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "IOError",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "ReferenceError",
    "RuntimeError",
    "RuntimeWarning",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
};

static bool is_old_exception(undr_slice name) {
    for (size_t index = 0; index < sizeof old_exceptions / sizeof old_exceptions[0]; ++index) {
        if (undr_slice_equal(name, undr_slice_text(old_exceptions[index]))) {
            return true;
        }
    }
    return false;
}

void undr_rename_to_python3(undr_slice *module, undr_slice *name) {
    if (undr_slice_equal(*module, undr_slice_text("exceptions")) && is_old_exception(*name)) {
        *module = undr_slice_text("builtins");
        return;
    }
    for (size_t index = 0; index < sizeof renamed_table / sizeof renamed_table[0]; ++index) {
        const renamed *row = &renamed_table[index];
        if (!undr_slice_equal(*module, undr_slice_text(row->old_module))) {
            continue;
        }
        if (row->old_name == NULL || undr_slice_equal(*name, undr_slice_text(row->old_name))) {
            *module = undr_slice_text(row->module);
            *name = row->name == NULL ? *name : undr_slice_text(row->name);
            return;
        }
    }
}

void undr_rename_to_python2(undr_slice *module, undr_slice *name) {
    if (undr_slice_equal(*module, undr_slice_text("builtins")) && is_old_exception(*name)) {
        *module = undr_slice_text("exceptions");
        return;
    }
    for (size_t index = 0; index < sizeof renamed_table / sizeof renamed_table[0]; ++index) {
        const renamed *row = &renamed_table[index];
        if (!undr_slice_equal(*module, undr_slice_text(row->module))) {
            continue;
        }
        if (row->name == NULL || undr_slice_equal(*name, undr_slice_text(row->name))) {
            *module = undr_slice_text(row->old_module);
            *name = row->old_name == NULL ? *name : undr_slice_text(row->old_name);
            return;
        }
    }
}
