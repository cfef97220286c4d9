"""AMML's pipe language: text -> tokens -> tree -> bytecode -> whole columns.

    tokens.py    parser.py    binder.py    compiler.py    the text becomes workflow bytecode
    script.py    vm.py                                    callback scripts run over columns

Importing this package, and compiling, needs no Arrow; running a script does.
"""

from amml_language.compiler import compile, compile_text
from amml_language.diagnostics import Diagnostic, LanguageError
from amml_language.disassembler import disassemble
from amml_language.program import Program
from amml_language.signature import REQUIRED, Kind, Parameter, Role, Signature
from amml_language.tree import Duration

__all__ = [
    "REQUIRED",
    "Diagnostic",
    "Duration",
    "Kind",
    "LanguageError",
    "Parameter",
    "Program",
    "Role",
    "Signature",
    "compile",
    "compile_text",
    "disassemble",
]
