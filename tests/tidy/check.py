#!/usr/bin/env python3
"""Reads the tree and refuses what would wear it down: upward, sibling or circular includes, vendor
headers outside of their folders, files and functions past their sizes, folders named for nothing,
paths of one machine, registry hosts and secrets.

    tests/tidy/check.py [ROOT]       exit 1 and one line a finding
    tests/tidy/check.py --cases      the same, as `ok NAME` / `FAILED NAME` lines for scripts/test

exceptions.txt beside this file lists `PATH[:FUNCTION] LIMIT REASON` for the few that may be larger.
"""
import os
import re
import subprocess
import sys

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

# Left to right: a file includes from its own folder and from those of a lower number.
LAYERS = {
    'base': 0, 'model': 1, 'json': 2, 'sql': 2, 'mapping': 3, 'stores': 3, 'catalog': 3,
    'copy': 4, 'verify': 4, 'migration': 5, 'cli': 6,
}
# A public header belongs to the folder that implements it.
PUBLIC = {
    'result.h': 'base', 'events.h': 'base',
    'value.h': 'model', 'books.h': 'model', 'batch.h': 'model', 'definition.h': 'model', 'store.h': 'model',
    'engine.h': 'migration', 'plan.h': 'migration', 'report.h': 'migration',
    'run.h': 'migration', 'migration.h': 'migration', 'inspect.h': 'migration',
    'verify.h': 'migration', 'status.h': 'migration', 'quarantine.h': 'migration',
}
# A vendor's header, and the folders that may name it (in .cc files only).
VENDORS = [
    (r'sqlite3\.h', ['sql', 'stores/sqlite']),
    (r'simdjson\.h', ['json', 'stores/json']),
    (r'yaml-cpp/', ['migration', 'mapping']),
    (r'zlib\.h', ['stores/json']),
    (r'zstd\.h', ['stores/json']),
    (r'xxhash\.h', ['base']),
    (r'CLI/', ['cli']),
]
TEST_VENDORS = r'gtest/|gmock/|rapidcheck'
FOLDERS_FORBIDDEN = {'utils', 'util', 'common', 'helpers', 'helper', 'misc', 'shared', 'lib'}

HOSTS = '|'.join(['py' + 'pi', 'crat' + 'es', 'npm' + 'js', 'python' + 'hosted', 'deb\\.deb' + 'ian'])
TEXT_FORBIDDEN = [
    ('machine path', re.compile(r'(?<![\w.])/(' + 'wo' + r'rk|ro' + r'ot|fa' + r'rm|home/\w+)/')),
    ('registry host', re.compile(r'\b(' + HOSTS + r')\.(org|io|com)\b')),
    ('secret', re.compile(r'\bAKIA[0-9A-Z]{16}\b|\bASIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY'
                          r'|\bgh[pousr]_[A-Za-z0-9]{36}\b'
                          r'|aws_secret_access_key\s*[=:]\s*[A-Za-z0-9/+]{40}')),
]
CODE = ('.cc', '.h', '.c')


def tracked_files(root):
    """Git's list (with what is new and not ignored); the whole folder where there is no git."""
    if os.path.exists(os.path.join(root, '.git')):
        out = subprocess.run(['git', '-C', root, 'ls-files', '-co', '--exclude-standard', '-z'],
                             capture_output=True, check=True).stdout.decode()
        names = [n for n in out.split('\0') if n and os.path.exists(os.path.join(root, n))]
    else:
        names = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, files in os.walk(root) for name in files]
    return sorted(n for n in names if not n.startswith(('tests/tidy/fixture/', 'build/')))


def read(root, name):
    with open(os.path.join(root, name), encoding='utf-8', errors='replace') as file:
        return file.read()


def folder_of(name):
    """The layer's folder of a source file: 'stores/json', 'base', ... or None outside of the layers."""
    parts = name.split('/')
    if parts[:2] == ['include', 'decant']:
        return PUBLIC.get(parts[-1])
    if parts[0] != 'src' or len(parts) < 3:
        return None
    if parts[1] == 'stores' and len(parts) > 3:
        return 'stores/' + parts[2]
    return parts[1]


def resolve(include, files):
    for candidate in ('src/' + include, 'include/' + include):
        if candidate in files:
            return candidate
    return None


