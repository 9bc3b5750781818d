"""What is refused, with which exit, and what is said: nothing by accident."""
import fcntl
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

RECORDS = [{'id': i, 'name': f'n{i}', 'score': i / 4} for i in range(100)]
PLAN = """decant: 1
migration: small
source: ndjson:in.ndjson
target: sqlite:out.db#t
key: [id]
map:
  id: id
  title: {from: name}
  score: score
"""


class Scenario(unittest.TestCase):
    def setUp(self):
        self.place = harness.Workspace()
        self.addCleanup(self.place.__exit__)
        self.place.write_records('in.ndjson', RECORDS)
        self.place.write('plan.yaml', PLAN)

    def files(self):
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(self.place.folder) for name in names)

    def refused(self, outcome, status, *words):
        self.assertEqual(outcome.exit, status, outcome)
        for word in words:
            self.assertIn(word, outcome.err, outcome)

    def copy(self, *more, **named):
        return self.place.decant('copy', 'ndjson:in.ndjson', 'sqlite:out.db#t', '--key', 'id', '--progress', 'none',
                                 *more, **named)

    def run_plan(self, *more, **named):
        return self.place.decant('run', 'plan.yaml', '--progress', 'none', *more, **named)


class CommandLine(Scenario):
    def test_an_unknown_option_is_2_and_offers_the_nearest(self):
        self.refused(self.copy('--exclusiv'), 2, '--exclusive')

    def test_an_unknown_command_is_2(self):
        self.refused(self.place.decant('cpoy', report=False), 2, 'copy')

    def test_a_missing_argument_is_2(self):
        self.refused(self.place.decant('copy', 'ndjson:in.ndjson', report=False), 2)

    def test_a_bad_value_is_2_and_names_the_option(self):
        self.refused(self.copy('--threads', 'many'), 2, '--threads')
        self.refused(self.copy('--on-conflict', 'replace'), 2, '--on-conflict')

    def test_help_and_version_are_0(self):
        for words in (['help'], ['help', 'copy'], ['--version'], ['copy', '--help']):
            outcome = self.place.decant(*words, report=False)
            self.assertEqual(outcome.exit, 0, outcome)
            self.assertTrue(outcome.out.strip())


    def test_a_name_to_change_is_said_in_the_terms_of_the_source(self):
        self.place.write_records('in.ndjson', [{'id': 1, 'NIL': 1, 'nil': 2}])
        plan = 'decant: 1\nmigration: m\nsource: ndjson:in.ndjson\ntarget: sqlite:out.db\n'
        collections = 'collections: {t: {from: in, key: [id], rest: keep}}\n'
        self.place.write('plan.yaml', plan + collections)
        self.refused(self.run_plan(), 2, '`rename: {t.nil: ANOTHER_NAME}`', 'in instead of t')
        self.place.write('plan.yaml', plan + 'rename: {in.nil: other}\n' + collections)
        self.assertEqual(self.run_plan().exit, 0)

class Sources(Scenario):
    def test_a_missing_file_is_2_with_its_name(self):
        self.refused(self.place.decant('copy', 'ndjson:absent.ndjson', 'sqlite:out.db#t', '--key', 'id'), 2,
                     'absent.ndjson')
        self.assertFalse(os.path.exists(self.place.path('out.db')))

    def test_an_empty_glob_is_2_with_its_pattern(self):
        self.refused(self.place.decant('copy', 'ndjson:none/*.ndjson', 'sqlite:out.db#t', '--key', 'id'), 2,
                     'none/*.ndjson')

    def test_a_key_is_never_guessed(self):
        outcome = self.place.decant('copy', 'ndjson:in.ndjson', 'sqlite:out.db#t')
        self.refused(outcome, 2, '--key', 'id')

    def test_a_file_cut_off_in_the_middle_is_1_with_its_byte(self):
        self.place.write('cut.json', '[{"id":1,"name":"a"},{"id":2,"na')
        outcome = self.place.decant('copy', 'json:cut.json', 'sqlite:cut.db#t', '--key', 'id')
        self.refused(outcome, 1, 'cut.json')

    def test_dirty_records_go_to_quarantine_with_reason_and_place(self):
        with open(self.place.path('in.ndjson'), 'ab') as file:
            file.write(b'{"id":200,"name":"a","name":"b"}\n{"id":201,"name":"\xff"}\n{"id":202,"name":"\\ud800"}\n'
                       b'{"name":"no key"}\n{"id":203,"name":tru}\n{"id":1,"name":"other","score":0}\n')
        outcome = self.copy()
        self.assertEqual(outcome.exit, 3, outcome)
        harness.assert_balanced(self, outcome.report)
        self.assertEqual(outcome.report['books']['quarantined'], 6)
        self.assertEqual(outcome.report['books']['inserted'], 100)
        listing = self.place.decant('quarantine', 'list', report=False)
        self.assertEqual(listing.exit, 0, listing)
        self.assertIn('in.ndjson', listing.out)
        export = self.place.decant('quarantine', 'export', report=False)
        self.assertEqual(len(export.out.strip().splitlines()), 6, export)
        mode = os.stat(self.place.path('.decant', 'catalog.db')).st_mode & 0o777
        self.assertEqual(mode, 0o600)


