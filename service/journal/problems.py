"""Every refusal the clinic's rules know, each with the sentence a person may see.

    Problem
    ├── NotYours            who asks may not know that it exists, or it does not
    ├── NotAllowed          the role or the scope does not reach this
    ├── SignInNeeded        nobody is signed in, or no longer
    ├── Unusable            what was sent cannot be read or is not valid
    │   ├── NothingWritten
    │   ├── NotAnEntry
    │   ├── TooLong
    │   └── UnknownPromptSet
    ├── Conflict            somebody else, or another tab, was there before
    │   ├── ChangedElsewhere
    │   ├── AlreadySent
    │   ├── TooLate
    │   └── InfusionTaken
    └── ForNow              it would work later
        ├── RecordSystemSilent
        ├── SignInPaused
        └── TooBusy

The docstring of a class is its sentence. No problem ever carries an answer's words.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a resource: an issue code of R4 issue-type, a sentence, and where (FHIRPath)."""

    code: str
    text: str
    expression: str = ""
    severity: str = "error"


class Problem(Exception):
    """Something went wrong on our side. Nothing you wrote is lost."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(self.sentence)
        self.faults = faults

    @property
    def sentence(self) -> str:
        """The sentence for a person: the class's docstring."""
        return " ".join((type(self).__doc__ or "").split())

    @property
    def name(self) -> str:
        """The problem's name in logs, audit records and answers to clients, e.g. "NothingWritten"."""
        return type(self).__name__


class NotYours(Problem):
    """There is nothing here for you. It may have been removed, or the link may be incomplete."""


class NotAllowed(Problem):
    """Your sign-in does not allow this."""


class SignInNeeded(Problem):
    """Please sign in again. What was saved is still here."""


class Unusable(Problem):
    """What was sent could not be read."""


class NothingWritten(Unusable):
    """Nothing has been written yet, so there is nothing to send. You can stop for today and come back."""


class NotAnEntry(Unusable):
    """The response does not fit its questionnaire."""


class TooLong(Unusable):
    """That is longer than one answer can be. What was saved before is still saved."""


class UnknownPromptSet(Unusable):
    """This set of prompts is not published here."""


class Conflict(Problem):
    """Somebody was here before you."""


class ChangedElsewhere(Conflict):
    """This entry was also changed in another window. Both texts are kept; please choose."""


class AlreadySent(Conflict):
    """This entry has already been sent."""


class TooLate(Conflict):
    """It is too late to take this back: others may see it already. You can still change what you wrote."""


class InfusionTaken(Conflict):
    """There is already an entry for this infusion."""


class ForNow(Problem):
    """This does not work just now. Please try again in a moment."""


class RecordSystemSilent(ForNow):
    """Your clinic's record system does not answer just now. You can write all the same."""


class NoRoom(ForNow):
    """Nothing new can be begun just now: there is too little room left to keep it safe. What was begun before can still
    be finished."""


class SignInPaused(ForNow):
    """Your clinic's record system does not answer, so your sign-in cannot be renewed just now. What was saved is safe.
    Please try again in a moment."""


class TooBusy(ForNow):
    """We are very busy just now. Your words are still on this page: please press the button again in a moment."""
