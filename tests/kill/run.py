#!/usr/bin/env python3
"""SIGKILL at seeded random moments of a run, over three plans and the testing store, each followed by
the same command until it is done; the books and the target must be an undisturbed run's.

Two kinds of moment: before, after or in the middle of the Nth file call (by the fault shim; repeatable
by its seed), and after a part of the time that a run takes. One kill in four is followed by another
one in the resume.

    tests/kill/run.py [--kills N] [--seed S] [--records N] [--plan NAME]"""
import argparse
import concurrent.futures
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import expected
import harness
import plans

RECORDS = 20_000
RESUMES_MAX = 6


def moments(seed, number, known):
    """The kills of one case, in their order: (fault, None) or (None, seconds)."""
    draw = random.Random(f'{seed}:{number}')
    kills = []
    while not kills or draw.random() < 0.25:
        if number % 4 == 3:
            kills.append((None, draw.uniform(0.005, known.seconds)))
        else:
            kills.append((f'any:{draw.randint(1, known.counts["any"])}:{draw.choice(("KILL", "KILLED", "TORN"))}', None))
    return kills[:RESUMES_MAX - 1]


def case(plan, template, known, seed, number):
    """(kills that hit, None or what went wrong)."""
    hits, finished_early = 0, False
    with harness.Workspace(template) as place:
        for fault, seconds in moments(seed, number, known):
            environment = harness.shim(place.folder, fault) if fault else None
            outcome = place.decant(*plan.arguments, tool=plan.tool, environment=environment, kill_after=seconds)
            if outcome.exit >= 0:
                if outcome.exit not in (0, 3):
                    return hits, f'kill {number}: a run failed by itself: {outcome}'
                finished_early = True
                break
            hits += 1
            # Past the end of the run, what follows is the next run, and its books are others.
            finished_early = expected.ended(place, plan)
            if finished_early:
                break
        if finished_early:
            first = expected.first_books(place, plan)
            if first != known.books:
                return hits, f'kill {number}: the run ended with books {first} instead of {known.books}'
        if not finished_early or outcome.exit < 0:
            outcome = place.decant(*plan.arguments, tool=plan.tool)
        wrong = known.wrong(plan, place, outcome, may_be_second=finished_early)
        return hits, wrong and f'kill {number} ({moments(seed, number, known)}): {wrong}'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--kills', type=int, default=24)
    parser.add_argument('--seed', default=str(random.randrange(1 << 32)))
    parser.add_argument('--records', type=int, default=RECORDS)
    parser.add_argument('--plan')
    options = parser.parse_args()
    print(f'seed {options.seed}', flush=True)
    chosen = [p for p in [*plans.PLANS, plans.TESTING_PLAN] if options.plan in (None, p.name)]
    failed = 0
    for plan in chosen:
        if not os.path.exists(harness.program(plan.tool)):
            print(f'FAILED kill {plan.name}: {plan.tool} is not built', flush=True)
            failed += 1
            continue
        with harness.Workspace() as template:
            plan.fill(template.folder, options.records)
            try:
                known = expected.Expected(plan, template.folder)
            except RuntimeError as error:
                print(f'{error}\nFAILED kill {plan.name}', flush=True)
                failed += 1
                continue
            hits, number, wrong = 0, 0, []
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                share = -(-options.kills // len(chosen))
                while hits < share and number < 4 * share:
                    numbers = range(number, number + min(share - hits, 16))
                    number = numbers[-1] + 1
                    for hit, result in pool.map(
                            lambda n: case(plan, template.folder, known, options.seed, n), numbers):
                        hits += hit
                        wrong += [result] if result else []
            for result in wrong[:5]:
                print(result, flush=True)
            print(f'{"FAILED" if wrong else "ok"} kill {plan.name}: {hits} kills, {known.counts["any"]} calls a run,'
                  f' {len(wrong)} wrong, seed {options.seed}', flush=True)
            failed += bool(wrong)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
