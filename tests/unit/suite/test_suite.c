/* test_suite.c: which cases run, in which order, under which deliveries. */
#include "run/plan.h"
#include "suite/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CASE(name, more, body) "case " name "\n  must  NEXT-2  an answer comes\n" more "\n" body "\n"
#define ASKS "  A -> n\n  A <- t None\n"

static const char first_file[] = CASE("manager.z.last", "  after manager.b.second\n", ASKS)
    CASE("manager.b.second", "  after manager.a.first\n", ASKS) CASE("manager.a.first", "", ASKS)
        CASE("manager.heavy.one", "  set load\n", ASKS);
static const char second_file[] = CASE("worker.a.first", "", "  A <- n\n  A -> t CloseRequest\n  A <- end\n")
    CASE("pool.a.first", "", "  M -> next\n  M <- done\n") CASE("manager.whole.only", "  delivery whole\n", ASKS);

static const check_embedded table[] = {
    {"one.case", (const uint8_t *)first_file, sizeof first_file - 1},
    {"two.case", (const uint8_t *)second_file, sizeof second_file - 1},
    {NULL, NULL, 0},
};
static const char life_file[] = "case manager.a.frames\n  must  FRAME-1  a frame comes\n\n" ASKS "\n" CASE(
    "manager.a.second", "", ASKS) CASE("manager.life.of-a-task", "", ASKS) CASE("manager.z.third", "", ASKS);
static const check_embedded with_life[] = {
    {"life.case", (const uint8_t *)life_file, sizeof life_file - 1},
    {NULL, NULL, 0},
};
static const char long_file[] = CASE("manager.a.short", "", ASKS) CASE("manager.b.many", "",
    "  repeat 100\n    A -> n\n    A <- t None\n") CASE("manager.c.quiet", "", ASKS "  A quiet 1200\n")
    CASE("manager.d.more", "", "  repeat 300\n    A -> n\n    A <- t None\n") CASE("manager.e.first", "", ASKS)
        CASE("manager.f.deaf", "", ASKS "  A deaf 2000\n") CASE("manager.g.behind", "  after manager.e.first\n", ASKS);
static const check_embedded with_long[] = {
    {"long.case", (const uint8_t *)long_file, sizeof long_file - 1},
    {NULL, NULL, 0},
};
static const check_embedded nothing[] = {{NULL, NULL, 0}};
static const check_texts no_folders = {NULL, 0};

static check_suite loaded(const check_embedded *embedded) {
    check_suite suite;
    undr_buffer message = {0};
    bool mistake = false;
    undr_error error = check_suite_load(&suite, embedded, &no_folders, &message, &mistake);
    if (error != UNDR_OK) {
        print_error("%.*s\n", (int)message.size, (const char *)message.data);
    }
    assert_int_equal(error, UNDR_OK);
    undr_buffer_free(&message);
    return suite;
}

static check_options options_of(char **only, size_t count) {
    return (check_options){.only = {only, count}, .shard = 1, .shards = 1, .timeout_factor = 1};
}

/* The names that are chosen, joined by blanks. */
static void assert_chosen(const check_suite *suite, check_role role, const check_options *options, const char *names) {
    check_selection selection;
    undr_buffer message = {0}, joined = {0};
    assert_int_equal(check_suite_select(suite, role, options, &selection, &message), UNDR_OK);
    for (size_t i = 0; i < selection.count; i++) {
        assert_int_equal(undr_put_format(&joined, "%s%s", i == 0 ? "" : " ", selection.at[i]->name), UNDR_OK);
    }
    assert_int_equal(undr_put_u8(&joined, 0), UNDR_OK);
    assert_string_equal((const char *)joined.data, names);
    undr_buffer_free(&joined);
    free(selection.at);
}

static void assert_says(const undr_buffer *message, const char *text) {
    if (memmem(message->data, message->size, text, strlen(text)) == NULL) {
        fail_msg("`%s` is not in: %.*s", text, (int)message->size, (const char *)message->data);
    }
}

static void preconditions_come_first(void **state) {
    check_suite suite = loaded(table);
    check_options options = options_of(NULL, 0);
    (void)state;
    assert_int_equal(suite.count, 7);
    assert_chosen(
        &suite, CHECK_ROLE_MANAGER, &options, "manager.a.first manager.b.second manager.z.last manager.whole.only");
    assert_chosen(&suite, CHECK_ROLE_WORKER, &options, "worker.a.first");
    check_suite_free(&suite);
}

