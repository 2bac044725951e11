#!/usr/bin/env python3
"""Describe the columns of a CSV, TSV or JSON-lines file. Needs nothing but Python; changes nothing.

    profile.py FILE [--rows N]
"""

import argparse
import csv
import io
import json
import statistics
import sys
from collections import Counter
from pathlib import Path

MISSING = {"", "-", "--", "n/a", "na", "nan", "null", "none", "#n/a", "?"}
DATES = "0123456789-/.:T Z+"


def rows_of(path, limit):
    """Header and rows; a JSON line is a row with its keys as header."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = text.splitlines()
    if text.lstrip().startswith("{"):
        records = [json.loads(line) for line in lines[:limit] if line.strip()]
        header = list(dict.fromkeys(key for record in records for key in record))
        return header, [[str(record.get(key, "")) for key in header] for record in records]
    separator = max(",;\t|", key=(lines or [""])[0].count)
    print(f"separator: {separator!r}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = next(reader, [])
    return header, [row for _, row in zip(range(limit), reader)]


def number(text):
    """The value, whether it is written 1,234.5 or 1.234,5; None for what is no number."""
    plain = text.strip().replace("\u00a0", "").replace(" ", "").rstrip("%€$£")
    if "," in plain and "." in plain:
        decimal = max(",.", key=plain.rfind)
        plain = plain.replace("." if decimal == "," else ",", "").replace(",", ".")
    elif plain.count(",") == 1 and len(plain.partition(",")[2]) != 3:
        plain = plain.replace(",", ".")
    else:
        plain = plain.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return None


def looks_like_date(text):
    return sum(char.isdigit() for char in text) >= 6 and all(char in DATES for char in text) and any(
        char in "-/.:" for char in text
    )


def describe(name, values):
    present = [value.strip() for value in values if value.strip().lower() not in MISSING]
    print(f"\n{name or '(no name)'}: {len(present)} of {len(values)} present, {len(set(present))} distinct")
    if not present:
        return
    numbers = [(value, number(value)) for value in present]
    good = [value for _, value in numbers if value is not None]
    if sum(map(looks_like_date, present)) > 0.9 * len(present):
        print(f"  dates: first {min(present)}, last {max(present)} (as text)")
    elif len(good) > 0.9 * len(present):
        odd = [text for text, value in numbers if value is None]
        print(
            f"  numbers: least {min(good):g}, largest {max(good):g}, mean {statistics.fmean(good):g}, "
            f"median {statistics.median(good):g}, sum {sum(good):g}"
        )
        if odd:
            print(f"  not numbers: {', '.join(sorted(set(odd))[:5])}")
    else:
        common = Counter(present).most_common(5)
        print("  " + ", ".join(f"{text[:40]!r} x {count}" for text, count in common))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000, help="most rows to read")
    args = parser.parse_args()
    header, rows = rows_of(args.file, args.rows)
    print(f"{len(rows)} rows, {len(header)} columns")
    uneven = sum(len(row) != len(header) for row in rows)
    if uneven:
        print(f"{uneven} rows have another number of columns than the header")
    twice = len(rows) - len({tuple(row) for row in rows})
    if twice:
        print(f"{twice} rows are repetitions of another one")
    for n, name in enumerate(header):
        describe(name, [row[n] if n < len(row) else "" for row in rows])
    return 0


if __name__ == "__main__":
    sys.exit(main())
