"""A scenario's TOML text as a form: named fields to read and to set, and the engine's judgement of them.

The text is what is true; a `Form` is the text and what was put away while choosing. A field is set by rewriting its
value where it stands, so that comments, descriptions, checks and the rows of matrices, which the form does not
know, stay as they are. A value is what a person would write: 3/4, 0.1, "3 1 4".

Paths are the keys' (`noise.schedule.beta`). A choice between forms of a table ends in `.kind`, also that of
[data], and of a law that is either named or given. Nothing heavy is imported before the first use.

    toml       the text, edited where it stands        fields      what the form shows of a draft
    words      values as people write them             form        setting a field
    tables     what the file format says               judgement   what the engine says, and beside which field
    draft      a text and what was put away            files       where it is saved, and what it names
    choosing   another kind of a table
"""

from tui.form.fields import Field as Field
from tui.form.files import free_name as free_name
from tui.form.files import moved as moved
from tui.form.files import save as save
from tui.form.form import Form as Form
from tui.form.judgement import Problem as Problem
from tui.form.judgement import failure as failure
from tui.form.judgement import light as light
from tui.form.judgement import line_of as line_of
from tui.form.judgement import nearest as nearest
from tui.form.judgement import problem as problem
from tui.form.toml import drop as drop
from tui.form.toml import put as put
from tui.form.toml import quoted as quoted
