"""A knowledge base as a readable manual, for training a desk: one HTML file that needs nothing else, and prints well.

`book` gathers what is told, `insight` what only all calls together show, `templates` set it, `words` are the manual's own.
"""

from triage.handbook.page import handbook

__all__ = ["handbook"]
