#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Joins the bench program's two logs: bench.py ARCH JSON C.log RUST.log

Exit status 1 if an operation takes more instructions in Rust than in C, and more
than is explained here.
"""

import json
import os
import re
import sys


# What may take more, by how many instructions, and why.
EXPLAINED = {
    "lseek_mem": (2, "the lock's guard keeps the inode in a register: one push, one pop"),
}


def read(path):
    rows = {}
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            match = re.match(r"^([a-z][\w /.,+-]*)\t([0-9]+)\r?$", line)
            if match:
                rows[match[1]] = int(match[2])
    return rows


def main():
    arch, out, c_log, rust_log = sys.argv[1:]
    c, rust = read(c_log), read(rust_log)
    if not c or c.keys() != rust.keys():
        sys.exit(f"error: the two runs do not have the same rows: {c.keys() ^ rust.keys()}")

    rows = [
        {"name": name, "arch": arch, "c": c[name], "rust": rust[name],
         "ratio": round(rust[name] / c[name], 4)}
        for name in c
    ]
    failed = False
    print(f"{'instructions per operation':32} {'C':>10} {'Rust':>10} {'ratio':>7}")
    for row in rows:
        more, why = EXPLAINED.get(row["name"], (0, ""))
        verdict = "FAIL" if row["rust"] > row["c"] + more else "ok"
        print(f"{row['name']:32} {row['c']:>10} {row['rust']:>10} {row['ratio']:>7.4f} {verdict:4} {why}".rstrip())
        failed |= verdict == "FAIL"

    # The other architectures' rows stay.
    old = []
    if os.path.exists(out):
        with open(out, encoding="utf-8") as f:
            old = [row for row in json.load(f) if row["arch"] != arch]
    with open(out, "w", encoding="utf-8") as f:
        json.dump(old + rows, f, indent=1)
        f.write("\n")

    sys.exit(failed)


if __name__ == "__main__":
    main()
