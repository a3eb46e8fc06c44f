"""The built-in rule kinds."""

from questscore.rules.condition import ConditionRule
from questscore.rules.event import EventRule
from questscore.rules.tier import TierRule

KINDS = (EventRule, ConditionRule, TierRule)

__all__ = ["KINDS", "ConditionRule", "EventRule", "TierRule"]
