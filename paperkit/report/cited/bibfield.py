r"""One field of a BibTeX entry that nobody vouches for, read as LaTeX and checked piece by piece.

What comes back compiles wherever a bibliography style puts it: braces pair up, every accent has its
letter, every text command its braces, mathematics is what `paperkit.latex` reads. Everything else
is refused with the reason, before LaTeX stops at it.
"""

import re

from paperkit.latex import escape
from paperkit.latex.maths import BadMaths, maths_tex, read_maths

__all__ = ["BadField", "read_field", "read_names"]

LONGEST, DEEPEST = 5000, 20
_ACCENTS = set("\"'`^~=.") | set("cvuHkrdbt")
_LETTERS = (
    "i j l L o O ae AE oe OE aa AA ss SS dh DH th TH dj DJ ng NG textendash textemdash "
    "textquoteright textquoteleft"
)
_SIGNS = {*_LETTERS.split(), *"&%_$#-,"}
# a brace of any kind counts for BibTeX; \/ and \@ stop LaTeX at the beginning of a paragraph
_OTHERWISE = {"{": r"\textbraceleft{}", "}": r"\textbraceright{}", "/": "{}", "@": "{}", " ": " "}
_GROUPED = {"emph", "textit", "textbf", "textsc", "textrm", "textsuperscript", "textsubscript"}
_SYMBOLS = (
    "mathrm mathcal mathbf mathbb alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu "
    "xi pi rho sigma tau phi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega times pm "
    "ell infty to cdot leq geq approx"
)
_IN_MATHS = set(_SYMBOLS.split())
_TOKEN = re.compile(r"\\[A-Za-z]+\s*|\\.|\s+|.", re.S)


class BadField(ValueError):  # noqa: N818 - it is the field that is bad
    """A field that is not taken over; the message says what it has, as "the command ..."."""


def read_field(value: str, *, names: bool = False) -> str:
    """Return a field as ASCII that compiles; `names`: styles take single letters from it.

    Raises:
        BadField: It could do more than print, or LaTeX would stop at it.
    """
    if len(value) > LONGEST:
        raise BadField(f"more than {LONGEST} characters")
    if "^^" in value:
        raise BadField("unbalanced mathematics")
    return _Reader(_TOKEN.findall(value), names=names).until("").strip()


def read_names(value: str) -> str:
    """Return the field of authors or editors as BibTeX splits it without a complaint.

    Raises:
        BadField: See read_field; or a name is empty, or has more parts than von Last, Jr, First.
    """
    field = read_field(value, names=True)
    bare = field
    while (inner := re.sub(r"\{[^{}]*\}", "x", bare)) != bare:
        bare = inner
    for name in re.split(r"(?:^|(?<=\s))and(?=\s|$)", bare, flags=re.I):
        parts = [part.strip(" ~-") for part in name.split(",")]
        if not all(parts) or len(parts) > 3:
            raise BadField(f"the name '{name.strip()}'")
    return field


def _escaped(character: str) -> str:
    text = escape(character)
    return text.replace(r"\{", _OTHERWISE["{"]).replace(r"\}", _OTHERWISE["}"])


class _Reader:
    """The tokens, and how far they are read."""

    def __init__(self, tokens: list[str], *, names: bool) -> None:
        self.tokens, self.names, self.at, self.depth = tokens, names, 0, 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def until(self, end: str) -> str:
        """Read up to and with `end`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadField(f"more than {DEEPEST} levels of braces")
        found = []
        while (token := self.take()) != end:
            if token in ("", "}"):
                raise BadField("unbalanced braces")
            found.append(self._piece(token))
        self.depth -= 1
        return "".join(found)

    def _piece(self, token: str) -> str:
        if token == "{":
            return f"{{{self.until('}')}}}"
        if token == "$":
            if self.names:
                raise BadField("mathematics in a name")
            return self._kept(f"${self._maths('$')}$")
        if token[0] == "\\":
            return self._kept(self._command(token))
        if token.isspace():
            return " "
        if token in "[]":  # one inside of the label that natbib makes would end it
            return f"{{{token}}}"
        if token.isascii() and token.isprintable():
            return self._kept(escape(token)) if token in "&%#_^" else token
        # accents as BibTeX's own special characters: {\'{e}}
        return f"{{{shown}}}" if (shown := _escaped(token)) else ""

    def _kept(self, text: str) -> str:
        r"""In braces where a style would change its case (\H{o}: \h{o}) or take a letter of it."""
        kept = self.depth == 1 and (self.names or re.search(r"[A-Z]", text))
        return f"{{{text}}}" if kept and text else text

    def _command(self, token: str) -> str:
        name = token[1:].strip() or token[1:]
        if name in _ACCENTS:
            return f"{token}{self._letter(name)}"
        if name in _OTHERWISE:
            return _OTHERWISE[name]
        if name in _SIGNS:
            return f"\\{name}{{}}" if name.isalpha() else token
        if name in _GROUPED | {"ensuremath"}:
            if self.take() != "{":
                raise BadField(f"the command \\{name} without braces")
            inside = self._maths("}") if name == "ensuremath" else self.until("}")
            return f"\\{name}{{{inside}}}"
        where = " outside of mathematics" if name in _IN_MATHS else ""
        raise BadField(f"the command \\{name}{where}")

    def _letter(self, accent: str) -> str:
        """What an accent stands on: a letter, {a letter}, or a dotless one."""
        token = self.take()
        inside = self.take() if token == "{" else token
        if inside.strip() not in (r"\i", r"\j") and not (inside.isascii() and inside.isalnum()):
            raise BadField(f"the accent \\{accent} without a letter")
        if token == "{" and self.take() != "}":
            raise BadField(f"the accent \\{accent} without a letter")
        return f"{{{inside.strip()}}}" if token == "{" else inside

    def _maths(self, end: str) -> str:
        """Mathematics up to and with `end`, written anew."""
        depth, start = 0, self.at
        while (token := self.take()) != end or depth:
            depth += {"{": 1, "}": -1}.get(token, 0)
            if not token or depth < 0:
                raise BadField("unbalanced mathematics")
            if token[1:2].isalpha() and token[1:].strip() not in _IN_MATHS:
                raise BadField(f"the command {token.strip()}")
        try:
            return maths_tex(read_maths("".join(self.tokens[start : self.at - 1])))
        except BadMaths as error:
            raise BadField(f"{error} in its mathematics") from None
