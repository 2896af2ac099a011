"""Two keys for one work, in a .bib file that nobody vouches for."""

from typing import Any

import pytest

from paperkit.report.cited.bibfile import duplicates, read_bib
from paperkit.report.compose import compose


def test_a_file_is_read_as_bibtex_reads_it() -> None:
    text = """
    Words between entries are comments. % @misc{in_a_line, title = {BibTeX knows no %}}
    @comment{ @misc{hidden, title = {x}} }
    @preamble{ "\\newcommand{\\x}{1}" }
    @string{cvpr = "Computer Vision and " # {Pattern Recognition}}
    @InProceedings ( he2016 , TITLE = {Deep {R}esidual
        Learning}, booktitle = cvpr # " (CVPR)", year = 2016, note = "a {"} b" )
    @article{cut, title = {never closed, year = 1999
    @book{last, title = "Fine", year = {2001}}
    """
    works = {work.key: dict(work.fields) for work in read_bib(text)}
    assert list(works) == ["in_a_line", "he2016", "cut", "last"]
    assert works["he2016"] == {
        "title": "Deep {R}esidual Learning",
        "booktitle": "Computer Vision and Pattern Recognition (CVPR)",
        "year": "2016",
        "note": 'a {"} b',
    }
    assert works["cut"] == {} and works["last"] == {"title": "Fine", "year": "2001"}


OURS = {
    "doi2016": {"title": "One", "doi": "10.1109/CVPR.2016.90"},
    "arxiv2017": {"title": "Two", "howpublished": "arXiv:1706.05587"},
    "title2018": {"title": "{CBAM}: Convolutional Block Attention Module", "year": "2018"},
}


@pytest.mark.parametrize(
    ("entry", "key", "why"),
    [
        ("doi = {https://doi.org/10.1109/cvpr.2016.90}", "doi2016", "doi 10.1109/cvpr.2016.90"),
        ("url = {http://dx.doi.org/10.1109/CVPR.2016.90}", "doi2016", "doi 10.1109/cvpr.2016.90"),
        ("eprint = {1706.05587}, archiveprefix = {arXiv}", "arxiv2017", "arXiv 1706.05587"),
        ("journal = {arXiv preprint arXiv:1706.05587v3}", "arxiv2017", "arXiv 1706.05587"),
        ("url = {https://arxiv.org/abs/1706.05587}", "arxiv2017", "arXiv 1706.05587"),
        ("title = {Cbam: convolutional block attention {M}odule}, year = 2018", "title2018",
         "'cbam convolutional block attention module', 2018"),
    ],
)  # fmt: skip
def test_one_work_under_two_keys_is_told(entry: str, key: str, why: str) -> None:
    assert list(duplicates(read_bib(f"@misc{{mine, {entry}}}"), OURS)) == [
        f"refs.bib: mine and generated/references.bib: {key} are one work ({why}); use one key: "
        f"call yours {key}"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "@misc{doi2016, doi = {10.1109/CVPR.2016.90}}",  # one key
        "@misc{a, title = {CBAM: Convolutional Block Attention Module}, year = 2019}",
        "@misc{a, volume = {1706.05587}}",
        "@misc{a, title = {One}, year = 2016}",  # too short to tell works apart
    ],
)
def test_other_works_are_not(text: str) -> None:
    assert list(duplicates(read_bib(text), OURS)) == []


def test_a_key_that_is_defined_twice_is_told() -> None:
    assert list(duplicates(read_bib("@misc{A, title={x}}\n@misc{a, title={y}}"), {})) == [
        "refs.bib: 'a' is defined twice, where BibTeX stops; remove one"
    ]


@pytest.mark.parametrize(
    "text", ["@" * 5000, "@misc{" * 3000, "@a{b," + "{" * 9000, '@a{b,c="', ""]
)
def test_no_text_is_too_broken(text: str) -> None:
    assert isinstance(read_bib(text), list)


def test_the_report_warns_and_rewrites_nothing(writer: Any) -> None:
    """The writer's runs cite U-Net as ronneberger2015unet, 2020."""
    mine = "@inproceedings{unet, title={{U-Net}: {Convolutional} Networks}, year=2020}\n"
    path = writer.text("paper/refs.bib", mine)
    writer.ablation()
    assert (
        "refs.bib: unet and generated/references.bib: ronneberger2015unet are one work ('u net "
        "convolutional networks', 2020); use one key: call yours ronneberger2015unet"
    ) in compose(writer.project()).warnings
    assert path.read_text() == mine


def test_a_key_in_another_case_is_the_authors(writer: Any) -> None:
    """BibTeX would find two entries of one name, and stop."""
    writer.text("paper/refs.bib", "@misc{Ronneberger2015UNet, title={U-Net}}\n")
    writer.ablation()
    composed = compose(writer.project())
    assert "ronneberger2015unet" not in composed.texts["references.bib"]
    assert composed.uncited == []
