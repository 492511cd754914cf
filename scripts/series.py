#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Writes the overlay as numbered mails that `git am` takes: series.py KDIR OUTDIR

patches/mails is the plan: a mail is a subject, a text, and what it brings, which
is patches, parts of patches ("PATCH: FILE...") and new files. The files that only
list others (modules, Kconfig entries, objects) come bit by bit: a mail carries
the entries of what it and the mails before it bring.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PATCHES = TOP / "patches"
NEW = os.environ["OVERLAY_DIRS"].split()
LISTS = {
    "rust/kernel/lib.rs", "rust/kernel/mm.rs", "rust/kernel/fs.rs",
    "rust/kernel/Kconfig.test", "samples/rust/Kconfig", "samples/rust/Makefile",
}

# Lines that do not name what they are for: tests, which are configured apart from what they test,
# and features of the language.
STANDS_FOR = {
    "#![feature(const_type_id)]": Path("rust/kernel/mm/vm_ops/table.rs"),
    "config RUST_FILE_OPERATIONS_KUNIT_TEST": Path("rust/kernel/fs/file_operations.rs"),
    "config RUST_MMAP_KUNIT_TEST": Path("rust/kernel/mm/mmap_kunit.rs"),
    "config RUST_RELAY_KUNIT_TEST": Path("rust/kernel/relay.rs"),
}


def die(why):
    sys.exit(f"error: {why}")


def read_plan():
    """Yields (subject, text, {patch: files, or none for all}, new files)."""
    for block in re.split(r"^==", (PATCHES / "mails").read_text(), flags=re.M)[1:]:
        head, _, brings = block.partition("\n--\n")
        subject, _, text = head.partition("\n")
        parts, new = {}, []
        for line in brings.split("\n"):
            name, _, files = line.strip().partition(":")
            if name.endswith(".patch"):
                parts[name] = files.split()
            elif name:
                found = [p for p in sorted(TOP.glob(name)) if p.is_file()]
                if not found:
                    die(f"patches/mails names {name}, which is not there")
                new += [str(p.relative_to(TOP)) for p in found]
        if not subject.strip():
            message = (PATCHES / next(iter(parts))).read_text().partition("\n---\n")[0]
            subject = re.search(r"^Subject: \[PATCH\] (.*)$", message, re.M)[1]
            text = re.sub(r"^Signed-off-by: .*", "", message.partition("\n\n")[2], flags=re.M)
        yield subject.strip(), text.strip(), parts, new


def touched(patch):
    text = (PATCHES / patch).read_text()
    return re.findall(r"^\+\+\+ b/(\S+)", text, re.M)


def named_by(path, line):
    """The new file that an entry of a list stands for."""
    path = Path(path)
    folder = path.parent if path.name in ("lib.rs", "Kconfig", "Makefile") else path.with_suffix("")
    if m := re.search(r"\bmod (\w+);|\bself::(\w+)::|\+= (\w+)\.o", line):
        return folder / f"{m[1] or m[2] or m[3]}.rs"
    if m := re.match(r"config SAMPLE_RUST_(\w+)", line):
        return folder / f"rust_{m[1].lower()}.rs"
    return STANDS_FOR.get(line.strip())


def entries(path, lines):
    """Splits added lines into entries: (the file it stands for, lines)."""
    entry, key = [], None
    for line in lines:
        starts = named_by(path, line)
        if key and (starts or line.startswith("#[")) and (starts != key or "self::" not in line):
            yield key, entry
            entry, key = [], None
        entry.append(line)
        key = key or starts
    yield key, entry


def list_as_of(path, base, final, absent):
    """A list with the entries of all new files but the absent ones."""
    a, b = base.splitlines(True), final.splitlines(True)
    out = []
    for tag, i, j, k, l in difflib.SequenceMatcher(None, a, b, False).get_opcodes():
        if tag == "equal":
            out += a[i:j]
        elif tag == "insert":
            for key, lines in entries(path, b[k:l]):
                if str(key) not in absent:
                    out += lines
        else:
            die(f"{path} is a list of patches/mails, yet a patch takes lines away from it")
    return "".join(out)


def main():
    kdir, outdir = Path(sys.argv[1]), Path(sys.argv[2])
    series = (PATCHES / "series").read_text().split()
    plan = list(read_plan())
    files = sorted({f for p in series for f in touched(p)})
    new = {str(p.relative_to(TOP)) for d in NEW for p in (TOP / d).rglob("*") if p.is_file()}

    planned = [f for mail in plan for f in mail[3]]
    if missing := new - set(planned):
        die(f"patches/mails does not say which mail brings {', '.join(sorted(missing))}")
    if len(planned) != len(set(planned)):
        die(f"two mails bring {', '.join(sorted(f for f in set(planned) if planned.count(f) > 1))}")

    with tempfile.TemporaryDirectory() as tmp:
        tree = Path(tmp) / "tree"

        def git(*args):
            return subprocess.run(["git", "-C", tree, *args], check=True, text=True, capture_output=True).stdout

        def put(path, text, mode=0o644):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
            (tree / path).chmod(mode)

        tree.mkdir()
        git("init", "-q")
        for key in ("user.name", "user.email"):
            value = subprocess.run(["git", "-C", TOP, "config", key], text=True, capture_output=True).stdout
            git("config", key, value.strip() or "nobody")
        base = {}
        for f in files:
            if not (kdir / f).is_file():
                die(f"{kdir} has no {f}: it is not a complete Linux 7.3 tree")
            base[f] = (kdir / f).read_text()
            put(f, base[f], (kdir / f).stat().st_mode & 0o755)
        git("add", "-A", "-f")
        git("commit", "-qm", "base")

        # What the lists hold in the end.
        def apply(patch, only):
            cmd = ["git", "-C", tree, "apply", "-C1"]
            cmd += [f"--include={f}" for f in only]
            r = subprocess.run([*cmd, PATCHES / patch], text=True, capture_output=True)
            if r.returncode:
                die(f"{patch} does not fit {kdir}: {r.stderr.strip().splitlines()[0]}")

        final = {}
        for patch in series:
            if only := [f for f in touched(patch) if f in LISTS]:
                apply(patch, only)
        for f in LISTS & set(files):
            final[f] = (tree / f).read_text()
        git("checkout", "-q", ".")

        absent, done = set(new), set()
        for subject, text, parts, brings in plan:
            absent -= set(brings)
            for patch, only in parts.items():
                only = [f for f in only or touched(patch) if f not in LISTS]
                if twice := {(patch, f) for f in only} & done:
                    die(f"two mails bring {sorted(twice)}")
                done |= {(patch, f) for f in only}
                if only:
                    apply(patch, only)
            for f in brings:
                put(f, (TOP / f).read_text(), (TOP / f).stat().st_mode & 0o755)
            for f in final:
                put(f, list_as_of(f, base[f], final[f], absent), (kdir / f).stat().st_mode & 0o755)
            git("add", "-A", "-f")
            git("commit", "-q", "-s", "-m", f"{subject}\n\n{text}")
        left = {(p, f) for p in series for f in touched(p) if f not in LISTS} - done
        if left:
            die(f"no mail brings {sorted(left)}")
        outdir.mkdir(parents=True, exist_ok=True)
        for old in outdir.glob("*.patch"):
            old.unlink()
        root = git("rev-list", "--max-parents=0", "HEAD").strip()
        git("format-patch", "-q", "--numbered", "-o", outdir.resolve(), f"{root}..HEAD")
        print(f"{len(plan)} mails in {outdir}: git am {outdir}/*.patch")


main()
