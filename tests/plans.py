"""The three plans of the kill test and of the I/O fault test, each with its sources and target."""
import csv
import json
import os

import harness


class Plan:
    """Fills a folder; `target` is the file that must be the same in the end."""

    def __init__(self, name, target, fill, arguments, tool='decant'):
        self.name, self.target, self.fill, self.arguments, self.tool = name, target, fill, arguments, tool


FRESH = """decant: 1
migration: fresh
source: ndjson:jobs.ndjson
target: sqlite:jobs.db#jobs
key: [id]
map:
  id: id
  job_title: {from: title, null_if: Chef de partie}
  status: {from: status, values: {active: open, paused: hold, closed: closed, draft: draft}}
  score: {from: score, default: 0}
  entity: {const: JOB}
rest: keep
policies: {duplicates: first}
"""

EXISTING = """decant: 1
migration: existing
source: 'json:part-*.json'
target: sqlite:jobs.db#jobs
key: [id]
rest: keep
policies: {on_conflict: upsert}
"""

EXPORT = """decant: 1
migration: export
source: sqlite:jobs.db#jobs
target: ndjson:jobs.ndjson.gz
key: [id]
rest: keep
"""

COLUMNS = ('id', 'title', 'company', 'salary_min', 'featured', 'skills', 'source')
TYPES = {'id': 'TEXT PRIMARY KEY NOT NULL', 'salary_min': 'INTEGER', 'featured': 'BOOLEAN', 'skills': 'JSON_TEXT'}


def some_fields(record):
    return {name: record[name] for name in COLUMNS if name in record}


def generated(folder, records, *more):
    path = harness.generate(os.path.join(folder, 'generated.ndjson'), '--records', records, *more)
    with open(path, encoding='utf-8') as file:
        result = [json.loads(line) for line in file]
    os.remove(path)
    return result


def fill_fresh(folder, records):
    harness.generate(os.path.join(folder, 'jobs.ndjson'), '--records', records, '--optional', '--dirty', max(3, records // 40))
    write(folder, FRESH)


def write(folder, plan):
    with open(os.path.join(folder, 'plan.yaml'), 'w', encoding='utf-8') as file:
        file.write(plan)


def make_table(folder, rows):
    import sqlite3
    database = sqlite3.connect(os.path.join(folder, 'jobs.db'))
    columns = ', '.join(f'"{name}" {TYPES.get(name, "TEXT")}' for name in COLUMNS)
    database.executescript(
        f'CREATE TABLE jobs({columns}); CREATE INDEX jobs_company ON jobs(company);'
        'CREATE TABLE applications(id INTEGER PRIMARY KEY, job_id TEXT REFERENCES jobs(id) ON DELETE CASCADE);')
    values = [[json.dumps(v, ensure_ascii=False, separators=(',', ':')) if isinstance(v, list) else v
               for v in (row.get(name) for name in COLUMNS)] for row in rows]
    database.executemany(f'INSERT INTO jobs VALUES({",".join("?" * len(COLUMNS))})', values)
    database.executemany('INSERT INTO applications(job_id) VALUES(?)', [(row['id'],) for row in rows[::3]])
    database.commit()
    database.close()


def fill_existing(folder, records):
    """Two array files over a table that holds half of their keys, a quarter of them with other content."""
    before = generated(folder, records // 4) + generated(folder, records // 4, '--first', records // 4, '--changed')
    make_table(folder, [some_fields(r) for r in before])
    new = [some_fields(r) for r in generated(folder, records, '--optional')]
    half = len(new) // 2
    for name, part in (('part-1.json', new[:half]), ('part-2.json', new[half:])):
        with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
            json.dump(part, file, ensure_ascii=False)
    write(folder, EXISTING)


def fill_csv(folder, records):
    """The same table, filled from CSV."""
    make_table(folder, [some_fields(r) for r in generated(folder, records // 2, '--changed')])
    with open(os.path.join(folder, 'jobs.csv'), 'w', encoding='utf-8', newline='') as file:
        writer = csv.DictWriter(file, ('id', 'title', 'company', 'salary_min'), lineterminator='\r\n')
        writer.writeheader()
        for record in generated(folder, records):
            writer.writerow({name: record[name] for name in writer.fieldnames})
    write(folder, EXISTING.replace("'json:part-*.json'", 'csv:jobs.csv'))


def fill_export(folder, records):
    make_table(folder, [some_fields(r) for r in generated(folder, records, '--optional')])
    write(folder, EXPORT)


def fill_testing(folder, records):
    fill_fresh(folder, records)
    write(folder, FRESH.replace('sqlite:jobs.db#jobs', 'testing:jobs.testing#jobs'))


RUN = ('run', 'plan.yaml', '--progress', 'none')
PLANS = [
    Plan('ndjson-to-new-sqlite', 'jobs.db', fill_fresh, RUN),
    Plan('array-over-existing-sqlite', 'jobs.db', fill_existing, RUN),
    Plan('sqlite-to-ndjson-gz', 'jobs.ndjson.gz', fill_export, RUN),
]
CSV_PLAN = Plan('csv-over-existing-sqlite', 'jobs.db', fill_csv, RUN)
TESTING_PLAN = Plan('ndjson-to-testing-store', 'jobs.testing', fill_testing, RUN, 'decant-testing')
