"""Chinook: one data set as JSON and as SQLite is equal under a plan, and every planted difference is named."""
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

COUNTS = {'Genre': 25, 'MediaType': 5, 'Artist': 275, 'Album': 347, 'Track': 3503, 'Employee': 8, 'Customer': 59,
          'Invoice': 412, 'InvoiceLine': 2240, 'Playlist': 18, 'PlaylistTrack': 8715}

# What is planted, the collection, the kind of difference and the field that must be named.
PLANTED = [
    ("UPDATE Track SET Milliseconds = Milliseconds + 1 WHERE TrackId = 17", 'Track', 'different', 'Milliseconds'),
    ("UPDATE Track SET Composer = '' WHERE TrackId = 63", 'Track', 'different', 'Composer'),
    ("UPDATE Artist SET Name = Name || ' ' WHERE ArtistId = 3", 'Artist', 'different', 'Name'),
    ("UPDATE Invoice SET Total = Total + 0.01 WHERE InvoiceId = 5", 'Invoice', 'different', 'Total'),
    ("UPDATE Invoice SET InvoiceDate = '2021-01-01 00:00:01' WHERE InvoiceId = 1", 'Invoice', 'different', 'InvoiceDate'),
    ("UPDATE Customer SET Fax = NULL WHERE CustomerId = 1", 'Customer', 'different', 'Fax'),
    ("UPDATE Employee SET HireDate = NULL WHERE EmployeeId = 2", 'Employee', 'different', 'HireDate'),
    ("DELETE FROM PlaylistTrack WHERE PlaylistId = 1 AND TrackId = 3402", 'PlaylistTrack', 'missing', None),
    ("INSERT INTO Genre VALUES (26, 'Silence')", 'Genre', 'extra', None),
    ("UPDATE MediaType SET MediaTypeId = 6 WHERE MediaTypeId = 5", 'MediaType', 'missing', None),
    ("UPDATE Album SET Title = CASE AlbumId WHEN 1 THEN 'Balls to the Wall' ELSE "
     "'For Those About To Rock We Salute You' END WHERE AlbumId IN (1, 2)", 'Album', 'different', 'Title'),
    ("UPDATE Playlist SET Name = CAST('7' AS INTEGER) WHERE PlaylistId = 2", 'Playlist', 'different', 'Name'),
    ("UPDATE InvoiceLine SET Quantity = 2 WHERE InvoiceLineId = 2240", 'InvoiceLine', 'different', 'Quantity'),
]


class Chinook(unittest.TestCase):
    def setUp(self):
        self.place = harness.Workspace()
        self.addCleanup(self.place.__exit__)
        shutil.copy(harness.shared_data('chinook', 'ChinookData.json'), self.place.path('ChinookData.json'))
        shutil.copyfile(harness.shared_data('chinook', 'Chinook_Sqlite.sqlite'), self.place.path('Chinook.sqlite'))
        shutil.copy(os.path.join(harness.ROOT, 'tests', 'e2e', 'chinook.yaml'), self.place.path('plan.yaml'))

    def verify(self, *more):
        return self.place.decant('verify', 'plan.yaml', '--progress', 'none', *more)

    def test_json_and_sqlite_are_equal_under_the_plan(self):
        for mode in ((), ('--sketch',)):
            outcome = self.verify(*mode)
            self.assertEqual(outcome.exit, 0, outcome)
            verify = outcome.report['verify']
            self.assertEqual([verify[n] for n in ('missing', 'extra', 'different', 'excluded')], [0, 0, 0, 0])
            self.assertEqual(verify['compared'], sum(COUNTS.values()))
            self.assertEqual(set(outcome.report['collections']), set(COUNTS))

    def test_every_planted_difference_is_named(self):
        for statement, *_ in PLANTED:
            self.place.sql('Chinook.sqlite', 'PRAGMA foreign_keys=OFF;' + statement)
        for mode in ((), ('--sketch',)):
            outcome = self.verify(*mode)
            self.assertEqual(outcome.exit, 3, outcome)
            found = {(d.get('collection'), d['difference'], f['name'] if f else None)
                     for d in outcome.report['differences'] for f in (d.get('fields') or [None])}
            for statement, collection, kind, field in PLANTED:
                hits = [f for f in found if f[0] == collection and f[1] == kind and field in (None, f[2])]
                self.assertTrue(hits, f'{statement} was not named; named: {sorted(map(str, found))}')
            # missing: the playlist's track and media type 5; extra: genre 26 and media type 6;
            # different: ten statements change a record each, one of them two.
            verify = outcome.report['verify']
            self.assertEqual([verify[n] for n in ('missing', 'extra', 'different')], [2, 2, 11], verify)

    def test_repair_brings_back_what_was_lost(self):
        self.place.sql('Chinook.sqlite', "UPDATE Track SET Milliseconds = 1 WHERE TrackId = 17;"
                                         "DELETE FROM PlaylistTrack WHERE PlaylistId = 1 AND TrackId = 3402;")
        outcome = self.place.decant('repair', 'plan.yaml', '--progress', 'none')
        self.assertEqual(outcome.exit, 0, outcome)
        self.assertEqual(self.verify().exit, 0)


if __name__ == '__main__':
    unittest.main()
