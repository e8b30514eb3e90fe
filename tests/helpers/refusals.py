"""How a program of launch/ refuses arguments: one start for many of them, as imports take most of a start's time.

`python -m tests.helpers.refusals launch.ablation` reads a JSON list of argument lists from stdin. The program is
imported once; each list is then run in a copy of that process. Prints a JSON list of [exit code, stderr].
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile

from tests.helpers.paths import ROOT


def refusals(module: str, lists: list[list[str]]) -> list[tuple[int, str]]:
    """Exit code and stderr of `python -m MODULE ARGUMENTS` for each list of arguments."""
    command = [sys.executable, "-m", "tests.helpers.refusals", module]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    asked = json.dumps([[str(word) for word in words] for words in lists])
    done = subprocess.run(command, input=asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return [tuple(pair) for pair in json.loads(done.stdout)]


def _run(module: str, arguments: list[str]) -> tuple[int, str]:
    """Fork, and run the program in the copy."""
    with tempfile.TemporaryFile("w+") as error:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(error.fileno(), 2)
            sys.argv = [module, *arguments]
            code = 71  # of a crash, launch/program.py
            try:
                importlib.import_module("launch.program").run(sys.modules[module].main)
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else bool(end.code)
            finally:
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        error.seek(0)
        return code, error.read()


if __name__ == "__main__":
    importlib.import_module(sys.argv[1])
    print(json.dumps([_run(sys.argv[1], arguments) for arguments in json.load(sys.stdin)]))
