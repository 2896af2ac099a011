"""The grammar: text, data and YAML mappings are the same thing, and errors show the place."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperkit.slots import (
    Call,
    Combine,
    GrammarError,
    Plug,
    SlotError,
    parse,
    parse_expr,
    plug_from,
)
from paperkit.slots.plug import COMBINATIONS, INITS, MERGES

SAME = [  # text, data
    ("encoder.*=coord_att", Plug("encoder.*", Call("coord_att"))),
    (
        "fuse.{0,1} = cga_fusion( reduction = 8 )",
        Plug("fuse.{0,1}", Call("cga_fusion", (("reduction", 8),))),
    ),
    (
        "encoder.2/conv[k=3,s=1]:=scconv23; match=2, init=zero_last",
        Plug("encoder.2/conv[k=3,s=1]", Call("scconv23"), "replace", 2, "zero_last"),
    ),
    ("path:layer3.1.bn2=se", Plug("path:layer3.1.bn2", Call("se"))),
    ("a=cbam(channel=eca)", Plug("a", Call("cbam", (("channel", Call("eca")),)))),
    (
        "a=parallel(residual(se), chain(a, b), merge=gate)",
        Plug(
            "a",
            Combine(
                "parallel",
                (
                    Combine("residual", (Call("se"),)),
                    Combine("chain", (Call("a"), Call("b"))),
                ),
                "gate",
            ),
        ),
    ),
    (
        "a=m(i=-3, f=1e-3, g=.5, t=true, n=none, w=word, "
        """s="a \\" (,]", q='x', l=[1, [2.5], []])""",
        Plug(
            "a",
            Call(
                "m",
                (
                    ("i", -3),
                    ("f", 0.001),
                    ("g", 0.5),
                    ("t", True),
                    ("n", None),
                    ("w", Call("word")),
                    ("s", 'a " (,]'),
                    ("q", "x"),
                    ("l", (1, (2.5,), ())),
                ),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("text", "plug"), SAME, ids=[text for text, _ in SAME])
def test_text_is_read_as_data_and_written_back(text, plug):
    assert parse(text) == plug
    assert parse(str(plug)) == plug
    assert plug_from(plug.mapping()) == plug


def test_yaml_mapping_equals_the_command_line():
    mapping = {
        "at": "encoder.2/conv[k=3]",
        "use": "scconv23",
        "how": "replace",
        "match": 2,
        "init": "identity",
    }
    assert plug_from(mapping) == parse("encoder.2/conv[k=3]:=scconv23; match=2, init=identity")
    assert plug_from(mapping).mapping() == mapping


words = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
names = words.filter(lambda w: w not in (*COMBINATIONS, "true", "false", "none", "null"))
keys = words.filter(lambda w: w != "merge")
plain = (
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=8)
    | st.none()
)


def calls(values):
    args = st.dictionaries(keys, values, max_size=3).map(lambda d: tuple(d.items()))
    return st.builds(Call, names, args)


def combined(inner):
    one = st.builds(Combine, st.sampled_from(["residual", "gate", "concat"]), st.tuples(inner))
    chain = st.builds(Combine, st.just("chain"), st.lists(inner, min_size=1, max_size=3).map(tuple))
    side = st.lists(inner, min_size=2, max_size=3).map(tuple)
    parallel = st.builds(Combine, st.just("parallel"), side, st.sampled_from(MERGES))
    return one | chain | parallel | calls(plain | inner | st.lists(plain, max_size=3).map(tuple))


expressions = st.recursive(calls(plain), combined, max_leaves=8)
selectors = st.sampled_from(
    ["encoder.*", "fuse.{0,1}", "encoder.2/conv[k=3,s=1]", "path:layer3.1.bn2", "stem", "a.b/ReLU"]
)
plugs = st.builds(
    Plug,
    selectors,
    expressions,
    st.sampled_from(["insert", "replace"]),
    st.none() | st.integers(1, 99),
    st.sampled_from(INITS),
)


@settings(deadline=None, derandomize=True)
@given(plugs)
def test_any_plug_survives_its_text_and_its_mapping(plug):
    assert parse(str(plug)) == plug
    assert plug_from(plug.mapping()) == plug


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=30))
def test_any_other_text_is_refused_with_our_error_only(text):
    with contextlib.suppress(SlotError):
        parse(text)


