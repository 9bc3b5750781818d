"""Nothing is lost in silence: what used to end clean, though something was not as it should be."""
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
import unittest
import zlib

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


class NothingThere(Scenario):
    """Input that says nothing is an error by its name, not a clean copy of no records."""

    def test_csv_whose_rows_end_with_a_carriage_return_is_1(self):
        self.place.write('a.csv', 'id,b\r1,x\r2,y\r')
        self.refused(self.copy('csv:a.csv', 'sqlite:o.db#t', '--key', 'id'), 1, 'a.csv', 'carriage return')

    def test_an_empty_csv_is_1_unless_its_columns_are_declared(self):
        self.place.write('a.csv', '')
        self.refused(self.copy('csv:a.csv', 'sqlite:o.db#t', '--key', 'id'), 1, 'a.csv')
        self.place.write('plan.yaml', 'decant: 1\nmigration: m\nsource: {address: a.csv, columns: [id, b]}\n'
                         'target: sqlite:o.db#t\nkey: [id]\nrest: keep\n')
        outcome = self.place.decant('run', 'plan.yaml')
        self.assertEqual((outcome.exit, outcome.report['books']['read']), (0, 0), outcome)

    def test_an_empty_table_gives_a_csv_that_can_be_read(self):
        self.place.sql('s.db', 'create table t(id integer primary key, b text);')
        self.assertEqual(self.copy('sqlite:s.db#t', 'csv:o.csv').exit, 0)
        with open(self.place.path('o.csv'), encoding='utf-8') as file:
            self.assertEqual(file.read(), 'id,b\n')
        self.assertEqual(self.copy('csv:o.csv', 'sqlite:t.db#t', '--key', 'id').exit, 0)

    def test_a_closed_standard_input_is_1(self):
        outcome = subprocess.run(['sh', '-c', f'exec {harness.program()} copy ndjson:- sqlite:o.db#t --key id <&-'],
                                 cwd=self.place.folder, capture_output=True, text=True, check=False)
        self.assertEqual(outcome.returncode, 1, outcome)
        self.assertIn('standard input', outcome.stderr)


