"""AMML's pipe language: text -> tokens -> tree -> bytecode -> whole columns.

    tokens.py    parser.py    binder.py    compiler.py    the text becomes workflow bytecode
    script.py    vm.py                                    callback scripts run over columns

The door is `compiler.compile_text`. Nothing is imported here: a step process runs scripts and has
no use for the front, and compiling needs no Arrow.
"""
