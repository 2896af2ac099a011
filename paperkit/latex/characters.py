"""What each character is in LaTeX: ASCII, the same in OT1 and T1, with every engine, no package."""

__all__ = ["ABOVE", "ASCII", "MARKS", "OTHER", "either"]

# \textquotesingle and \textasciigrave: a plain ' or ` would print as a curly quote. {[} and {*}:
# after \\ a bracket is a length and a star is eaten.
ASCII = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"{\char34}",
    "`": r"\textasciigrave{}", "'": r"\textquotesingle{}", "*": "{*}", "[": "{[}", "]": "{]}",
}  # fmt: skip

MARKS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=",
    "\u0306": r"\u", "\u0307": r"\.", "\u0308": r"\"", "\u030a": r"\r", "\u030b": r"\H",
    "\u030c": r"\v", "\u0323": r"\d", "\u0327": r"\c", "\u0328": r"\k", "\u0331": r"\b",
}  # fmt: skip

ABOVE = set(MARKS.values()) - {r"\d", r"\c", r"\k", r"\b"}

_TEXT = {
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}",
    "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "ȷ": r"\j{}", "‐": "-", "‑": "-",
    "‒": r"\textendash{}", "–": r"\textendash{}", "—": r"\textemdash{}", "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}", "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}",
    "…": r"\textellipsis{}", "•": r"\textbullet{}", "§": r"\textsection{}",
    "¶": r"\textparagraph{}", "©": r"\textcopyright{}", "®": r"\textregistered{}",
    "™": r"\texttrademark{}", "°": r"\textdegree{}", "€": r"\texteuro{}", "£": r"\textsterling{}",
    "¥": r"\textyen{}", "¢": r"\textcent{}", "¡": r"\textexclamdown{}",
    "¿": r"\textquestiondown{}", "¤": r"\textcurrency{}", "¦": r"\textbrokenbar{}",
    "¨": r"\textasciidieresis{}", "¯": r"\textasciimacron{}", "´": r"\textasciiacute{}",
    "¸": r"\c{}", "ª": r"\textordfeminine{}", "º": r"\textordmasculine{}",
    "¹": r"\textonesuperior{}", "²": r"\texttwosuperior{}", "³": r"\textthreesuperior{}",
    "¼": r"\textonequarter{}", "½": r"\textonehalf{}", "¾": r"\textthreequarters{}",
    "⁄": r"\textfractionsolidus{}", "ʼ": r"\textquoteright{}", "ĵ": r"\^{j}",
}  # fmt: skip

# letters that only T1 has: asked of the encoding in use, so that OT1 degrades instead of failing
_T1_ONLY = {
    "đ": (r"\dj", "d"),
    "Đ": (r"\DJ", "D"),
    "ð": (r"\dh", "d"),
    "Ð": (r"\DH", "D"),
    "þ": (r"\th", "th"),
    "Þ": (r"\TH", "Th"),
    "ŋ": (r"\ng", "ng"),
    "Ŋ": (r"\NG", "Ng"),
    "«": (r"\guillemotleft", r"\ensuremath{\ll}"),
    "»": (r"\guillemotright", r"\ensuremath{\gg}"),
}

_GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "varsigma", "sigma", "tau", "upsilon",
    "phi", "chi", "psi", "omega",
]  # fmt: skip

_MATH = {
    "×": r"\times", "÷": r"\div", "±": r"\pm", "∓": r"\mp", "−": "-", "·": r"\cdot", "∙": r"\cdot",
    "∘": r"\circ", "∗": r"\ast", "¬": r"\neg", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq",
    "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim", "≃": r"\simeq", "∝": r"\propto", "≪": r"\ll",
    "≫": r"\gg", "∞": r"\infty", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\surd",
    "∂": r"\partial", "∇": r"\nabla", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset",
    "⊆": r"\subseteq", "∩": r"\cap", "∪": r"\cup", "∅": r"\emptyset", "∀": r"\forall",
    "∃": r"\exists", "∧": r"\wedge", "∨": r"\vee", "⊕": r"\oplus", "⊗": r"\otimes", "⊙": r"\odot",
    "←": r"\leftarrow", "→": r"\rightarrow", "↑": r"\uparrow", "↓": r"\downarrow",
    "↔": r"\leftrightarrow", "⇐": r"\Leftarrow", "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow",
    "ℓ": r"\ell", "ℝ": r"\mathbf{R}", "†": r"\dagger", "‡": r"\ddagger", "′": r"{}^{\prime}",
    "∥": r"\parallel", "⊥": r"\perp", "ϵ": r"\epsilon", "ϕ": r"\phi", "ϑ": r"\vartheta",
}  # fmt: skip

_CAPITALS = [
    "gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon",
    "phi", "psi", "omega",
]  # fmt: skip
_LOOKS_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True))
_SCRIPT = dict(zip("⁰⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", "0456789+-()n", strict=True))
_SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎", "0123456789+-()", strict=True))


def _tables() -> dict[str, str]:
    table = dict(_TEXT)
    table.update({char: rf"\ensuremath{{{tex}}}" for char, tex in _MATH.items()})
    for shift, name in enumerate(_GREEK):
        small, large = chr(0x3B1 + shift), chr(0x391 + shift)
        tex = "o" if name == "omicron" else f"\\{name}"
        table[small] = rf"\ensuremath{{{tex}}}"
        if name in _CAPITALS:
            table[large] = rf"\ensuremath{{\{name.capitalize()}}}"
    table.update(_LOOKS_LATIN)
    table.update({char: rf"\textsuperscript{{{tex}}}" for char, tex in _SCRIPT.items()})
    table.update({char: rf"\ensuremath{{_{{{tex}}}}}" for char, tex in _SUBSCRIPT.items()})
    table.update({char: either(*pair) for char, pair in _T1_ONLY.items()})
    return table


def either(command: str, otherwise: str, argument: str = "") -> str:
    """Write `command` where the font encoding in use has it, else `otherwise`."""
    has = rf"\ifcsname\csname cf@encoding\endcsname\string{command}\endcsname"
    return rf"{has}{command}{{{argument}}}\else {otherwise}\fi{{}}"


OTHER = _tables()
