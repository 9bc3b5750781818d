#!/usr/bin/env python3
"""Runs the suites and adds up their cases. Each suite is a command that prints one line a case:
`ok NAME`, `FAILED NAME`, `skipped NAME: reason`; GoogleTest programs are read from their JSON."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUTPUT_LINES_MAX = 200  # of a failed suite
PROCESSES = os.cpu_count() or 2


class Count:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


def say(text):
    print(text, flush=True)


def build(preset, *targets):
    start = time.monotonic()
    done = subprocess.run(['scripts/build', preset, *targets], cwd=ROOT, capture_output=True, text=True)
    say(f'build {preset}: {"done" if done.returncode == 0 else "FAILED"} in {time.monotonic() - start:.0f} s')
    if done.returncode != 0:
        say(done.stdout + done.stderr)
    return done.returncode == 0


def shown(output):
    lines = output.splitlines()
    if len(lines) > OUTPUT_LINES_MAX:
        lines = [f'... {len(lines) - OUTPUT_LINES_MAX} lines before'] + lines[-OUTPUT_LINES_MAX:]
    say('\n'.join(lines))


def run_lines(command, environment=None):
    """A suite by the line protocol."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', env={**os.environ, **(environment or {})})
    count = Count()
    for line in done.stdout.splitlines():
        if re.match(r'ok \S', line):
            count.passed += 1
        elif re.match(r'FAILED \S', line):
            count.failed += 1
        elif re.match(r'skipped \S', line):
            count.skipped += 1
            say('  ' + line)
    if done.returncode != 0 and count.failed == 0:
        count.failed = 1
    if done.returncode == 0 and count.passed + count.skipped == 0:
        count.failed = 1
        say(f'{" ".join(command)} ran no case')
    if count.failed:
        shown(done.stdout)
    return count


def count_gtest(path):
    count, failures = Count(), []
    with open(path, encoding='utf-8') as file:
        suites = json.load(file)['testsuites']
    for suite in suites:
        for case in suite['testsuite']:
            if case.get('failures'):
                count.failed += 1
                failures.append(f'{suite["name"]}.{case["name"]}')
            elif case.get('result') == 'SKIPPED':
                count.skipped += 1
                say(f'  skipped {suite["name"]}.{case["name"]}')
            elif case.get('status') == 'RUN':
                count.passed += 1
    return count, failures


def run_gtest(program, environment=None, seconds_max=1200):
    """One GoogleTest program, its cases spread over the cores."""
    total = Count()
    with tempfile.TemporaryDirectory(prefix='decant-test-') as folder:
        running = []
        for shard in range(PROCESSES):
            log = open(os.path.join(folder, f'{shard}.log'), 'w+', encoding='utf-8', errors='replace')
            temp = os.path.join(folder, f'tmp{shard}')
            os.mkdir(temp)
            running.append((log, subprocess.Popen(
                [program, f'--gtest_output=json:{folder}/{shard}.json', '--gtest_brief=1'], cwd=ROOT,
                stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {}), 'GTEST_TOTAL_SHARDS': str(PROCESSES),
                     'GTEST_SHARD_INDEX': str(shard), 'TMPDIR': temp})))
        deadline = time.monotonic() + seconds_max
        for shard, (log, process) in enumerate(running):
            try:
                process.wait(max(1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                say(f'{program}: no end after {seconds_max} s')
            path = os.path.join(folder, f'{shard}.json')
            count, failures = count_gtest(path) if os.path.exists(path) else (Count(failed=1), ['(it crashed)'])
            if process.returncode != 0 and count.failed == 0:
                count.failed, failures = 1, [f'(exit {process.returncode})']
            total.add(count)
            log.seek(0)
            if failures:
                shown(log.read())
                for name in failures:
                    say(f'FAILED {name}')
            log.close()
    return total


def python_cases(*arguments):
    return [sys.executable, *arguments]


SANITIZERS = {
    'ASAN_OPTIONS': 'abort_on_error=1:detect_leaks=1:strict_string_checks=1',
    'UBSAN_OPTIONS': 'print_stacktrace=1',
    'TSAN_OPTIONS': 'halt_on_error=1:second_deadlock_stack=1',
    # Properties try fewer cases where each is several times slower.
    'RC_PARAMS': 'max_success=30',
}


def suite_tidy(_):
    count = run_lines(python_cases('tests/tidy/check.py', '--cases'))
    count.add(run_lines(python_cases('tests/cases.py', 'tests/tidy')))
    return count


def suite_unit(_):
    return run_gtest('build/release/decant_unit_tests')


def suite_e2e(_):
    return run_lines(python_cases('tests/cases.py', 'tests/e2e'))


def suite_docs(_):
    return run_lines(python_cases('tests/cases.py', 'tests/docs'))


def suite_faults(options):
    return run_lines(python_cases('tests/faults/run.py', *(['--long'] if options.long else [])))


def suite_kill(options):
    return run_lines(python_cases('tests/kill/run.py', '--kills', '200' if options.long else '24'))


def suite_asan(_):
    return run_gtest('build/asan/decant_unit_tests', SANITIZERS)


def suite_tsan(_):
    return run_gtest('build/tsan/decant_unit_tests', SANITIZERS)


def suite_fuzz(options):
    seconds = ['--seconds', '1200', '--runs', '10000000'] if options.long else ['--seconds', '10']
    return run_lines(python_cases('fuzz/run.py', '--build', 'build/fuzz', *seconds))


# name, presets with targets that it needs, what it runs
SUITES = [
    ('tidy', [], suite_tidy),
    ('unit', [('release',)], suite_unit),
    ('e2e', [('release',), ('release', 'decant-generate')], suite_e2e),
    ('docs', [('release',)], suite_docs),
    ('faults', [('release',), ('release', 'decant-generate')], suite_faults),
    ('kill', [('release',), ('release', 'decant-generate')], suite_kill),
    ('asan', [('asan', 'decant_unit_tests')], suite_asan),
    ('fuzz', [('fuzz', 'decant_fuzz')], suite_fuzz),
    ('tsan', [('tsan', 'decant_unit_tests')], suite_tsan),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--only', metavar='SUITE[,SUITE]')
    parser.add_argument('--long', action='store_true')
    parser.add_argument('--mutants', action='store_true')
    parser.add_argument('--list', action='store_true')
    options = parser.parse_args()
    names = [name for name, *_ in SUITES]
    if options.list:
        say('\n'.join(names))
        return 0
    wanted = options.only.split(',') if options.only else names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        say(f'unknown suite: {", ".join(unknown)}; there are {", ".join(names)}')
        return 2
    if options.mutants:
        return subprocess.run(python_cases('tests/mutants/run.py'), cwd=ROOT).returncode

    total, built = Count(), {}
    for name, needs, suite in SUITES:
        if name not in wanted:
            continue
        for need in needs:
            if need not in built:
                built[need] = build(*need)
        start = time.monotonic()
        count = suite(options) if all(built[need] for need in needs) else Count(failed=1)
        say(f'{name}: {count} in {time.monotonic() - start:.0f} s')
        total.add(count)
    say(str(total))
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
