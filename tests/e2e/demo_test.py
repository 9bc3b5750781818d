"""The demo, with fewer records, on the build that stands here."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness


class Demo(unittest.TestCase):
    def test_ends_clean(self):
        done = subprocess.run([os.path.join(harness.ROOT, 'scripts', 'demo')], capture_output=True, text=True,
                              env={**os.environ, 'DEMO_RECORDS': '20000'}, timeout=900)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-4000:])
        self.assertIn('== Done', done.stdout)


if __name__ == '__main__':
    unittest.main()
