"""Runs commands and says what they took; compares what they made."""
import hashlib
import os
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

TIME = '/usr/bin/time'
FIELDS = ('id title company location country category type work_mode status salary_min salary_max '
          'hourly_rate score featured posted_date expires_at created_at description skills source').split()


class Taken:
    def __init__(self, seconds, cpu_seconds, rss_bytes, status, output):
        self.seconds, self.cpu_seconds, self.rss_bytes = seconds, cpu_seconds, rss_bytes
        self.status, self.output = status, output


def take(words, folder, statuses=(0,)):
    """One run of a command: wall and CPU seconds and its peak of memory. GNU time stands between,
    since a child of this large process would show this one's memory as its own."""
    os.sync()
    with tempfile.TemporaryFile() as output, tempfile.NamedTemporaryFile('r') as peak:
        between = [TIME, '-q', '-f', '%M', '-o', peak.name] if os.path.exists(TIME) else []
        start = time.monotonic()
        process = subprocess.Popen([*between, *words], cwd=folder, stdout=output, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors='replace')
        rss = int(peak.read() or 0) * 1024 if between else usage.ru_maxrss * 1024
    if process.returncode not in statuses:
        raise RuntimeError(f'{" ".join(words)}: exit {process.returncode}\n{text[-2000:]}')
    return Taken(seconds, usage.ru_utime + usage.ru_stime, rss, process.returncode, text)


def fsyncs(words, folder, statuses=(0,)):
    """How many fsync and fdatasync calls a run makes; None where strace is absent."""
    if not shutil.which('strace'):
        return None
    with tempfile.NamedTemporaryFile('r') as trace:
        status = subprocess.run(['strace', '-f', '-qq', '-e', 'trace=fsync,fdatasync,sync_file_range,msync', '-o', trace.name,
                                 *words], cwd=folder, capture_output=True).returncode
        if status not in statuses:
            raise RuntimeError(f'strace {" ".join(words)}: exit {status}')
        return len(re.findall(r'\b(?:fsync|fdatasync)\(', trace.read()))


def median(values):
    return statistics.median(values)


def table_digest(path):
    """(rows, digest over the 20 fields of each row in order of the key, with their types)."""
    database = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
    digest, rows = hashlib.blake2b(digest_size=16), 0
    columns = ','.join(f'"{name}"' for name in FIELDS)
    for row in database.execute(f'SELECT {columns} FROM jobs ORDER BY id'):
        digest.update(repr(row).encode())
        rows += 1
    database.close()
    return rows, digest.hexdigest()


def indexes(path):
    """The table's indexes by their columns: two targets are the same work only with the same ones."""
    database = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
    found = []
    for _, name, unique, *_ in database.execute('PRAGMA index_list(jobs)').fetchall():
        columns = [row[2] for row in database.execute(f'PRAGMA index_info("{name}")')]
        found.append(('unique ' if unique else '') + ','.join(columns))
    database.close()
    return sorted(found)


def file_digest(path):
    digest = hashlib.blake2b(digest_size=16)
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def machine():
    model = next((line.split(':', 1)[1].strip() for line in open('/proc/cpuinfo') if line.startswith('model name')), '?')
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30)
    return f'{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {time.strftime("%Y-%m-%d")}'


def limit_memory():
    """No core files of a failed run in the middle of a session."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
