"""The draft of the method: what is said of plugged modules, and what strangers' INFO may not do."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from paperkit.report.compose import compose
from paperkit.report.text.places import place_words

ZOO = Path(__file__).parents[2] / "paperkit/zoo"
EVERY = (
    "is inserted after each of the two encoder stages (\\texttt{encoder.0} and \\texttt{encoder.1})"
)


def plug(slot: str, expression: str, **change: Any) -> dict[str, Any]:
    record = {
        "slot": slot, "expression": expression, "how": "insert", "init": "native",
        "modules": [expression.partition("(")[0]], "params_added": 970, "macs_added": 60_000,
    }  # fmt: skip
    return record | change


@pytest.fixture
def method(writer: Any) -> Any:
    """Return a function: plugs of the full row -> the draft; COST of the baseline is 1.94 M."""

    def draft(plugs: list[dict[str, Any]], at: str = "encoder.*") -> str:
        writer.ablation()
        for seed in (0, 1):
            folder = "runs/ablation/ca-cga/seed" + str(seed)
            writer.json(f"{folder}/plugs.json", plugs)
            uses = dict.fromkeys((item["expression"], item["how"]) for item in plugs)
            lines = [f'- {{at: "{at}", use: "{use}", how: {how}}}\n' for use, how in uses]
            writer.text(f"{folder}/config.yaml", "task: segmentation\nplugs:\n" + "".join(lines))
        return compose(writer.project()).texts["method_ablation.tex"]

    return draft


def module(writer: Any, name: str, text: str = "") -> None:
    target = writer.folder / f"seg/modules/{name}.py"
    target.parent.mkdir(parents=True, exist_ok=True)
    if text:
        target.write_text(text, encoding="utf-8")
    else:
        shutil.copy(ZOO / f"{name}.py", target)


def test_a_module_has_a_paragraph_of_facts_and_asks_why(writer: Any, method: Any) -> None:
    module(writer, "coord_att")
    text = method([plug("encoder.0", "coord_att"), plug("encoder.1", "coord_att")])
    # 2 x 970 of 1,940,000 is 0.10 %; 2 x 60,000 operations
    assert text == (
        "% Written by `paperkit report`: edits here are lost.\n"
        "The network is based on U-Net~\\cite{ronneberger2015unet}. Modules are inserted between "
        "its layers, none of which changes its shape, so that it starts from the same weights with "
        "and without them.\n\n"
        f"Coordinate attention~\\cite{{hou2021coordinate}} {EVERY}. It adds 1,940 parameters "
        "(0.10\\,\\% of the baseline's) and 0.12 million multiply-accumulate operations for an "
        "input of $3\\times64\\times64$.\n"
        "\\pktodo[why:coord_att]{why coordinate attention at this place}\n"
        "With input $\\mathbf{x}$, it computes\n"
        "\\begin{equation}\\label{eq:ablation-coord_att}\n"
        "\\pkfit{\\begin{aligned}\n"
        "\\mathbf{f}&=\\delta \\big(\\mathrm{BN}(F_{1}([\\mathbf{z}^{h};\\mathbf{z}^{w}]))\\big),"
        "\\\\\\relax\n"
        "y_{c}(i,j)&=x_{c}(i,j)\\,\\sigma \\big(F_{h}(\\mathbf{f}^{h})\\big)_{c}(i)\\,\\sigma "
        "\\big(F_{w}(\\mathbf{f}^{w})\\big)_{c}(j)\n"
        "\\end{aligned}}\n"
        "\\end{equation}\n"
        "with $\\mathbf{z}^{h}$, $\\mathbf{z}^{w}$ ($\\mathbf{x}$ averaged along the width, along "
        "the height), $F_{1}$, $F_{h}$, $F_{w}$ ($1\\times 1$ convolutions), $\\delta$ (h-swish) "
        "and $\\sigma$ (sigmoid).\n"
    )


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("cbam(reduction=8)", "Its \\texttt{reduction} is 8 instead of 16."),
        ("cga_fusion(variant=official)", "Its variant \\texttt{official} is used: two sigmoids, as "
         "in the authors\\textquoteright{} code."),
        ("residual(cbam)", ", combined as CBAM with its input added, "
         "$\\mathbf{x} + E(\\mathbf{x})$."),
        ("gate(cbam)", ", combined as CBAM as a gate of its input, "
         "$\\mathbf{x} \\odot \\mathrm{sigmoid}(E(\\mathbf{x}))$."),
        ("chain(cbam, se)", ", combined as CBAM, then squeeze-and-excitation. The combination "
         "adds"),
        ("parallel(cbam, se, merge=max)", ", combined as CBAM and squeeze-and-excitation side by "
         "side, merged by their largest value. The combination adds"),
        ("cbam(channel=se)", "Its \\texttt{channel} is squeeze-and-excitation~\\textbf{[cite?]}."),
    ],
)  # fmt: skip
def test_options_and_ways_are_said_in_words(
    writer: Any, method: Any, expression: str, said: str
) -> None:
    for name in ("cbam", "se", "cga_fusion"):
        module(writer, name)
    assert said in method([plug("encoder.0", expression)])


def test_sizes_are_the_published_ones_only_where_the_options_are(writer: Any, method: Any) -> None:
    """CBAM's inner layer has max(1, C/16) channels, with reduction=8 it has not."""
    module(writer, "cbam")
    assert "$r$ ($\\max (1,\\,\\lfloor C/16\\rfloor )$)" in method([plug("encoder.0", "cbam")])
    text = method([plug("encoder.0", "cbam(reduction=8)")])
    assert "$r$ (width that its options give)" in text and "C/16" not in text