class Reports(Scenario):
    def test_what_is_invalid_or_refused_before_it_begins_has_a_report(self):
        for change, status, outcome in ((('kye', 'kye: [id]'), 2, 'invalid'), (('rest', 'key: [id]\nrest: drop'), 4, 'refused')):
            text = PLAN.replace('key: [id]', change[1])
            self.place.write('plan.yaml', text.replace('  score: score\n', '') if change[0] == 'rest' else text)
            for command in ('run', 'verify', 'repair') if status == 2 else ('run', 'repair'):
                result = self.place.decant(command, 'plan.yaml', '--progress', 'none')
                self.refused(result, status)
                self.assertEqual((result.report['command'], result.report['outcome']), (command, outcome))
                self.assertTrue(result.report['error'])
                self.assertFalse(result.report['verify']['proves'])

    def test_progress_without_a_terminal_comes_in_plain_lines(self):
        outcome = self.place.decant('copy', 'ndjson:in.ndjson', 'sqlite:out.db#t', '--key', 'id')
        self.assertEqual(outcome.exit, 0, outcome)
        self.assertIn('copy t: 100 records', outcome.err)
        self.assertNotIn('\r', outcome.err)


class Quarantine(Scenario):
    def test_the_number_of_an_entry_is_a_whole_number(self):
        self.place.write('in.ndjson', '{"id": 1}\n{"id": tru}\n')
        self.assertEqual(self.copy().exit, 3)
        shown = self.place.decant('quarantine', 'show', '1', report=False)
        self.assertEqual(shown.exit, 0, shown)
        self.assertIn('1 of copy-', shown.out)
        self.refused(self.place.decant('quarantine', 'show', '1abc', report=False), 2, '1abc')
        self.refused(self.place.decant('quarantine', 'show', '2', report=False), 2, 'no entry 2')


class Plans(Scenario):
    def test_an_unknown_key_is_2_with_line_column_and_nearest(self):
        self.place.write('plan.yaml', PLAN.replace('key: [id]', 'kye: [id]'))
        self.refused(self.run_plan(), 2, 'plan.yaml:5:1', 'kye', 'key')

    def test_an_unknown_part_of_a_rule_is_2_with_its_place(self):
        self.place.write('plan.yaml', PLAN.replace('{from: name}', '{form: name}'))
        self.refused(self.run_plan(), 2, 'plan.yaml:8:', 'form', 'from')

    def test_a_newer_plan_format_is_refused(self):
        self.place.write('plan.yaml', PLAN.replace('decant: 1', 'decant: 99'))
        self.refused(self.run_plan(), 4, 'format 99')

    def test_an_unmapped_field_is_2_and_named(self):
        self.place.write('plan.yaml', PLAN.replace('  score: score\n', ''))
        self.refused(self.run_plan(), 2, 'score')

    def test_a_lossy_rule_without_a_reason_is_3_in_plan_and_4_in_run(self):
        self.place.write('plan.yaml', PLAN.replace('  score: score\n', '') + 'rest: drop\n')
        self.assertEqual(self.place.decant('plan', 'plan.yaml', report=False).exit, 3)
        self.assertEqual(self.run_plan().exit, 4)
        self.assertFalse(os.path.exists(self.place.path('out.db')))

    def test_a_plan_changed_while_a_run_is_unfinished_is_4_and_names_the_keys(self):
        place = self.place
        place.write_records('in.ndjson', [{'id': i, 'name': 'x' * 200, 'score': i} for i in range(20_000)])
        counts = place.path('..', os.path.basename(place.folder) + '.counts')
        killed = self.run_plan(environment=harness.shim(place.folder, 'write:60:KILL', counts))
        os.remove(counts)
        self.assertEqual(killed.exit, -9, killed)
        place.write('plan.yaml', PLAN.replace('title: {from: name}', 'title: {from: name, prefix: x}'))
        self.refused(self.run_plan(), 4, 'title')
        place.write('plan.yaml', PLAN)
        self.assertEqual(self.run_plan().exit, 0)

    def test_unset_environment_values_are_2(self):
        self.place.write('plan.yaml', PLAN.replace('out.db', '${env:DECANT_TEST_UNSET}.db'))
        self.refused(self.run_plan(), 2, 'DECANT_TEST_UNSET')


