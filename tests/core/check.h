/* The C tests' macros. A test is a function of checks; main runs each by RUN_TEST and returns
 * TESTS_END(), whose last line, "N passed, M failed", tests/run adds up. */
#ifndef AUTOGRAD_TESTS_CHECK_H
#define AUTOGRAD_TESTS_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_errors, check_passed, check_failed;

/* After twenty lines a broken loop has said enough; it still counts. */
#define CHECK_REPORT(...) \
    do { \
        if (check_errors++ < 20) { \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
            fprintf(stderr, __VA_ARGS__); \
            fputc('\n', stderr); \
        } \
    } while (0)

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            CHECK_REPORT("not so: %s", #condition); \
        } \
    } while (0)

#define CHECK_INT(got, expected) \
    do { \
        long long check_got = (got), check_expected = (expected); \
        if (check_got != check_expected) { \
            CHECK_REPORT("%s is %lld, expected %lld", #got, check_got, check_expected); \
        } \
    } while (0)

/* NaN equals NaN here, and an infinity itself. */
#define CHECK_NEAR(got, expected, tolerance) \
    do { \
        double check_got = (got), check_expected = (expected); \
        bool check_same = check_got == check_expected || (isnan(check_got) && isnan(check_expected)); \
        if (!check_same && !(fabs(check_got - check_expected) <= (tolerance))) { \
            CHECK_REPORT("%s is %.17g, expected %.17g", #got, check_got, check_expected); \
        } \
    } while (0)

#define CHECK_TEXT(got, expected) \
    do { \
        const char *check_got = (got), *check_expected = (expected); \
        if (!check_got || strcmp(check_got, check_expected) != 0) { \
            CHECK_REPORT("%s is \"%s\", expected \"%s\"", #got, check_got ? check_got : "(null)", \
                         check_expected); \
        } \
    } while (0)

#define RUN_TEST(test) \
    do { \
        check_errors = 0; \
        test(); \
        if (check_errors > 0) { \
            check_failed++; \
            fprintf(stderr, "FAILED %s (%d checks)\n", #test, check_errors); \
        } else { \
            check_passed++; \
        } \
    } while (0)

#define TESTS_END() \
    (printf("%d passed, %d failed\n", check_passed, check_failed), check_failed > 0)

#endif
