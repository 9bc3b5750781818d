#!/usr/bin/env python3
"""The tidy test's own test: a small tree for each violation, which must be found, and a clean one."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check


def findings_in(files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(name)), exist_ok=True)
            with open(os.path.join(root, name), 'w', encoding='utf-8') as file:
                file.write(text)
        names = check.tracked_files(root)
        return [f'{name}:{line}: {what}' for _, run in check.CHECKS for name, line, what in run(root, names)]


LONG_FUNCTION = 'int f(int a) {\n' + '  ++a;\n' * 75 + '  return a;\n}\n'


class Tidy(unittest.TestCase):
    def refuses(self, files, *parts):
        found = findings_in(files)
        self.assertTrue(any(all(p in line for p in parts) for line in found), found)

    def accepts(self, files):
        self.assertEqual(findings_in(files), [])

    def test_accepts_a_clean_tree(self):
        self.accepts({'include/decant/result.h': '#pragma once\n', 'src/base/a.h': '#include "decant/result.h"\n',
                      'src/model/b.cc': '#include "base/a.h"\n#include <vector>\n',
                      'src/stores/registry.cc': '#include "stores/json/x.h"\n', 'src/stores/json/x.h': '',
                      'src/sql/c.cc': '#include <sqlite3.h>\n', 'src/sql/c_test.cc': '#include <gtest/gtest.h>\n'})

    def test_refuses_an_upward_include(self):
        self.refuses({'src/base/a.cc': '#include "model/b.h"\n', 'src/model/b.h': ''}, 'base/a.cc:1', 'upward')

    def test_refuses_an_upward_include_of_a_public_header(self):
        self.refuses({'src/base/a.cc': '#include "decant/value.h"\n', 'include/decant/value.h': ''}, 'upward')

    def test_refuses_a_sibling_include(self):
        self.refuses({'src/mapping/a.cc': '#include "stores/b.h"\n', 'src/stores/b.h': ''}, 'sideways')

    def test_refuses_one_store_in_another(self):
        self.refuses({'src/stores/json/a.cc': '#include "stores/sqlite/b.h"\n', 'src/stores/sqlite/b.h': ''},
                     'one store includes another')

    def test_refuses_a_circle(self):
        self.refuses({'src/base/a.h': '#include "base/b.h"\n', 'src/base/b.h': '#include "base/a.h"\n'}, 'circular')

    def test_refuses_a_vendor_header_in_a_header(self):
        self.refuses({'src/sql/a.h': '#include <sqlite3.h>\n'}, 'in a header')

    def test_refuses_a_vendor_header_outside_of_its_folder(self):
        self.refuses({'src/copy/a.cc': '#include <sqlite3.h>\n'}, 'belongs in')

    def test_refuses_testing_code_in_the_program(self):
        self.refuses({'src/copy/a.cc': '#include "testing/fake.h"\n', 'src/testing/fake.h': ''}, 'only tests')

    def test_refuses_an_unknown_layer_and_public_header(self):
        self.refuses({'src/extra/a.cc': '#include "base/b.h"\n', 'src/base/b.h': ''}, 'not a layer')
        self.refuses({'include/decant/odd.h': ''}, 'public header of no layer')

    def test_refuses_a_long_file(self):
        self.refuses({'src/base/a.cc': '\n' * 501}, '501 lines')

    def test_refuses_a_long_function(self):
        self.refuses({'src/base/a.cc': 'namespace x {\n' + LONG_FUNCTION + '}\n'}, 'a.cc:2', 'f has 78 lines')

    def test_refuses_long_functions_in_their_disguises(self):
        body = '  x();\n' * 80
        for head in ('Foo::Foo(int a)\n    : a_{a}, b_(1) {\n', 'bool operator==(A a, A b) {\n',
                     'TEST(Name, DoesIt) {\n', 'template <class T>\nauto g(T t) -> decltype(t.x()) {\n',
                     'class A {\n public:\n  int f() const override {\n', 'struct A f() {\n',
                     'static const auto f = [](int a) {\n'):
            end = '}\n};\n' if 'class A {' in head else ('};\n' if 'static' in head else '}\n')
            self.refuses({'src/base/a.cc': 'namespace {\n' + head + body + end + '}\n'}, 'lines; at most 70')

    def test_accepts_a_long_table_and_a_class_of_short_functions(self):
        table = 'constexpr A kTable[] = {\n' + '    {1, f(2)},\n' * 100 + '};\n'
        members = 'class B : public A {\n' + '  int f() { return 1; }\n' * 100 + '};\n'
        self.accepts({'src/base/a.cc': 'namespace {\n' + table + members + '}\n'})

    def test_ignores_braces_in_text_and_comments(self):
        self.accepts({'src/base/a.cc': 'int f() {\n  g("{", \'{\', R"x({)x");  // {\n}\n' + 'int g() {\n}\n' * 80})

    def test_an_exception_allows_with_a_reason_and_expires(self):
        files = {'src/base/a.cc': LONG_FUNCTION, 'tests/tidy/exceptions.txt': 'src/base/a.cc:f 90 one table\n'}
        self.accepts(files)
        self.refuses({**files, 'src/base/a.cc': 'int f() { return 1; }\n'}, 'remove it')
        self.refuses({**files, 'tests/tidy/exceptions.txt': 'src/base/a.cc:f 90\n'}, 'REASON')
        self.refuses({**files, 'tests/tidy/exceptions.txt': 'src/base/a.cc:f 75 too small\n'}, 'f has 78')

    def test_refuses_a_folder_that_says_nothing(self):
        self.refuses({'src/utils/a.txt': ''}, 'folder named utils')

    def test_refuses_paths_hosts_and_secrets(self):
        self.refuses({'docs/a.md': 'see /wo' + 'rk/x\n'}, 'machine path')
        self.refuses({'docs/a.md': 'from py' + 'pi.org\n'}, 'registry host')
        self.refuses({'docs/a.md': 'AK' + 'IA' + 'ABCDEFGHIJKLMNOP\n'}, 'secret')


if __name__ == '__main__':
    unittest.main()
