"""Generated projects carry the engine, library models and two modules, byte for byte."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "template/{{cookiecutter.project_slug}}/{{cookiecutter.package_name}}"
MODULES = ["cga_fusion.py", "coord_att.py"]
MODELS = [
    *("any_size.py", "baselines.py", "libraries.py", "pretrained.py"),
    *("references.bib", "weights.py"),
]


def differences(package):
    """Return one line per file of a package that is not the copy that it should be."""
    wanted = {f"slots/{f.name}": f for f in (ROOT / "paperkit/slots").glob("*.py")}
    wanted |= {f"modules/{name}": ROOT / f"paperkit/zoo/{name}" for name in MODULES}
    wanted |= {f"models/{name}": ROOT / f"paperkit/models/{name}" for name in MODELS}
    there = {f"slots/{f.name}" for f in (package / "slots").glob("*.py")}
    lines = [f"{name} is not in paperkit/slots" for name in there - set(wanted)]
    for name, source in wanted.items():
        copy = package / name
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            lines.append(f"{name} differs from {source.relative_to(ROOT)}")
    return sorted(lines)


def test_the_template_carries_the_engine_as_it_is():
    found = differences(PACKAGE)
    assert not found, "run `make sync`: " + "; ".join(found)


def test_the_guard_can_fail(tmp_path):
    (tmp_path / "slots").mkdir()
    for file in (PACKAGE / "slots").glob("*.py"):
        (tmp_path / "slots" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "slots/slot.py").write_bytes(b"changed")
    (tmp_path / "slots/old.py").write_bytes(b"left behind")
    assert differences(tmp_path) == [
        *(f"models/{name} differs from paperkit/models/{name}" for name in MODELS),
        "modules/cga_fusion.py differs from paperkit/zoo/cga_fusion.py",
        "modules/coord_att.py differs from paperkit/zoo/coord_att.py",
        "slots/old.py is not in paperkit/slots",
        "slots/slot.py differs from paperkit/slots/slot.py",
    ]
