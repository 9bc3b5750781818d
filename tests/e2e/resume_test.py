"""A run that stopped is gone on with where it stands, or refused: nothing it wrote is lost silently."""
import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

RECORDS = 100_000


class Resume(unittest.TestCase):
    def setUp(self):
        self.place = harness.Workspace()
        self.addCleanup(self.place.__exit__)

    def copy(self, *words):
        return self.place.decant('copy', *words, '--key', 'id', '--progress', 'none')

    def torn_source(self):
        os.mkdir(self.place.path('src'))
        self.place.write_records('src/a.ndjson', [{'id': i} for i in range(RECORDS)])
        self.place.write('src/b.json', '[{"id":tru},')

    def mend(self):
        self.place.write('src/b.json', '[{"id":tru},\n{"id":200001}]')

    def test_a_file_target_keeps_what_was_committed(self):
        self.torn_source()
        for name, ready in (('out.ndjson', None), ('there.ndjson', '{"id":-1}\n')):
            with self.subTest(name):
                if ready:
                    self.place.write(name, ready)
                self.place.write('src/b.json', '[{"id":tru},')
                self.assertEqual(self.copy('json:src/*', f'ndjson:{name}').exit, 1)
                self.mend()
                resumed = self.copy('json:src/*', f'ndjson:{name}')
                self.assertEqual(resumed.exit, 3, resumed)
                self.assertEqual(resumed.books()['inserted'], RECORDS + 1)
                with open(self.place.path(name)) as file:
                    self.assertEqual(sum(1 for _ in file), RECORDS + 1 + bool(ready))

    def test_a_target_that_was_put_back_is_refused(self):
        self.torn_source()
        with sqlite3.connect(self.place.path('app.db')) as database:
            database.execute('CREATE TABLE t (id INTEGER PRIMARY KEY)')
        database.close()
        shutil.copy(self.place.path('app.db'), self.place.path('kept.db'))
        self.assertEqual(self.copy('json:src/*', 'sqlite:app.db#t').exit, 1)
        self.mend()
        shutil.copy(self.place.path('kept.db'), self.place.path('app.db'))
        resumed = self.copy('json:src/*', 'sqlite:app.db#t', '--no-verify')
        self.assertEqual(resumed.exit, 4, resumed)
        self.assertIn('--restart', resumed.err)
        audit = sqlite3.connect(self.place.path('.decant', 'catalog.db'))
        self.addCleanup(audit.close)
        anew = self.copy('json:src/*', 'sqlite:app.db#t', '--restart')
        self.assertEqual(anew.exit, 3, anew)
        self.assertEqual(anew.books()['inserted'], RECORDS + 1)
        self.assertEqual(audit.execute('SELECT line FROM audit ORDER BY id DESC').fetchone()[0],
                         f'the copy ended: {RECORDS + 2} records read, {RECORDS + 1} written, 1 in quarantine')


class StandardInput(unittest.TestCase):
    def test_compressed_text_that_comes_a_byte_at_a_time(self):
        packed = gzip.compress(b'{"id":1}\n{"id":2}\n')
        with harness.Workspace() as place:
            program = subprocess.Popen([harness.program(), 'copy', 'ndjson:-', 'ndjson:out.ndjson', '--key', 'id',
                                        '--progress', 'none'], cwd=place.folder, stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, bufsize=0)
            # Once the first byte is taken out of the pipe, the program has read it alone.
            program.stdin.write(packed[:1])
            harness.wait_until_read(program.stdin)
            program.stdin.write(packed[1:])
            program.stdin.close()
            self.assertEqual(program.wait(harness.RUN_SECONDS_MAX), 0)
            with open(place.path('out.ndjson')) as file:
                self.assertEqual(file.read(), '{"id":1}\n{"id":2}\n')


if __name__ == '__main__':
    unittest.main()
