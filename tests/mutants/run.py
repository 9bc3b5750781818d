#!/usr/bin/env python3
"""Puts each known fault of mutants.txt back, one at a time, and sees that the named tests fail.

    tests/mutants/run.py [NAME ...]      all, or these

build/mutants is built incrementally (cmake/mutants.cmake). Every fault in the code must be in the list, and the reverse."""
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, 'build', 'mutants')
MUTANTS_MIN = 20
TEST_SECONDS_MAX = 600


def read_list():
    """[(name, suite, filter)]"""
    with open(os.path.join(ROOT, 'tests', 'mutants', 'mutants.txt'), encoding='utf-8') as file:
        lines = [line.split(None, 2) for line in file if line.strip() and not line.startswith('#')]
    return [(name, suite, wanted.strip()) for name, suite, wanted in lines]


def in_code():
    """The faults that the sources know."""
    found = set()
    for folder, _, names in os.walk(os.path.join(ROOT, 'src')):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding='utf-8', errors='replace') as file:
                for macro in re.findall(r'#\s*(?:el)?if\s+.*?DECANT_MUTANT_([A-Z0-9_]+)', file.read()):
                    found.add(macro.lower().replace('_', '-'))
    return found


def run(words, **more):
    return subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors='replace', **more)


def build(name):
    """Only the files that know the fault (and knew the last one) are compiled again. Without warnings, as a fault
    leaves behind what nothing uses any more."""
    done = run(['cmake', '-S', '.', '-B', 'build/mutants', '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Debug',
                '-DCMAKE_CXX_FLAGS_DEBUG=-O1 -w', f'-DDECANT_MUTANT={name}'])
    return done if done.returncode else run(['ninja', '-C', 'build/mutants', 'decant_unit_tests', 'decant',
                                             'decant-testing', 'decant_fault_shim', 'decant-generate'])


def tests_fail(suite, wanted):
    """(whether the named tests failed, their output)"""
    environment = {**os.environ, 'DECANT_BUILD': BUILD}
    if suite == 'unit':
        words = [os.path.join(BUILD, 'decant_unit_tests'), f'--gtest_filter={wanted}', '--gtest_brief=1']
    elif suite == 'e2e':
        words = [sys.executable, 'tests/cases.py', 'tests/e2e', wanted]
    else:
        words = [sys.executable, f'tests/{suite}/run.py', *wanted.split()]
    try:
        done = run(words, env=environment, timeout=TEST_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return False, f'no end after {TEST_SECONDS_MAX} s, which is no failure of a test'
    ran = re.search(r'FAILED|\[  FAILED|ok |PASSED', done.stdout) or done.returncode < 0
    return bool(ran) and done.returncode != 0, done.stdout


def main():
    listed, known = read_list(), in_code()
    failed, passed = 0, 0
    names = {name for name, *_ in listed}
    for name in sorted(known ^ names):
        print(f'FAILED mutant {name}: ' + ('not in tests/mutants/mutants.txt' if name in known else 'not in the code'))
        failed += 1
    if len(names) < MUTANTS_MIN:
        print(f'FAILED mutants: {len(names)} known faults; at least {MUTANTS_MIN}')
        failed += 1
    wanted = sys.argv[1:]
    for name, suite, tests in listed:
        if (wanted and name not in wanted) or name not in known:
            continue
        start = time.monotonic()
        built = build(name)
        if built.returncode != 0:
            print(built.stdout[-3000:])
            print(f'FAILED mutant {name}: does not build', flush=True)
            failed += 1
            continue
        seen, output = tests_fail(suite, tests)
        if not seen:
            print(output[-2000:])
        print(f'{"ok" if seen else "FAILED"} mutant {name}: {suite} {tests} {"fails" if seen else "does not fail"}'
              f' ({time.monotonic() - start:.0f} s)', flush=True)
        passed, failed = passed + seen, failed + (not seen)
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
