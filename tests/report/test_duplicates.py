"""Two keys for one work, in a .bib file that nobody vouches for."""

import json
from typing import Any

import pytest

from paperkit.report.cited.bibfile import doubles, duplicates, read_bib
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


TWICE = (
    "generated/references.bib: {} and {} are one work ({}), which the paper lists twice; use one "
    "key: in INFO of the module, or in models/references.bib"
)
SE = {"title": "{Squeeze}-and-Excitation Networks", "year": "2018"}


def test_works_that_the_runs_cite_twice_are_told() -> None:
    ours = {
        "c": SE | {"title": "Squeeze-and-excitation networks"},
        "a": SE,
        "b": SE | {"year": "2020"},  # the article that followed the paper
        "other": {"title": "Gather-Excite", "year": "2018"},
    }
    why = "'squeeze and excitation networks', 2018"
    assert list(doubles(ours)) == [TWICE.format("a", "c", why)]
    assert list(doubles(ours | {"d": SE})) == [
        TWICE.format("a", "c", why),
        TWICE.format("a", "d", why),
    ]
    assert list(doubles(OURS)) == []


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


def test_the_report_warns_of_a_module_with_another_key_than_the_model(writer: Any) -> None:
    """The writer's runs cite U-Net as ronneberger2015unet; an up-sampling of one calls it unet."""
    writer.ablation()
    values = {"iou_set": 0.7}
    bibtex = "@misc{unet, title={{U-Net}: Convolutional networks}, year={2020}}"
    path = writer.run("ablation/ca/seed0", values)
    assert not [line for line in compose(writer.project()).warnings if "twice" in line]
    cites = json.loads((path / "run.json").read_text(encoding="utf-8"))["cites"]
    more = [*cites, {"key": "unet", "bibtex": bibtex, "for": "convt"}]
    writer.run("ablation/ca/seed0", values, cites=more)
    composed = compose(writer.project())
    told = [line for line in composed.warnings if "twice" in line]
    why = "'u net convolutional networks', 2020"
    assert told == [TWICE.format("ronneberger2015unet", "unet", why)]
    assert composed.texts["references.bib"].count("U-Net") == 2


def test_a_key_in_another_case_is_the_authors(writer: Any) -> None:
    """BibTeX would find two entries of one name, and stop."""
    writer.text("paper/refs.bib", "@misc{Ronneberger2015UNet, title={U-Net}}\n")
    writer.ablation()
    composed = compose(writer.project())
    assert "ronneberger2015unet" not in composed.texts["references.bib"]
    assert composed.uncited == []
