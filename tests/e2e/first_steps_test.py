"""examples/first-steps: each mapping rule once, over 20 records."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

EXAMPLE = os.path.join(harness.ROOT, 'examples', 'first-steps')
RUN = ('run', 'plan.yaml', '--progress', 'none', '--run-time', '2024-05-01T12:00:00Z')


class FirstSteps(unittest.TestCase):
    def rows(self, place, columns):
        return place.query('library.db', f'SELECT {columns} FROM members ORDER BY id')

    def test_every_rule_of_the_example(self):
        with harness.Workspace(EXAMPLE) as place:
            outcome = place.decant(*RUN)
            self.assertEqual(outcome.exit, 3, outcome)
            self.assertEqual(outcome.books()['inserted'], 19, outcome)
            self.assertEqual(outcome.report['quarantine'], {'cast': 1}, outcome)
            self.assertTrue(outcome.report['verify']['clean'], outcome)
            first = self.rows(place, 'id, full_name, email, status, rank, visits, phone, role, town, imported_at, entity')[0]
            self.assertEqual(first, ('MEMBER#001', 'Ada Okafor', 'ada@members.example', 'active', 1, 0, None, 'member',
                                     'Lisbon (branch)', '2024-05-01T12:00:00Z', 'MEMBER'))
            self.assertEqual(self.rows(place, 'status')[3], ('paused',))
            self.assertEqual(self.rows(place, 'joined_at')[0], ('2018-01-10T08:30:00+02:00',))
            with open(place.path('members.json'), encoding='utf-8') as file:
                records = json.load(file)
            for (original, details), record in zip(self.rows(place, 'original, details'),
                                                   [r for r in records if r['visits'] != 'many']):
                self.assertEqual(json.loads(original), record)
                self.assertEqual(json.loads(details), {'balance': record['balance'], 'card': record['card']})

    def test_a_second_run_writes_nothing_whatever_the_time(self):
        with harness.Workspace(EXAMPLE) as place:
            place.decant(*RUN)
            outcome = place.decant('run', 'plan.yaml', '--progress', 'none')
            self.assertEqual(outcome.exit, 3, outcome)
            self.assertEqual((outcome.books()['unchanged'], outcome.books()['inserted'], outcome.books()['updated']),
                             (19, 0, 0), outcome)

    def test_the_plan_is_covered_and_says_its_losses(self):
        with harness.Workspace(EXAMPLE) as place:
            outcome = place.decant('plan', 'plan.yaml', '--scan', report=False)
            self.assertEqual(outcome.exit, 0, outcome)


if __name__ == '__main__':
    unittest.main()
