"""A company and the points pipeline: it signs up, logs in, pays, is unhappy, and falls back."""

from __future__ import annotations

from questscore import Event, Scorer, Transition, history, score, templates

MODEL = templates.load("scores-pipeline")


def event(name: str, when: str, **properties: str | float) -> Event:
    return Event(name, f"2026-{when}Z", account="acme", properties=properties)


class Acme:
    """The company through time: what happens is told in order, and looked at as of any day."""

    def __init__(self) -> None:
        self.scorer = Scorer(MODEL)
        self.log: list[Event] = []

    def does(self, *events: Event) -> None:
        self.log += events
        assert self.scorer.ingest(events).applied == len(events)

    def stands(self, when: str) -> tuple[float | None, str | None]:
        """Score and stage, the same from the log and from the scorer that was told step by step."""
        at = f"2026-{when}Z"
        acme = score(MODEL, self.log, at)["acme"]
        assert self.scorer.score("acme", at) == acme
        return acme.value, acme.level

    def moves(self, until: str) -> list[str]:
        """The changes of stage up to an instant that were not told before."""
        return [told(change) for change in self.scorer.advance(f"2026-{until}Z")]

    def drafts(self) -> list[str]:
        """What the triggers would have done so far; all are drafts, and tell the company's own team."""
        found = self.scorer.firings()
        assert all(one.draft and one.notify and not one.held and not one.delivered for one in found)
        return [f"{one.trigger}: {one.action}" for one in found]


def told(change: Transition) -> str:
    return str(change).partition(" ")[2]


def test_a_company_comes_pays_is_unhappy_and_falls_back() -> None:
    acme = Acme()

    # Two people sign up and log in; only the first login of the month pays.
    acme.does(event("signed_up", "03-02T09:00"), event("login", "03-02T09:05"))
    acme.does(event("signed_up", "03-03T09:00"), event("login", "03-03T09:05"))
    assert acme.stands("03-03T12:00") == (30 + 30 + 30, "base")
    assert acme.moves("03-04T00:00") == []

    # A meeting takes it to the first stage: seen at midnight, when stages are looked at.
    acme.does(event("meeting_attended", "03-04T10:00"))
    assert acme.stands("03-04T12:00") == (120, "100+")
    assert acme.moves("03-05T00:00") == ["acme: base -> 100+ (event)"]

    # It likes what it sees, spends two hours, and pays: 50 + 120 + 50.
    acme.does(event("feedback", "03-05T10:00", rating="very happy"))
    acme.does(event("session", "03-05T11:00", minutes=75), event("session", "03-06T11:00", minutes=45))
    acme.does(event("payment_succeeded", "03-06T12:00"))
    assert acme.stands("03-07T00:00") == (340, "100+")

    # April: logs in, pays, meets, is happy; two more hours replace those of March, which are too old by then.
    acme.does(event("login", "04-01T09:00"), event("payment_succeeded", "04-01T12:00"))
    acme.does(event("meeting_attended", "04-10T10:00"), event("feedback", "04-10T11:00", rating="happy"))
    acme.does(event("session", "04-20T10:00", minutes=120))
    assert acme.stands("04-21T00:00") == (340 + 30 + 50 + 30 + 25, "100+")
    assert acme.moves("04-30T00:00") == []

    # May begins with the login and the payment that make 500.
    acme.does(event("login", "05-01T09:00"), event("payment_succeeded", "05-01T12:00"))
    assert acme.stands("05-01T13:00") == (555, "500+")
    assert acme.moves("05-02T00:00") == ["acme: 100+ -> 500+ (event)"]
    assert acme.drafts() == []  # the three lowest stages only step in on the way down

    # Then a card is declined and nobody comes to the meeting: back below 500.
    acme.does(event("payment_failed", "05-05T12:00"), event("meeting_missed", "05-05T15:00"))
    assert acme.stands("05-05T16:00") == (555 - 50 - 30, "100+")
    assert acme.moves("05-06T00:00") == ["acme: 500+ -> 100+ (event)"]
    assert acme.drafts() == ["ask what is wrong: ask for feedback"]

    # They say so, and stop using it: after 30 days the two hours of April are gone.
    acme.does(event("feedback", "05-06T10:00", rating="not happy"))
    acme.does(event("feedback", "05-12T10:00", rating="neutral"))
    assert acme.stands("05-20T09:59") == (475 - 50 - 25, "100+")
    assert acme.stands("05-20T10:00") == (400 - 120, "100+")
    assert acme.moves("05-25T00:00") == []

    # Two more declined cards and two more complaints, and it is where it began.
    acme.does(event("payment_failed", "05-25T12:00"), event("feedback", "05-25T13:00", rating="not happy"))
    acme.does(event("payment_failed", "06-01T12:00"), event("feedback", "06-01T13:00", rating="not happy"))
    assert acme.stands("06-01T14:00") == (280 - 200, "base")
    assert acme.moves("06-02T00:00") == ["acme: 100+ -> base (event)"]
    assert acme.drafts() == ["ask what is wrong: ask for feedback", "win back: re-engage"]

    # Asked afterwards, the history tells the same four changes.
    whole = history(MODEL, acme.log, end="2026-06-02T00:00Z")
    assert [str(change) for change in whole.transitions] == [
        "2026-03-05T00:00:00Z acme: base -> 100+ (event)",
        "2026-05-02T00:00:00Z acme: 100+ -> 500+ (event)",
        "2026-05-06T00:00:00Z acme: 500+ -> 100+ (event)",
        "2026-06-02T00:00:00Z acme: 100+ -> base (event)",
    ]


def test_a_company_that_rises_far_is_thanked() -> None:
    """Forty payments: the stages on the way, and the one trigger that reaches out."""
    acme = Acme()
    acme.does(event("signed_up", "01-01T09:00"))
    assert acme.moves("01-02T00:00") == []
    acme.does(*(event("payment_succeeded", f"02-01T09:{minute:02}") for minute in range(20)))
    assert acme.moves("02-02T00:00") == ["acme: base -> 1000+ (event)"]
    assert acme.drafts() == []
    acme.does(*(event("payment_succeeded", f"03-01T09:{minute:02}") for minute in range(20)))
    assert acme.stands("03-01T12:00") == (2030, "2000+")
    assert acme.moves("03-02T00:00") == ["acme: 1000+ -> 2000+ (event)"]
    assert acme.drafts() == ["say thanks: send thanks"]
