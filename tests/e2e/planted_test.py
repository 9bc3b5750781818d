"""Planted differences: all found, none invented, by the exact join and by the sketch."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

RECORDS = 20_000
# Each changes the target once; (statement, missing, extra, different, field named).
ONE = [
    ('UPDATE jobs SET country = char(unicode(country) | 32) || substr(country, 2) WHERE rowid = 5', 0, 0, 1, 'country'),
    ('DELETE FROM jobs WHERE rowid = 77', 1, 0, 0, None),
    ("INSERT INTO jobs(id, title) VALUES ('job-extra', 'extra')", 0, 1, 0, None),
    ('CREATE TEMP TABLE old AS SELECT rowid AS place, description, salary_min FROM jobs WHERE rowid IN (3, 4);'
     'UPDATE jobs SET (description, salary_min) = (SELECT description, salary_min FROM old WHERE place = 7 - jobs.rowid) '
     'WHERE rowid IN (3, 4)', 0, 0, 2, 'salary_min'),
    ("UPDATE jobs SET id = 'job-moved' WHERE rowid = 9", 1, 1, 0, None),
    ("UPDATE jobs SET source = NULL WHERE rowid = 12", 0, 0, 1, 'source'),
    ("UPDATE jobs SET source = '' WHERE rowid = 13", 0, 0, 1, 'source'),
    ("UPDATE jobs SET skills = '[\"sql\"]' WHERE rowid = 14", 0, 0, 1, 'skills'),
    ('UPDATE jobs SET featured = 1 - featured WHERE rowid = 15', 0, 0, 1, 'featured'),
    ("UPDATE jobs SET hourly_rate = hourly_rate || '1' WHERE rowid = 16", 0, 0, 1, 'hourly_rate'),
]
MANY = [1, 100, 10_000]


class Planted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = harness.Workspace()
        harness.generate(cls.template.path('jobs.ndjson'), '--records', RECORDS)
        outcome = cls.template.decant('copy', 'ndjson:jobs.ndjson', 'sqlite:jobs.db#jobs', '--key', 'id', '--no-verify')
        if outcome.exit != 0:
            raise AssertionError(str(outcome))

    @classmethod
    def tearDownClass(cls):
        cls.template.__exit__()

    def found(self, place, *more):
        outcome = place.decant('verify', 'ndjson:jobs.ndjson', 'sqlite:jobs.db#jobs', '--key', 'id', '--progress', 'none',
                               *more)
        verify = outcome.report['verify'] if outcome.report else {}
        return outcome, [verify.get(n) for n in ('missing', 'extra', 'different')]

    def test_each_kind_alone_by_both_ways(self):
        for statement, *counts, field in ONE:
            with harness.Workspace(self.template.folder) as place:
                place.sql('jobs.db', statement)
                for mode in ((), ('--sketch',)):
                    with self.subTest(statement=statement, mode=mode):
                        outcome, found = self.found(place, *mode)
                        self.assertEqual(found, counts, outcome)
                        self.assertEqual(outcome.exit, 3 if counts[0] + counts[2] or counts[1] else 0, outcome)
                        if field:
                            names = {f['name'] for d in outcome.report['differences'] for f in d['fields']}
                            self.assertIn(field, names)

    def test_none_is_invented(self):
        for mode in ((), ('--sketch',)):
            outcome, found = self.found(self.template, *mode)
            self.assertEqual((outcome.exit, found), (0, [0, 0, 0]), outcome)

    def test_many_by_both_ways(self):
        for count in MANY:
            with harness.Workspace(self.template.folder) as place:
                place.sql('jobs.db', f'UPDATE jobs SET salary_min = salary_min + 1 WHERE rowid <= {count}')
                for mode in ((), ('--sketch',)):
                    with self.subTest(count=count, mode=mode):
                        outcome, found = self.found(place, *mode)
                        self.assertEqual((outcome.exit, found), (3, [0, 0, count]), outcome)


if __name__ == '__main__':
    unittest.main()