def test_an_option_as_published_is_not_worth_a_word(writer: Any, method: Any) -> None:
    module(writer, "cbam")
    assert "reduction" not in method([plug("encoder.0", "cbam(reduction=16)")])


def test_what_replaces_layers_promises_no_equal_weights(writer: Any, method: Any) -> None:
    module(writer, "scconv23")
    slots = [
        plug(f"encoder.{n}/conv1", "scconv23", how="replace", params_added=-500) for n in (0, 1)
    ]
    text = method(slots, at="encoder.*/conv[k=3]")
    assert "starts from the same weights" not in text
    assert (
        "SCConv~\\textbf{[cite?]} replaces two $3\\times3$ convolutions of the encoder stages "
        "(\\texttt{encoder.0/conv1} and \\texttt{encoder.1/conv1}). "
        "It saves 1,000 parameters (0.05\\,\\% of the baseline's)."
    ) in text


@pytest.mark.parametrize(
    ("slots", "selectors", "replace", "words"),
    [
        (["bottleneck"], ["bottleneck"], False, "after the bottleneck"),
        (["encoder.2"], ["encoder.2"], False, "after the encoder stage (\\texttt{encoder.2})"),
        (["fuse.0", "fuse.1", "fuse.2"], ["fuse.*"], False, "at each of the three fusions of "
         "decoder feature and skip (\\texttt{fuse.0} to \\texttt{fuse.2})"),
        (["skip.0", "skip.2"], ["skip.{0,2}"], False, "on two skip connections (\\texttt{skip.0} "
         "and \\texttt{skip.2})"),
        (["up.0"], ["up.0"], True, "the up-sampling step (\\texttt{up.0})"),
        (["stage.0.block.0.branch", "stage.0.block.1.branch"], ["stage.*.block.*.branch"], False,
         "at the end of the residual branch of each of the two blocks "
         "(\\texttt{stage.0.block.0.branch} and \\texttt{stage.0.block.1.branch})"),
        (["path:layer3.1.bn2"], ["path:layer3.1.bn2"], False, "after \\texttt{layer3.1.bn2}"),
        (["bottleneck", "decoder.0", "decoder.1"], ["bottleneck", "decoder.*"], False,
         "after the bottleneck and after each of the two decoder stages (\\texttt{decoder.0} and "
         "\\texttt{decoder.1})"),
    ],
)  # fmt: skip
def test_slots_in_words(slots: list[str], selectors: list[str], replace: bool, words: str) -> None:
    assert place_words(slots, selectors, replace=replace) == words


def info(equation: str, **more: Any) -> str:
    return f'"""Mine: a module."""\nINFO = {dict(own=True, equation=equation, **more)!r}\n'


@pytest.mark.parametrize(
    ("equation", "what"),
    [
        (r"\input{/etc/passwd}", "the command \\input"),
        (r"x^2 } \write18{ls} {", "the character }"),
        (r"\mathbf{x}$ \immediate", "the character $"),
        (r"a ^^5cinput b", "the character ^ where another belongs"),
        ("x % y", "the character %"),
        ("\\begin{tikzpicture}\\end{tikzpicture}", "the environment tikzpicture"),
        ("x_1_2", "two scripts _ at one symbol"),
    ],
)
def test_a_strangers_equation_is_left_out_with_a_message(
    writer: Any, method: Any, equation: str, what: str
) -> None:
    module(writer, "mine", info(equation))
    text = method([plug("encoder.0", "mine", modules=[], own=["mine"])])
    assert "\\pktodo[equation:mine]{the equation of mine}" in text
    assert "begin{equation}" not in text
    line = (
        f"seg/modules/mine.py: the equation in INFO has {what}, so it is left out; write it with "
        "the commands that docs/how-to/write.md lists"
    )
    assert line in compose(writer.project()).warnings


def test_texts_of_strangers_are_printed_and_never_obeyed(writer: Any, method: Any) -> None:
    hostile = {"q": "50% of \\input{x} & #1 $\\write18{ls}$ C to r"}
    module(writer, "mine", info("y = q x", symbols=hostile))
    text = method([plug("encoder.0", "mine", modules=[], own=["mine"])])
    assert (
        "$q$ (50\\% of \\textbackslash{}input\\{$\\mathbf{x}$\\} \\& \\#1 "
        "\\textbackslash{}write18\\{ls\\} $C$ to $r$)"
    ) in text


def test_what_the_author_wrote_is_no_longer_asked_for(writer: Any, method: Any) -> None:
    module(writer, "coord_att")
    method([plug("encoder.0", "coord_att")])
    assert compose(writer.project()).todos == ["why:coord_att"]
    writer.text("paper/main.tex", "\\pkwrite{why:coord_att}{Because it sees rows.}\n\\pktodo{x}\n")
    assert compose(writer.project()).todos == [""]
    writer.text("paper/main.tex", "% \\pkwrite{why:coord_att}{no}\n")
    assert compose(writer.project()).todos == ["why:coord_att"]


def test_without_plugs_there_is_no_method(writer: Any) -> None:
    writer.plan(
        "ablation", "ablation", [writer.row("ablation", "baseline", None, [0])], ["iou_set"]
    )
    writer.run("ablation/baseline/seed0", {"iou_set": 0.5})
    names = compose(writer.project()).texts.keys()
    assert not {"method_ablation.tex", "symbols_ablation.tex"} & names
    assert "statistics_ablation.tex" in names
