"""Which language the command line speaks."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from triage.model import LANGUAGES, Language

__all__ = ["Lang", "language_for", "language_of"]

_NAMES = ("LC_ALL", "LC_MESSAGES", "LANG")
_OPTIONS = ("--lang", "--language")


class Lang(StrEnum):
    """The languages, as an option takes them."""

    zh = "zh"
    en = "en"


def language_of(environ: Mapping[str, str]) -> Language:
    """The language of an environment: the first of LC_ALL, LC_MESSAGES, LANG that says anything; zh* is Chinese.

    >>> language_of({"LC_ALL": "", "LANG": "zh_CN.UTF-8"})
    'zh'
    """
    said = next((environ[name] for name in _NAMES if environ.get(name)), "")
    return "zh" if said.lower().startswith("zh") else "en"


def language_for(arguments: Sequence[str], environ: Mapping[str, str]) -> Language:
    """The language to show help and usage errors in: the last `--lang` anywhere on the line, else the environment's.

    >>> language_for(["ask", "--lang", "zh", "--help"], {})
    'zh'
    """
    found = language_of(environ)
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        option, equals, value = argument.partition("=")
        if option not in _OPTIONS:
            continue
        wanted = value if equals else next(iter(arguments[place + 1 : place + 2]), "")
        found = next((language for language in LANGUAGES if language == wanted), found)
    return found
