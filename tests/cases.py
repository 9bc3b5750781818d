#!/usr/bin/env python3
"""Runs a folder's *_test.py by unittest and prints one line a case: ok, FAILED or skipped.
    tests/cases.py FOLDER [NAME_PART]"""
import sys
import time
import unittest


class Lines(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.start = time.monotonic()

    def line(self, word, test, more=''):
        print(f'{word} {test.id()}{more}', flush=True)

    def addSuccess(self, test):
        self.line('ok', test, f' ({time.monotonic() - self.start:.1f} s)')

    def addFailure(self, test, error):
        super().addFailure(test, error)
        print(self.failures[-1][1])
        self.line('FAILED', test)

    def addError(self, test, error):
        super().addError(test, error)
        print(self.errors[-1][1])
        self.line('FAILED', test)

    def addSubTest(self, test, part, error):
        super().addSubTest(test, part, error)
        if error is not None:
            print((self.failures + self.errors)[-1][1] if not issubclass(error[0], test.failureException)
                  else self.failures[-1][1])
            self.line('FAILED', part)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line('skipped', test, f': {reason}')


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def main():
    tests = flatten(unittest.defaultTestLoader.discover(sys.argv[1], pattern='*_test.py'))
    part = sys.argv[2] if len(sys.argv) > 2 else ''
    result = Lines()
    unittest.TestSuite(test for test in tests if part in test.id()).run(result)
    return 0 if result.wasSuccessful() else 1


if __name__ == '__main__':
    sys.exit(main())
