/* test_scene.c: the end of a target is noticed by whatever waits, with a pidfd and without. */
#include "base/clock.h"
#include "target/scene.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_S = 60 }; /* nobody looks before */

static void start(check_scene *scene, const char *script) {
    char shell[] = "/bin/sh", option[] = "-c";
    char *argv[] = {shell, option, (char *)(uintptr_t)script, NULL};
    undr_buffer why = {0};
    check_scene_init(scene);
    assert_int_equal(check_target_start(&scene->target, argv, &why), UNDR_OK);
}

/* Nothing else happens than its end: a process that it has left holds its pipes. */
static void assert_notices_the_end(check_scene *scene) {
    uint64_t until = check_now() + LIMIT_S * CHECK_SECOND;
    undr_error error = UNDR_OK;
    while (scene->target.state == CHECK_TARGET_RUNS && error == UNDR_OK) {
        error = check_scene_wait(scene, until);
    }
    assert_int_equal(error, UNDR_OK);
    assert_int_equal(scene->target.state, CHECK_TARGET_EXITED);
    assert_int_equal(scene->target.status, 3);
    check_scene_free(scene);
}

static const char *const LEAVES_ONE = "sleep 1000 & exit 3";

static void with_a_pidfd(void **state) {
    (void)state;
    check_scene scene;
    start(&scene, LEAVES_ONE);
#ifdef SYS_pidfd_open
    long other = syscall(SYS_pidfd_open, getpid(), 0U);
    int reason = errno;
    assert_int_equal(scene.target.notice >= 0, other >= 0);
    if (other < 0) {
        print_message("SKIPPED: this kernel refuses a pidfd (%d)\n", reason);
    } else {
        close((int)other);
    }
#endif
    assert_notices_the_end(&scene);
}

/* An old kernel has none, and a sandbox may refuse it. */
static void without(void **state) {
    (void)state;
    check_scene scene;
    start(&scene, LEAVES_ONE);
    if (scene.target.notice >= 0) {
        close(scene.target.notice);
        scene.target.notice = -1;
    }
    assert_notices_the_end(&scene);
}

/* It is told that the time is over, and not before. */
static void one_that_runs_is_waited_for(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        check_scene scene;
        start(&scene, "exec sleep 1000");
        if (i == 1 && scene.target.notice >= 0) {
            close(scene.target.notice);
            scene.target.notice = -1;
        }
        uint64_t until = check_now() + CHECK_SECOND / 4;
        undr_error error;
        do {
            error = check_scene_wait(&scene, until);
        } while (error == UNDR_OK);
        assert_int_equal(error, UNDR_WAIT);
        assert_true(check_now() >= until);
        assert_int_equal(scene.target.state, CHECK_TARGET_RUNS);
        check_scene_free(&scene);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_pidfd),
        cmocka_unit_test(without),
        cmocka_unit_test(one_that_runs_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
