#!/usr/bin/env python3
"""Peer: the tuned Python script: json, sqlite3, executemany, one transaction each 100,000 records,
indexes last.    load.py SOURCE TARGET.db"""
import itertools
import json
import sqlite3
import sys

NAMES = ('id title company location country category type work_mode status salary_min salary_max '
         'hourly_rate score featured posted_date expires_at created_at description skills source').split()
TYPES = {'salary_min': 'INTEGER', 'salary_max': 'INTEGER', 'hourly_rate': 'DECIMAL_TEXT',
         'score': 'DECIMAL_TEXT', 'featured': 'BOOLEAN', 'skills': 'JSON_TEXT'}


def rows_of(path):
    with open(path, 'rb') as source:
        if source.read(1) == b'[':
            source.seek(0)
            yield from json.load(source, parse_float=str)
            return
        source.seek(0)
        for line in source:
            yield json.loads(line, parse_float=str)


def row(job):
    job['skills'] = json.dumps(job['skills'], separators=(',', ':'), ensure_ascii=False)
    return [job.get(name) for name in NAMES]


def main():
    database = sqlite3.connect(sys.argv[2], isolation_level=None)
    database.executescript('PRAGMA page_size=16384; PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL;'
                           'PRAGMA threads=2; PRAGMA cache_size=-4096;')
    columns = ','.join(f'"{n}" {TYPES.get(n, "TEXT")}' + (' NOT NULL' if n == 'id' else '') for n in NAMES)
    database.execute(f'CREATE TABLE jobs({columns})')
    insert = f'INSERT INTO jobs VALUES({",".join("?" * len(NAMES))})'
    count = 0
    jobs = map(row, rows_of(sys.argv[1]))
    while rows := list(itertools.islice(jobs, 100_000)):
        database.execute('BEGIN')
        database.executemany(insert, rows)
        database.execute('COMMIT')
        count += len(rows)
    database.executescript('CREATE UNIQUE INDEX jobs_key ON jobs(id);'
                           'CREATE INDEX jobs_category ON jobs(category, posted_date);'
                           'CREATE INDEX jobs_company ON jobs(company);')
    print(count)


main()
