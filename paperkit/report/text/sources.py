"""The modules of a project as the text needs them: titles, INFO, and one notation for all."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from paperkit.latex import Tex, escape
from paperkit.latex.maths import BadMaths, Maths, read_maths
from paperkit.report.names import Names
from paperkit.report.text.info import About, about
from paperkit.report.text.letters import parts
from paperkit.report.text.meaning import widths
from paperkit.report.text.notation import Notation, Source, Written

__all__ = ["Sources"]

WAY_OUT = "write it with the commands that docs/how-to/write.md lists"


class Sources:
    """Reads PACKAGE/modules/NAME.py when a module is asked for; the order makes the notation.

    Args:
        root, package: The project's.
        names: Display names.
        marks: Subscripts for modules whose letters collide; made from the name where not given.

    Attributes:
        warnings: Equations and symbols that were not taken over, one line each.
    """

    def __init__(
        self, root: Path, package: str, names: Names, marks: Mapping[str, str] | None = None
    ) -> None:
        self.root, self.package, self.names = root, package, names
        self.warnings: list[str] = []
        self.set_apart: set[str] = set()  # modules whose options change their sizes
        self._notation = Notation()
        self._known: dict[str, Written | None] = {}
        self._marks: dict[str, str] = dict(marks or {})

    @property
    def written(self) -> list[Written]:
        """The modules that have an equation, in the order in which they were asked for."""
        return self._notation.written

    def about(self, name: str) -> About:
        """Return what the module's file says."""
        return about(self.root, self.package, name)

    def title(self, name: str, *, begins: bool = False) -> Tex:
        """Return what a sentence calls a module: paperkit.yaml's name, else its file's."""
        plain = self.names.plain(name)
        if name not in self.names.given and plain == name.replace("_", " "):
            head = self.about(name).head
            # "Coordinate attention" in a sentence, but CBAM and ConvNeXt stay
            plain = head[:1].lower() + head[1:] if re.match(r"[A-Z][a-z-]+\b", head) else head
            plain = plain or name.replace("_", " ")
        return escape(plain[:1].upper() + plain[1:] if begins else plain)

    def mark(self, name: str) -> str:
        """Return a few letters for a module, another for each."""
        if name not in self._marks:
            words = re.sub(r"[^a-z0-9_]", "", name.lower()).split("_")
            short = "".join(words) if len(words) == 1 else "".join(word[:1] for word in words)
            # a mark stands in scripts, where long words make an equation too wide
            found = base = short.upper()[: 4 if len(short) <= 4 else 3] or "M"
            while found in self._marks.values():
                found = f"{base}{len(self._marks) + 1}"
            self._marks[name] = found
        return self._marks[name]

    def notation(self, name: str) -> Written | None:
        """Return a module's equation in the shared notation; None without a safe one."""
        if name not in self._known:
            source = self._source(self.about(name))
            self._known[name] = None if source is None else self._notation.add(source)
        return self._known[name]

    def alone(self, name: str) -> Written | None:
        """Return a module's equation with its own letters; None without a safe one."""
        source = self._source(self.about(name))
        return None if source is None else Notation().add(source)

    def _source(self, module: About) -> Source | None:
        text = module.text("equation")
        equation = self._maths(module, "the equation", text) if text else None
        if equation is None:
            return None
        symbols = tuple(self._symbols(module))
        used = " ".join(text for _, text in symbols)
        sizes = widths(module.text("params"))
        if module.name in self.set_apart:
            sizes = dict.fromkeys(sizes, "width that its options give")
        said = {name for name in sizes if re.search(rf"(?<!\w){name}(?!\w)", used)}
        known = {symbol.strip() for key in module.texts("symbols") for symbol in key.split(",")}
        return Source(
            name=module.name,
            mark=self.mark(module.name),
            equation=equation,
            symbols=symbols,
            widths={name: sizes[name] for name in sorted(said - known)},
            fusion=module.text("kind") == "fusion" or module.info.get("arity") == 2,
        )

    def _symbols(self, module: About) -> Iterator[tuple[tuple[Maths, ...], str]]:
        for key, text in module.texts("symbols").items():
            maths = self._maths(module, f"the symbol {key[:40]!r}", key)
            if maths is not None and text.strip():
                yield tuple(parts(maths)), text

    def _maths(self, module: About, what: str, text: str) -> Maths | None:
        try:
            return read_maths(text)
        except BadMaths as error:
            self.warnings.append(
                f"{module.place}: {what} in INFO has {error}, so it is left out; {WAY_OUT}"
            )
            return None
