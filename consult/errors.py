"""Refusals of the application, each a sentence for the person who met it."""

from standards.errors import StandardsError


class BarazaError(StandardsError):
    """A refusal that reads as a sentence. Doors turn it into a status, an exit code or a reply."""


class NotFound(BarazaError):
    """Something was named that is not there."""


class NotAllowed(BarazaError):
    """The person's role does not include this act."""

    def __init__(self, message: str = "Your role does not include this. Ask the secretary.") -> None:
        super().__init__(message)


class Misfilled(BarazaError):
    """A form or file with fields that need another look; `problems` maps field to sentence."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems
