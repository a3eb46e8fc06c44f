"""Templates by name: what is there, how they read, and your event names in place of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.real_logs import LOGS, Log, disagreements, sampled
from questscore import Event, EventTable, ModelError, dump_model, load_model, score, templates
from questscore.cli import main
from questscore.columns.table import Keys

NAMES = (
    "composite-engagement",
    "engagement-health",
    "engagement-health-users",
    "engagement-levels",
    "fitness-app",
    "lifecycle-funnel",
    "lifecycle-funnel-users",
    "product-activation",
    "product-activation-users",
    "purchase-readiness",
    "purchase-readiness-users",
    "scores-pipeline",
    "task-app",
)
OF_LOG = {log.file: log for log in LOGS}


def test_all_of_them() -> None:
    assert templates.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_a_model_file_of_its_own_name(name: str, tmp_path: Path) -> None:
    """The text is what a host writes to a file and goes on with; it round-trips like any model."""
    path = tmp_path / "model.toml"
    path.write_text(templates.text(name), encoding="utf-8")
    model = templates.load(name)
    assert load_model(path) == model
    assert model.name == name
    dump_model(model, tmp_path / "again.json")
    assert load_model(tmp_path / "again.json") == model


@pytest.mark.parametrize("name", NAMES)
def test_a_template_says_what_it_is_for_and_which_events_it_reads(name: str) -> None:
    comments = "\n".join(line for line in templates.text(name).split("\n") if line.startswith("#"))
    assert templates.about(name).endswith((".", "?"))
    assert "# Choices\n" in comments
    assert "# Events to map\n" in comments
    listed = comments.partition("# Events to map\n")[2]
    for event in templates.event_names(name):
        assert event in listed


def test_the_pipeline_has_one_draft_trigger_a_stage_with_the_internal_notification_on() -> None:
    model = templates.load("scores-pipeline")
    stages = ["100+", "500+", "1000+", "2000+", "5000+", "10000+"]
    assert [level.name for level in model.levels] == stages
    assert [level.at_least for level in model.levels] == [100, 500, 1000, 2000, 5000, 10000]
    assert [trigger.level for trigger in model.triggers] == stages
    assert all(trigger.status == "draft" and trigger.notify for trigger in model.triggers)
    assert [(trigger.on, trigger.action) for trigger in model.triggers] == [
        ("fall", "re-engage"),
        ("fall", "ask for feedback"),
        ("fall", "notify the team"),
        ("rise", "send thanks"),
        ("rise", "offer advanced tools"),
        ("rise", "ask for referrals"),
    ]


def test_an_unknown_template_is_told_with_the_nearest() -> None:
    with pytest.raises(ModelError, match="the nearest is 'scores-pipeline'"):
        templates.load("score-pipeline")


def test_event_names_are_replaced_wherever_a_template_selects_events() -> None:
    """Alone, in lists, in steps and milestones, in `first` and `then`; signal names stay as they are."""
    yours = {"core_feature_used": ["chart", "export"], "value_received": "report_sent"}
    model = templates.load("product-activation", events=yours)
    selected = {on for signal in model.signals for _, s in signal.selects() for on in s.on}
    assert selected == {"*", "chart", "export", "report_sent", "workspace_created", "colleague_invited",
                        "integration_connected"}  # fmt: skip
    assert [signal.name for signal in model.signals] == [
        signal.name for signal in templates.load("product-activation").signals
    ]
    breadth = templates.load("composite-engagement", events={"shared": ["sent", "published"]})
    assert ("feature_used", "result_delivered", "commented", "sent", "published") in {
        s.on for signal in breadth.signals for _, s in signal.selects()
    }
    path = templates.load("lifecycle-funnel-users", events={"purchased": ["paid", "invoiced"]})
    assert [s.on for _, s in path.signal["progress"].selects()][2] == ("paid", "invoiced")


def test_two_names_may_be_swapped_and_mapped_names_count() -> None:
    model = templates.load("scores-pipeline", events={"login": "signed_up", "signed_up": "login"})
    log = [Event("login", f"2026-03-0{day}T09:00:00Z", account="acme") for day in (1, 2)]
    assert score(model, log)["acme"].points["new user"] == 60
    assert score(model, log)["acme"].points["monthly login"] == 0


def test_a_name_that_the_template_does_not_select_is_an_error() -> None:
    with pytest.raises(ModelError, match="'logon'") as caught:
        templates.load("task-app", events={"logon": "login"})
    assert "login" in caught.value.problems[0].fix


@pytest.mark.parametrize("events", [{"login": 5}, {"login": None}, {"login": {"a": "b"}}, ["login"], "login"])
def test_what_is_no_mapping_to_event_names_is_an_error(events: Any) -> None:
    with pytest.raises(ModelError) as caught:
        templates.load("task-app", events=events)
    assert caught.value.problems[0].where.startswith("events")


def test_the_command_line_lists_and_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["templates"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        [name, templates.load(name).subject] for name in NAMES
    ]
    assert main(["templates", "scores-pipeline"]) == 0
    assert capsys.readouterr().out == templates.text("scores-pipeline")
    assert main(["templates", "task-ap"]) == 1
    assert "the nearest is 'task-app'" in capsys.readouterr().err


# -- on real logs ---------------------------------------------------------------------------------


def read(name: str) -> EventTable:
    log: Log = OF_LOG[name]
    if not log.path.exists():
        pytest.skip(f"the event log {name} is not there: it is not part of this repository")
    return log.read()


def test_engagement_levels_on_logins_of_accounts() -> None:
    """An accepted invitation creates value; a login alone does not. Every level holds somebody."""
    events = read("org_logins")
    model = templates.load("engagement-levels", events={"action": ["invite_accepted", "signup"]})
    table = score(model, events, "2014-02-01T00:00:00Z")
    # checked against the events themselves, for the account with the most points
    best = table.top(1)
    (account,) = best.subjects
    code = list(events.account.values).index(account)
    named = {events.name.values.index(name) for name in ("invite_accepted", "signup")}
    month = 30 * 86_400_000_000
    rows = (events.account.codes == code) & (events.time > table.at - month) & (events.time <= table.at)
    rows &= np.isin(events.name.codes, list(named))
    days = np.unique(events.time[rows] // 86_400_000_000)
    assert best.scores[0] == pytest.approx(rows.sum() * len(days) / 30)
    silent = table.filter("actions_30d == 0 and logins_30d > 0")
    assert len(silent) and set(silent.levels) == {"No engagement"}
    assert {"Low", "Medium"} <= set(table.levels)


def test_the_pipeline_on_logins_of_accounts() -> None:
    """Sign-ups pay 30 each, and every month with a login another 30."""
    events = read("org_logins")
    table = score(templates.load("scores-pipeline", events={"signed_up": "signup"}), events)
    signups = np.bincount(
        events.account.codes[events.name.codes == events.name.values.index("signup")],
        minlength=len(events.account.values),
    )
    of = dict(zip(events.account.values, signups.tolist(), strict=True))
    column = table.points[:, table.rules.index("new user")]
    assert column.tolist() == [30.0 * of[subject] for subject in table.subjects]
    assert {"500+", "1000+"} <= set(table.levels)


def test_the_pipeline_on_purchases() -> None:
    """Every purchase pays 50, scored by customer: the customers stand in for companies."""
    events = read("cdnow")
    customers = EventTable(
        events.time, events.name, Keys.empty(len(events)), events.user, None, events.properties
    )
    table = score(templates.load("scores-pipeline", events={"payment_succeeded": "purchase"}), customers)
    bought = np.bincount(events.user.codes)
    of = dict(zip(events.user.values, bought.tolist(), strict=True))
    assert table.scores.tolist() == [50.0 * of[subject] for subject in table.subjects]
    assert {"base", "100+", "500+", "1000+"} <= set(table.levels)


MAPPED: list[tuple[str, str, dict[str, str | list[str]]]] = [
    ("engagement-health", "org_logins", {"active": "login", "core_feature_used": "invite_accepted"}),
    ("engagement-health-users", "org_logins", {"active": "login"}),
    ("lifecycle-funnel", "org_logins",
     {"signed_up": "signup", "activated": "login", "purchased": "invite_accepted"}),
    ("lifecycle-funnel-users", "org_logins", {"signed_up": "signup", "activated": "login"}),
    ("product-activation", "org_logins", {"workspace_created": "signup", "core_feature_used": "login"}),
    ("product-activation-users", "org_logins",
     {"signed_up": "signup", "value_received": "login", "active": "login"}),
    ("task-app", "org_logins", {"colleague_invited": "invite_accepted"}),
    ("fitness-app", "org_logins", {"referral_signed_up": "invite_accepted"}),
    ("composite-engagement", "ovs_contrib",
     {"result_delivered": "patch_merged", "commented": ["reviewed", "acked"]}),
    ("purchase-readiness", "org_logins",
     {"trial_started": "signup", "order_placed": "invite_accepted", "price_page_viewed": "login"}),
    ("purchase-readiness-users", "cdnow", {"order_placed": "purchase"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "events"), MAPPED, ids=[name for name, *_ in MAPPED])
def test_a_template_scores_a_real_log_as_the_definition_does(
    name: str, file: str, events: dict[str, str | list[str]]
) -> None:
    log, model = read(file), templates.load(name, events)
    table = score(model, log, OF_LOG[file].at)
    assert disagreements(model, log, table, sampled(table, size=15)) == []
    assert len(set(table.levels)) > 1
