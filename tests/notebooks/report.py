"""Counts what passed and what failed; the last line is `N passed, M failed`."""

import sys


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, passed, explanation=""):
        if passed:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {name}\n{explanation}".rstrip())
        return passed

    def compare(self, name, actual, expected, agrees):
        return self.check(
            name, agrees(actual, expected), f"  expected:\n{expected}\n  got:\n{actual}"
        )

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
