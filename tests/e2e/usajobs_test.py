"""Real data: US federal job announcements, two snapshots, into SQLite and over it."""
import json
import os
import sys
import unittest

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__))), os.path.dirname(os.path.abspath(__file__))]
import harness
import usajobs_expected


class UsaJobs(unittest.TestCase):
    def copy(self, place, folder, *more):
        return place.decant('copy', f'json:{folder}/*.json', 'sqlite:jobs.db#jobs', '--key', 'control_number,year',
                            '--progress', 'none', *more)

    def test_copy_then_upsert_gives_the_numbers_of_the_files(self):
        before = harness.shared_data('usajobs', '2025-10-04')
        after = harness.shared_data('usajobs', '2026-03-02')
        expected = usajobs_expected.expected(before, after)
        self.assertEqual(expected['before']['read'], 41245)
        with harness.Workspace() as place:
            first = self.copy(place, before)
            self.assertEqual(first.exit, 0, first)
            harness.assert_balanced(self, first.report)
            self.assertEqual(first.report['outcome'], 'clean')
            for name, value in expected['before'].items():
                self.assertEqual(first.report['books'][name], value, name)
            verify = first.report['verify']
            self.assertEqual([verify[n] for n in ('missing', 'extra', 'different')], [0, 0, 0], verify)
            self.assertEqual(verify['compared'], 41245)

            second = self.copy(place, after, '--on-conflict', 'upsert')
            self.assertEqual(second.exit, 0, second)
            harness.assert_balanced(self, second.report)
            for name, value in expected['after'].items():
                self.assertEqual(second.report['books'][name], value, name)
            verify = second.report['verify']
            self.assertEqual([verify[n] for n in ('missing', 'different')], [0, 0], verify)
            self.assertEqual(verify['extra'], expected['extra'])
            self.assertEqual(place.query('jobs.db', 'SELECT count(*) FROM jobs'),
                             [(41245 + expected['after']['inserted'],)])

    def test_a_second_copy_writes_nothing(self):
        before = harness.shared_data('usajobs', '2026-03-02')
        with harness.Workspace() as place:
            self.assertEqual(self.copy(place, before).exit, 0)
            target = harness.dump(place.path('jobs.db'))
            again = self.copy(place, before)
            self.assertEqual(again.exit, 0, again)
            self.assertEqual(again.report['books']['unchanged'], again.report['books']['read'])
            self.assertEqual(harness.dump(place.path('jobs.db')), target)

    def test_books_stand_for_each_file(self):
        folder = harness.shared_data('usajobs', '2026-03-02')
        with harness.Workspace() as place:
            outcome = self.copy(place, folder)
            files = outcome.report['files']
            self.assertEqual([os.path.basename(file['file']) for file in files], sorted(os.listdir(folder)))
            for file in files:
                with open(file['file'], encoding='utf-8') as opened:
                    self.assertEqual(file['read'], len(json.load(opened)), file)
                self.assertEqual(file['read'], sum(file[name] for name in harness.BOOKS), file)
                self.assertIs(file['complete'], True, file)
            for name in ('read', *harness.BOOKS):
                self.assertEqual(sum(file[name] for file in files), outcome.books()[name], name)

    def test_the_report_on_standard_output_stands_there_alone(self):
        folder = harness.shared_data('usajobs', '2026-03-02')
        with harness.Workspace() as place:
            outcome = place.decant('copy', f'json:{folder}/*.json', 'sqlite:jobs.db#jobs', '--key',
                                   'control_number,year', '--report', '-', report=False)
            self.assertEqual(outcome.exit, 0, outcome)
            place.write('out.json', outcome.out)
            report = harness.read_json(place.path('out.json'))
            self.assertIsNotNone(report, outcome.out[:500])
            harness.assert_balanced(self, report)


if __name__ == '__main__':
    unittest.main()