class Streams(Scenario):
    RECORDS = b'{"id":1}\n{"id":2}\n'

    def start(self, *arguments, **named):
        process = subprocess.Popen([harness.program(), *arguments, '--progress', 'none'], cwd=self.place.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **named)
        self.addCleanup(lambda: (process.kill(), process.communicate()) if process.poll() is None else None)
        return process

    def stopped(self, process):
        """It ends as interrupted, soon after SIGTERM."""
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.5)  # it waits or reads, as it should
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, err)
        self.assertLess(time.monotonic() - asked, 5)

    def test_standard_input_is_spooled(self):
        for words in (self.RECORDS, zlib.compress(self.RECORDS, wbits=31)):
            process = self.start('copy', 'ndjson:-', 'sqlite:o.db#t', '--key', 'id', '--report', '-',
                                 stdin=subprocess.PIPE)
            process.stdin.buffer.write(words)
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
            report = json.loads(out)
            self.assertEqual((report['source'], report['books']['read']), ('ndjson:standard input', 2))
            self.assertEqual(report['verify']['compared'], 2)

    def test_a_fifo_is_spooled(self):
        os.mkfifo(self.place.path('in.ndjson'))
        process = self.start('copy', 'in.ndjson', 'sqlite:o.db#t', '--key', 'id')
        with open(self.place.path('in.ndjson'), 'wb') as fifo:
            fifo.write(self.RECORDS)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.place.query('o.db', 'select count(*) from t'), [(2,)])

    def test_a_fifo_that_nobody_writes_to_is_waited_for_until_asked_to_stop(self):
        os.mkfifo(self.place.path('in.ndjson'))
        self.stopped(self.start('copy', 'in.ndjson', 'sqlite:o.db#t', '--key', 'id'))

    def test_standard_input_that_never_ends_is_left_when_asked_to_stop(self):
        self.stopped(self.start('copy', 'ndjson:-', 'sqlite:o.db#t', '--key', 'id', stdin=subprocess.PIPE))

    def test_a_fifo_among_files_is_2_by_its_name(self):
        os.mkfifo(self.place.path('in.ndjson'))
        self.refused(self.copy('*.ndjson', 'sqlite:o.db#t', '--key', 'id'), 2, 'in.ndjson')

    def wait_until_read(self, process, size):
        """Until the process has read `size` bytes, by the kernel's count."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with open(f'/proc/{process.pid}/io', encoding='ascii') as counts:
                if int(counts.readline().split()[1]) >= size:
                    return
            time.sleep(0.01)
        self.fail(f'it did not read {size} bytes')

    def test_a_record_without_an_end_takes_bounded_memory_and_is_left_when_asked_to_stop(self):
        for source in ('ndjson:/dev/zero', 'csv:/dev/zero'):
            process = self.start('copy', source, 'sqlite:o.db#t', '--key', 'id')
            self.wait_until_read(process, 400 << 20)
            with open(f'/proc/{process.pid}/status', encoding='ascii') as status:
                peak = [line for line in status if line.startswith('VmHWM')]
            self.assertLess(int(peak[0].split()[1]), 300 << 10)
            self.stopped(process)


class Ends(Scenario):
    def test_help_that_cannot_be_printed_is_1(self):
        for words in (['help'], ['help', 'copy'], ['--version']):
            with open('/dev/full', 'w', encoding='ascii') as full:
                outcome = subprocess.run([harness.program(), *words], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(outcome.returncode, 1, (words, outcome))

    def test_a_limit_of_file_sizes_is_1_and_the_run_goes_on_without_it(self):
        self.place.write_records('a.ndjson', [{'id': i, 'text': 'x' * 100} for i in range(20_000)])
        for target in ('sqlite:o.db#t', 'ndjson:o.ndjson'):
            command = [harness.program(), 'copy', 'ndjson:a.ndjson', target, '--key', 'id', '--progress', 'none']
            limit = 500_000
            outcome = subprocess.run(command, cwd=self.place.folder, capture_output=True, text=True, check=False,
                                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            self.assertEqual(outcome.returncode, 1, outcome)
            self.assertTrue(outcome.stderr.strip())
            self.assertEqual(self.copy('ndjson:a.ndjson', target, '--key', 'id').exit, 0)


class Excluded(Scenario):
    """Verification leaves out exactly the records that the run quarantined."""

    def verified(self, outcome):
        verify = outcome.report['verify']
        return verify['compared'], verify['missing'], verify['different'], verify['excluded']

    def test_rows_withdrawn_after_the_load(self):
        fields = {'id': {'type': 'integer', 'required': True}, 'e': 'text'}
        index = {'name': 'one_e', 'fields': ['e'], 'unique': True}
        self.place.write('t.json', json.dumps({'format': 1, 'collections': {
            't': {'fields': fields, 'key': ['id'], 'indexes': [index]}}}))
        self.place.write('plan.yaml', 'decant: 1\nmigration: m\nsource: ndjson:a.ndjson\ntarget: sqlite:o.db#t\n'
                         'definitions: t.json\nkey: [id]\nrest: keep\n')
        self.place.write_records('a.ndjson', [{'id': 1, 'e': 'x'}, {'id': 2, 'e': 'x'}, {'id': 3, 'e': 'y'}])
        for _ in range(2):
            outcome = self.place.decant('run', 'plan.yaml', '--progress', 'none')
            self.assertEqual(outcome.exit, 3, outcome)
            self.assertEqual(outcome.report['books']['quarantined'], 1)
            self.assertEqual(self.verified(outcome), (2, 0, 0, 1))
        outcome = self.place.decant('verify', 'plan.yaml')
        self.assertEqual(self.verified(outcome), (2, 0, 0, 1))

    def test_a_duplicate_between_two_quarantined_records(self):
        self.place.sql('o.db', "create table t(id integer primary key, n text);"
                               "insert into t values (1, 'old'), (8, 'old');")
        self.place.write_records('a.ndjson', [{'id': 8}, {'id': 1, 'n': 'n'}, {'id': 1, 'n': 'm'}])
        outcome = self.copy('ndjson:a.ndjson', 'sqlite:o.db#t', '--key', 'id', '--duplicates', 'last')
        self.assertEqual(outcome.exit, 3, outcome)
        self.assertEqual(outcome.report['books']['quarantined'], 2)
        self.assertEqual(outcome.report['verify']['excluded'], 2)


class FanOut(Scenario):
    """One source record that becomes records of several targets has one outcome: its worst."""

    PLAN = """decant: 1
