"""What the end-to-end tests stand on: a folder of their own, the program, and dumps of targets."""
import array
import fcntl
import gzip
import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import termios
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('DECANT_BUILD', os.path.join(ROOT, 'build', 'release'))
SHIM = os.path.join(BUILD, 'libdecant_fault_shim.so')
SHARED_DATA = os.environ.get('DECANT_SHARED_DATA', os.path.join(os.path.dirname(ROOT), 'shared', 'data'))
RUN_SECONDS_MAX = 300
BOOKS = ('inserted', 'updated', 'unchanged', 'superseded', 'duplicate', 'quarantined')
CALLS = ('open', 'read', 'write', 'fsync', 'rename', 'ftruncate', 'unlink', 'any')


def program(name='decant'):
    return os.path.join(BUILD, name)


def shared_data(*parts):
    """A path of the shared data; skips the test, aloud, where it is absent."""
    path = os.path.join(SHARED_DATA, *parts)
    if not os.path.exists(path):
        raise unittest.SkipTest(f'shared data absent: {"/".join(parts)}')
    return path


def generate(path, *arguments):
    """Job records by decant-generate, in `path`."""
    tool = os.path.join(BUILD, 'benchmarks', 'decant-generate')
    subprocess.run([tool, *map(str, arguments), '--output', path], check=True, capture_output=True)
    return path


def wait_until_read(pipe):
    """Returns once the other end has taken all out of the pipe."""
    left = array.array('i', [1])
    until = time.monotonic() + RUN_SECONDS_MAX
    while left[0] and time.monotonic() < until:
        fcntl.ioctl(pipe.fileno(), termios.FIONREAD, left)
        os.sched_yield()


class Outcome:
    """How one run of the program ended: exit (negative: the signal), out, err, and its report."""

    def __init__(self, exit_status, out, err, report):
        self.exit, self.out, self.err, self.report = exit_status, out, err, report

    def books(self):
        return self.report['books'] if self.report else None

    def __str__(self):
        return f'exit {self.exit}\n--- out\n{self.out[-3000:]}\n--- err\n{self.err[-3000:]}'


class Workspace:
    """A temporary folder in which the program runs."""

    def __init__(self, template=None):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='decant-e2e-'))
        if template:
            shutil.copytree(template, self.folder, dirs_exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), 'wb') as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.path(name)

    def write_records(self, name, records):
        return self.write(name, ''.join(json.dumps(r, ensure_ascii=False) + '\n' for r in records))

    def decant(self, *arguments, tool='decant', environment=None, kill_after=None, report=True):
        """Runs the program here. With `kill_after` it gets SIGKILL after so many seconds."""
        words = [program(tool), *map(str, arguments)]
        file = self.path('report.json')
        if report:
            if os.path.exists(file):
                os.remove(file)
            words += ['--report', 'report.json']
        process = subprocess.Popen(words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, errors='replace', stdin=subprocess.DEVNULL,
                                   env={**os.environ, 'NO_COLOR': '1', **(environment or {})})
        try:
            out, err = process.communicate(timeout=kill_after or RUN_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            if kill_after is None:
                err += f'\n(no end after {RUN_SECONDS_MAX} s)'
        return Outcome(process.returncode, out, err, read_json(file) if report else None)

    def sql(self, name, statements):
        with sqlite3.connect(self.path(name)) as database:
            database.executescript(statements)
        database.close()

    def query(self, name, statement):
        database = sqlite3.connect(self.path(name))
        try:
            return database.execute(statement).fetchall()
        finally:
            database.close()


def read_json(path):
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def shim(folder, fault=None, counts=None):
    """The environment that preloads the fault shim for files under `folder`."""
    environment = {'LD_PRELOAD': SHIM, 'DECANT_FAULT_PREFIX': folder + '/'}
    if fault:
        environment['DECANT_FAULT'] = fault
    if counts:
        environment['DECANT_FAULT_COUNT'] = counts
    return environment


def read_counts(path):
    with open(path, 'rb') as file:
        return dict(zip(CALLS, struct.unpack('8Q', file.read(64))))


def dump_sqlite(path):
    """Every table with its definition and rows, rowids included, in order of the rows' values."""
    database = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
    database.text_factory = lambda raw: raw.decode('utf-8', 'surrogateescape')
    try:
        if database.execute('PRAGMA integrity_check').fetchone() != ('ok',):
            return ['integrity check failed']
        lines = []
        for name, kind, sql in database.execute(
                "SELECT name, type, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"):
            lines.append(f'{kind} {name}: {sql}')
            if kind == 'table':
                rowid = '' if 'WITHOUT ROWID' in (sql or '').upper() else 'rowid,'
                rows = database.execute(f'SELECT {rowid}* FROM "{name}"').fetchall()
                lines += sorted(repr(row) for row in rows)
        return lines
    finally:
        database.close()


def dump_lines(path):
    """The records of an NDJSON file (also .gz), each canonical, in their order by text."""
    opened = gzip.open if path.endswith('.gz') else open
    with opened(path, 'rt', encoding='utf-8') as file:
        return sorted(json.dumps(json.loads(line, parse_float=str), sort_keys=True) for line in file if line.strip())


def dump_testing(path):
    """The records of a testing store, by way of the program itself."""
    with Workspace() as place:
        outcome = place.decant('copy', f'testing:{path}#jobs', 'ndjson:dump.ndjson', '--key', 'id', '--no-verify',
                               '--progress', 'none', tool='decant-testing')
        return dump_lines(place.path('dump.ndjson')) if outcome.exit == 0 else [str(outcome)]


def dump(path):
    if not os.path.exists(path):
        return ['(no file)']
    if path.endswith('.testing'):
        return dump_testing(path)
    return dump_lines(path) if '.ndjson' in os.path.basename(path) else dump_sqlite(path)


def first_difference(a, b):
    for x, y in zip(a, b):
        if x != y:
            return f'{x[:300]}\n  instead of\n{y[:300]}'
    return f'{len(a)} lines instead of {len(b)}'


def assert_balanced(test, report):
    books = report['books']
    test.assertEqual(books['read'], sum(books[name] for name in BOOKS), books)
    test.assertIs(report['balanced'], True)
