"""Write the constructor, the forward and the equation of an expression, statement by statement."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from paperkit.errors import UserError
from paperkit.slots.plug import Call, Combine, Expr, Value
from paperkit.zoo.facts import Entry, arguments, class_name
from paperkit.zoo.facts.constructor import SAMPLING

__all__ = ["Term", "Writer"]

LETTERS = "abcdefghijklmnopqrstuvw"
USUAL = {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 1, "groups": 1, "bias": True}


@dataclass(frozen=True)
class Term:
    """A value in the forward, and the same in the equation."""

    code: str
    tex: str
    plain: bool = True  # stands in a product or a call without brackets


@dataclass
class Writer:
    """Collects the lines of one class.

    Attributes:
        find: From a module's name to its entry.
        inside: Lines of __init__.
        statements: Lines of forward, without the return.
        equations: Lines of the equation, "left &= right".
        helpers: Classes that stand before this one, for components that are expressions.
        imports: Class by module.
        glue: Parameters of what joins the parts, as formulas over C.
    """

    find: Callable[[str], Entry]
    inside: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    equations: list[str] = field(default_factory=list)
    helpers: list[tuple[str, "Writer", Term]] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    glue: list[str] = field(default_factory=list)
    _taken: dict[str, int] = field(default_factory=dict)

    def term(self, expr: Expr, x: Term) -> Term:
        """Write what comes before, and return the expression of x."""
        return self._called(expr, x) if isinstance(expr, Call) else self._combined(expr, x)

    def _combined(self, expr: Combine, x: Term) -> Term:
        if expr.kind == "chain":
            for part in expr.parts[:-1]:
                x = self._named(self.term(part, x))
            return self.term(expr.parts[-1], x)
        if expr.kind == "parallel":
            return self._parallel([self._named(self.term(p, x)) for p in expr.parts], expr.merge)
        inner = self._simple(self.term(expr.parts[0], x))
        if expr.kind == "residual":
            return Term(f"{x.code} + {inner.code}", f"{x.tex} + {inner.tex}", plain=False)
        if expr.kind == "gate":
            gate = f"{x.code} * torch.sigmoid({inner.code})"
            return Term(gate, rf"{x.tex} \odot \sigma({inner.tex})", plain=False)
        return self._projected([x, inner])

    def _parallel(self, each: list[Term], merge: str) -> Term:
        codes, texs = [term.code for term in each], [term.tex for term in each]
        if merge == "concat":
            return self._projected(each)
        if merge == "gate":
            return self._weighed(each)
        if merge == "max":
            stack = f"torch.stack([{', '.join(codes)}]).amax(dim=0)"
            return Term(stack, rf"\max({', '.join(texs)})")
        sign, shown = (" * ", r" \odot ") if merge == "mul" else (" + ", " + ")
        code, tex = sign.join(codes), shown.join(texs)
        if merge == "mean":
            return Term(
                f"({code}) / {len(each)}", rf"\tfrac{{1}}{{{len(each)}}}({tex})", plain=False
            )
        return Term(code, tex, plain=False)

    def _projected(self, each: list[Term]) -> Term:
        count = len(each)
        name = self._attribute("project")
        self.inside.append(f"self.{name} = nn.Conv2d({count} * channels, channels, kernel_size=1)")
        self.glue.append(f"{count}*C**2 + C")
        joined = ", ".join(term.code for term in each)
        shown = ";\\, ".join(term.tex for term in each)
        return Term(f"self.{name}(torch.cat([{joined}], dim=1))", f"W_p[{shown}]")

    def _weighed(self, each: list[Term]) -> Term:
        count = len(each)
        name = self._attribute("weigh")
        self.inside.append(f"self.{name} = nn.Conv2d({count} * channels, {count}, kernel_size=1)")
        self.glue.append(f"{count * count}*C + {count}")
        joined = ", ".join(term.code for term in each)
        shown = ";\\, ".join(term.tex for term in each)
        gate = Term(
            f"torch.sigmoid(self.{name}(torch.cat([{joined}], dim=1)))", rf"\sigma(W_g[{shown}])"
        )
        g = self._named(gate)
        code = [f"{g.code}[:, {n}:{n + 1}] * {term.code}" for n, term in enumerate(each)]
        tex = [rf"{g.tex}_{n} \odot {term.tex}" for n, term in enumerate(each, start=1)]
        return Term(" + ".join(code), " + ".join(tex), plain=False)

    def _called(self, call: Call, x: Term) -> Term:
        entry = self._entry(call.name)
        cls = self.imports[entry.name]
        name = self._attribute(entry.name)
        self.inside.append(f"self.{name} = {cls}({', '.join(self._given(entry, call))})")
        enters, leaves = {
            "NHWC": (".permute(0, 2, 3, 1)", ".permute(0, 3, 1, 2)"),
            "NLC": (".flatten(2).transpose(1, 2)", f".transpose(1, 2).reshape({x.code}.shape)"),
        }.get(str(entry.info.get("layout", "NCHW")), ("", ""))
        return Term(f"self.{name}({x.code}{enters}){leaves}", rf"\mathrm{{{cls}}}({x.tex})")

    def _entry(self, name: str) -> Entry:
        entry = self.find(name)
        if entry.kind in ("fusion", "up", "down") or entry.info.get("arity", 1) != 1:
            raise UserError(
                f"{name} is of kind {entry.kind}; a composite is made of modules that take one "
                "feature map and keep its shape"
            )
        self.imports[entry.name] = class_name(entry.file)
        return entry

    def _given(self, entry: Entry, call: Call) -> list[str]:
        widths = ["channels"] * (2 if entry.kind in ("conv", "block") else 1)
        known = {name: default for name, _, default in arguments(entry.file)}
        if entry.kind == "conv":
            usual = {key: USUAL[key] for key in SAMPLING if key in known}
            widths += [f"{k}={v}" for k, v in usual.items() if known[k] != repr(v)]
        for key, _ in call.args:
            if key not in known:
                legal = ", ".join(option.name for option in entry.options) or "none"
                raise UserError(f"{entry.name} has no argument {key!r}; it has: {legal}")
        parts = entry.info.get("components") or {}
        return widths + [
            f"{key}={self._component(entry, key, value) if key in parts else _written(value)}"
            for key, value in call.args
        ]

    def _component(self, owner: Entry, key: str, value: Value) -> str:
        """Return what makes the component when it is called with C."""
        if value is None:
            return "None"
        if not isinstance(value, Call | Combine):
            raise UserError(f"{owner.name}: {key} takes a module, such as {key}=se")
        if isinstance(value, Call):
            entry = self._entry(value.name)
            layout = entry.info.get("layout", "NCHW")
            if entry.kind not in ("conv", "block") and layout == "NCHW":
                cls = self.imports[entry.name]
                given = self._given(entry, value)[1:]
                return f"functools.partial({', '.join([cls, *given])})" if given else cls
        inner = Writer(self.find, imports=self.imports)
        name = f"_{class_name(owner.file)}{key.title().replace('_', '')}"
        self.helpers.append((name, inner, inner.term(value, Term("x", r"\mathbf{x}"))))
        return name

    def _simple(self, term: Term) -> Term:
        return term if term.plain else self._named(term)

    def _named(self, term: Term) -> Term:
        """Give the value a letter of its own."""
        count = len(self.statements)
        letter = LETTERS[count] if count < len(LETTERS) else f"a{count}"
        self.statements.append(f"{letter} = {term.code}")
        tex = rf"\mathbf{{{letter}}}" if len(letter) == 1 else rf"\mathbf{{a}}_{{{letter[1:]}}}"
        self.equations.append(f"{tex} &= {term.tex}")
        return Term(letter, tex)

    def _attribute(self, name: str) -> str:
        self._taken[name] = self._taken.get(name, 0) + 1
        return name if self._taken[name] == 1 else f"{name}_{self._taken[name]}"


def _written(value: Value) -> str:
    if isinstance(value, Call) and not value.args:
        return repr(value.name)
    if isinstance(value, Call | Combine):
        raise UserError(f"{value} is a module, but this argument takes none")
    if isinstance(value, tuple):
        return repr(tuple(ast.literal_eval(_written(item)) for item in value))
    return repr(value)
