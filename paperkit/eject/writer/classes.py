"""The classes of the written file: one for all modules that do the same with other numbers."""

import ast
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from .columns import FIRST, Column, Columns, equal
from .make import Field, Make
from .modes import filled, holes, skeleton

__all__ = ["Class", "Instance", "classes"]


@dataclass(eq=False)
class Instance:
    """One module that needs a class: what it is made of, and what its forward does."""

    module: nn.Module
    name: str  # of its class, as its author called it
    children: list[tuple[str, Make]]
    tensors: list[tuple[str, Make]]
    arguments: list[str]
    lines: list[str] | None  # None: no forward of its own
    returns: str = ""
    base: str = "nn.Module"
    generic: bool = False  # its children are always arguments
    made: Make | None = None


@dataclass(eq=False)
class Class:
    """A class of the file. ``params``: name, type and default ("" for none)."""

    name: str
    base: str
    origin: type
    params: list[tuple[str, str, str]]
    settings: list[str]  # arguments that are kept on self
    children: list[tuple[str, Make]]
    tensors: list[tuple[str, Make]]
    arguments: list[str]
    lines: list[str] | None
    returns: str
    count: int


def classes(instances: Sequence[Instance]) -> list[Class]:
    """Return the classes in the order in which a file defines them; sets ``made`` everywhere."""
    found: list[Class] = []
    heights: dict[Instance, int] = {}
    levels: dict[int, list[Instance]] = defaultdict(list)
    for instance in instances:
        levels[_height(instance, heights)].append(instance)
    for level in sorted(levels):
        groups: dict[Any, list[Instance]] = defaultdict(list)
        for instance in levels[level]:
            instance.children = [(key, settled(make)) for key, make in instance.children]
            groups[_kind(instance)].append(instance)
        for members in groups.values():
            if len(members) == 1 and members[0].base == "nn.Sequential" and not members[0].lines:
                members[0].made = _sequence(members[0])
            else:
                found.append(_class(members))
    _name_apart(found)
    return found


def settled(tree: Any) -> Any:
    """Return a tree in which instances are calls of their classes."""
    if not isinstance(tree, Make):
        return tree
    if isinstance(tree.head, Instance):
        assert tree.head.made is not None
        return tree.head.made
    return replace(tree, fields=tuple(replace(f, value=settled(f.value)) for f in tree.fields))


def _height(instance: Instance, known: dict[Instance, int]) -> int:
    if instance not in known:
        inside = [_inside(make) for _, make in instance.children]
        known[instance] = 1 + max(
            (_height(inner, known) for found in inside for inner in found), default=0
        )
    return known[instance]


def _inside(tree: Any) -> list[Instance]:
    if not isinstance(tree, Make):
        return []
    if isinstance(tree.head, Instance):
        return [tree.head]
    return [inner for f in tree.fields for inner in _inside(f.value)]


def _kind(instance: Instance) -> Any:
    """Return what instances of one class have in common."""
    lines = None if instance.lines is None else tuple(map(skeleton, instance.lines))
    code = "\n".join(lines or ())
    return (
        type(instance.module) if type(instance.module) is not nn.Sequential else instance.name,
        tuple(instance.arguments),
        lines,
        tuple((key, _layers(make, f"self.{key}[" in code)) for key, make in instance.children),
        tuple((name, make.head) for name, make in instance.tensors),
    )


def _layers(make: Make, indexed: bool) -> Any:
    """Other layers make another class, but a short chain may stand in for an identity.

    ``indexed``: the code names items of a list one by one, so it is no other list.
    """
    if make.head == "nn.ModuleList":
        return tuple(f.value.head for f in make.fields) if indexed else ""
    if make.head == "nn.Sequential":
        return tuple(f.value.head for f in make.fields) if len(make.fields) > 2 else ""
    return "" if make.head == "nn.Identity" else make.head


def _sequence(instance: Instance) -> Make:
    """A chain that there is once needs no class."""
    keys = tuple(key for key, _ in instance.children)
    given = tuple(Field("", make, placed=True) for _, make in instance.children)
    return Make("nn.Sequential", given, () if keys == tuple(map(str, range(len(keys)))) else keys)


def _class(members: list[Instance]) -> Class:
    """Return the class of instances that do the same; tells each how it is made."""
    first, columns = members[0], Columns()
    children = [
        (key, _merge(columns, [m.children[n][1] for m in members], key, "", first.generic))
        for n, (key, _) in enumerate(first.children)
    ]
    tensors = [
        (name, _merge(columns, [m.tensors[n][1] for m in members], name, ""))
        for n, (name, _) in enumerate(first.tensors)
    ]
    lines, settings = _lines(columns, members)
    columns.name({key for key, _ in first.children})
    order = columns.ordered()
    made = Class(
        first.name,
        first.base,
        type(first.module),
        [(c.name, c.annotation, "" if c.default is None else repr(c.default)) for c in order],
        [column.name for column in order if column.name in settings],
        [(key, columns.filled(tree)) for key, tree in children],
        [(name, columns.filled(tree)) for name, tree in tensors],
        first.arguments,
        lines,
        first.returns,
        len(members),
    )
    for number, member in enumerate(members):
        member.made = Make(made, tuple(_field(column, number) for column in order))
    return made


