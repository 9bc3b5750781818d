"""Every test that docs/features.md names is there."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

ROWS_MIN = 40


def read(*parts):
    with open(os.path.join(harness.ROOT, *parts), encoding='utf-8') as file:
        return file.read()


def rows():
    """(feature, [(file, name)]) of each row of the tables."""
    for line in read('docs', 'features.md').splitlines():
        cells = line.split(' | ')
        if line.startswith('| ') and len(cells) == 3 and '`' in cells[2]:
            yield cells[0][2:], re.findall(r'`([\w/.]+) ([\w./]+)`', cells[2])


class Features(unittest.TestCase):
    def test_each_row_names_tests_that_are_there(self):
        found = list(rows())
        self.assertGreaterEqual(len(found), ROWS_MIN)
        for feature, tests in found:
            with self.subTest(feature=feature):
                self.assertTrue(tests, 'no test')
                for file, name in tests:
                    text = read(*file.split('/'))
                    if file.endswith('.py'):
                        self.assertRegex(text, rf'\b(def {name}|{name})\b', f'{file} has no {name}')
                    else:
                        suite, case = name.split('.')
                        self.assertRegex(text, rf'\b{suite},\s*{case}\b', f'{file} has no {name}')


if __name__ == '__main__':
    unittest.main()
