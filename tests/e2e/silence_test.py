"""Nothing is lost in silence: what used to end clean, though something was not as it should be."""
import json
import os
import stat
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness


class Scenario(unittest.TestCase):
    def setUp(self):
        self.place = harness.Workspace()
        self.addCleanup(self.place.__exit__)

    def refused(self, outcome, status, *words):
        self.assertEqual(outcome.exit, status, outcome)
        for word in words:
            self.assertIn(word, outcome.err, outcome)

    def copy(self, source, target, *more, **named):
        return self.place.decant('copy', source, target, '--progress', 'none', *more, **named)


class GeneratedColumns(Scenario):
    TABLE = "create table a(id integer primary key, b text, a text as (b||'!'));"

    def test_a_source_field_on_one_is_2_in_plan_and_run(self):
        self.place.sql('b.db', self.TABLE)
        self.place.write_records('a.ndjson', [{'id': i, 'a': f'x{i}'} for i in range(3)])
        self.refused(self.copy('ndjson:a.ndjson', 'sqlite:b.db#a', '--key', 'id'), 2, "'a'", 'drop')
        self.place.write('plan.yaml', 'decant: 1\nmigration: m\nsource: ndjson:a.ndjson\n'
                         'target: sqlite:b.db#a\nkey: [id]\nrest: keep\n')
        self.refused(self.place.decant('plan', 'plan.yaml', report=False), 2, "'a'")
        self.assertEqual(self.place.query('b.db', 'select count(*) from a'), [(0,)])

    def test_one_that_turns_up_late_is_quarantined(self):
        self.place.sql('b.db', self.TABLE)
        records = [{'id': i, 'b': 'x'} for i in range(20_000)]
        records[19_000]['a'] = 'lost'
        self.place.write_records('a.ndjson', records)
        outcome = self.copy('ndjson:a.ndjson', 'sqlite:b.db#a', '--key', 'id')
        self.assertEqual(outcome.exit, 3, outcome)
        self.assertEqual(outcome.report['books']['quarantined'], 1)
        self.assertEqual(outcome.report['quarantine'], {'generated': 1})
        self.assertEqual(outcome.report['verify']['excluded'], 1)

    def test_one_of_the_same_definition_is_copied_and_compared(self):
        self.place.sql('s.db', self.TABLE + "insert into a(id, b) values (1,'x'), (2,'y');")
        self.assertEqual(self.copy('sqlite:s.db#a', 'sqlite:t.db#a').exit, 0)
        self.assertEqual(self.place.query('t.db', 'select id, b, a from a order by id'),
                         [(1, 'x', 'x!'), (2, 'y', 'y!')])
        self.place.sql('u.db', self.TABLE.replace("'!'", "'?'"))
        self.refused(self.copy('sqlite:s.db#a', 'sqlite:u.db#a'), 2, "'a'")


class Links(Scenario):
    def setUp(self):
        super().setUp()
        self.place.write_records('a.ndjson', [{'id': 1}])
        self.arguments = ['copy', 'ndjson:a.ndjson', 'ndjson:o.ndjson', '--key', 'id', '--progress', 'none']

    def test_a_report_on_a_fifo_is_written_into_it(self):
        fifo = self.place.path('pipe')
        os.mkfifo(fifo)
        descriptor = os.open(fifo, os.O_RDWR)
        outcome = self.place.decant(*self.arguments, '--report', 'pipe', report=False)
        self.assertEqual(outcome.exit, 0, outcome)
        self.assertTrue(stat.S_ISFIFO(os.stat(fifo).st_mode))
        self.assertEqual(json.loads(os.read(descriptor, 1 << 16))['books']['inserted'], 1)
        os.close(descriptor)

    def test_a_report_on_a_link_to_a_full_device_is_1_and_leaves_the_link(self):
        os.symlink('/dev/full', self.place.path('full'))
        self.refused(self.place.decant(*self.arguments, '--report', 'full', report=False), 1, '--report')
        self.assertTrue(os.path.islink(self.place.path('full')))

    def test_a_report_on_a_link_goes_to_the_file_behind_it(self):
        os.symlink('real.json', self.place.path('link.json'))
        for _ in range(2):
            self.assertEqual(self.place.decant(*self.arguments, '--report', 'link.json', report=False).exit, 0)
            self.assertTrue(os.path.islink(self.place.path('link.json')))
            self.assertIn('books', harness.read_json(self.place.path('real.json')))

    def test_a_target_that_is_a_link_keeps_the_link(self):
        os.mkdir(self.place.path('data'))
        os.symlink('data/real.ndjson', self.place.path('o.ndjson'))
        self.assertEqual(self.place.decant(*self.arguments).exit, 0)
        self.place.write_records('a.ndjson', [{'id': 1}, {'id': 2}])
        outcome = self.place.decant(*self.arguments)
        self.assertEqual(outcome.report['books']['inserted'], 1, outcome)
        self.assertTrue(os.path.islink(self.place.path('o.ndjson')))
        with open(self.place.path('data', 'real.ndjson'), encoding='utf-8') as file:
            self.assertEqual(file.read(), '{"id":1}\n{"id":2}\n')

    def test_a_target_that_is_no_file_is_2(self):
        os.mkfifo(self.place.path('o.ndjson'))
        self.refused(self.place.decant(*self.arguments), 2, 'o.ndjson')


if __name__ == '__main__':
    unittest.main()
