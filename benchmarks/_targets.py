"""What was to be reached, and whether it was: the last lines of a benchmark."""

from dataclasses import dataclass, field


@dataclass
class Targets:
    """Collects figures with the limits set for them."""

    lines: list[tuple[bool, str]] = field(default_factory=list)

    def at_least(self, name: str, found: float, wanted: float) -> None:
        self._add(found >= wanted, f"{name}: {found:.2f}, at least {wanted:g}")

    def at_most(self, name: str, found: float, wanted: float) -> None:
        self._add(found <= wanted, f"{name}: {found:.2f}, at most {wanted:g}")

    def _add(self, reached: bool, words: str) -> None:
        self.lines.append((reached, words))

    def show(self) -> None:
        print("targets")
        for reached, words in self.lines:
            print(f"  {'reached    ' if reached else 'NOT REACHED'} {words}")
