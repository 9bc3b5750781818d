"""docs/reference is what the program says, and the documents name nothing that is not there."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

PAGES = {'commands.md': 'reference-commands', 'plan.md': 'reference-plan'}
DOCUMENTS = ['README.md', 'CHANGELOG.md', 'LICENSE', 'docs/architecture.md', 'docs/formats.md', 'docs/features.md',
             'docs/performance.md', 'docs/testing.md']


def said(*words):
    return subprocess.run([harness.program(), *words], capture_output=True, text=True, check=True).stdout


class Reference(unittest.TestCase):
    def test_the_generated_pages_are_current(self):
        for page, topic in PAGES.items():
            with self.subTest(page=page), open(os.path.join(harness.ROOT, 'docs', 'reference', page), encoding='utf-8') as file:
                self.assertEqual(file.read(), said('help', topic), f'run scripts/reference to write docs/reference/{page} anew')

    def test_every_document_is_there(self):
        for name in DOCUMENTS:
            with self.subTest(name=name):
                self.assertTrue(os.path.exists(os.path.join(harness.ROOT, name)))

    def documents(self):
        for folder in ('.', 'docs'):
            for name in sorted(os.listdir(os.path.join(harness.ROOT, folder))):
                if name.endswith('.md'):
                    path = os.path.join(harness.ROOT, folder, name)
                    with open(path, encoding='utf-8') as file:
                        yield os.path.normpath(os.path.join(folder, name)), file.read()

    def test_links_and_paths_lead_somewhere(self):
        for name, text in self.documents():
            for target in re.findall(r'\]\(([^)#:\s]+)(?:#[^)]*)?\)', text):
                with self.subTest(document=name, link=target):
                    self.assertTrue(os.path.exists(os.path.join(harness.ROOT, os.path.dirname(name), target)))
            for path in re.findall(r'`((?:scripts|src|tests|docs|examples|benchmarks|fuzz|cmake|include)/[\w./-]+)`', text):
                with self.subTest(document=name, path=path):
                    self.assertTrue(os.path.exists(os.path.join(harness.ROOT, path)))

    def test_options_that_the_documents_name_are_known(self):
        known = set(re.findall(r'--[a-z][a-z-]+', said('help', 'reference-commands'))) | {'--version', '--help'}
        for name, text in self.documents():
            for line in re.findall(r'^\s*(?:\$ )?(?:build/release/)?decant (?!help)[^\n`]*', text, re.M):
                for option in re.findall(r'(?<=\s)--[a-z][a-z-]+', line):
                    with self.subTest(document=name, line=line.strip()):
                        self.assertIn(option, known)


if __name__ == '__main__':
    unittest.main()
