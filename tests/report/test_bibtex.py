"""BibTeX from strangers."""

import pytest

from paperkit.report.cited.bibtex import BadEntry, keys_of, read_entry

GOOD = """
@InProceedings{hou2021,
  title = "Coordinate {Attention} for 50% & more_things",
  author = {Hou, Qibin and M{\\"u}ller, Zoë},
  year = 2021, month = jun, abstract = {dropped \\input{x}},
  url = {https://example.org/a_b?c=d},
  howpublished = {\\url{https://example.org/x_y}},
}
"""


def test_a_harmless_entry_is_kept_in_ascii_and_in_order() -> None:
    assert read_entry(GOOD.replace("abstract = {dropped \\input{x}},", "")).text() == (
        "@inproceedings{hou2021,\n"
        '  author = {Hou, Qibin and M{\\"u}ller, Zo{\\"{e}}},\n'
        "  title = {Coordinate {Attention} for 50\\% \\& more\\_things},\n"
        "  month = {jun},\n"
        "  year = {2021},\n"
        "  howpublished = {\\url{https://example.org/x_y}},\n"
        "  url = {https://example.org/a_b?c=d}\n"
        "}\n"
    )


def test_fields_that_are_not_printed_are_left_out() -> None:
    assert set(read_entry(GOOD).fields) == {
        "author", "title", "month", "year", "howpublished", "url",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("@article{k, title={\\input{/etc/passwd}}}", "its title has the command \\input"),
        ("@article{k, title={\\csname x\\endcsname}}", "its title has the command \\csname"),
        ("@article{k, title={a ^^5cinput b}}", "its title has unbalanced mathematics"),
        ("@article{k, title={$x}}", "its title has unbalanced mathematics"),
        ("@article{k, title={a}} b}", "it cannot be read from '} b}' on"),
        ("@article{k, title={{a}", "its braces are not balanced"),
        ('@article{k, title="a } b"}', "its braces are not balanced"),
        ("@preamble{k, title={x}}", "@preamble is no type of entry"),
        ("@misc{k, title={x}, url={x/%5c}}", "its url has characters that no url has: x/%5c"),
        ("@article{k, author={x}}", "it has no title"),
        ("@article{k\\x, title={x}}", "it does not begin with @type{key,"),
        ("@misc{k, title={x}} @misc{l, x={y}}", "it cannot be read from '} @misc{l, x={y}}' on"),
        ("", "it does not begin with @type{key,"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_reason(entry: str, reason: str) -> None:
    with pytest.raises(BadEntry) as caught:
        read_entry(entry)
    assert str(caught.value) == reason


def test_keys_of_the_authors_file() -> None:
    text = "% @article{commented}\n@Article{a1, x={y}}\n@string{s = {x}}\n@book { b-2 ,x={y}}"
    assert keys_of(text) == {"a1", "b-2"}
