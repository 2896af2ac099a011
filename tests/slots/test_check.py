"""check says all that is wrong at once, and what apply would do, without touching the model."""

import torch
from torch import nn

from paperkit.slots import Problem, apply, check, cost, records


def keys(model):
    return {key: value.clone() for key, value in model.state_dict().items()}


def test_what_fits_is_told_as_apply_does_it(unet, example, find):
    plugs = ["encoder.*=se", "fuse.0=cga_fusion", "encoder.1/conv:=scconv23"]
    before = keys(unet)
    report = check(unet, plugs, example, find=find)
    assert report.problems == []
    assert list(unet.state_dict()) == list(before)
    assert all(torch.equal(value, before[key]) for key, value in unet.state_dict().items())
    assert (report.base_params, report.base_gmacs) == cost(unet, example)
    apply(unet, plugs, example, find=find)
    assert report.plugs == records(unet)
    params, gmacs = cost(unet, example)
    assert report.params == params
    assert abs(report.gmacs - gmacs) < 1e-12


def test_every_problem_is_told(unet, example, find):
    plugs = ["encodr.0=se", "fuse.*=cga_fusion; match=3", "encoder.*=scconv23(x=1)", "skip.0=("]
    report = check(unet, [*plugs, "encoder.0=se"], example, find=find)
    assert [p.message for p in report.problems] == [
        "encodr.0: this model has nothing of that name; nearest: encoder.0, encoder.1, decoder.0, "
        "decoder.1",
        "fuse.*: match is 3, but it hits 2: fuse.0, fuse.1",
        "encoder.0: scconv23 has no argument 'x'; it has none that can be set",
        "encoder.1: scconv23 has no argument 'x'; it has none that can be set",
        "cannot read this plug: expected a module's name\n    skip.0=(\n           ^",
    ]
    assert report.problems[3] == Problem(
        "encoder.*", "scconv23(x=1)", "SlotError", report.problems[3].message
    )
    assert report.problems[4].kind == "GrammarError"
    assert (report.params, report.plugs) == (report.base_params, [])


def test_a_model_that_does_not_run_is_a_problem_of_its_own(find):
    class Broken(nn.Module):
        def forward(self, x):
            raise OSError("no disk")

    (problem,) = check(Broken(), ["path:x=se"], torch.zeros(1, 3, 8, 8), find=find).problems
    assert problem.message.startswith(
        "the model fails before anything is plugged in, on [1, 3, 8, 8]: OSError: no disk\n"
    )


def test_what_only_the_whole_shows_is_told(unet, example, find):
    """Each plug is all right alone; together one lies inside what the other replaces."""
    report = check(unet, ["encoder.0:=se", "encoder.0/conv=se"], example, find=find)
    assert [p.message for p in report.problems] == [
        "encoder.0/0: encoder.0/conv=se lies inside encoder.0, which encoder.0:=se replaces; keep "
        "one of the two"
    ]
