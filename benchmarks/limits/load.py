#!/usr/bin/env python3
"""Peer: the tuned Python script: json, sqlite3, executemany, one transaction each 100,000 records,
indexes last.    load.py SOURCE.ndjson TARGET.db"""
import itertools
import json
import sqlite3
import sys

NAMES = ('id title company location country category type work_mode status salary_min salary_max '
         'hourly_rate score featured posted_date expires_at created_at description skills source').split()
TYPES = {'salary_min': 'INTEGER', 'salary_max': 'INTEGER', 'hourly_rate': 'DECIMAL_TEXT',
         'score': 'DECIMAL_TEXT', 'featured': 'BOOLEAN', 'skills': 'JSON_TEXT'}


def row(line):
    job = json.loads(line, parse_float=str)
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
    with open(sys.argv[1], 'rb') as source:
        while True:
            rows = [row(line) for line in itertools.islice(source, 100_000)]
            if not rows:
                break
            database.execute('BEGIN')
            database.executemany(insert, rows)
            database.execute('COMMIT')
            count += len(rows)
    database.executescript('CREATE UNIQUE INDEX jobs_key ON jobs(id);'
                           'CREATE INDEX jobs_category ON jobs(category, posted_date);'
                           'CREATE INDEX jobs_company ON jobs(company);')
    print(count)


main()
