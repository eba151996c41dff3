/* session_script.c: decodes one op of a session. */
#include "session_script.h"

static session_op of_connection(fuzz_source *source, uint8_t choice, int connection) {
    session_op op = {.connection = connection};
    switch (choice % 8) {
    case 0:
    case 1:
    case 2:
    case 3:
        op.kind = SESSION_REQUEST;
        op.type = choice % 8 < 2 ? 'n' : 't';
        break;
    case 4:
    case 5:
        op.kind = SESSION_SCHEDULE;
        op.amount = fuzz_take_below(source, SESSION_LEVELS + 1);
        break;
    case 6:
        op.kind = SESSION_MESSAGE;
        op.payload = fuzz_take_bytes(source, fuzz_take_below(source, 12));
        break;
    default:
        op.kind = SESSION_BAD;
        op.type = fuzz_take_u8(source);
        op.payload = fuzz_take_bytes(source, fuzz_take_below(source, 3));
    }
    return op;
}

/* What the caller tells the core of its own buffers. */
static session_op of_buffers(fuzz_source *source) {
    uint32_t what = fuzz_take_below(source, 4), amount = fuzz_take_u8(source);
    if (what < 2) {
        return (session_op){.kind = what == 0 ? SESSION_KEEP : SESSION_RELEASE, .amount = amount};
    }
    return (session_op){
        .kind = SESSION_FULL, .connection = (int)(amount % SESSION_CONNECTIONS), .amount = what == 2 ? 1 : 0};
}

static session_op of_manager(fuzz_source *source, uint8_t choice) {
    session_op op = {.connection = -1};
    switch (choice % 8) {
    case 0:
    case 1:
        op.kind = SESSION_SCHEDULE;
        op.amount = fuzz_take_below(source, SESSION_LEVELS + 1);
        return op;
    case 2: op.kind = SESSION_MESSAGE; return op;
    case 3:
    case 4: op.kind = SESSION_READ; return op;
    case 5:
        op.kind = SESSION_CLOCK;
        op.amount = fuzz_take_below(source, 2 * SESSION_HOLD);
        return op;
    case 6:
        if (fuzz_take_below(source, 8) == 0) {
            op.kind = fuzz_take_u8(source) & 1 ? SESSION_CLOSE : SESSION_ABANDON;
        }
        return op;
    default: return of_buffers(source);
    }
}

session_op session_take(fuzz_source *source, const session_view *view) {
    uint8_t choice = fuzz_take_u8(source);
    int connection = (int)fuzz_take_below(source, SESSION_CONNECTIONS);
    unsigned failing = 0;
    if (choice >= 0xf8) {
        failing = choice - 0xf7u;
        choice = fuzz_take_u8(source);
    }
    session_op op = {.connection = connection};
    if (choice % 16 < 2) {
        op.kind = SESSION_CONNECT;
    } else if (choice % 16 == 2 && view->open[connection]) {
        op.kind = SESSION_END_REQUESTS;
    } else if (choice % 16 >= 10) {
        op = of_manager(source, choice / 16);
    } else if (view->ready[connection]) {
        op = of_connection(source, choice / 16, connection);
    }
    op.failing = failing;
    op.answers = choice & 1 ? UINT32_MAX : choice / 64u;
    return op;
}
