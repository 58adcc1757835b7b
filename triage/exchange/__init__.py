"""Knowledge bases in the formats of other programs: CLIPS out; Excel workbooks out and back in.

`clips` writes a program for CLIPS. For Excel, `notation` says how a condition or conclusion is written in a cell, `tables` makes
a table of a rule file and rules of its rows; `writing` (with `looks` and `guide`) and `reading` know workbooks, `layout` what
stands where in them, `cells` what can be wrong there; `editing` changes single rules in the text of a file, and `importing` puts
all that together. Nothing here decides or asks anything.
"""

__all__: list[str] = []
