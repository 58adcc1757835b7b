"""What authors work with besides their editor: beginnings, the editor's schema, one layout, a look at every save.

`new` starts bases, facts and rules; `editor_schema` describes a base to an editor, with `hints` for what people read there;
`layout` and `formatting` keep files in one form; `watching` looks again whenever a file changes. The command line is elsewhere.
"""
