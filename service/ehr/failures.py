"""A failed call to a record system as the outcome of an attempt to write (ehr-writeback C3).

It stands apart because documents and Tasks fail alike.
"""

from service.ehr import problems
from service.ehr.outcome import Busy, NotSent, Outcome, Refused, Unknown, Why
from service.smart.problems import ClocksDiffer, DiscoveryFailed, ScopeMissing, ServerSilent, SmartProblem

_WHY = {
    400: Why.CONTENT,
    422: Why.CONTENT,
    406: Why.FORM,
    413: Why.FORM,
    415: Why.FORM,
    401: Why.SIGN_IN,
    403: Why.SCOPE,
    404: Why.TARGET,
    410: Why.TARGET,
    409: Why.CONFLICT,
    412: Why.CONFLICT,
}


def outcome_of(problem: problems.RecordSystemProblem | SmartProblem) -> Outcome:
    """What may be done after this failure, as one of the six outcomes."""
    if isinstance(problem, problems.RateLimited):
        return Busy(problem.retry_after)
    if isinstance(problem, problems.Ambiguous):
        return Unknown(problem.reason, problem.retry_after)
    if isinstance(problem, problems.Refused):
        why = _WHY.get(problem.status, Why.OTHER)
        return Refused(why, problem.status, problem.codes, problem.expressions)
    if isinstance(problem, problems.Unclear):
        return Refused(Why.TARGET, codes=(problem.reason,))
    if isinstance(problem, problems.RecordSystemProblem):
        return NotSent(problem.reason, problem.retry_after)
    if isinstance(problem, ServerSilent | DiscoveryFailed | ClocksDiffer):
        return NotSent(problem.reason)
    if isinstance(problem, ScopeMissing):
        return Refused(Why.SCOPE, codes=problem.missing)
    return Refused(Why.SIGN_IN, codes=(problem.reason,))


def wait_asked_by(problem: Exception) -> str | None:
    """The Retry-After that came with this failure, as sent; None where there was none (F12)."""
    return problem.retry_after if isinstance(problem, problems.RecordSystemProblem) else None
