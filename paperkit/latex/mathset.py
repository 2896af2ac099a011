"""The mathematics that is known to be harmless: what maths.py lets through, and nothing else."""

__all__ = ["ACCENTS", "CHARACTERS", "DELIMITERS", "ENVIRONMENTS", "FONTS", "OPERATORS", "PLAIN"]
__all__ += ["SIZES", "TWO", "UNARY"]


def _commands(names: str) -> frozenset[str]:
    return frozenset("\\" + name for name in names.split())


LETTERS = _commands(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi "
    "pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar imath jmath nabla partial infty emptyset Re "
    "Im"
)
OPERATORS = _commands(
    "sum prod coprod int oint bigcup bigcap bigoplus bigotimes bigodot max min sup inf lim arg exp "
    "log ln lg sin cos tan tanh sinh cosh arctan det dim gcd ker Pr"
)
_RELATIONS = _commands(
    "times cdot circ ast star odot otimes oplus ominus oslash circledast boxtimes pm mp div cup "
    "cap setminus wedge vee le leq ge geq ne neq ll gg approx equiv sim simeq cong propto in notin "
    "ni subset subseteq supset supseteq mid parallel perp to mapsto leftarrow rightarrow "
    "leftrightarrow Leftarrow Rightarrow Leftrightarrow iff implies gets uparrow downarrow forall "
    "exists neg lnot prime top bot dagger ddagger angle triangle dots ldots cdots vdots ddots "
    "colon lfloor rfloor lceil rceil langle rangle lvert rvert lVert rVert vert Vert backslash"
)
_SPACES = _commands("quad qquad , ; : ! limits nolimits textstyle displaystyle scriptstyle")
PLAIN = LETTERS | OPERATORS | _RELATIONS | _SPACES | {"\\{", "\\}", "\\|"}
FONTS = _commands(
    "mathbf mathrm mathcal mathbb mathit mathsf mathtt mathfrak boldsymbol mathnormal"
)
ACCENTS = _commands(
    "hat bar tilde vec dot ddot check breve acute grave mathring widehat widetilde overline "
    "underline"
)
UNARY = FONTS | ACCENTS | {"\\sqrt"}
TWO = _commands("frac tfrac dfrac binom")
SIZES = _commands("big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr Biggl Biggr")
DELIMITERS = frozenset("()[]/|.<>") | {"\\{", "\\}", "\\|", "\\uparrow", "\\downarrow"}
DELIMITERS |= _commands("lfloor rfloor lceil rceil langle rangle lvert rvert lVert rVert vert Vert")
# how many & a row may have
ENVIRONMENTS = {"aligned": 20, "gathered": 0, "cases": 1}
ENVIRONMENTS |= dict.fromkeys(("matrix", "pmatrix", "bmatrix", "vmatrix"), 9)
CHARACTERS = frozenset("+-*/=<>|!?,.;:()[]")
