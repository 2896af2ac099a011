"""Works that a paper cites for what paperkit did for it: data sets by name, metrics, tests."""

import re
from functools import cache
from pathlib import Path

from paperkit.models import baselines
from paperkit.report.cited.bibtex import Entry, read_entry

__all__ = ["DataSet", "data_set", "entry"]

_FILES = (
    Path(__file__).with_name("borrowed.bib"),
    Path(baselines.__file__).with_name("references.bib"),
)
DataSet = tuple[str, tuple[str, ...]]

# name without signs, in lower case: (title, keys)
_SETS: dict[str, DataSet] = {
    "ade20k": ("ADE20K", ("zhou2017ade20k",)),
    "busi": ("BUSI", ("aldhabyani2020busi",)),
    "camvid": ("CamVid", ("brostow2009camvid",)),
    "cifar10": ("CIFAR-10", ("krizhevsky2009cifar",)),
    "cifar100": ("CIFAR-100", ("krizhevsky2009cifar",)),
    "cityscapes": ("Cityscapes", ("cordts2016cityscapes",)),
    "coco": ("COCO", ("lin2014coco",)),
    "cvcclinicdb": ("CVC-ClinicDB", ("bernal2015clinicdb",)),
    "drive": ("DRIVE", ("staal2004drive",)),
    "dtd": ("DTD", ("cimpoi2014dtd",)),
    "fashionmnist": ("Fashion-MNIST", ("xiao2017fashion",)),
    "fgvcaircraft": ("FGVC-Aircraft", ("maji2013aircraft",)),
    "flowers102": ("Oxford Flowers 102", ("nilsback2008flowers",)),
    "food101": ("Food-101", ("bossard2014food101",)),
    "gtsrb": ("GTSRB", ("stallkamp2012gtsrb",)),
    "ham10000": ("HAM10000", ("tschandl2018ham10000",)),
    "imagenet": ("ImageNet", ("russakovsky2015imagenet",)),
    "isic2018": ("ISIC 2018", ("codella2019isic", "tschandl2018ham10000")),
    "kmnist": ("KMNIST", ("clanuwat2018kmnist",)),
    "kvasirseg": ("Kvasir-SEG", ("jha2020kvasir",)),
    "mnist": ("MNIST", ("lecun1998lenet",)),
    "oxfordiiitpet": ("Oxford-IIIT Pet", ("parkhi2012pets",)),
    "pascalvoc": ("PASCAL VOC", ("everingham2010voc",)),
    "pcam": ("PatchCamelyon", ("veeling2018pcam",)),
    "stl10": ("STL-10", ("coates2011stl10",)),
    "svhn": ("SVHN", ("netzer2011svhn",)),
    "usps": ("USPS", ("hull1994usps",)),
    "voc": ("PASCAL VOC", ("everingham2010voc",)),
    "voc2012": ("PASCAL VOC 2012", ("everingham2010voc",)),
}


def data_set(name: str) -> DataSet | None:
    """Return title and keys of a well-known data set by any spelling of its name."""
    return _SETS.get(re.sub(r"[^a-z0-9]", "", name.lower()))


@cache
def entry(key: str) -> Entry:
    """Return the entry of a key. Raises KeyError."""
    return read_entry(_texts()[key])


@cache
def _texts() -> dict[str, str]:
    """Entries by key, as they stand in the files: a report needs a few of the hundred."""
    found = (
        re.findall(r"^(@\w+\{([^,\s]+),.*?^\})", file.read_text(encoding="utf-8"), re.M | re.S)
        for file in _FILES
    )
    return {key: text for entries in found for text, key in entries}