static void filters(void **state) {
    char z[] = "manager.z.*", a[] = "*.a.first", none[] = "manager";
    check_suite suite = loaded(table);
    check_options options = options_of((char *[]){z}, 1);
    (void)state;
    assert_chosen(&suite, CHECK_ROLE_MANAGER, &options, "manager.a.first manager.b.second manager.z.last");
    options = options_of((char *[]){a, none}, 2);
    assert_chosen(&suite, CHECK_ROLE_MANAGER, &options, "manager.a.first");
    options = options_of((char *[]){none}, 1);
    assert_chosen(&suite, CHECK_ROLE_MANAGER, &options, "");
    options = options_of(NULL, 0);
    options.load = true;
    assert_chosen(&suite, CHECK_ROLE_MANAGER, &options,
        "manager.a.first manager.b.second manager.z.last manager.heavy.one manager.whole.only");
    check_suite_free(&suite);
}

static const char renamed_file[] = CASE("manager.b.now", "  was manager.b.before\n  was manager.oldest\n", ASKS)
    CASE("manager.c.behind", "  after manager.b.before\n", ASKS);
static const check_embedded renamed[] = {
    {"renamed.case", (const uint8_t *)renamed_file, sizeof renamed_file - 1},
    {NULL, NULL, 0},
};

static void former_names_are_taken(void **state) {
    char old[] = "manager.b.before", pattern[] = "manager.old*";
    check_suite suite = loaded(renamed);
    check_options options = options_of((char *[]){old}, 1);
    undr_buffer message = {0};
    (void)state;
    options.roles[CHECK_ROLE_MANAGER] = true;
    assert_string_equal(check_suite_find(&suite, old)->name, "manager.b.now");
    assert_int_equal(check_suite_try_patterns(&suite, &options, &message), UNDR_OK);
    assert_chosen(&suite, CHECK_ROLE_MANAGER, &options, "manager.b.now");
    options = options_of((char *[]){pattern}, 1);
    assert_chosen(&suite, CHECK_ROLE_MANAGER, &options, "manager.b.now");
    options = options_of(NULL, 0);
    options.skip = (check_texts){(char *[]){old}, 1};
    assert_chosen(&suite, CHECK_ROLE_MANAGER, &options, "manager.b.now manager.c.behind"); /* the precondition */
    assert_string_equal(check_suite_find(&suite, "manager.c.behind")->after[0], "manager.b.now");
    check_suite_free(&suite);
}

static void a_former_name_belongs_to_one_case(void **state) {
    static const char text[] = CASE("manager.a.one", "  was manager.a.old\n", ASKS)
        CASE("manager.a.two", "  was manager.a.old\n", ASKS);
    static const check_embedded twice[] = {{"x.case", (const uint8_t *)text, sizeof text - 1}, {NULL, NULL, 0}};
    check_suite suite;
    undr_buffer message = {0};
    bool mistake = false;
    (void)state;
    assert_int_equal(check_suite_load(&suite, twice, &no_folders, &message, &mistake), UNDR_ARGUMENT);
    assert_says(&message, "manager.a.old is a name, or a former name, of the case at conformance/cases/x.case:1");
    undr_buffer_free(&message);
    check_suite_free(&suite);
}

static void heavy_cases_are_counted(void **state) {
    check_suite suite = loaded(table);
    check_options options = options_of(NULL, 0);
    check_selection selection;
    undr_buffer message = {0};
    (void)state;
    assert_int_equal(check_suite_select(&suite, CHECK_ROLE_MANAGER, &options, &selection, &message), UNDR_OK);
    assert_int_equal(selection.heavy, 1);
    free(selection.at);
    check_suite_free(&suite);
}

static void shards_cover_everything_once(void **state) {
    check_suite suite = loaded(table);
    check_options options = options_of(NULL, 0);
    size_t total = 0;
    (void)state;
    options.shards = 2;
    for (options.shard = 1; options.shard <= 2; options.shard++) {
        check_selection selection;
        undr_buffer message = {0};
        assert_int_equal(check_suite_select(&suite, CHECK_ROLE_MANAGER, &options, &selection, &message), UNDR_OK);
        assert_true(selection.count > 0);
        total += selection.count;
        free(selection.at);
    }
    assert_int_equal(total, 4);
    check_suite_free(&suite);
}

