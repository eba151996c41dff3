/* test_hash_key.c: the hash key of the process, which nobody outside can know: each program that is executed has
 * another. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void key_of_the_process(void **state) {
    (void)state;
    const undr_hash_key one = undr_process_hash_key(), again = undr_process_hash_key();
    assert_memory_equal(&one, &again, sizeof one);
    assert_true(one.k0 != one.k1 && one.odd[0] != one.odd[1]);
    assert_true((one.odd[0] & 1) == 1 && (one.odd[1] & 1) == 1);
    char command[4200];
    const ssize_t size = readlink("/proc/self/exe", command, 4096);
    assert_true(size > 0);
    (void)snprintf(command + size, sizeof command - (size_t)size, " key");
    FILE *other = popen(command, "re");
    unsigned long long theirs[4] = {0};
    assert_non_null(other);
    assert_int_equal(fscanf(other, "%llx %llx %llx %llx", &theirs[0], &theirs[1], &theirs[2], &theirs[3]), 4);
    assert_int_equal(pclose(other), 0);
    assert_true(theirs[0] != one.k0 && theirs[1] != one.k1 && theirs[2] != one.odd[0] && theirs[3] != one.odd[1]);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "key") == 0) {
        const undr_hash_key key = undr_process_hash_key();
        return printf("%llx %llx %llx %llx\n", (unsigned long long)key.k0, (unsigned long long)key.k1,
                   (unsigned long long)key.odd[0], (unsigned long long)key.odd[1])
            < 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_of_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
