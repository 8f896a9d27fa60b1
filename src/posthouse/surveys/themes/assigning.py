"""Which topics a comment is about. Deterministic: the same words give the same topics, and the words can be shown."""

from collections import defaultdict
from functools import cache

from posthouse.surveys.themes.lexicon import Pattern, patterns
from posthouse.surveys.themes.words import language_of, stem, words

Index = dict[str, list[tuple[str, Pattern]]]


def topics_of(text: str, said: str = "") -> dict[str, str]:
    """The topics of a comment, each with the words that told (folded). `said` is the language of the answer."""
    language = language_of(text, said)
    exact, starts = _index(language)
    plain = words(text)
    stems = [stem(word, language) for word in plain]
    found: dict[str, str] = {}
    for place, root in enumerate(stems):
        candidates = list(exact.get(root, ()))
        candidates += [one for one in starts.get(plain[place][:3], ()) if plain[place].startswith(one[1][0][:-1])]
        for key, pattern in candidates:
            if key not in found and _fits(pattern, plain, stems, place):
                found[key] = " ".join(plain[place : place + len(pattern)])
    return found


def _fits(pattern: Pattern, plain: list[str], stems: list[str], place: int) -> bool:
    if place + len(pattern) > len(stems):
        return False
    return all(
        plain[place + number].startswith(part[:-1]) if part.endswith("*") else stems[place + number] == part
        for number, part in enumerate(pattern)
    )


@cache
def _index(language: str) -> tuple[Index, Index]:
    """Patterns by the stem, or the first three letters, of their first word."""
    exact: Index = defaultdict(list)
    starts: Index = defaultdict(list)
    for key, pattern in patterns(language):
        if pattern[0].endswith("*"):
            starts[pattern[0][:3]].append((key, pattern))
        else:
            exact[pattern[0]].append((key, pattern))
    return dict(exact), dict(starts)