def includes_of(text):
    return [(text.count('\n', 0, m.start()) + 1, m.group(2), m.group(1) == '"')
            for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', text, re.M)]


def check_edge(name, source, target_name, target):
    """None, or what is wrong with `name` (in folder `source`) including `target_name`."""
    is_test = bool(re.search(r'_((db)?test\.cc|fixture\.h)$', name))
    if target == 'testing':
        return None if source == 'testing' or is_test else 'only tests include src/testing'
    if source == 'testing':
        if target == 'cli' and not name.endswith('_main.cc'):
            return 'src/testing includes all but the command line'
        return None
    if source not in LAYERS and source.split('/')[0] not in LAYERS:
        return f'src/{source} is not a layer; name it in tests/tidy/check.py'
    if source == target:
        return None
    a, b = source.split('/')[0], target.split('/')[0]
    if a == b:  # inside of stores: a store knows the root's files, the root's registry knows them all
        if '/' in source and '/' in target:
            return 'one store includes another'
        return None
    if LAYERS[b] == LAYERS[a]:
        return f'sideways include: {a} and {b} do not know each other'
    if LAYERS[b] > LAYERS[a]:
        return f'upward include: {a} stands left of {b}'
    return None


def check_includes(root, names):
    findings, graph, files = [], {}, set(names)
    for name in names:
        if not name.endswith(CODE) or not name.startswith(('src/', 'include/')):
            continue
        source = folder_of(name)
        if name.startswith('include/') and source is None:
            findings.append((name, 1, 'public header of no layer; name its folder in tests/tidy/check.py'))
            continue
        graph[name] = []
        for line, include, quoted in includes_of(read(root, name)):
            target_name = resolve(include, files)
            if target_name is None:
                findings += check_vendor(name, source, line, include)
                continue
            graph[name].append(target_name)
            target = folder_of(target_name)
            if target is None:
                continue
            wrong = check_edge(name, source, target_name, target)
            if wrong:
                findings.append((name, line, f'{wrong} ("{include}")'))
    return findings + find_circles(graph)


def check_vendor(name, source, line, include):
    is_test = bool(re.search(r'_((db)?test\.cc|fixture\.h)$', name)) or source == 'testing'
    if re.match(TEST_VENDORS, include):
        return [] if is_test else [(name, line, f'test header {include} outside of tests')]
    for pattern, folders in VENDORS:
        if not re.match(pattern, include):
            continue
        if not name.endswith('.cc'):
            return [(name, line, f'vendor header {include} in a header')]
        if not is_test and source not in folders:
            return [(name, line, f'vendor header {include} belongs in {", ".join(folders)}')]
    return []


def find_circles(graph):
    findings, state = [], {}

    def visit(name, path):
        state[name] = 1
        for target in graph.get(name, ()):
            if state.get(target) == 1:
                findings.append((name, 1, 'circular include: ' +
                                 ' -> '.join(path[path.index(target):] + [target])))
            elif target not in state:
                visit(target, path + [target])
        state[name] = 2

    for name in sorted(graph):
        if name not in state:
            visit(name, [name])
    return findings


def blank(match):
    return re.sub(r'[^\n]', ' ', match.group(0))


NOISE = re.compile(
    r'R"(?P<d>[^()\s\\]{0,16})\(.*?\)(?P=d)"'       # raw strings
    r'|//[^\n]*|/\*.*?\*/'                          # comments
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''  # strings, characters
    r'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.S | re.M)  # preprocessor


def functions_of(text):
    """(name, first line, lines) of each function of clang-formatted C++, lambdas inside of it included."""
    code = NOISE.sub(blank, text)
    found, stack, head_start, depth = [], [], 0, 0
    i = 0
    while i < len(code):
        c = code[i]
        if c in '([':
            depth += 1
        elif c in ')]':
            depth = max(0, depth - 1)
        elif c == '{':
            kind = 'block' if depth or any(k != 'scope' for k, *_ in stack) \
                else classify(code[head_start:i])
            if kind == 'member-init':
                i = skip_braces(code, i)
                continue
            stack.append((kind, head_start, i, depth))
            depth = 0
            if kind == 'scope':
                head_start = i + 1
        elif c == '}' and stack:
            kind, start, brace, depth = stack.pop()
            if kind == 'function':
                head = code[start:brace]
                first = start + len(head) - len(head.lstrip())
                found.append((function_name(head), code.count('\n', 0, first) + 1,
                              code.count('\n', first, i) + 1))
            if all(k == 'scope' for k, *_ in stack):
                head_start = i + 1
        elif c == ';' and depth == 0 and all(k == 'scope' for k, *_ in stack):
            head_start = i + 1
        i += 1
    return found


def skip_braces(code, i):
    level = 0
    while i < len(code):
        level += {'{': 1, '}': -1}.get(code[i], 0)
        i += 1
        if level == 0:
            break
    return i


def without_parentheses(head):
    previous = None
    while previous != head:
        previous, head = head, re.sub(r'\([^()]*\)', '\x01', head)
        head = re.sub(r'\[[^\[\]]*\]', '', head)
    return re.sub(r'alignas\s*\x01', '', head)


def classify(head):
    flat = without_parentheses(re.sub(r'operator\s*(\(\)|\[\]|[^\s\w(]+)', 'operator_', head))
    words = re.sub(r'template\s*<[^;{]*>\s*(?=struct|class|concept|union)', '', flat)
    if re.search(r'\b(namespace|extern)\b', words) and '\x01' not in words:
        return 'scope'
    if re.search(r'(^|[\s>])(class|struct|union|enum)\b', words) and '\x01\x20' not in words + ' ' \
            or re.match(r'\s*((public|private|protected)\s*:\s*)?(class|struct|union|enum)\b[^\x01]*$', words):
        return 'scope'
    if '\x01' not in flat:
        return 'block'
    if re.search(r'\x01[\w\s]*:[^:]', flat) and not head[-1].isspace():
        return 'member-init'
    if '=' in flat and '\x01' not in flat.split('=')[0] and not flat.rstrip().endswith('\x01'):
        return 'block'  # an initialised table, unless it is a lambda
    return 'function'


def function_name(head):
    flat = re.sub(r'operator\s*(\(\)|\[\]|[^\s\w(]+)', lambda m: m.group(0).replace('(', '<').replace(')', '>'),
                  head)
    match = re.search(r'([\w:~]+|operator\S+)\s*\(', flat)
    if not match:
        return '?'
    if match.group(1) in ('TEST', 'TEST_F', 'TEST_P', 'RC_GTEST_PROP'):
        inside = re.search(r'\(\s*(\w+)\s*,\s*(\w+)', flat)
        return f'{inside.group(1)}.{inside.group(2)}' if inside else match.group(1)
    return match.group(1)


def read_exceptions(root):
    exceptions, findings = {}, []
    path = 'tests/tidy/exceptions.txt'
    if not os.path.exists(os.path.join(root, path)):
        return exceptions, findings
    for number, line in enumerate(read(root, path).splitlines(), 1):
        if not line.strip() or line.startswith('#'):
            continue
        parts = line.split(None, 2)
        if len(parts) < 3 or not parts[1].isdigit():
            findings.append((path, number, 'not `PATH[:FUNCTION] LIMIT REASON`'))
            continue
        exceptions[parts[0]] = [int(parts[1]), number, False]
    return exceptions, findings


def check_sizes(root, names):
    exceptions, findings = read_exceptions(root)

    def within(key, size, limit):
        if size <= limit:
            return True
        entry = exceptions.get(key)
        if entry:
            entry[2] = True
        return bool(entry) and size <= entry[0]

    for name in names:
        if not name.endswith(('.cc', '.h', '.c', '.py')) and not name.startswith('scripts/'):
            continue
        text = read(root, name)
        lines = text.count('\n')
        if not within(name, lines, FILE_LINES_MAX):
            findings.append((name, 1, f'{lines} lines; at most {FILE_LINES_MAX}'))
        if name.endswith(CODE):
            for function, line, size in functions_of(text):
                if not within(f'{name}:{function}', size, FUNCTION_LINES_MAX):
                    findings.append((name, line, f'{function} has {size} lines; at most {FUNCTION_LINES_MAX}'))
    for key, (_, number, used) in exceptions.items():
        if not used:
            findings.append(('tests/tidy/exceptions.txt', number, f'{key} is not larger than the limit; remove it'))
    return findings


def check_names(_, names):
    findings, seen = [], set()
    for name in names:
        for folder in name.split('/')[:-1]:
            if folder.lower() in FOLDERS_FORBIDDEN and (folder, name) not in seen:
                seen.add((folder, name))
                findings.append((name, 1, f'a folder named {folder} says nothing'))
    return findings


def check_text(root, names):
    findings = []
    for name in names:
        if os.path.getsize(os.path.join(root, name)) > 4 << 20:
            findings.append((name, 1, 'larger than 4 MiB; large data stays outside of the tree'))
            continue
        for number, line in enumerate(read(root, name).splitlines(), 1):
            for what, pattern in TEXT_FORBIDDEN:
                match = pattern.search(line)
                if match:
                    findings.append((name, number, f'{what}: {match.group(0)}'))
    return findings


CHECKS = [('includes', check_includes), ('sizes', check_sizes), ('folder names', check_names),
          ('text', check_text)]


def main(arguments):
    cases = '--cases' in arguments
    roots = [a for a in arguments if not a.startswith('--')]
    root = roots[0] if roots else os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    names = tracked_files(root)
    failed = False
    for title, check in CHECKS:
        findings = check(root, names)
        for name, line, what in findings:
            print(f'{name}:{line}: {what}')
        failed = failed or bool(findings)
        if cases:
            print(('FAILED' if findings else 'ok') + f' tidy: {title}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