@settings(deadline=None, derandomize=True)
@given(plugs.filter(lambda plug: '"' not in str(plug)), st.floats(0, 1))
def test_the_caret_stands_where_an_alien_character_is(plug, share):
    text = str(plug)
    at = round(share * len(text))
    with pytest.raises(GrammarError) as caught:
        parse(text[:at] + "@" + text[at:])
    # a word or a part of a slot's name that the alien cuts short may be refused from its start
    assert caught.value.position <= at
    if at > len(plug.at):
        assert not set(text[caught.value.position : at]) & set("([{}])=,; ")


OPENS = expressions.filter(lambda use: "(" in str(use) and '"' not in str(use))


@settings(deadline=None, derandomize=True)
@given(OPENS, st.data())
def test_a_text_that_breaks_off_is_refused_at_its_end(use, data):
    text = str(use)
    at = data.draw(st.sampled_from([n for n, sign in enumerate(text) if sign in "(="]))
    with pytest.raises(GrammarError) as caught:
        parse_expr(text[: at + 1])
    assert caught.value.position == at + 1


MALFORMED = [
    (
        "encoder.*",
        'expected "=" (insert) or ":=" (replace) after the slot',
        9,
    ),
    ("=se", 'expected a slot, such as "encoder.*" or "path:layer3.1.bn2"', 0),
    ("a=", "expected a module's name", 2),
    ("a=se(reduction=", "expected a value: a number, a word, a quoted text or [a list]", 15),
    ("a=se(8)", "se's arguments are written key=value", 5),
    ("a=se(r=8 s=2)", 'expected "," or ")"', 9),
    ("a=se(r=8, r=9)", "r is given twice", 10),
    ("a=se(r=[1 2])", 'expected "," or "]"', 10),
    ("a=residual(se, cbam)", "residual takes exactly one module", 2),
    ("a=gate", "gate takes exactly one module", 2),
    ("a=parallel(se)", "parallel takes two or more modules", 2),
    ("a=chain(se, merge=add)", "chain takes no merge=", 2),
    ("a=parallel(se, se, merge=foo)", "merge is one of add, mean, mul, max, concat, gate", 2),
    ("a=se + cbam", "the plug should end here", 5),
    ("a=se; often=3", "expected match=N or init=WORD, each once", 6),
    ("a=__import__('os').system", "__import__'s arguments are written key=value", 13),
]


@pytest.mark.parametrize(("text", "wish", "position"), MALFORMED, ids=[m[0] for m in MALFORMED])
def test_errors_show_the_position(text, wish, position):
    with pytest.raises(GrammarError) as caught:
        parse(text)
    assert str(caught.value) == f"cannot read this plug: {wish}\n    {text}\n    {' ' * position}^"


WRONG = [
    ({"at": "a", "usee": "se"}, "a plug has no key 'usee'; nearest: use"),
    ({"at": "a"}, "the plug {'at': 'a'} has no 'use'"),
    ({"at": 3, "use": "se"}, "at: 3 is not a text such as 'encoder.*'"),
    ({"at": "a", "use": 3}, "a: use is 3, but it is a text such as 'cbam(reduction=8)'"),
    (
        {"at": "a", "use": "se", "how": "add"},
        "a: how is 'add', but it is one of insert, replace",
    ),
    (
        {"at": "a", "use": "se", "init": "zero"},
        "a: init is 'zero', but it is one of native, identity, small, zero_last",
    ),
    (
        {"at": "a", "use": "se", "match": True},
        "a: match is True, but it counts the places hit: 1, 2, ...",
    ),
    (
        {"at": "a/konv", "use": "se"},
        "a/konv: no kind of layer is called 'konv'; nearest: conv",
    ),
    (
        {"at": "a/conv[q=3]", "use": "se"},
        "cannot read this plug: no condition is called 'q'; known: d, g, in, k, out, p, s\n"
        "    a/conv[q=3]\n           ^",
    ),
    (
        {"at": "a/conv[k=big]", "use": "se"},
        "cannot read this plug: k is compared with a whole number, not with 'big'\n"
        "    a/conv[k=big]\n           ^",
    ),
]


@pytest.mark.parametrize(("mapping", "message"), WRONG, ids=[m[1][:30] for m in WRONG])
def test_wrong_mappings_say_what_is_legal(mapping, message):
    with pytest.raises(SlotError) as caught:
        plug_from(mapping)
    assert str(caught.value) == message