migration: m
source: ndjson:in.ndjson
target: sqlite:o.db
collections:
  people: {from: in, key: [id], map: {id: id, name: name}, rest: drop}
  ages: {from: in, key: [id], map: {id: id, age: {from: age, cast: integer}}, rest: drop}
"""

    def test_books_count_source_records_and_each_target_has_its_own(self):
        plan = self.PLAN.replace('rest: drop', 'drop: {name: elsewhere}', 2)
        plan = plan.replace('drop: {name: elsewhere}', 'drop: {age: elsewhere}', 1)
        self.place.write('plan.yaml', plan)
        records = [{'id': i, 'name': f'n{i}', 'age': i % 90} for i in range(5000)]
        records[7]['age'] = 'many'
        self.place.write_records('in.ndjson', records)
        outcome = self.place.decant('run', 'plan.yaml', '--progress', 'none')
        self.assertEqual(outcome.exit, 3, outcome)
        harness.assert_balanced(self, outcome.report)
        books = outcome.report['books']
        self.assertEqual((books['read'], books['inserted'], books['quarantined']), (5000, 4999, 1))
        again = self.place.decant('run', 'plan.yaml', '--progress', 'none')
        self.assertEqual((again.report['books']['unchanged'], again.report['books']['quarantined']), (4999, 1), again)
        people = self.place.query('o.db', 'select count(*) from people')[0][0]
        ages = self.place.query('o.db', 'select count(*) from ages')[0][0]
        self.assertEqual((ages, people in (4999, 5000)), (4999, True))


class Words(Scenario):
    """What is said names what the user wrote, and what to write instead."""

    def plan(self, source, target):
        self.place.write('plan.yaml', f'decant: 1\nmigration: m\nsource: {source}\ntarget: {target}\n'
                         'key: [id]\nrest: keep\n')
        return self.place.decant('run', 'plan.yaml', '--progress', 'none', report=False)

    def test_options_of_other_formats_are_2(self):
        self.place.write('a.json', '[{"id":1}]')
        self.refused(self.plan('{address: a.json, columns: [id]}', 'sqlite:o.db#t'), 2, 'columns', 'a.json')
        self.refused(self.plan('a.json', '{address: "sqlite:o.db#t", pretty: true}'), 2, 'pretty')
        self.refused(self.plan('a.json', '{address: o.ndjson, pretty: true}'), 2, 'pretty')

    def test_a_table_of_another_letter_case_is_named_as_it_is(self):
        self.place.sql('o.db', 'create table A(id integer primary key);')
        self.place.write_records('a.ndjson', [{'id': 1}])
        self.refused(self.copy('ndjson:a.ndjson', 'sqlite:o.db#a', '--key', 'id'), 2, '#A')

    def test_a_name_with_a_nul_does_not_cut_the_message(self):
        self.place.write('a.ndjson', '{"id":1,"x\\u0000y":2}\n')
        outcome = self.copy('ndjson:a.ndjson', 'sqlite:o.db#t', '--key', 'id')
        self.refused(outcome, 2, 'x\\0y')

    def test_inspect_says_that_there_is_no_candidate_for_a_key(self):
        self.place.write_records('a.ndjson', [{'id': 1}, {'id': 1}])
        self.assertIn('candidate for a key: none', self.place.decant('inspect', 'a.ndjson', report=False).out)

    def test_a_changed_option_is_told_in_its_own_words(self):
        self.place.write_records('a.ndjson', [{'id': i, 'text': 'x' * 100} for i in range(20_000)])
        limit = 500_000
        subprocess.run([harness.program(), 'copy', 'ndjson:a.ndjson', 'sqlite:o.db#t', '--key', 'id'],
                       cwd=self.place.folder, capture_output=True, check=False,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        outcome = self.copy('ndjson:a.ndjson', 'sqlite:o.db#t', '--key', 'id', '--on-conflict', 'upsert')
        self.refused(outcome, 4, "--on-conflict (was not there, is 'upsert')")


if __name__ == '__main__':
    unittest.main()
