"""What this machine has and lacks for the road to the PDF, and the command that gets it.

Nothing here is needed by training; `paperkit doctor` shows it, `paperkit demo` acts on it.
"""

from paperkit.machine.check import Check
from paperkit.machine.doctor import examine
from paperkit.machine.latex import install_latex, lacks_latex, latex_command

__all__ = ["Check", "examine", "install_latex", "lacks_latex", "latex_command"]
