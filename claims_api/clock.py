"""The one place that reads the clock."""

import datetime as dt


def utcnow() -> dt.datetime:
    """Return the present instant, aware, in UTC, to the microsecond."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251  # the ban exists to lead everyone here
