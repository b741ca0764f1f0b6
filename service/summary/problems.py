"""Why a summary could not be made: apart, because both the layout and the child process say it."""

from enum import StrEnum


class Cause(StrEnum):
    """What stopped a rendering; a word for logs and the outbox, never a patient's."""

    TOO_MANY_PAGES = "too-many-pages"
    TOO_LARGE = "too-large"
    OUT_OF_MEMORY = "out-of-memory"
    TIMED_OUT = "timed-out"
    BUSY = "busy"
    CRASHED = "crashed"
    REFUSED = "refused"
    CLOSED = "closed"


class CannotRender(Exception):
    """The summary could not be made as a PDF; its cause is named, the answers are not."""

    def __init__(self, cause: Cause) -> None:
        """Take the cause only, so that no patient's word can travel in the exception's text."""
        super().__init__(cause.value)
        self.cause = cause
