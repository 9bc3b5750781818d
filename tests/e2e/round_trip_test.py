"""JSON -> SQLite -> JSON comes back canonically equal."""
import gzip
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

ODD = [
    {'id': 1, 'a': None, 'b': '', 'c': [], 'd': {}, 'e': 0, 'f': False},
    {'id': 2},
    {'id': 3, 'a': 'text', 'b': ' ', 'c': [1, 'two', None, [3]], 'd': {'x': {'y': None}}, 'e': -1, 'f': True},
    {'id': 4, 'unicode': 'Zürich \u2028 \U0001f600 e\u0301', 'quote': '"\\/\b\f\n\r\t\u0001'},
    {'id': 5, 'mixed': 1}, {'id': 6, 'mixed': '1'}, {'id': 7, 'mixed': True}, {'id': 8, 'mixed': None},
]
NUMBERS = ('{"id":10,"n":12345678901234567890123456789012345678901234567890}\n{"id":11,"n":0.1}\n{"id":12,"n":1.0}\n'
           '{"id":13,"n":-0}\n{"id":14,"n":1e400}\n{"id":15,"n":9007199254740993}\n{"id":16,"n":1e0}\n')


def canonical(text):
    """Lines by id, numbers by their value as text, keys sorted."""
    def number(literal):
        from decimal import Decimal
        value = Decimal(literal).normalize()
        return f'#{value + 0 if value else 0}'
    records = [json.loads(line, parse_int=number, parse_float=number) for line in text.split('\n') if line.strip()]
    return sorted(json.dumps(r, sort_keys=True) for r in records)


