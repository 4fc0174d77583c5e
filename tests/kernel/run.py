"""Runs the tests of this folder (or those named), and counts: a skipped test is a failed one, and
so is a sanitizer's report."""

import faulthandler
import glob
import sys
import unittest


# A test that hangs ends all of them, and shows where.
SECONDS = 900


def main():
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    reports, names = sys.argv[1], sys.argv[2:]
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names) if names else loader.discover(".")
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.skipped)
    for test, reason in result.skipped:
        print(f"skipped, which counts as failed: {test}: {reason}")
    for path in sorted(glob.glob(reports + ".*")):
        failed += 1
        print(f"a sanitizer's report, {path}:")
        with open(path, encoding="utf-8", errors="replace") as report:
            print(report.read()[:4000])
    failed_tests = {id(test) for test, _ in result.failures + result.errors + result.skipped}
    print(f"{result.testsRun - min(len(failed_tests), result.testsRun)} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
