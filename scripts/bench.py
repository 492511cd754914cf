#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Joins the bench programs' logs: bench.py ARCH JSON C.log RUST.log ACTION.log

Exit status 1 if an operation takes more instructions in Rust than in C, or if a page
takes an action more than half of what it takes a loop.
"""

import json
import os
import re
import sys


# The guest's clock rounds: a batch may seem to take that much more.
CLOCK = 2


def read(path):
    """Returns instructions and operations of a batch, by the name of the row."""
    rows = {}
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            match = re.match(r"^([a-z][\w /.,+-]*)\t([0-9]+)\t([0-9]+)\r?$", line)
            if match:
                rows[match[1]] = int(match[2]), int(match[3])
    return rows


def verdict(c, rust):
    """Says whether a batch takes no more in Rust than in C.

    What runs for long differs by an instruction in 100,000 from one time to the next.
    """
    return "FAIL" if rust > c + CLOCK + c // 100_000 else "ok"


def actions(log, arch):
    """Prints what a mmap() takes by each way; returns the rows, and whether one fails."""
    ways = {}
    for name, (took, _) in read(log).items():
        name, way = name.split("/")
        ways.setdefault(name, {})[way] = took

    failed = False
    rows = []
    print(f"\n{'instructions per mmap()':20} {'loop':>10} {'C':>10} {'Rust':>10} {'ratio':>7}"
          f"   {'a page: loop':>12} {'Rust':>7} {'ratio':>7}")
    for name, row in ways.items():
        kind, pages = name.split()
        word = verdict(row["c"], row["rust"])
        text = f"{name:20} {row['loop']:>10} {row['c']:>10} {row['rust']:>10} {row['rust'] / row['c']:>7.4f}   "
        if pages != "1":
            one = ways[f"{kind} 1"]
            loop, rust = ((row[way] - one[way]) / (int(pages) - 1) for way in ("loop", "rust"))
            text += f"{loop:>12.1f} {rust:>7.1f} {rust / loop:>7.4f}"
            if rust > loop / 2:
                word = "FAIL"
        else:
            text += f"{'':28}"
        print(f"{text} {word}")
        failed |= word == "FAIL"
        rows.append({"name": name, "arch": arch, **row, "ratio": round(row["rust"] / row["c"], 4)})
    if not rows:
        sys.exit("error: no rows of mmap actions")
    return rows, failed


def main():
    arch, out, c_log, rust_log, action_log = sys.argv[1:]
    c, rust = read(c_log), read(rust_log)
    if not c or c.keys() != rust.keys():
        sys.exit(f"error: the two runs do not have the same rows: {c.keys() ^ rust.keys()}")

    rows = []
    failed = False
    print(f"{'instructions per operation':32} {'C':>10} {'Rust':>10} {'ratio':>7}")
    for name, (batch, ops) in c.items():
        c_op, rust_op = round(batch / ops), round(rust[name][0] / rust[name][1])
        word = verdict(batch, rust[name][0])
        print(f"{name:32} {c_op:>10} {rust_op:>10} {rust_op / c_op:>7.4f} {word}")
        failed |= word == "FAIL"
        rows.append({"name": name, "arch": arch, "c": c_op, "rust": rust_op,
                     "ratio": round(rust_op / c_op, 4)})

    action_rows, action_failed = actions(action_log, arch)
    failed |= action_failed

    # The other architectures' rows stay.
    old = []
    if os.path.exists(out):
        with open(out, encoding="utf-8") as f:
            old = [row for row in json.load(f) if row["arch"] != arch]
    with open(out, "w", encoding="utf-8") as f:
        json.dump(old + rows + action_rows, f, indent=1)
        f.write("\n")

    sys.exit(failed)


if __name__ == "__main__":
    main()
