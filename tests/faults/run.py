#!/usr/bin/env python3
"""Every single I/O failure once: for each of three plans, the Nth open, read, write, fsync, rename,
truncation and removal fails, for N from 1 to the last of a small run. After each: no false success,
and the same command again ends with the books and the target of an undisturbed run.

    tests/faults/run.py [--long] [--plan NAME] [--fault CALL:N:WHAT]   short: every 7th N"""
import argparse
import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import expected
import harness
import plans

RECORDS = 240
SHORT_STRIDE = 7
KINDS = [('open', 'EIO'), ('read', 'EIO'), ('write', 'EIO'), ('write', 'ENOSPC'), ('fsync', 'EIO'),
         ('rename', 'EIO'), ('ftruncate', 'EIO'), ('unlink', 'EIO')]


def disturb(plan, template, known, fault):
    """None, or what went wrong."""
    with harness.Workspace(template) as place:
        hurt = place.decant(*plan.arguments, tool=plan.tool, environment=harness.shim(place.folder, fault))
        if hurt.exit < 0:
            return f'died by signal {-hurt.exit}\n{hurt}'
        if hurt.exit in (0, 3):
            wrong = known.wrong(plan, place, hurt, may_be_second=False)
            if wrong:
                return f'false success: {wrong}'
        elif not hurt.err.strip():
            return f'exit {hurt.exit} without a word on standard error'
        elif hurt.report and hurt.report.get('outcome') == 'clean':
            # Only where the report stands already and its own folder could not be synced.
            if 'decant: --report: ' not in hurt.err:
                return f'the report says clean with exit {hurt.exit}, and it was not the report that failed\n{hurt}'
            if harness.dump(place.path(plan.target)) != known.target:
                return f'the report says clean with exit {hurt.exit}, over a target that is not'
        finished = hurt.exit in (0, 3) or expected.ended(place, plan)
        again = place.decant(*plan.arguments, tool=plan.tool)
        wrong = known.wrong(plan, place, again, may_be_second=finished)
        return f'after a resume: {wrong}\nthe disturbed run: {hurt}' if wrong else None


def faults_of(known, stride):
    for call, what in KINDS:
        last = known.counts[call]
        for n in sorted({*range(1, last + 1, stride), *([last] if last else [])}):
            yield f'{call}:{n}:{what}'
        if stride == 1 and what == 'ENOSPC':
            for n in range(1, last + 1, 5):
                yield f'{call}:{n}:{what}:forever'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--long', action='store_true')
    parser.add_argument('--plan')
    parser.add_argument('--fault')
    options = parser.parse_args()
    failed = 0
    for plan in [*plans.PLANS, plans.CSV_PLAN]:
        if options.plan not in (None, plan.name):
            continue
        with harness.Workspace() as template:
            plan.fill(template.folder, RECORDS)
            try:
                known = expected.Expected(plan, template.folder)
            except RuntimeError as error:
                print(f'{error}\nFAILED faults {plan.name}', flush=True)
                failed += 1
                continue
            faults = [options.fault] if options.fault else list(faults_of(known, 1 if options.long else SHORT_STRIDE))
            wrong = {}
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                for fault, result in zip(faults, pool.map(
                        lambda fault: disturb(plan, template.folder, known, fault), faults)):
                    if result:
                        wrong[fault] = result
            for fault, result in list(wrong.items())[:10]:
                print(f'{plan.name} {fault}: {result}\n', flush=True)
            calls = ', '.join(f'{known.counts[c]} {c}' for c, _ in KINDS[:2] + KINDS[3:])
            print(f'{"FAILED" if wrong else "ok"} faults {plan.name}: {len(faults)} of the calls ({calls}) failed once,'
                  f' {len(wrong)} wrong: {" ".join(list(wrong)[:40])}', flush=True)
            failed += bool(wrong)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
