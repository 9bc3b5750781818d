#!/usr/bin/env python3
"""What a copy and an upsert of the USAJOBS files must count, computed from the files alone.
    usajobs_expected.py FOLDER_BEFORE FOLDER_AFTER      prints one JSON object"""
import glob
import json
import os
import sys


def records(folder):
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), '*.json')), key=os.fsencode):
        with open(path, encoding='utf-8') as file:
            yield from json.load(file)


def key(record):
    return record['control_number'], record['year']


def expected(before_folder, after_folder):
    before, after = {}, {}
    read_before = read_after = 0
    for record in records(before_folder):
        read_before += 1
        before.setdefault(key(record), record)
    for record in records(after_folder):
        read_after += 1
        after.setdefault(key(record), record)
    return {
        'before': {'read': read_before, 'inserted': len(before)},
        'after': {
            'read': read_after,
            'inserted': sum(k not in before for k in after),
            'updated': sum(k in before and before[k] != r for k, r in after.items()),
            'unchanged': sum(k in before and before[k] == r for k, r in after.items()),
        },
        'extra': sum(k not in after for k in before),
    }


if __name__ == '__main__':
    print(json.dumps(expected(*sys.argv[1:3]), indent=1))
