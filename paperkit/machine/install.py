"""The command that installs a thing on this platform."""

import platform
import shutil
from collections.abc import Mapping

__all__ = ["LATEX", "install_command", "is_root"]

LATEX = {
    "apt-get": "texlive-latex-base texlive-latex-recommended texlive-latex-extra "
    "texlive-publishers texlive-science texlive-fonts-recommended texlive-pictures "
    "texlive-bibtex-extra latexmk",
    "dnf": "texlive-scheme-medium texlive-ieeetran latexmk",
    "pacman": "texlive-latexextra texlive-publishers texlive-mathscience texlive-fontsrecommended "
    "texlive-pictures texlive-bibtexextra texlive-binextra",
    "brew": "--cask mactex",
    "winget": "MiKTeX.MiKTeX StrawberryPerl.StrawberryPerl",
}
INSTALL = {
    "apt-get": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y",
    "pacman": "pacman -S --noconfirm",
    "brew": "brew install",
    "winget": "winget install",
}


def install_command(packages: Mapping[str, str], *, otherwise: str) -> str:
    """Return the command for the package manager that is here.

    Args:
        packages: Package manager -> the packages' names there.
        otherwise: What to say where none of the managers is.
    """
    for manager, names in packages.items():
        if shutil.which(manager):
            sudo = "sudo " if manager in ("apt-get", "dnf", "pacman") and not is_root() else ""
            return f"{sudo}{INSTALL[manager]} {names}"
    return otherwise


def is_root() -> bool:
    """Say whether this process may install system packages."""
    if platform.system() == "Windows":
        return False
    import os

    return os.geteuid() == 0
