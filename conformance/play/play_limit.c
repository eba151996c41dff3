/* play_limit.c: how long a play waits: the rule of play_limit.h. */
#include "play/play_limit.h"

#include "base/clock.h"
#include "notation/wait_kind.h"

static uint64_t seconds(uint64_t count) {
    return count * CHECK_SECOND;
}

static uint64_t lesser(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t greater(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

uint64_t check_player_scale(const check_player *player, uint64_t time) {
    double factor = player->setting->timeout_factor;
    return factor > 0 ? (uint64_t)((double)time * factor) : time;
}

/* What the target sends unasked gives it no more time: only as much counts as was sent to it, and a little more. */
static uint64_t crossed(const check_player *player) {
    const check_control *control = &player->scene.control;
    uint64_t out = control->out.size, in = control->in.size;
    for (size_t i = 0; i < player->scene.count; i++) {
        const check_wire *wire = &player->scene.connections[i]->wire;
        out += wire->bytes_out + (wire->out.size - wire->sent);
        in += wire->bytes_in;
    }
    return out + lesser(in, out + control->commanded + CHECK_MORE_ANSWERS);
}

uint64_t check_player_flow(const check_player *player) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < player->scene.count; i++) {
        bytes += player->scene.connections[i]->wire.bytes_in + player->scene.connections[i]->wire.bytes_out;
    }
    return bytes;
}

uint64_t check_player_flow_time(const check_player *player, uint64_t before) {
    uint64_t now = check_player_flow(player); /* less than before when a connection was opened anew */
    uint64_t whole = (now > before ? now - before : 0) / CHECK_FLOW_RATE;
    uint64_t most = player->setting->silent ? CHECK_FLOW_MOST_S / CHECK_SILENT_PART : CHECK_FLOW_MOST_S;
    return check_player_scale(player, seconds(lesser(whole, most)));
}

static bool is_closing(const check_player *player) {
    return player->scene.control.in_flight == CHECK_AWAIT_CLOSED;
}

/* The additional time that the target declares for an answer. */
static uint64_t declared(const check_player *player) {
    const check_capabilities *can = &player->setting->capabilities;
    uint64_t bounds = can->hold + (is_closing(player) && can->has_grace ? can->grace : 0);
    return bounds * CHECK_MILLISECOND + CHECK_HELD_FACTOR * player->setting->held_ns;
}

/* Does it wait for what several cases have waited for in vain, and none has got? */
static bool is_missed(const check_player *player) {
    const check_setting *setting = player->setting;
    const check_step *step = player->at.step;
    return setting->silent
        || (setting->missed != 0 && step != NULL
            && check_wait_kind_at(player->at.one, step->line).wide == setting->missed);
}

uint64_t check_player_limit(const check_player *player, bool held) {
    const check_setting *setting = player->setting;
    bool starts = player->at.one->role != CHECK_ROLE_MANAGER || setting->measuring;
    uint64_t least = seconds(starts ? CHECK_LEAST_POOL_S : CHECK_LEAST_S);
    uint64_t firsts = lesser(CHECK_FIRSTS * setting->first_ns, seconds(CHECK_START_S));
    uint64_t trips = lesser(CHECK_TRIPS * setting->round_trip_ns, seconds(CHECK_TRIPS_MOST_S));
    uint64_t limit = greater(least, greater(firsts, trips)) / (is_missed(player) ? CHECK_SILENT_PART : 1);
    limit += crossed(player) * (CHECK_SECOND / CHECK_RATE);
    return check_player_scale(player, limit) + (held ? declared(player) : 0);
}

/* Of a worker the start ends with its first answer. */
static uint64_t start_part(const check_player *player) {
    return player->setting->silent && player->at.one->role == CHECK_ROLE_WORKER ? CHECK_SILENT_PART : 1;
}

uint64_t check_player_start_limit(const check_player *player) {
    return check_player_scale(player, seconds(CHECK_START_S) / start_part(player));
}

uint64_t check_player_idle_limit(const check_player *player) {
    return check_player_scale(player, seconds(CHECK_IDLE_S) / start_part(player));
}

uint64_t check_player_quiet(const check_player *player, uint64_t least_of_case) {
    const check_capabilities *can = &player->setting->capabilities;
    uint64_t settles = CHECK_QUIET_SETTLES * player->setting->settle_ns;
    uint64_t quiet = check_player_scale(player, greater(settles, CHECK_QUIET_MS * CHECK_MILLISECOND));
    quiet = greater(lesser(quiet, seconds(CHECK_QUIET_MOST_S)), least_of_case);
    bool bounded = is_closing(player) && player->timing.cancelled_at != 0 && can->has_grace;
    return bounded ? lesser(quiet, can->grace * CHECK_MILLISECOND / CHECK_GRACE_PART) : quiet;
}

uint64_t check_player_settled_at(const check_player *player) {
    uint64_t settles = CHECK_GONE_SETTLES * player->setting->settle_ns;
    return check_now() + check_player_scale(player, greater(settles, seconds(CHECK_GONE_LEAST_S)));
}