class Targets(Scenario):
    def test_a_locked_target_is_4_and_names_the_owner(self):
        self.assertEqual(self.copy().exit, 0)
        with open(self.place.path('out.db.decant-lock'), 'w', encoding='utf-8') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write('run 7 of another-migration, pid 4711\n')
            file.flush()
            self.refused(self.copy(), 4, 'another-migration')
        self.assertEqual(self.copy().exit, 0)

    def test_a_newer_catalog_is_4(self):
        self.assertEqual(self.copy().exit, 0)
        catalog = self.place.path('.decant', 'catalog.db')
        database = sqlite3.connect(catalog)
        tables = {name: database.execute(f'PRAGMA table_info("{name}")').fetchall() for (name,) in
                  database.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()}
        self.assertGreater(database.execute('PRAGMA user_version').fetchone()[0], 0)
        database.execute('PRAGMA user_version=999')
        for name, columns in tables.items():
            for column in columns:
                if column[1] in ('format', 'format_version'):
                    database.execute(f'UPDATE "{name}" SET "{column[1]}"=999')
        database.commit()
        database.close()
        self.refused(self.copy(), 4, 'newer')

    def test_a_dry_run_tells_the_books_and_writes_nothing(self):
        before = self.files()
        dry = self.copy('--dry-run', '--report', '-', report=False)
        self.assertEqual(dry.exit, 0, dry)
        self.assertEqual(self.files(), before)
        self.place.write('dry.json', dry.out)
        real = self.copy()
        self.assertEqual(harness.read_json(self.place.path('dry.json'))['books'], real.report['books'])

    def test_conflicts_follow_the_policy(self):
        self.assertEqual(self.copy().exit, 0)
        self.place.write_records('in.ndjson', [{**r, 'name': 'new'} for r in RECORDS[:10]] + RECORDS[10:])
        for policy, name, status in (('insert', 'quarantined', 3), ('skip', 'superseded', 0), ('upsert', 'updated', 0)):
            outcome = self.copy('--on-conflict', policy)
            self.assertEqual(outcome.exit, status, outcome)
            self.assertEqual((outcome.report['books'][name], outcome.report['books']['unchanged']), (10, 90), policy)

    def test_an_application_that_has_the_file_open_is_not_locked_out(self):
        self.assertEqual(self.copy().exit, 0)
        application = sqlite3.connect(self.place.path('out.db'), isolation_level=None)
        application.execute('PRAGMA journal_mode=WAL')
        application.execute('BEGIN')
        renamed = "SELECT count(*) FROM t WHERE name='new'"
        self.assertEqual(application.execute(renamed).fetchone(), (0,))
        self.place.write_records('in.ndjson', [{**r, 'name': 'new'} for r in RECORDS])
        outcome = self.copy('--on-conflict', 'upsert')
        self.assertEqual(outcome.exit, 0, outcome)
        self.assertEqual(application.execute(renamed).fetchone(), (0,))  # its transaction goes on
        application.execute('ROLLBACK')
        self.assertEqual(application.execute(renamed).fetchone(), (100,))
        application.close()

    def test_an_upsert_keeps_row_ids_and_child_rows(self):
        self.place.sql('out.db', 'PRAGMA foreign_keys=ON; CREATE TABLE t(id INTEGER NOT NULL UNIQUE, name TEXT, score REAL);'
                                 'CREATE TABLE child(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t(id) ON DELETE CASCADE);'
                                 "INSERT INTO t(rowid, id, name, score) VALUES (1000, 1, 'old', 0.25);"
                                 'INSERT INTO child(t) VALUES (1);')
        outcome = self.copy('--on-conflict', 'upsert')
        self.assertEqual(outcome.exit, 0, outcome)
        self.assertEqual(self.place.query('out.db', 'SELECT rowid, name FROM t WHERE id=1'), [(1000, 'n1')])
        self.assertEqual(self.place.query('out.db', 'SELECT count(*) FROM child'), [(1,)])


if __name__ == '__main__':
    unittest.main()