static void assert_load_refused(const char *text, const char *says, bool by_selection) {
    const check_embedded bad[] = {{"one.case", (const uint8_t *)first_file, sizeof first_file - 1},
        {"bad.case", (const uint8_t *)text, strlen(text)}, {NULL, NULL, 0}};
    check_suite suite;
    check_selection selection = {0};
    check_options options = options_of(NULL, 0);
    undr_buffer message = {0};
    bool mistake = false;
    undr_error error = check_suite_load(&suite, bad, &no_folders, &message, &mistake);
    assert_int_equal(mistake, !by_selection);
    if (by_selection) {
        assert_int_equal(error, UNDR_OK);
        error = check_suite_select(&suite, CHECK_ROLE_MANAGER, &options, &selection, &message);
    }
    assert_int_equal(error, UNDR_ARGUMENT);
    assert_says(&message, says);
    undr_buffer_free(&message);
    check_suite_free(&suite);
}

static void mistakes(void **state) {
    (void)state;
    assert_load_refused("case manager.a\n  A -> \n", "conformance/cases/bad.case:", false);
    assert_load_refused(CASE("manager.a.first", "", ASKS),
        "bad.case:1: the case manager.a.first is already at conformance/cases/one.case:", false);
    assert_load_refused(CASE("manager.a", "  after manager.b\n", ASKS) CASE("manager.b", "  after manager.a\n", ASKS),
        "comes after itself", true);
    assert_load_refused(
        CASE("manager.a", "  after manager.zz\n", ASKS), "`after manager.zz`: this role has no such case", true);
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *folder, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(remove(path), 0);
}

static void folders_of_the_user(void **state) {
    char folder[] = "/tmp/test_suite.XXXXXX", below[64];
    check_suite suite = loaded(nothing);
    undr_buffer message = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(check_suite_add_path(&suite, folder, &message), UNDR_ARGUMENT);
    assert_says(&message, "there is no *.case file");
    snprintf(below, sizeof below, "%s/below", folder);
    assert_int_equal(mkdir(below, 0700), 0);
    write_file(folder, "b.case", CASE("manager.b", "", ASKS));
    write_file(folder, "not.txt", "no case at all");
    write_file(below, "a.case", CASE("manager.a", "", ASKS));
    assert_int_equal(check_suite_add_path(&suite, folder, &message), UNDR_OK);
    assert_int_equal(suite.count, 2);
    assert_string_equal(suite.all[0]->name, "manager.b");
    message.size = 0;
    assert_int_equal(check_suite_add_path(&suite, "/nonexistent/cases", &message), UNDR_ARGUMENT);
    assert_says(&message, "/nonexistent/cases");
    remove_file(below, "a.case");
    remove_file(folder, "b.case");
    remove_file(folder, "not.txt");
    assert_int_equal(rmdir(below), 0);
    assert_int_equal(rmdir(folder), 0);
    undr_buffer_free(&message);
    check_suite_free(&suite);
}

/* The first case that each item of a run waits for: "-" for none. */
static void assert_waits(const check_suite *suite, const check_options *options, const char *expected) {
    const check_expected none = {0};
    check_selection selection;
    check_item *items = NULL;
    size_t count = 0;
    undr_buffer message = {0}, text = {0};
    assert_int_equal(check_suite_select(suite, CHECK_ROLE_MANAGER, options, &selection, &message), UNDR_OK);
    assert_int_equal(check_plan_round(&selection, &none, options, 1, 1, &items, &count), UNDR_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(undr_put_format(&text, "%s%s>%s", i == 0 ? "" : " ", items[i].one->name + 8,
                             items[i].first == NULL ? "-" : items[i].first + 8),
            UNDR_OK);
    }
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    assert_string_equal((const char *)text.data, expected);
    undr_buffer_free(&text);
    free(items);
    free(selection.at);
}

static void the_life_of_a_task_comes_first(void **state) {
    check_suite suite = loaded(with_life);
    check_options options = options_of(NULL, 0);
    char *only[] = {"manager.*"};
    (void)state;
    options.has_delivery = true;
    assert_waits(&suite, &options, "life.of-a-task>- a.frames>- a.second>life.of-a-task z.third>life.of-a-task");
    options.shards = 4; /* it is a precondition in each of them */
    options.shard = 4;
    assert_waits(&suite, &options, "life.of-a-task>- z.third>life.of-a-task");
    options = options_of(only, 1);
    options.has_delivery = true;
    assert_waits(&suite, &options, "life.of-a-task>- a.frames>- a.second>- z.third>-");
    check_suite_free(&suite);
}

/* Item i of a round waits where bit i of `waits` is set; answers the name of the first behind the one that
 * leads. */
