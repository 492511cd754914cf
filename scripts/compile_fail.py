#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Checks that misuse of the Rust API does not compile, and that the compiler says why.

usage: compile_fail.py [-v] ARCH OUT_DIR [CASE...]

OUT_DIR is the build folder of a kernel for ARCH with the Rust samples. Each file in
tests/compile-fail is one misuse, compiled as a leaf object of that kernel would be:

  - as it is, it must fail, with the errors its header names and no others;
  - with --cfg fixed it must compile, so nothing but the misuse was wrong.

The header:

  // error: E0308 E0080   codes of all errors; "none" is an error without a code, a lint goes by
                          its name, "link" is build_error!(), found when the kernel is linked
  // says: TEXT           must be in what the compiler says, the quoted source left out
  // codegen              found only when machine code is generated

Prints KTAP; with -v, what the compiler says, too. The compiler of the kernel must be in PATH.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

CASES = pathlib.Path(__file__).resolve().parent.parent / "tests" / "compile-fail"
LEAVES = ("samples/rust/rust_mmap_minimal", "drivers/char/mem_rust")
# What a misuse leaves unused says nothing about the misuse; a result that is dropped may be it.
LINTS = ("-Adead_code", "-Aunused_imports", "-Aunused_variables", "-Dunused_must_use")
TARGETS = {"x86_64": ("target.json", "x86_64"), "arm64": ("aarch64",)}


def die(message):
    sys.exit(f"error: {message}")


def leaf_command(arch, out_dir):
    """Returns environment and arguments that compile a leaf object, without input and output."""
    for leaf in map(pathlib.PurePath, LEAVES):
        saved = out_dir / leaf.parent / f".{leaf.name}.o.cmd"
        if saved.exists():
            break
    else:
        die(f"{out_dir} has none of {', '.join(LEAVES)}: build the kernel first")

    words = shlex.split(saved.read_text().splitlines()[0].partition(":= ")[2])
    env = dict(os.environ, RUSTC_BOOTSTRAP="1")
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        env[name] = value

    args = []
    words = iter(words)
    for word in words:
        if word == ";":
            break
        if word == "--out-dir":
            next(words)
        elif not word.startswith("--emit=") and not word.endswith(f"{leaf.name}.rs"):
            args.append(word)

    target = next((arg for arg in args if arg.startswith("--target=")), "")
    if not any(name in target for name in TARGETS[arch]):
        die(f"{out_dir} is not built for {arch}: {target or 'no target'}")
    return env, args


def texts(message):
    """Yields all that a message says, but for the source that it quotes."""
    yield message["message"]
    for span in message["spans"]:
        yield span["label"] or ""
        yield span["suggested_replacement"] or ""
    for child in message["children"]:
        yield from texts(child)


def comment(text):
    print("# " + text.strip().replace("\n", "\n# "), flush=True)


class Compiler:
    """The compiler, set up as for a leaf object of the kernel."""

    def __init__(self, arch, out_dir, scratch):
        self.out_dir = out_dir
        self.env, self.args = leaf_command(arch, out_dir)
        self.object = scratch / "case.o"

    def run(self, source, *flags):
        """Compiles, and returns the codes of the errors, all that was said, and how it looks."""
        command = [*self.args, *flags, *LINTS, "--error-format=json", str(source)]
        self.object.unlink(missing_ok=True)
        done = subprocess.run(
            command, cwd=self.out_dir, env=self.env, capture_output=True, text=True, check=False
        )
        codes, said, looks = set(), [], []
        for line in done.stderr.splitlines():
            try:
                message = json.loads(line)
            except ValueError:
                message = None
            if not isinstance(message, dict) or message.get("$message_type") != "diagnostic":
                looks.append(line)
                continue
            said += texts(message)
            looks.append(message["rendered"])
            if message["level"] == "error" and message["spans"]:
                codes.add((message["code"] or {"code": "none"})["code"])
        if done.returncode != 0 and not codes:
            codes.add("crash")
        if self.object.exists() and b"rust_build_error" in self.object.read_bytes():
            codes.add("link")
            said.append("rust_build_error")
        return codes, " ".join(" ".join(said).split()), "\n".join(looks)

    def emit(self, codegen):
        return f"--emit={'obj' if codegen else 'metadata'}={self.object}"


def check(compiler, path, verbose):
    """Yields what is wrong with a case."""
    header = re.findall(r"^// (error|says|codegen)(?:: (.*))?$", path.read_text(), re.MULTILINE)
    want = {code for key, value in header if key == "error" for code in value.split()}
    says = [value for key, value in header if key == "says"]
    codegen = ("codegen", "") in header or "link" in want
    if not want or not says:
        yield "the header names no error, or not what it says"
        return

    emit = compiler.emit(codegen)
    codes, said, looks = compiler.run(path, emit)
    wrong = []
    if codes != want:
        got = " ".join(sorted(codes)) or "no error"
        wrong.append(f"expected {' '.join(sorted(want))}, got {got}")
    wrong += [f"does not say: {text}" for text in says if text not in said]
    if wrong:
        yield from wrong
        yield looks
    elif verbose:
        comment(looks)

    codes, _, looks = compiler.run(path, emit, "--cfg=fixed")
    if codes or looks:
        yield "does not compile when fixed"
        yield looks


def main():
    words = [word for word in sys.argv[1:] if word != "-v"]
    if len(words) < 2 or words[0] not in TARGETS:
        sys.exit(__doc__)
    arch, out_dir = words[0], pathlib.Path(words[1]).resolve()
    paths = sorted(CASES.glob("*.rs"))
    if words[2:]:
        paths = [path for path in paths if path.stem in words[2:]]
    if not paths:
        die("there is no such case")

    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        compiler = Compiler(arch, out_dir, pathlib.Path(scratch))
        print(f"KTAP version 1\n1..{len(paths)}", flush=True)
        for number, path in enumerate(paths, 1):
            wrong = list(check(compiler, path, "-v" in sys.argv))
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {number} {path.stem}", flush=True)
            for text in wrong:
                comment(text)
    print(f"# Totals: pass:{len(paths) - failed} fail:{failed} xfail:0 xpass:0 skip:0 error:0")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
