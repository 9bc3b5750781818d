#!/usr/bin/env python3
"""Decant against its limit programs (benchmarks/limits) and peers: the same work, run in turn in one
session; medians, ratios, and whether each row's bound is met.

    run.py [--only ROW,...] [--records N] [--repeats N] [--folder F] [--large] [--list]"""
import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile

import measure

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('DECANT_BUILD', os.path.join(ROOT, 'build', 'release'))
DECANT = os.path.join(BUILD, 'decant')
PLANS = os.path.join(ROOT, 'benchmarks', 'plans')
LIMITS = os.path.join(ROOT, 'benchmarks', 'limits')
MIB = 1 << 20


def tool(name):
    return os.path.join(BUILD, 'benchmarks', name)


class Side:
    """One program of a row. `prepare` runs before each run, unmeasured; `check(folder)` gives a text
    where the result is wrong, and is asked once."""

    def __init__(self, name, words, prepare=None, check=None, least=None, most=None, statuses=(0,)):
        self.name, self.words, self.prepare, self.check = name, words, prepare, check
        self.least, self.most = least, most  # Decant's speed to this one's; Decant's time to this one's
        self.statuses = statuses
        self.taken, self.wrong = [], None


class Bench:
    def __init__(self, folder, options):
        self.folder, self.options, self.results = folder, options, []
        self.expected, self.row_name = {}, ''  # what the limit programs wrote, by row and file

    def path(self, name):
        return os.path.join(self.folder, name)

    # ---- data ---------------------------------------------------------------------------------
    def data(self, name, *arguments, records=None):
        """A generated file, made once."""
        path = self.path(name)
        if not os.path.exists(path):
            measure.take([tool('decant-generate'), '--records', str(records or self.options.records),
                          *map(str, arguments), '--output', path + '.part'], self.folder)
            os.rename(path + '.part', path)
        return path

    def ndjson(self):
        return self.data('jobs.ndjson')

    def array(self):
        return self.data('jobs.json', '--format', 'array')

    def plan(self, name, source, target):
        """One of benchmarks/plans, with its addresses, in a folder with its definition."""
        with open(os.path.join(PLANS, name), encoding='utf-8') as file:
            text = file.read().replace('SOURCE', source).replace('TARGET', target)
        shutil.copy(os.path.join(PLANS, 'definition.json'), self.path('definition.json'))
        path = self.path('bench-' + name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def fresh(self, *names):
        """Removes targets and Decant's catalog."""
        for name in names:
            for ending in ('', '-wal', '-shm', '-journal', '.decant-lock', '.decant-tmp', '.decant.json'):
                if os.path.exists(self.path(name + ending)):
                    os.remove(self.path(name + ending))
        shutil.rmtree(self.path('.decant'), ignore_errors=True)

    def table(self, name, rows_from=None):
        """An existing table with its key and two indexes, with the rows of a file or empty; a copy
        of one that is made once."""
        made = self.path(f'made-{os.path.basename(rows_from or "empty")}.db')
        if not os.path.exists(made):
            database = sqlite3.connect(made)
            fields = json.load(open(os.path.join(PLANS, 'definition.json')))['collections']['jobs']['fields']
            types = {'integer': 'INTEGER', 'decimal': 'DECIMAL_TEXT', 'boolean': 'BOOLEAN', 'json': 'JSON_TEXT'}
            columns = ', '.join(f'"{n}" ' + ('TEXT PRIMARY KEY NOT NULL' if n == 'id' else types.get(t, 'TEXT'))
                                for n, t in fields.items())
            database.executescript(f'CREATE TABLE jobs({columns});'
                                   'CREATE INDEX jobs_category ON jobs(category, posted_date);'
                                   'CREATE INDEX jobs_company ON jobs(company);')
            database.close()
            if rows_from:
                measure.take([tool('limit-upsert'), rows_from, made], self.folder)
        self.fresh(name)
        shutil.copyfile(made, self.path(name))

    # ---- checks -------------------------------------------------------------------------------
    def same_table(self, name, reference):
        """Whether a target holds what the limit program wrote, and has the same indexes."""
        def check():
            if self.row_name + reference not in self.expected:
                self.expected[self.row_name + reference] = (measure.table_digest(self.path(reference)), measure.indexes(self.path(reference)))
            (rows, digest), found = self.expected[self.row_name + reference]
            own_rows, own_digest = measure.table_digest(self.path(name))
            if own_rows != rows:
                return f'{own_rows} rows instead of {rows}'
            if own_digest != digest:
                return 'other values than the source holds'
            if measure.indexes(self.path(name)) != found:
                return f'indexes {measure.indexes(self.path(name))} instead of {found}'
            return None
        return check

    def same_rows(self, name, reference):
        """The same without the indexes."""
        return lambda: None if measure.table_digest(self.path(name)) == measure.table_digest(self.path(reference)) \
            else 'other rows than the declared load wrote'

    def finds(self, words, statuses, different):
        """Whether a verification compares all records and finds so many differences, and no others."""
        def check():
            measure.take([*words, '--report', 'report.json'], self.folder, statuses)
            with open(self.path('report.json'), encoding='utf-8') as file:
                report = json.load(file)
            found = {name: report['verify'][name] for name in ('compared', 'missing', 'extra', 'different')}
            wanted = {'compared': self.options.records, 'missing': 0, 'extra': 0, 'different': different}
            return None if found == wanted else f'{found} instead of {wanted}'
        return check

    def same_file(self, name, reference):
        return lambda: None if measure.file_digest(self.path(name)) == measure.file_digest(self.path(reference)) \
            else 'another file than the limit program wrote'

    # ---- running ------------------------------------------------------------------------------
    def row(self, name, work, *sides):
        """The first side is Decant. Runs all sides in turn, `repeats` times."""
        self.row_name = name
        for repeat in range(self.options.repeats):
            for side in sides:
                if side.prepare:
                    side.prepare()
                side.taken.append(measure.take(side.words, self.folder, side.statuses))
            if repeat == 0:
                for side in sides:
                    side.wrong = side.check() if side.check else None
        own = measure.median([t.seconds for t in sides[0].taken])
        entry = {'row': name, 'work': work, 'decant_seconds': own, 'decant_runs': [t.seconds for t in sides[0].taken],
                 'decant_rss_bytes': max(t.rss_bytes for t in sides[0].taken), 'decant_wrong': sides[0].wrong, 'against': []}
        for side in sides[1:]:
            other = measure.median([t.seconds for t in side.taken])
            met = None
            if side.least is not None:
                met = other / own >= side.least
            if side.most is not None:
                met = own / other <= side.most
            entry['against'].append({'name': side.name, 'seconds': other, 'runs': [t.seconds for t in side.taken],
                                     'ratio': other / own, 'least': side.least, 'most': side.most, 'met': met,
                                     'wrong': side.wrong})
        self.finish(entry)
        return sides

    def value(self, name, work, value, unit, most):
        """A row of one figure with its bound."""
        self.finish({'row': name, 'work': work, 'value': value, 'unit': unit, 'most': most,
                     'met': value is not None and value <= most})

    def finish(self, entry):
        self.results.append(entry)
        print('\n'.join(lines_of(entry)), flush=True)


def lines_of(entry):
    if 'value' in entry:
        mark = {True: 'met', False: 'NOT MET'}[entry['met']]
        value = 'not measured' if entry['value'] is None else f'{entry["value"]:.4g}'
        return [f'{entry["row"]}: {value} {entry["unit"]} (at most {entry["most"]:g}): {mark}']
    wrong = f'  RESULT WRONG: {entry["decant_wrong"]}' if entry['decant_wrong'] else ''
    lines = [f'{entry["row"]}: decant {entry["decant_seconds"]:.2f} s, {entry["decant_rss_bytes"] / MIB:.0f} MiB{wrong}']
    for other in entry['against']:
        bound = ''
        if other['least'] is not None:
            bound = f' (at least {other["least"]:g})'
        elif other['most'] is not None:
            bound = f'; time {1 / other["ratio"]:.2f} of it (at most {other["most"]:g})'
        mark = {True: ': met', False: ': NOT MET', None: ''}[other['met']]
        lost = f'  its result is wrong: {other["wrong"]}' if other['wrong'] else ''
        lines.append(f'    {other["name"]} {other["seconds"]:.2f} s: {other["ratio"]:.2f} times as fast{bound}{mark}{lost}')
    return lines


# ---- rows -------------------------------------------------------------------------------------
QUIET = ['--progress', 'none', '--no-verify']


def decant_copy(source, target, *more):
    return [DECANT, 'copy', source, target, '--key', 'id', *QUIET, *more]


def load_row(bench, name, work, source, address):
    plan = bench.plan('load.yaml', address, 'sqlite:own.db#jobs')
    limit = bench.same_table
    bench.row(name, work,
              Side('decant', [DECANT, 'run', plan, *QUIET], lambda: bench.fresh('own.db'), limit('own.db', 'tuned.db')),
              Side('tuned loop', [tool('limit-load'), 'tuned', source, 'tuned.db'], lambda: bench.fresh('tuned.db'), least=1.1),
              Side('untuned loop', [tool('limit-load'), 'untuned', source, 'untuned.db'],
                   lambda: bench.fresh('untuned.db'), limit('untuned.db', 'tuned.db'), least=2.0),
              Side('tuned Python', [sys.executable, os.path.join(LIMITS, 'load.py'), source, 'python.db'],
                   lambda: bench.fresh('python.db'), limit('python.db', 'tuned.db'), least=4.5))


def row_load(bench):
    load_row(bench, 'load', 'NDJSON -> new SQLite, declared definition', bench.ndjson(), 'ndjson:jobs.ndjson')


def row_load_array(bench):
    load_row(bench, 'load-array', 'one JSON array -> new SQLite, declared definition', bench.array(), 'json:jobs.json')


def row_load_inferred(bench):
    """At most one parse more than the declared load, measured beside it."""
    bench.ndjson()
    plan = bench.plan('load.yaml', 'ndjson:jobs.ndjson', 'sqlite:declared.db#jobs')
    sides = bench.row(
        'load-inferred', 'the same with an inferred definition (no secondary indexes)',
        Side('decant', decant_copy('ndjson:jobs.ndjson', 'sqlite:own.db#jobs'), lambda: bench.fresh('own.db'),
             bench.same_rows('own.db', 'declared.db')),
        Side('declared', [DECANT, 'run', plan, *QUIET], lambda: bench.fresh('declared.db')),
        Side('one parse', [tool('limit-scan'), 'jobs.ndjson']))
    own, declared, parse = (measure.median([t.seconds for t in side.taken]) for side in sides)
    bench.value('load-inferred-cost', 'inferred minus declared, in parses', (own - declared) / parse, 'parses', 1.0)


def row_existing(bench):
    bench.ndjson()
    bench.row('existing', 'NDJSON -> an existing, empty table with key and indexes, --exclusive',
              Side('decant', decant_copy('ndjson:jobs.ndjson', 'sqlite:own.db#jobs', '--exclusive'),
                   lambda: bench.table('own.db'), bench.same_table('own.db', 'other.db')),
              Side('tuned loop', [tool('limit-load'), 'existing', 'jobs.ndjson', 'other.db'],
                   lambda: bench.table('other.db'), least=1.0))


def row_upsert_new(bench):
    bench.data('more.ndjson', '--first', bench.options.records)
    rows = bench.ndjson()
    bench.row('upsert-new', 'upsert, all new, into a table with as many rows and indexes, --exclusive',
              Side('decant', decant_copy('ndjson:more.ndjson', 'sqlite:own.db#jobs', '--on-conflict', 'upsert', '--exclusive'),
                   lambda: bench.table('own.db', rows), bench.same_table('own.db', 'other.db')),
              Side('upsert loop', [tool('limit-upsert'), 'more.ndjson', 'other.db'],
                   lambda: bench.table('other.db', rows), least=1.0))


def row_upsert_changed(bench):
    bench.data('changed.ndjson', '--changed')
    rows = bench.ndjson()
    bench.row('upsert-changed', 'upsert, all changed, --exclusive',
              Side('decant', decant_copy('ndjson:changed.ndjson', 'sqlite:own.db#jobs', '--on-conflict', 'upsert', '--exclusive'),
                   lambda: bench.table('own.db', rows), bench.same_table('own.db', 'changed.db')),
              Side('upsert loop', [tool('limit-upsert'), 'changed.ndjson', 'changed.db'],
                   lambda: bench.table('changed.db', rows), least=1.0))


def row_unchanged(bench):
    rows = bench.ndjson()
    bench.row('unchanged', 'the same input again, nothing changed',
              Side('decant', decant_copy('ndjson:jobs.ndjson', 'sqlite:own.db#jobs', '--on-conflict', 'upsert'),
                   lambda: bench.table('own.db', rows), bench.same_table('own.db', 'other.db')),
              Side('look up and compare', [tool('limit-upsert'), '--compare', 'jobs.ndjson', 'other.db'],
                   lambda: bench.table('other.db', rows), least=0.9))


def row_export(bench):
    bench.ndjson()
    bench.fresh('export.db')
    measure.take([tool('limit-load'), 'tuned', 'jobs.ndjson', 'export.db'], bench.folder)
    own = [DECANT, 'copy', 'sqlite:export.db#jobs', 'ndjson:own.ndjson', *QUIET]
    shell = ['sqlite3', 'export.db', '.mode json', '.output shell.json', 'SELECT * FROM jobs']
    bench.row('export', 'SQLite -> NDJSON',
              Side('decant', own, lambda: bench.fresh('own.ndjson'), bench.same_file('own.ndjson', 'jobs.ndjson')),
              Side('read and write loop', [tool('limit-export'), 'export.db', 'limit.ndjson'],
                   lambda: bench.fresh('limit.ndjson'), bench.same_file('limit.ndjson', 'jobs.ndjson'), least=0.8),
              Side('sqlite3 shell, .mode json', shell, lambda: bench.fresh('shell.json'),
                   lambda: 'decimals and lists come out as text, booleans as 0 and 1'))


def row_mapping(bench):
    bench.ndjson()
    plan = bench.plan('mapping.yaml', 'ndjson:jobs.ndjson', 'ndjson:own.ndjson')
    bench.row('mapping', 'NDJSON -> first rules, 20 fields -> NDJSON, one mapping thread',
              Side('decant', [DECANT, 'run', plan, *QUIET, '--threads', '1'], lambda: bench.fresh('own.ndjson'),
                   bench.same_file('own.ndjson', 'limit.ndjson')),
              Side('mapping by hand', [tool('limit-map'), 'jobs.ndjson', 'limit.ndjson'],
                   lambda: bench.fresh('limit.ndjson'), least=0.8))


def row_verify(bench):
    bench.ndjson()
    bench.fresh('verify.db')
    measure.take([tool('limit-load'), 'tuned', 'jobs.ndjson', 'verify.db'], bench.folder)
    words = [DECANT, 'verify', 'ndjson:jobs.ndjson', 'sqlite:verify.db#jobs', '--key', 'id', '--progress', 'none']
    start = measure.take([DECANT, '--version'], bench.folder).rss_bytes
    many = min(100_000, bench.options.records)
    for name, work, more, different in (('verify', 'full verification, exact join', [], 0),
                                        ('verify-sketch', 'full verification, sketch', ['--sketch'], 0),
                                        ('verify-100k', 'full verification, 100,000 differences', [], many)):
        statuses = (3,) if different else (0,)
        if different:
            database = sqlite3.connect(bench.path('verify.db'))
            database.execute('UPDATE jobs SET salary_min = salary_min + 1 WHERE rowid <= 100000')
            database.commit()
            database.close()
        sides = bench.row(name, work,
                          Side('decant', words + more, lambda: bench.fresh('none'), statuses=statuses,
                               check=bench.finds(words + more, statuses, different)),
                          Side('both plain reads', [tool('limit-scan'), 'jobs.ndjson', 'verify.db'], most=0.8))
        peak = max(t.rss_bytes for t in sides[0].taken)
        bench.value(f'{name}-memory', 'peak above the start', (peak - start) / MIB, 'MiB', 64)


def row_memory(bench):
    """Peak memory of a run; with --large at ten times the records."""
    scales = [('', 1)] + ([('-10x', 10)] if bench.options.large else [])
    for kind, form, scheme in (('ndjson', 'ndjson', 'ndjson'), ('array', 'array', 'json')):
        peaks = []
        for ending, factor in scales:
            records = bench.options.records * factor
            source = bench.data(f'{kind}{ending}.{"json" if form == "array" else form}', '--format', form, records=records)
            bench.fresh('own.db')
            taken = measure.take([DECANT, 'copy', f'{scheme}:{source}', 'sqlite:own.db#jobs', '--key', 'id', '--progress', 'none'],
                                 bench.folder)
            peaks.append(taken.rss_bytes)
            bench.value(f'memory-{kind}{ending}', f'a run with verification, {records:,} records', taken.rss_bytes / 1e6, 'MB', 150)
            if factor > 1:
                os.remove(source)
        if len(peaks) > 1:
            bench.value(f'memory-{kind}-growth', 'ten times the records', peaks[1] / peaks[0], 'times', 1.1)
    bench.fresh('own.db')


def row_start(bench):
    """Start-up, and a run of 10 records."""
    small = bench.data('ten.ndjson', records=10)
    version = [measure.take([DECANT, '--version'], bench.folder).seconds for _ in range(21)]
    bench.value('version', 'decant --version', measure.median(version) * 1000, 'ms', 10)
    words = [DECANT, 'copy', f'ndjson:{small}', 'sqlite:ten.db#jobs', '--key', 'id', '--progress', 'none']
    cpu, again = [], []
    for _ in range(11):
        bench.fresh('ten.db')
        cpu.append(measure.take(words, bench.folder).cpu_seconds)
        again.append(measure.take(words, bench.folder).cpu_seconds)
    bench.value('ten-records', 'CPU of a run of 10 records', measure.median(cpu) * 1000, 'ms', 25)
    bench.value('ten-records-again', 'the same again', measure.median(again) * 1000, 'ms', 25)
    bench.fresh('ten.db')
    bench.value('ten-records-fsyncs', 'its fsyncs', measure.fsyncs(words, bench.folder), 'fsyncs', 16)
    bench.value('ten-records-again-fsyncs', 'the same again', measure.fsyncs(words, bench.folder), 'fsyncs', 8)


ROWS = {'load': row_load, 'load-array': row_load_array, 'load-inferred': row_load_inferred, 'existing': row_existing,
        'upsert-new': row_upsert_new, 'upsert-changed': row_upsert_changed, 'unchanged': row_unchanged,
        'export': row_export, 'mapping': row_mapping, 'verify': row_verify, 'memory': row_memory, 'start': row_start}


# ---- results ----------------------------------------------------------------------------------
def markdown(results, options):
    lines = [f'{options.records:,} records, {options.repeats} runs each in turn, medians. {measure.machine()}.', '',
             '| row | work | decant | against | its time | ratio | bound | met |', '|---|---|---|---|---|---|---|---|']
    for entry in results:
        if 'value' in entry:
            value = 'not measured' if entry['value'] is None else f'{entry["value"]:.4g} {entry["unit"]}'
            lines.append(f'| {entry["row"]} | {entry["work"]} | {value} | | | | at most {entry["most"]:g} |'
                         f' {"yes" if entry["met"] else "**no**"} |')
            continue
        for other in entry['against']:
            bound = f'at least {other["least"]:g}' if other['least'] is not None else \
                f'time at most {other["most"]:g}' if other['most'] is not None else ''
            ratio = f'{1 / other["ratio"]:.2f} of its time' if other['most'] is not None else f'{other["ratio"]:.2f} times'
            lost = f' (wrong: {other["wrong"]})' if other['wrong'] else ''
            met = {True: 'yes', False: '**no**', None: ''}[other['met']]
            if entry['decant_wrong']:
                met = f'**result wrong: {entry["decant_wrong"]}**'
            lines.append(f'| {entry["row"]} | {entry["work"]} | {entry["decant_seconds"]:.2f} s | {other["name"]}{lost} |'
                         f' {other["seconds"]:.2f} s | {ratio} | {bound} | {met} |')
    return '\n'.join(lines) + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--only')
    parser.add_argument('--records', type=int, default=1_000_000)
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--folder', help='where to work; kept (default: a temporary one)')
    parser.add_argument('--large', action='store_true')
    parser.add_argument('--list', action='store_true')
    options = parser.parse_args()
    if options.list:
        print('\n'.join(ROWS))
        return 0
    wanted = options.only.split(',') if options.only else list(ROWS)
    if unknown := [name for name in wanted if name not in ROWS]:
        print(f'unknown row: {", ".join(unknown)}; there are {", ".join(ROWS)}')
        return 2
    measure.limit_memory()
    folder = os.path.realpath(options.folder or tempfile.mkdtemp(prefix='decant-bench-'))
    os.makedirs(folder, exist_ok=True)
    bench, failed = Bench(folder, options), []
    try:
        for name in wanted:
            try:
                ROWS[name](bench)
            except RuntimeError as error:
                failed.append(name)
                print(f'{name}: FAILED: {error}', flush=True)
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    out = os.path.join(ROOT, 'build', 'bench')
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, 'results.json'), 'w', encoding='utf-8') as file:
        json.dump({'machine': measure.machine(), 'records': options.records, 'repeats': options.repeats,
                   'failed': failed, 'rows': bench.results}, file, indent=1)
    with open(os.path.join(out, 'performance.md'), 'w', encoding='utf-8') as file:
        file.write(markdown(bench.results, options))
    print('build/bench/results.json, build/bench/performance.md')
    missed = [e for e in bench.results if e.get('met') is False or e.get('decant_wrong')
              or any(o['met'] is False for o in e.get('against', []))]
    return 1 if missed or failed else 0


if __name__ == '__main__':
    sys.exit(main())
