"""How wide a text is printed, in TeX points, without a font at hand.

Widths of Times (thousandths of the size, characters 32 to 126) from Adobe's metric files. The
margin covers STIX, which matplotlib uses, and the somewhat wider Computer Modern.
"""

__all__ = ["text_width"]

REGULAR = """
250 333 408 500 500 833 778 333 333 333 500 564 250 333 250 278 500 500 500 500 500 500
500 500 500 500 278 278 564 564 564 444 921 722 667 667 722 611 556 722 722 333 389 722
611 889 722 722 556 722 667 556 611 722 722 944 722 722 611 333 278 333 469 500 333 444
500 444 500 444 333 500 500 278 278 500 278 778 500 500 500 500 333 389 278 500 500 722
500 500 444 480 200 480 541
"""
BOLD = """
250 333 555 500 500 1000 833 333 333 333 500 570 250 333 250 278 500 500 500 500 500 500
500 500 500 500 333 333 570 570 570 500 930 722 667 722 722 667 611 778 778 389 500 778
667 944 722 778 611 778 722 556 667 722 722 1000 722 722 667 333 278 333 581 500 333 500
556 444 556 444 333 500 556 278 333 556 278 833 556 500 556 556 444 389 333 556 500 722
500 500 444 394 220 394 520
"""
TABLES = {bold: [int(w) for w in text.split()] for bold, text in ((False, REGULAR), (True, BOLD))}
OTHERS = {"×": 564, "→": 1000, "·": 250, "²": 300, "–": 500}
WIDE = 1000
MARGIN = 1.08


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the printed width of `text` at `size` points, on the safe side."""
    table = TABLES[bold]
    units = sum(
        table[ord(letter) - 32] if " " <= letter <= "~" else OTHERS.get(letter, WIDE)
        for letter in text
    )
    return units * size / 1000 * MARGIN
