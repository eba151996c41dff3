/* test_play_limit.c: what a target sends can't make the waiting for it last without end. */
#include "play/play_limit.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEBI = 1024 * 1024 };
static const uint64_t ENDLESS = (uint64_t)1 << 50;

/* A play in which `in` bytes came on two connections and the control channel, and `out` bytes were sent. */
typedef struct scenery {
    check_setting setting;
    check_case one;
    check_connection connections[2], *listed[2];
    check_player player;
} scenery;

static void set_up(scenery *all) {
    *all = (scenery){.setting = {.timeout_factor = 1}, .one = {.role = CHECK_ROLE_MANAGER}};
    for (size_t i = 0; i < 2; i++) {
        all->listed[i] = &all->connections[i];
    }
    all->player.setting = &all->setting;
    all->player.at.one = &all->one;
    all->player.scene.connections = all->listed;
    all->player.scene.count = 2;
}

static uint64_t limit(const scenery *all) {
    return check_player_limit(&all->player, false);
}

static uint64_t time_of(uint64_t bytes) {
    return bytes * (CHECK_SECOND / CHECK_RATE);
}

static void what_comes_unasked_gives_a_bounded_time(void **state) {
    (void)state;
    scenery all;
    set_up(&all);
    uint64_t least = limit(&all);
    all.connections[1].wire.bytes_in = CHECK_MORE_ANSWERS - 1;
    assert_int_equal(limit(&all), least + time_of(CHECK_MORE_ANSWERS - 1));
    for (uint64_t bytes = CHECK_MORE_ANSWERS; bytes <= ENDLESS; bytes *= 2) {
        all.connections[0].wire.bytes_in = bytes;
        assert_int_equal(limit(&all), least + time_of(CHECK_MORE_ANSWERS));
    }
}

static void lines_without_end_give_no_more(void **state) {
    (void)state;
    scenery all;
    set_up(&all);
    uint64_t least = limit(&all);
    all.player.scene.control.in.size = SIZE_MAX / 2;
    assert_int_equal(limit(&all), least + time_of(CHECK_MORE_ANSWERS));
    all.connections[0].wire.bytes_in = ENDLESS;
    assert_int_equal(limit(&all), least + time_of(CHECK_MORE_ANSWERS));
    all.player.scene.control.in.size = 0;
}

/* It has to read them, and may answer with as many. So may a command that asks it for much. */
static void what_it_was_sent_gives_time_twice(void **state) {
    (void)state;
    scenery all;
    set_up(&all);
    uint64_t least = limit(&all);
    all.connections[0].wire.bytes_out = 100 * MEBI;
    assert_int_equal(limit(&all), least + time_of(100 * MEBI));
    all.connections[1].wire.bytes_in = ENDLESS;
    assert_int_equal(limit(&all), least + time_of(200 * MEBI + CHECK_MORE_ANSWERS));
    all.player.scene.control.commanded = 50 * MEBI;
    assert_int_equal(limit(&all), least + time_of(250 * MEBI + CHECK_MORE_ANSWERS));
    all.connections[0].wire.out.size = 30 * MEBI;
    all.connections[0].wire.sent = 10 * MEBI;
    assert_int_equal(limit(&all), least + time_of(290 * MEBI + CHECK_MORE_ANSWERS));
    all.connections[0].wire.out = (undr_buffer){0};
}

static void a_flow_gives_a_bounded_time(void **state) {
    (void)state;
    scenery all;
    set_up(&all);
    all.connections[0].wire.bytes_in = CHECK_FLOW_RATE - 1; /* less than a second's worth: a trickle */
    assert_int_equal(check_player_flow_time(&all.player, 0), 0);
    all.connections[0].wire.bytes_in = 2 * CHECK_FLOW_RATE;
    assert_int_equal(check_player_flow_time(&all.player, 0), 2 * CHECK_SECOND);
    all.connections[0].wire.bytes_in = ENDLESS;
    assert_int_equal(check_player_flow_time(&all.player, 0), CHECK_FLOW_MOST_S * CHECK_SECOND);
    all.setting.silent = true;
    assert_int_equal(check_player_flow_time(&all.player, 0), CHECK_FLOW_MOST_S / CHECK_SILENT_PART * CHECK_SECOND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_unasked_gives_a_bounded_time),
        cmocka_unit_test(lines_without_end_give_no_more),
        cmocka_unit_test(what_it_was_sent_gives_time_twice),
        cmocka_unit_test(a_flow_gives_a_bounded_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
