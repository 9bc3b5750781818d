"""An undisturbed run of a plan: what every disturbed one must end as."""
import json
import os
import time

import harness


class Expected:
    """Runs `plan` twice in a copy of `template`, once to write and once with nothing to do."""

    def __init__(self, plan, template):
        with harness.Workspace(template) as place:
            start = time.monotonic()
            first = place.decant(*plan.arguments, tool=plan.tool)
            self.seconds = time.monotonic() - start
            if first.exit not in (0, 3) or not first.report:
                raise RuntimeError(f'{plan.name}: the undisturbed run failed: {first}')
            self.exit, self.books = first.exit, first.report['books']
            self.target = harness.dump(place.path(plan.target))
            second = place.decant(*plan.arguments, tool=plan.tool)
            self.second_exit, self.second_books = second.exit, second.report['books'] if second.report else None
            if harness.dump(place.path(plan.target)) != self.target:
                raise RuntimeError(f'{plan.name}: a second run changed the target: {second}')
        with harness.Workspace(template) as place:
            counts = place.path('counts')
            place.decant(*plan.arguments, tool=plan.tool, environment=harness.shim(place.folder, counts=counts))
            self.counts = harness.read_counts(counts)

    def wrong(self, plan, place, outcome, may_be_second):
        """None where the outcome and the target are the undisturbed run's, else what is wrong. After
        a disturbance past the end of the run, the command is the next one, and finds all in place."""
        target = harness.dump(place.path(plan.target))
        if target != self.target:
            return 'the target differs: ' + harness.first_difference(target, self.target)
        books = outcome.books()
        if outcome.exit == self.exit and books == self.books:
            return None
        if may_be_second and outcome.exit == self.second_exit and books == self.second_books:
            return None
        return f'books {books} instead of {self.books}, exit {outcome.exit} instead of {self.exit}\n{outcome}'


def runs(place, plan):
    """The runs that the catalog lists, newest first."""
    if not os.path.exists(place.path('.decant', 'catalog.db')):
        return []
    listing = place.decant('status', '--format', 'json', tool=plan.tool, report=False)
    return json.loads(listing.out)['runs'] if listing.exit == 0 else []


def ended(place, plan):
    """Whether the catalog says that the last run came to its end (only its report did not)."""
    listed = runs(place, plan)
    return bool(listed) and all(run['state'] == 'finished' for run in listed)


def first_books(place, plan):
    """The books of the oldest run, as the catalog keeps them."""
    return runs(place, plan)[-1]['books']
