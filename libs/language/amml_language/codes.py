"""Every diagnostic code with one paragraph that explains it: `amml lint --explain E103` prints it.

E1xx is the language itself, E2xx an argument's binding or value, E3xx a callback script.
The table is long because it is complete; nothing else in the language lists the codes.
"""

CODES: dict[str, str] = {
    # E1xx: characters, grammar, wiring
    "E101": "A character that the language does not have. Columns with such a character in their "
    'name are written `col("PM2.5")`; text stands in plain quotes, "..." or \'...\'.',
    "E102": "A string that is not closed on its line. A string ends with the quote it began with; "
    "a line break in it is written `\\n`.",
    "E103": "No component of that name is installed. `amml components` lists those that are.",
    "E104": "A number or duration that is not written as one. Numbers are decimal, as in `12`, "
    "`0.5` or `1e-3`, and integers fit 64 bits; durations are whole numbers with units from large "
    "to small, as in `500ms` or `1h30m`.",
    "E105": "An unknown escape in a string. There are `\\\\`, `\\\"`, `\\'`, `\\n`, `\\r`, `\\t`, "
    "`\\xHH`, `\\uHHHH` and `\\UHHHHHHHH`; a backslash of a pattern is written twice.",
    "E106": "Something stands where the grammar has no place for it. Stages are joined by `|`, "
    "flows by `;`, arguments by `,`.",
    "E107": "A parenthesis or bracket without its partner.",
    "E108": "A stage, a flow or the whole text is empty: a component is missing before or after "
    "a `|` or `;`.",
    "E109": "The text is over a limit: 64 KiB of UTF-8, expressions and groups 100 deep, "
    "1,000 stages.",
    "E110": "A word or sign of another language. AMML writes `and`, `or`, `not`, `==`, `!=`, "
    "`is_null(x)`, `true`, `false` and `null`.",
    "E111": "A bare value after a named argument. Bare values come first.",
    "E112": "A component's name at the start of a line with neither `|` nor `;` before it. A line "
    "break is a blank, so the name was read as an argument of the line above.",
    "E113": "Two steps with one label. A label names one step of the workflow.",
    "E114": "A label that cannot be one. Labels match `[a-z][a-z0-9_]{0,39}`; `dlq`, `fit` and "
    "`state` are reserved, and `split`, plain `join` and groups have none.",
    "E115": "A group without its wiring. `split` stands before a group that has an input, `join` "
    "after a group of which a flow is still open.",
    "E116": "A `split` or `join` in a place without meaning. `split` stands before a group and "
    "copies every row to each of its flows; `join` stands after a group and merges its flows.",
    "E117": "A component that brings data in stands inside a flow. It starts a flow; flows are "
    "merged with `( a ; b ) | join`.",
    "E118": "A component that ends a flow is followed by `|`. To go on beside it, split the flow: "
    "`| split | ( alert ; print )`.",
    "E119": "A workflow whose flow does not start with a source, or does not end in an egress "
    "such as `print`. Only a fragment, as `amml compile` takes, may lack ends.",
    "E120": "Steps that wait for each other: an event reference leads back to the step that "
    "makes the reference.",
    # E2xx: arguments
    "E201": "The component has no parameter of that name. `amml components NAME` lists them.",
    "E202": "A parameter without a default was not given.",
    "E203": "A parameter, a column or a new column is given twice.",
    "E204": "More bare values than the component takes. One bare value binds the first "
    "parameter; only a list of columns takes several.",
    "E205": "A value of the wrong type for its parameter.",
    "E206": "A parameter that takes a constant was given a name or an expression over columns. "
    "Text is quoted; arithmetic on constants is allowed.",
    "E207": "A parameter that takes columns was given something else. Columns are bare names, "
    'lists of them, or `col("PM2.5")`; they are never quoted.',
    "E208": 'A secret is written `secret("name")`, never as a literal, and only where a '
    "parameter takes one.",
    "E209": "A reference to a step that does not exist. A step of this workflow is written as "
    'its bare label, one of another as `"workflow.label"`.',
    "E210": "A `=` where a comparison was meant. `=` sets a parameter, `==` compares.",
    "E211": "A `==` where a parameter was to be set. `=` sets a parameter, `==` compares.",
    "E212": "Several conditions separated by commas. A comma ends an argument; conditions are "
    "joined with `and` or `or`.",
    "E213": "A new column without a name: `eval` takes assignments such as `err = OT - OT_pred`.",
    "E214": "A value that its component refuses, because it lies outside the range that the "
    "component documents.",
    "E215": "A script in quotes. A script is written as it is: `filter cond = co2 > 1000`.",
    # E3xx: callback scripts
    "E301": "No built-in of that name. `docs/scripts.md` lists them.",
    "E302": "Too few or too many arguments for a built-in.",
    "E303": "An operation on types that it does not take. Numbers, text and booleans do not mix; "
    "a time minus a time is a duration, a time plus or minus a duration is a time.",
    "E304": "A column that the rows do not have. It was renamed or dropped upstream, or its name "
    'is spelled otherwise; names with signs or blanks are written `col("PM2.5")`.',
    "E305": "A column or a computed value where a script needs a constant: in the list of `in`, "
    "and for some arguments of built-ins, such as a pattern.",
    "E306": "A constant that its built-in refuses, such as a pattern that is no regular "
    "expression. Patterns are RE2: there are no back-references and no look-around.",
    "E307": "A list where none belongs, or none where one does. A list stands to the right of "
    "`in` and `not in` only.",
    "E308": "A comparison with `null`, which is never true. Whether a value is missing is asked "
    "by `is_null(x)`.",
    "E309": "A script over a limit: 1,000 operations, and 1,000 characters in a text.",
    "E310": "A column of a type that scripts do not compute with, such as a list or binary data. "
    "They read numbers, text, booleans, times and durations.",
    "E311": "A script whose result is not of the type that its component needs. The condition of "
    "a `filter` is a boolean: `OT > 30`, not `OT`.",
}


def explain(code: str) -> str:
    """Tell what a diagnostic code means, in one paragraph.

    Errors: KeyError, no such code.

    >>> explain("E111")
    'A bare value after a named argument. Bare values come first.'
    """
    return CODES[code]
