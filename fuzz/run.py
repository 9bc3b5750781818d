#!/usr/bin/env python3
"""Runs the fuzz targets: the committed corpus first (each input once), then for a time. New inputs
and findings stay under the build folder.

    fuzz/run.py --build build/fuzz [--seconds N] [--runs N] [--target NAME]"""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
INPUT_SECONDS_MAX = 20
MEMORY_MB_MAX = 2048
ENVIRONMENT = {'ASAN_OPTIONS': 'detect_leaks=0:allocator_may_return_null=1', 'UBSAN_OPTIONS': 'print_stacktrace=1'}


def run(program, arguments, log):
    with open(log, 'wb') as file:
        status = subprocess.run([program, *arguments], stdout=file, stderr=subprocess.STDOUT,
                                env={**os.environ, **ENVIRONMENT}).returncode
    with open(log, encoding='utf-8', errors='replace') as file:
        return status, file.read()


def fuzz(options, program):
    """(ok, line, output) of one target."""
    name = os.path.basename(program).removesuffix('_fuzz')
    corpus = os.path.join(HERE, 'corpus', name)
    found = os.path.join(options.build, 'fuzz', 'corpus', name)
    findings = os.path.join(options.build, 'fuzz', 'findings', name, '')
    for folder in (found, findings):
        os.makedirs(folder, exist_ok=True)
    seeds = sorted(glob.glob(os.path.join(corpus, '*')))
    if not seeds:
        return False, f'{name}: no corpus in fuzz/corpus/{name}', ''
    log = os.path.join(options.build, 'fuzz', f'{name}.log')
    limits = [f'-timeout={INPUT_SECONDS_MAX}', f'-rss_limit_mb={MEMORY_MB_MAX}', f'-artifact_prefix={findings}']
    status, output = run(program, [*limits, *seeds], log)
    if status != 0:
        return False, f'{name}: its own corpus fails', output
    arguments = [*limits, f'-max_total_time={options.seconds}', '-print_final_stats=1']
    if options.runs:
        arguments.append(f'-runs={options.runs}')
    status, output = run(program, [*arguments, found, corpus], log)
    executed = re.search(r'stat::number_of_executed_units:\s*(\d+)', output)
    executions = int(executed.group(1)) if executed else 0
    return status == 0 and executions > 0, f'{name}: {len(seeds)} seeds, {executions} executions', output


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', required=True)
    parser.add_argument('--seconds', type=int, default=60)
    parser.add_argument('--runs', type=int)
    parser.add_argument('--target')
    options = parser.parse_args()
    sources = sorted(glob.glob(os.path.join(HERE, f'{options.target or "*"}_fuzz.cc')))
    programs = [os.path.join(options.build, 'fuzz', os.path.basename(s).removesuffix('.cc')) for s in sources]
    if not programs:
        print(f'FAILED fuzz: no target {options.target or ""} in {HERE}')
        return 1
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for ok, line, output in pool.map(lambda program: fuzz(options, program), programs):
            if not ok:
                print('\n'.join(output.splitlines()[-120:]))
            print(f'{"ok" if ok else "FAILED"} fuzz {line}', flush=True)
            failed = failed or not ok
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
