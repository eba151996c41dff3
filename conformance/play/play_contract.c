/* play_contract.c: the lines of an adapter, and what breaks the contract. */
#include "play/play_contract.h"

#include "play/play_hint.h"
#include "play/play_verdict.h"

#include <string.h>

enum { LINE_SHOWN = 120 };

/* A line that the target printed, safe to print and short. */
void check_player_show_line(check_player *player, undr_buffer *to, undr_slice line) {
    undr_value text = {.kind = UNDR_BYTES, .bytes = line};
    undr_buffer shown = {0};
    text.bytes.size = line.size > LINE_SHOWN ? LINE_SHOWN : line.size;
    check_player_keep(player, undr_value_print(&shown, &text));
    if (shown.size > 1) { /* without the b of the bytes literal */
        check_player_say(player, to, "%.*s%s", (int)(shown.size - 1), (const char *)shown.data + 1,
            line.size > LINE_SHOWN ? "..." : "");
    }
    undr_buffer_free(&shown);
}

/* How a case would write an answer line. */
void check_player_say_answer(check_player *player, undr_buffer *to, const check_line *line) {
    if (line->answer == CHECK_ANSWER_MESSAGE) {
        check_player_say(player, to, "M <- message ");
        check_player_keep(player, check_show_message(to, undr_buffer_slice(&line->pickle), &player->names));
    } else if (line->answer == CHECK_ANSWER_NONSENSE) {
        check_player_say(player, to, "a line that is not an answer to a command: ");
        check_player_show_line(player, to, line->text);
    } else if (line->answer == CHECK_ANSWER_ERROR) {
        check_player_say(player, to, "M <- error");
    } else {
        check_player_say(player, to, "M <- %.*s", (int)line->text.size, (const char *)line->text.data);
    }
}

static const char *answers_to(check_command in_flight) {
    switch (in_flight) {
    case CHECK_AWAIT_READY: return "the line `ready PORT` on the target's standard output";
    case CHECK_AWAIT_OK: return "the line `ok`, or `error` and a reason";
    case CHECK_AWAIT_NEXT: return "the line `done`, or `message` and a pickle in hexadecimal digits";
    case CHECK_AWAIT_CLOSED: return "the line `closed`";
    case CHECK_NO_COMMAND: break;
    }
    return "no line on standard output while no command is in flight";
}

void check_player_breach(check_player *player, check_command in_flight, const check_line *line) {
    static const check_requirement answers = {CHECK_MUST, "ADAPTER-2",
        "`schedule` and `message` are answered with `ok` or `error`, `next` with `message` or `done`, and `close` "
        "with `closed`",
        0};
    undr_buffer shown = {0};
    player->blame.requirement = &answers;
    check_player_show_line(player, &shown, line->text);
    check_player_hint_line(player, line->text);
    bool ready = in_flight == CHECK_AWAIT_READY && line->text.size > 6 && memcmp(line->text.data, "ready ", 6) == 0;
    check_player_crash(player, answers_to(in_flight), "the line %s; %s", check_player_text(player, &shown),
        ready ? "PORT is a number from 1 to 65535, and nothing follows it"
              : "standard output carries only answers; text for people goes to standard error");
    undr_buffer_free(&shown);
}
