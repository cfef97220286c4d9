"""`amml compile`: both bytecodes of a text, to read."""

import click

from amml_deploy.output import output_option, show
from amml_deploy.workflow_text import TextCommand, compiled, text_of
from amml_language.disassembler import disassemble


@click.command("compile", cls=TextCommand)
@click.argument("workflow", metavar="'TEXT'|FILE")
@output_option
def command(workflow: str, output: str) -> None:
    """Show the bytecode of a workflow or of a part of one, callback scripts included.

    \b
    amml compile 'filter cond = co2 > 1000'
    amml compile 'source id="ett" | filter cond = OT > 40 | alert'
    amml compile hot.amml --output json

    It needs no platform. Numbers after # are places in the text.
    """
    program = compiled(text_of(workflow), fragment=True)
    show(output, program.to_json(), lambda: disassemble(program))