def _field(column: Column, number: int) -> Field:
    value, placed = column.values[number], column.name in FIRST
    if column.default is None:
        return Field(column.name, value, placed=placed or isinstance(value, Make))
    return Field(column.name, value, column.default, placed)


def _merge(columns: Columns, trees: list[Any], outer: str, hint: str, always: bool = False) -> Any:
    """Return what trees have in common, with a mark where they differ.

    ``always``: modules are arguments even where all are equal, as in residual(E).
    """
    first = trees[0]
    plain = all(isinstance(tree, Make) for tree in trees)
    if always and plain and first.head != "nn.Conv2d":
        return columns.place(trees, outer, hint)
    if all(equal(tree, first) for tree in trees):
        return first
    if plain and len(set(map(_form, trees))) == 1:
        given = [
            replace(f, value=_merge(columns, [t.fields[n].value for t in trees], outer, f.name))
            for n, f in enumerate(first.fields)
        ]
        return replace(first, fields=tuple(given))
    return columns.place(trees, outer, hint)


def _form(make: Make) -> Any:
    """Return what must agree for two calls to be merged argument by argument."""
    heads = tuple(getattr(f.value, "head", "") for f in make.fields)
    listed = make.head in ("nn.ModuleList", "nn.Sequential")
    return make.head, make.keys, tuple(f.name for f in make.fields), heads if listed else ()


def _lines(columns: Columns, members: list[Instance]) -> tuple[list[str] | None, set[str]]:
    """Return the forward's lines; numbers in which instances differ become attributes."""
    bodies = [member.lines for member in members if member.lines is not None]
    if not bodies:
        return None, set()
    lines, settings = [], set[str]()
    for rows in zip(*bodies, strict=True):
        numbers = zip(*([ast.literal_eval(h) for h in holes(row)] for row in rows), strict=True)
        texts = [_number(columns, members, list(values), settings) for values in numbers]
        lines.append(filled(rows[0], texts))
    return lines, settings


def _number(
    columns: Columns, members: list[Instance], values: list[Any], settings: set[str]
) -> str:
    if all(equal(value, values[0]) for value in values):
        return repr(values[0])
    name = _attribute(members, values) or f"number{len(columns.all)}"
    place = columns.place(values, name, name)
    column = columns.all[place.number]
    column.name = column.name or name
    settings.add(column.name)
    return f"{place.times} * self.{column.name}" if place.times > 1 else f"self.{column.name}"


def _attribute(members: list[Instance], values: list[Any]) -> str:
    """Return what the author called a number: the attribute that has it in every instance."""
    for name in vars(members[0].module):
        there = [getattr(member.module, name, None) for member in members]
        if not name.startswith("_") and all(map(equal, there, values)):
            return name
    return ""


def _name_apart(found: list[Class]) -> None:
    """Call variants of one class by what they have more or less: BasicBlockWithDownsample."""
    taken: set[str] = set()
    by_name: dict[str, list[Class]] = defaultdict(list)
    for one in found:
        by_name[one.name].append(one)
    for name, alike in by_name.items():
        usual = max(alike, key=lambda c: c.count)
        for one in [usual, *(c for c in alike if c is not usual)]:
            choices = [name] if one is usual else _variant(name, one, usual)
            choices += [f"{name}{n}" for n in range(2, 999)]
            one.name = next(c for c in choices if c not in taken and c.isidentifier())
            taken.add(one.name)


def _variant(name: str, one: Class, usual: Class) -> list[str]:
    for parts in (_arguments, _children, _heads):
        more, less = parts(one) - parts(usual), parts(usual) - parts(one)
        if more or less:
            word, which = ("With", more) if more else ("Without", less)
            return (
                [f"{name}{word}{'And'.join(map(_camel, sorted(which)))}"] if len(which) < 3 else []
            )
    return []


def _arguments(one: Class) -> set[str]:
    return {argument.partition(":")[0].strip("*") for argument in one.arguments}


def _children(one: Class) -> set[str]:
    return {key for key, _ in one.children}


def _heads(one: Class) -> set[str]:
    """Return the classes inside that are no layers of torch."""
    heads = [make.head for _, make in one.children if isinstance(make, Make)]
    names = [head if isinstance(head, str) else head.name for head in heads]
    return {name for name in names if not name.startswith("nn.")}


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