class RoundTrip(unittest.TestCase):
    def there_and_back(self, place, source, key='id'):
        there = place.decant('copy', source, 'sqlite:t.db#t', '--key', key, '--progress', 'none')
        self.assertEqual(there.exit, 0, there)
        back = place.decant('copy', 'sqlite:t.db#t', 'ndjson:back.ndjson', '--progress', 'none')
        self.assertEqual(back.exit, 0, back)
        with open(place.path('back.ndjson'), encoding='utf-8') as file:
            return canonical(file.read())

    def test_absent_null_empty_and_mixed_types(self):
        with harness.Workspace() as place:
            place.write_records('in.ndjson', ODD)
            with open(place.path('in.ndjson'), encoding='utf-8') as file:
                self.assertEqual(self.there_and_back(place, 'ndjson:in.ndjson'), canonical(file.read()))

    def test_numbers_keep_what_the_text_said(self):
        with harness.Workspace() as place:
            place.write('in.ndjson', NUMBERS)
            self.assertEqual(self.there_and_back(place, 'ndjson:in.ndjson'), canonical(NUMBERS))

    def test_the_naughty_strings_as_values_and_keys(self):
        with open(harness.shared_data('naughty-strings', 'blns.json'), encoding='utf-8') as file:
            strings = json.load(file)
        records = [{'id': f'{n}:{s}', 'value': s, 'list': [s], 'map': {s: n}} for n, s in enumerate(strings)]
        with harness.Workspace() as place:
            place.write_records('in.ndjson', records)
            with open(place.path('in.ndjson'), encoding='utf-8') as file:
                self.assertEqual(self.there_and_back(place, 'ndjson:in.ndjson'), canonical(file.read()))

    def test_each_naughty_string_as_a_key_by_itself(self):
        with open(harness.shared_data('naughty-strings', 'blns.json'), encoding='utf-8') as file:
            strings = sorted(set(json.load(file)))
        with harness.Workspace() as place:
            place.write_records('in.ndjson', [{'id': s, 'n': n} for n, s in enumerate(strings)])
            with open(place.path('in.ndjson'), encoding='utf-8') as file:
                self.assertEqual(self.there_and_back(place, 'ndjson:in.ndjson'), canonical(file.read()))
            place.write_records('in.ndjson', [{'id': s, 'n': -n - 1} for n, s in enumerate(strings)])
            for target in ('sqlite:keys.db#t', 'ndjson:keys.ndjson', 'csv:keys.csv'):
                for policy, name in (('insert', 'inserted'), ('upsert', 'unchanged')):
                    outcome = place.decant('copy', 'ndjson:in.ndjson', target, '--key', 'id',
                                           '--on-conflict', policy, '--progress', 'none')
                    self.assertEqual(outcome.exit, 0, outcome)
                    self.assertEqual(outcome.report['books'][name], len(strings), outcome)

    def test_the_naughty_strings_as_field_names(self):
        """All that are a name to SQLite at once; the others are refused by name, and renamed as the message says."""
        with open(harness.shared_data('naughty-strings', 'blns.json'), encoding='utf-8') as file:
            strings = sorted(set(json.load(file)))
        names, refused = {}, []
        for text in strings:
            folded = ''.join(c.lower() if c.isascii() else c for c in text)
            if not text or folded in names:
                refused.append((text, names.get(folded)))
            else:
                names[folded] = text
        with harness.Workspace() as place:
            record = {'id': 'a', **{name: n for n, name in enumerate(names.values())}}
            place.write_records('in.ndjson', [record])
            self.assertEqual(self.there_and_back(place, 'ndjson:in.ndjson'), canonical(json.dumps(record)))
        self.assertIn('', dict(refused))
        for text, like in refused:
            with self.subTest(name=text), harness.Workspace() as place:
                place.write_records('in.ndjson', [{'id': 'a', **({like: 1} if like else {}), text: 2}])
                outcome = place.decant('copy', 'ndjson:in.ndjson', 'sqlite:t.db#t', '--key', 'id')
                self.assertEqual(outcome.exit, 2, outcome)
                self.assertIn(f'rename: {{t.{text}: ANOTHER_NAME}}', outcome.err)
                place.write('plan.yaml', 'decant: 1\nmigration: m\nsource: ndjson:in.ndjson\ntarget: sqlite:t.db#t\n'
                            f'rename: {{t.{text}: renamed}}\nkey: [id]\n')
                outcome = place.decant('run', 'plan.yaml')
                self.assertEqual(outcome.exit, 0, outcome)
                self.assertEqual(place.query('t.db', 'SELECT renamed FROM t'), [(2,)])

    def test_real_announcements(self):
        folder = harness.shared_data('usajobs', '2026-03-02')
        expected = ''
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                expected += ''.join(json.dumps(r) + '\n' for r in json.load(file))
        with harness.Workspace() as place:
            self.assertEqual(self.there_and_back(place, f'json:{folder}/*.json', 'control_number,year'),
                             canonical(expected))

    def test_a_database_comes_back_from_a_folder_with_its_definitions(self):
        with harness.Workspace() as place:
            place.sql('a.db', '''
                CREATE TABLE team(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
                CREATE TABLE member(code TEXT NOT NULL, team INTEGER REFERENCES team(id), since DATE, pay REAL,
                                    photo BLOB, notes JSON_TEXT, CHECK (pay >= 0), PRIMARY KEY (code)) WITHOUT ROWID;
                CREATE INDEX member_team ON member(team, since DESC);
                INSERT INTO team VALUES (1, 'blue'), (2, 'red');
                INSERT INTO member VALUES ('a', 1, '2024-01-31', 0.1, NULL, '{"x":[1,null]}'), ('b', NULL, NULL, NULL, NULL, NULL);''')
            for source, target in (('sqlite:a.db', 'json:out/'), ('json:out/', 'json:again/'), ('json:again/', 'sqlite:b.db')):
                outcome = place.decant('copy', source, target, '--progress', 'none')
                self.assertEqual(outcome.exit, 0, outcome)
            outcome = place.decant('verify', 'sqlite:a.db', 'sqlite:b.db')
            self.assertEqual((outcome.exit, outcome.report['verify']['compared']), (0, 4), outcome)
            for pragma in ("index_list('member')", "foreign_key_list('member')", "index_list('team')"):
                self.assertEqual(len(place.query('a.db', f'PRAGMA {pragma}')), len(place.query('b.db', f'PRAGMA {pragma}')), pragma)
            self.assertIn('WITHOUT ROWID', place.query('b.db', "SELECT sql FROM sqlite_master WHERE name = 'member'")[0][0])

    def test_an_empty_source_makes_an_empty_collection(self):
        for target in ('sqlite:t.db#t', 'ndjson:t.ndjson', 'json:t.json'):
            with self.subTest(target=target), harness.Workspace() as place:
                place.write('in.ndjson', '')
                for _ in range(2):
                    outcome = place.decant('copy', 'ndjson:in.ndjson', target, '--key', 'id', '--progress', 'none')
                    self.assertEqual(outcome.exit, 0, outcome)
                    self.assertEqual(outcome.books()['read'], 0, outcome)

    def test_every_input_form_gives_the_same_table(self):
        lines = ''.join(json.dumps(r) + '\n' for r in ODD[:4])
        forms = {
            'ndjson:a.ndjson': lines,
            'json:a.json': json.dumps(ODD[:4]),
            'json:pages.json': json.dumps([ODD[:2], ODD[2:4]]),
            'json:inside.json#/data/items': json.dumps({'data': {'items': ODD[:4]}, 'next': None}),
            'ndjson:a.ndjson.gz': gzip.compress(lines.encode()),
        }
        dumps = []
        for address, content in forms.items():
            with harness.Workspace() as place:
                place.write(address.split(':')[1].split('#')[0], content)
                dumps.append((address, self.there_and_back(place, address)))
        for address, records in dumps:
            self.assertEqual(records, dumps[0][1], address)


if __name__ == '__main__':
    unittest.main()