static const char *assert_who_waits(const check_suite *suite, const check_expected *expected, unsigned waits) {
    check_options options = options_of(NULL, 0);
    check_selection selection;
    check_item *items = NULL;
    size_t count = 0;
    undr_buffer message = {0};
    options.has_delivery = true;
    assert_int_equal(check_suite_select(suite, CHECK_ROLE_MANAGER, &options, &selection, &message), UNDR_OK);
    assert_int_equal(check_plan_round(&selection, expected, &options, 1, 1, &items, &count), UNDR_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i].waits, waits >> i & 1);
        assert_ptr_equal(items[i].one, selection.at[items[i].record]);
    }
    const char *first = count > 1 ? items[1].one->name : NULL;
    free(items);
    free(selection.at);
    return first;
}

static void what_takes_longest_begins_first(void **state) {
    check_suite suite = loaded(with_long);
    check_options options = options_of(NULL, 0);
    const check_expected none = {0};
    (void)state;
    options.has_delivery = true;
    assert_waits(&suite, &options,
        "e.first>life.of-a-task f.deaf>life.of-a-task c.quiet>life.of-a-task "
        "d.more>life.of-a-task b.many>life.of-a-task a.short>life.of-a-task g.behind>life.of-a-task");
    assert_string_equal(assert_who_waits(&suite, &none, 1U << 1 | 1U << 2), "manager.f.deaf");
    check_suite_free(&suite);
}

/* It waits a whole limit for what does not come. */
static void what_is_expected_to_fall_short_begins_first(void **state) {
    check_suite suite = loaded(with_long);
    check_expected expected;
    undr_buffer message = {0};
    const char *file = "fail manager.a.short it never answers\n";
    (void)state;
    assert_int_equal(check_expected_parse(undr_slice_text(file), "file", &expected, &message), UNDR_OK);
    assert_string_equal(assert_who_waits(&suite, &expected, 1U << 1 | 1U << 2 | 1U << 3), "manager.a.short");
    check_expected_free(&expected);
    check_suite_free(&suite);
}

static size_t plan(const check_suite *suite, const char *name, const check_options *options, uint64_t seed,
    check_delivery deliveries[CHECK_DELIVERY_COUNT]) {
    const check_case *one = check_suite_find(suite, name);
    assert_non_null(one);
    return check_plan_case(one, options, seed, 1, deliveries);
}

static void deliveries_of_a_case(void **state) {
    check_suite suite = loaded(table);
    check_options options = options_of(NULL, 0);
    check_delivery deliveries[CHECK_DELIVERY_COUNT], again[CHECK_DELIVERY_COUNT];
    bool seen[CHECK_DELIVERY_COUNT] = {false};
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        assert_int_equal(plan(&suite, "manager.a.first", &options, seed, deliveries), 2);
        assert_int_equal(plan(&suite, "manager.a.first", &options, seed, again), 2);
        assert_int_equal(deliveries[0], CHECK_DELIVERY_WHOLE);
        assert_int_equal(deliveries[1], again[1]);
        seen[deliveries[1]] = true;
    }
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        assert_int_equal(seen[i], i != CHECK_DELIVERY_WHOLE);
    }
    assert_int_equal(plan(&suite, "manager.whole.only", &options, 1, deliveries), 1);
    assert_int_equal(plan(&suite, "pool.a.first", &options, 1, deliveries), 1); /* sends nothing on a connection */
    options.every_delivery = true;
    assert_int_equal(plan(&suite, "manager.a.first", &options, 1, deliveries), CHECK_DELIVERY_COUNT);
    assert_int_equal(plan(&suite, "manager.whole.only", &options, 1, deliveries), 1);
    options.every_delivery = false;
    options.has_delivery = true;
    options.delivery = CHECK_DELIVERY_BYTES;
    assert_int_equal(plan(&suite, "manager.a.first", &options, 1, deliveries), 1);
    assert_int_equal(deliveries[0], CHECK_DELIVERY_BYTES);
    check_suite_free(&suite);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preconditions_come_first),
        cmocka_unit_test(filters),
        cmocka_unit_test(former_names_are_taken),
        cmocka_unit_test(a_former_name_belongs_to_one_case),
        cmocka_unit_test(heavy_cases_are_counted),
        cmocka_unit_test(shards_cover_everything_once),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(folders_of_the_user),
        cmocka_unit_test(the_life_of_a_task_comes_first),
        cmocka_unit_test(what_takes_longest_begins_first),
        cmocka_unit_test(what_is_expected_to_fall_short_begins_first),
        cmocka_unit_test(deliveries_of_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
