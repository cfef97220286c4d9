"""`amml lint`: everything that is wrong with a text, at once."""

from typing import Any

import click

from amml_deploy.errors import UserError
from amml_deploy.output import output_option, show
from amml_deploy.planner.faults import suggestion
from amml_deploy.planner.wiring import fold
from amml_deploy.workflow_text import TextCommand, diagnosed, text_of
from amml_language.codes import CODES, explain
from amml_language.diagnostics import Diagnostic, render


@click.command("lint", cls=TextCommand)
@click.argument("workflow", metavar="'TEXT'|FILE", required=False)
@click.option("--explain", "code", metavar="CODE", help="Say what a code such as E103 means.")
@output_option
@click.pass_context
def command(context: click.Context, workflow: str | None, code: str | None, output: str) -> None:
    """Check a whole workflow: grammar, components, arguments and scripts.

    \b
    amml lint 'source id="ett" | filter cond = OT > 40 | alert'
    amml lint hot.amml
    amml lint --explain E103

    It needs no platform, so it cannot know sources and models: `amml plan` does.
    """
    if code is not None:
        _explain(code, output)
        return
    if workflow is None:
        raise UserError("lint: expected a workflow's text or a file, or --explain CODE")
    text = text_of(workflow)
    program, problems = diagnosed(text)
    steps = len(fold(program)) if program else 0
    document = {"ok": not problems, "steps": steps, "problems": [_document(p) for p in problems]}
    if problems and output == "text":
        raise UserError(render(text, problems))
    show(output, document, lambda: f"ok: {steps} steps")
    if problems:
        context.exit(2)


def _explain(code: str, output: str) -> None:
    code = code.upper()
    if code not in CODES:
        raise UserError(f"no diagnostic has the code {code}; {suggestion(code, CODES)}")
    meaning = explain(code)
    show(output, {"code": code, "meaning": meaning}, lambda: f"{code}: {meaning}")


def _document(problem: Diagnostic) -> dict[str, Any]:
    return {
        "code": problem.code,
        "message": problem.message,
        "help": problem.help,
        "span": [problem.span.start, problem.span.end],
    }
