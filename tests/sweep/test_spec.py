"""Specs: what they mean, and one line with place and way out for each mistake."""

from pathlib import Path

import pytest

from paperkit.errors import UserError
from paperkit.sweep import Ablation, load_spec
from paperkit.sweep.rows import drafts

HEAD = "kind: ablation\nexperiment: abl\ncomponents:\n  a: {at: s, use: m}\n  b: {at: t, use: n}\n"
TWO = "kind: comparison\nexperiment: cmp\nmethods:\n  unet: {model: unet}\n"


def spec(tmp_path: Path, text: str):
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return load_spec(path, name="s.yaml")


def variants(tmp_path: Path, text: str) -> list[str]:
    return [draft.variant for draft in drafts(spec(tmp_path, text))]


THREE = HEAD + "  c: {at: u, use: o}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD, "baseline a b a-b"),
        (THREE + "design: add_one", "baseline a b c a-b-c"),
        (THREE + "design: leave_one_out", "baseline b-c a-c a-b a-b-c"),
        (THREE + "design: cumulative", "baseline a a-b a-b-c"),
        (THREE + "design: factorial", "baseline a b c a-b a-c b-c a-b-c"),
        (THREE + "rows: [{on: [c, a]}, {id: odd, on: [b], set: {x: 1}}]", "a-c odd"),
        (HEAD + "design: add_one\nrows: [{id: odd, on: [b], set: {x: 1}}]", "baseline a b odd a-b"),
        (HEAD + "design: cumulative\ngrid: {optim.lr: [1e-3, 0.1]}",
         "baseline-lr0.001 baseline-lr0.1 a-lr0.001 a-lr0.1 a-b-lr0.001 a-b-lr0.1"),
        ("kind: ablation\nexperiment: lr\ngrid: {optim.lr: [1, 2]}", "baseline-lr1 baseline-lr2"),
        (HEAD + "rows: [{}]\ngrid: {optim.lr: [1], loss.lr: [2]}", "baseline-optim.lr1-loss.lr2"),
        (TWO + "  ours: {config: configs/ours.yaml}", "unet ours"),
    ],
)  # fmt: skip
def test_rows_in_table_order(tmp_path: Path, text: str, expected: str) -> None:
    assert variants(tmp_path, text) == expected.split()


def test_one_component_has_no_row_twice(tmp_path: Path) -> None:
    for design in ("add_one", "leave_one_out", "cumulative", "factorial"):
        text = (
            f"kind: ablation\nexperiment: x\ncomponents: {{a: {{at: s, use: m}}}}\ndesign: {design}"
        )
        assert variants(tmp_path, text) == ["baseline", "a"]


def test_settings_win_in_the_order_data_spec_row_command_line(tmp_path: Path) -> None:
    text = (
        "kind: ablation\nexperiment: x\n"
        "datasets: {d: {set: {data: {root: r, size: [3, 4]}, train.epochs: 1, lr: 1}}}\n"
        "set: {train.epochs: 2, lr: 2, k: yes}\n"
        "rows: [{id: q, set: {lr: 1e-3, s: '1e-3'}}]\n"
    )
    (draft,) = drafts(spec(tmp_path, text), [("k", "no")])
    assert (draft.variant, draft.dataset) == ("q", "d")
    assert draft.settings == {
        "data.root": "r", "data.size": "[3, 4]", "train.epochs": "2", "lr": "0.001", "k": "no",
        "s": "'1e-3'",
    }  # fmt: skip
    assert draft.set == {"lr": 0.001, "s": "1e-3"}


