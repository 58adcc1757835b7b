"""What authors work with besides their editor: beginnings, the editor's schema, one layout, a look at every save.

`starting` makes bases, `adding` facts and rules: `skeletons` has what they say, `speaking` the calls a new rule is for,
`inserting` puts them into files, `naming` checks ids. `editor_schema` describes a base to an editor (`hints`: what people read
there, `editor_files`: where it goes). `layout` and `formatting` keep files in one form. `watching` looks again whenever a file
changes. `writing` puts files in place, `refusing` says no. The command line is elsewhere.
"""
