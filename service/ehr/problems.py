"""How a call to a record system can fail, by what may be done next (ehr-writeback C3).

    RecordSystemProblem
    ├── Unreachable    nothing was written: the request was never sent, or it only asked
    ├── RateLimited    too many requests; nothing was processed
    ├── Refused        the record system understood, and said no
    ├── Ambiguous      a write was sent, and nobody can say whether it was carried out
    ├── Unreadable     an answer came that cannot be used, to a question that writes nothing
    └── Unclear        the answers cannot tell which record of a merged patient holds: a person must look

No problem carries anything the record system wrote beyond codes and element paths that fit a strict grammar.
"""


class RecordSystemProblem(Exception):
    """The clinic's record system could not be used. `retry_after` is its header, as sent, where it asked to wait."""

    def __init__(self, reason: str, retry_after: str | None = None) -> None:
        super().__init__(f"{(type(self).__doc__ or '').strip()} ({reason})")
        self.reason = reason
        self.retry_after = retry_after


class Unreachable(RecordSystemProblem):
    """The clinic's record system does not answer just now."""


class RateLimited(RecordSystemProblem):
    """The clinic's record system asks us to wait."""

    def __init__(self, retry_after: str | None) -> None:
        super().__init__("rate-limited", retry_after)


class Refused(RecordSystemProblem):
    """The clinic's record system refused this."""

    def __init__(self, status: int, codes: tuple[str, ...] = (), expressions: tuple[str, ...] = ()) -> None:
        super().__init__(" ".join((str(status), *codes)))
        self.status = status
        self.codes = codes
        self.expressions = expressions


class Ambiguous(RecordSystemProblem):
    """It is not known whether the clinic's record system has carried this out."""


class Unreadable(RecordSystemProblem):
    """The clinic's record system answered with something that cannot be used."""


class Unclear(RecordSystemProblem):
    """The clinic's record system does not say clearly which of a patient's records holds."""

    def __init__(self) -> None:
        super().__init__("patient-merge-unclear")