def test_a_component_is_one_plug_or_a_list(tmp_path: Path) -> None:
    found = spec(tmp_path, HEAD + "  c: [{at: u, use: o, how: replace, match: 2}, {at: v, use: p}]")
    assert isinstance(found, Ablation)
    assert [plug.given() for plug in found.components["c"]] == [
        {"at": "u", "use": "o", "how": "replace", "match": 2},
        {"at": "v", "use": "p"},
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "s.yaml:1: 'kind' is missing; write kind: ablation or comparison"),
        ("- a", "s.yaml:1: 'kind' is missing; write kind: ablation or comparison"),
        ("kind: abblation", "s.yaml:1: unknown kind 'abblation'; did you mean 'ablation'?"),
        ("kind: 3", "s.yaml:1: unknown kind '3'; known: ablation, comparison"),
        ("kind: ablation\na: [",
         "s.yaml:2: not valid YAML: expected the node content, but found '<stream end>'"),
        (HEAD + "seeds: [0]\nseeds: [1]",
         "s.yaml:7: 'seeds' is given twice (first in line 6); remove one"),
        (HEAD + "desing: factorial", "s.yaml:6: unknown key 'desing'; did you mean 'design'?"),
        (HEAD + "design: all",
         "s.yaml:6: design = 'all': input should be 'add_one', 'leave_one_out', 'cumulative' or "
         "'factorial'"),
        (HEAD + "  c: {at: s, us: m}",
         "s.yaml:6: 'use' is missing in 'components.c'\n"
         "s.yaml:6: unknown key 'components.c.us'; did you mean 'use'?"),
        (HEAD + "  c: [{at: s, use: m, hwo: x}]",
         "s.yaml:6: unknown key 'components.c.0.hwo'; did you mean 'how'?"),
        (HEAD + "  c: []", "s.yaml:6: component 'c' has no plug; write {at: ..., use: ...}"),
        (HEAD + "seeds: 3", "s.yaml:6: seeds is a list: write [0, 1, 2]"),
        (HEAD + "seeds: []", "s.yaml:6: seeds is empty; write seeds: [0, 1, 2]"),
        (HEAD + "seeds: [1, 1]",
         "s.yaml:6: seed 1 is given twice; seeds are distinct numbers from 0"),
        (HEAD + "seeds: [-1]", "s.yaml:6: seed -1 is negative; seeds are distinct numbers from 0"),
        (HEAD + "metrics: [iou_sett]",
         "s.yaml:6: unknown metric 'iou_sett'; did you mean 'iou_set'?"),
        (HEAD + "rows:\n  - {on: [aa]}", "s.yaml:7: unknown component 'aa'; did you mean 'a'?"),
        (HEAD + "rows:\n  - {on: [a], set: {x: 1}}", "s.yaml:7: a row with set: needs an id:"),
        (HEAD + "rows:\n  - {id: a-b, on: [a]}",
         "s.yaml:7: row 'a-b' is 'a' by its components; choose another id"),
        (HEAD + "rows:\n  - {id: full, on: [a]}",
         "s.yaml:7: row 'full' is 'a' by its components; choose another id"),
        (HEAD + "rows:\n  - {id: ../up, on: [a]}",
         "s.yaml:7: variant '../up' cannot be a folder's name; use letters, digits, '_', '.' or "
         "'+', starting with a letter or digit"),
        (HEAD + "  c-d: {at: s, use: m}",
         "s.yaml:6: component 'c-d': '-' joins the components in a variant's name; write 'c_d'"),
        (HEAD + "  full: {at: s, use: m}",
         "s.yaml:6: component 'full' is a name that paperkit uses itself; choose another"),
        (HEAD + "  seed1: {at: s, use: m}",
         "s.yaml:6: component 'seed1' is a name that paperkit uses itself; choose another"),
        (HEAD + "  con: {at: s, use: m}",
         "s.yaml:6: component 'con' is a device on Windows; choose another name"),
        (HEAD + "  A: {at: s, use: m}",
         "s.yaml:6: components 'a' and 'A' are one folder on Windows and macOS; rename one"),
        (HEAD + "set: {seed: 3}",
         "s.yaml:6: 'seed' cannot be set here; list the seeds under seeds:"),
        (HEAD + "grid: {optim.lr: []}",
         "s.yaml:6: grid: 'optim.lr' has no values; list at least one"),
        (HEAD + "datasets: {iou_set: {}}\nmetrics: [iou_set]",
         "s.yaml:6: dataset 'iou_set' has the name of a metric; choose another"),
        (HEAD + "datasets: {camvid: {}}\nliterature: {segnet: {camvit: {iou_set: 60}, cite: k}}",
         "s.yaml:7: unknown dataset 'camvit'; did you mean 'camvid'?"),
        (HEAD + "literature: {segnet: {iou_set: about 60}}",
         "s.yaml:6: literature: 'about 60' is not a number"),
        ("kind: ablation\nexperiment: data\ncomponents: {a: {at: s, use: m}}",
         "s.yaml:2: experiment 'data' is a name that paperkit uses itself; choose another"),
        ("kind: ablation\nexperiment: x",
         "s.yaml:1: an ablation needs components: (or rows: or grid:)"),
        ("kind: ablation", "s.yaml:1: 'experiment' is missing"),
        (TWO + "  b: {set: {x: 1}}",
         "s.yaml:5: method 'b' needs model: (on the baseline's configuration) or config:"),
        (TWO + "folds: 5", "s.yaml:5: folds = 5: input should be 'none'"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        spec(tmp_path, text)
    assert str(caught.value) == message


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        spec(tmp_path, HEAD + "seeds: [1, 1]\nmetrics: [loss]\n")
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        "s.yaml:6", "s.yaml:7",
    ]  # fmt: skip


def test_the_documented_specs_are_read(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs/reference/experiment-spec.md"
    blocks = page.read_text(encoding="utf-8").split("```yaml\n")[1:]
    kinds = [spec(tmp_path, block.partition("```")[0]).kind for block in blocks]
    assert kinds[:2] == ["ablation", "comparison"]
